"""Problems of one set that are also in another: one match per problem, and the counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from passgap.results.codec import Encoded

Kind = Literal["exact", "near", "other_numbers"]
KINDS: tuple[Kind, ...] = ("exact", "near", "other_numbers")


@dataclass(frozen=True)
class Match(Encoded):
    """A problem with the problem of the other set that is most like it: ids and questions.

    ``similarity`` is 1 for equal questions, and never an estimate; for ``other_numbers`` it is that
    of the texts with a mark in place of each number.
    """

    problem: str
    other: str
    kind: Kind
    similarity: float
    question: str
    other_question: str


@dataclass(frozen=True)
class Overlap(Encoded):
    """The problems of a set that are in the set ``name`` too, exactly or nearly.

    ``problems`` and ``others`` are the sizes of the two sets; ``matches`` has at most one entry for
    each problem, in the order of the problems.
    """

    name: str
    problems: int
    others: int
    matches: tuple[Match, ...]

    def of(self, *kinds: Kind) -> tuple[Match, ...]:
        """The matches of these kinds."""
        return tuple(match for match in self.matches if match.kind in kinds)
