"""Training, as it runs and afterwards: what its steps and reward calls logged in, contents out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from passgap.data.journals import TrainingRow
from passgap.results.estimates import Estimate
from passgap.results.watching import AgainstForecast, Band, BandSpan, Span, Watching
from passgap.show import blocks as b
from passgap.show.charts.parts import Point
from passgap.show.charts.training import (
    bands_chart,
    held_out_curves,
    length_chart,
    problems_chart,
    signal_chart,
    training_series,
)
from passgap.show.contents import captions
from passgap.show.contents.parts import FEW, noted, present, table
from passgap.show.data import PageData
from passgap.show.text import (
    ABSENT,
    changed,
    estimated,
    interval,
    known,
    number,
    percent,
    sparkline,
)

SAME = 1e-9
AVERAGED = 11  # steps, as the thick line
LOST_SHOWN = 20
ROWS_SHOWN = 12
GAP = ".."  # rows left out
LONGEST = 60  # of a sparkline
HEAD = ("correct", "reward", "mixed", "forecast", "tokens", "cut", "new", "never", "lost")
MIXED = "A group whose completions are all right or all wrong has no gradient."
SIGNAL = f"{MIXED} Shaded: interval over the problems of those {{unit}}s."
LOST = "Lost: solved before, nothing correct in the last groups, and chance does not explain that."
BANDS = (
    "Bands are formed by {by}. Vertical lines are intervals; bands of fewer than {few} problems "
    "are left out."
)
RUNS_AWAY = "If the length suddenly grows or shrinks, read some of the completions."
LENGTH = f"{RUNS_AWAY} Shaded: interval."
PASSES = (
    "Problems that are trained on, so what is memorised counts too; the large k is the group size. "
    "Shaded: interval over the problems of those {unit}s."
)
LEGEND = (
    "means over problems with 95% intervals{forecast}{step}; new, never, lost: problems newly "
    "solved, never solved so far, lost by then"
)
VISIT = (
    "; visit: how often a problem was drawn before; visits that fewer than half of the problems "
    "have reached are one row"
)


def blocks(watching: Watching, *, rows: int = ROWS_SHOWN) -> list[b.Block]:
    """Warnings on top, a line on each question, the last rows of the table."""
    bands, every = bands_table(watching), steps_table(watching)
    by = watching.bands[0].by if watching.bands else ""
    return present(
        b.Text(headline(watching), "strong"),
        b.Findings(watching.warnings) if watching.warnings else None,
        b.Bullets(sentences(watching)),
        trends(watching),
        *pictures(watching),
        steps_table(watching, rows),
        b.Text(legend(watching), "quiet"),
        b.Section(f"All {_unit(watching)}s", [every])
        if every and len(watching.steps) > rows
        else None,
        b.Section(f"Correct completions, by {by}", [bands]) if bands else None,
        noted(watching.notes),
    )


def headline(watching: Watching) -> str:
    """How far the run is."""
    unit = _unit(watching)
    first = "" if unit == "step" else " (the first is 0)"
    text = f"{unit.capitalize()} {watching.steps[-1].last_step}{first}: {watching.completions:,} "
    text += f"completions, groups of {watching.settings.group_size}"
    return text + (f", {watching.unscored:,} unscored" if watching.unscored else "")


def sentences(watching: Watching) -> list[str]:
    """What the numbers say, a line each."""
    counted, new, agreement = watching.steps[-1].problems, watching.new_to_base, watching.agreement
    lines = [
        f"{counted.solved} of {counted.seen} problems solved at least once, "
        f"{counted.never_solved} never so far, {_lost(watching)}"
    ]
    if new and new.problems:
        lines.append(
            f"of {new.problems} problems that the base never solved in {new.base_draws} samples, "
            f"{new.solved} were solved in training (luck included)"
        )
    if agreement:
        verb = "agree" if agreement.agrees else "DISAGREE"
        lines.append(
            f"at step 0 {estimated(agreement.observed)} of the groups are mixed, forecast "
            f"{estimated(agreement.forecast)}; {estimated(agreement.solved)} of their completions "
            f"are correct, by the base {estimated(agreement.solved_by_base)}: they {verb}"
        )
    if watching.against_forecast:
        lines.append(_against_forecast(watching.against_forecast))
    if watching.held_out:
        ends = (watching.held_out[0], watching.held_out[-1])
        changes = ", ".join(f"pass@{row.k} {changed(row.estimate)}" for row in ends)
        lines.append(f"held-out problems since the first measurement, points: {changes}")
    return lines


def _lost(watching: Watching) -> str:
    """How many problems were lost, of those of which it can be said."""
    if not watching.could_be_lost:
        visits = watching.settings.visits
        return f"none can be lost yet: no problem was drawn in more than {visits} steps"
    rate = percent(watching.settings.false_discovery_rate, 0)
    return (
        f"{watching.steps[-1].problems.lost} lost since, of {watching.could_be_lost} drawn often "
        f"enough (false discoveries {rate})"
    )


STANDS = {
    "below": "below what 95% of runs end at",
    "within": "inside the forecast's interval",
    "above": "above what 95% of runs end at",
}


def _against_forecast(found: AgainstForecast) -> str:
    """How far pass@1 is on its way to where training probably ends."""
    told = found.forecast
    return (
        f"pass@1 on the training problems: {percent(found.base)} for the base, "
        f"{estimated(found.now)} by now; forecast of the end {percent(told.value)} "
        f"({interval(told)} in {percent(told.confidence_level, 0)} of runs): now "
        f"{STANDS[found.stands]}"
    )


def legend(watching: Watching) -> str:
    """What the table's columns are."""
    foretold = any(row.forecast for row in watching.steps)
    counted = watching.settings.counted_by == "trainer"
    return LEGEND.format(
        forecast="; forecast: mixed, predicted from the base's counts" if foretold else "",
        step="; step: the trainer's count when it sampled them (TRL's first is 0)"
        if counted
        else VISIT,
    )


