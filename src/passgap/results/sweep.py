"""What `compare_sweep` returns: pass@k against training step, where it falls, what to keep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from passgap.results.codec import FLAT, HIDDEN, IN_CURVE, Result
from passgap.results.comparison import ComparedWith
from passgap.results.estimates import Curve, Estimate
from passgap.results.verdict import Verdict

Standing = Literal["on", "open", "behind"]


@dataclass(frozen=True)
class Difference:
    """One difference at k: its own 95% interval, and the band that holds for the whole sweep."""

    k: int
    value: float
    low: float
    high: float
    band_low: float
    band_high: float


@dataclass(frozen=True)
class Checkpoint:
    """One checkpoint of a sweep: its curve, its difference to the base at each k, its verdict.

    ``rank`` is its place by the rule that says which to keep, from 1.
    """

    step: int
    policy: str
    verdict: Verdict
    curve: Curve
    delta: tuple[Difference, ...]
    rank: Annotated[int, HIDDEN]

    def at(self, k: int) -> Difference:
        """The difference to the base at one listed k."""
        return next(row for row in self.delta if row.k == k)


@dataclass(frozen=True)
class Fall:
    """Coverage is lower at ``step``, and at every later one, than at ``since``; the base is step 0.

    ``below_base`` is the first step from which it stays below the base's; None where that is not
    shown.
    """

    since: int
    step: int
    below_base: int | None
    difference: Annotated[Difference, FLAT]


@dataclass(frozen=True)
class Keep:
    """The checkpoint to keep; ``alike`` are the steps not distinguished from it at the small k.

    ``corrected`` is the gain at the small k on problems that had no part in the choice.
    """

    step: int
    policy: str
    small: Difference
    large: Difference
    corrected: Estimate
    alike: tuple[int, ...]


@dataclass(frozen=True)
class FrontierPoint:
    """One policy between pass@1 (``small``) and coverage (``large``); the base's step is 0.

    ``standing`` is ``on`` if it is shown ahead of every other one in pass@1 or in coverage,
    ``behind`` if another is shown ahead of it in both (the steps ``behind``), else ``open``.
    """

    step: int
    small: Estimate
    large: Estimate
    standing: Standing
    behind: tuple[int, ...]


@dataclass(frozen=True)
class Frontier:
    """Coverage, pass@``k_large``, against pass@1; all standings hold at once, at 95%."""

    k_large: int
    points: tuple[FrontierPoint, ...]


@dataclass(frozen=True, repr=False)
class Sweep(Result):
    """pass@k against training step and what it says; print it, or use ``to_dict()``.

    ``fall`` is None where none is shown, ``keep`` where the base is best, ``frontier`` where the
    large k is 1.
    """

    schema: ClassVar[str] = "passgap.compare_sweep/1"

    verdict: Verdict
    settings: ComparedWith
    problems: int
    base: Annotated[Curve, IN_CURVE]
    checkpoints: tuple[Checkpoint, ...]
    fall: Fall | None
    keep: Keep | None
    frontier: Frontier | None
    rule: str
    notes: tuple[str, ...]

    def __str__(self) -> str:
        k, large = self.settings.k_small, self.settings.k_large
        lines = [f"{self.verdict.label}  ({self.problems} problems)", *self.verdict.lines()]
        lines += [f"  step    pass@{k:<6} pass@{large:<6} verdict"]
        rows = [(0, self.base, "base")]
        rows += [(one.step, one.curve, str(one.verdict.label)) for one in self.checkpoints]
        for step, curve, label in rows:
            both = (f"{curve.at(each).value:<11.3f}" for each in (k, large))
            lines.append(f"  {step:<7} {' '.join(both)} {label}")
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])
