"""What `passgap verify --try` gives: one mark with its reasons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from passgap.data.outcomes import Candidate, Outcome, Status
from passgap.results.codec import FLAT, Encoded


@dataclass(frozen=True)
class MarkedCandidate:
    """A piece of a text that could be its answer, and what it would be marked by itself."""

    candidate: Annotated[Candidate, FLAT]
    status: Status


@dataclass(frozen=True)
class ReadAs:
    """What the verifier takes reference and answer for, None where it says nothing of them."""

    reference: str | None
    answer: str | None


@dataclass(frozen=True)
class Tried(Encoded):
    """The mark of one text; ``candidates`` stand in the place of the outcome's own."""

    schema: ClassVar[str] = "passgap.mark/1"

    verifier: str
    gold: str
    outcome: Annotated[Outcome, FLAT]
    candidates: tuple[MarkedCandidate, ...]
    read_as: ReadAs
