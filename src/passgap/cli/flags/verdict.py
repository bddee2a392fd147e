"""The flags of a verdict: which k, which interval, what counts as no difference, what to accept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from passgap.cli.command import AS_IN_PYTHON
from passgap.errors import UsageError

if TYPE_CHECKING:
    from passgap.results.parts import Interval

KSmall = Annotated[int, typer.Option(metavar="K", help="The small k.")]
KLarge = Annotated[int, typer.Option(metavar="K", help="The large k.")]
IntervalName = Annotated[
    str,
    typer.Option(
        "--interval",
        metavar="KIND",
        help="population: the problems stand for others like them; fixed: these very problems.",
    ),
]
FalsePositives = Annotated[
    float | None,
    typer.Option(
        help="Chance that the verifier accepts a wrong completion; default: as audited on the run.",
    ),
]
AcceptLuck = Annotated[
    bool, typer.Option(help="Give a verdict where guessing explains most of it.")
]
AcceptUnscored = Annotated[
    bool,
    typer.Option(help="Give a verdict with more than 2% unscored."),
]


@dataclass(frozen=True)
class VerdictFlags:
    """Verdict"""

    k_small: KSmall = AS_IN_PYTHON
    k_large: Annotated[
        int | None,
        typer.Option(metavar="K", help="The large k; default: at most half the samples."),
    ] = AS_IN_PYTHON
    margin: Annotated[float, typer.Option(help="A difference within +-margin counts as none.")] = (
        AS_IN_PYTHON
    )
    interval: IntervalName = AS_IN_PYTHON
    budget: Annotated[
        int,
        typer.Option(
            metavar="N",
            help="Samples per problem beyond which the base counts as unable: for gains where it "
            "solved next to nothing.",
        ),
    ] = AS_IN_PYTHON
    intersect: Annotated[bool, typer.Option(help="Compare only the problems that both hold.")] = (
        False
    )
    allow_different_prompts: Annotated[
        bool,
        typer.Option(help="Compare across prompts or settings."),
    ] = False
    accept_trained_on: Annotated[
        bool,
        typer.Option(help="Give a verdict on problems trained on."),
    ] = False
    accept_luck: AcceptLuck = False
    accept_unscored: AcceptUnscored = False
    false_positive_rate: FalsePositives = None
    seed: Annotated[int, typer.Option(help="Seed of the intervals.")] = AS_IN_PYTHON

    def settings(self) -> dict[str, Any]:
        """The settings of a comparison by the names they have in Python."""
        check_interval(self.interval)
        return dict(vars(self))

    def accepted(self) -> set[str]:
        """The data checks between two runs that these flags accept."""
        from passgap.checks import accepted

        return accepted(
            intersect=self.intersect, allow_different_prompts=self.allow_different_prompts
        )


def check_interval(name: str) -> Interval:
    """An interval's kind.

    Raises
    ------
    UsageError
        For another name.
    """
    if name not in ("population", "fixed"):
        raise UsageError(f"--interval {name!r}; allowed: population, fixed")
    return cast("Interval", name)
