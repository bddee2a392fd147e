"""pass@k against training step: a sweep over checkpoints in, its contents out."""

from __future__ import annotations

from functools import partial

from passgap.results.estimates import Curve
from passgap.results.sweep import Difference, Sweep
from passgap.show.blocks import Block, Columns, Picture, Section, Table, Text, VerdictBlock
from passgap.show.charts.training import sweep_curves
from passgap.show.contents.parts import noted, present, table, verdict_block
from passgap.show.text import ABSENT, between, percent, points


def blocks(sweep: Sweep) -> list[Block]:
    """Everything to show of a sweep."""
    return present(verdict(sweep), by_checkpoint(sweep), noted(sweep.notes))


def verdict(sweep: Sweep) -> VerdictBlock:
    """Where coverage falls and what to keep, for somebody who has to choose a checkpoint."""
    fall = sweep.fall
    since = "the base" if fall is None or fall.since == 0 else f"step {fall.since}"
    sentence = sweep.verdict.label.sentence.format(
        K=sweep.settings.k_large,
        since=since,
        step=ABSENT if fall is None else fall.step,
        keep=_keep(sweep),
    )
    return verdict_block(sweep.verdict, "Across checkpoints", sentence)


def _keep(sweep: Sweep) -> str:
    keep = sweep.keep
    if keep is None:
        return "Keep the base: no checkpoint is shown to be better."
    more = ""
    if keep.alike:
        more = f", not told apart there from step {', '.join(map(str, keep.alike))}"
    gain = f"pass@{keep.small.k} {points(keep.small.value)} points on the base{more}"
    return f"Keep step {keep.step} ({gain})."


def by_checkpoint(sweep: Sweep) -> Section:
    """The curves over the steps, a row per step, and the rule by which one is kept."""
    ks = sweep.settings.k_small, sweep.settings.k_large
    steps = [(0, sweep.base), *((one.step, one.curve) for one in sweep.checkpoints)]
    draw = partial(sweep_curves, steps, ks, sweep.fall)
    picture = Picture("sweep", draw, "Intervals at each step; the base stands at step 0.")
    rule = Text(f"The rule: {sweep.rule}", "quiet")
    shown = present(Columns([picture], "wide"), sweep_table(sweep), rule)
    return Section("Checkpoint by checkpoint", shown, answers=True)


def sweep_table(sweep: Sweep) -> Table | None:
    """A row per step: pass@k at both deciding k, the differences to the base in points with their
    band over the sweep, the verdict."""
    ks = sweep.settings.k_small, sweep.settings.k_large
    base = [text for k in ks for text in (_level(sweep.base, k), "")]
    rows: list[list[object]] = [[0, *base, "base", ""]]
    marks = {
        "keep": sweep.keep and sweep.keep.step,
        "falls from here on": sweep.fall and sweep.fall.step,
    }
    for one in sweep.checkpoints:
        cells = [text for k in ks for text in (_level(one.curve, k), _change(one.at(k)))]
        said = ", ".join(name for name, step in marks.items() if step == one.step)
        rows.append([one.step, *cells, one.verdict.label, said])
    head = ["step", *(name for k in ks for name in (f"pass@{k}", "on the base"))]
    return table([*head, "verdict", "note"], rows, (0, 5, 6))


def _level(curve: Curve, k: int) -> str:
    return percent(curve.at(k).value)


def _change(row: Difference) -> str:
    return f"{points(row.value)} ({between(row.band_low, row.band_high, points)})"
