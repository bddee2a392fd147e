"""pass^k, the share of problems whose k tries are all correct: in, a probe or a comparison.

Out: its numbers, folded below those of pass@k.
"""

from __future__ import annotations

from passgap.results.comparison import AllOfK
from passgap.results.estimates import Curve, Estimate
from passgap.show.blocks import Folded, Text
from passgap.show.contents.parts import ROLES, curve_table, present, table, tries
from passgap.show.text import changed, estimated, points

TITLE = "pass^k: all of k tries right"
MEANS = (
    "pass^k is the share of problems that k tries in a row would all solve: how reliable the model "
    "is, where pass@k is what it can reach. At k = 1 the two are equal."
)
CHANGES = {
    "up": "All of {tries} right rose: {by}.",
    "down": "All of {tries} right fell: {by}.",
    "unclear": "All of {tries} right is not shown to have moved: {by}.",
}


def of_one(curve: Curve) -> Folded:
    """One row per k, of one policy."""
    return Folded(TITLE, present(curve_table(curve, "pass^k"), Text(MEANS, "quiet")))


def of_pair(found: AllOfK) -> Folded:
    """Whether it rose or fell, then one row per k: both policies and the difference."""
    arms = found.base, found.trained
    rows = [
        [k, *(estimated(one.at(k)) for one in arms), changed(found.delta.at(k))]
        for k in map(int, found.delta.k)
    ]
    numbers = table(["k", *ROLES, "difference, points"], rows)
    return Folded(TITLE, present(Text(change(found)), numbers, Text(MEANS, "quiet")))


def change(found: AllOfK) -> str:
    """Whether pass^k rose or fell, in a sentence."""
    return CHANGES[found.change].format(tries=tries(found.k), by=_by(found.delta.at(found.k)))


def _by(one: Estimate) -> str:
    return estimated(one, points).replace(" (", " points (", 1)
