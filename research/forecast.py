"""The forecast: its numbers for the package, and its page. In: the published pairs. Out: files.

Inner modules are needed: ``passgap.forecast`` uses the numbers written here, and what fits them is
not public.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path

import numpy as np

import passgap
from passgap.analysis.forecast.forecasting import Models
from passgap.analysis.forecast.model import fit_model
from passgap.analysis.forecast.scoring import MODEL
from passgap.evidence.forecasting import NUMBERS, numbers
from passgap.results.forecast_scores import ForecastRow, ForecastScores, Subset
from passgap.results.pairs import TrainingPairs
from passgap.show.blocks import Table
from passgap.show.charts.figures import write_picture
from passgap.show.charts.forecast import outcomes_chart
from passgap.show.contents.forecast import SCORES, by_subset, record, score_cells
from passgap.show.contents.parts import table
from passgap.show.markdown import table as painted
from research.ahead import ahead_table

SCHEMES = ("source", "base model", "family")
RARE = 0.05
PAGE = """# The forecast: what RLVR will give

{date}, by `{command}`, which also writes the numbers that the package uses.

`passgap probe` and `passgap forecast` say what pass@1 and pass@k will be after RLVR, with an
interval for a new run by someone else. This page says how good that is. It rests on {pairs}
published pairs of a base and a trained model (`passgap.pairs()`): {sources} sources, {bases}
measurements of {models} base models. None of them was made by us.

## The model

Let the headroom be the log odds of the base's pass@3 less those of its pass@1. Training covers
a share s of it:

    log odds of trained pass@1 = log odds of base pass@1 + s x headroom + noise

