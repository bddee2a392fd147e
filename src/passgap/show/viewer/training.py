"""A training folder as it stands: what was asked, what the steps logged, whether it goes on.

In: a folder of `passgap train`, or a watch folder of `passgap.Watch`. Out: plain values and the
points of small line charts. Nothing is estimated here.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from passgap.runs.names import POLICY_FILE, REQUEST_FILE
from passgap.show.text import ABSENT, interval, known, number, percent
from passgap.show.viewer.finding import Found
from passgap.show.viewer.watched import Watches, lines_of, step_rows

LIVELY = 120.0
WIDTH, HEIGHT = 600, 150
MOST_POINTS = 600
CHARTED = {
    "reward": "mean reward",
    "mixed_share": "groups with both right and wrong",
    "completion_length": "tokens a completion",
}


def training_of(found: Found, watches: Watches, seconds: float = 0.0) -> dict[str, Any]:
    """What the list and the page show of a training folder."""
    folder, seen = found.path, watches.look(found, seconds)
    asked = _json(folder / REQUEST_FILE) or _json(folder / POLICY_FILE)
    rows, held_out = _rows(folder / "training.jsonl"), _rows(folder / "held_out.jsonl")
    rows = rows or tuple(step_rows(seen))
    config, base, problems = (_part(asked, name) for name in ("config", "base", "problem_set"))
    return {
        "id": found.id,
        "name": found.name,
        "algorithm": str(asked.get("algorithm", "watched")),
        "base": str(base.get("path", ABSENT)),
        "problems": str(problems.get("name", ABSENT)),
        "config": config,
        "rows": rows,
        "held_out": held_out,
        "step": int(rows[-1].get("step", 0)) if rows else 0,
        "steps": config.get("steps"),
        "state": _state(folder),
        "watched": lines_of(seen),
    }


def live_of(one: Mapping[str, Any]) -> dict[str, str]:
    """The values of a training folder that change while it runs, as text by name."""
    last = one["rows"][-1] if one["rows"] else {}
    of = f" of {one['steps']:,}" if isinstance(one["steps"], int) else ""
    return {
        "step": f"{one['step']:,}{of}",
        "reward": number(last.get("reward"), 3),
        "mixed": percent(last.get("mixed_share")),
        "length": number(last.get("completion_length"), 1),
        "held_out": _held_out(one["held_out"]),
        "state": one["state"],
        **one["watched"],
    }


def charts_of(one: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Line charts of what the steps logged, as points of an SVG polyline."""
    return [
        chart
        for name, title in CHARTED.items()
        if (chart := _chart(name, title, one["rows"])) is not None
    ]


def _chart(name: str, title: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    points = [(row["step"], row[name]) for row in rows if known(row.get(name))]
    points = points[:: -(-len(points) // MOST_POINTS) or 1]
    if len(points) < 2:
        return None
    first, last = points[0][0], points[-1][0]
    values = [value for _, value in points]
    low, high = min(values), max(values)
    scale, width = (high - low) or 1.0, (last - first) or 1
    return {
        "name": name,
        "title": title,
        "first": f"{first:,}",
        "last": f"{last:,}",
        "low": number(float(low), 3),
        "high": number(float(high), 3),
        "now": number(float(values[-1]), 3),
        "points": " ".join(
            f"{WIDTH * (step - first) / width:.1f},{HEIGHT * (1 - (value - low) / scale):.1f}"
            for step, value in points
        ),
    }


def _held_out(rows: Sequence[Mapping[str, Any]]) -> str:
    curve = (rows[-1].get("curve") or []) if rows else []
    parts = [
        f"pass@{row['k']} {percent(row['value'])} ({interval(row)})"
        for row in (curve[:1] + curve[-1:] if len(curve) > 1 else curve)
    ]
    return ", ".join(parts) or ABSENT


def _state(folder: Path) -> str:
    if (folder / POLICY_FILE).is_file():
        return "finished"
    changed = max(
        (path.stat().st_mtime for path in (folder, folder / "training.jsonl") if path.exists()),
        default=0.0,
    )
    places = [folder / "watch", folder] if (folder / "watch").is_dir() else [folder]
    parts = (rank.stat().st_mtime for place in places for rank in place.glob("rank-*"))
    changed = max([changed, *parts])
    return "training" if time.time() - changed < LIVELY else "stopped or waiting"


def _json(path: Path) -> dict[str, Any]:
    if not path.is_file() or path.is_symlink():
        return {}
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:  # being written by another program, or not ours
        return {}
    return value if isinstance(value, dict) else {}


def _rows(path: Path) -> tuple[dict[str, Any], ...]:
    """The whole lines of a JSONL log; the last may still be in writing."""
    if not path.is_file() or path.is_symlink():
        return ()
    found = path.stat()
    return _rows_at(path, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=64)
def _rows_at(path: Path, changed: int, size: int) -> tuple[dict[str, Any], ...]:
    rows = []
    for line in path.read_text(encoding="utf-8").split("\n")[:-1]:
        try:
            row = json.loads(line)
        except ValueError:
            break
        if isinstance(row, dict) and type(row.get("step")) is int and _is_number(row["step"]):
            rows.append(_numbers(row) | {"curve": _curve(row.get("curve"))})
    return tuple(rows)


def _numbers(row: Mapping[str, Any]) -> dict[str, Any]:
    """The values that are numbers of a size that can be drawn."""
    return {name: value for name, value in row.items() if _is_number(value)}


def _curve(value: Any) -> list[dict[str, Any]]:
    points = value if isinstance(value, list) else []
    found = [_numbers(point) for point in points if isinstance(point, dict)]
    return [point for point in found if {"k", "value"} <= set(point)]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) < 1e15


def _part(asked: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = asked.get(name)
    return value if isinstance(value, dict) else {}
