"""Could the base have done it: a reach result in, its contents out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from passgap.results.reach import Perplexity, Reach, ReachRow
from passgap.show.blocks import (
    Block,
    Count,
    Folded,
    Picture,
    Section,
    Table,
    Text,
    VerdictBlock,
    filled,
    joined,
)
from passgap.show.charts.designs import CLASSES, reach_chart
from passgap.show.contents.parts import details, noted, present, small, table, verdict_block
from passgap.show.text import estimated, interval, known, number, percent

FROM_BOTH_SIDES = "Bounds on the base's success probability."
MOST = 20  # problems listed
BOUNDS = (
    "Problems that the base never solved and the trained policy did. The lower bound comes from "
    "the trained policy's own correct completions, weighted by how likely the base is to draw "
    "them; the upper bound comes from the base's failures."
)


def blocks(result: Reach) -> list[Block]:
    """Everything to show of a reach result."""
    return [verdict(result), *_below(result)]


def section(result: Reach | None) -> Section | None:
    """The same as a section of a page."""
    if result is None:
        return None
    return Section("Could the base have done it?", blocks(result))


def verdict(result: Reach) -> VerdictBlock:
    """The verdict with its numbers."""
    classes = {name: Count(count, name) for name, count in vars(result.classes).items()}
    fields = {"gained": f"{result.gained:,}", "budget": f"{result.settings.budget:,}", **classes}
    sentence = filled(result.verdict.label.sentence, fields)
    return verdict_block(result.verdict, "Could the base", sentence)


def _below(result: Reach) -> list[Block]:
    gained = gained_table(result.rows)
    second = present(details(_details(result)), perplexity_table(result.perplexity or ()))
    return present(
        Text(BOUNDS) if gained else None,
        Picture("reach", lambda: reach_chart(result.rows), _shown(result)) if gained else None,
        gained,
        Folded("Calibration, amplification, perplexity", second) if second else None,
        noted(result.notes),
    )


def _shown(result: Reach) -> str:
    """How many bars lie wholly on either side of the budget."""
    rows, budget = result.rows, f"{result.settings.budget:,}"
    above = sum(one.label == "reachable" for one in rows)
    below = sum(one.label == "beyond_budget" for one in rows)
    return joined(
        f"Of {len(rows)} {'bar' if len(rows) == 1 else 'bars'}, {above} say that {budget} samples "
        f"of the base are enough and {below} that they are not.",
        FROM_BOTH_SIDES,
    )


def gained_table(rows: Sequence[ReachRow]) -> Table | None:
    """The gained problems, the surest first: what the base's success probability must be."""
    head = ("problem", "the base's p is", "at least", "at most", "trained, correct", "base samples")
    cells = [
        [
            row.problem_id,
            CLASSES[row.label],
            small(row.low),
            small(row.high),
            f"{row.trained_c} of {row.trained_n}",
            f"0 of {row.base_n}",
        ]
        for row in rows[:MOST]
    ]
    more = len(rows) - MOST
    if more > 0:
        cells.append([f"and {more} more", *[""] * 5])
    return table(head, cells, (0, 1))


def _details(result: Reach) -> Iterator[Sequence[object]]:
    """How far the bounds can be trusted, and what training did to the base's own completions."""
    found = result.calibration
    if found.problems:
        share = number(found.median_share_of_rate)
        note = f"the bound is {share} of the base's own rate, as the median over these problems"
        value = f"{found.contradicted} of {found.problems}"
        yield "bounds contradicted where the base did solve it", value, note
    amplified = result.amplification
    if amplified is not None and known(amplified.mean_log_gain.value):
        gain, share = amplified.mean_log_gain, percent(amplified.amplified_share.value)
        note = f"{interval(gain, number)}; {share} of them became more likely"
        name = "the base's correct completions, log-probability gained, nats"
        yield name, number(gain.value), note
    mass = result.rare_mass
    if mass is not None and known(mass.trained.value):
        name = (
            f"the trained policy's samples that the base gives less than 1 in {number(mass.budget)}"
        )
        note = f"{interval(mass.trained)}; of the base's own samples {estimated(mass.base)}"
        yield name, percent(mass.trained.value), note


def perplexity_table(rows: Sequence[Perplexity]) -> Table | None:
    """How likely each policy finds each one's completions: as arXiv 2504.13837 asks it."""
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        quartiles = f"{number(row.quantile_25)} to {number(row.quantile_75)}"
        found.setdefault(row.texts, {})[row.under] = f"{number(row.median)} ({quartiles})"
    head = ("perplexity per token, median and quartiles", "under the base", "under the trained")
    return table(head, ([name, by["base"], by["trained"]] for name, by in found.items()))
