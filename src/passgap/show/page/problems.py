"""Problems and completions in; the page's table of problems and what opens under each row out.

The completions are embedded in the order given until the page has no room left; what is left out
is counted and named by where it is. All of it is hostile text: every string here passes `visible`,
goes into the page as JSON and is written by the script as text alone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from passgap.data.bands import BANDS, band_index
from passgap.show.data import PageData, Row
from passgap.show.text import ABSENT, interval, percent, points, visible

TEXT_CAP = 4_000
PAGE_CAP = 2_000_000
ROWS_CAP = 1_000
QUESTION_SHOWN = 140
ROLES = ("base", "trained")
BAND_WORDS = {
    "never": "never solved",
    "boundary": "up to 1 in 8",
    "mid": "in between",
    "saturated": "9 in 10 or more",
}
CHANGES = {
    "lost": "base only",
    "gained": "trained only",
    "both": "both",
    "neither": "neither",
    "unscored": "not scored",
}


def drawn(problem: Row, role: str) -> int:
    """Scored draws of a problem in one arm."""
    return int(problem.get(f"{role}_n", problem.get("n")) or 0)


def hits(problem: Row, role: str) -> int | None:
    """Correct draws of a problem in one arm; None where the arm does not hold it."""
    found = problem.get(f"{role}_c")
    return None if found is None else int(found)


def what_changed(problem: Row) -> str:
    """``lost``, ``gained``, ``both`` or ``neither``, by whether any draw was correct."""
    counts = [hits(problem, role) if drawn(problem, role) else None for role in ROLES]
    if None in counts:
        return "unscored"
    names = {(1, 0): "lost", (0, 1): "gained", (1, 1): "both", (0, 0): "neither"}
    return names[int(bool(counts[0])), int(bool(counts[1]))]


def band_of(problem: Row) -> str:
    """How hard the problem is for the base, by the share of its draws that are correct."""
    n, c = drawn(problem, "base"), hits(problem, "base")
    if not n or c is None:
        return ""
    return BANDS[int(band_index(n, c))]


def said_share(problem: Row, role: str) -> str:
    """``12 of 64, 18.8% (10.1 to 30.5%)``."""
    n, c = drawn(problem, role), hits(problem, role)
    if not n or c is None:
        return "not scored"
    ends = interval({end: problem.get(f"{role}_{end}") for end in ("low", "high")})
    sure = "" if ends == ABSENT else f" ({ends})"
    return f"{c} of {n}, {percent(c / n)}{sure}"


def problems_section(data: PageData) -> dict[str, Any]:
    """The table's rows in their first order, its filters, and the sentence on what is embedded."""
    paired = any("trained_c" in problem for problem in data.problems)
    ordered = _ordered(data.problems, paired)
    if not ordered:
        return {}
    shown = ordered[:ROWS_CAP]
    details, embedded = _details(shown, data.completions)
    rows = [_row(problem, paired) for problem in shown]
    more = len(ordered) - len(shown)
    return {
        "paired": paired,
        "rows": rows,
        "details": details,
        "said": _said(data, embedded),
        "more": f"The table holds the first {len(shown):,} of {len(ordered):,} problems."
        if more
        else "",
        "changes": _counted(rows, "change", CHANGES) if paired else [],
        "bands": _counted(rows, "band", BAND_WORDS),
        "unscored": sum(row["unscored"] for row in rows),
    }


def _ordered(problems: Sequence[Row], paired: bool) -> list[Row]:
    """Lost, gained, then by how far they moved; for one arm the hardest first."""
    rank = {"lost": 0, "gained": 1}

    def place(problem: Row) -> tuple[float, float]:
        if not paired:
            return (0, _share(problem, "base") or 0.0)
        return (rank.get(what_changed(problem), 2), -abs(_moved(problem) or 0.0))

    return sorted(problems, key=place)


