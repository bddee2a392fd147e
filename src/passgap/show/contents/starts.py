"""Several starts, or several pools of problems: which to train, in; its contents out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from passgap.results.starts import Apart, Start, Starts
from passgap.show.blocks import Block, Columns, Picture, Section, Table, Text, VerdictBlock
from passgap.show.charts.curves import several_curves
from passgap.show.contents.parts import noted, present, table, verdict_block
from passgap.show.text import ABSENT, changed, interval, number, percent, points
from passgap.show.theme import SHADES


def blocks(starts: Starts) -> list[Block]:
    """Everything to show of several starts."""
    return present(verdict(starts), side_by_side(starts), differences(starts), noted(starts.notes))


def verdict(starts: Starts) -> VerdictBlock:
    """Which one to train, for whoever has to choose."""
    best = starts.starts[0].name
    measured = [one for one in starts.apart if one.what.startswith("pass@")]
    small, large = starts.settings.k_small, starts.settings.k_large
    words = (
        ("Start from", "the highest forecast", "start", f"with {small} or {large} tries")
        if starts.settings.paired
        else ("Train on", "the most groups that teach", "pool", "in that share")
    )
    sentence = starts.verdict.label.sentence.format(
        **dict(zip(("verb", "has", "noun", "where"), words, strict=True)),
        best=best,
        ahead=_listed([one.start for one in measured if one.other == best]),
        alike=_listed(starts.undistinguished),
    )
    return verdict_block(starts.verdict, "Before training", sentence)


def _listed(names: Sequence[str]) -> str:
    """Names in a sentence, each once."""
    *most, last = [*dict.fromkeys(names)] or [ABSENT]
    return f"{', '.join(most)} and {last}" if most else last


def side_by_side(starts: Starts) -> Section:
    """Their curves, and a row for each with its forecast."""
    shown = [(one.name, one.curve) for one in starts.starts]
    caption = CURVES.format(shown=min(len(shown), len(SHADES)))
    picture = Picture("starts", partial(several_curves, shown), caption)
    rule = Text(f"Ranked {starts.rule}.", "quiet")
    shown_of = present(Columns([picture], "wide"), starts_table(starts), rule)
    return Section("Start by start", shown_of, answers=True)


CURVES = "pass@k of the first {shown} in rank. Shaded: intervals over problems."


def starts_table(starts: Starts) -> Table | None:
    """A row per start, best first."""
    small, large = starts.settings.k_small, starts.settings.k_large
    head = ["start", "rank", "pass@1 after training", f"pass@{small}", f"pass@{large}"]
    head += ["headroom, points", "groups that teach", "coverage ratio", "verdict"]
    rows = [
        [
            one.name,
            str(one.rank),
            _after(one),
            *(percent(one.curve.at(k).value) for k in (small, large)),
            changed(one.headroom),
            percent(one.teaching.value),
            _ratio(one),
            str(one.verdict.label),
        ]
        for one in starts.starts
    ]
    wide = table(head, rows, (0, 2, 8))
    by = 2 if starts.settings.paired else 6  # what the rank is by
    narrow = [[row[0], row[by], row[8]] for row in rows]
    return wide and replace(wide, narrow=Table([head[0], head[by], head[8]], narrow, (0, 1, 2)))


def _after(one: Start) -> str:
    told = one.forecast.pass_at_1
    return f"{percent(told.value)} ({interval(told, percent)})"


def _ratio(one: Start) -> str:
    found = one.coverage_ratio
    return ABSENT if found is None else f"{number(found.value, 2)} ({interval(found, _two)})"


def _two(value: float | None) -> str:
    return number(value, 2)


def differences(starts: Starts) -> Section | None:
    """What is shown to differ, over all pairs at once."""
    rows = [[_of(one), one.start, one.other, _band(one)] for one in starts.apart]
    found = table(["what", "more", "less", "difference, points"], rows, (0, 1, 2))
    return Section("What is shown to differ", [found]) if found else None


def _of(one: Apart) -> str:
    return "groups that teach" if one.what == "teaching" else one.what


def _band(one: Apart) -> str:
    ends = f"{points(one.band_low)} to {points(one.band_high)}"
    return f"{points(one.difference)} ({ends})"
