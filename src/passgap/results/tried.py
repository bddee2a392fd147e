"""What `passgap verify --try` returns: one mark with its reasons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from passgap.data.outcomes import Candidate, Outcome, Status
from passgap.results.codec import FLAT, Encoded


@dataclass(frozen=True)
class MarkedCandidate:
    """A piece of a text that could be its answer, and how it would be marked on its own."""

    candidate: Annotated[Candidate, FLAT]
    status: Status


@dataclass(frozen=True)
class ReadAs:
    """How the verifier understands reference and answer; None where it does not say."""

    reference: str | None
    answer: str | None


@dataclass(frozen=True)
class Tried(Encoded):
    """The mark of one text; ``candidates`` replace the outcome's own."""

    schema: ClassVar[str] = "passgap.mark/1"

    verifier: str
    gold: str
    outcome: Annotated[Outcome, FLAT]
    candidates: tuple[MarkedCandidate, ...]
    read_as: ReadAs
