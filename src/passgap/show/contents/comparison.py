"""What training did: a comparison in, its verdict, key figures and sections out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from passgap.plain import factor
from passgap.results.comparison import (
    BandGain,
    Comparison,
    Coverage,
    Crossover,
    GainSource,
    TiltFit,
)
from passgap.results.estimates import Curve, Estimate
from passgap.results.labels import AT_SMALL, KNOWN, STATES, UNPAIRED
from passgap.results.parts import At, Luck
from passgap.results.probe import TiltedCurve
from passgap.results.unpaired import UnpairedComparison
from passgap.show import blocks as b
from passgap.show.contents import captions, curves, deciding, trajectories
from passgap.show.contents.alone import alone
from passgap.show.contents.parts import (
    FEW,
    ROLES,
    both,
    details,
    noted,
    present,
    size_figure,
    table,
    verdict_block,
    whole,
)
from passgap.show.text import BANDS, changed, interval, known, number, p_value, percent, points

WORTH_SAYING = 0.0005
BY_BAND = (
    "One half of the base's samples decides the band of each problem, and the gain is measured on "
    "the other half, so that chance does not look like learning."
)
FORM = (
    "A rise can come just from giving an answer more often. The difference among samples with an "
    "answer leaves this effect out."
)


def blocks(result: Comparison) -> list[b.Block]:
    """Everything to show of a comparison."""
    return present(
        verdict(result),
        figures(result),
        solved_within(result),
        b.Section("Which problems changed", changes(result)),
        answered(result),
        trajectories.compared(result.trajectories),
        alone(result.sampling_alone),
        noted(result.notes),
    )


def solved_within(
    result: Comparison, luck: Curve | None = None, fitted: TiltedCurve | None = None
) -> b.Section:
    """Both curves, their difference, and what the change is made of."""
    return curves.of_pair(result, luck, fitted, further(result))


# ----------------------------------------------------------------------------------- verdict


def verdict(result: Comparison) -> b.VerdictBlock:
    """The verdict, with its evidence besides the two ends, which are key figures."""
    return verdict_block(result.verdict, "After training", sentence(result), evidence(result))


def evidence(result: Comparison) -> list[str]:
    """Where the gain comes from, which problems changed, what the curves do; three at most."""
    found = [_source(result.gain_source), _certain(result), _crossing(result)]
    return [line for line in (*found, _misfit(result.tilt)) if line][:3]


def sentence(result: curves.Pair) -> str:
    """The label's sentence, with the numbers of this comparison."""
    said, small, large = result.verdict, result.settings.k_small, result.settings.k_large
    numbers: dict[str, object] = {"k": small, "K": large, "reason": (said.reasons or ("",))[-1]}
    numbers |= {"at_k": STATES.get(said.at_small_k or "unclear")}
    numbers |= {"at_K": STATES.get(said.at_large_k or "unclear")}
    if not isinstance(result, UnpairedComparison):
        numbers |= {"new": b.Count(result.new.problems, "new")}
        numbers |= {"lost": b.Count(result.lost.problems, "gone")}
        numbers |= {"odds": factor(result.new.excluded_odds)}
    for name, k in {"k": small, "K": large}.items():
        numbers |= {
            f"base_{name}": whole(result.base.at(k)),
            f"trained_{name}": whole(result.trained.at(k)),
            f"delta_{name}": _in_points(result.delta.at(k)),
        }
    template = said.label.sentence_at(said.at_small_k, said.at_large_k)
    if (
        isinstance(result, UnpairedComparison)
        and said.label in AT_SMALL
        and said.at_large_k in KNOWN
    ):
        template = UNPAIRED
    return b.filled(template, numbers)


def _in_points(delta: Estimate) -> str:
    if not known(delta.value):
        return "not known"
    return f"{points(delta.value)} points ({interval(delta, points)})"


def _source(source: GainSource) -> str:
    """Where the gain in pass@1 comes from; empty where none is shown."""
    share = source.share_reached
    if not known(share.value):
        return ""
    within = min(max(share.low, 0.0), 1.0), min(max(share.high, 0.0), 1.0)
    return (
        f"Where the gain in pass@1 comes from: {points(source.reached.value)} points on problems "
        f"that the base also solves ({percent(share.value, 0)}, {percent(within[0], 0)} to "
        f"{percent(within[1], 0)}), {points(source.not_reached.value)} on the rest."
    )


