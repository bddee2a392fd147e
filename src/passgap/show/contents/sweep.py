"""pass@k against training step: a sweep over checkpoints in, its contents out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from passgap.results.estimates import Curve
from passgap.results.sweep import Checkpoint, Difference, Frontier, FrontierPoint, Sweep
from passgap.show.blocks import Block, Columns, Picture, Section, Table, Text, VerdictBlock
from passgap.show.charts.training import frontier_chart, sweep_curves
from passgap.show.contents.parts import doubt, noted, present, table, verdict_block
from passgap.show.text import ABSENT, between, changed, estimated, percent, points

FRONTIER = (
    "Right: better at the first try. Up: more problems within reach. Crosses: intervals; numbers: "
    "training steps, 0 is the base."
)


def blocks(sweep: Sweep) -> list[Block]:
    """Everything to show of a sweep."""
    return present(
        verdict(sweep), by_checkpoint(sweep), against_pass_at_1(sweep), noted(sweep.notes)
    )


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
        others = f"step{'s' * (len(keep.alike) > 1)} {', '.join(map(str, keep.alike))}"
        more = f"; {others} cannot be distinguished from it there"
    gain = (
        f"pass@{keep.small.k} {points(keep.small.value)} points compared with the base, "
        f"{changed(keep.corrected)} corrected for the choice{more}"
    )
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
        last = "" if -step == steps[-1][0] else f" and {end} at the last step"
        said.append(f"pass@{k} is highest at step {-step} ({percent(value)}){last}")
    return f"{'; '.join(said)}. Shaded: intervals at each step; the base is step 0."


def _rule(sweep: Sweep) -> str:
    """How the rows are ranked."""
    return (
        f"Ranked by this rule: {sweep.rule}. The last column gives a reason for doubt, if there is "
        "one."
    )


STANDINGS = {"on": "on the frontier", "open": "may be on it"}
SHOWN_BEHIND = 3


def against_pass_at_1(sweep: Sweep) -> Section | None:
    """Coverage against pass@1: who is on the frontier, who may be, who is behind which others."""
    found = sweep.frontier
    if found is None:
        return None
    head = ("step", "pass@1", f"pass@{found.k_large}", "place")
    rows = [
        (one.step, estimated(one.small), estimated(one.large), _place(one)) for one in found.points
    ]
    picture = Picture("frontier", lambda: frontier_chart(found), FRONTIER)
    return Section(
        "Coverage against pass@1",
        present(Text(_frontier(found)), Columns([picture], "wide"), table(head, rows, (0, 3))),
    )


def _frontier(found: Frontier) -> str:
    """How many stand where."""
    where = [one.standing for one in found.points]
    return (
        f"Of {len(where)} policies, the base included, {where.count('on')} "
        f"{'is' if where.count('on') == 1 else 'are'} shown to be on the frontier: no other one "
        f"is as good in both pass@1 and pass@{found.k_large}. {where.count('open')} may be on it, "
        f"and {where.count('behind')} {'is' if where.count('behind') == 1 else 'are'} behind "
        "another one in both."
    )


def _place(one: FrontierPoint) -> str:
    if one.standing != "behind":
        return STANDINGS[one.standing]
    first = ", ".join(map(str, one.behind[:SHOWN_BEHIND]))
    more = len(one.behind) - SHOWN_BEHIND
    return f"behind step{'s' * (len(one.behind) > 1)} {first}{f' and {more} more' * (more > 0)}"


def sweep_table(sweep: Sweep) -> Table | None:
    """A row per step, ranked by the rule: pass@k at both deciding k, the differences to the base in
    points with their band over the sweep, the verdict, what to know of it."""
    ks = sweep.settings.k_small, sweep.settings.k_large
    base = [text for k in ks for text in (_level(sweep.base, k), "")]
    ranked = sorted(sweep.checkpoints, key=lambda one: one.rank)
    rows = [_row(sweep, one) for one in ranked]
    rows.append(["0", ABSENT, *base, "base", "", ""])
    names = [name for k in ks for name in (f"pass@{k}", "minus the base's, points")]
    wide = table(["step", "rank", *names, "verdict", "note", "doubt"], rows, (0, 6, 7, 8))
    return wide and replace(wide, narrow=_narrow(sweep))


def _narrow(sweep: Sweep) -> Table:
    """Two rows per step, one for each k; note and doubt stand under the verdict."""
    ks = sweep.settings.k_small, sweep.settings.k_large
    small, large = ([str(k), _level(sweep.base, k), ""] for k in ks)
    rows = [["0", *small, "base"], ["", *large, ""]]
    for one in sweep.checkpoints:
        small, large = ([str(k), _level(one.curve, k), _change(one.at(k))] for k in ks)
        said = "; ".join(filter(None, [_mark(sweep, one), doubt(one.verdict)]))
        rows += [[str(one.step), *small, one.verdict.label], ["", *large, said]]
    head = ["step", "k", "pass@k", "minus the base's, points", "verdict"]
    return Table(head, rows, (0, 4))


def _mark(sweep: Sweep, one: Checkpoint) -> str:
    """Whether it is the one to keep, or the one from which coverage falls."""
    marks = {
        "keep": sweep.keep and sweep.keep.step,
        "falls from here on": sweep.fall and sweep.fall.step,
    }
    return ", ".join(name for name, step in marks.items() if step == one.step)


def _row(sweep: Sweep, one: Checkpoint) -> list[str]:
    ks = sweep.settings.k_small, sweep.settings.k_large
    cells = [text for k in ks for text in (_level(one.curve, k), _change(one.at(k)))]
    label, mark = one.verdict.label, _mark(sweep, one)
    return [str(one.step), str(one.rank), *cells, label, mark, doubt(one.verdict)]


def _level(curve: Curve, k: int) -> str:
    return percent(curve.at(k).value)


def _change(row: Difference) -> str:
    return f"{points(row.value)} ({between(row.band_low, row.band_high, points)})"
