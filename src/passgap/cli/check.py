"""``passgap check``: what is wrong with the data of a run, or of two, or with problems."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from passgap.cli.command import argument, command, flag
from passgap.cli.flags import (
    AnswerField,
    FailOnFinding,
    Mapping,
    OnRay,
    OutputFlags,
    QuestionField,
    on_ray,
)
from passgap.cli.printing import check_fail_on, end_at, print_one

if TYPE_CHECKING:
    from passgap.data.problems import ProblemSet
    from passgap.problems import Mapped


@command()
def check(
    runs: Annotated[
        list[str],
        argument(
            "RUN [TRAINED]", "A run, or two to be compared; with --against, also a set of problems."
        ),
    ],
    output: OutputFlags,
    against: Annotated[
        list[str] | None,
        flag(
            "Problems or a run to compare with, such as the training problems or a benchmark: "
            "reports exact and near duplicates; repeatable.",
            "PROBLEMS",
        ),
    ] = None,
    question_field: QuestionField = None,
    answer_field: AnswerField = None,
    mapping: Mapping = None,
    fail_on: FailOnFinding = None,
    ray: OnRay = None,
) -> None:
    """Data checks: cloned samples, truncation, rejected references, duplicates in training data.

    Example: passgap check runs/base runs/trained --against train.jsonl
    """
    from passgap.checks import SEVERITIES, check_problems
    from passgap.checks import check as look
    from passgap.problems import Mapped
    from passgap.runs import Run, is_run

    check_fail_on([fail_on] if fail_on else None, SEVERITIES)
    mapped = Mapped(question_field, answer_field, benchmark=mapping)
    others = [_problems(one, mapped) for one in against or ()]
    if others and len(runs) == 1 and not is_run(runs[0]):
        found = check_problems(_problems(runs[0], mapped), others)
    else:
        with on_ray(ray):
            found = look(*(Run(run) for run in runs), against=others)
    print_one(found, output)
    end_at(found.worst, fail_on)


def _problems(source: str, mapped: Mapped) -> ProblemSet:
    """The problems of a run, or those that a spec names."""
    from passgap.runs import Run, is_run
    from passgap.stages.resolving import resolve_problems

    return Run(source).problems() if is_run(source) else resolve_problems(source, mapped)
