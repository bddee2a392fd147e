"""``passgap audit``: a person checks a verified run, or a reward is tried with hostile texts."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from passgap.cli import flags
from passgap.cli.command import argument, command, flag
from passgap.cli.flags import OutputFlags
from passgap.cli.printing import check_fail_on, end_at, print_one
from passgap.cli.progress import say
from passgap.errors import UsageError
from passgap.results.findings import SEVERITIES

if TYPE_CHECKING:
    from passgap.evidence.auditing import Case
    from passgap.problems import Mapped
    from passgap.runs import Run

KEYS = {"r": "right", "w": "wrong", "u": "unsure"}


@dataclass(frozen=True, kw_only=True)
class RewardFlags(flags.Flags):
    """Trying a reward"""

    fail_on: flags.FailOnFinding = None
    question_field: flags.QuestionField = None
    answer_field: flags.AnswerField = None
    mapping: flags.Mapping = None

    def mapped(self) -> Mapped:
        """How a file's rows become problems."""
        from passgap.problems import Mapped

        return Mapped(self.question_field, self.answer_field, benchmark=self.mapping)


@command(defaults="passgap.evidence.auditing:cases")
def audit(
    context: typer.Context,
    runs: Annotated[
        list[str],
        argument(
            "RUN [TRAINED]",
            "A verified run folder; with --reward, problems or a run; with --features or --proxy, "
            "one run or two.",
        ),
    ],
    *,
    reward: Annotated[
        str | None,
        flag(
            "Try this reward with hostile completions (empty, all options, a wrong answer, ..): a "
            "verifier as in passgap verify, or python:MODULE:FUNCTION.",
            "SPEC",
        ),
    ] = None,
    features: Annotated[
        bool,
        flag("Which cheap features of the texts go with the marks, and what training moved."),
    ] = False,
    proxy: Annotated[
        str | None,
        flag(
            "How often this reward, with which the runs were verified, pays what a second verifier "
            "does not.",
            "SPEC",
        ),
    ] = None,
    gold: Annotated[
        str | None,
        flag("The second verifier for --proxy; default: the one whose outcomes count.", "SPEC"),
    ] = None,
    size: Annotated[int, flag("Number of problems to check.")],
    sheet: Annotated[
        str | None, flag("Write the sheet to this CSV file, to mark it elsewhere.", "CSV")
    ] = None,
    marks: Annotated[str | None, flag("Read a marked sheet from this CSV file.", "CSV")] = None,
    fields: RewardFlags,
    seed: flags.Seed,
    output: OutputFlags,
) -> None:
    """Check the verifier by hand: mark accepted completions, get its false-positive rate.

    It shows one completion per problem, half of them from rarely solved problems, where a false
    positive matters most. In a terminal it asks for each mark; --sheet and --marks use a CSV
    file instead.

    With --reward SPEC it tries a reward before training: which completions that should earn nothing
    does it pay? With --features it says which features of the texts go with the marks (length,
    format, words), before and after training; with --proxy, how often the reward pays what a second
    verifier does not. These are audits, not proofs.

    Example: passgap audit runs/base --sheet audit.csv
    """
    if features:
        others = {"reward": reward, "proxy": proxy, "gold": gold, "sheet": sheet, "marks": marks}
        _refuse_with("--features", **others, **vars(fields), **_given(context, "size"))
        return _features(runs, seed=seed, output=output)
    if proxy is not None:
        others = {"reward": reward, "sheet": sheet, "marks": marks}
        _refuse_with("--proxy", **others, **vars(fields), **_given(context, "size", "seed"))
        return _proxy(runs, proxy, gold, output)
    if gold is not None:
        raise UsageError(f"--gold {gold!r} needs --proxy SPEC; give both or neither")
    if len(runs) > 1:
        raise UsageError(f"{len(runs)} runs given; allowed: one; two with --features or --proxy")
    (run,) = runs
    if reward is not None:
        _refuse_with("--reward", sheet=sheet, marks=marks)
        return _try(run, reward, fields, size=size, seed=seed, output=output)
    if fields.given():
        raise UsageError(f"--{fields.given()[0]} needs --reward SPEC; give both or neither")
    _by_hand(run, size=size, seed=seed, sheet=sheet, marks=marks, output=output)


