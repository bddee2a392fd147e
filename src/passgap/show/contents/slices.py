"""What training did in each slice of the problems: the slices in, their contents out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from passgap.results.parts import At
from passgap.results.slices import Slice, Slices
from passgap.results.verdict import Verdict
from passgap.show.blocks import Block, Section, Table, VerdictBlock
from passgap.show.contents import comparison
from passgap.show.contents.parts import noted, present, verdict_block
from passgap.show.text import changed, percent

LEAD = "Sorted by the difference at the large k. Differences are trained minus base, in points."


def blocks(result: Slices) -> list[Block]:
    """Everything to show of slices."""
    title = f"By {result.by}"
    return present(
        verdict(result), Section(title, [slices_table(result)], LEAD), noted(result.notes)
    )


def verdict(result: Slices) -> VerdictBlock:
    """The verdict over all problems."""
    sentence = comparison.sentence(result.by_problems)
    return verdict_block(result.verdict, "Over all problems", sentence)


def slices_table(result: Slices) -> Table:
    """A row per slice, then all of them alike and all problems alike."""
    ks = result.settings.k_small, result.settings.k_large
    level = percent(result.slice_confidence_level, 1)
    head = [result.by, "problems", *(f"pass@{k} ({level})" for k in ks), "verdict"]
    rows = [*map(_row, result.slices), *_pooled(result)]
    count = len(result.slices)
    return Table(head, rows, (0, 4), tuple(range(count, len(rows))))


def _row(one: Slice) -> list[str]:
    return [one.name, f"{one.problems:,}", *_both(one.small, one.large), _label(one.verdict)]


def _pooled(result: Slices) -> Iterator[list[str]]:
    alike, whole = result.by_slices, result.by_problems
    name = f"{alike.slices} slices alike, 95%"
    yield [name, f"{alike.problems:,}", *_both(alike.small, alike.large), _label(alike.verdict)]
    at = [At(k, whole.delta.at(k)) for k in (whole.settings.k_small, whole.settings.k_large)]
    name = "problems alike, 95%"
    yield [name, f"{whole.problems:,}", *_both(*at), _label(result.verdict)]


def _both(*at: At) -> Sequence[str]:
    return [changed(one.estimate) for one in at]


def _label(verdict: Verdict | None) -> str:
    return "too few" if verdict is None else str(verdict.label)
