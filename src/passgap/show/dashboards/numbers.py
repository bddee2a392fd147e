"""What is sent of a watched run. In: `Watching`, held-out rows. Out: numbers by step and name."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from passgap.data.journals import HeldOutRow
from passgap.results.estimates import Estimate
from passgap.results.watching import Span, Watching

Numbers = Mapping[str, float]
PREFIX = "passgap"
NAMES = {
    "groups_mixed": "share of the groups with correct and incorrect completions, which teach",
    "groups_mixed_forecast": "that share by the base's counts, with --base",
    "solved": "share of the completions that are correct",
    "reward": "mean reward",
    "tokens": "mean length of a completion, in tokens",
    "truncated": "share of the completions that were cut at the token limit",
    "unscored": "share of the completions without a score",
    "problems_seen": "problems seen by then",
    "problems_solved": "problems solved at least once by then",
    "problems_never_solved": "problems seen and not solved by then",
    "problems_lost": "problems lost by then",
    "held_out/pass_at_K": "pass@K on held-out problems, where they are measured",
    "held_out/tokens": "mean length of those completions",
    "held_out/truncated": "share of them that was cut",
    "held_out/entropy": "mean of -log p per token, in nats",
    "held_out/answer_entropy": "entropy of the answers to a problem, in nats",
    "warnings": "early warnings, at the last step of each look",
    "warning/NAME": "1 for each of them",
}


def numbers(
    result: Watching, held_out: Sequence[HeldOutRow] = (), *, last: int | None = None
) -> dict[int, Numbers]:
    """The numbers up to step ``last`` (None: all) by step, the names as in ``NAMES`` below
    ``passgap/``; what is unknown is left out. The warnings are given to the last step."""
    found: dict[int, dict[str, float]] = {}
    for span in result.steps:
        found.setdefault(span.last_step, {}).update(_of_span(span))
    for row in held_out:
        found.setdefault(row.step, {}).update(_of_row(row))
    found = {step: of for step, of in found.items() if last is None or step <= last}
    if found:
        found[max(found)]["warnings"] = float(len(result.warnings))
        found[max(found)] |= {f"warning/{one.check}": 1.0 for one in result.warnings}
    return {step: _named(values) for step, values in sorted(found.items())}


def _of_span(span: Span) -> dict[str, float]:
    estimates: dict[str, Estimate | None] = {
        "groups_mixed": span.mixed,
        "groups_mixed_forecast": span.forecast.estimate if span.forecast else None,
        "solved": span.solved,
        "reward": span.reward,
        "tokens": span.length,
        "truncated": span.truncated,
    }
    return {name: one.value for name, one in estimates.items() if one is not None} | {
        "unscored": span.unscored / max(1, span.completions),
        "problems_seen": float(span.problems.seen),
        "problems_solved": float(span.problems.solved),
        "problems_never_solved": float(span.problems.never_solved),
        "problems_lost": float(span.problems.lost),
    }


def _of_row(row: HeldOutRow) -> dict[str, float]:
    curve = {f"held_out/pass_at_{point.k}": point.value for point in row.curve}
    more = {
        "held_out/tokens": row.completion_length,
        "held_out/truncated": row.truncated_share,
        "held_out/entropy": row.entropy,
        "held_out/answer_entropy": row.answer_entropy,
    }
    return {name: float(value) for name, value in (curve | more).items() if value is not None}


def _named(values: Mapping[str, float]) -> dict[str, float]:
    return {f"{PREFIX}/{name}": value for name, value in values.items() if math.isfinite(value)}
