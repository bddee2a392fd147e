"""A training run against its base: the forecast of its signal, and what the base never solved.

In: the groups of a training run and the base's counts, joined by problem id. Out: mixed@G of each
problem, whether step 0 agrees with it, and how many problems were new to the base.
"""

from __future__ import annotations

import numpy as np

from passgap.analysis.forecast.forecasting import Models, forecast_of_training
from passgap.analysis.watch.groups import Groups, mixed, per_problem, within
from passgap.analysis.watch.progress import Progress
from passgap.data.arrays import FloatArray, IntArray
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.results.estimates import Estimate
from passgap.results.watching import AgainstForecast, CountedBy, NewToBase, Stands, StepZero
from passgap.stats import mean_interval, mixed_at_g, paired_interval, same_policy_p
from passgap.stats.discrete import hypergeometric

FALSE_DISAGREEMENT = 0.02
CHANCE = 0.01
CHOSEN = (
    "the problems were chosen by the base's counts, which makes the forecast of mixed groups too "
    "high; the comparison at step 0 takes the choice into account"
)


def base_rows(groups: Groups, base: Counts) -> IntArray:
    """The row of the base's counts for each problem, -1 where it has none."""
    place = {problem: i for i, problem in enumerate(base.problem_id)}
    return np.array([place.get(problem, -1) for problem in groups.problem_id], np.int64)


def forecast_of(groups: Groups, base: Counts, size: int) -> FloatArray:
    """mixed@G of each problem from the base's counts; nan where it has fewer than G draws."""
    if base.design == "adaptive":
        raise UsageError(
            "the base's counts are adaptive (n depended on the outcomes), which biases the "
            "forecast; sample a fixed n per problem"
        )
    rows = base_rows(groups, base)
    found = np.full(len(rows), np.nan)
    known = rows >= 0
    if not known.any():
        raise UsageError(
            f"none of the {len(rows)} training problems is among the base's {len(base)}, e.g. "
            f"{groups.problem_id[0]!r}; give the base's counts on the training problems, with the "
            "same ids"
        )
    found[known] = mixed_at_g(base.n[rows[known]], base.c[rows[known]], size)
    return found


def agreement_of(
    groups: Groups,
    base: Counts | None,
    forecast: FloatArray | None,
    size: int,
    counted_by: CountedBy,
) -> tuple[StepZero | None, list[str]]:
    """Observed against predicted at step 0, one pair per problem; or why that is not possible.

    Only groups with G scored completions: a smaller one is mixed less often.
    """
    if base is None or forecast is None:
        return None, []
    first = within(groups, (0, 0))
    whole = first.take(np.flatnonzero(first.n >= size))
    if counted_by == "visits" or not len(first):
        return None, ["no step 0 was recorded, so the forecast from the base cannot be checked"]
    problems, values = per_problem(whole.problem, mixed(whole, size))
    expected = forecast[problems]
    both = np.isfinite(expected)
    if not both.any():
        return None, [
            f"no problem of step 0 has {size} scored completions there and {size} samples in the "
            "base's counts, so the forecast cannot be checked"
        ]
    rows = base_rows(groups, base)[problems[both]]
    drawn = (np.bincount(whole.problem, one)[problems[both]] for one in (whole.n, whole.c))
    n, c = (one.astype(np.int64) for one in drawn)
    chosen = chosen_between(groups, base)
    p_value = same_policy_p(base.n[rows], base.c[rows], n, c, chosen=chosen)
    agreement = StepZero(
        step=0,
        problems=int(both.sum()),
        left_out=len(np.unique(first.problem)) - int(both.sum()),
        observed=mean_interval(values[both]),
        forecast=mean_interval(expected[both]),
        difference=paired_interval(values[both] - expected[both]),
        solved=mean_interval(c / n),
        solved_by_base=mean_interval(base.c[rows] / base.n[rows]),
        p_value=p_value,
        agrees=p_value >= FALSE_DISAGREEMENT,
    )
    return agreement, [] if chosen == (0.0, 1.0) else [CHOSEN]


def chosen_between(groups: Groups, base: Counts) -> tuple[float, float]:
    """The lowest and the highest base rate of a training problem, 0 and 1 if that may be chance.

    Where the base has other problems beyond these, and as many that a random choice would hardly
    have missed them all, the problems were chosen by the base's counts (`passgap select`).
    """
    drawn = base.n > 0
    rate = base.c[drawn] / base.n[drawn]
    trained = np.isin(np.flatnonzero(drawn), base_rows(groups, base))
    low, high = float(rate[trained].min()), float(rate[trained].max())
    beyond = int(((rate < low) | (rate > high)).sum())
    missed = hypergeometric(0, len(rate), beyond, int(trained.sum()))
    return (low, high) if missed < CHANCE else (0.0, 1.0)


def new_to_base(progress: Progress, base: Counts) -> NewToBase:
    """Problems the base never solved, and how many of them training solved at least once."""
    zero = {p for p, c in zip(base.problem_id, base.c.tolist(), strict=True) if c == 0}
    trained = zero & set(progress.problem_id)
    return NewToBase(len(trained), len(trained & progress.solved_ids()), int(base.n.min()))


def against_forecast(
    groups: Groups, recent: Groups, base: Counts, models: Models
) -> AgainstForecast | None:
    """Where the recent groups stand against the forecast of the end of training.

    A window has only some of the problems, and not the same as the one before: each is compared
    with its own base rate, so that an easy window is no gain.
    """
    rows = base_rows(groups, base)
    trained_on = base.take(rows[rows >= 0])
    told = forecast_of_training(trained_on, models)
    share = recent.c / np.maximum(recent.n, 1)
    problems, shares = per_problem(recent.problem, share, recent.n)
    at = rows[problems]
    known = at >= 0
    if told is None or not known.any():
        return None
    at = at[known]
    gain = paired_interval(shares[known] - base.c[at] / base.n[at])
    before = float(np.mean(trained_on.c / trained_on.n))
    value, low, high = (min(max(before + x, 0.0), 1.0) for x in (gain.value, gain.low, gain.high))
    now = Estimate(value, low, high, method=f"the base's pass@1 plus the gain ({gain.method})")
    stands: Stands = "above" if low > told.high else "below" if high < told.low else "within"
    last = int(recent.step.max())
    return AgainstForecast(int(known.sum()), last, before, now, told, stands)