def _certain(result: Comparison) -> str:
    sure = result.coverage.certain
    if not (sure.better or sure.worse):
        return ""
    rate = percent(sure.false_discovery_rate, 0)
    return b.Counted(
        "Problem by problem: ",
        b.Count(sure.better, "better"),
        f" of {result.problems:,} significantly better, ",
        b.Count(sure.worse, "worse"),
        f" significantly worse (exact tests, {rate} false discoveries).",
    )


def _misfit(tilt: TiltFit | None) -> str:
    """Whether one factor on the odds of every problem explains the change."""
    if tilt is None or not known(tilt.delta):
        return ""
    by, low, high = (number(math.exp(one)) for one in (tilt.delta, tilt.low, tilt.high))
    times = f"by {by} ({low} to {high})"
    if tilt.reading != "tilt":
        return f"No common factor on the odds explains the change: {tilt_reading(tilt)}."
    if tilt.low <= 0 <= tilt.high:
        return f"The odds of a correct sample are not shown to have moved: multiplied {times}."
    return (
        f"Multiplying every problem's odds of a correct sample {times} explains the change: "
        f"{tilt_reading(tilt)}."
    )


def tilt_reading(tilt: TiltFit) -> str:
    """What the fitted tilt says, in a few words."""
    if tilt.reading == "uneven":
        return "not all problems moved by the same factor"
    if tilt.reading == "more":
        return "more is gained at large k than one factor gives"
    if tilt.low <= 0 <= tilt.high:
        return "no shift is shown"
    return f"just {'flattening' if tilt.high < 0 else 'sharpening'}"


def _crossing(result: Comparison) -> str:
    cross = result.crossover
    if cross is None:
        return ""
    if cross.high is None:
        means = f"According to the means alone, the base is ahead from k = {cross.k} on"
        return f"{means}, but the interval of that k ({_crosses(cross)}) leaves it open."
    return f"The base is ahead from k = {cross.k} on ({_crosses(cross)})."


def _crosses(cross: Crossover) -> str:
    low, high = ("beyond n" if end is None else str(end) for end in (cross.low, cross.high))
    return f"{low} to {high}"


# ----------------------------------------------------------------------------------- figures


def figures(result: Comparison) -> b.Figures:
    """What decides: both k with their margin, the tests of new and lost problems; then the size."""
    settings = result.settings
    draws = [result.draws.base, result.draws.trained]
    unscored = both([result.unscored.base, result.unscored.trained])
    return b.Figures(
        [
            *(deciding.arms_at(result, k) for k in (settings.k_small, settings.k_large)),
            *deciding.novel_figures(result, result.coverage),
            size_figure(result.problems, draws, unscored),
        ]
    )


# ------------------------------------------------------------------------- the second look


def further(result: Comparison) -> b.Table | None:
    """How far the curve moved, whether one tilt explains it, which problems changed for certain."""
    return details(
        [
            *_novel_rows(result),
            *(_tilt_rows(result.tilt) if result.tilt else ()),
            *_shift_rows(result),
            *_problem_rows(result.coverage),
            *_luck_rows({"base": result.luck.base, "trained": result.luck.trained}),
        ]
    )


def _novel_rows(result: Comparison) -> Iterator[Sequence[object]]:
    """The tests of new and lost problems, where they have something to say."""
    for name, one in (("new", result.new), ("lost", result.lost)):
        if one.excluded_odds > 1:
            note = (
                f"a factor of {number(one.max_odds)} is required; {p_value(one.p_value)}; on "
                f"{one.problems:,} problems"
            )
            said = f"{name} problems: largest factor of the odds that is excluded"
            yield said, factor(one.excluded_odds), note
    for name, part in (
        ("gain in pass@1 where the base also solves, points", result.gain_source.reached),
        ("gain in pass@1 on the rest, points", result.gain_source.not_reached),
    ):
        if known(part.value):
            yield name, points(part.value), interval(part, points)


def _tilt_rows(tilt: TiltFit) -> Iterator[Sequence[object]]:
    if known(tilt.delta):
        by_slope = captions.by_slope(tilt)
        misfit = (
            f"one slope for all: {p_value(tilt.slope.p_value)}"
            if by_slope
            else f"misfit {p_value(tilt.misfit_p)}"
        )
        note = "; ".join([interval(tilt, number), misfit, tilt_reading(tilt)])
        name = "tilt δ: how far every problem's log odds moved"
        yield name, number(tilt.delta), note
    slope = tilt.slope.estimate
    if known(slope.value):
        which = "easy" if slope.value > 1 else "hard"
        note = f"different from 1: the {which} problems moved up more"
        if not known(slope.low):
            note = "no interval, so whether it is 1, one shift for all, is open"
        elif slope.low <= 1 <= slope.high:
            note = "1 is one shift for all"
        ends = f"{interval(slope, number)}; " if known(slope.low) else ""
        yield "tilt's slope over log odds", number(slope.value), ends + note


