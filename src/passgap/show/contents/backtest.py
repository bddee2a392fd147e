"""The rule on pairs whose outcome is known: a backtest in, its scores and its pairs out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from passgap.results.backtest import Backtest, PairRow, Score, Screen
from passgap.show.blocks import Block, Commands, Picture, Section, Table, Text
from passgap.show.charts.backtest import backtest_chart
from passgap.show.contents.parts import noted, present, table
from passgap.show.text import ABSENT, number

TITLE = "Backtest: the rule on pairs whose outcome is known"
SCREENS = (
    "predictor",
    "cut",
    "fitted on",
    "right",
    "worth it: said / not",
    "not worth it: said / not",
)
FORECASTS = ("forecast", "mean error, points", "largest", "rank correlation (95%)")
PAIRS = ("benchmark", "model", "pass@1", "gain", "headroom", "pass@4 - pass@1", "its delta")
RANKED = (
    "Everything fitted is fitted on the other models. Rank correlation of the predictor with the "
    "gain, with a bootstrap over models."
)


def blocks(result: Backtest, command: str = "") -> list[Block]:
    """Everything to show of a backtest, and the command that made it."""
    settings = result.settings
    pairs = table((*PAIRS, "forecast"), map(_pair, result.pairs), (0, 1))
    return present(
        Text(
            f"{settings.pairs} pairs of {settings.models} models; a gain in pass@1 above "
            f"{settings.worth:.2f} is worth it."
            + (f" Made on {date.today().isoformat()} by:" if command else "")
        ),
        Commands([command]) if command else None,
        noted(result.notes),
        Picture("backtest", lambda: backtest_chart(result)),
        Section(
            "As a screen: does it say which pairs were worth it?",
            present(screens(result.screens)),
            answers=True,
        ),
        Section(
            "As a forecast of the gain in pass@1",
            present(table(FORECASTS, map(_forecast, result.forecasts))),
            RANKED,
            answers=True,
        ),
        Section("The pairs", present(pairs)),
    )


def screens(rows: Sequence[Screen]) -> Table | None:
    """How often each predictor was right."""
    return table(SCREENS, map(_screen, rows), (0, 2))


def _screen(row: Screen) -> list[object]:
    paid = f"{row.paid_and_said} / {row.paid_and_not_said}"
    rest = f"{row.said_and_not_paid} / {row.neither}"
    fitted = "nothing" if row.chosen == "stated" else "other models"
    return [row.predictor, f"{row.cut:.3f}", fitted, f"{row.right} of {row.pairs}", paid, rest]


def _forecast(row: Score) -> list[object]:
    rank = ABSENT
    if row.spearman is not None:
        rank = f"{row.spearman:.2f} ({row.spearman_low:.2f} to {row.spearman_high:.2f})"
    errors = (number(100 * error, 1) for error in (row.mean_error, row.largest_error))
    return [row.predictor, *errors, rank]


def _pair(row: PairRow) -> list[object]:
    numbers = (row.pass_at_1, row.gain, row.headroom, row.second_predictor, row.delta)
    forecast = number(row.tilt_forecast, 3)
    return [row.benchmark, row.model, *(number(one, 3) for one in numbers), forecast]
