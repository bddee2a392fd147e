"""What a check finds, and all findings together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from passgap.plain import plural
from passgap.results.codec import SHOWN, Encoded, Result
from passgap.results.overlap import Overlap

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True)
class Finding(Encoded):
    """One thing a reader of the run should know.

    ``check`` names the check, ``evidence`` is what was found, in numbers, ``remedy`` what to do.
    """

    check: str
    severity: Severity
    evidence: str
    remedy: str
    problems: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.severity}: {self.evidence}; {self.remedy}"


@dataclass(frozen=True, repr=False)
class Checks(Result):
    """All findings, worst first, and how many draws were checked.

    ``against`` has the problems that are also in other sets, one entry for each set.
    """

    schema: ClassVar[str] = "passgap.checks/1"

    runs: tuple[str, ...]
    draws: int
    findings: tuple[Finding, ...]
    against: tuple[Overlap, ...] = ()

    @property
    def worst(self) -> Annotated[Severity | None, SHOWN]:
        """The highest severity found, None where all is well."""
        return self.findings[0].severity if self.findings else None

    @property
    def looked_at(self) -> str:
        """What was checked, in words."""
        samples = f"{plural(self.draws, 'sample')} checked"
        sets = f"compared with {', '.join(one.name for one in self.against)}"
        told = [samples] * bool(self.draws or not self.against) + [sets] * bool(self.against)
        return ", ".join(told)

    def __str__(self) -> str:
        head = f"{' and '.join(self.runs)}: {self.looked_at}"
        if not self.findings:
            return f"{head}, nothing found"
        return "\n".join([head, *(f"  {finding}" for finding in self.findings)])
