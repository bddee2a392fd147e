"""Watching a training run. In: its folder and the base's counts. Out: where it stands.

In: a watch folder, or a training folder that holds one as ``watch/`` beside ``held_out.jsonl``.
Out: the analysis (`passgap.analysis.watch.watching`), once or repeatedly while training runs.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Unpack, cast

import numpy as np

from passgap.analysis.watch.alarms import HeldOut
from passgap.analysis.watch.groups import Groups
from passgap.analysis.watch.logged import NOTHING_LOGGED, Logged
from passgap.analysis.watch.watching import watching
from passgap.data.counts import Counts
from passgap.data.journals import HeldOutRow, TrainingRow
from passgap.errors import UsageError
from passgap.evidence.forecasting import shipped
from passgap.evidence.options import WatchOptions, shows
from passgap.results.estimates import Estimate
from passgap.results.settings import WatchSettings
from passgap.results.watching import CountedBy, Watching
from passgap.runs.about import is_watch, read_about
from passgap.runs.journal import read_journal
from passgap.runs.names import HELD_OUT_FILE, POLICY_FILE, TRAINING_FILE, WATCH
from passgap.runs.policy import read_request
from passgap.runs.watch import group_rows, read_watch
from passgap.stages.counting import Source, counts_of
from passgap.training.algorithms import ALGORITHMS


@shows(WatchSettings)
def watch_folder(
    folder: Path | str, *, base: Source | None = None, **settings: Unpack[WatchOptions]
) -> Watching:
    """Say where a training run stands, from the record of its reward calls.

    Parameters
    ----------
    folder
        A watch folder (`passgap.Watch` writes it), or a training folder with ``watch/`` in it.
    base
        The base's counts on the training problems, or what holds them.
    settings
        The fields of `passgap.results.settings.WatchSettings`.

    Raises
    ------
    UsageError
        If there is no watch folder, nothing was recorded yet, or a setting is out of range.
    RunError
        For an unknown schema or a damaged part.
    """
    place = find_watch(folder)
    about = read_about(place)
    asked = WatchSettings(**settings)
    rows = group_rows(read_watch(place))
    return watching(
        Groups.of({name: rows[name].to_numpy() for name in rows.columns}),
        replace(asked, group_size=asked.group_size or about.group_size),
        base=None if base is None else counts_of(base),
        held_out=held_out_measured(place),
        logged=logged(place),
        counted_by=cast(CountedBy, about.step),
        models=None if base is None else shipped(),
    )


@shows(WatchSettings)
def follow(
    folder: Path | str,
    *,
    base: Source | None = None,
    seconds: float = 5.0,
    **settings: Unpack[WatchOptions],
) -> Generator[Watching | None]:
    """The same, whenever something was added, until training has finished.

    Parameters
    ----------
    folder, base, settings
        As in `watch_folder`; the folder may still be missing.
    seconds
        Time between two looks.

    Yields
    ------
    Watching or None
        None, once, while nothing is recorded.
    """
    if seconds <= 0:
        raise UsageError(f"seconds is {seconds}; allowed: a number > 0")
    counts = None if base is None else counts_of(base)
    before: list[tuple[str, int]] | None = None
    while True:
        refuse_unwatched(folder)
        done = (Path(folder) / POLICY_FILE).is_file()  # read first, because it is written last
        now = _files(folder)
        if now != before:
            before = now
            yield watch_folder(folder, base=counts, **settings) if now else None
        if done:
            return
        time.sleep(seconds)


def watch_of_training(folder: Path, base: Counts) -> Watching | None:
    """The record in a training folder, None where there is none or it is empty.

    The base's counts give the forecast only if they include some of the training problems and have
    a fixed n: those of an evaluation rarely do.
    """
    place = folder / WATCH
    if not is_watch(place):
        return None
    trained_on = set(read_watch(place)["problem_id"].unique())
    if not trained_on:
        return None
    usable = base.design == "fixed" and not trained_on.isdisjoint(base.problem_id)
    return watch_folder(place, base=base if usable else None)


def find_watch(folder: Path | str) -> Path | str:
    """The watch folder: ``folder`` itself, or the one in it.

    Raises
    ------
    UsageError
        If neither is one.
    """
    inside = f"{str(folder).rstrip('/')}/{WATCH}"
    for place in (folder, inside):
        if is_watch(place):
            return place
    refuse_unwatched(folder)
    raise UsageError(
        f"{folder} has no watch folder; give the folder of passgap train or of passgap.Watch (for "
        "a training run that has just started, add --follow)"
    )


def refuse_unwatched(folder: Path | str) -> None:
    """Refuse a training folder whose algorithm calls no reward, so there is no record."""
    asked = read_request(folder)
    method = ALGORITHMS.get(asked.algorithm or "") if asked else None
    if asked and method and method.trainer == "sft":
        raise UsageError(
            f"{folder} was trained with {asked.algorithm}, which imitates verified completions "
            f"and calls no reward, so there is nothing to watch; see its steps in {TRAINING_FILE} "
            f"and its held-out measurements in {HELD_OUT_FILE}"
        )


def held_out_rows(place: Path | str) -> list[HeldOutRow]:
    """The held-out measurements in the training folder around a local watch folder."""
    if "://" in str(place) or Path(place).name != WATCH:
        return []
    return read_journal(Path(place).parent / HELD_OUT_FILE, HeldOutRow)


def held_out_measured(place: Path | str) -> list[HeldOut]:
    """The same, as the analysis takes them."""
    return [_measured(row) for row in held_out_rows(place)]


def _measured(row: HeldOutRow) -> HeldOut:
    """One measurement as the analysis takes it."""
    curve = {p.k: Estimate(_number(p.value), _number(p.low), _number(p.high)) for p in row.curve}
    return HeldOut(row.step, curve, np.array(row.n, np.int64), np.array(row.c, np.int64))


def logged(place: Path | str) -> Logged:
    """What the trainer logged: in the watch folder, or in the training folder around it."""
    if "://" in str(place):
        return NOTHING_LOGGED
    here = Path(place)
    rows = read_journal(here / TRAINING_FILE, TrainingRow)
    if not rows and here.name == WATCH:
        rows = read_journal(here.parent / TRAINING_FILE, TrainingRow)
    return Logged(
        np.array([_number(row.entropy) for row in rows]),
        np.array([_number(row.logp_difference) for row in rows]),
    )


def _number(value: float | None) -> float:
    """nan for what was not computable."""
    return math.nan if value is None else value


def _files(folder: Path | str) -> list[tuple[str, int]]:
    """What shows that something was added: the parts and the held-out rows."""
    root = Path(folder)
    place = root if is_watch(root) else root / WATCH
    parts = sorted(path.name for path in place.glob("rank-*/part-*.parquet"))
    held_out = place.parent / HELD_OUT_FILE
    size = held_out.stat().st_size if held_out.is_file() else 0
    return [*((name, 0) for name in parts), (HELD_OUT_FILE, size)] if parts else []
