"""Problems: the argument that names them, how a file's rows become them, which are used."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from passgap.cli.command import argument, flag
from passgap.cli.flags import Flags
from passgap.errors import UsageError

if TYPE_CHECKING:
    from passgap.data.problems import ProblemSet
    from passgap.problems import Mapped

SHOWN_FAULTS = 10

ProblemsArgument = Annotated[
    str,
    argument(
        "PROBLEMS", "A JSONL, CSV or Parquet file, a benchmark (gsm8k, ..), gym:NAME or lab:NAME."
    ),
]
VerifierName = Annotated[
    str | None,
    flag(
        "math, numeric, exact, choice, code, gym, regex?pattern=.., python:MODULE:FUNCTION, "
        "plugin:NAME; default: what the problems name.",
        "SPEC",
    ),
]
QuestionField = Annotated[str | None, flag("Field that holds the question.", "NAME")]
AnswerField = Annotated[str | None, flag("Field that holds the reference answer.", "NAME")]
Mapping = Annotated[
    str | None, flag("The file of problems has this benchmark's rows.", "BENCHMARK")
]


@dataclass(frozen=True, kw_only=True)
class FieldFlags(Flags):
    """Problems"""

    question_field: QuestionField = None
    answer_field: AnswerField = None
    mapping: Mapping = None
    verifier: VerifierName = None

    def mapped(self) -> Mapped:
        """How a file's rows become problems."""
        from passgap.problems import Mapped

        return Mapped(self.question_field, self.answer_field, self.verifier or "math", self.mapping)


@dataclass(frozen=True, kw_only=True)
class ProblemFlags(FieldFlags):
    """Problems"""

    limit: Annotated[int | None, flag("Only the first N problems.")] = None
    keep_failing_golds: Annotated[
        bool, flag("Keep problems whose reference their verifier rejects.")
    ] = False

    def sound(self, problems: ProblemSet, verifier: str | None) -> ProblemSet:
        """The problems whose reference their verifier accepts, the others listed."""
        return problems if self.keep_failing_golds else sound(problems, verifier)


def sound(problems: ProblemSet, verifier: str | None) -> ProblemSet:
    """The problems whose reference their verifier accepts; the others are listed."""
    from passgap.show.text import visible
    from passgap.stages.golds import check_golds

    found = check_golds(problems, verifier)
    if not found.faults:
        return problems
    print(
        f"{len(found.faults)} of {len(problems)} references are rejected by their own verifier and "
        "left out (--keep-failing-golds keeps them):",
        file=sys.stderr,
    )
    for problem_id, fault in list(found.faults.items())[:SHOWN_FAULTS]:
        print(f"  {problem_id}  {visible(fault)}", file=sys.stderr)
    if len(found.faults) > SHOWN_FAULTS:
        print(f"  and {len(found.faults) - SHOWN_FAULTS} more", file=sys.stderr)
    if not len(found.sound):
        raise UsageError("no problem is left; fix the references or choose another --verifier")
    return found.sound


def without(problems: ProblemSet, held_out: ProblemSet | None) -> ProblemSet:
    """The problems to train on that are not held out (``--leave-out-held-out``)."""
    if held_out is None:
        raise UsageError("--leave-out-held-out needs --held-out PROBLEMS; give both or neither")
    kept = problems.without(held_out)
    if not len(kept):
        raise UsageError(f"every problem of {problems.name} is held out; train on others")
    left_out = len(problems) - len(kept)
    print(f"{left_out} of {len(problems)} problems are held out and left out of training")
    return kept
