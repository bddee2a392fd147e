"""pass@k against training step: a sweep over checkpoints in, its contents out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from passgap.results.estimates import Curve
from passgap.results.sweep import Checkpoint, Difference, Sweep
from passgap.show.blocks import Block, Columns, Picture, Section, Table, Text, VerdictBlock
from passgap.show.charts.training import sweep_curves
from passgap.show.contents.parts import doubt, noted, present, table, verdict_block
from passgap.show.text import ABSENT, between, percent, points


def blocks(sweep: Sweep) -> list[Block]:
    """Everything to show of a sweep."""
    return present(verdict(sweep), by_checkpoint(sweep), noted(sweep.notes))


def verdict(sweep: Sweep) -> VerdictBlock:
    """Where coverage falls and what to keep, for choosing a checkpoint."""
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
    picture = Picture("sweep", draw, _shown(steps, ks))
    shown = present(Columns([picture], "wide"), sweep_table(sweep), Text(_rule(sweep), "quiet"))
    return Section("Checkpoint by checkpoint", shown, answers=True)


def _shown(steps: Sequence[tuple[int, Curve]], ks: Sequence[int]) -> str:
    """At which step each curve is highest, and how it ends."""
    said = []
    for k in dict.fromkeys(ks):
        found = [(curve.at(k).value, -step) for step, curve in steps]
        value, step = max(found)
        end = percent(found[-1][0])
        last = "" if -step == steps[-1][0] else f" and {end} at the last"
        said.append(f"pass@{k} is highest at step {-step} ({percent(value)}){last}")
    return f"{'; '.join(said)}. Shaded: intervals at each step; the base stands at step 0."


def _rule(sweep: Sweep) -> str:
    """How the rows are ranked."""
    return (
        f"Ranked by this rule: {sweep.rule}. The last column holds a reason for doubt, or nothing."
    )


def sweep_table(sweep: Sweep) -> Table | None:
    """A row per step, ranked by the rule: pass@k at both deciding k, the differences to the base in
    points with their band over the sweep, the verdict, what to know of it."""
    ks = sweep.settings.k_small, sweep.settings.k_large
    base = [0, *(text for k in ks for text in (_level(sweep.base, k), "")), "base", ""]
    rows = {one.step: _row(sweep, one) for one in sweep.checkpoints}
    order = [one.step for one in sorted(sweep.checkpoints, key=partial(_place, sweep))]
    ranked = [[step, i, *rows[step][1:]] for i, step in enumerate(order, start=1)]
    names = [name for k in ks for name in (f"pass@{k}", "on the base")]
    wide = table(
        ["step", "rank", *names, "verdict", "note", "doubt"],
        [*ranked, [0, ABSENT, *base[1:], ""]],
        (0, 6, 7, 8),
    )
    narrow = [base, *(row[:-1] for row in rows.values())]
    return wide and replace(
        wide, narrow=table(["step", *names, "verdict", "note"], narrow, (0, 5, 6))
    )


def _row(sweep: Sweep, one: Checkpoint) -> list[object]:
    ks = sweep.settings.k_small, sweep.settings.k_large
    cells = [text for k in ks for text in (_level(one.curve, k), _change(one.at(k)))]
    marks = {
        "keep": sweep.keep and sweep.keep.step,
        "falls from here on": sweep.fall and sweep.fall.step,
    }
    said = ", ".join(name for name, step in marks.items() if step == one.step)
    return [one.step, *cells, one.verdict.label, said, doubt(one.verdict)]


def _place(sweep: Sweep, one: Checkpoint) -> tuple[bool, float]:
    """Those not shown to be below the base first, then by the lower end at the small k."""
    below = one.at(sweep.settings.k_large).band_high < -sweep.settings.margin
    return below, -one.at(sweep.settings.k_small).band_low


def _level(curve: Curve, k: int) -> str:
    return percent(curve.at(k).value)


def _change(row: Difference) -> str:
    return f"{points(row.value)} ({between(row.band_low, row.band_high, points)})"
