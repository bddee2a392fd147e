"""What `reach` returns: could the base have solved what only the trained policy did?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, get_args

from passgap.results.codec import OPTIONAL, SHOWN, Named, Result
from passgap.results.estimates import Estimate
from passgap.results.settings import ReachSettings
from passgap.results.verdict import Verdict

Class = Literal["reachable", "beyond_budget", "undecided"]


@dataclass(frozen=True)
class ReachedWith(ReachSettings):
    """The settings, the level of each bound after the correction, and the scoring error."""

    level_of_each_bound: float = math.nan
    epsilon: float = 0.0


@dataclass(frozen=True)
class ReachRow:
    """One problem: bounds on the base's success probability, from both sides."""

    problem_id: str
    base_n: int
    trained_n: int
    trained_c: int
    low: float
    high: float
    effective_sample_size: float
    label: Annotated[Class, Named("class")]

    @property
    def base_needs_at_most(self) -> Annotated[float | None, SHOWN]:
        """Draws that give the base an even chance, by the lower bound; None where that is 0."""
        return math.log(2) / self.low if self.low > 0 else None


@dataclass(frozen=True)
class Classes:
    """How many of the gained problems are in each class."""

    reachable: int
    beyond_budget: int
    undecided: int

    @classmethod
    def of(cls, rows: Sequence[ReachRow]) -> Classes:
        """Count the rows of each class."""
        labels = [row.label for row in rows]
        return cls(*map(labels.count, get_args(Class)))


@dataclass(frozen=True)
class Calibration:
    """The same bound where the base did solve the problem, checked against its draws."""

    problems: int
    contradicted: int
    expected_at_most: float
    median_share_of_rate: float | None


@dataclass(frozen=True)
class Amplification:
    """How much training amplified the base's own correct completions: means over problems.

    ``impossible_now`` are completions that the trained policy cannot draw at all.
    """

    problems: int
    completions: int
    impossible_now: int
    mean_log_gain: Estimate
    amplified_share: Estimate


@dataclass(frozen=True)
class RareMass:
    """The share of each policy's completions to which the base gives less than 1/budget."""

    budget: int
    base: Estimate
    trained: Estimate


@dataclass(frozen=True)
class Perplexity:
    """Per-token perplexity of some texts under a policy: quartiles over completions."""

    texts: str
    under: str
    completions: int
    quantile_25: float
    median: float
    quantile_75: float


@dataclass(frozen=True, repr=False)
class Reach(Result):
    """Whether the base could have solved what only the trained policy did.

    ``amplification``, ``rare_mass`` and ``perplexity`` are known from runs, None from counts.
    """

    schema: ClassVar[str] = "passgap.reach/1"

    verdict: Verdict
    settings: ReachedWith
    problems: int
    rows: tuple[ReachRow, ...]
    calibration: Calibration
    amplification: Annotated[Amplification | None, OPTIONAL] = None
    rare_mass: Annotated[RareMass | None, OPTIONAL] = None
    perplexity: Annotated[tuple[Perplexity, ...] | None, OPTIONAL] = None
    notes: tuple[str, ...] = ()

    @property
    def gained(self) -> Annotated[int, SHOWN]:
        """Problems that only the trained policy solved."""
        return len(self.rows)

    @property
    def classes(self) -> Annotated[Classes, SHOWN]:
        """How many of the gained problems are in each class."""
        return Classes.of(self.rows)

    def __str__(self) -> str:
        lines = [f"{self.verdict.label}  ({self.problems} problems, {self.gained} gained)"]
        lines += self.verdict.lines()
        for row in self.rows:
            lines.append(
                f"  {row.problem_id}  {row.label:<13} {row.low:.2g} to {row.high:.2g}  "
                f"(trained {row.trained_c} of {row.trained_n}, base 0 of {row.base_n})"
            )
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])
