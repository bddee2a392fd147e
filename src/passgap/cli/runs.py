"""``passgap check`` and ``passgap merge``: what concerns runs as such."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from passgap.cli import options
from passgap.errors import UsageError

SEVERITIES = ("error", "warning", "note")


def check(
    runs: Annotated[
        list[str], typer.Argument(metavar="RUN [TRAINED]", help="A run, or two to be compared.")
    ],
    json_: options.Json = False,
    fail_on: Annotated[
        str | None,
        typer.Option("--fail-on", metavar="SEVERITY", help="Exit 1 at error, warning or note."),
    ] = None,
) -> None:
    """Data checks: cloned draws, truncation, golds their verifier rejects, mismatched prompts.

    Example: passgap check runs/base runs/trained
    """
    from passgap.checks import check as look
    from passgap.store import Run

    if fail_on is not None and fail_on not in SEVERITIES:
        raise UsageError(f"--fail-on {fail_on!r}; allowed: {', '.join(SEVERITIES)}")
    found = look(*(Run(run) for run in runs))
    if json_:
        print(json.dumps(found.to_dict(), indent=2, ensure_ascii=False))
    else:
        from passgap.reporting import print_checks

        print_checks(found.to_dict())
    worst = found.worst()
    if fail_on and worst and SEVERITIES.index(worst) <= SEVERITIES.index(fail_on):
        raise typer.Exit(1)


def merge(
    runs: Annotated[
        list[str], typer.Argument(metavar="RUN...", help="Runs of disjoint --first-draw ranges.")
    ],
    out: options.Out,
) -> None:
    """Join runs that several machines drew, each a range of draws of one design.

    Example: passgap merge runs/a runs/b --out runs/all
    """
    from passgap.store import Run
    from passgap.store import merge as join

    merged = join([Run(run) for run in runs], out)
    print(f"{out}: n={merged.manifest.n} from {len(runs)} runs; next: passgap verify {out}")
