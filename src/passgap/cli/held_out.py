"""What training and held-out problems share: told, or left out of training."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from passgap.cli.progress import say
from passgap.errors import UsageError

if TYPE_CHECKING:
    from passgap.data.problems import ProblemSet


def apart(
    problems: ProblemSet, held_out: ProblemSet | None, *, leave_out: bool, tell: bool = True
) -> ProblemSet:
    """The problems to train on; ``leave_out`` leaves out those that are held out, or nearly.

    Unless ``tell`` is false (all processes of a training but one), it prints what was left out, or
    which near duplicates are trained on. With exact ones nothing is printed, since training refuses
    them.
    """
    if held_out is None:
        if leave_out:
            raise UsageError("--leave-out-held-out needs --held-out PROBLEMS; give both or neither")
        return problems
    if leave_out:
        return _without(problems, held_out, tell=tell)
    if tell:
        _tell_near(problems, held_out)
    return problems


def _without(problems: ProblemSet, held_out: ProblemSet, *, tell: bool) -> ProblemSet:
    from passgap.checks.contamination import examples
    from passgap.problems.overlap import leave_out

    kept, found = leave_out(problems, held_out)
    if not len(kept):
        raise UsageError(
            f"every problem of {problems.name} is held out, so none is left to train "
            "on; train on other problems"
        )
    if tell:
        near = found.of("near")
        nearly = f", {len(near):,} of them nearly ({examples(near)})" if near else ""
        say(
            f"{len(problems) - len(kept)} of {len(problems)} problems are held out and not trained "
            f"on{nearly}"
        )
    return kept


def _tell_near(problems: ProblemSet, held_out: ProblemSet) -> None:
    from passgap.checks.contamination import examples, share
    from passgap.problems.overlap import overlap

    found = overlap(held_out, problems)
    if found.of("exact"):
        return
    one = "held-out problem"
    if near := found.of("near"):
        say(
            f"{share(near, found, one)} nearly equal to training problems ({examples(near)}): "
            "pass@k on them may rise without learning anything new; --leave-out-held-out leaves "
            "their near duplicates out of training",
            file=sys.stderr,
        )
    if variants := found.of("other_numbers"):
        say(
            f"{share(variants, found, one)} equal to training problems except for numbers "
            f"({examples(variants)}): they are variants of what is trained on",
            file=sys.stderr,
        )