def trends(watching: Watching) -> b.Table | None:
    """Shares from 0 to 1 and lengths from 0 to their largest, over all rows."""
    steps = watching.steps
    series = {
        "correct": [row.solved.value for row in steps],
        "mixed": [row.mixed.value for row in steps],
        "cut": [row.truncated.value for row in steps],
        "tokens": [row.length.value for row in steps],
    }
    known_ones = ((name, values) for name, values in series.items() if any(map(known, values)))
    rows = (
        [name, sparkline(values, None if name == "tokens" else 1.0)[-LONGEST:]]
        for name, values in known_ones
    )
    return table(("", ""), rows, (0, 1))


# ------------------------------------------------------------------------------------ tables


def steps_table(watching: Watching, most: int | None = None) -> b.Table | None:
    """Rows over the steps, the first and the last ones; columns with nothing in them left out."""
    steps = watching.steps
    shown = [steps[0], *steps[-most + 2 :]] if most and len(steps) > most else steps
    rewarded = any(_differs(row.reward.value, row.solved.value) for row in steps)
    rows = [
        [
            _span(row),
            _share(row.solved),
            number(row.reward.value) if rewarded else ABSENT,
            _share(row.mixed),
            _share(row.forecast.estimate) if row.forecast else ABSENT,
            number(row.length.value, 0),
            percent(row.truncated.value, 0),
            row.problems.newly_solved,
            row.problems.never_solved,
            row.problems.lost,
        ]
        for row in shown
    ]
    head = [_unit(watching), *HEAD]
    kept = [i for i in range(len(head)) if any(row[i] != ABSENT for row in rows)]
    if len(shown) < len(steps):
        rows.insert(1, [GAP, *[""] * len(HEAD)])
    return table([head[i] for i in kept], ([row[i] for i in kept] for row in rows))


def bands_table(watching: Watching) -> b.Table | None:
    """Solved share of each band, at first and last."""
    unit = f"{_unit(watching)}s"
    rows = []
    for band in watching.bands:
        if band.rows:
            ends = (band.rows[0], band.rows[-1])
            rows.append(
                [band.band, band.problems, *(f"{_share(e.estimate)} at {_span(e)}" for e in ends)]
            )
    return table(("band", "problems", f"first {unit}", f"last {unit}"), rows)


