"""What the values of logs mean here: labels, texts, references, finish reasons.

Fields are found by their usual names, the label of a row by the requested one. Partial credit is
refused unless a condition says what counts as correct.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence

from passgap.data.outcomes import Status
from passgap.errors import UsageError
from passgap.logs.base import Asked, Told
from passgap.logs.rows import Row, field
from passgap.stages.looks import ANSWERS as ANSWERS
from passgap.stages.looks import IDS as IDS
from passgap.stages.looks import NOT_MARKED, WORDS
from passgap.stages.looks import QUESTIONS as QUESTIONS

ENDINGS = {
    **dict.fromkeys(("stop", "eos", "end_turn", "stop_sequence"), "stop"),
    **dict.fromkeys(("length", "max_tokens", "model_length"), "length"),
}
POLICY = "assistant"
ARGUMENTS = ("arguments", "function.arguments")


def status_of(value: object, asked: Asked, label: str, where: str) -> Status:
    """The status that a source's label means.

    ``value`` is a truth value (1 or 0), a number, or the word for one; None, nan, and words for a
    sample that was not marked (``timeout``) are unscored.
    ``label`` and ``where`` name it and its draw in errors.

    Raises UsageError for partial credit without a condition, and for what is not a label.
    """
    if value is None:
        return "unscored"
    if isinstance(value, str):
        word = value.strip().lower()
        if word in NOT_MARKED:
            return "unscored"
        value = WORDS[word] if word in WORDS else _number(value, label, where)
    if not isinstance(value, int | float):
        raise UsageError(
            f"{label} is {str(value)[:60]!r} in {where}; allowed: a truth value or a number; name "
            "another label with --label"
        )
    if math.isnan(value):
        return "unscored"
    if asked.correct_if is not None:
        return "correct" if asked.correct_if.holds(value) else "incorrect"
    if value not in (0, 1):
        raise UsageError(
            f"{label} is {value:g} in {where}, neither 0 nor 1; say which values count as "
            f"correct, such as --correct-if '{label.rpartition('.')[2]}>=1'"
        )
    return "correct" if value else "incorrect"


def said(label: str, asked: Asked) -> str:
    """What marks the draws, with the condition on it.

    Raises UsageError if the condition is on another field.
    """
    condition = asked.correct_if
    if condition is None:
        return label
    if condition.field not in ("score", label, label.rpartition(".")[2]):
        raise UsageError(
            f"--correct-if {condition} names {condition.field!r}; allowed here: score or {label}"
        )
    return f"{label}{condition.sign}{condition.bound:g}"


def _number(text: str, label: str, where: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError(
            f"{label} is {text[:60]!r} in {where}; allowed: a truth value or a number; name "
            "another label with --label"
        ) from None


def plain(value: object) -> str:
    """A question or answer as text: messages and lists by their texts, None as an empty text."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return f"{value:g}" if isinstance(value, float) else str(value)
    if isinstance(value, dict):
        for name in ("content", "text", "prompt"):
            if name in value:
                return plain(value[name])
        return ""
    if isinstance(value, list | tuple):
        return "\n".join(filter(None, map(plain, value)))
    return str(value)


def asked_text(messages: object) -> str:
    """The last user message; any other value as text."""
    if isinstance(messages, list | tuple):
        said = [m for m in messages if isinstance(m, dict) and m.get("role") in ("user", "HUMAN")]
        if said:
            return plain(said[-1])
    return plain(messages)


def shown(messages: object) -> str:
    """A whole prompt as text; messages with their roles."""
    if isinstance(messages, list | tuple):
        return "\n".join(
            f"{m.get('role', '')}: {plain(m)}" if isinstance(m, dict) else plain(m)
            for m in messages
        )
    return plain(messages)


def completed(value: object) -> str:
    """A completion as text; for a conversation, what follows the prompt, with roles where others
    speak between the policy's turns."""
    if not isinstance(value, list | tuple):
        return plain(value)
    roles = [m.get("role") if isinstance(m, dict) else None for m in value]
    if POLICY not in roles:
        return plain(value)
    turns = value[roles.index(POLICY) :]
    if set(roles[roles.index(POLICY) :]) == {POLICY}:
        return plain(turns)
    return shown([{**m, "content": _spoken(m)} if isinstance(m, dict) else m for m in turns])


def _spoken(message: Row) -> str:
    """What a message says, with the tools that it calls, one per line."""
    calls = message.get("tool_calls")
    listed = [one for one in calls if isinstance(one, dict)] if isinstance(calls, list) else []
    return "\n".join(filter(None, [plain(message), *map(_called, listed)]))


def _called(call: Row) -> str:
    names = ("name", "function_name", "function.name")
    name = next(filter(None, (plain(field(call, one)) for one in names)), "tool")
    given = next((found for one in ARGUMENTS if (found := field(call, one)) is not None), "")
    return f"{name}({given if isinstance(given, str) else json.dumps(given)})"


def turns_of(messages: object) -> int | None:
    """How often the policy speaks in a conversation; None where there is none."""
    said = [m for m in messages if isinstance(m, dict)] if isinstance(messages, list) else []
    return sum(one.get("role") == POLICY for one in said) if said else None


def dollars(value: object) -> float | None:
    """A cost in US dollars; None where there is no such number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and value >= 0 else None


def final(reference: object) -> str:
    """A reference as its verifier reads it: GSM8K's worked solution ends in ``#### answer``."""
    text = plain(reference).strip()
    if "####" in text:
        return text.rpartition("####")[2].strip().replace(",", "")
    return text


def ended(reason: object) -> str | None:
    """A finish reason as ``stop`` or ``length``; None where it says neither."""
    return None if reason is None else ENDINGS.get(str(reason).lower())


def usual(row: Mapping[str, object], names: Sequence[str]) -> str | None:
    """The first of these names that the row has with a value."""
    for name in names:
        if row.get(name) is not None:
            return name
    return None


def label_of(row: Row, asked: Asked, names: Sequence[str]) -> str | None:
    """The name of the field with the row's label; None if it has none.

    Raises UsageError if the requested field is not in the row.
    """
    wanted = asked.label or _field_of_condition(row, asked)
    if wanted is None:
        return usual(row, names)
    if wanted.partition(".")[0] not in row:
        raise UsageError(
            f"the log has no field {wanted!r}; its fields are {', '.join(row)}; name one with "
            "--label"
        )
    return wanted


def _field_of_condition(row: Row, asked: Asked) -> str | None:
    """The field that --correct-if names; ``score`` also stands for the usual label."""
    if asked.correct_if is None:
        return None
    name = asked.correct_if.field
    return None if name == "score" and "score" not in row else name


def labelled(row: Row, asked: Asked, told: Told, names: Sequence[str], where: str) -> Status | None:
    """The status that a row's label gives it; None if the log has none."""
    name = label_of(row, asked, names)
    if name is None:
        told.unnamed |= asked.correct_if is not None
        return None
    told.label = told.label or said(name, asked)
    return status_of(field(row, name), asked, name, where)


def required(row: Row, name: str, where: str) -> object:
    """A field that the format always has."""
    if name not in row:
        raise UsageError(
            f"{where} has no field {name!r}; its fields are {', '.join(row)}; is it another format?"
        )
    return row[name]
