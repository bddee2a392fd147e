"""``passgap check``: what is wrong with the data of a run, or of two."""

from __future__ import annotations

from typing import Annotated

import typer

from passgap.cli.command import argument, command, flag
from passgap.cli.flags import OnRay, OutputFlags, on_ray
from passgap.cli.printing import check_fail_on, print_one


@command()
def check(
    runs: Annotated[list[str], argument("RUN [TRAINED]", "A run, or two to be compared.")],
    output: OutputFlags,
    fail_on: Annotated[
        str | None,
        flag(
            "Exit with code 1 at findings of this level or worse: error, warning or note.",
            "SEVERITY",
        ),
    ] = None,
    ray: OnRay = None,
) -> None:
    """Data checks: cloned samples, truncation, rejected references, mismatched prompts.

    Example: passgap check runs/base runs/trained
    """
    from passgap.checks import SEVERITIES
    from passgap.checks import check as look
    from passgap.runs import Run

    check_fail_on([fail_on] if fail_on else None, SEVERITIES)
    with on_ray(ray):
        found = look(*(Run(run) for run in runs))
    print_one(found, output)
    worst = found.worst
    if fail_on and worst and SEVERITIES.index(worst) <= SEVERITIES.index(fail_on):
        raise typer.Exit(1)
