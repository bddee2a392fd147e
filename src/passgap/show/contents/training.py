"""During training: what the steps logged and what the reward calls saw in, a page's section out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from passgap.data.journals import TrainingRow
from passgap.show.blocks import Block, Bullets, Columns, Findings, Folded, Picture, Section, Text
from passgap.show.charts.parts import Point
from passgap.show.charts.steps import held_out_curves, training_series
from passgap.show.contents import watching
from passgap.show.contents.parts import noted, present
from passgap.show.data import PageData
from passgap.show.text import known

SAME = {"watch_signal": "mixed_share", "watch_length": "completion_length"}  # with intervals
HELD_OUT = (
    "Problems that were never trained on, with intervals. Small k rising while large k stays is "
    "sharpening, seen as it happens."
)
REWARD = "Share of the samples rewarded. Thin: each step; thick: mean over eleven steps."
MIXED = "A group whose completions are all right or all wrong has no gradient."
LENGTH = "A length that runs away, or collapses, deserves a look at the completions."


def section(data: PageData) -> Section | None:
    """The section; None where nothing was logged."""
    seen = data.watching
    if not (data.training or data.held_out or seen):
        return None
    watched = watching.pictures(seen) if seen else []
    told = {picture.name for picture in watched}
    logged = [
        picture
        for picture in _logged(data.training)
        if not any(SAME.get(name) == picture.name for name in told)
    ]
    blocks: list[Block] = []
    if seen:
        blocks += present(
            Findings(seen.warnings) if seen.warnings else None,
            Bullets([watching.headline(seen), *watching.sentences(seen)]),
        )
    held_out = _held_out(data)
    blocks += [Columns(held_out, "wide")] if held_out else []
    drawn = [*logged, *watched]
    blocks += [Columns(drawn, "third")] if drawn else []
    if seen:
        steps = present(watching.steps_table(seen), Text(watching.legend(seen), "quiet"))
        blocks += present(
            watching.lost_table(seen), Folded("Step by step", steps), noted(seen.notes)
        )
    return Section("During training", blocks)


def _held_out(data: PageData) -> list[Picture]:
    rows: list[tuple[int, Sequence[Point]]] = [
        (row.step, [(one.k, one) for one in row.curve if known(one.value)]) for row in data.held_out
    ]
    drawn = any(curve for _, curve in rows)
    return [Picture("held_out", partial(held_out_curves, rows), HELD_OUT)] if drawn else []


def _logged(rows: Sequence[TrainingRow]) -> list[Picture]:
    """A picture of each quantity that was logged."""
    reward = [(row.step, row.reward) for row in rows]
    mixed = [(row.step, row.mixed_share) for row in rows]
    length = [(row.step, row.completion_length) for row in rows]
    found = (
        ("reward", reward, "Mean reward", ".2f", REWARD),
        ("mixed_share", mixed, "Share of groups that teach anything", ".0%", MIXED),
        ("completion_length", length, "Completion length, tokens", "d", LENGTH),
    )
    return [
        Picture(name, partial(training_series, values, title, form), caption)
        for name, values, title, form, caption in found
        if any(known(value) for _, value in values)
    ]
