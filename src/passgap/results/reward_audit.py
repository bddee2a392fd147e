"""What `audit_reward` returns: which hostile completions a reward pays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from passgap.data.outcomes import Failure
from passgap.plain import plural
from passgap.results.codec import SHOWN, Encoded, Result
from passgap.results.findings import Finding, Severity

Expected = Literal["paid", "unpaid"]


@dataclass(frozen=True)
class Example(Encoded):
    """One completion that was tried, and how it was marked."""

    problem_id: str
    text: str
    extracted: str | None
    reason: str


@dataclass(frozen=True)
class Attempt(Encoded):
    """One kind of completion, tried on every problem that it can be made for.

    ``expected`` is ``paid`` for a control (the reference in one of the usual forms; one paid form
    is enough) and ``unpaid`` for a hostile one. ``example`` is the first that was not as expected:
    a hostile one that was paid, a control that was not; else the first that was unscored.
    """

    kind: str
    expected: Expected
    what: str
    problems: int
    paid: int
    unscored: int
    example: Example | None

    @property
    def suspect(self) -> bool:
        """Whether a hostile completion was paid."""
        return self.expected == "unpaid" and self.paid > 0


@dataclass(frozen=True, repr=False)
class RewardAudit(Result):
    """What a reward pays.

    ``form`` is the control that was paid most often; the hostile completions with an answer are
    written in it. ``refused`` problems have a reference that is paid in no form. ``findings`` are
    sorted worst first.
    """

    schema: ClassVar[str] = "passgap.audit_reward/1"

    reward: str
    problems: int
    form: str
    refused: tuple[str, ...]
    attempts: tuple[Attempt, ...]
    failures: tuple[Failure, ...]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]

    @property
    def worst(self) -> Annotated[Severity | None, SHOWN]:
        """The highest severity found, None where all is as expected."""
        return self.findings[0].severity if self.findings else None

    def __str__(self) -> str:
        head = f"{self.reward} on {plural(self.problems, 'problem')}"
        rows = [
            f"  {one.kind:<20}{one.paid:>6} of {one.problems} paid, {one.expected} expected"
            for one in self.attempts
        ]
        return "\n".join([head, *rows, *(f"  {finding}" for finding in self.findings)])
