"""The verdict: one decision with its reasons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from passgap.results.codec import OPTIONAL, OR_NULL, Result
from passgap.results.labels import Label, State


@dataclass(frozen=True)
class Verdict(Result):
    """One decision with its reasons; ``needs`` says what an open one would take.

    ``at_small_k`` and ``at_large_k`` say where a difference stands at the two k that decide a
    comparison; None elsewhere.
    """

    label: Label
    reasons: tuple[str, ...]
    needs: Annotated[str, OR_NULL] = ""
    at_small_k: Annotated[State | None, OPTIONAL] = None
    at_large_k: Annotated[State | None, OPTIONAL] = None

    def lines(self) -> Iterator[str]:
        """The reasons and what it would take, indented, as results print them."""
        yield from (f"  {reason}" for reason in self.reasons)
        if self.needs:
            yield f"  needs: {self.needs}"
