"""What a check finds, and all that was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True)
class Finding:
    """One thing a reader of the run should know.

    ``check`` names the check, ``evidence`` what was found in numbers, ``remedy`` what to do.
    """

    check: str
    severity: Severity
    evidence: str
    remedy: str
    problems: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.severity}: {self.evidence}; {self.remedy}"

    def to_dict(self) -> dict[str, Any]:
        return {
            "check": self.check,
            "severity": self.severity,
            "evidence": self.evidence,
            "remedy": self.remedy,
            "problems": list(self.problems),
        }


@dataclass(frozen=True)
class Checks:
    """All findings, worst first, and how many draws were looked at."""

    runs: tuple[str, ...]
    draws: int
    findings: tuple[Finding, ...]

    def worst(self) -> Severity | None:
        """The highest severity found, None where all is well."""
        return self.findings[0].severity if self.findings else None

    def to_dict(self) -> dict[str, Any]:
        return {
            "schema": "passgap.checks/1",
            "runs": list(self.runs),
            "draws": self.draws,
            "worst": self.worst(),
            "findings": [finding.to_dict() for finding in self.findings],
        }

    def __str__(self) -> str:
        head = f"{' and '.join(self.runs)}: {self.draws:,} draws looked at"
        if not self.findings:
            return f"{head}, nothing found"
        return "\n".join([head, *(f"  {finding}" for finding in self.findings)])
