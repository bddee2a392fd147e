"""What a verifier's code raises while training, said once per kind.

In: a verifier after it marked. Out: a warning (logger ``passgap.reward``) for every kind of error
that was not seen before. The completions themselves are unscored, and the watch folder counts them.
"""

from __future__ import annotations

import logging
import threading

from passgap.plain import visible
from passgap.verifiers import Verifier
from passgap.verifiers.failures import take_failures

log = logging.getLogger("passgap.reward")


class RaisedOnce:
    """Remembers which kinds of error were told; may be used from any thread."""

    def __init__(self) -> None:
        self._told: set[str] = set()
        self._lock = threading.Lock()

    def tell(self, verifier: Verifier) -> None:
        """Warn of what the verifier's code raised since it was asked last, where that is new."""
        for failure in take_failures(verifier):
            with self._lock:
                new = failure.kind not in self._told
                self._told.add(failure.kind)
            if new:
                log.warning(
                    "completions are unscored, the first of problem %s: %s; further errors of this "
                    "kind are only counted", failure.problem_id, visible(failure.error),
                )  # fmt: skip
