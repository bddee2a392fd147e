"""Data checks. In: a run, a pair to be compared, or problems. Out: findings.

Every finding has a severity, its evidence and a remedy. ``error`` means that a verdict on these
data cannot be trusted, ``warning`` that it may mislead, ``note`` is for information.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from passgap.checks.contamination import check_overlap
from passgap.checks.of_pair import check_pair
from passgap.checks.of_run import check_run
from passgap.data.problems import Problem, ProblemSet
from passgap.errors import UsageError
from passgap.problems.overlap import overlap
from passgap.results.findings import SEVERITIES, Checks, Finding
from passgap.runs import Run, opened


def accepted(*, intersect: bool = False, allow_different_prompts: bool = False) -> set[str]:
    """The findings between two runs that these flags accept."""
    return ({"problems"} if intersect else set()) | (
        {"prompt", "sampling"} if allow_different_prompts else set()
    )


def check(
    run: Run | Path | str,
    *more: Run | Path | str,
    accept: Collection[str] = (),
    against: Sequence[ProblemSet] = (),
) -> Checks:
    """Check one run, or two to be compared, for anything that makes a verdict doubtful.

    Parameters
    ----------
    run, more
        A run or its folder; or a base's and a trained policy's.
    accept
        Findings between the two that were accepted: reported as notes instead of errors.
    against
        Other problem sets, such as what was trained on: which of the runs' problems are in these
        too, exactly or nearly.
    """
    if len(more) > 1:
        raise UsageError(
            f"{1 + len(more)} runs given; allowed: one run, or a base's and a trained policy's"
        )
    runs = [opened(one) for one in (run, *more)]
    findings: list[Finding] = []
    draws = 0
    for one in runs:
        seen, found = check_run(one)
        draws += seen
        label = f"{one.name}: " if more else ""
        findings += [replace(finding, evidence=label + finding.evidence) for finding in found]
    if more:
        findings += [
            replace(found, severity="note") if found.check in accept else found
            for found in check_pair(*runs)
        ]
    names = tuple(str(one.place) for one in runs)
    problems = (problem for one in runs for problem in one.problems())
    return _with_overlaps(Checks(names, draws, tuple(findings)), problems, against)


def check_problems(problems: ProblemSet, against: Sequence[ProblemSet]) -> Checks:
    """Which problems are in other sets too, exactly or nearly, before anything is sampled."""
    return _with_overlaps(Checks((problems.name,), 0, ()), problems, against)


def _with_overlaps(
    checks: Checks, problems: Iterable[Problem], against: Sequence[ProblemSet]
) -> Checks:
    own = ProblemSet.of("", problems if against else ())
    overlaps = tuple(overlap(own, others) for others in against)
    findings = [*checks.findings, *(found for one in overlaps for found in check_overlap(one))]
    findings.sort(key=lambda finding: SEVERITIES.index(finding.severity))
    return replace(checks, findings=tuple(findings), against=overlaps)


__all__ = ["SEVERITIES", "Checks", "Finding", "accepted", "check", "check_problems"]
