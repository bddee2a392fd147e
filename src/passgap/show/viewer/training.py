"""A training folder as it stands: what was asked, what the steps logged, whether it goes on.

In: a folder of `passgap train`, or a watch folder of `passgap.Watch`. Out: its page, with small
line charts, and the values that change while it trains. Nothing is estimated here.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

from passgap.data.identity import digest
from passgap.data.journals import HeldOutRow, StepRow, TrainingRow
from passgap.errors import RunError
from passgap.runs.journal import read_journal
from passgap.runs.names import HELD_OUT_FILE, POLICY_FILE, REQUEST_FILE, TRAINING_FILE, WATCH
from passgap.runs.policy import Request as Asked
from passgap.runs.policy import read_policy, read_request
from passgap.show.text import ABSENT, estimated, number, percent
from passgap.show.viewer.finding import Found
from passgap.show.viewer.site import Site
from passgap.show.viewer.watched import Watches, lines_of, step_rows

Kind = TypeVar("Kind", bound=StepRow)
LIVELY = 120.0
WIDTH, HEIGHT = 600, 150
MOST_POINTS = 600
SHOWN = 200
PATIENCE = 0.15
COLUMNS = {"reward": number, "mixed_share": percent, "completion_length": number, "loss": number}
CHARTED = {
    "reward": "mean reward",
    "mixed_share": "groups with both right and wrong",
    "completion_length": "tokens a completion",
}


@dataclass(frozen=True)
class Line:
    """A small line chart: the points of an SVG polyline, and its ends in words."""

    name: str
    title: str
    first: str
    last: str
    low: str
    high: str
    now: str
    points: str


@dataclass(frozen=True)
class Training:
    """A training folder: what was asked, what was noted, and ``state`` in words."""

    id: str
    name: str
    asked: Asked
    rows: Sequence[TrainingRow]
    held_out: Sequence[HeldOutRow]
    state: str
    watched: Mapping[str, str]

    @property
    def step(self) -> int:
        return self.rows[-1].step if self.rows else 0

    @property
    def algorithm(self) -> str:
        return self.asked.algorithm or "watched"

    @property
    def base(self) -> str:
        return self.asked.base.path if self.asked.base else ABSENT

    @property
    def problems(self) -> str:
        return self.asked.problem_set.name if self.asked.problem_set else ABSENT


def training(site: Site, request: Request) -> Response:
    """``/training/{training}``."""
    one, charts, values = _content(site, request)
    return site.page(
        "training.html.j2",
        one=one,
        charts=charts,
        width=WIDTH,
        height=HEIGHT,
        columns=[name.replace("_", " ") for name in COLUMNS],
        steps=[
            (row.step, [form(drawable(getattr(row, name))) for name, form in COLUMNS.items()])
            for row in one.rows[-SHOWN:][::-1]
        ],
        values=values,
        live=f"/training/{one.id}/live",
        seen=site.version(values),
    )


def training_live(site: Site, request: Request) -> Response:
    """``/training/{training}/live``."""
    return site.changes(request.query_params.get("seen", ""), _content(site, request)[2])


def _content(site: Site, request: Request) -> tuple[Training, list[Line], dict[str, str]]:
    one = training_of(
        site.library.entry(request.path_params["training"], "training"),
        site.library.watches,
        PATIENCE,
    )
    charts = charts_of(one)
    values = live_of(one) | {"reload": digest([chart.name for chart in charts])}
    for chart in charts:
        for name in ("points", "first", "last", "low", "high", "now"):
            values[f"{chart.name}.{name}"] = getattr(chart, name)
    return one, charts, values


def training_of(found: Found, watches: Watches, seconds: float = 0.0) -> Training:
    """What the list and the page show of a training folder; a fault in a file is its state."""
    folder, seen, asked = found.path, watches.look(found, seconds), Asked()
    rows: tuple[TrainingRow, ...] = ()
    held_out: tuple[HeldOutRow, ...] = ()
    try:
        asked = _asked(folder)
        rows = _rows(folder / TRAINING_FILE, TrainingRow)
        held_out = _rows(folder / HELD_OUT_FILE, HeldOutRow)
        state = _state(folder)
    except RunError as error:
        state = str(error)
    return Training(
        id=found.id,
        name=found.name,
        asked=asked,
        rows=rows or step_rows(seen),
        held_out=held_out,
        state=state,
        watched=lines_of(seen),
    )


def live_of(one: Training) -> dict[str, str]:
    """The values of a training folder that change while it runs, as text by name."""
    last = one.rows[-1] if one.rows else TrainingRow(step=0)
    steps = one.asked.setting("steps")
    return {
        "step": f"{one.step:,}" if steps is None else f"{one.step:,} of {steps:,}",
        "reward": number(drawable(last.reward), 3),
        "mixed": percent(drawable(last.mixed_share)),
        "length": number(drawable(last.completion_length), 1),
        "held_out": _held_out(one.held_out),
        "state": one.state,
        **one.watched,
    }


def drawable(value: float | None) -> float | None:
    """A number of a size that can be drawn."""
    return value if value is not None and abs(value) < 1e15 else None


def charts_of(one: Training) -> list[Line]:
    """Line charts of what the steps logged."""
    drawn = (_chart(name, title, one.rows) for name, title in CHARTED.items())
    return [chart for chart in drawn if chart is not None]


def _chart(name: str, title: str, rows: Sequence[TrainingRow]) -> Line | None:
    values = ((row.step, drawable(getattr(row, name))) for row in rows)
    points = [(step, value) for step, value in values if value is not None]
    points = points[:: -(-len(points) // MOST_POINTS) or 1]
    if len(points) < 2:
        return None
    first, last = points[0][0], points[-1][0]
    drawn = [value for _, value in points]
    low, high = min(drawn), max(drawn)
    scale, width = (high - low) or 1.0, (last - first) or 1
    places = (
        f"{WIDTH * (step - first) / width:.1f},{HEIGHT * (1 - (value - low) / scale):.1f}"
        for step, value in points
    )
    return Line(
        name=name,
        title=title,
        first=f"{first:,}",
        last=f"{last:,}",
        low=number(low, 3),
        high=number(high, 3),
        now=number(drawn[-1], 3),
        points=" ".join(places),
    )


def _held_out(rows: Sequence[HeldOutRow]) -> str:
    curve = rows[-1].curve if rows else ()
    parts = [
        f"pass@{point.k} {estimated(point)}"
        for point in (curve[:1] + curve[-1:] if len(curve) > 1 else curve)
    ]
    return ", ".join(parts) or ABSENT


def _state(folder: Path) -> str:
    if (folder / POLICY_FILE).is_file():
        return "finished"
    changed = max(
        (path.stat().st_mtime for path in (folder, folder / TRAINING_FILE) if path.exists()),
        default=0.0,
    )
    places = [folder / WATCH, folder] if (folder / WATCH).is_dir() else [folder]
    parts = (rank.stat().st_mtime for place in places for rank in place.glob("rank-*"))
    changed = max([changed, *parts])
    return "training" if time.time() - changed < LIVELY else "stopped or waiting"


def _asked(folder: Path) -> Asked:
    """What was asked, by the file that says so; no link is followed."""
    for name, read in ((REQUEST_FILE, read_request), (POLICY_FILE, read_policy)):
        found = None if (folder / name).is_symlink() else read(folder)
        if found is not None:
            return found
    return Asked()


def _rows(path: Path, kind: type[Kind]) -> tuple[Kind, ...]:
    if not path.is_file() or path.is_symlink():
        return ()
    found = path.stat()
    return _rows_at(path, kind, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=64)
def _rows_at(path: Path, kind: type[Kind], changed: int, size: int) -> tuple[Kind, ...]:
    return tuple(read_journal(path, kind))
