"""What `probe_starts` returns: several starts, or several training pools, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from passgap.results.codec import OPTIONAL, Result
from passgap.results.estimates import Curve, Estimate
from passgap.results.forecast import Forecast
from passgap.results.verdict import Verdict


@dataclass(frozen=True)
class Start:
    """One start: the verdict of its own probe, and what training could make of it.

    Parameters
    ----------
    rank
        Its place, from 1: by the forecast of pass@1 after training, of pools by ``teaching``.
    curve
        pass@k at the k that all starts have.
    teaching
        The share of groups of ``group_size`` with both right and wrong samples.
    coverage_ratio
        pass@``k_large`` over that of the first start on the same problems (arXiv 2608.25756); None
        for the first, and where the problems are others.
    """

    name: str
    rank: int
    problems: int
    draws: int
    verdict: Verdict
    curve: Curve
    headroom: Estimate
    teaching: Estimate
    coverage_ratio: Annotated[Estimate | None, OPTIONAL]
    forecast: Forecast


@dataclass(frozen=True)
class Apart:
    """What one start has more of than another; the band holds for all such differences at once.

    ``what`` is ``pass@k``, or ``teaching`` for the share of groups that teach.
    """

    what: str
    start: str
    other: str
    difference: float
    band_low: float
    band_high: float


@dataclass(frozen=True)
class StartsWith:
    """The settings the starts were compared with."""

    k_small: int
    k_large: int
    group_size: int
    paired: bool
    confidence_level: float
    seed: int


@dataclass(frozen=True, repr=False)
class Starts(Result):
    """Several starts, best first; print it, or use ``to_dict()``.

    ``apart`` holds the differences that are shown, ``undistinguished`` the names of the starts that
    are not shown to differ from the first in rank at either k.
    """

    schema: ClassVar[str] = "passgap.probe_starts/1"

    verdict: Verdict
    settings: StartsWith
    starts: tuple[Start, ...]
    apart: tuple[Apart, ...]
    undistinguished: tuple[str, ...]
    rule: str
    notes: tuple[str, ...]

    def __str__(self) -> str:
        small, large = self.settings.k_small, self.settings.k_large
        lines = [f"{self.verdict.label}  ({len(self.starts)} starts)", *self.verdict.lines()]
        lines.append(f"  {'start':<24} pass@{small:<4} pass@{large:<4} forecast  verdict")
        for one in self.starts:
            after = f"{one.forecast.pass_at_1.value:.3f}"
            both = (f"{one.curve.at(k).value:<9.3f}" for k in (small, large))
            lines.append(f"  {one.name:<24} {' '.join(both)} {after:<9} {one.verdict.label}")
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])
