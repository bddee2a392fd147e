"""What a claim needs and costs: a plan in, its contents out."""

from __future__ import annotations

from passgap.results.plan import Plan
from passgap.show.blocks import Block, Picture, Text
from passgap.show.charts.designs import plan_chart
from passgap.show.contents.parts import noted, present, table
from passgap.show.text import number

RANGE = "Bars: from the smallest number of problems that may be enough to the number in the plan."


def blocks(plan: Plan) -> list[Block]:
    """The claim and its designs, the cheapest named."""
    best, attainable = plan.cheapest, [row for row in plan.designs if row.completions is not None]
    seeds = f"{best.seeds} training seeds, " if best and best.seeds else ""
    said = (
        f"Cheapest: {seeds}{number(best.problems)} problems, {best.n} samples each." if best else ""
    )
    by_seeds = bool(plan.settings.seeds)
    return present(
        Text(plan.claim()),
        Text(said, "strong") if said else None,
        Picture("plan", lambda: plan_chart(attainable, by_seeds=by_seeds), RANGE)
        if attainable
        else None,
        table(*plan.table()),
        noted(plan.notes),
    )
