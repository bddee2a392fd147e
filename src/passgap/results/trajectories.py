"""What is known of trajectories besides right and wrong: how they ended, turns, cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from passgap.results.codec import IN_CURVE
from passgap.results.estimates import Curve, Estimate
from passgap.results.parts import Both


@dataclass(frozen=True)
class Endings:
    """How many samples were solved, wrong, wrong because time, turns or tokens ran out, and lost.

    ``lost`` are those that the infrastructure broke off: unscored, so not part of any estimate.
    """

    solved: int
    wrong: int
    ran_out: int
    lost: int


@dataclass(frozen=True)
class Effort:
    """The mean effort of one scored sample, and the effort spent per correct one."""

    per_try: Estimate
    per_success: Estimate


@dataclass(frozen=True)
class WithinTurns:
    """pass@k where only samples solved in at most ``turns`` turns count: PASS@(k,T)."""

    turns: int
    within: Annotated[Curve, IN_CURVE]


@dataclass(frozen=True)
class Trajectories:
    """What is known of a policy's trajectories; ``cost`` is in US dollars.

    ``turns`` and ``cost`` are None where they are not known for every scored sample, ``budgets`` is
    empty without turns (arXiv 2604.14877).
    """

    endings: Endings
    turns: Effort | None
    cost: Effort | None
    budgets: tuple[WithinTurns, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class TrajectoriesCompared:
    """The trajectories of both policies, on the problems that are compared.

    ``turns`` and ``cost`` are factors: what the trained policy spends per correct sample, divided
    by what the base spends; None where one of the two is not known.
    """

    each: Both[Trajectories]
    turns: Estimate | None
    cost: Estimate | None
