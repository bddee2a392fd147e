"""The problems to train on: a selection in, its contents out."""

from __future__ import annotations

from passgap.results.selection import Selection, SelectionArm
from passgap.show.blocks import Block, Picture, Text
from passgap.show.charts.ranges import selection_chart
from passgap.show.contents.parts import noted, present, table
from passgap.show.text import estimated, percent


def blocks(selection: Selection) -> list[Block]:
    """How many were chosen and by which rule, and what to expect of them."""
    size = selection.settings.group_size
    head = ("", "problems", "raw rate", "expected pass rate (95%)", f"expected mixed@{size} (95%)")
    rows = (_row(name, arm) for name, arm in vars(selection.arms).items() if arm is not None)
    return present(
        Text(selection.headline(), "strong"),
        Picture("selection", lambda: selection_chart(selection)),
        table(head, rows),
        noted(selection.notes),
    )


def _row(name: str, arm: SelectionArm) -> list[object]:
    expected = (estimated(one) for one in (arm.pass_rate, arm.mixed))
    return [name.replace("_", " "), f"{arm.problems:,}", percent(arm.raw_rate), *expected]
