"""What `select` returns: the problems that teach, a control set, and what is known of each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

from passgap.data.arrays import FloatArray, IntArray
from passgap.data.counts import Counts
from passgap.results.codec import HIDDEN, OPTIONAL, SHOWN, Named, Result
from passgap.results.estimates import Estimate
from passgap.results.settings import SelectSettings


@dataclass(frozen=True)
class SelectionArm:
    """A group of problems: how many, their observed rate, what to expect of them.

    ``raw_rate`` is the mean of c / n, ``pass_rate`` the rate expected on fresh draws, ``mixed`` the
    expected share of groups that are neither all right nor all wrong.
    """

    problems: int
    raw_rate: float
    pass_rate: Estimate
    mixed: Estimate


@dataclass(frozen=True)
class SelectionArms:
    """The chosen, the control, all; ``by_raw_rate`` is what the same rule chooses by c / n."""

    chosen: SelectionArm
    control: SelectionArm
    all: SelectionArm
    by_raw_rate: Annotated[SelectionArm | None, OPTIONAL] = None


@dataclass(frozen=True)
class SelectedProblem:
    """What is known about one problem: its counts, and the posterior of its p."""

    problem_id: str
    n: int
    c: int
    pass_rate: float
    low: float
    high: float
    in_band: float | None
    mixed: float


@dataclass(frozen=True, eq=False, repr=False)
class Selection(Result):
    """The problems that teach, the control, and what each problem's counts say about its p.

    Arrays have one entry per problem of ``counts``; ``chosen`` and ``control`` are rows, ascending.
    ``p`` is the posterior mean, ``p_low`` and ``p_high`` its 95% posterior interval, ``in_band``
    P(low <= p <= high), ``mixed`` the expected mixed@G.
    """

    schema: ClassVar[str] = "passgap.select/1"

    settings: SelectSettings
    counts: Annotated[Counts, HIDDEN]
    p: Annotated[FloatArray, HIDDEN]
    p_low: Annotated[FloatArray, HIDDEN]
    p_high: Annotated[FloatArray, HIDDEN]
    in_band: Annotated[FloatArray | None, HIDDEN]
    mixed: Annotated[FloatArray, HIDDEN]
    chosen: Annotated[IntArray, HIDDEN]
    control: Annotated[IntArray, HIDDEN]
    arms: SelectionArms
    notes: tuple[str, ...]

    @property
    def problems(self) -> Annotated[int, SHOWN]:
        """All problems that were chosen from."""
        return len(self.counts)

    @property
    def draws(self) -> Annotated[int, SHOWN]:
        """Draws of all problems, unscored ones too."""
        return int(self.counts.n.sum()) + self.unscored

    @property
    def unscored(self) -> Annotated[int, SHOWN]:
        """Draws that were left out."""
        return int(self.counts.unscored.sum())

    @property
    def rows(self) -> Annotated[tuple[SelectedProblem, ...], Named("chosen")]:
        """The chosen problems."""
        return tuple(self.row(int(i)) for i in self.chosen)

    @property
    def control_ids(self) -> Annotated[tuple[str, ...], Named("control")]:
        """The problems of the control."""
        return tuple(self.counts.problem_id[int(i)] for i in self.control)

    def row(self, i: int) -> SelectedProblem:
        """What is known about problem ``i``."""
        return SelectedProblem(
            problem_id=self.counts.problem_id[i],
            n=int(self.counts.n[i]),
            c=int(self.counts.c[i]),
            pass_rate=float(self.p[i]),
            low=float(self.p_low[i]),
            high=float(self.p_high[i]),
            in_band=None if self.in_band is None else float(self.in_band[i]),
            mixed=float(self.mixed[i]),
        )

    def headline(self) -> str:
        """How many were chosen, by which rule."""
        return f"{len(self.chosen)} of {len(self.counts)} problems chosen: {self._rule()}"

    def __str__(self) -> str:
        columns = "problems  raw rate  expected pass rate (95%)  expected mixed@"
        lines = [self.headline(), f"  {'':<13}{columns}{self.settings.group_size} (95%)"]
        for name, arm in vars(self.arms).items():
            if arm is not None:
                lines.append(
                    f"  {name.replace('_', ' '):<13}{arm.problems:>8}  {short(arm.raw_rate):>8}  "
                    f"{_interval(arm.pass_rate):<25}  {_interval(arm.mixed)}"
                )
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])

    def _rule(self) -> str:
        asked = self.settings
        band = f"more likely than not {asked.low} <= p <= {asked.high}"
        if asked.size is None:
            return band
        most = f"the greatest expected mixed@{asked.group_size}"
        return most if asked.low is None else f"{most} among those {band}"


def _interval(estimate: Estimate) -> str:
    return f"{estimate.value:.3f} ({estimate.low:.3f} to {estimate.high:.3f})"


def short(value: float) -> str:
    """Three decimals, or "unknown"."""
    return f"{value:.3f}" if math.isfinite(value) else "unknown"
