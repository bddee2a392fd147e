"""``passgap plan``: a pilot's run or counts in, how many problems and samples a claim needs out."""

from __future__ import annotations

from typing import Annotated, Any, cast

import typer

from passgap.cli import flags
from passgap.cli.command import AS_IN_PYTHON, command
from passgap.cli.flags.verdict import KSmall
from passgap.plain import json_text, visible


@command(defaults="passgap:plan")
def plan(
    pilot: Annotated[
        str, typer.Argument(metavar="PILOT", help="Run folder or counts file of the base.")
    ],
    goal: Annotated[
        str, typer.Option(help="headroom (before training) or difference (after).")
    ] = AS_IN_PYTHON,
    half_width: Annotated[
        float | None, typer.Option(help="headroom: half its 95% interval, such as 0.03.")
    ] = AS_IN_PYTHON,
    delta: Annotated[
        float | None, typer.Option(help="difference: the tilt to be told from none.")
    ] = AS_IN_PYTHON,
    margin: Annotated[
        float | None, typer.Option(help="difference: to be shown equivalent within.")
    ] = AS_IN_PYTHON,
    power: Annotated[float, typer.Option(help="Chance that the claim succeeds.")] = AS_IN_PYTHON,
    problems: Annotated[
        int | None, typer.Option(help="Problems at hand; a plan for more is not offered.")
    ] = AS_IN_PYTHON,
    draws: Annotated[
        list[int] | None, typer.Option("-n", "--draws", help="An n to consider; repeatable.")
    ] = None,
    k_small: KSmall = AS_IN_PYTHON,
    k_large: Annotated[
        int | None,
        typer.Option(metavar="K", help="The large k; default: 20 (headroom), 64 (difference)."),
    ] = AS_IN_PYTHON,
    tokens: Annotated[
        float | None, typer.Option(help="Mean tokens of a completion.")
    ] = AS_IN_PYTHON,
    price: Annotated[
        float | None, typer.Option(help="Price of a million tokens, in any currency.")
    ] = AS_IN_PYTHON,
    json_: flags.Json = False,
) -> None:
    """How many problems and samples a claim needs, from a pilot, and what they cost.

    Example: passgap plan runs/pilot --half-width 0.03 --tokens 600 --price 0.4
    """
    from passgap.analysis.plan import plan as planned
    from passgap.stages.counting import read_counts

    result = planned(
        read_counts(pilot),
        goal=cast("Any", goal),
        half_width=half_width,
        delta=delta,
        margin=margin,
        power=power,
        problems=problems,
        draws=draws or (),
        k_small=k_small,
        k_large=k_large,
        tokens=tokens,
        price=price,
    )
    print(json_text(result.to_dict()) if json_ else visible(result))
