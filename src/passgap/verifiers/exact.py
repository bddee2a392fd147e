r"""``exact``: answers compared as strings.

In: problems and completions. Out: correct or incorrect; never unscored.
"""

from __future__ import annotations

from collections.abc import Sequence

from passgap.data.identity import digest
from passgap.data.outcomes import Candidate, Outcome, Readings, Status
from passgap.verifiers.base import Item, Verifier, nothing_said
from passgap.verifiers.candidates import EXPLICIT, Visible, visible
from passgap.verifiers.unmarked import last_line

MARKED = ("boxed", "tagged", "hashes")


class ExactVerifier(Verifier):
    r"""Correct if the answer equals the reference exactly, ignoring outer whitespace.

    The answer is the last ``\boxed{}``, else the last ``<answer>``, else what follows ``####``,
    else the last line.
    """

    name = "exact"

    @property
    def digest(self) -> str:
        return digest([self.name, 3])

    def verify_all(self, items: Sequence[Item]) -> list[Outcome]:
        """Mark many completions, in their order."""
        return [self._mark(item) for item in items]

    def _mark(self, item: Item) -> Outcome:
        gold = item.problem.reference.strip()
        seen = visible(item.text)
        found = list(marked(seen))
        last = found[-1] if found else None
        wanted = [c for c in found if c.rule == (item.asked or c.rule)]
        asked = wanted[-1] if wanted else None

        def status(candidate: Candidate | None) -> Status:
            return "correct" if candidate and candidate.text == gold else "incorrect"

        anywhere: Status = "correct" if any(c.text == gold for c in found) else "incorrect"
        rule = last.rule if last else ""
        readings = Readings(
            status(asked) if asked else "no_answer", anywhere, rule, seen.run_on, seen.thinking
        )
        if last is None:
            return Outcome("incorrect", None, nothing_said(item.finish_reason), readings)
        return Outcome(status(last), last.text, "", readings)

    def candidates(self, item: Item) -> tuple[Candidate, ...]:
        """The marked answers and the last line."""
        return tuple(marked(visible(item.text)))


def marked(seen: Visible) -> list[Candidate]:
    """Marked answers and the last line, weakest first."""
    line, start = last_line(seen.text)
    found = [Candidate("value", line, start, start + len(line))] if line else []
    for rule in reversed(MARKED):
        found += EXPLICIT[rule](seen.text)
    return found


def stripped(answer: str) -> str:
    """The form in which answers are counted: as written, without outer whitespace."""
    return answer.strip()
