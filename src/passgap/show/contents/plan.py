"""What a claim needs and costs: a plan in, its contents out."""

from __future__ import annotations

from passgap.results.plan import Plan
from passgap.show.blocks import Block, Picture, Text
from passgap.show.charts.designs import plan_chart
from passgap.show.contents.parts import noted, present, table
from passgap.show.text import number


def blocks(plan: Plan) -> list[Block]:
    """Designs by their number of samples, the cheapest named."""
    best, attainable = plan.cheapest, [row for row in plan.designs if row.completions is not None]
    head = ("samples per problem", "problems", "completions", "tokens", "price")
    rows = [
        [number(one) for one in (row.n, row.problems, row.completions, row.tokens, row.price)]
        for row in plan.designs
    ]
    said = f"Cheapest: {number(best.problems)} problems, {best.n} samples each." if best else ""
    return present(
        Text(said, "strong") if said else None,
        Picture("plan", lambda: plan_chart(attainable)) if attainable else None,
        table(head, rows),
        noted(plan.notes),
    )