def lost_table(watching: Watching) -> b.Table | None:
    """The lost problems, the surest first."""
    lost = watching.lost
    rows = [
        [
            row.problem_id,
            f"{row.before.c} of {row.before.n}",
            f"0 of {row.last.n}",
            row.since_step,
            f"{row.q_value:.2g}",
        ]
        for row in lost[:LOST_SHOWN]
    ]
    if len(lost) > LOST_SHOWN:
        rows.append([f"and {len(lost) - LOST_SHOWN} more", *[""] * 4])
    head = ("lost problem", "correct before", "correct since", "since step", "false discovery rate")
    return table(head, rows)


def _differs(reward: float | None, solved: float | None) -> bool:
    """Whether rewards are something else than 1 for correct and 0 for incorrect."""
    return known(reward) and known(solved) and abs(reward - solved) > SAME


def _share(one: Estimate) -> str:
    """``42% (38-47)``: short enough for a terminal of 80 columns."""
    if not known(one.value):
        return ABSENT
    if not (known(one.low) and known(one.high)):
        return percent(one.value, 0)
    return f"{percent(one.value, 0)} ({100 * one.low:.0f}-{100 * one.high:.0f})"


def _span(row: Span | BandSpan) -> str:
    first, last = row.step, row.last_step
    return str(first) if first == last else f"{first}-{last}"


def _unit(watching: Watching) -> str:
    return "step" if watching.settings.counted_by == "trainer" else "visit"


def _axis(unit: str) -> str:
    return "training step" if unit == "step" else unit


# ---------------------------------------------------------------------------------- pictures


def pictures(watching: Watching) -> list[b.Picture]:
    """Every chart the record can fill, the learning signal first."""
    steps, unit = watching.steps, _unit(watching)
    name, unit = unit, _axis(unit)
    last, shaded = steps[-1].problems, SIGNAL.format(unit=name)
    so_far = (
        f"Of {last.seen:,} problems sampled so far {last.solved:,} were solved at least once, "
        f"{last.never_solved:,} never, {_lost(watching)}. {LOST}"
    )
    signal = captions.went([(row.last_step, row.mixed) for row in steps], name)
    length = captions.went(
        [(row.last_step, row.length) for row in steps], name, partial(number, digits=0)
    )
    bands = [band for band in watching.bands if band.rows and band.problems >= FEW]
    by = BANDS.format(by=bands[0].by, few=FEW) if bands else ""
    mixed = any(known(row.mixed.value) for row in steps)
    long = any(known(row.length.value) for row in steps)
    return [
        *_passes(watching),
        *(
            [b.Picture("watch_signal", partial(signal_chart, steps, unit), f"{signal} {shaded}")]
            if mixed
            else []
        ),
        b.Picture("watch_problems", partial(problems_chart, steps, unit), so_far),
        *(
            [
                b.Picture(
                    "watch_bands", partial(bands_chart, bands, unit), f"{_bands(bands, name)} {by}"
                )
            ]
            if bands
            else []
        ),
        *(
            [b.Picture("watch_length", partial(length_chart, steps, unit), f"{length} {LENGTH}")]
            if long
            else []
        ),
    ]


def _passes(watching: Watching) -> list[b.Picture]:
    """pass@k on the training problems at 1 and the group size, where completions have scores."""
    unit = _unit(watching)
    rows: list[tuple[int, Sequence[Point]]] = []
    for row in watching.steps:
        ends = [row.pass_at_k[0], row.pass_at_k[-1]]
        shown = [(one.k, one.estimate) for one in ends if known(one.estimate.value)]
        rows.append((row.last_step, shown))
    if not any(curve for _, curve in rows):
        return []
    title = "Training problems solved within k tries"
    draw = partial(held_out_curves, rows, title, _axis(unit))
    caption = f"{_since(rows, unit)} {PASSES.format(unit=unit)}"
    return [b.Picture("watch_pass_at_k", draw, caption)]


