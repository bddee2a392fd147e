"""What `compare_by` returns: a verdict per slice, and over all slices in two weightings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from passgap.results.codec import SHOWN, Result
from passgap.results.comparison import ComparedWith, Comparison, Novel
from passgap.results.parts import At
from passgap.results.verdict import Verdict

EQUAL, BY_PROBLEMS = "equal weights, 95%", "by problems, 95%"


@dataclass(frozen=True)
class Slice:
    """The problems with one value of the field, or of one benchmark.

    Parameters
    ----------
    name
        The value.
    problems
        How many.
    small, large
        The differences at both deciding k; their intervals hold for all slices at once.
    verdict, new, lost
        None where the problems are too few to be judged.
    """

    name: str
    problems: int
    small: At
    large: At
    verdict: Verdict | None
    new: Novel | None
    lost: Novel | None


@dataclass(frozen=True)
class Pooled:
    """All judged slices together, each with the same weight; the intervals are 95% ones."""

    slices: int
    problems: int
    small: At
    large: At
    verdict: Verdict


@dataclass(frozen=True)
class Line:
    """A line of the table: a slice, or all of them."""

    name: str
    problems: int
    small: At
    large: At
    verdict: Verdict | None

    @property
    def label(self) -> str:
        """Its label, or "too few" for a slice with too few problems."""
        return "too few" if self.verdict is None else str(self.verdict.label)


@dataclass(frozen=True, repr=False)
class Slices(Result):
    """The verdict in each slice of the problems; print it, or use ``to_dict()``.

    Parameters
    ----------
    by
        The field whose values define the slices, or ``benchmark``.
    slices
        Sorted by the difference at the large k, largest first; benchmarks in the order given.
    slice_confidence_level
        Confidence level of the slices' intervals: 1 - .05 / S for S judged slices.
    by_slices
        Every judged slice with the same weight.
    by_problems
        Every problem with the same weight: the comparison itself.
    """

    schema: ClassVar[str] = "passgap.compare_by/1"

    by: str
    slices: tuple[Slice, ...]
    slice_confidence_level: float
    by_slices: Pooled
    by_problems: Comparison
    notes: tuple[str, ...]

    @property
    def verdict(self) -> Annotated[Verdict, SHOWN]:
        """The verdict over all problems."""
        return self.by_problems.verdict

    @property
    def settings(self) -> Annotated[ComparedWith, SHOWN]:
        """The settings of the comparison."""
        return self.by_problems.settings

    def lines(self) -> Iterator[Line]:
        """The rows of a table of slices: each slice, then both pooled lines."""
        whole, pooled = self.by_problems, self.by_slices
        for one in self.slices:
            yield Line(one.name, one.problems, one.small, one.large, one.verdict)
        yield Line(EQUAL, pooled.problems, pooled.small, pooled.large, pooled.verdict)
        ks = whole.settings.k_small, whole.settings.k_large
        small, large = (At(k, whole.delta.at(k)) for k in ks)
        yield Line(BY_PROBLEMS, whole.problems, small, large, self.verdict)

    def __str__(self) -> str:
        rows, level = list(self.lines()), f"{100 * self.slice_confidence_level:.4g}%"
        width = max(len(row.name) for row in rows)
        lines = [f"{self.verdict.label}  ({self.by_problems.problems} problems by {self.by})"]
        lines += [f"  differences in points at two k; each {self.by} with its {level} interval"]
        for row in rows:
            both = "  ".join(f"k={at.k:<3} {_points(at)}" for at in (row.small, row.large))
            lines.append(f"  {row.name:<{width}}  {row.problems:>6}  {both}  {row.label}")
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])


def _points(at: At) -> str:
    one = at.estimate
    value, low, high = (f"{100 * end:+.1f}" for end in (one.value, one.low, one.high))
    return f"{value:>6} {f'({low} to {high})':<18}"
