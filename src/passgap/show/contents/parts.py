"""What the contents of several results share: verdicts, tables of curves, key figures.

In: verdicts, curves, estimates. Out: blocks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from passgap.results.estimates import Curve, Estimate
from passgap.results.verdict import Verdict
from passgap.show.blocks import Block, Count, Counted, Figure, Notes, Table, VerdictBlock
from passgap.show.text import interval, known, percent

FEW = 5  # problems, under which a band is not shown
ROLES = ("base", "trained")
DETAILS = ("", "value", "interval and note")


def verdict_block(
    verdict: Verdict, when: str, sentence: str, evidence: Sequence[str] | None = None
) -> VerdictBlock:
    """A verdict with its sentence; an open one says what would settle it."""
    needs = verdict.needs or verdict.label.settles
    return VerdictBlock(verdict.label, when, sentence, evidence, verdict.reasons, needs)


def present(*blocks: Block | None) -> list[Block]:
    """The blocks that have something to show."""
    return [block for block in blocks if block is not None]


def noted(notes: Sequence[str]) -> Notes | None:
    """Notes, where there are any."""
    return Notes(notes) if notes else None


def table(
    head: Sequence[str], rows: Iterable[Sequence[object]], words: Sequence[int] = (0,)
) -> Table | None:
    """A table of whatever can be printed; None without a row."""
    cells = [[str(cell) for cell in row] for row in rows]
    return Table(head, cells, words) if cells else None


def details(rows: Iterable[Sequence[object]]) -> Table | None:
    """A table of a name, a value, and its interval with what to know of it."""
    return table(DETAILS, rows, (0, 2))


def curve_table(curve: Curve, name: str = "pass@k") -> Table | None:
    """One row per k: the estimate and its interval."""
    ones = ((int(k), curve.at(int(k))) for k in curve.k)
    return table(
        ("k", name, "interval"), ([k, percent(one.value), interval(one)] for k, one in ones)
    )


OTHERWISE = {
    "answered": "among answered samples",
    "asked": "if only the requested form counts",
    "any": "if any matching answer counts",
}


def doubt(verdict: Verdict | None) -> str:
    """Why to doubt one row of a ranked table, in a few words; empty where nothing says so."""
    if verdict is None:
        return "too few problems for a verdict"
    ends = {"small k": verdict.at_small_k, "large k": verdict.at_large_k}
    open_at = [end for end, stands in ends.items() if stands == "unclear"]
    where = "both k" if len(open_at) == len(ends) else f"the {''.join(open_at)}"
    said = [f"open at {where}"] if open_at else []
    if not open_at and not verdict.settled:
        said += [verdict.reasons[-1] if verdict.reasons else verdict.label.settles]
    if verdict.robust is not None:
        others = ((getattr(verdict.robust, name), words) for name, words in OTHERWISE.items())
        said += [f"{one} {words}" for one, words in others if one not in (None, verdict.label)]
    return "; ".join(said)


def whole(one: Estimate) -> str:
    """A share without decimals, but near 0 and 1."""
    near_an_end = 0 < one.value < 0.01 or 0.99 < one.value < 1
    return percent(one.value, 1 if near_an_end else 0)


def small(value: float | None) -> str:
    """A probability that may be tiny."""
    if not known(value):
        return percent(value)
    return "0" if value == 0 else percent(value, 2) if value >= 1e-3 else f"1 in {1 / value:,.0f}"


def both(values: Sequence[int]) -> str:
    """A number of each policy; one where they agree."""
    return " / ".join(dict.fromkeys(f"{value:,}" for value in values))


def size_figure(problems: int, draws: Sequence[int], unscored: str) -> Figure:
    """How many problems, how many samples each policy drew, how many could not be scored."""
    even = problems and not any(one % problems for one in draws)
    each = [one // problems for one in draws] if even else draws
    samples = f"{both(each)} samples {'per problem' if even else 'in all'}"
    return Figure("Problems", Counted(Count(problems, "all")), f"{samples}\nunscored: {unscored}")


def tries(k: int) -> str:
    """``1 try``, ``2 tries``."""
    return f"{k:,} {'try' if k == 1 else 'tries'}"
