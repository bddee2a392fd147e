"""What a selection is: its arms and rows, as JSON and as a table.

In: arrays and estimates. Out: ``to_dict`` (schema ``passgap.select/1``) and the printed table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from passgap.analysis.inputs import interval_dict
from passgap.data.arrays import FloatArray, IntArray
from passgap.data.counts import Counts
from passgap.results.estimates import Estimate


@dataclass(frozen=True)
class Arm:
    """A group of problems: how many, what they showed, what to expect of them.

    ``raw_rate`` is the mean of c / n, ``pass_rate`` the expected one of fresh draws, ``mixed`` the
    expected share of groups that are neither all right nor all wrong.
    """

    problems: int
    raw_rate: float
    pass_rate: Estimate
    mixed: Estimate

    def to_dict(self) -> dict[str, Any]:
        return {
            "problems": self.problems,
            "raw_rate": self.raw_rate if np.isfinite(self.raw_rate) else None,
            "pass_rate": interval_dict(self.pass_rate),
            "mixed": interval_dict(self.mixed),
        }


@dataclass(frozen=True, eq=False)
class Selection:
    """The problems that teach, the control, and what each problem's counts say of its p.

    Arrays have one entry a problem of ``counts``; ``chosen`` and ``control`` are rows, ascending.
    ``p`` is the posterior mean, ``p_low`` and ``p_high`` its 95 % posterior interval, ``in_band``
    P(low <= p <= high), ``mixed`` the expected mixed@G.
    """

    settings: Mapping[str, Any]
    counts: Counts
    p: FloatArray
    p_low: FloatArray
    p_high: FloatArray
    in_band: FloatArray | None
    mixed: FloatArray
    chosen: IntArray
    control: IntArray
    arms: Mapping[str, Arm]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """By JSON names; ``by_raw_rate`` is what the same rule takes when it looks at c / n."""
        return {
            "schema": "passgap.select/1",
            "settings": dict(self.settings),
            "problems": len(self.counts),
            "draws": int(self.counts.n.sum() + self.counts.unscored.sum()),
            "unscored": int(self.counts.unscored.sum()),
            "arms": {name: arm.to_dict() for name, arm in self.arms.items()},
            "chosen": [self.row(int(i)) for i in self.chosen],
            "control": [self.counts.problem_id[int(i)] for i in self.control],
            "notes": list(self.notes),
        }

    def row(self, i: int) -> dict[str, Any]:
        """What is known of problem ``i``, by JSON names."""
        return {
            "problem_id": self.counts.problem_id[i],
            "n": int(self.counts.n[i]),
            "c": int(self.counts.c[i]),
            "pass_rate": float(self.p[i]),
            "low": float(self.p_low[i]),
            "high": float(self.p_high[i]),
            "in_band": None if self.in_band is None else float(self.in_band[i]),
            "mixed": float(self.mixed[i]),
        }

    def __str__(self) -> str:
        size = self.settings["group_size"]
        lines = [
            f"{len(self.chosen)} of {len(self.counts)} problems chosen: {_rule(self.settings)}"
        ]
        lines.append(
            "  " + "".ljust(13) + "problems  raw rate  expected pass rate (95 %)  "
            f"expected mixed@{size} (95 %)"
        )
        for name, arm in self.arms.items():
            lines.append(
                f"  {name.replace('_', ' '):<13}{arm.problems:>8}  {short(arm.raw_rate):>8}  "
                f"{_interval(arm.pass_rate):<25}  {_interval(arm.mixed)}"
            )
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])


def _rule(settings: Mapping[str, Any]) -> str:
    band = f"more likely than not {settings['low']} <= p <= {settings['high']}"
    if settings["size"] is None:
        return band
    most = f"the greatest expected mixed@{settings['group_size']}"
    return most if settings["low"] is None else f"{most} among those {band}"


def _interval(estimate: Estimate) -> str:
    return f"{estimate.value:.3f} ({estimate.low:.3f} to {estimate.high:.3f})"


def short(value: float) -> str:
    """Three decimals, or that it is unknown."""
    return f"{value:.3f}" if np.isfinite(value) else "unknown"
