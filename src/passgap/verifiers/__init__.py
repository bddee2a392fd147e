"""What marks a completion: a problem and a text in, an Outcome out.

``for_problems`` gives the one verifier object that evaluation and training share.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable

from passgap.errors import UsageError
from passgap.types import FinishReason, Outcome, Problem, digest
from passgap.verifiers.base import Verifier

_WHERE = {
    "exact": ("passgap.verifiers.text", "ExactVerifier"),
    "numeric": ("passgap.verifiers.text", "NumericVerifier"),
    "math": ("passgap.verifiers.mathematics", "MathVerifier"),
    "gym": ("passgap.verifiers.gym", "GymVerifier"),
}
NAMES = tuple(_WHERE)

__all__ = ["NAMES", "Verifier", "for_problems", "get_verifier"]


def get_verifier(name: str) -> Verifier:
    """The verifier of this name; its heavy package is imported here and not before."""
    if name not in _WHERE:
        raise UsageError(f"verifier {name!r} is unknown; allowed: {', '.join(NAMES)}")
    module, attribute = _WHERE[name]
    verifier: Verifier = getattr(importlib.import_module(module), attribute)()
    return verifier


def for_problems(problems: Iterable[Problem], override: str | None = None) -> Verifier:
    """One verifier for a whole set: each problem goes to the verifier it names.

    With ``override`` every problem goes to that one.
    """
    names = [override] if override else sorted({problem.verifier for problem in problems})
    verifiers = {name: get_verifier(name) for name in names}
    return verifiers[names[0]] if len(names) == 1 else _ByName(verifiers)


class _ByName:
    """Sends each problem to the verifier it names."""

    def __init__(self, verifiers: dict[str, Verifier]) -> None:
        self._verifiers = verifiers
        self.name = "+".join(verifiers)

    @property
    def digest(self) -> str:
        return digest([verifier.digest for verifier in self._verifiers.values()])

    def verify(self, problem: Problem, text: str, finish_reason: FinishReason) -> Outcome:
        return self._verifiers[problem.verifier].verify(problem, text, finish_reason)
