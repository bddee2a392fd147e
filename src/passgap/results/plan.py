"""What `plan` gives: how many problems and draws a claim needs, and what they cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from passgap.results.codec import Result
from passgap.results.settings import Goal

COLUMNS = {
    "n": ("draws", "d"),
    "problems": ("problems", ",d"),
    "completions": ("completions", ",d"),
    "tokens": ("tokens", ",.0f"),
    "price": ("price", ",.2f"),
}


@dataclass(frozen=True)
class PlannedWith:
    """The settings a plan was made with, the large k filled in."""

    goal: Goal
    half_width: float | None
    delta: float | None
    power: float
    margin: float | None
    problems: int | None
    k_small: int
    k_large: int
    pilot_problems: int


@dataclass(frozen=True)
class Design:
    """A run of ``problems`` with ``n`` draws each; None where so many are not at hand."""

    n: int
    problems: int | None
    needed: int | None
    completions: int | None
    tokens: float | None
    price: float | None


@dataclass(frozen=True)
class Plan(Result):
    """Designs by their number of draws, the cheapest named; print it, or take ``to_dict()``."""

    schema: ClassVar[str] = "passgap.plan/1"

    settings: PlannedWith
    designs: tuple[Design, ...]
    cheapest: Design | None
    notes: tuple[str, ...]

    def __str__(self) -> str:
        rows = [vars(design) for design in self.designs]
        shown = [
            name
            for name in COLUMNS
            if name == "problems" or any(row[name] is not None for row in rows)
        ]
        both = " (completions of both runs)" if self.settings.goal == "difference" else ""
        lines = [self._claim() + both, "  " + "".join(f"{COLUMNS[name][0]:<15}" for name in shown)]
        for design, row in zip(self.designs, rows, strict=True):
            cells = [_cell(row[name], COLUMNS[name][1]) for name in shown]
            if design.problems is None:
                cells[shown.index("problems")] = "not attainable"
            mark = "<- cheapest" if design == self.cheapest else ""
            lines.append("  " + "".join(f"{cell:<15}" for cell in cells) + mark)
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])

    def _claim(self) -> str:
        """What the designs are for, in words."""
        s = self.settings
        ks = f"pass@{s.k_large}"
        if s.half_width is not None and s.goal == "headroom":
            return (
                f"to know {ks} - pass@{s.k_small} of the base to {100 * s.half_width:g} "
                "points either way, at 95 %"
            )
        if s.margin is not None:
            return (
                f"to show {ks} of an untrained copy equivalent within {100 * s.margin:g} "
                f"points, in {s.power:.0%} of such comparisons"
            )
        return (
            f"to tell a tilt of {s.delta:g} from none at {ks}, in {s.power:.0%} of such comparisons"
        )


def _cell(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)