def _bands(bands: Sequence[Band], unit: str) -> str:
    """From where to where the hardest and the easiest band went."""
    told = [*bands[:1], *bands[1:][-1:]]
    return " ".join(
        captions.went([(row.last_step, row.estimate) for row in band.rows], unit, name=band.band)
        for band in told
    )


# ------------------------------------------------------------------------- a page's section

SEEN_TOO = {"watch_signal": "mixed_share", "watch_length": "completion_length"}  # with intervals
HELD_OUT = (
    "Problems that were never trained on, with intervals. If pass@k rises at small k and stays the "
    "same at large k, training is sharpening the model."
)
THIN = "Thin: each {unit}; thick: mean over eleven {unit}s."


def section(data: PageData) -> b.Section | None:
    """The section; None where nothing was logged."""
    seen = data.watching
    if not (data.training or data.held_out or seen):
        return None
    watched = pictures(seen) if seen else []
    told = {picture.name for picture in watched}
    logged = [
        picture
        for picture in _logged(data.training, _unit(seen) if seen else "step")
        if not any(SEEN_TOO.get(name) == picture.name for name in told)
    ]
    blocks: list[b.Block] = []
    if seen:
        blocks += present(
            b.Findings(seen.warnings) if seen.warnings else None,
            b.Bullets([headline(seen), *sentences(seen)]),
        )
    held_out = _held_out(data)
    blocks += [b.Columns(held_out, "wide")] if held_out else []
    drawn = [*logged, *watched]
    blocks += [b.Columns(drawn, "third")] if drawn else []
    if seen:
        steps = present(steps_table(seen), b.Text(legend(seen), "quiet"))
        blocks += present(lost_table(seen), b.Folded("Step by step", steps), noted(seen.notes))
    return b.Section("During training", blocks)


def _held_out(data: PageData) -> list[b.Picture]:
    rows: list[tuple[int, Sequence[Point]]] = [
        (row.step, [(one.k, one) for one in row.curve if known(one.value)]) for row in data.held_out
    ]
    if not any(curve for _, curve in rows):
        return []
    caption = f"{_since(rows, 'step')} {HELD_OUT}"
    return [b.Picture("held_out", partial(held_out_curves, rows), caption)]


def _since(rows: Sequence[tuple[int, Sequence[Point]]], unit: str) -> str:
    """How pass@k changed between the first and the last measurement."""
    values = ((step, [(k, v) for k, one in curve if known(v := one.value)]) for step, curve in rows)
    measured = [row for row in values if row[1]]
    if len(measured) < 2:
        return "Measured once so far."
    (first, before), (last, after) = measured[0], measured[-1]
    return f"From {unit} {first} to {last}: {captions.gained(before, after)}."


def _ran(values: Sequence[tuple[int, float | None]], form: str, unit: str) -> str:
    """The means of the first and of the last eleven steps that were logged."""
    found = [value for _, value in values if known(value)]
    ends = [sum(some) / len(some) for some in (found[:AVERAGED], found[-AVERAGED:])]
    digits = 0 if form == "d" else 2
    first, last = (percent(v) if form.endswith("%") else number(v, digits) for v in ends)
    return f"From {first} to {last}, as means of the first and the last {AVERAGED} {unit}s."


def _logged(rows: Sequence[TrainingRow], unit: str) -> list[b.Picture]:
    """A picture of each quantity that was logged."""
    reward = [(row.step, row.reward) for row in rows]
    mixed = [(row.step, row.mixed_share) for row in rows]
    length = [(row.step, row.completion_length) for row in rows]
    found = (
        ("reward", reward, "Mean reward", ".2f", ""),
        ("mixed_share", mixed, "Share of groups that teach anything", ".0%", MIXED),
        ("completion_length", length, "Completion length, tokens", "d", RUNS_AWAY),
    )
    return [
        b.Picture(
            name,
            partial(training_series, values, title, form, _axis(unit)),
            " ".join(filter(None, (_ran(values, form, unit), caption, THIN.format(unit=unit)))),
        )
        for name, values, title, form, caption in found
        if any(known(value) for _, value in values)
    ]
