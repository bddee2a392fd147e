"""Engine arguments: from ``KEY=VALUE`` strings to values of the right type."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from passgap.errors import UsageError
from passgap.plain import Json

Parser = Callable[[str], Json]


class Arguments:
    """The arguments one engine takes: a parser for each key.

    ``passes_on``: unknown keys are passed to the engine's own library, parsed as JSON if possible.
    """

    def __init__(self, *, passes_on: bool = False, **known: Parser) -> None:
        self.known, self._passes_on = known, passes_on

    def typed(self, engine: str, given: Mapping[str, str]) -> dict[str, Json]:
        """The values, or an error that names the key or the value and what is allowed."""
        return {key: self._one(engine, key, value) for key, value in given.items()}

    def _one(self, engine: str, key: str, value: str) -> Json:
        if key not in self.known and not self._passes_on:
            raise UsageError(
                f"engine argument {key!r} is unknown to {engine}; allowed: "
                f"{', '.join(self.known) or 'none'}"
            )
        try:
            return self.known.get(key, _json_or_text)(value)
        except (ValueError, KeyError):
            raise UsageError(f"engine argument {key}={value!r} is not a valid value") from None


def refuse_below(arguments: Mapping[str, object], least: int, kind: str, *names: str) -> None:
    """Refuse a number that is too small, before anything is loaded."""
    for name in names:
        value = arguments.get(name)
        if isinstance(value, int | float) and value < least:
            raise UsageError(f"{name} is {value}; allowed: {kind} >= {least}")


def flag(text: str) -> bool:
    """``true`` or ``false``."""
    return {"true": True, "false": False}[text.lower()]


def _json_or_text(value: str) -> Json:
    lowered = {"True": "true", "False": "false", "None": "null"}.get(value, value)
    try:
        found: Json = json.loads(lowered)
        return found
    except json.JSONDecodeError:
        return value
