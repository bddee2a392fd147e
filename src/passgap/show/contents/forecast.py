"""What RLVR will give: a forecast, or the scores of forecasts, in; its figures and tables out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from passgap.results.forecast import Forecast, RuleRecord, RunForecast
from passgap.results.forecast_scores import AddedPairs, ForecastScore, ForecastScores
from passgap.results.pairs import TrainingPairs
from passgap.show import blocks as b
from passgap.show.charts.forecast import outcomes_chart, run_chart
from passgap.show.contents import backtest
from passgap.show.contents.parts import details, noted, present, table
from passgap.show.text import ABSENT, interval, number, percent, points

SCORES = (
    "method",
    "mean error, points (95%)",
    "above the forecast's (95%)",
    "median",
    "held (50 / 80 / 90%)",
    "width (90%)",
)
RECORD = ("worth, points", "bases", "rule right", "forecast right", "always training right")
TITLE = "Backtest: the forecast and the rule on published pairs"
RULE = (
    "One count per measured base whose curve reaches k = 20; its gain is the median of the "
    "trainings that start from it. The second table is for a worth of 7 points; fitted cuts are "
    "fitted on the other base models."
)
SCORED = (
    "Every method is scored on pairs that it was not fitted to. Rows that share a measurement of "
    "the base count together as one. Errors have 95% bootstrap intervals over what was left out."
)
PAIRS = "pass@1, and its forecast by a fit without that source."
SAID = {True: "it can pay", False: "unlikely to help"}
NEW = "of new runs"


def blocks(result: RunForecast) -> list[b.Block]:
    """Everything to show of one run's forecast."""
    told = result.forecast
    return present(
        b.Text(headline(result), "strong"),
        _figures(result),
        b.Picture("run-forecast", lambda: run_chart(result)),
        details(_rows(result)),
        b.Section(
            "The rule beside it",
            present(_rule(result), record(result.rule.record)),
            answers=True,
        ),
        noted([told.basis, *result.notes]),
    )


def headline(result: RunForecast) -> str:
    """The forecast in one sentence."""
    one, payoff = result.forecast.pass_at_1, result.payoff
    return (
        f"RLVR will probably take pass@1 from {percent(result.base.pass_at_1)} to about "
        f"{percent(one.value)} ({interval(one)} in {percent(result.forecast.level, 0)} {NEW}); the "
        f"chance of a gain above {number(100 * payoff.worth, 0)} points is "
        f"{percent(payoff.chance, 0)}."
    )


def _figures(result: RunForecast) -> b.Figures:
    one, payoff, base = result.forecast.pass_at_1, result.payoff, result.base
    ends = f"{points(payoff.gain_low)} to {points(payoff.gain_high)}"
    return b.Figures(
        [
            b.Figure("pass@1 now", percent(base.pass_at_1), f"{base.problems:,} problems"),
            b.Figure("pass@1 after RLVR", percent(one.value), interval(one)),
            b.Figure("Expected gain", f"{points(payoff.expected_gain)} points", ends),
            b.Figure(
                f"Gain above {number(100 * payoff.worth, 0)} points",
                percent(payoff.chance, 0),
                "chance",
            ),
        ]
    )


def _rows(result: RunForecast) -> Iterator[Sequence[object]]:
    for one in result.intervals:
        ends = f"{percent(one.low)} to {percent(one.high)}"
        yield f"pass@1 in {percent(one.level, 0)} {NEW}", ends, ""
    at = result.forecast.pass_at_k
    if at is not None:
        now = f"{interval(at.estimate)}; now {percent(result.base.pass_at_large)}"
        yield f"pass@{at.k} after RLVR", percent(at.estimate.value), now
    note = "RLVR turns about pass@3 into pass@1"
    yield "the plain rule", percent(result.base.pass_at_3), note
    payoff = result.payoff
    if payoff.gain_per_gpu_hour is not None:
        hours = number(result.settings.gpu_hours, 0)
        gained = number(100 * payoff.gain_per_gpu_hour, 3)
        yield "expected gain per GPU-hour, points", gained, f"{hours} GPU-hours"
    if payoff.cost is not None:
        each = ABSENT if payoff.cost_per_point is None else number(payoff.cost_per_point, 2)
        yield "cost per point of expected gain", each, f"{number(payoff.cost, 2)} in all"


def _rule(result: RunForecast) -> b.Text:
    rule = result.rule
    if rule.headroom is None or rule.says is None:
        return b.Text("The rule needs pass@20, so 20 samples per problem.")
    return b.Text(
        f"pass@20 - pass@2 is {points(rule.headroom)} points; the cut is {points(rule.cut)}: "
        f"{SAID[rule.says]}. Its record on published bases:"
    )


def record(rows: Iterable[RuleRecord]) -> b.Table | None:
    """How often the rule was right, by what counts as worth it."""
    return table(
        RECORD,
        (
            [number(100 * one.worth, 0), one.bases, one.right, one.forecast, one.always]
            for one in rows
        ),
        (),
    )


