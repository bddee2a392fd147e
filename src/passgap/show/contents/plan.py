"""What a claim needs and costs: a plan in, its contents out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passgap.results.plan import Plan
from passgap.show.blocks import Block, Picture, Text
from passgap.show.contents.parts import noted, present, table
from passgap.show.text import number

if TYPE_CHECKING:
    from passgap.show.charts.parts import Chart


def blocks(plan: Plan) -> list[Block]:
    """Designs by their number of samples, the cheapest named."""
    best, attainable = plan.cheapest, [row for row in plan.designs if row.completions is not None]

    def draw() -> Chart:
        from passgap.show.charts.designs import plan_chart

        return plan_chart(attainable)

    head = ("samples per problem", "problems", "completions", "tokens", "price")
    rows = [
        [number(one) for one in (row.n, row.problems, row.completions, row.tokens, row.price)]
        for row in plan.designs
    ]
    said = f"Cheapest: {number(best.problems)} problems, {best.n} samples each." if best else ""
    return present(
        Text(said, "strong") if said else None,
        Picture("plan", draw) if attainable else None,
        table(head, rows),
        noted(plan.notes),
    )
