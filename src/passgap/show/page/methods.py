"""The methods in plain words, each with its source: what the page says under every result.

In: nothing. Out: rows of the page's last section but one.
"""

from __future__ import annotations

from typing import Any

PAPERS = "https://arxiv.org/abs/"
DECISIONS = "https://github.com/passgap/passgap/blob/main/docs/decisions/"

ALWAYS: list[dict[str, Any]] = [
    {
        "name": "pass@k",
        "text": "the share of problems that at least one of k independent tries solves, estimated "
        "without bias from n ≥ k draws. At k = 1 it is plain accuracy; at large k it is what the "
        "model can reach at all.",
        "links": [("2107.03374", f"{PAPERS}2107.03374"), ("2504.13837", f"{PAPERS}2504.13837")],
    },
    {
        "name": "Intervals",
        "text": "95 %, over problems: the problem is the unit that is drawn again, never the "
        "single completion. A band holds for all k at once.",
        "links": [("2411.00640", f"{PAPERS}2411.00640")],
    },
    {
        "name": "Luck",
        "text": "what guessing would solve within k tries, from how often wrong draws of other "
        "problems say this problem's answer.",
        "links": [("decision 8", f"{DECISIONS}0008-luck-is-floored-as-a-mean.md")],
    },
    {
        "name": "Tilt",
        "text": "every problem's odds times the same factor, exp(δ): what KL-regularised "
        "reinforcement learning with a verifiable reward does at its optimum. It moves problems "
        "that have some chance and leaves those without any.",
        "links": [("2503.06639", f"{PAPERS}2503.06639")],
    },
    {
        "name": "Groups that teach",
        "text": "GRPO compares completions of one problem with each other; a group that is all "
        "right or all wrong has no gradient.",
        "links": [("2402.03300", f"{PAPERS}2402.03300")],
    },
]
AFTER: list[dict[str, Any]] = [
    {
        "name": "Verdict",
        "text": "the paired difference at a small and at a large k, each up, down, equivalent "
        "within the margin, or unclear. “Expanded” is said only beyond what a tilt explains.",
        "links": [("decision 10", f"{DECISIONS}0010-expanded-beyond-the-band.md")],
    },
]


def methods(paired: bool) -> list[dict[str, Any]]:
    """The rows for a page of one run, or of two."""
    return [*ALWAYS, *(AFTER if paired else [])]
