"""The interface of every verifier.

In: problems and the texts of completions, with how each ended. Out: an Outcome for each.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

from passgap.data.completions import FinishReason
from passgap.data.outcomes import Candidate, Outcome, Status
from passgap.data.problems import Problem
from passgap.errors import UsageError


class Item(NamedTuple):
    """One completion to mark.

    ``asked`` is the form of answer that the prompt asked for (``boxed``, ``tagged``, ``hashes``,
    ``stated``), empty if unknown.
    """

    problem: Problem
    text: str
    finish_reason: FinishReason = "stop"
    asked: str = ""


class Mark(NamedTuple):
    """A status with its reason, not yet part of an outcome."""

    status: Status
    reason: str = ""


class Verifier(ABC):
    """Marks completions; equal ``digest`` means equal marks for equal input.

    A verifier never raises, whatever a text contains, and may be called from any thread.
    """

    name: str
    of_reasoning: bool = False
    """Whether it marks how an answer was reached, in addition to another verifier's mark."""

    @property
    @abstractmethod
    def digest(self) -> str:
        """Identity of the verifier: name, options and versions of what it depends on."""

    @abstractmethod
    def verify_all(self, items: Sequence[Item]) -> list[Outcome]:
        """Mark many completions, in order; larger batches are faster."""

    def verify(self, problem: Problem, text: str, finish_reason: FinishReason = "stop") -> Outcome:
        """Mark one completion."""
        return self.verify_all([Item(problem, text, finish_reason)])[0]

    def candidates(self, item: Item) -> tuple[Candidate, ...]:
        """The pieces of a text that could be its answer, to explain a mark; empty if unknown."""
        return ()

    def read_as(self, answer: str) -> str | None:
        """How a reference or an answer is understood; None if it is just text."""
        return None

    def faults(self, problems: Sequence[Problem]) -> dict[str, str]:
        """Problems whose reference this verifier would not accept, by id, with the reason."""
        boxed = self.verify_all([Item(p, f"\\boxed{{{p.reference}}}") for p in problems])
        missed = [p for p, o in zip(problems, boxed, strict=True) if o.status != "correct"]
        plain = self.verify_all([Item(p, p.reference) for p in missed])
        return {
            problem.id: f"its own reference is marked {outcome.status} {outcome.reason}".rstrip()
            for problem, outcome in zip(missed, plain, strict=True)
            if outcome.status != "correct"
        }

    def close(self) -> None:  # noqa: B027 - most verifiers hold nothing to give back
        """Release what the verifier holds: worker processes, connections."""


class TextVerifier(Verifier):
    """A verifier that marks one text at a time in this process: quick, and unable to hang."""

    @abstractmethod
    def mark(self, problem: Problem, text: str, finish_reason: FinishReason) -> Outcome:
        """Mark one completion."""

    def verify_all(self, items: Sequence[Item]) -> list[Outcome]:
        """Mark many completions, in their order."""
        return [self.mark(item.problem, item.text, item.finish_reason) for item in items]


def nothing_said(finish_reason: FinishReason) -> str:
    """Why there is no answer: ``truncated`` when max_tokens cut the completion."""
    return "truncated" if finish_reason == "length" else "no_answer"


def no_answer(finish_reason: FinishReason) -> Outcome:
    """Incorrect because there is no answer."""
    return Outcome("incorrect", None, nothing_said(finish_reason))


def positive(name: str, text: str) -> float:
    """A number > 0 from an option's text."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise UsageError(f"{name}={text!r}; allowed: a number > 0")
    return value