def _row(problem: Row, paired: bool) -> dict[str, Any]:
    question = " ".join(str(problem.get("question") or problem["problem_id"]).split())
    cut = len(question) > QUESTION_SHOWN
    moved = _moved(problem)
    arms = ROLES if paired else ROLES[:1]
    return {
        "title": question[:QUESTION_SHOWN] + "…" * cut,
        "id": problem["problem_id"],
        "arms": [{"share": _share(problem, role), "text": _counts(problem, role)} for role in arms],
        "moved": moved,
        "moved_text": points(moved),
        "change": what_changed(problem) if paired else "",
        "changed": CHANGES[what_changed(problem)] if paired else "",
        "band": band_of(problem),
        "unscored": any(_unscored(problem, role) for role in arms),
    }


def _counts(problem: Row, role: str) -> str:
    n, c = drawn(problem, role), hits(problem, role)
    return ABSENT if not n or c is None else f"{c} of {n}"


def _share(problem: Row, role: str) -> float | None:
    n, c = drawn(problem, role), hits(problem, role)
    return None if not n or c is None else c / n


def _moved(problem: Row) -> float | None:
    base, trained = (_share(problem, role) for role in ROLES)
    return None if base is None or trained is None else trained - base


def _unscored(problem: Row, role: str) -> bool:
    return bool(problem.get(f"{role}_unscored")) or not drawn(problem, role)


def _counted(rows: Sequence[Row], name: str, titles: dict[str, str]) -> list[dict[str, Any]]:
    """The choices of a filter that have a row."""
    found = [row[name] for row in rows]
    return [
        {"value": value, "title": title, "count": found.count(value)}
        for value, title in titles.items()
        if value in found
    ]


# ------------------------------------------------------------------------------- what opens


def _details(shown: Sequence[Row], completions: Sequence[Row]) -> tuple[list[dict[str, Any]], int]:
    """What opens under each row, as JSON, and how many completions it holds."""
    details = [_about(problem) for problem in shown]
    place = {problem["problem_id"]: i for i, problem in enumerate(shown)}
    room, embedded = PAGE_CAP - len(json.dumps(details)), 0
    for completion in completions:
        if completion["problem_id"] not in place:
            continue
        one = _draw(completion)
        room -= len(json.dumps(one))
        if room < 0:
            break
        details[place[completion["problem_id"]]]["draws"].append(one)
        embedded += 1
    return details, embedded


def _about(problem: Row) -> dict[str, Any]:
    roles = [role for role in ROLES if f"{role}_c" in problem]
    return {
        "id": visible(problem["problem_id"]),
        "question": _cut(problem.get("question") or ""),
        "reference": _cut(problem.get("reference") or ""),
        "arms": [{"role": role, "text": said_share(problem, role)} for role in roles],
        "draws": [],
    }


def _draw(row: Row) -> dict[str, str]:
    reason = f" ({row['reason']})" if row.get("reason") else ""
    answer = row.get("extracted")
    read = f", read as {_cut(answer)}" if answer not in (None, "") else ""
    at = "" if row.get("draw") is None else f"draw {row['draw']}, "
    status = row.get("status") or "not verified"
    return {
        "role": row["role"] if row["role"] in ROLES else "",
        "mark": f"{at}{visible(status)}{visible(reason)}{read}",
        "text": _cut(row.get("text") or ""),
    }


def _cut(text: object) -> str:
    whole = str(text)
    more = len(whole) - TEXT_CAP
    return visible(whole if more <= 0 else f"{whole[:TEXT_CAP]}\n… {more:,} more characters")


def _said(data: PageData, embedded: int) -> str:
    """What a row opens to, how many completions the page holds, and where the others are."""
    total = sum(int(row["completions"]) for row in data.stored.values()) or len(data.completions)
    if not total:
        return "Counts hold no completions: a row opens to its shares and their intervals."
    opens = (
        "A row opens to its completions, shown as drawn, never run; control characters are made "
        "visible."
    )
    if embedded >= total:
        return f"{opens} All {total:,} completions are in this page."
    places = " and ".join(str(row["place"]) for row in data.stored.values())
    rest = f"; the other {total - embedded:,} are in {places}" if places else ""
    return f"{opens} This page holds {embedded:,} of {total:,} completions{rest}."
