"""What `keep` returns: the checkpoint to keep, what it gains, and what finding it cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from passgap.results.codec import Result
from passgap.results.estimates import Estimate
from passgap.results.settings import KeepSettings


@dataclass(frozen=True)
class Tried:
    """One checkpoint: its draws per problem, its pass@k, its gain over the base.

    Both numbers come from the draws that decided how far it was sampled. ``folds`` counts the folds
    whose other problems chose it.
    """

    step: int
    policy: str
    draws: int
    passes: Estimate
    gain: Estimate
    folds: int


@dataclass(frozen=True, repr=False)
class Kept(Result):
    """The checkpoint to keep; print it, or use ``to_dict()``.

    ``corrected`` is its gain over the base at k on problems that had no part in the choice.
    ``alike`` are the steps, sampled as often, that are not distinguished from it. ``draws`` are all
    draws of base and checkpoints, ``uniform`` those of a design without rounds.
    """

    schema: ClassVar[str] = "passgap.keep/1"

    settings: KeepSettings
    problems: int
    step: int
    policy: str
    corrected: Estimate
    alike: tuple[int, ...]
    base: Estimate
    checkpoints: tuple[Tried, ...]
    draws: int
    uniform: int
    notes: tuple[str, ...]

    @property
    def is_better(self) -> bool:
        """Whether the corrected gain is shown to be above 0."""
        return self.corrected.low > 0

    def headline(self) -> str:
        """Which step to keep."""
        k = self.settings.k
        if self.is_better:
            return f"keep step {self.step}: the best at pass@{k}"
        return (
            f"keep the base: step {self.step} is the best of the checkpoints at pass@{k}, but not "
            "shown to be better than the base"
        )

    def __str__(self) -> str:
        lines = [f"{self.headline()}  ({self.problems} problems)"]
        lines += [f"  gain corrected for the choice: {self.corrected}"]
        lines += [f"  {self.draws:,} samples; {self.uniform:,} without rounds"]
        lines += [f"  step    samples  pass@{self.settings.k:<5}  chosen in folds"]
        lines += [
            f"  {one.step:<7} {one.draws:<8} {one.passes.value:<10.3f}  {one.folds}"
            for one in self.checkpoints
        ]
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])