def _given(context: typer.Context, *names: str) -> dict[str, object]:
    """Those flags that are not at their defaults, typed or from a file."""
    sources = {name: context.get_parameter_source(name) for name in names}
    given = (name for name, source in sources.items() if source and source.name != "DEFAULT")
    return {name: context.params[name] for name in given}


def _refuse_with(name: str, **others: object) -> None:
    """Refuse flags that have no effect beside this one."""
    for other, value in others.items():
        if value is not None:
            flag_name = other.replace("_", "-")
            raise UsageError(f"--{flag_name} with {name}; allowed: only one of them")


def _features(runs: list[str], *, seed: int, output: OutputFlags) -> None:
    """Which features go with the marks of one run or of two."""
    from passgap.evidence.auditing_rewards import audit_features

    _refuse_many(runs)
    print_one(audit_features(*runs, seed=seed), output)


def _proxy(runs: list[str], proxy: str, gold: str | None, output: OutputFlags) -> None:
    """What the reward pays that a second verifier does not, in one run or in two."""
    from passgap.evidence.auditing_rewards import audit_proxy

    _refuse_many(runs)
    print_one(audit_proxy(*runs, proxy=proxy, gold=gold), output)


def _refuse_many(runs: list[str]) -> None:
    """Refuse more than a base's and a trained policy's run."""
    if len(runs) > 2:
        raise UsageError(f"{len(runs)} runs given; allowed: one run, or a base's and a trained's")


def _try(
    problems: str,
    reward: str,
    fields: RewardFlags,
    *,
    size: int,
    seed: int,
    output: OutputFlags,
) -> None:
    """What a reward pays; exit code 1 for findings that --fail-on names."""
    from passgap.evidence.auditing_rewards import audit_reward

    check_fail_on([fields.fail_on] if fields.fail_on else None, SEVERITIES)
    found = audit_reward(problems, reward, size=size, seed=seed, mapping=fields.mapped())
    print_one(found, output)
    end_at(found.worst, fields.fail_on)


def _by_hand(
    run: str, *, size: int, seed: int, sheet: str | None, marks: str | None, output: OutputFlags
) -> None:
    """Ask for marks, or write and read them as a sheet, and print what they show."""
    from passgap.evidence import auditing
    from passgap.runs import Run

    opened = Run(run)
    if marks is not None:
        read = auditing.read_sheet(Path(marks))
        auditing.keep_marks(opened, read)
    found = auditing.cases(opened, size=size, seed=seed)
    owed = [case for case in found if not case.mark]
    if sheet is not None:
        auditing.write_sheet(found, Path(sheet))
        say(
            f"{sheet}: {len(found)} completions, {len(owed)} of them to mark; write right, wrong "
            f"or unsure in the column mark; next: passgap audit {run} --marks {sheet}"
        )
        return
    if marks is None and output.for_people and sys.stdin.isatty():
        _ask(opened, owed)
    print_one(auditing.result(opened), output)
    if not output.for_people:
        return
    if marks is not None:
        unmarked = sum(not mark for mark in read.values())
        if unmarked:
            say(f"{unmarked} of the sheet's {len(read)} rows are not marked yet")
        return
    left = [case for case in auditing.cases(opened, size=size, seed=seed) if not case.mark]
    if left:
        say(f"{len(left)} of {len(found)} are not marked yet: the same command continues")


def _ask(run: Run, owed: list[Case]) -> None:
    """Show one completion after another; every mark is saved as it is given."""
    from passgap.evidence.auditing import keep_marks
    from passgap.show import print_blocks
    from passgap.show.contents import marks

    for number, case in enumerate(owed, start=1):
        print_blocks(marks.case(case, f"{number} of {len(owed)}"))
        answer = typer.prompt("r right, w wrong, u unsure, s skip, q stop", default="s")
        key = answer.strip().lower()[:1]
        if key == "q":
            return
        if key in KEYS:
            keep_marks(run, {(case.problem_id, case.draw): KEYS[key]})
