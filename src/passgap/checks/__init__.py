"""Data checks. In: a run, or a pair to be compared. Out: findings.

Every finding has a severity, its evidence and a remedy. ``error`` means that a verdict on these
data cannot be trusted, ``warning`` that it may mislead, ``note`` is for information.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from passgap.checks.of_pair import check_pair
from passgap.checks.of_run import check_run
from passgap.errors import UsageError
from passgap.results.findings import SEVERITIES, Checks, Finding
from passgap.runs import Run


def accepted(*, intersect: bool = False, allow_different_prompts: bool = False) -> set[str]:
    """The findings between two runs that these flags accept."""
    return ({"problems"} if intersect else set()) | (
        {"prompt", "sampling"} if allow_different_prompts else set()
    )


def check(run: Run, *more: Run, accept: Collection[str] = ()) -> Checks:
    """Check one run, or two to be compared, for anything that makes a verdict doubtful.

    Parameters
    ----------
    run, more
        A run; or a base's and a trained policy's.
    accept
        Findings between the two that were accepted: reported as notes instead of errors.
    """
    if len(more) > 1:
        raise UsageError(
            f"{1 + len(more)} runs given; allowed: one run, or a base's and a trained policy's"
        )
    findings: list[Finding] = []
    draws = 0
    for one in (run, *more):
        seen, found = check_run(one)
        draws += seen
        label = f"{one.name}: " if more else ""
        findings += [replace(finding, evidence=label + finding.evidence) for finding in found]
    if more:
        findings += [
            replace(found, severity="note") if found.check in accept else found
            for found in check_pair(run, more[0])
        ]
    findings.sort(key=lambda finding: SEVERITIES.index(finding.severity))
    return Checks(tuple(str(one.place) for one in (run, *more)), draws, tuple(findings))


__all__ = ["SEVERITIES", "Checks", "Finding", "accepted", "check"]
