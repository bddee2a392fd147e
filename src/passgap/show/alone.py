"""What sampling alone gives: the ``sampling_alone`` of a result in, sentence and tables out."""

from __future__ import annotations

from typing import Any

from passgap.show.data import Row
from passgap.show.text import ABSENT, interval, known, number, percent, points

HOW = {"majority": "vote", "best_of": "best of k"}


def has_tokens(alone: Row) -> bool:
    """Whether the price of a question is known; a log without tokens has none to weigh."""
    return any(known(row["tokens"]["value"]) for arm in alone["arms"] for row in arm["rows"])


def alone_rows(alone: Row | None) -> dict[str, Any]:
    """A row a k and run of the base: tokens a question, majority vote, best of k."""
    if not alone:
        return {}
    rows = [
        [
            _temperature(arm),
            row["k"],
            number(row["tokens"]["value"], 0),
            ABSENT if row["maj_at_k"] is None else _share(row["maj_at_k"]),
            _share(row["pass_at_k"]),
        ]
        for arm in alone["arms"]
        for row in arm["rows"]
    ]
    head = ["temperature", "k", "tokens a question", "majority vote", "best of k, by the verifier"]
    return {"head": head, "rows": rows}


def alone_table(alone: Row | None) -> dict[str, Any]:
    """The base's votes and best-of-k against one try of the trained policy."""
    if not alone or not alone["trained"]:
        return {}
    rows = [
        _against(arm, name)
        for arm in alone["arms"]
        for name in HOW
        if arm["reaches"][name] is not None
    ]
    head = ["the base alone", "T", "k, equal tokens", "trained ahead, points"]
    head += ["k to equal it", "tokens a question", "break-even, questions"]
    return {"head": head, "rows": rows}


def _against(arm: Row, name: str) -> list[Any]:
    equal, reach = arm["equal_tokens"], arm["reaches"][name]
    ahead = ABSENT
    if equal:
        ahead = f"{points(equal[name]['value'])} ({interval(equal[name], points)})"
    return [
        HOW[name],
        _temperature(arm),
        equal["k"] if equal else ABSENT,
        ahead,
        _least(reach),
        number(reach["tokens"], 0),
        _questions(arm["break_even"][name]) if _is_ahead(equal, name) else ABSENT,
    ]


def _is_ahead(equal: Row | None, name: str) -> bool:
    """Whether a gain of the trained policy is shown at all, which a price can be set against."""
    low = equal[name]["low"] if equal else None
    return known(low) and low > 0


def _least(reach: Row) -> str:
    """``16 (10 to 27)``; ``> 128`` where no k up to n is enough."""
    if reach["k"] is None and reach["low"] is None:
        return f"> {reach['n']}"
    ends = [f"> {reach['n']}" if reach[e] is None else str(reach[e]) for e in ("low", "k", "high")]
    return f"{ends[1]} ({ends[0]} to {ends[2]})"


def _questions(even: Row) -> str:
    value = even["value"]
    if not known(value):
        return ABSENT
    low = ABSENT if even["low"] is None else f"{even['low']:,.0f}"
    high = ABSENT if even["high"] is None else f"{even['high']:,.0f}"
    return f"{value:,.0f} ({low} to {high})"


def alone_sentence(alone: Row) -> str:
    """One try of the trained policy against the base's draws, in words."""
    trained, arm = alone["trained"], alone["arms"][0]
    once = trained["rows"][0]
    parts = [
        f"One try of the trained policy solves {percent(once['pass_at_k']['value'])} of the "
        f"problems, at {number(once['tokens']['value'], 0)} tokens a question."
    ]
    parts += [_reached(arm, name, alone) for name in HOW if arm["reaches"][name] is not None]
    return " ".join(parts)


def _reached(arm: Row, name: str, alone: Row) -> str:
    reach, even = arm["reaches"][name], arm["break_even"][name]
    what = {"majority": "A majority vote", "best_of": "The verifier's choice"}[name]
    if reach["k"] is None:
        return f"{what} among draws of the base does not reach that with up to {reach['n']}."
    cost = f", {number(reach['tokens'], 0)} tokens" if known(reach["tokens"]) else ""
    said = f"{what} among draws of the base reaches it with {_least(reach)} draws{cost}"
    if not known(even["value"]) or not _is_ahead(arm["equal_tokens"], name):
        return f"{said}."
    drawn = f"{alone['training']['tokens']:,.0f}"
    after = f"is cheaper after {_questions(even)} questions"
    return f"{said}; training drew {drawn} tokens, and {after}."


def _temperature(arm: Row) -> str:
    return ABSENT if arm["temperature"] is None else f"{arm['temperature']:g}"


def _share(row: Row) -> str:
    return f"{percent(row['value'])} ({interval(row)})"
