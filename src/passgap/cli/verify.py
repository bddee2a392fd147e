"""``passgap verify``: writes an outcome for each completion of one or more runs."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from passgap.cli import flags
from passgap.cli.command import argument, command, flag
from passgap.cli.flags import VerifierName
from passgap.cli.progress import bar, command_line, say
from passgap.errors import UsageError, WorkError
from passgap.plain import json_text, plural

if TYPE_CHECKING:
    from passgap.data.counts import Counts
    from passgap.results.verified import Verified


@command()
def verify(
    runs: Annotated[list[str] | None, argument("[RUN...]", "A run folder, or several.")] = None,
    verifier: VerifierName = None,
    try_: Annotated[
        tuple[str, str] | None,
        flag(
            "Verify TEXT ('-': standard input) against the reference GOLD and explain the "
            "result; takes no run.",
            "GOLD TEXT",
        ),
    ] = None,
    ray: flags.OnRay = None,
    json_: flags.Json = False,
) -> None:
    """Verify the completions of one or more runs; the completions stay unchanged.

    If another verifier was used before, a table shows how the two agree, and the new outcomes count
    from now on; ``--verifier source`` makes an imported log's own count again. ``--verifier
    'judge?base_url=..&model=..'`` judges the reasoning of the correct ones (CoT-pass@k).

    ``--try GOLD TEXT`` shows every candidate answer in a text, its position, and how each reading
    marks it.

    Example: passgap verify runs/base
    """
    from passgap.runs import Run

    if try_ is not None and ray is not None:
        raise UsageError("--try marks one text here; leave --ray out")
    if try_ is not None:
        return _try(*try_, verifier or "math", json_=json_, runs=runs or [])
    if not runs:
        raise UsageError("no run is given; needed: RUN..., or --try GOLD TEXT")
    for path in runs:
        Run(path)  # one that is none is found before any is verified
    found = []
    for path in runs:
        with flags.on_ray(ray):
            found.append(mark_run(path, verifier))
        if not json_:
            print_marked(path, found[-1], alone=len(runs) == 1)
    failed = [one for one in found if one.failed]
    if json_:
        told = [one.result.to_dict() for one in found]
        print(json_text(told if len(runs) > 1 else told[0], indent=None))
    elif len(runs) > 1 and not failed:
        say("next: passgap compare BASE TRAINED...")
    if failed:
        why = "; ".join(
            f"{one.result.run}: none of the samples could be scored: {one.why}" for one in failed
        )
        raise WorkError(f"{why}; fix the verifier and run passgap verify again")


def _try(gold: str, text: str, verifier: str, *, json_: bool, runs: list[str]) -> None:
    """Verify one text, and show how every candidate would be marked."""
    from passgap.stages.marking import mark, tried

    if runs:
        raise UsageError(f"--try marks one text and takes no run; leave out: {' '.join(runs)}")
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
class Marked:
    """One run that was verified: the result, its counts, whether no draw could be scored, why draws
    are unscored (empty where none is), and, if no answer could be read in any of them, the verifier
    that fits the references."""

    result: Verified
    counts: Counts
    failed: bool
    why: str
    fits: str | None = None


def mark_run(path: str, verifier: str | None) -> Marked:
    """Verify one run and return the result."""
    from passgap.runs import Run
    from passgap.stages.counting import count
    from passgap.stages.unscored import all_unscored, in_one_line
    from passgap.stages.verifying import verified
    from passgap.verifiers.fitting import fitting

    run = Run(path)
    before = run.latest_verifier()
    digest = verify_run(path, verifier)
    counts = count(run)
    result = verified(run, counts, digest, place=path, before=before)
    why = in_one_line(result.unscored_reasons)
    read = counts.no_answer is None or int(counts.no_answer.sum()) < int(counts.n.sum())
    fits = None if read else fitting([problem.reference for problem in run.problems()])
    return Marked(result, counts, all_unscored(run, digest), why, fits)


def verify_run(path: str, verifier: str | None = None) -> str:
    """Verify with a progress bar; returns the digest of the verifier."""
    from passgap.runs import Run
    from passgap.stages.verifying import verify

    run = Run(path)
    with bar(f"verifying {run.name}") as progress:
        return verify(run, verifier=verifier, progress=progress, command=command_line())


def print_marked(path: str, found: Marked, *, alone: bool) -> None:
    """The table of agreement, if any, one line for the outcomes, one for unscored samples."""
    result = found.result
    if result.agreement is not None:
        from passgap.show import print_blocks
        from passgap.show.contents import marks

        print_blocks(marks.agreement(result.agreement))
    if result.reasoned is not None:
        say(f"reasoning judged right in {result.reasoned:,} of {result.correct:,} correct samples")
    probe = f"passgap probe {path}"
    say(
        f"{path}: {plural(result.draws, 'sample')} of {plural(result.problems, 'problem')}, "
        f"{result.correct:,} correct, {result.unscored:,} unscored; the outcomes of "
        f"{result.marked_by} count now{f'; next: {probe}' * (alone and not found.failed)}"
    )
    if found.why and not found.failed:
        say(f"unscored: {found.why}")
    if found.fits and result.draws > result.unscored:
        say(
            f"warning: {result.marked_by} could read an answer in none of the samples, so all are "
            f"incorrect; by the references, this verifier fits: passgap verify {path} --verifier "
            f"{found.fits}"
        )
