"""The one interface every verifier has.

In: a problem, the text of a completion, how it ended. Out: an Outcome.
"""

from __future__ import annotations

from typing import Protocol

from passgap.types import FinishReason, Outcome, Problem


class Verifier(Protocol):
    """Marks completions; equal ``digest`` means equal marks for equal input."""

    name: str

    @property
    def digest(self) -> str:
        """Identity of the verifier: name, options and version of what it rests on."""
        ...

    def verify(self, problem: Problem, text: str, finish_reason: FinishReason) -> Outcome:
        """Mark one completion; never raises for anything the text may hold."""
        ...