def of_forecast(told: Forecast | None, now: float) -> Iterator[Sequence[object]]:
    """A probe's rows: pass@1 and pass@k after RLVR."""
    if told is None:
        return
    level = percent(told.level, 0)
    note = f"{interval(told.pass_at_1)} in {level} {NEW}; now {percent(now)}; {told.basis}"
    yield "pass@1 after RLVR, forecast", percent(told.pass_at_1.value), note
    if told.pass_at_k is not None:
        at = told.pass_at_k
        name = f"pass@{at.k} after RLVR, forecast"
        yield name, percent(at.estimate.value), f"{interval(at.estimate)} in {level} {NEW}"


# -------------------------------------------------------------------------------- the scores

SUBSETS = {"base": "base model", "instruct": "instruct", "sft": "SFT", "distilled": "distilled"}
DOMAINS = {"in": "same kind", "off": "other kind", "all": ""}


def scores(result: ForecastScores) -> list[b.Block]:
    """Everything to show of a backtest of forecasts."""
    size = result.corpus
    return present(
        b.Text(
            f"{size.pairs} pairs of {size.sources} sources: {size.bases} measurements of "
            f"{size.base_models} base models, {size.families} families."
        ),
        b.Text(SCORED),
        b.Picture("outcomes", lambda: outcomes_chart(result.rows)),
        *(
            b.Section(
                f"pass@1, leaving out each {scheme}",
                present(table(SCORES, map(score_cells, result.of(scheme)))),
                answers=True,
            )
            for scheme in ("source", "base model", "family")
        ),
        b.Section("By start and domain", present(by_subset(result)), answers=True),
        b.Section(
            "pass@k at the largest k of both",
            present(table(SCORES, map(score_cells, result.of("source", "pass@k")))),
        ),
        b.Section(
            "The rule of pass@20 against pass@2",
            present(record(result.rule), backtest.screens(result.screens)),
            RULE,
        ),
        noted(result.notes),
    )


def page_blocks(result: ForecastScores, command: str) -> list[b.Block]:
    """The scores and every pair, with the command that made the page."""
    head = ("pair", "base", "forecast", "interval (90%)", "trained")
    rows = (
        [
            one.id,
            percent(one.base),
            percent(one.forecast),
            f"{percent(one.low)} to {percent(one.high)}",
            percent(one.trained) + (" (outside)" if not one.held else ""),
        ]
        for one in result.rows
    )
    return present(
        b.Text(f"Made on {date.today().isoformat()} by:"),
        b.Commands([command]),
        *scores(result),
        b.Section("The pairs", present(table(head, rows)), PAIRS),
    )


def score_cells(one: ForecastScore) -> list[object]:
    """A score as cells."""
    error = f"{_points(one.mean_error)} ({_points(one.mean_error_low)} to " + (
        f"{_points(one.mean_error_high)})"
    )
    held = " / ".join(f"{100 * share:.0f}" for share in one.held)
    more = ABSENT
    if one.worse_by:
        ends = f"{points(one.worse_by_low)} to {points(one.worse_by_high)}"
        more = f"{points(one.worse_by)} ({ends})"
    return [one.method, error, more, _points(one.median_error), held, _points(one.width)]


def _points(value: float) -> str:
    return number(100 * value, 1)


def by_subset(result: ForecastScores) -> b.Table | None:
    """Mean errors of every method by start and domain, and what the forecast's intervals held."""
    of = [one for one in result.scores if (one.left_out, one.target) == ("source", "pass@1")]
    parts = dict.fromkeys(one.subset for one in of if one.subset.start != "all")
    methods = dict.fromkeys(one.method for one in of)
    head = ("start", "benchmark", "pairs (bases)", *methods, "bias", "held (90%)", "width (90%)")

    def row(start: str, domain: str) -> list[object]:
        here = [one for one in of if (one.subset.start, one.subset.domain) == (start, domain)]
        last = here[-1]
        return [
            SUBSETS[start],
            DOMAINS[domain],
            f"{last.pairs} ({last.bases})",
            *(_points(one.mean_error) for one in here),
            points(last.bias),
            percent(last.held[-1], 0),
            _points(last.width),
        ]

    return table(head, (row(one.start, one.domain) for one in parts), (0, 1))


def added(result: AddedPairs) -> list[b.Block]:
    """Pairs that the forecast had not seen: what it said of each, and whether that held."""
    head = ("pair", "start", "base", "forecast", "interval (90%)", "trained", "inside")
    cells = (
        [
            row.id,
            row.start,
            percent(row.base),
            percent(row.forecast),
            f"{percent(row.low)} to {percent(row.high)}",
            percent(row.trained),
            "yes" if row.held else "no",
        ]
        for row in result.rows
    )
    return present(
        b.Text(
            f"The forecast has a mean error of {_points(result.mean_error)} points on these "
            f"{len(result.rows)} pairs; {result.held} of {len(result.rows)} outcomes are inside "
            "its 90% interval.",
            "strong",
        ),
        table(head, cells, (0, 1, 6)),
        noted(result.notes),
    )


def of_pairs(result: TrainingPairs) -> list[b.Block]:
    """The pairs, a row each."""
    head = ("pair", "base model", "start", "benchmark", "base pass@1", "trained pass@1", "source")
    cells = (
        [
            one.id,
            one.base_model,
            one.start,
            one.benchmark,
            percent(one.base[1]),
            percent(one.trained[1]),
            one.source,
        ]
        for one in result
    )
    return present(b.Text(str(result)), table(head, cells, (0, 1, 2, 3, 6)))
