"""What `audit_features` returns: which cheap features go with the marks, before and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np

from passgap.plain import plural
from passgap.results.codec import OPTIONAL, SHOWN, Encoded, Result
from passgap.results.estimates import Estimate

LEAST = 0.1  # the right sample has more in at least 55% of the pairs


@dataclass(frozen=True)
class Associated(Encoded):
    """A feature among the samples of one run.

    ``association``, in [-1, 1]: over pairs of a right and a wrong sample of one problem, the share
    in which the right one has more minus the share in which it has less. ``p_value`` is the chance
    that any feature is associated as much if none is; ``above_floor`` where it is at most 5%.
    ``mean`` is over problems.
    """

    mean: float
    association: Estimate
    p_value: float
    above_floor: bool


@dataclass(frozen=True)
class FeatureRow(Encoded):
    """A feature in the base, and after training with its changes.

    ``change`` is that of the mean, over problems; ``moved`` says that it is shown: at 5% for all
    features above the floor together, and at 5% for all others. ``association_change`` is trained
    minus base.
    """

    name: str
    base: Associated
    trained: Annotated[Associated | None, OPTIONAL] = None
    change: Annotated[Estimate | None, OPTIONAL] = None
    association_change: Annotated[Estimate | None, OPTIONAL] = None
    moved: Annotated[bool | None, OPTIONAL] = None

    @property
    def with_reward(self) -> Annotated[bool, SHOWN]:
        """Whether training is shown to have moved it to where the base's marks paid it.

        Only for an association of at least `LEAST`: with many samples a smaller one is shown too.
        """
        if not self.moved or self.change is None or not self.base.above_floor:
            return False
        paid = self.base.association.value
        return abs(paid) >= LEAST and bool(np.sign(self.change.value) == np.sign(paid))


@dataclass(frozen=True)
class Sizes(Encoded):
    """What the associations of one run rest on: samples of problems with both marks."""

    samples: int
    problems: int


@dataclass(frozen=True, repr=False)
class FeatureAudit(Result):
    """All features, the strongest first: those that moved with the reward, then by association."""

    schema: ClassVar[str] = "passgap.audit_features/1"

    runs: tuple[str, ...]
    base: Sizes
    trained: Sizes | None
    permutations: int
    seed: int
    rows: tuple[FeatureRow, ...]
    notes: tuple[str, ...]

    @property
    def above_floor(self) -> tuple[FeatureRow, ...]:
        """The features whose association in the base is above the floor."""
        return tuple(row for row in self.rows if row.base.above_floor)

    @property
    def with_reward(self) -> tuple[FeatureRow, ...]:
        """The features that moved to where the base's marks paid them."""
        return tuple(row for row in self.rows if row.with_reward)

    def __str__(self) -> str:
        head = f"{' and '.join(self.runs)}: {plural(len(self.rows), 'feature')}"
        lines = [f"  {row.name:<32}{row.base.association.value:+.2f}" for row in self.above_floor]
        return "\n".join([head, *lines])
