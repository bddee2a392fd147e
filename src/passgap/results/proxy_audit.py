"""What `audit_proxy` returns: how often a reward pays what a second verifier does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from passgap.results.codec import Encoded, Result
from passgap.results.estimates import Estimate


@dataclass(frozen=True)
class MarkShare(Encoded):
    """A share of the samples, its mean over problems.

    ``name`` is ``proxy`` or ``gold`` (correct by it), ``only_proxy`` or ``only_gold`` (by the other
    one not). ``change`` is trained minus base, paired by problem; both are None for one run.
    """

    name: str
    base: Estimate
    trained: Estimate | None
    change: Estimate | None


@dataclass(frozen=True)
class PaidAlone(Encoded):
    """A sample that only the proxy calls correct."""

    run: str
    problem_id: str
    draw: int


@dataclass(frozen=True, repr=False)
class ProxyAudit(Result):
    """Two verifiers of the same samples: the proxy, which was the reward, and the gold.

    ``grew`` says that the share paid by the proxy alone is shown to be larger after training; None
    for one run.
    """

    schema: ClassVar[str] = "passgap.audit_proxy/1"

    runs: tuple[str, ...]
    proxy: str
    gold: str
    problems: int
    shares: tuple[MarkShare, ...]
    grew: bool | None
    examples: tuple[PaidAlone, ...]
    notes: tuple[str, ...]

    def share(self, name: str) -> MarkShare:
        """The share of this name."""
        return next(one for one in self.shares if one.name == name)

    def __str__(self) -> str:
        lines = [f"{self.proxy} against {self.gold}: {' and '.join(self.runs)}"]
        lines += [f"  {one.name:<12}{one.base.value:.3f}" for one in self.shares]
        return "\n".join(lines)
