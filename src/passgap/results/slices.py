"""What `compare_by` gives: the verdict in each slice, and over all slices in two weightings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from passgap.results.codec import SHOWN, Result
from passgap.results.comparison import ComparedWith, Comparison, Novel
from passgap.results.parts import At
from passgap.results.verdict import Verdict


@dataclass(frozen=True)
class Slice:
    """The problems with one value of the field.

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
class Slices(Result):
    """The verdict in each slice of the problems; print it, or take ``to_dict()``.

    Parameters
    ----------
    by
        The field whose values make the slices.
    slices
        By the difference at the large k, greatest first.
    slice_confidence_level
        Of the slices' intervals: 1 - .05 / S for S judged slices.
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
        """What was compared with."""
        return self.by_problems.settings

    def __str__(self) -> str:
        whole, level = self.by_problems, f"{100 * self.slice_confidence_level:.4g}%"
        ks = whole.settings.k_small, whole.settings.k_large
        ends = At(ks[0], whole.delta.at(ks[0])), At(ks[1], whole.delta.at(ks[1]))
        rows: list[tuple[str, int, At, At, Verdict | None]]
        rows = [(one.name, one.problems, one.small, one.large, one.verdict) for one in self.slices]
        pooled = self.by_slices
        rows += [
            ("slices alike", pooled.problems, pooled.small, pooled.large, pooled.verdict),
            ("problems alike", whole.problems, *ends, self.verdict),
        ]
        width = max(len(row[0]) for row in rows)
        lines = [f"{self.verdict.label}  ({whole.problems} problems by {self.by})"]
        lines += [f"  differences in points at k={ks[0]} and k={ks[1]}, slices at {level}"]
        for name, problems, small, large, verdict in rows:
            both = "  ".join(_points(at) for at in (small, large))
            label = "too few" if verdict is None else verdict.label
            lines.append(f"  {name:<{width}}  {problems:>6}  {both}  {label}")
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])


def _points(at: At) -> str:
    one = at.estimate
    value, low, high = (f"{100 * end:+.1f}" for end in (one.value, one.low, one.high))
    return f"{value:>6} {f'({low} to {high})':<18}"
