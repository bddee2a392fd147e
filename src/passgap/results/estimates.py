"""Estimates: a number, or a curve over k, with what is needed to question it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from passgap.data.arrays import FloatArray, IntArray
from passgap.display import Displayed
from passgap.errors import UsageError


def _short(value: float) -> str:
    """Three decimals, or a word for what could not be computed."""
    return f"{value:.3f}" if math.isfinite(value) else "unknown"


def _json_number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


@dataclass(frozen=True, repr=False)
class Estimate(Displayed):
    """A number with what is needed to question it. A bound that is not available is nan, with a
    note."""

    value: float
    low: float
    high: float
    confidence_level: float = 0.95
    method: str = ""
    standard_error: float = float("nan")
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """``value``, ``low``, ``high`` (null where not computable) and how they were made."""
        return {
            "value": _json_number(self.value),
            "low": _json_number(self.low),
            "high": _json_number(self.high),
            "confidence_level": self.confidence_level,
            "method": self.method,
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        how = f"{self.confidence_level:.0%} {self.method}".rstrip()
        line = f"{_short(self.value)} ({_short(self.low)} to {_short(self.high)}; {how})"
        return "\n".join([line, *(f"  note: {note}" for note in self.notes)])


@dataclass(frozen=True, eq=False, repr=False)
class Curve(Displayed):
    """Estimates over k.

    ``low``/``high`` are pointwise, ``band_low``/``band_high`` simultaneous. All arrays have the
    length of ``k``. Notes say why an entry is nan.
    """

    k: IntArray
    value: FloatArray
    low: FloatArray
    high: FloatArray
    band_low: FloatArray | None = None
    band_high: FloatArray | None = None
    confidence_level: float = 0.95
    method: str = ""
    notes: tuple[str, ...] = ()

    def at(self, k: int) -> Estimate:
        """The estimate at one listed k."""
        where = np.flatnonzero(self.k == k)
        if not where.size:
            raise UsageError(f"k={k} is not on this curve; allowed: {self.k.tolist()}")
        i = int(where[0])
        return Estimate(
            float(self.value[i]),
            float(self.low[i]),
            float(self.high[i]),
            self.confidence_level,
            self.method,
            notes=self.notes,
        )

    def rows(self) -> list[dict[str, Any]]:
        """One dict per k, by its JSON names, ready for JSON (nan becomes null)."""
        columns = {"value": self.value, "low": self.low, "high": self.high}
        if self.band_low is not None and self.band_high is not None:
            columns |= {"band_low": self.band_low, "band_high": self.band_high}
        return [
            {"k": int(k)} | {name: _json_number(column[i]) for name, column in columns.items()}
            for i, k in enumerate(self.k)
        ]

    def to_dict(self) -> dict[str, Any]:
        """The rows under ``curve``, and how they were made."""
        return {
            "curve": self.rows(),
            "confidence_level": self.confidence_level,
            "method": self.method,
            "notes": list(self.notes),
        }

    def __repr__(self) -> str:
        if not self.k.size:
            return "<Curve: empty>"
        ends = f"k = {self.k[0]} to {self.k[-1]}, {self.value[0]:.3f} to {self.value[-1]:.3f}"
        return f"<Curve: {ends}>"

    def __str__(self) -> str:
        head = f"  k      value  {self.confidence_level:.0%} {self.method}".rstrip()
        columns = zip(self.k, self.value, self.low, self.high, strict=True)
        lines = [
            f"  {k:<6} {_short(value):<6} {_short(low)} to {_short(high)}"
            for k, value, low, high in columns
        ]
        return "\n".join([head, *lines, *(f"  note: {note}" for note in self.notes)])
