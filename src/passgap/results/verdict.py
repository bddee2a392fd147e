"""The verdict: one decision with its reasons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from passgap.display import Displayed
from passgap.results.labels import Label

State = Literal["up", "equivalent", "down", "unclear"]


@dataclass(frozen=True)
class Verdict(Displayed):
    """One decision with its reasons; ``needs`` says what an open one would take.

    ``at_small_k`` and ``at_large_k`` say where a difference stands at the two k that decide a
    comparison; None elsewhere.
    """

    label: Label
    reasons: tuple[str, ...]
    needs: str = ""
    at_small_k: State | None = None
    at_large_k: State | None = None

    def lines(self) -> Iterator[str]:
        """The reasons and what it would take, indented, as results print them."""
        yield from (f"  {reason}" for reason in self.reasons)
        if self.needs:
            yield f"  needs: {self.needs}"

    def to_dict(self) -> dict[str, Any]:
        """``label``, ``reasons``, ``needs`` (null where decided), and where both ends stand."""
        data: dict[str, Any] = {"label": self.label.value, "reasons": list(self.reasons)}
        data["needs"] = self.needs or None
        if self.at_small_k is not None:
            data |= {"at_small_k": self.at_small_k, "at_large_k": self.at_large_k}
        return data
