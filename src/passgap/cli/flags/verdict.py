"""The flags of a verdict: which k, which interval, what counts as no difference, what to accept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, cast

from passgap.cli.command import flag

if TYPE_CHECKING:
    from passgap.evidence.options import CompareOptions

KSmall = Annotated[int, flag("The small k.", "K")]
KLarge = Annotated[int, flag("The large k.", "K")]
IntervalName = Annotated[
    str,
    flag(
        "population: the problems stand for others like them; fixed: these very problems.", "KIND"
    ),
]
FalsePositives = Annotated[
    float | None,
    flag("Chance that the verifier accepts a wrong completion; default: as audited on the run."),
]
AcceptLuck = Annotated[bool, flag("Give a verdict where guessing explains most of it.")]
AcceptUnscored = Annotated[bool, flag("Give a verdict with more than 2% unscored.")]


@dataclass(frozen=True, kw_only=True)
class VerdictFlags:
    """Verdict"""

    k_small: KSmall
    k_large: Annotated[int | None, flag("The large k; default: at most half the samples.", "K")]
    margin: Annotated[float, flag("A difference within +-margin counts as none.")]
    interval: IntervalName
    budget: Annotated[
        int,
        flag(
            "Samples per problem beyond which the base counts as unable: for gains where it "
            "solved next to nothing.",
            "N",
        ),
    ]
    intersect: Annotated[bool, flag("Compare only the problems that both hold.")]
    allow_different_prompts: Annotated[bool, flag("Compare across prompts or settings.")]
    accept_trained_on: Annotated[bool, flag("Give a verdict on problems trained on.")]
    accept_luck: AcceptLuck
    accept_unscored: AcceptUnscored
    false_positive_rate: FalsePositives
    seed: Annotated[int, flag("Seed of the intervals.")]

    def settings(self) -> CompareOptions:
        """The settings of a comparison: the flags have the names that they have in Python."""
        return cast("CompareOptions", dict(vars(self)))

    def accepted(self) -> set[str]:
        """The data checks between two runs that these flags accept."""
        from passgap.checks import accepted

        return accepted(
            intersect=self.intersect, allow_different_prompts=self.allow_different_prompts
        )
