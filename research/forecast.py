"""The forecast: its numbers for the package, and its page. In: the published pairs. Out: files.

Inner modules are needed: ``passgap.forecast`` uses the numbers written here, and what fits them is
not public.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import passgap
from passgap.analysis.forecast.forecasting import Models
from passgap.analysis.forecast.model import fit_model
from passgap.evidence.forecasting import NUMBERS, numbers
from passgap.results.forecast_scores import ForecastScore, ForecastScores
from passgap.results.pairs import TrainingPairs
from passgap.show.charts.figures import write_picture
from passgap.show.charts.forecast import outcomes_chart
from passgap.show.contents.forecast import SCORES, by_subset, record, score_cells
from passgap.show.contents.parts import table
from passgap.show.markdown import table as painted

PICTURE = "forecast-outcomes.svg"
SCHEMES = ("source", "base model", "family")


def fit_shipped(pairs: TrainingPairs, scores: ForecastScores) -> Models:
    """The models of both targets, with the rule's record."""
    return Models(fit_model(pairs.pairs), fit_model(pairs.pairs, large=True), scores.rule)


def write_numbers(models: Models, place: Path = NUMBERS) -> Path:
    """The package's file of numbers."""
    place.write_text(json.dumps(numbers(models), indent=1) + "\n", encoding="utf-8")
    return place


def write_forecast(page: str, command: str, tell: Callable[[str], None]) -> Iterator[Path]:
    """The numbers, the page and its picture."""
    pairs = passgap.pairs()
    scores = passgap.forecast_scores(tell=tell)
    tell("the models")
    yield write_numbers(fit_shipped(pairs, scores))
