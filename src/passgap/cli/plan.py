"""``passgap plan``: what a claim needs and costs, from a pilot's run or counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, cast

from passgap.cli.command import argument, command, flag
from passgap.cli.flags import KSmall, OutputFlags
from passgap.cli.printing import print_one

if TYPE_CHECKING:
    from passgap.results.settings import Goal


@command(
    defaults="passgap:plan",
    shown="goal half-width delta margin power problems draws k-small k-large seeds seed-spread "
    "seed tokens price full json markdown",
)
def plan(
    pilot: Annotated[str, argument("PILOT", "Run folder or counts file of the base.")],
    *,
    goal: Annotated[str, flag("headroom (before training) or difference (after).")],
    half_width: Annotated[
        float | None, flag("headroom: half-width of its 95% interval, such as 0.03.")
    ],
    delta: Annotated[float | None, flag("difference: the tilt to detect.")],
    margin: Annotated[
        float | None, flag("difference: equivalence margin, to show that nothing changed.")
    ],
    power: Annotated[float, flag("Probability that the claim succeeds.")],
    problems: Annotated[
        int | None, flag("Number of problems available; plans for more are not shown.")
    ],
    draws: Annotated[
        list[int],
        flag("An n (samples per problem) to consider; repeatable.", typed=("-n", "--draws")),
    ],
    k_small: KSmall,
    k_large: Annotated[
        int | None, flag("The large k; default: 20 (headroom), 64 (difference).", "K")
    ],
    seeds: Annotated[
        list[int], flag("difference: a number of training seeds to consider; repeatable.")
    ],
    seed_spread: Annotated[
        float | None,
        flag("difference: standard deviation of pass@K between training seeds, such as 0.02."),
    ],
    seed: Annotated[int, flag("Seed of the resampled pilots.")],
    tokens: Annotated[float | None, flag("Mean tokens per completion.")],
    price: Annotated[float | None, flag("Price per million tokens, in any currency.")],
    output: OutputFlags,
) -> None:
    """How many problems, samples and seeds a claim needs, from a pilot, and the cost.

    Example: passgap plan runs/pilot --half-width 0.03 --tokens 600 --price 0.4
    """
    from passgap.evidence.doors import plan as planned

    result = planned(
        pilot,
        goal=cast("Goal", goal),
        half_width=half_width,
        delta=delta,
        margin=margin,
        power=power,
        problems=problems,
        draws=draws,
        k_small=k_small,
        k_large=k_large,
        seeds=seeds,
        seed_spread=seed_spread,
        seed=seed,
        tokens=tokens,
        price=price,
    )
    print_one(result, output)
