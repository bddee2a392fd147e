"""Watching: what a training run's reward calls saw, and the base's counts, in; where it stands out.

In: one row a step and problem (`passgap.runs.watch.group_rows`), the base's counts and the
held-out measurements where there are any. Out: learning signal against its forecast, problems
solved and lost, reward by difficulty, length, early warnings.

A group is the completions of one problem at one step, over all processes. Unscored completions are
left out of it; a group with fewer than two scored ones is left out and counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from passgap.analysis.inputs import MOST_UNSCORED, interval_dict
from passgap.analysis.watch import alarms
from passgap.analysis.watch.against_base import agreement_of, forecast_of, new_to_base
from passgap.analysis.watch.bands import reward_bands
from passgap.analysis.watch.groups import (
    NOTHING,
    Groups,
    level,
    mixed_share,
    share,
    spans,
    usual_size,
    within,
)
from passgap.analysis.watch.progress import FALSE_LOSSES, Progress
from passgap.data.arrays import FloatArray
from passgap.data.counts import Counts
from passgap.display import Displayed
from passgap.errors import UsageError
from passgap.results.findings import Finding
from passgap.stats import mean_interval

MOST_ROWS = 50


@dataclass(frozen=True)
class Watching(Displayed):
    """Where a training run stands; print it, or take ``to_dict()``.

    Parameters
    ----------
    settings
        ``group_size``, ``counted_by``, ``every``, ``window``, ``visits`` and the two levels.
    completions, unscored
        Over the whole run.
    steps
        One row a span of steps: ``step`` and ``last_step``; ``completions``, ``unscored``,
        ``groups`` and ``groups_left_out`` (fewer than two scored); ``mixed``, ``solved``,
        ``reward``, ``length`` and ``truncated``, each ``{value, low, high}``; ``forecast``, the
        same of mixed@G by the base's counts, with the ``problems`` it is of; ``problems``:
        ``seen``, ``solved``, ``never_solved`` and ``lost`` by the end of the row, and
        ``newly_solved`` in it.
    agreement
        Step 0 against the forecast: ``observed``, ``forecast``, ``difference`` (paired) and whether
        it ``agrees``; None where that cannot be told, and a note says why.
    lost
        Problems lost by now, with the draws before and after.
    new_to_base
        How many of the problems that the base never solved were solved in training.
    bands
        Solved share over the steps for each difficulty band, and what the band is ``by``.
    held_out
        pass@k at the last held-out measurement minus the first, ``{k, value, low, high}``.
    warnings
        What `alarms` found.
    """

    settings: Mapping[str, Any]
    completions: int
    unscored: int
    steps: tuple[Mapping[str, Any], ...]
    agreement: Mapping[str, Any] | None
    lost: tuple[Mapping[str, Any], ...]
    new_to_base: Mapping[str, Any] | None
    bands: tuple[Mapping[str, Any], ...]
    held_out: tuple[Mapping[str, Any], ...]
    warnings: tuple[Finding, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """By JSON names; what is not computable is null."""
        return {
            "schema": "passgap.watching/1",
            "settings": dict(self.settings),
            "completions": self.completions,
            "unscored": self.unscored,
            "warnings": [finding.to_dict() for finding in self.warnings],
            "agreement": None if self.agreement is None else dict(self.agreement),
            "steps": [dict(row) for row in self.steps],
            "lost": [dict(row) for row in self.lost],
            "new_to_base": None if self.new_to_base is None else dict(self.new_to_base),
            "bands": [dict(row) for row in self.bands],
            "held_out": [dict(row) for row in self.held_out],
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        last = self.steps[-1]
        head = f"{self.completions:,} completions up to step {last['last_step']}"
        lines = [head, *(f"  {finding}" for finding in self.warnings)]
        lines += ["  step      solved  mixed   95 %             tokens  never solved  lost"]
        for row in self.steps[-10:]:
            mixed_row, counted = row["mixed"], row["problems"]
            ends = f"{_text(mixed_row['low'])} to {_text(mixed_row['high'])}"
            lines.append(
                f"  {row['last_step']:<9} {_text(row['solved']['value'])}   "
                f"{_text(mixed_row['value'])}   {ends:<16} {_text(row['length']['value'], 0):>6}  "
                f"{counted['never_solved']:>12}  {counted['lost']:>4}"
            )
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])


def watching(
    groups: Groups,
    *,
    base: Counts | None = None,
    held_out: Sequence[Mapping[str, Any]] = (),
    group_size: int | None = None,
    counted_by: str = "trainer",
    every: int | None = None,
    window: int = 10,
    visits: int = 2,
) -> Watching:
    """Say where a training run stands.

    Parameters
    ----------
    groups
        ``Groups.of(group_rows(read_watch(folder)))``.
    base
        The base's counts on the problems trained on, drawn as training draws: gives the forecast
        of the mixed share (mixed@G of these very problems) and the difficulty bands. Problems that
        it lacks, or has fewer than G draws of, are left out of the forecast and counted.
    held_out
        Rows of held_out.jsonl: ``{step, curve: [{k, value, low, high}]}``, oldest first.
    group_size
        G; by default the most frequent number of completions of a group.
    counted_by
        ``trainer`` where a step is an optimizer step, ``visits`` where it counts the visits of
        each problem (then nothing was surely drawn by the base, and no agreement is claimed).
    every
        Recorded steps a row; by default as many as give at most 50 rows.
    window
        Steps that the early warnings look at, at most half of those recorded.
    visits
        Last groups of a problem without a correct completion that make it lost (`progress`).

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
    _check(group_size, every, window, visits, counted_by)
    size = group_size or usual_size(groups)
    distinct = len(np.unique(groups.step))
    every = every or -(-distinct // MOST_ROWS)
    progress = Progress.of(groups, visits)
    forecast = None if base is None else forecast_of(groups, base, size)
    agreement, notes = agreement_of(groups, forecast, size, counted_by)
    windows = alarms.Windows.of(groups, window)
    found = [
        alarms.nothing_scored(windows),
        alarms.no_signal(windows, size),
        alarms.forecast_missed(agreement),
        alarms.coverage_falling(held_out),
        alarms.length_running_away(windows),
        alarms.truncation_rising(windows),
    ]
    return Watching(
        settings={
            "group_size": size,
            "counted_by": counted_by,
            "every": every,
            "window": windows.steps,
            "visits": visits,
            "false_discovery_rate": FALSE_LOSSES,
            "confidence_level": 0.95,
        },
        completions=int(groups.completions.sum()),
        unscored=int((groups.completions - groups.n).sum()),
        steps=tuple(
            _row(within(groups, span), span, size, forecast, progress)
            for span in spans(groups.step, every)
        ),
        agreement=agreement,
        lost=tuple(progress.lost()),
        new_to_base=None if base is None else new_to_base(progress, base),
        bands=tuple(reward_bands(groups, base)),
        held_out=tuple({"k": k} | interval_dict(d) for k, d in alarms.since_first(held_out)),
        warnings=tuple(finding for finding in found if finding is not None),
        notes=(*notes, *_unscored_notes(groups)),
    )


def _unscored_notes(groups: Groups) -> list[str]:
    """What the unscored completions could change, where there are more than a few."""
    total, unscored = int(groups.completions.sum()), int((groups.completions - groups.n).sum())
    if unscored <= MOST_UNSCORED * total:
        return []
    correct = int(groups.c.sum())
    return [
        f"{unscored / total:.1%} of all completions are unscored: {correct / total:.1%} of them "
        f"all are correct if those are wrong, {(correct + unscored) / total:.1%} if they are right"
    ]


def _check(
    group_size: int | None, every: int | None, window: int, visits: int, counted_by: str
) -> None:
    least = {"group_size": (group_size, 2), "every": (every, 1), "window": (window, 1)}
    least["visits"] = (visits, 1)
    for name, (value, allowed) in least.items():
        if value is not None and value < allowed:
            raise UsageError(f"{name} is {value}; allowed: an integer >= {allowed}")
    if counted_by not in ("trainer", "visits"):
        raise UsageError(f"counted_by is {counted_by!r}; allowed: 'trainer', 'visits'")


def _row(
    groups: Groups,
    span: tuple[int, int],
    size: int,
    forecast: FloatArray | None,
    progress: Progress,
) -> dict[str, Any]:
    """Everything about the groups of one span of steps."""
    signal, left_out = mixed_share(groups, size)
    before, after = progress.after(int(span[0]) - 1), progress.after(int(span[1]))
    unscored = int((groups.completions - groups.n).sum())
    row: dict[str, Any] = {
        "step": span[0],
        "last_step": span[1],
        "completions": int(groups.completions.sum()),
        "unscored": unscored,
        "groups": len(groups),
        "groups_left_out": left_out,
        "mixed": interval_dict(signal),
        "forecast": None,
        "solved": interval_dict(share(groups.problem, groups.c, groups.n)),
        "reward": interval_dict(level(groups.problem, groups.reward_sum, groups.rewards)),
        "length": interval_dict(level(groups.problem, groups.token_sum, groups.tokens)),
        "truncated": interval_dict(share(groups.problem, groups.cut, groups.endings)),
        "problems": after | {"newly_solved": after["solved"] - before["solved"]},
    }
    if forecast is not None:
        values = forecast[np.unique(groups.problem)]
        known = values[np.isfinite(values)]
        estimate = mean_interval(known) if known.size else NOTHING
        row["forecast"] = interval_dict(estimate) | {"problems": int(known.size)}
    return row


def _text(value: float | None, digits: int = 3) -> str:
    return "  -  " if value is None else f"{value:.{digits}f}"
