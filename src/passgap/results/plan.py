"""What `plan` returns: how many problems, draws and seeds a claim needs, and the cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from passgap.results.codec import Result
from passgap.results.estimates import Estimate
from passgap.results.settings import Goal


@dataclass(frozen=True)
class PlannedWith:
    """The settings a plan was made with, the large k and the numbers of training seeds filled in.

    ``confidence_level`` is the central share of the refits that a range holds.
    """

    goal: Goal
    half_width: float | None
    delta: float | None
    power: float
    margin: float | None
    problems: int | None
    k_small: int
    k_large: int
    seeds: tuple[int, ...]
    seed_spread: float | None
    seed: int
    confidence_level: float
    pilot_problems: int


@dataclass(frozen=True)
class Design:
    """A run of ``problems`` with ``n`` draws each; None where there are not that many problems.

    With ``needed`` problems nine in ten refits keep the requested power, with ``fewest`` one in ten
    does. ``power``, or the headroom's ``half_width``, is what the planned problems, or else the
    available ones, give. ``seeds`` are training seeds, None for one trained policy.
    """

    n: int
    seeds: int | None
    problems: int | None
    needed: int | None
    fewest: int | None
    power: Estimate | None
    half_width: Estimate | None
    completions: int | None
    tokens: float | None
    price: float | None

    def cells(self) -> dict[str, str]:
        """Its numbers as text, by table heading; empty where there is none."""
        price = "" if self.price is None else f"{self.price:,.2f}"
        return {
            "seeds": _whole(self.seeds),
            "samples": _whole(self.n),
            "problems": _whole(self.problems) or "not attainable",
            "range": f"{_whole(self.fewest) or 'none'} to {_whole(self.needed) or 'none'}",
            "power, %": _share(self.power, 0),
            "half-width, points": _share(self.half_width, 1),
            "completions": _whole(self.completions),
            "tokens": "" if self.tokens is None else f"{self.tokens:,.0f}",
            "price": price,
        }


@dataclass(frozen=True, repr=False)
class Plan(Result):
    """Designs by their number of draws, the cheapest named; print it, or use ``to_dict()``.

    With training seeds: by their number, each with its cheapest number of draws; ``cheapest`` is
    the one with the fewest seeds, since training costs more than sampling. ``effect`` is the
    difference that a tilt makes at the large k.
    """

    schema: ClassVar[str] = "passgap.plan/1"

    settings: PlannedWith
    effect: Estimate | None
    designs: tuple[Design, ...]
    cheapest: Design | None
    notes: tuple[str, ...]

    def __str__(self) -> str:
        head, rows = self.table()
        widths = [max(map(len, column)) + 3 for column in zip(head, *rows, strict=True)]
        lines = [f"{self.claim()}{self._counted()}"]
        for cells, mark in zip([head, *rows], ["", *map(self._mark, self.designs)], strict=True):
            padded = (f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True))
            lines.append(f"  {''.join(padded)}{mark}".rstrip())
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Heads and rows of the designs, without the columns that are empty."""
        rows = [design.cells() for design in self.designs]
        head = [name for name in rows[0] if any(row[name] for row in rows)]
        return head, [[row[name] for name in head] for row in rows]

    def claim(self) -> str:
        """What the designs are for, in words."""
        s = self.settings
        ks = f"pass@{s.k_large}"
        if s.half_width is not None and s.goal == "headroom":
            return (
                f"to estimate {ks} - pass@{s.k_small} of the base to within "
                f"{100 * s.half_width:g} points either way (95% interval), with a probability of "
                f"{s.power:.0%}"
            )
        if s.margin is not None:
            return (
                f"to show {ks} of {self._trained('an untrained copy')} to be equivalent within "
                f"{100 * s.margin:g} points, in {s.power:.0%} of such comparisons"
            )
        moved = f" ({_moved(self.effect)})" if self.effect else ""
        return (
            f"to detect {self._trained('a tilt')} of {s.delta:g} at {ks}{moved}, in {s.power:.0%} "
            "of such comparisons"
        )

    def _trained(self, what: str) -> str:
        spread = self.settings.seed_spread
        if spread is None:
            return what
        seeds = f"training seeds that spread by {100 * spread:g} points"
        return f"{seeds} around {what}"

    def _counted(self) -> str:
        if self.settings.goal == "headroom":
            return ""
        runs = "the base and every seed" if self.settings.seeds else "both runs"
        return f" (completions of {runs})"

    def _mark(self, design: Design) -> str:
        return "<- cheapest" if design == self.cheapest else ""


def _whole(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _moved(effect: Estimate) -> str:
    """A difference in points, with the range over the refits."""
    value, low, high = (100 * part for part in (effect.value, effect.low, effect.high))
    return f"{value:.1f} points, {low:.1f} to {high:.1f}"


def _share(one: Estimate | None, digits: int) -> str:
    """``61 (32 to 88)``, in percent or points; without the range where it adds nothing."""
    if one is None:
        return ""
    value, low, high = (f"{100 * part:.{digits}f}" for part in (one.value, one.low, one.high))
    return value if low == high else f"{value} ({low} to {high})"
