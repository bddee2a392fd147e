"""Forecasts that were committed before their training began, beside what came.

In: the folder that ``bench/forecast_ahead.sh`` writes: ``NAME.json``, the forecast, and the counts
of base and trained policy, ``NAME-base.csv`` and ``NAME-trained.csv``. Out: a table in Markdown.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from passgap.data.counts import Counts
from passgap.stages.counting import read_counts
from passgap.stats import pass_at_k

KEPT = Path(__file__).parents[1] / "docs/results/forecast/ahead"
NAMES = {
    "world": "a base of the lab with a seed of its own, GRPO 125 steps x 256 samples",
    "smollm2": "SmolLM2-135M-Instruct (Q4), sums of one digit, GRPO 60 steps x 64 samples",
}
HEAD = (
    "| training | problems x samples | pass@ | base | forecast (90%) | came (standard error) "
    "| error, points | within |\n| :-- | --: | --: | --: | --: | --: | --: | :-- |"
)


def ahead_table(folder: Path = KEPT) -> str:
    """A row for each training and k."""
    return "\n".join([HEAD, *(row for name in NAMES for row in _rows(folder, name))])


def _rows(folder: Path, name: str) -> Iterator[str]:
    said = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))["forecast"]
    base = read_counts(folder / f"{name}-base.csv")
    place = folder / f"{name}-trained.csv"
    trained = read_counts(place) if place.is_file() else None
    if trained is not None and base.problem_id != trained.problem_id:
        raise ValueError(f"{name}: base and trained have different problems")
    size = f"{len(base.problem_id)} x {base.n.min()}"
    large = said["pass_at_k"]
    for k, told in ((1, said["pass_at_1"]), (large["k"], large)):
        before, _ = _mean(base, k)
        row = f"| {NAMES[name]} | {size} | {k} | {before:.1%} | {_shown(told)} |"
        if trained is None:
            yield f"{row} still in training | | |"
            continue
        came, error = _mean(trained, k)
        within = "yes" if told["low"] <= came <= told["high"] else "no"
        off = f"{100 * (told['value'] - came):+.1f}".replace("-", "−")
        yield f"{row} {came:.1%} ({error:.1%}) | {off} | {within} |"


def _shown(told: dict[str, float]) -> str:
    return f"{told['value']:.1%} ({told['low']:.1%} to {told['high']:.1%})"


def _mean(counts: Counts, k: int) -> tuple[float, float]:
    """The mean over problems of pass@k, and its standard error."""
    each = pass_at_k(counts.n, counts.c, k)
    return float(each.mean()), float(each.std(ddof=1) / np.sqrt(len(each)))
