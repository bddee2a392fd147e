"""``Audit.to_dict()`` of each role in; what the page says of a person's check of the verifier."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from passgap.show.data import Row
from passgap.show.text import interval, known, percent

HEAD = ["correct draws, %", "problems", "right", "wrong", "unsure", "false positives"]


def audit_sections(audits: Mapping[str, Row]) -> list[dict[str, Any]]:
    """A sentence, a row a stratum, and the chart's name, for each run that was audited."""
    return [
        {
            "role": role,
            "lead": _lead(role, audit),
            "table": {"head": HEAD, "rows": [_stratum(one) for one in audit["strata"]]},
            "chart": f"audit_{role}",
            "notes": list(audit["notes"]),
        }
        for role, audit in audits.items()
    ]


def _lead(role: str, audit: Row) -> str:
    rate = audit["rate"]
    found = f"{percent(rate['value'])} ({interval(rate)})" if known(rate["value"]) else "not known"
    unsure = f", {audit['unsure']:,} unsure" if audit["unsure"] else ""
    return (
        f"{role.capitalize()}: {audit['marked']:,} completions that the verifier calls correct "
        f"were marked by a person{unsure}. Solved problems whose correct draw is wrong: {found}."
    )


def _stratum(one: Row) -> list[Any]:
    rate = one["rate"]
    said = f"{percent(rate['value'])} ({interval(rate)})" if known(rate["value"]) else "not marked"
    span = f"{100 * one['low']:g} to {100 * one['high']:g}"
    return [span, *(one[name] for name in ("problems", "right", "wrong", "unsure")), said]
