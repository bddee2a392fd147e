"""Watching. In: a training run's reward calls and the base's counts. Out: where the run stands.

In: one row per step and problem (`passgap.runs.watch.group_rows`), the base's counts and the
held-out measurements, if any. Out: learning signal against its forecast, problems solved and lost,
reward by difficulty, length, early warnings.

A group is the completions of one problem at one step, over all processes. Unscored completions are
left out of it; a group with fewer than two scored ones is left out and counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import numpy as np

from passgap.analysis.forecast.forecasting import Models
from passgap.analysis.inputs import MOST_UNSCORED
from passgap.analysis.watch import alarms
from passgap.analysis.watch.against_base import (
    against_forecast,
    agreement_of,
    forecast_of,
    new_to_base,
)
from passgap.analysis.watch.alarms import HeldOut
from passgap.analysis.watch.bands import reward_bands
from passgap.analysis.watch.groups import (
    NOTHING,
    Groups,
    level,
    mixed_share,
    passes,
    share,
    spans,
    usual_size,
    within,
)
from passgap.analysis.watch.logged import (
    NOTHING_LOGGED,
    Logged,
    entropy_rising,
    entropy_spent,
    sampler_apart,
)
from passgap.analysis.watch.progress import FALSE_LOSSES, Progress
from passgap.data.arrays import FloatArray
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.results.settings import WatchSettings
from passgap.results.watching import (
    CountedBy,
    Forecast,
    ProblemsOfSpan,
    Span,
    WatchedWith,
    Watching,
)
from passgap.stats import mean_interval

MOST_ROWS = 50
DEFAULTS = WatchSettings()


def watching(
    groups: Groups,
    settings: WatchSettings = DEFAULTS,
    *,
    base: Counts | None = None,
    held_out: Sequence[HeldOut] = (),
    logged: Logged = NOTHING_LOGGED,
    counted_by: CountedBy = "trainer",
    models: Models | None = None,
) -> Watching:
    """Say where a training run stands.

    Parameters
    ----------
    groups
        `Groups.of` the columns of ``group_rows(read_watch(folder))``.
    settings
        How the run is evaluated.
    base
        The base's counts on the training problems, sampled as in training: for the forecast of the
        mixed share (mixed@G of exactly these problems) and the difficulty bands. Problems that are
        missing, or have fewer than G draws, are left out of the forecast and counted.
    held_out
        Measurements on held-out problems, oldest first.
    logged
        What the trainer logged of its steps.
    counted_by
        ``trainer`` where a step is an optimizer step, ``visits`` where it counts the visits of each
        problem (then it is not certain which draws came from the base, and no agreement is
        claimed).
    models
        The forecast's models; None: nothing is said of where training ends.

    Returns
    -------
    Watching
        Rates are means over problems with `mean_interval` (the problem is the cluster).

    Raises
    ------
    UsageError
        For a setting out of range, and a base that has none of these problems or whose draws were
        chosen adaptively.
    """
    _check(settings, counted_by)
    size = settings.group_size or usual_size(groups)
    every = settings.every or -(-len(np.unique(groups.step)) // MOST_ROWS)
    progress = Progress.of(groups, settings.visits)
    forecast = None if base is None else forecast_of(groups, base, size)
    agreement, notes = agreement_of(groups, base, forecast, size, counted_by)
    windows = alarms.Windows.of(groups, settings.window, counted_by)
    found = [
        alarms.nothing_scored(windows),
        alarms.no_signal(windows, size),
        alarms.forecast_missed(agreement),
        alarms.coverage_falling(held_out),
        alarms.held_out_falling(held_out),
        alarms.held_out_flat(windows, held_out),
        alarms.reward_apart(windows),
        alarms.groups_uneven(windows, settings.group_size if counted_by == "trainer" else None),
        alarms.length_running_away(windows),
        alarms.truncation_rising(windows),
        entropy_rising(logged, settings.window),
        entropy_spent(logged, windows),
        sampler_apart(logged, settings.window),
    ]
    return Watching(
        settings=WatchedWith(
            group_size=size,
            counted_by=counted_by,
            every=every,
            window=windows.steps,
            visits=settings.visits,
            false_discovery_rate=FALSE_LOSSES,
            confidence_level=0.95,
        ),
        completions=int(groups.completions.sum()),
        unscored=_unscored(groups),
        warnings=tuple(finding for finding in found if finding is not None),
        agreement=agreement,
        against_forecast=None
        if base is None or models is None
        else against_forecast(groups, windows.recent, base, models),
        steps=tuple(
            _row(within(groups, span), span, size, forecast, progress)
            for span in spans(groups, every, counted_by)
        ),
        lost=tuple(progress.lost()),
        could_be_lost=int((np.bincount(groups.problem) > settings.visits).sum()),
        new_to_base=None if base is None else new_to_base(progress, base),
        bands=reward_bands(groups, base, counted_by),
        held_out=tuple(alarms.since_first(held_out)),
        notes=(*notes, *_unscored_notes(groups)),
    )


def _unscored(groups: Groups) -> int:
    return int((groups.completions - groups.n).sum())


def _unscored_notes(groups: Groups) -> list[str]:
    """What the unscored completions could change, where there are more than a few."""
    total, unscored = int(groups.completions.sum()), _unscored(groups)
    if unscored <= MOST_UNSCORED * total:
        return []
    correct = int(groups.c.sum())
    return [
        f"{unscored / total:.1%} of all completions are unscored: the share correct is "
        f"{correct / total:.1%} if those are wrong and {(correct + unscored) / total:.1%} if they "
        "are right"
    ]


def _check(settings: WatchSettings, counted_by: CountedBy) -> None:
    for name, allowed in (("group_size", 2), ("every", 1), ("window", 1), ("visits", 1)):
        value = getattr(settings, name)
        if value is not None and value < allowed:
            raise UsageError(f"{name} is {value}; allowed: an integer >= {allowed}")
    if counted_by not in get_args(CountedBy):
        raise UsageError(f"counted_by is {counted_by!r}; allowed: 'trainer', 'visits'")


def _row(
    groups: Groups,
    span: tuple[int, int],
    size: int,
    forecast: FloatArray | None,
    progress: Progress,
) -> Span:
    """Everything about the groups of one span of steps."""
    signal, left_out = mixed_share(groups, size)
    before, after = progress.after(int(span[0]) - 1), progress.after(int(span[1]))
    return Span(
        step=span[0],
        last_step=span[1],
        completions=int(groups.completions.sum()),
        unscored=_unscored(groups),
        groups=len(groups),
        groups_left_out=left_out,
        mixed=signal,
        forecast=None if forecast is None else _forecast(forecast[np.unique(groups.problem)]),
        solved=share(groups.problem, groups.c, groups.n),
        pass_at_k=passes(groups, size),
        reward=level(groups.problem, groups.reward_sum, groups.rewards),
        length=level(groups.problem, groups.token_sum, groups.tokens),
        truncated=share(groups.problem, groups.cut, groups.endings),
        problems=ProblemsOfSpan(**vars(after), newly_solved=after.solved - before.solved),
    )


def _forecast(values: FloatArray) -> Forecast:
    known = values[np.isfinite(values)]
    return Forecast(mean_interval(known) if known.size else NOTHING, int(known.size))
