"""Outcomes: how a verifier marks one completion, under each reading of its text."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Literal

Status = Literal["correct", "incorrect", "unscored"]
AskedStatus = Literal["correct", "incorrect", "unscored", "no_answer"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A piece of a completion that could be its answer: ``text[start:end]``.

    ``rule`` says how it was found: ``boxed``, ``tagged``, ``hashes``, ``stated``, ``bold`` or
    ``value``.
    """

    rule: str
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Readings:
    """What a completion's mark would be under each reading of its text.

    ``asked`` takes the answer in the form that the prompt asked for (the answer that counts if it
    asked for none; ``no_answer`` if there is none in that form), ``any`` takes anything in the text
    that equals the reference; the reading between them, which counts, is the outcome's own status.
    ``form`` is the rule that found the answer, ``run_on`` says that the model continues with a
    question of its own, ``thinking`` is ``ended``, ``never_ends`` or empty. ``candidates`` are kept
    only in memory.
    """

    asked: AskedStatus
    any: Status
    form: str = ""
    run_on: bool = False
    thinking: str = ""
    candidates: tuple[Candidate, ...] = field(default=(), compare=False, repr=False)

    def to_dict(self) -> dict[str, object]:
        """What a run stores of it."""
        return {
            "asked": self.asked,
            "any": self.any,
            "form": self.form,
            "run_on": self.run_on,
            "thinking": self.thinking,
        }


@dataclass(frozen=True)
class Outcome:
    """How a verifier marks one completion.

    ``unscored`` is neither right nor wrong: the verifier itself failed. ``reason`` is empty, or one
    of ``no_answer``, ``truncated``, ``too_long`` (incorrect), ``timeout``, ``error`` (unscored), or
    the verifier's own. ``readings`` are present where a text can be read in several ways.
    """

    status: Status
    extracted: str | None = None
    reason: str = ""
    readings: Readings | None = field(default=None, compare=False)

    def to_dict(self) -> dict[str, object]:
        """Status, answer, reason, the mark under each reading, and every candidate."""
        data: dict[str, object] = {
            "status": self.status,
            "extracted": self.extracted,
            "reason": self.reason,
            "readings": None,
            "candidates": [],
        }
        if self.readings is not None:
            data["readings"] = self.readings.to_dict() | {"final": self.status}
            data["candidates"] = [asdict(candidate) for candidate in self.readings.candidates]
        return data

    def __str__(self) -> str:
        said = "" if self.extracted is None else f": {self.extracted}"
        lines = [f"{self.status}{f' ({self.reason})' if self.reason else ''}{said}"]
        if self.readings is not None:
            lines.append(
                f"  asked {self.readings.asked}, final {self.status}, any {self.readings.any}"
            )
            lines += [
                f"  {c.rule} at {c.start} to {c.end}: {c.text}" for c in self.readings.candidates
            ]
        return "\n".join(lines)


@dataclass(frozen=True)
class Failure:
    """The draws that one kind of error left unscored.

    ``kind`` is the exception's type, ``error`` the first one in words, ``problem_id`` the problem
    of its draw.
    """

    kind: str
    error: str
    draws: int
    problem_id: str
