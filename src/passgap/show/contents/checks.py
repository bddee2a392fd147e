"""Data checks: findings in, what makes a verdict doubtful and what to do about it out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from passgap.results.findings import SEVERITIES, Checks, Finding
from passgap.show.blocks import Block, Findings, Section, Text

LOOKED_AT = (
    "repeated samples, truncation, empty and unscored completions, references their verifier "
    "rejects, and settings that differ"
)


def blocks(checks: Checks) -> list[Block]:
    """A line for each finding, or one that says there is none."""
    if not checks.findings:
        return [Text(f"Data checks: {checks.looked_at}, nothing found", "quiet")]
    title = Text(f"Data checks: {checks.looked_at}", "strong")
    return [title, Findings(checks.findings)]


def section(checks: Sequence[Checks]) -> Section | None:
    """What the data checks of a page's runs found, with a sentence that sums them up."""
    if not checks:
        return None
    found = findings(checks)
    looked = f"{sum(one.draws for one in checks):,} completions were checked"
    if not found:
        lead = f"{looked} for {LOOKED_AT}. Nothing was found."
        return Section("Data checks", [], lead, "checks")
    doubt = " Do not trust the verdict before this is fixed." if grave(checks) else ""
    return Section("Data checks", [Findings(found)], f"{looked}.{doubt}", "checks")


def findings(checks: Sequence[Checks]) -> list[Finding]:
    """All findings, worst first; of several checks each names its run."""
    if len(checks) == 1:
        return list(checks[0].findings)
    named = [
        replace(finding, evidence=f"{' and '.join(one.runs)}: {finding.evidence}")
        for one in checks
        for finding in one.findings
    ]
    return sorted(named, key=lambda finding: SEVERITIES.index(finding.severity))


def grave(checks: Sequence[Checks]) -> list[str]:
    """What makes a verdict worthless, to be said above it."""
    return [one.evidence for one in findings(checks) if one.severity == "error"]
