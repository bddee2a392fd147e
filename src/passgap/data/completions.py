"""Completions: what one engine call is asked for, and one draw from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, cast, get_args

from passgap.data.identity import digest

FinishReason = Literal["stop", "length"]
Refusal = Literal["prompt_too_long", "filtered"]  # a draw that a server refused: it is unscored
REFUSALS: tuple[Refusal, ...] = get_args(Refusal)


@dataclass(frozen=True)
class Block:
    """The unit of owed work: draws ``first_draw .. first_draw + size - 1`` of some problems.

    One engine call computes one block with one seed, and its completions land together. Engines
    that take a seed for each request use ``draw_seed`` instead.
    """

    problem_ids: tuple[str, ...]
    first_draw: int
    size: int
    seed: int
    run_seed: int = 0

    @cached_property
    def problems(self) -> str:
        """The digest of its problems' ids."""
        return digest(list(self.problem_ids))

    @property
    def completions(self) -> int:
        """The number of completions."""
        return len(self.problem_ids) * self.size

    def draw_seed(self, problem_id: str, *, bits: int = 60) -> int:
        """The seed of this block's first draw of a problem, below ``2**bits``.

        Each further draw adds one, as servers do with a request's seed: so all draws of a problem
        have different seeds, whichever block or top-up they belong to.
        """
        base = int(digest([self.run_seed, problem_id])[:15], 16) >> (60 - (bits - 4))
        return base + self.first_draw


@dataclass(frozen=True)
class Completion:
    """One draw. ``token_ids`` holds the end token when it was drawn; ``logprob`` (nats) is the
    log-probability of the whole sequence under the settings used, nan where unknown. If a server
    returns no ids, they are empty and ``token_count`` is set, or 0 if it returns neither."""

    problem_id: str
    draw: int
    text: str
    token_ids: tuple[int, ...]
    finish_reason: FinishReason | Refusal
    logprob: float = float("nan")
    token_count: int = -1

    @property
    def ended(self) -> FinishReason:
        """How a drawn text ended. Raises ValueError for one that a server refused to draw."""
        if self.finish_reason in REFUSALS:
            raise ValueError(f"draw {self.draw} of {self.problem_id} was {self.finish_reason}")
        return cast(FinishReason, self.finish_reason)

    def __post_init__(self) -> None:
        if self.token_count < 0:
            object.__setattr__(self, "token_count", len(self.token_ids))


def cut_at_stop(text: str, stop: Sequence[str]) -> str:
    """``text`` up to the first stop string, which is left out."""
    ends = [text.find(s) for s in stop if s in text]
    return text[: min(ends)] if ends else text
