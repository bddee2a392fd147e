"""What `compare_seeds` returns: the verdict on a training recipe, with each seed's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from passgap.results.codec import IN_CURVE, Result
from passgap.results.comparison import ComparedWith, Novel
from passgap.results.estimates import Curve
from passgap.results.parts import At
from passgap.results.verdict import Verdict


@dataclass(frozen=True)
class TrainingSeed:
    """One training seed's own comparison: its verdict and its differences at both deciding k."""

    policy: str
    verdict: Verdict
    delta: tuple[At, ...]


@dataclass(frozen=True, repr=False)
class SeedsComparison(Result):
    """The verdict on a recipe, with each seed's own; print it, or use ``to_dict()``."""

    schema: ClassVar[str] = "passgap.compare_seeds/1"

    verdict: Verdict
    settings: ComparedWith
    problems: int
    base: Annotated[Curve, IN_CURVE]
    trained: Annotated[Curve, IN_CURVE]
    delta: Curve
    seeds: tuple[TrainingSeed, ...]
    new: Novel
    lost: Novel
    notes: tuple[str, ...]

    def __str__(self) -> str:
        lines = [f"{self.verdict.label}  ({self.problems} problems, {len(self.seeds)} seeds)"]
        lines += self.verdict.lines()
        lines += [f"  {row.policy}: {row.verdict.label}" for row in self.seeds]
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])
