"""A training folder as it stands: what was asked, what the steps logged, whether it goes on.

In: a folder of `passgap train`, or a watch folder of `passgap.Watch`. Out: its page, the charts of
`passgap report` on it, and the values that change while it trains. Nothing is estimated here.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from passgap.data.identity import digest
from passgap.data.journals import HeldOutRow, StepRow, TrainingRow
from passgap.errors import MissingExtraError, RunError
from passgap.runs.journal import read_journal
from passgap.runs.lineage import policy_folder
from passgap.runs.names import HELD_OUT_FILE, POLICY_FILE, REQUEST_FILE, TRAINING_FILE, WATCH
from passgap.runs.policy import Request as Asked
from passgap.runs.policy import read_policy, read_request
from passgap.show.blocks import Block, Columns
from passgap.show.blocks import pictures as pictures_of
from passgap.show.data import PageData
from passgap.show.page.page import json_for_html
from passgap.show.page.painter import of_page
from passgap.show.text import ABSENT, estimated, number, percent
from passgap.show.theme import LIGHT
from passgap.show.viewer.finding import Found
from passgap.show.viewer.library import OpenRun
from passgap.show.viewer.site import Site, unbroken
from passgap.show.viewer.watched import Watches, headline_of, step_rows, watch_of

if TYPE_CHECKING:
    from passgap.results.watching import Watching
    from passgap.show.charts.parts import Spec

Kind = TypeVar("Kind", bound=StepRow)
LIVELY = 120.0
SHOWN = 200
PATIENCE = 0.15
COLUMNS = {"reward": number, "mixed_share": percent, "completion_length": number, "loss": number}


@dataclass(frozen=True)
class Training:
    """A training folder: what was asked, what was noted, and ``state`` in words; ``reading`` says
    that its watch is being read."""

    id: str
    name: str
    asked: Asked
    rows: Sequence[TrainingRow]
    held_out: Sequence[HeldOutRow]
    state: str
    watching: Watching | None
    headline: str
    reading: bool = False

    @property
    def step(self) -> int:
        return self.rows[-1].step if self.rows else 0

    @property
    def step_text(self) -> str:
        """The last step, of how many; in visits where the trainer gave no step."""
        steps = self.asked.setting("steps")
        if steps is not None:
            return f"{self.step:,} of {steps:,}"
        if not self.rows:
            return ABSENT
        by_visits = self.watching and self.watching.settings.counted_by == "visits"
        return f"visit {self.step:,}" if by_visits else f"{self.step:,}"

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
    one, values = _content(site, request)
    specs, fault = _specs(one)
    pictures, rest = _painted(one, specs)
    return site.page(
        "training.html.j2",
        one=one,
        charts=json_for_html(specs),
        palette=json_for_html(LIGHT),
        pictures=pictures,
        fault=fault,
        told=rest,
        columns=[name.replace("_", " ") for name in COLUMNS],
        steps=[
            (row.step, [form(drawable(getattr(row, name))) for name, form in COLUMNS.items()])
            for row in one.rows[-SHOWN:][::-1]
        ],
        runs=_sampled_from(site, one),
        values=values,
        live=f"/training/{one.id}/live",
        seen=site.version(values),
    )


def training_live(site: Site, request: Request) -> Response:
    """``/training/{training}/live``."""
    return site.changes(request.query_params.get("seen", ""), _content(site, request)[1])


def training_charts(site: Site, request: Request) -> Response:
    """``/training/{training}/charts``: the charts as they are now, by name."""
    return JSONResponse(_specs(_found(site, request))[0])


def _found(site: Site, request: Request) -> Training:
    entry = site.library.entry(request.path_params["training"], "training")
    return training_of(entry, site.library.watches, PATIENCE)


def _content(site: Site, request: Request) -> tuple[Training, dict[str, str]]:
    """The folder, and what of it changes: ``charts`` is there to be redrawn, ``reload`` says
    that there are others."""
    one = _found(site, request)
    names = [picture.name for picture in pictures_of(_blocks(one))]
    told = [len(one.rows), one.step, len(one.held_out), one.headline]
    # Thousands of steps are redrawn when there is one in a hundred more, not at each.
    sizes = (len(one.rows), one.watching.completions if one.watching else 0)
    grown = [round(100 * math.log1p(size)) for size in sizes]
    charts = digest([grown, len(one.held_out), one.state, names])
    return one, live_of(one) | {"reload": digest(names), "charts": charts, "parts": digest(told)}


def _blocks(one: Training) -> Sequence[Block]:
    """What the report shows of a training."""
    from passgap.show.contents.watching import section

    logged = PageData(
        title=one.name, training=one.rows, held_out=one.held_out, watching=one.watching
    )
    found = section(logged)
    return found.blocks if found else ()


def _specs(one: Training) -> tuple[dict[str, Spec], str]:
    """The charts by name, or why there are none."""
    from passgap.show.charts import check_charts
    from passgap.show.charts.parts import page_spec

    try:
        check_charts()
    except MissingExtraError as error:
        return {}, str(error)
    return {one.name: page_spec(one.draw()) for one in pictures_of(_blocks(one))}, ""


def _painted(one: Training, specs: Mapping[str, Spec]) -> tuple[Markup, Markup]:
    """The places of the charts, and everything else."""
    blocks = _blocks(one)
    paint = of_page(specs).paint
    charts = [block for block in blocks if isinstance(block, Columns)]
    return paint(charts), paint([block for block in blocks if not isinstance(block, Columns)])


def _sampled_from(site: Site, one: Training) -> list[OpenRun]:
    """The runs that were sampled from the policy trained here."""
    folder = site.library.entry(one.id, "training").path
    runs = site.library.opened()
    return [run for run in runs if policy_folder(run.run).absolute() == folder]


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
        watching=None if isinstance(seen, str) else seen,
        headline=headline_of(seen),
        reading=seen is None and watch_of(folder) is not None,
    )


def live_of(one: Training) -> dict[str, str]:
    """The values of a training folder that change while it runs, as text by name."""
    last = one.rows[-1] if one.rows else TrainingRow(step=0)
    return {
        "step": one.step_text,
        "reward": number(drawable(last.reward), 3),
        "mixed": percent(drawable(last.mixed_share)),
        "length": number(drawable(last.completion_length), 1),
        "held_out": _held_out(one.held_out),
        "state": one.state,
        "headline": one.headline,
    }


def drawable(value: float | None) -> float | None:
    """A number of a size that can be drawn."""
    return value if value is not None and abs(value) < 1e15 else None


def _held_out(rows: Sequence[HeldOutRow]) -> str:
    curve = rows[-1].curve if rows else ()
    parts = [
        f"pass@{point.k} {unbroken(estimated(point))}"
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
