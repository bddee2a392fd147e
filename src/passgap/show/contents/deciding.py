"""What decides a comparison, as key figures: both ends with their margin, new and lost problems.

In: a comparison of two policies, paired or not, or of several training seeds. Out: figures in which
no interval contradicts the word next to it.
"""

from __future__ import annotations

from passgap.plain import factor
from passgap.results.comparison import Comparison, Coverage, Novel
from passgap.results.labels import STATES
from passgap.results.seeds import SeedsComparison
from passgap.show import blocks as b
from passgap.show.contents.curves import Pair
from passgap.show.contents.parts import tries
from passgap.show.text import interval, number, p_value, percent, points

LEAST = 0.1  # of an expected count, as shown


def arms_at(result: Pair, k: int) -> b.Figure:
    """Both shares solved within a deciding k tries, the difference, and its state."""
    base, trained = (percent(curve.at(k).value) for curve in (result.base, result.trained))
    delta = result.delta.at(k)
    note = f"{points(delta.value)} points ({interval(delta, points)})\n{_stands(result, k)}"
    return b.Figure(f"Solved within {tries(k)}", base, note.rstrip(), trained)


def _stands(result: Pair, k: int) -> str:
    """The state of the difference, and the margin, so that no interval contradicts it."""
    said, small = result.verdict, k == result.settings.k_small
    stands = said.at_small_k if small else said.at_large_k
    margin = f"{100 * result.settings.margin:g}"
    delta = result.delta.at(k)
    match stands:
        case "equivalent":
            if said.bounds is None:
                return f"the same within {margin} points"
            bound = said.bounds.small if small else said.bounds.large
            least = number(100 * bound.margin, 1)
            return f"the same within {margin} points: a change of {least} or more is excluded"
        case "unclear" if delta.low > 0 or delta.high < 0:
            return "open: with two values of k, one 97.5% interval has to exclude 0"
        case "unclear":
            return f"open: neither a change nor equivalence within {margin} points is shown"
        case "up" | "down":
            return STATES[stands]
    return ""


def _novel(name: str, test: Novel, group: str, solver: str, solved: str | b.Count) -> b.Figure:
    """One test: how many problems show it; else who was ``solved`` by one only, and why."""
    p, odds = p_value(test.p_value), f"{factor(test.max_odds)}-fold"
    if test.shown:
        least = f"{factor(test.excluded_odds)}-fold"
        note = f"no change of the odds by up to {least} explains them ({p} for {odds})"
        return b.Figure(name, b.Counted(b.Count(test.problems, group)), note)
    if str(solved) == "0":
        return b.Figure(name, "none", f"no problem is solved by {solver} only")
    explained = f"a change of the odds of up to {odds} can explain that ({p})"
    moved = (solved, f" solved by {solver} only; ") if solved else ()
    return b.Figure(name, "none shown", b.Counted(*moved, explained))


def novel_figures(
    result: Comparison | SeedsComparison, coverage: Coverage | None = None
) -> list[b.Figure]:
    """The tests of new and of lost problems, with how many were gained and lost at all."""
    gained = count(coverage.gained, "gained") if coverage else ""
    lost = count(coverage.lost, "lost") if coverage else ""
    return [
        _novel("New problems", result.new, "new", "the trained policy", gained),
        _novel("Lost problems", result.lost, "gone", "the base", lost),
    ]


def count(value: float, group: str) -> str | b.Count:
    """A count of problems; where the runs differ in n an expectation, which no problems are."""
    if float(value).is_integer():
        return b.Count(int(value), group)
    return f"about {value:,.1f}" if value >= LEAST else f"under {LEAST}"
