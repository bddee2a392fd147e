"""``passgap audit``: a person checks a verified run; gives the verifier's error rate."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from passgap.cli import flags
from passgap.cli.command import argument, command, flag
from passgap.cli.flags import OutputFlags
from passgap.cli.printing import print_one
from passgap.cli.progress import say

if TYPE_CHECKING:
    from passgap.evidence.auditing import Case
    from passgap.runs import Run

KEYS = {"r": "right", "w": "wrong", "u": "unsure"}


@command(defaults="passgap.evidence.auditing:cases")
def audit(
    run: Annotated[str, argument("RUN", "A verified run folder.")],
    *,
    size: Annotated[int, flag("Number of problems to check.")],
    sheet: Annotated[
        str | None, flag("Write the sheet to this CSV file, to mark it elsewhere.", "CSV")
    ] = None,
    marks: Annotated[str | None, flag("Read a marked sheet from this CSV file.", "CSV")] = None,
    seed: flags.Seed,
    output: OutputFlags,
) -> None:
    """Check the verifier by hand: mark accepted completions, get its false-positive rate.

    It shows one completion per problem, half of them from rarely solved problems, where a false
    positive matters most. In a terminal it asks for each mark; --sheet and --marks use a CSV
    file instead.

    Example: passgap audit runs/base --sheet audit.csv
    """
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