def _shift_rows(result: Comparison) -> Iterator[Sequence[object]]:
    for first in result.speedup[:1]:
        ends = (first.base_k, first.low, first.high)
        value, low, high = (number(end) if known(end) else "beyond n" for end in ends)
        note = f"{low} to {high}"
        if 1 in result.delta.k and result.delta.at(1).value < 0:
            value, note = (
                "below 1",
                "one try of the trained policy solves less than one of the base",
            )
        yield "k*: base tries worth one trained try", value, note
    if known(result.area.value):
        name = "difference averaged over log k, points"
        yield name, points(result.area.value), interval(result.area, points)
    gap = result.efficiency_gap
    if known(gap.estimate.value):
        name = f"base pass@{gap.k} minus trained pass@1, points"
        yield name, points(gap.estimate.value), interval(gap.estimate, points)
    if result.sign_changes > 1:
        note = "the curves cross more than once: look at the whole curves, not at one crossing"
        yield "sign changes of the difference over k", result.sign_changes, note


def _problem_rows(coverage: Coverage) -> Iterator[Sequence[object]]:
    sure = coverage.certain
    note = (
        f"exact tests, {percent(sure.false_discovery_rate, 0)} false discoveries; "
        f"{sure.gained} never solved before, {sure.lost} never after"
    )
    yield "problems significantly better / worse", f"{sure.better} / {sure.worse}", note
    support = coverage.support
    for name, one in (
        ("support retained (SRR)", support.srr),
        ("newly discovered (NDR)", support.ndr),
    ):
        if known(one.value):
            yield name, percent(one.value), interval(one)


def _luck_rows(luck: dict[str, Luck | None]) -> Iterator[Sequence[object]]:
    for arm, one in luck.items():
        if one is not None and one.at_k_large >= WORTH_SAYING:
            yield f"solved by guessing alone, {arm}", percent(one.at_k_large, 2), one.source


def changes(result: Comparison) -> list[b.Block]:
    """Problems gained and lost, what chance would do, and gains by difficulty."""
    found = result.coverage
    names = ("both", "lost", "gained", "neither")
    counts = (deciding.count(getattr(found, name), name) for name in names)
    said = [f"“Solves” means at least one correct sample among {found.k}."]
    if known(found.expected_lost):
        lost, gained = number(found.expected_lost, 1), number(found.expected_gained, 1)
        said.append(f"Expected by chance on resampling: {lost} lost, {gained} gained.")
    quiet = b.Text(" ".join(said), "quiet")
    return [b.Columns([b.Fourfold(*counts), quiet]), *_by_difficulty(result.bands)]


def _by_difficulty(bands: Sequence[BandGain]) -> list[b.Block]:
    """Gains by difficulty: the band from half of the base's samples, the gain from the rest."""
    if not bands:
        return []
    head = ["the base, on half of its samples", "problems"]
    head += [f"pass@{row.k}, points" for row in bands[0].delta]
    rows = [
        [BANDS[band.band], band.problems, *(_gain(row, band.problems) for row in band.delta)]
        for band in bands
    ]
    return [b.Folded("Gains by difficulty", present(table(head, rows), b.Text(BY_BAND, "quiet")))]


def _gain(row: At, problems: int) -> str:
    few = problems < FEW or not known(row.estimate.value)
    return "too few" if few else changed(row.estimate)


def answered(result: Comparison | UnpairedComparison) -> b.Section | None:
    """Samples without an answer, cut samples, and the difference among the answered ones."""
    found = result.answered
    if found is None:
        return None
    arms = found.base, found.trained
    rows: list[Sequence[object]] = [
        ["samples with no answer to read", *(percent(arm.no_answer_share) for arm in arms), ""],
        ["wrong samples cut by max_tokens", *(percent(arm.truncated_share) for arm in arms), ""],
    ]
    if known(found.delta.estimate.value):
        change = changed(found.delta.estimate)
        rows.append([f"pass@{found.delta.k} among answered samples", "", "", change])
    content = table(["", *ROLES, "difference, points"], rows)
    title = "Did it learn to answer, or only the form of an answer?"
    return b.Section(title, present(content), FORM)
