"""What `audit` returns: what a person's marks of accepted completions say about the verifier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, get_args

import numpy as np

from passgap.plain import plural
from passgap.results.codec import FLAT, Result
from passgap.results.estimates import Estimate

Mark = Literal["right", "wrong", "unsure"]
MARKS: tuple[Mark, ...] = get_args(Mark)


@dataclass(frozen=True)
class Stratum:
    """Problems with low < c / n <= high: how many, and what was found among those inspected.

    ``rate`` is the share of false positives among the marked.
    """

    low: float
    high: float
    problems: int
    right: int
    wrong: int
    unsure: int
    rate: Estimate


@dataclass(frozen=True)
class Corrected:
    """pass@k as marked, and without false positives."""

    k: int
    pass_at_k: float
    estimate: Annotated[Estimate, FLAT]


@dataclass(frozen=True, repr=False)
class Audit(Result):
    """What the marks show: rates by stratum, and the curve without false positives.

    ``rate`` is the share of solved problems whose accepted draw is wrong.
    """

    schema: ClassVar[str] = "passgap.audit/1"

    marked: int
    unsure: int
    rate: Estimate
    strata: tuple[Stratum, ...]
    corrected: tuple[Corrected, ...]
    notes: tuple[str, ...]

    def __str__(self) -> str:
        lines = [f"{plural(self.marked, 'completion')} marked, {self.unsure} unsure"]
        lines += ["  c/n            problems  right  wrong  false-positive rate (95%)"]
        for s in self.strata:
            lines.append(
                f"  ({s.low:g}, {s.high:g}]".ljust(17)
                + f"{s.problems:>8}{s.right:>7}{s.wrong:>7}  {_percent(s.rate)}"
            )
        lines.append(f"  all solved problems: {_percent(self.rate)}")
        lines += ["  k      pass@k  corrected (95%)"]
        for row in self.corrected:
            one = row.estimate
            value = "unknown" if np.isnan(one.value) else f"{one.value:.3f}"
            lines.append(
                f"  {row.k:<6} {row.pass_at_k:.3f}   {value} ({one.low:.3f} to {one.high:.3f})"
            )
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])


def _percent(rate: Estimate) -> str:
    value = "unknown" if np.isnan(rate.value) else f"{rate.value:.1%}"
    return f"{value} ({rate.low:.1%} to {rate.high:.1%})"
