"""What `compare` returns for runs that are not paired: what two samples of problems allow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from passgap.results.codec import IN_CURVE, Result
from passgap.results.comparison import Answered, ComparedWith, curve_lines
from passgap.results.estimates import Curve
from passgap.results.parts import Both, HistogramBin, Luck
from passgap.results.verdict import Verdict


@dataclass(frozen=True, repr=False)
class UnpairedComparison(Result):
    """The verdict on two samples of problems; print it, or use ``to_dict()``.

    Parameters
    ----------
    problems
        How many each policy was sampled on; the numbers may differ.
    delta
        The difference of the two means at each k, with pointwise intervals of two samples.
    """

    schema: ClassVar[str] = "passgap.compare_unpaired/1"

    verdict: Verdict
    settings: ComparedWith
    problems: Both[int]
    draws: Both[int]
    unscored: Both[int]
    base: Annotated[Curve, IN_CURVE]
    trained: Annotated[Curve, IN_CURVE]
    delta: Curve
    luck: Both[Luck | None]
    answered: Answered | None
    histogram: tuple[HistogramBin, ...]
    notes: tuple[str, ...]

    def __str__(self) -> str:
        size = f"{self.problems.base} and {self.problems.trained} problems, not paired"
        lines = [f"{self.verdict.label}  ({size})", *self.verdict.lines()]
        lines += curve_lines(self.base, self.trained, self.delta)
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])