s = 1 is the plain rule that RLVR turns pass@3 into pass@1. Fitted, s is {share} for base models
on problems of the kind trained on, {trained} lower if the start was already trained (instruct,
SFT, distilled), and {off} lower on other kinds of problems. Between sources s has a standard
deviation of {between}, between measurements of one source {within}. Residuals are Student's t,
wider for few problems, for a base that is rarely right, and on other kinds of problems. Rows of
one source, and rows that share a measurement of the base, are not independent, and the random
effects allow for that. The levels of the intervals are recalibrated: the 90% interval is the
one that held for 90% of the measurements whose source was left out. Start and kind of problems,
if not known, are averaged over. The recipe is not used, other than for [pairs of your
own](#your-own-runs).

## Is it better than plain rules?

Everything is scored on pairs that it was not fitted to. Rows that share a measurement of the
base count together as one. The interval of a plain rule is plus and minus the quantile of its
own errors on the other groups.

{tables}

Leaving out each source, pass@3 errs by {third_more} points more than the forecast, and pass@1
unchanged by {nothing_more} more. For base models on problems of the kind trained on there is no
difference: pass@3 is as good. There the mean error is {base_error} points and the median
{base_median}. What the model adds is what pass@3 cannot say: trained starts and
other kinds of problems gain less, and how wide the interval has to be.

{picture}

### By start and kind of problems

Mean errors in points, leaving out each source.

{subsets}

### pass@k

At the largest k that base and trained model both have, the forecast is no better than "no
change". Its use is the interval.

{large}

## As a decision

The rule compares pass@20 with pass@2 at a cut of 15 points. The forecast says "train" if its
median gain exceeds the worth. One count per measured base whose curve reaches k = 20; its gain
is the median of the trainings that start from it.

{record}

At a worth of 3 points the rule is right less often than "always train". The forecast is right
more often than both at every worth here.

## Made beforehand

These forecasts were committed before their training began, with the script that trains
(`bench/forecast_ahead.sh`).

{ahead}

The world of the lab ends above its 90% interval. It trains on problems of one family from the
distribution that it is measured on, until few of them are left to learn. Its pass@64 has not
moved.

SmolLM2 ends inside both of its 90% intervals, far from their middles: pass@1 rose to 30.5%, with a
forecast of 15.1%, and pass@32 fell from 53.4% to 39.2%, with a forecast of 59.7%. Both changes are
shown (+18.8 points at k = 2, 13.9 to 23.3; −14.2 at k = 32, −19.2 to −8.9), but `compare` withholds
a verdict: guessing alone solves 41% within 32 tries, so much of what was lost may be luck that a
more certain policy has no longer.

## Where it fails

**A base that is almost never right.** On the {rare_bases} measurements with a base below 5%,
the 90% interval held for {rare_held}, with a mean error of {rare_error} points. In some of them
the base fails the asked form and not the problem, and training teaches the form in a few steps:
`reasoning-gym` goes from 0% to 92% on needle_haystack, `opd` takes OLMo 1B from 0.1% to 63%. In
others the base cannot do it, and nothing happens. Samples marked right or wrong do not tell the
two apart. Look at the wrong answers first: if they are right in another form, fix prompt or
verifier and probe again.

**Trainings that collapse, and trainings that do far more.** Two PPO runs of `small-llm` end
near 0% from 39%, and two runs of `passk-frontier` with a high learning rate at 1 to 2% from
25%. DAPO on Qwen2.5-32B goes from 9% to 45% on AIME24 where the forecast is {dapo};
SimpleRL-Zoo takes Llama-3.1-8B from 18% to 69% on GSM8K where it is {llama}. Budget, learning
rate and quality of the data decide this, and a table of published numbers hardly has them.
Family, size and LoRA were tried as further effects and did not lower the error. A single seed
says little about a recipe.

**Other kinds of problems, and few sources.** Of the {off_bases} measurements on problems of
another kind, the 90% interval held for {off_held}. They come from {off_sources} sources, and
`reasoning-gym` alone has more than half of them, so their spread is poorly known. The pairs are
those that were published: mostly Qwen (four rows of five), mostly mathematics, best runs
more often than failures, {small} of {bases} measurements on fewer than 100 problems. A forecast
for a family or a field that is not in the table is an extrapolation, and the table "leaving out
each family" is the better guide to its error.

## Your own runs

`passgap forecast RUN --pairs mine.csv --recipe NAME` fits the models to your runs as well. They
are a source of their own, with its own effect: with few runs it stays close to the published
ones, with many it follows yours. `mine.csv` has a row per pair, with these columns: {needed},
and the base's pass@k at one more k (`base_pass_4`).

`passgap backtest --add mine.csv` checks the table and compares each outcome with its forecast.
A wrong cell is named. To contribute pairs, add `--to src/passgap/evidence/published.csv` in a
checkout and open a pull request; each row needs its source. `python -m research forecast` then
writes the numbers and this page again.
"""


def fit_shipped(pairs: TrainingPairs, scores: ForecastScores) -> Models:
    """The models of both targets, with the rule's record."""
    return Models(fit_model(pairs.pairs), fit_model(pairs.pairs, large=True), scores.rule)


def write_numbers(models: Models, place: Path = NUMBERS) -> Path:
    """The package's file of numbers."""
    place.write_text(json.dumps(numbers(models), indent=1) + "\n", encoding="utf-8")
    return place


def write_forecast(page: str, command: str, tell: Callable[[str], None]) -> Iterator[Path]:
    """The numbers, the picture and the page."""
    from passgap.runs import write_text

    pairs = passgap.pairs()
    scores = passgap.forecast_scores(tell=tell)
    tell("the models that the package uses")
    models = fit_shipped(pairs, scores)
    yield write_numbers(models)
    picture = Path(page).with_suffix("") / "outcomes.svg"
    picture.parent.mkdir(exist_ok=True)
    yield write_picture(outcomes_chart(scores.rows), picture)
    write_text(page_text(pairs, scores, models, command), Path(page))
    yield Path(page)


def page_text(pairs: TrainingPairs, scores: ForecastScores, models: Models, command: str) -> str:
    """The page, with its numbers."""
    from passgap.evidence.corpus import NEEDED

    first = models.first.fit
    weight = weights(pairs)
    row = {one.id: one for one in scores.rows}
    (base,) = (
        one
        for one in scores.scores
        if (one.left_out, one.method, one.subset) == ("source", MODEL, Subset("base", "in"))
    )
    rare = [one for one in scores.rows if one.base < RARE]
    off = [one for one in scores.rows if one.off_domain]
    off_sources = {one.trained_by for one in pairs if one.in_domain == "no"}
    small = sum(weight[one.id] for one in pairs if (one.problems or 100) < 100)
    share, trained, other = first.coefficients
    between, within = np.sqrt(first.group_variances)
    return PAGE.format(
        date=date.today().isoformat(),
        command=command,
        pairs=scores.corpus.pairs,
        sources=scores.corpus.sources,
        bases=scores.corpus.bases,
        models=scores.corpus.base_models,
        share=f"{share:.2f}",
        trained=f"{-trained:.2f}",
        off=f"{-other:.2f}",
        between=f"{between:.2f}",
        within=f"{within:.2f}",
        tables="\n\n".join(scheme_table(scores, scheme) for scheme in SCHEMES),
        third_more=more(scores, "base pass@3"),
        nothing_more=more(scores, "no change"),
        picture="![Outcome over forecast](forecast/outcomes.svg)\n\nA dot per pair: its forecast "
        "by a fit without its source, and its outcome. Vertical bands are 90% intervals.",
        subsets=shown(by_subset(scores)),
        large=shown(table(SCORES, map(score_cells, scores.of("source", "pass@k")))),
        record=shown(record(scores.rule)),
        ahead=ahead_table(),
        base_error=f"{100 * base.mean_error:.1f}",
        base_median=f"{100 * base.median_error:.1f}",
        rare_bases=round(sum(weight[one.id] for one in rare)),
        rare_held=held(rare, weight),
        rare_error=mean_error(rare, weight),
        dapo=f"{row['yue2025/aime24/dapo-32b'].forecast:.0%}",
        llama=f"{row['yue2025/gsm8k/llama-3.1-8b'].forecast:.0%}",
        off_bases=round(sum(weight[one.id] for one in off)),
        off_held=held(off, weight),
        off_sources=len(off_sources),
        small=round(small),
        needed=", ".join(f"`{name}`" for name in NEEDED),
    )


def weights(pairs: TrainingPairs) -> dict[str, float]:
    """1 over the number of rows that share a measurement of the base."""
    copies: dict[object, int] = {}
    for one in pairs:
        copies[one.measured] = copies.get(one.measured, 0) + 1
    return {one.id: 1 / copies[one.measured] for one in pairs}


def held(rows: Sequence[ForecastRow], weight: dict[str, float]) -> str:
    """The share of outcomes inside the 90% interval."""
    share = np.average([one.held for one in rows], weights=[weight[one.id] for one in rows])
    return f"{share:.0%}"


def mean_error(rows: Sequence[ForecastRow], weight: dict[str, float]) -> str:
    """The mean error in points."""
    errors = [abs(one.forecast - one.trained) for one in rows]
    return f"{100 * np.average(errors, weights=[weight[one.id] for one in rows]):.1f}"


def more(scores: ForecastScores, method: str) -> str:
    """By how much a method's error exceeds the forecast's, leaving out each source."""
    (one,) = (score for score in scores.of("source") if score.method == method)
    low, high = 100 * one.worse_by_low, 100 * one.worse_by_high
    return f"{100 * one.worse_by:.1f} ({low:.1f} to {high:.1f})"


def scheme_table(scores: ForecastScores, scheme: str) -> str:
    """The scores with this left out, under a heading."""
    return f"### Leaving out each {scheme}\n\n" + shown(
        table(SCORES, map(score_cells, scores.of(scheme)))
    )


def shown(one: Table | None) -> str:
    """A table as Markdown."""
    return "" if one is None else painted(one)
