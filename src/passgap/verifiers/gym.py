"""``gym``: reasoning-gym's own checkers.

In: a problem made by ``gym:NAME`` (its metadata holds the entry) and a completion. Out: correct
when the checker gives 1.0, incorrect below (it gives partial credit), unscored when it raises.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from passgap.errors import MissingExtraError, UsageError
from passgap.types import FinishReason, Outcome, Problem, digest
from passgap.verifiers.extract import last_line, marked
from passgap.verifiers.text import no_answer

try:
    from reasoning_gym import get_score_answer_fn
except ImportError as error:
    raise MissingExtraError("reasoning-gym", "gym") from error


class GymVerifier:
    r"""Takes the last ``\boxed{}``, else what follows ``####``, else the last line, as answer."""

    name = "gym"

    def __init__(self) -> None:
        self._checkers: dict[str, Any] = {}

    @property
    def digest(self) -> str:
        return digest([self.name, 1, version("reasoning-gym")])

    def verify(self, problem: Problem, text: str, finish_reason: FinishReason) -> Outcome:
        """Mark one completion."""
        answer = marked(text) or last_line(text)
        if answer is None:
            return no_answer(finish_reason)
        entry = problem.metadata.get("entry")
        if entry is None:
            raise UsageError(
                f"problem {problem.id} has verifier 'gym' but no entry; load it as gym:NAME"
            )
        try:
            credit = float(self._checker(entry)(answer=answer, entry=entry))
        except Exception:  # checkers raise anything on junk
            return Outcome("unscored", answer, "error")
        return Outcome("correct" if credit >= 1.0 else "incorrect", answer)

    def _checker(self, entry: Any) -> Any:
        name = entry["metadata"]["source_dataset"]
        if name not in self._checkers:
            self._checkers[name] = get_score_answer_fn(name)
        return self._checkers[name]
