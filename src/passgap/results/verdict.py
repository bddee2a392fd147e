"""The verdict: one decision with its reasons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from passgap.results.codec import OPTIONAL, OR_NULL, SHOWN, Result
from passgap.results.labels import CompareLabel, Label, State


@dataclass(frozen=True)
class Bound:
    """What the data leave possible at one k, as shares of the problems.

    Parameters
    ----------
    max_gain, max_loss
        The largest gain and the largest loss inside the 95% interval.
    margin
        The smallest margin with which "no change" would hold.
    """

    max_gain: float
    max_loss: float
    margin: float


@dataclass(frozen=True)
class Bounds:
    """The bounds at the small and at the large k."""

    small: Bound
    large: Bound


@dataclass(frozen=True)
class Robust:
    """The label when the draws are counted differently; None where they cannot be.

    Parameters
    ----------
    answered
        Draws without an answer (also those cut by max_tokens) left out.
    asked, final, any
        Under each reading of the answers: only in the requested form, the one that counts, any
        mention that equals the reference.
    """

    answered: CompareLabel | None
    asked: CompareLabel | None
    final: CompareLabel
    any: CompareLabel | None


@dataclass(frozen=True, repr=False)
class Verdict(Result):
    """One decision with its reasons; ``needs`` says what would settle an open one.

    ``at_small_k`` and ``at_large_k`` give the state of the difference at the two k that decide a
    comparison, ``bounds`` what is not excluded there, ``robust`` what the label depends on; None
    elsewhere.
    """

    label: Label
    reasons: tuple[str, ...]
    needs: Annotated[str, OR_NULL] = ""
    at_small_k: Annotated[State | None, OPTIONAL] = None
    at_large_k: Annotated[State | None, OPTIONAL] = None
    bounds: Annotated[Bounds | None, OPTIONAL] = None
    robust: Annotated[Robust | None, OPTIONAL] = None

    @property
    def settled(self) -> Annotated[bool, SHOWN]:
        """Whether the label leaves nothing open."""
        return self.label.settled

    def __str__(self) -> str:
        return "\n".join([str(self.label), *self.lines()])

    def lines(self) -> Iterator[str]:
        """The reasons and what would settle the verdict, indented, as results print them."""
        yield from (f"  {reason}" for reason in self.reasons)
        if self.needs:
            yield f"  needs: {self.needs}"
