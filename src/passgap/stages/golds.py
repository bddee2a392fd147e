"""The reference check. In: problems. Out: those whose own reference their verifier rejects.

A reference that its verifier does not accept can never be matched: its problem counts as unsolvable
whatever the policy writes. So such references are found before a model is loaded.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace

from passgap.data.problems import ProblemSet
from passgap.verifiers import for_problems


@dataclass(frozen=True)
class GoldCheck:
    """``sound`` problems, and the ``faults`` of the others by problem id."""

    sound: ProblemSet
    faults: dict[str, str]


def check_golds(problems: ProblemSet, verifier: str | None = None) -> GoldCheck:
    """Mark every problem's reference (for code: its own solution) with its verifier.

    Parameters
    ----------
    problems
        The set to check.
    verifier
        The spec of one verifier for all problems; None takes the one each problem names.
    """
    with closing(for_problems(problems, verifier)) as marker:
        faults = marker.faults(list(problems))
    if not faults:
        return GoldCheck(problems, {})
    kept = tuple(problem for problem in problems if problem.id not in faults)
    name = f"{problems.name} less {len(faults)} refused"
    return GoldCheck(replace(problems, name=name, problems=kept), faults)
