"""What training did in each slice of the problems: the slices in, their contents out."""

from __future__ import annotations

from collections.abc import Mapping

from passgap.results.parts import At
from passgap.results.slices import Line, Slices
from passgap.show.blocks import Block, Count, Counted, Picture, Section, Table, VerdictBlock
from passgap.show.charts.ranges import differences_chart
from passgap.show.contents import comparison
from passgap.show.contents.parts import doubt, noted, present, tries, verdict_block
from passgap.show.contents.problems import part_name
from passgap.show.text import ABSENT, changed, known, percent

LEAD = (
    "Differences are trained minus base, in points, at the two k that decide; ranked by the "
    "second. The last column gives a reason for doubt, if there is one."
)


def blocks(result: Slices) -> list[Block]:
    """Everything to show of slices."""
    return present(verdict(result), by_slice(result), noted(result.notes))


def verdict(result: Slices) -> VerdictBlock:
    """The verdict over all problems."""
    sentence = comparison.sentence(result.by_problems)
    shown = comparison.evidence(result.by_problems)
    return verdict_block(result.verdict, "After training, over all problems", sentence, shown)


def by_slice(result: Slices, grave: Mapping[str, str] | None = None) -> Section:
    """Each slice's own verdict, and those of all together; ``grave`` findings by slice."""
    ranked, pooled = _ranked(result)
    ends = _ends([*ranked, *pooled])
    rows = [
        (line.name, end, at.estimate)
        for line in (*ranked, *pooled)
        for end, at in zip(ends, (line.small, line.large), strict=True)
    ]
    picture = Picture("slices", lambda: differences_chart(rows), _shown(ranked))
    title, ranks = f"By {result.by}", slices_table(result, grave or {})
    return Section(title, [ranks, picture], LEAD, answers=True)


def slices_table(result: Slices, grave: Mapping[str, str]) -> Table:
    """A row per slice, ranked, then all of them in both weightings."""
    ranked, pooled = _ranked(result)
    lines, count = [*ranked, *pooled], len(ranked)
    level = percent(result.slice_confidence_level, 1)
    head = [result.by, "rank", "problems", *(f"{end} ({level})" for end in _ends(lines))]
    same = len({one.large.k for one in lines}) == 1
    groups = {one.name: part_name(i) for i, one in enumerate(result.slices, start=1)}
    places = [str(i) if one.verdict else ABSENT for i, one in enumerate(ranked, start=1)]
    rows = [
        _row(place, one, groups[one.name], grave.get(one.name, ""), same)
        for place, one in zip(places, ranked, strict=True)
    ]
    rows += [_row("", one, "all", "", same) for one in pooled]
    marked = tuple(range(count, len(rows)))
    narrow = _narrow(result, lines, level, grave)
    return Table([*head, "verdict", "doubt"], rows, (0, 5, 6), marked, narrow)


def _shown(lines: list[Line]) -> str:
    """How many rows lie wholly above and below 0 at each end."""
    ends_of = {"small": [one.small for one in lines], "large": [one.large for one in lines]}
    said = []
    for name, ends in ends_of.items():
        above = sum(one.estimate.low > 0 for one in ends)
        below = sum(one.estimate.high < 0 for one in ends)
        said.append(
            f"At the {name} k {above} of {len(lines)} intervals lie above 0, {below} below."
        )
    return " ".join(said)


def _ranked(result: Slices) -> tuple[list[Line], list[Line]]:
    """The slices by their difference at the large k, and both pooled lines."""
    lines, count = [*result.lines()], len(result.slices)
    return sorted(lines[:count], key=_place), lines[count:]


def _ends(lines: list[Line]) -> tuple[str, str]:
    return _words([one.small for one in lines]), _words([one.large for one in lines])


def _place(line: Line) -> tuple[bool, float]:
    value = line.large.estimate.value
    return line.verdict is None, -value if known(value) else 0.0


def _words(ends: list[At]) -> str:
    """Within how many tries: the same in all rows, or as each row says."""
    ks = {one.k for one in ends}
    return f"within {tries(ks.pop())}" if len(ks) == 1 else "within k tries"


def _row(rank: str, line: Line, group: str, grave: str, same: bool) -> list[str]:
    large = changed(line.large.estimate)
    large = large if same or large == ABSENT else f"k = {line.large.k}: {large}"
    small, reasons = changed(line.small.estimate), _reasons(line, grave)
    problems = Counted(Count(line.problems, group))
    return [line.name, rank, problems, small, large, line.label, reasons]


def _reasons(line: Line, grave: str) -> str:
    return "; ".join(filter(None, [doubt(line.verdict), grave]))


def _narrow(result: Slices, lines: list[Line], level: str, grave: Mapping[str, str]) -> Table:
    """Two rows per slice, one for each k; the doubt stands under the verdict."""
    rows = []
    for line in lines:
        small, large = ([str(at.k), changed(at.estimate)] for at in (line.small, line.large))
        reasons = _reasons(line, grave.get(line.name, ""))
        rows += [[line.name, f"{line.problems:,}", *small, line.label], ["", "", *large, reasons]]
    head = [result.by, "problems", "k", f"points ({level})", "verdict"]
    return Table(head, rows, (0, 4), tuple(range(2 * len(result.slices), len(rows))))
