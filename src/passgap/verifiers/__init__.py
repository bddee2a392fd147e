"""Verifiers mark completions: from a problem and a text to an Outcome.

A verifier is named by a spec, ``NAME`` or ``NAME?option=value&..`` (``numeric?tolerance=0.01``).
``for_problems`` gives the one verifier object that evaluation and training share. Three kinds run
the user's code or call a server, and are accepted only from the command line (or a Python caller):
``python:MODULE:FUNCTION``, ``plugin:NAME`` and ``judge``; a data file or a run that names one is
refused. A plugin is what an installed package adds by an entry point of the group
``passgap.verifiers``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from pkgutil import resolve_name
from typing import cast
from urllib.parse import parse_qsl

from passgap.data.identity import digest
from passgap.data.outcomes import Failure, Outcome
from passgap.data.problems import Problem
from passgap.errors import UsageError
from passgap.registry import Registry
from passgap.verifiers.base import Item, TextVerifier, Verifier
from passgap.verifiers.failures import take_failures
from passgap.verifiers.guarded import GuardedVerifier

PYTHON = "python:MODULE:FUNCTION"
PLUGIN = "plugin:"


def _maker(made: object, package: str) -> Callable[..., Verifier] | None:
    """A verifier's class, or a function that makes one, from passgap or another package."""
    return made if callable(made) else None


VERIFIERS = Registry(
    "verifier",
    "a Verifier class",
    "passgap.verifiers",
    {
        "exact": "passgap.verifiers.exact:ExactVerifier",
        "numeric": "passgap.verifiers.numeric:NumericVerifier",
        "choice": "passgap.verifiers.choice:ChoiceVerifier",
        "math": "passgap.verifiers.mathematics:MathVerifier",
        "code": "passgap.verifiers.code:CodeVerifier",
        "gym": "passgap.verifiers.gym:GymVerifier",
        "regex": "passgap.verifiers.own:RegexVerifier",
        "judge": "passgap.verifiers.judge:JudgeVerifier",
        PYTHON: "passgap.verifiers.own:PythonVerifier",
    },
    _maker,
    prefix=PLUGIN,
)
_FORMS = {
    "exact": "passgap.verifiers.exact:stripped",
    "numeric": "passgap.verifiers.answers.compare:key",
    "choice": "passgap.verifiers.choice:key",
    "math": "passgap.verifiers.answers.compare:key",
    "gym": "passgap.verifiers.exact:stripped",
    "regex": "passgap.verifiers.exact:stripped",
}
COMMAND_LINE_ONLY = ("judge", "python", "plugin")

__all__ = [
    "VERIFIERS",
    "Item",
    "Outcome",
    "Problem",
    "TextVerifier",
    "Verifier",
    "answer_form",
    "check_specs",
    "for_problems",
    "get_verifier",
]


def get_verifier(spec: str) -> Verifier:
    """The verifier a spec names; its heavy package is imported here and not earlier.

    Raises UsageError for an unknown name or option, or a value that is not allowed.
    """
    kind, where, options = _parsed(spec)
    if kind == "python":
        return _made(spec, VERIFIERS[PYTHON], {"spec": where, **options})
    if kind != "plugin":
        return _made(spec, VERIFIERS[kind], options)
    name = PLUGIN + where
    make = VERIFIERS[name]
    with VERIFIERS.loading(name):
        made = _made(spec, make, options)
    if not isinstance(made, Verifier):
        raise UsageError(
            f"verifier {name!r} makes a {type(made).__name__} instead of a Verifier; reinstall "
            "its package, or use another verifier"
        )
    return GuardedVerifier(made)


def for_problems(problems: Iterable[Problem], override: str | None = None) -> Verifier:
    """One verifier for a whole set: each problem goes to the verifier it names.

    With ``override``, which may be of any kind, every problem goes to that one.
    """
    if override:
        return get_verifier(override)
    specs = check_specs(problems)
    for spec in specs:
        if _parsed(spec)[0] in COMMAND_LINE_ONLY:
            raise UsageError(
                f"the problems name the verifier {spec!r}, which runs code or calls a server and "
                f"is accepted only from the command line: add --verifier {spec!r} if you trust it"
            )
    verifiers = {spec: get_verifier(spec) for spec in specs}
    return verifiers[specs[0]] if len(specs) == 1 else _BySpec(verifiers)


def check_specs(problems: Iterable[Problem]) -> list[str]:
    """The distinct specs that problems name: each is known, with its packages installed."""
    specs = sorted({problem.verifier for problem in problems})
    for spec in specs:
        if _parsed(spec)[0] not in COMMAND_LINE_ONLY:
            get_verifier(spec)
    return specs


def answer_form(spec: str) -> Callable[[str], str] | None:
    """What makes answers comparable under a verifier; None if its references cannot be compared."""
    where = _FORMS.get(_parsed(spec)[0])
    return None if where is None else cast(Callable[[str], str], resolve_name(where))


def _parsed(spec: str) -> tuple[str, str, dict[str, str]]:
    """``(kind, where, options)`` of a spec."""
    name, _, query = spec.partition("?")
    kind, colon, where = name.partition(":")
    known = kind in ("python", "plugin") if colon else kind in VERIFIERS.built_in
    if not known:
        raise UsageError(f"verifier {spec!r} is unknown; allowed: {', '.join(VERIFIERS)}")
    return kind, where, dict(parse_qsl(query, keep_blank_values=True))


def _made(spec: str, make: Callable[..., Verifier], options: dict[str, str]) -> Verifier:
    parameters = inspect.signature(make).parameters
    allowed = [name for name in parameters if name != "spec"]
    unknown = [name for name in options if name not in parameters]
    if unknown:
        raise UsageError(
            f"verifier {spec!r} has the option {unknown[0]!r}; allowed: "
            f"{', '.join(allowed) or 'none'}"
        )
    needed = [n for n, p in parameters.items() if p.default is p.empty and n not in options]
    if needed:
        raise UsageError(f"verifier {spec!r} needs {needed[0]}=..., such as {spec}?{needed[0]}=...")
    return make(**options)


class _BySpec(Verifier):
    """Sends each problem to the verifier it names."""

    def __init__(self, verifiers: dict[str, Verifier]) -> None:
        self._verifiers = verifiers
        self.name = "+".join(verifiers)

    @property
    def digest(self) -> str:
        return digest([verifier.digest for verifier in self._verifiers.values()])

    def verify_all(self, items: Sequence[Item]) -> list[Outcome]:
        found: list[Outcome | None] = [None] * len(items)
        for spec, verifier in self._verifiers.items():
            mine = [i for i, item in enumerate(items) if item.problem.verifier == spec]
            outcomes = verifier.verify_all([items[i] for i in mine])
            for i, outcome in zip(mine, outcomes, strict=True):
                found[i] = outcome
        return [outcome for outcome in found if outcome is not None]

    def take_failures(self) -> list[Failure]:
        return [one for verifier in self._verifiers.values() for one in take_failures(verifier)]

    def faults(self, problems: Sequence[Problem]) -> dict[str, str]:
        found: dict[str, str] = {}
        for spec, verifier in self._verifiers.items():
            found |= verifier.faults([p for p in problems if p.verifier == spec])
        return found

    def close(self) -> None:
        for verifier in self._verifiers.values():
            verifier.close()
