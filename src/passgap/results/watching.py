"""What `watch` returns: where a training run stands, and what needs attention."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from passgap.results.codec import FLAT, Result
from passgap.results.estimates import Estimate
from passgap.results.findings import Finding
from passgap.results.parts import At

CountedBy = Literal["trainer", "visits"]


@dataclass(frozen=True)
class WatchedWith:
    """The settings, filled in; ``counted_by`` says what a step is."""

    group_size: int
    counted_by: CountedBy
    every: int
    window: int
    visits: int
    false_discovery_rate: float
    confidence_level: float


@dataclass(frozen=True)
class Forecast:
    """mixed@G by the base's counts, and the number of problems behind it."""

    estimate: Annotated[Estimate, FLAT]
    problems: int


@dataclass(frozen=True)
class ProblemsSoFar:
    """Problems by the end of a span of steps."""

    seen: int
    solved: int
    never_solved: int
    lost: int


@dataclass(frozen=True)
class ProblemsOfSpan(ProblemsSoFar):
    """The same, and those solved in it for the first time."""

    newly_solved: int


@dataclass(frozen=True)
class Span:
    """The steps from ``step`` to ``last_step``; ``groups_left_out`` have under two scored.

    ``solved`` is the share correct, ``pass_at_k`` that of the problems solved within k completions
    of one group, up to the group's size.
    """

    step: int
    last_step: int
    completions: int
    unscored: int
    groups: int
    groups_left_out: int
    mixed: Estimate
    forecast: Forecast | None
    solved: Estimate
    pass_at_k: tuple[At, ...]
    reward: Estimate
    length: Estimate
    truncated: Estimate
    problems: ProblemsOfSpan


@dataclass(frozen=True)
class StepZero:
    """Step 0 against the base's counts on the same problems, and whether they agree.

    ``observed`` and ``forecast`` are shares of mixed groups, with their paired ``difference``;
    ``solved`` and ``solved_by_base`` are shares of correct completions. ``p_value`` says how often
    the base itself would differ as much in either.
    """

    step: int
    problems: int
    left_out: int
    observed: Estimate
    forecast: Estimate
    difference: Estimate
    solved: Estimate
    solved_by_base: Estimate
    p_value: float
    agrees: bool


Stands = Literal["below", "within", "above"]


@dataclass(frozen=True)
class AgainstForecast:
    """pass@1 on the training problems by now, against the forecast of where training ends.

    Parameters
    ----------
    problems
        Problems of the last window that the base's counts have.
    last_step
        Where the window ends.
    base
        The base's pass@1 on all training problems that its counts have.
    now
        The same plus the gain over the base on the problems of the window, one pair per problem.
    forecast
        Of pass@1 at the end; the training is of problems of this kind, the start is not known.
    stands
        Where the interval of ``now`` lies outside that of the forecast.
    """

    problems: int
    last_step: int
    base: float
    now: Estimate
    forecast: Estimate
    stands: Stands


@dataclass(frozen=True)
class Drawn:
    """Scored and correct draws."""

    n: int
    c: int


@dataclass(frozen=True)
class LostProblem:
    """A problem lost by now, with the draws before and after that show it."""

    problem_id: str
    before: Drawn
    last: Drawn
    since_step: int
    q_value: float


@dataclass(frozen=True)
class NewToBase:
    """Problems that the base never solved in ``base_draws``, and those solved in training."""

    problems: int
    solved: int
    base_draws: int


@dataclass(frozen=True)
class BandSpan:
    """The solved share of a band in one span of steps."""

    step: int
    last_step: int
    problems: int
    estimate: Annotated[Estimate, FLAT]


@dataclass(frozen=True)
class Band:
    """The problems of one difficulty, and how it was determined."""

    band: str
    by: str
    rows: tuple[BandSpan, ...]
    problems: int


@dataclass(frozen=True, repr=False)
class Watching(Result):
    """Where a training run stands; print it, or use ``to_dict()``.

    Parameters
    ----------
    completions, unscored
        Over the whole run.
    warnings
        What the early warnings found.
    agreement
        Step 0 against the forecast; None where that is unknown, with a note that says why.
    against_forecast
        pass@1 by now against the forecast of the end; None without the base's counts, or with fewer
        than 3 draws of a problem.
    steps
        One row per span of steps.
    lost
        Problems lost by now.
    could_be_lost
        Problems that were drawn often enough to count as lost.
    new_to_base
        How many of the problems that the base never solved were solved in training.
    bands
        Solved share over the steps for each difficulty band.
    held_out
        pass@k at the last held-out measurement minus the first.
    """

    schema: ClassVar[str] = "passgap.watching/1"

    settings: WatchedWith
    completions: int
    unscored: int
    warnings: tuple[Finding, ...]
    agreement: StepZero | None
    against_forecast: AgainstForecast | None
    steps: tuple[Span, ...]
    lost: tuple[LostProblem, ...]
    could_be_lost: int
    new_to_base: NewToBase | None
    bands: tuple[Band, ...]
    held_out: tuple[At, ...]
    notes: tuple[str, ...]

    def __str__(self) -> str:
        head = f"{self.completions:,} completions up to step {self.steps[-1].last_step}"
        lines = [head, *(f"  {finding}" for finding in self.warnings)]
        lines += ["  step      solved  mixed   95%             tokens  never solved  lost"]
        for row in self.steps[-10:]:
            ends = f"{_text(row.mixed.low)} to {_text(row.mixed.high)}"
            lines.append(
                f"  {row.last_step:<9} {_text(row.solved.value)}   "
                f"{_text(row.mixed.value)}   {ends:<16} {_text(row.length.value, 0):>6}  "
                f"{row.problems.never_solved:>12}  {row.problems.lost:>4}"
            )
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])


def _text(value: float, digits: int = 3) -> str:
    return "  -  " if value != value else f"{value:.{digits}f}"
