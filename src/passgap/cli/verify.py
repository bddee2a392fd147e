"""``passgap verify``: runs in, an outcome for each completion beside them out."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from passgap.cli import flags
from passgap.cli.command import argument, command, flag
from passgap.cli.flags.problems import VerifierName
from passgap.cli.printing import probe_command
from passgap.cli.progress import bar, command_line
from passgap.errors import UsageError, WorkError
from passgap.plain import json_text

if TYPE_CHECKING:
    from passgap.data.counts import Counts
    from passgap.runs import Run
    from passgap.stages.verifying import Agreement


@command()
def verify(
    runs: Annotated[list[str] | None, argument("[RUN...]", "A run folder, or several.")] = None,
    verifier: VerifierName = None,
    try_: Annotated[
        tuple[str, str] | None,
        flag(
            "Verify TEXT ('-': standard input) against the reference GOLD, and show why; no run.",
            "GOLD TEXT",
        ),
    ] = None,
    json_: flags.Json = False,
) -> None:
    """Verify a run's completions, which stay as they are; several runs in turn.

    Verified before by another verifier, the table of how the two agree is shown, and the new
    outcomes count from now on; ``--verifier source`` makes an imported log's own count again.
    ``--verifier 'judge?base_url=..&model=..'`` judges the reasoning of the correct ones
    (CoT-pass@k).

    ``--try GOLD TEXT`` shows every candidate answer in a text, its place, and what each reading
    makes of it.

    Example: passgap verify runs/base
    """
    from passgap.runs import Run

    if try_ is not None:
        return _try(*try_, verifier or "math", json_=json_, runs=runs or [])
    if not runs:
        raise UsageError("no run is given; needed: RUN..., or --try GOLD TEXT")
    opened = [Run(path) for path in runs]
    found = []
    for path, run in zip(runs, opened, strict=True):
        found.append(_verified(path, run, verifier))
        if not json_:
            _print_verified(path, found[-1], alone=len(runs) == 1)
    figures = [{"run": one.run, **one.figures} if len(runs) > 1 else one.figures for one in found]
    failed = [one for one in found if one.failed]
    if json_:
        print(json_text(figures if len(runs) > 1 else figures[0], indent=None))
    elif len(runs) > 1 and not failed:
        print("next: passgap compare BASE TRAINED...")
    if failed:
        told = "; ".join(f"{one.run}: not one draw could be scored: {one.why}" for one in failed)
        raise WorkError(f"{told}; fix the verifier and run passgap verify again")


def _try(gold: str, text: str, verifier: str, *, json_: bool, runs: list[str]) -> None:
    """Verify one text, and show every candidate with what it would come to."""
    from passgap.stages.marking import mark, tried

    if runs:
        raise UsageError(f"--try marks one text and no run; left over: {' '.join(runs)}")
    said = sys.stdin.read() if text == "-" else text
    (outcome,) = mark(gold, said, verifier=verifier)
    found = tried(gold, outcome, verifier)
    if json_:
        print(json_text(found.to_dict(), indent=None))
    else:
        from passgap.show import print_blocks
        from passgap.show.contents import marks

        print_blocks(marks.tried(found))


@dataclass(frozen=True)
class Verified:
    """What came of verifying one run: its figures by JSON names, and its counts.

    ``why`` says why draws are unscored, empty where none is; ``failed`` that all of them are.
    """

    run: str
    figures: dict[str, Any]
    counts: Counts
    agreement: Agreement | None
    why: str
    failed: bool


def _verified(path: str, run: Run, verifier: str | None) -> Verified:
    """Verify one run, and what came of it."""
    from passgap.stages.counting import count
    from passgap.stages.unscored import all_unscored, in_one_line, unscored
    from passgap.stages.verifying import agreement

    before = run.latest_verifier()
    marked = verify_run(path, verifier)
    counts, after = count(run), run.verifier_digest()
    both = agreement(run, before, after) if before not in (None, after) else None
    reasons = unscored(run, marked)
    figures = {
        "schema": "passgap.verify/1",
        "run": path,
        "problems": len(counts),
        "draws": int((counts.n + counts.unscored).sum()),
        "correct": int(counts.c.sum()),
        "unscored": int(counts.unscored.sum()),
        "unscored_reasons": [one.to_dict() for one in reasons],
        "verifier": counts.provenance["verifier"],
        "reasoned": None if counts.c_reasoned is None else int(counts.c_reasoned.sum()),
        "marked_by": run.marked_by(after),
        "agreement": None if both is None else both.to_dict(),
    }
    why = in_one_line(reasons)
    return Verified(path, figures, counts, both, why, all_unscored(run, marked))


def verify_run(path: str, verifier: str | None = None) -> str:
    """Verify with a progress bar; returns the digest of the verifier."""
    from passgap.runs import Run
    from passgap.stages.verifying import verify

    run = Run(path)
    with bar(f"verifying {run.name}") as progress:
        return verify(run, verifier=verifier, progress=progress, command=command_line())


def _print_verified(path: str, found: Verified, *, alone: bool) -> None:
    """The table of agreement where there is one, one line for the outcomes, one for why not."""
    figures = found.figures
    if found.agreement is not None:
        from passgap.show import print_blocks
        from passgap.show.contents import marks

        print_blocks(marks.agreement(found.agreement))
    if figures["reasoned"] is not None:
        print(f"reasoning found right in {figures['reasoned']:,} of {figures['correct']:,}")
    adaptive = found.counts.design == "adaptive"
    probe = probe_command(path, int(found.counts.n.min()), adaptive=adaptive)
    print(
        f"{path}: {figures['draws']:,} draws of {figures['problems']} problems, "
        f"{figures['correct']:,} correct, {figures['unscored']:,} unscored; the marks of "
        f"{figures['marked_by']} count now{f'; next: {probe}' * (alone and not found.failed)}"
    )
    if found.why and not found.failed:
        print(f"unscored: {found.why}")
