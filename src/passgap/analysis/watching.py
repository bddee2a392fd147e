"""Watching: what a training run's reward calls saw, and the base's counts, in; where it stands out.

In: one row a step and problem (`passgap.store.watch.group_rows`), the base's counts and the
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

from passgap.analysis import alarms
from passgap.analysis.groups import (
    NOTHING,
    Groups,
    level,
    mixed,
    mixed_share,
    per_problem,
    share,
    spans,
    usual_size,
    within,
)
from passgap.analysis.inputs import MOST_UNSCORED, interval_dict
from passgap.analysis.progress import FALSE_LOSSES, Progress
from passgap.analysis.watched_bands import base_rows, reward_bands
from passgap.checks import Finding
from passgap.errors import UsageError
from passgap.stats import mean_interval, mixed_at_g, paired_interval
from passgap.types import Counts, FloatArray

MOST_ROWS = 50


@dataclass(frozen=True)
class Watching:
    """Where a training run stands; print it, or take ``to_dict()``."""

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
    forecast = None if base is None else _forecast(groups, base, size)
    agreement, notes = _agreement(groups, forecast, size, counted_by)
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
        new_to_base=None if base is None else _new_to_base(progress, base),
        bands=tuple(reward_bands(groups, base)),
        held_out=tuple(alarms.since_first(held_out)),
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


def _forecast(groups: Groups, base: Counts, size: int) -> FloatArray:
    """mixed@G of each problem from the base's counts; nan where it has fewer than G draws."""
    if base.design == "adaptive":
        raise UsageError(
            "the base's counts are adaptive (n depended on outcomes), which biases the forecast; "
            "sample a fixed n"
        )
    rows = base_rows(groups, base)
    found = np.full(len(rows), np.nan)
    known = rows >= 0
    if not known.any():
        raise UsageError(
            f"none of the {len(rows)} problems trained on is among the base's {len(base)}, e.g. "
            f"{groups.problem_id[0]!r}; give the base's counts on the problems trained on, with "
            "the same ids"
        )
    found[known] = mixed_at_g(base.n[rows[known]], base.c[rows[known]], size)
    return found


def _agreement(
    groups: Groups, forecast: FloatArray | None, size: int, counted_by: str
) -> tuple[dict[str, Any] | None, list[str]]:
    """Observed against forecast at step 0, a problem a pair; or why that is not possible."""
    if forecast is None:
        return None, []
    first = within(groups, (0, 0))
    if counted_by == "visits" or not len(first):
        return None, ["no step 0 is known, so the forecast is not tested: it is the base's only"]
    problems, values = per_problem(first.problem, mixed(first, size))
    expected = forecast[problems]
    both = np.isfinite(expected)
    if not both.any():
        return None, [
            f"no problem of step 0 has {size} draws in the base's counts, so the forecast is not "
            "tested: sample more"
        ]
    gap = paired_interval(values[both] - expected[both])
    return {
        "step": 0,
        "problems": int(both.sum()),
        "left_out": int((~both).sum()),
        "observed": interval_dict(mean_interval(values[both])),
        "forecast": interval_dict(mean_interval(expected[both])),
        "difference": interval_dict(gap),
        "agrees": bool(gap.low <= 0 <= gap.high),
    }, []


def _new_to_base(progress: Progress, base: Counts) -> dict[str, Any]:
    """Problems the base got none of its draws right on, and how many training solved once."""
    zero = {p for p, c in zip(base.problem_id, base.c.tolist(), strict=True) if c == 0}
    trained = zero & set(progress.problem_id)
    return {
        "problems": len(trained),
        "solved": len(trained & progress.solved_ids()),
        "base_draws": int(base.n.min()),
    }


def _text(value: float | None, digits: int = 3) -> str:
    return "  -  " if value is None else f"{value:.{digits}f}"
