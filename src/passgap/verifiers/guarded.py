"""A guarded plugin: an exception in its code affects only the draws it was raised for.

In: a verifier from an installed package. Out: the same one, with exceptions turned into outcomes.
Not covered: a plugin that hangs or ends the process; it runs in this one.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from passgap.data.identity import digest
from passgap.data.outcomes import Candidate, Failure, Outcome
from passgap.data.problems import Problem
from passgap.errors import PassgapError, in_words
from passgap.verifiers.base import Item, Verifier
from passgap.verifiers.failures import Failures
from passgap.verifiers.returned import RefusedError, outcome_of

log = logging.getLogger("passgap.verifiers")


class GuardedVerifier(Verifier):
    """Marks as ``made`` does; if that raises, the draw is unscored."""

    def __init__(self, made: Verifier) -> None:
        self._made, self._failures = made, Failures()
        self.name, self.of_reasoning = made.name, made.of_reasoning

    @property
    def digest(self) -> str:
        """A hash of the plugin's own digest, since it names a folder."""
        return digest([self.name, str(self._made.digest)])

    def verify_all(self, items: Sequence[Item]) -> list[Outcome]:
        """Mark many completions, in order; one by one if all together raise."""
        try:
            return self._marked(items)
        except PassgapError:
            raise
        except Exception as error:  # a plugin may raise anything
            if len(items) > 1:
                return [outcome for item in items for outcome in self.verify_all([item])]
            kind = "returned" if isinstance(error, RefusedError) else None
            said = str(error) if kind else in_words(error)
            for item in items:
                self._failures.note(item.problem.id, said, kind)
            return [Outcome("unscored", None, "error") for _ in items]

    def _marked(self, items: Sequence[Item]) -> list[Outcome]:
        found: list[object] = list(self._made.verify_all(items))
        if len(found) != len(items):
            raise RefusedError(f"it returned {len(found)} outcomes for {len(items)} completions")
        return [outcome_of(one) for one in found]

    def candidates(self, item: Item) -> tuple[Candidate, ...]:
        """The plugin's candidates; none, with a warning, if that raises."""
        try:
            return tuple(self._made.candidates(item))
        except PassgapError:
            raise
        except Exception as error:  # the mark does not depend on it
            log.warning("%s names no candidates: %s", self.name, in_words(error))
            return ()

    def take_failures(self) -> list[Failure]:
        """What raised since it was last collected."""
        return self._failures.take()

    def faults(self, problems: Sequence[Problem]) -> dict[str, str]:
        """Problems whose reference the plugin would not accept, by id, with the reason."""
        if type(self._made).faults is not Verifier.faults:
            return self._own_faults(problems)
        found = super().faults(problems)
        raised = self.take_failures()
        why = f" ({raised[0].error})" if raised else ""
        return {name: f"{fault}{why}" for name, fault in found.items()}

    def _own_faults(self, problems: Sequence[Problem]) -> dict[str, str]:
        """What the plugin reports; nothing, with a warning, if that raises."""
        try:
            return dict(self._made.faults(problems))
        except PassgapError:
            raise
        except Exception as error:
            log.warning("%s leaves the references unchecked: %s", self.name, in_words(error))
            return {}

    def close(self) -> None:
        """Release what the plugin holds."""
        self._made.close()
