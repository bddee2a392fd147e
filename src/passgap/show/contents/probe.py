"""Can RLVR pay here: a probe in, its verdict, key figures and sections out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from passgap.results.labels import LEFT_OPEN
from passgap.results.probe import AdaptiveProbe, Gap, Probe, ProbedWith, Signal
from passgap.show import blocks as b
from passgap.show.charts.curves import forecast_fan, learning_signal
from passgap.show.charts.designs import rounds_chart
from passgap.show.contents import captions, curves, trajectories
from passgap.show.contents.alone import alone
from passgap.show.contents.forecast import of_forecast
from passgap.show.contents.parts import (
    details,
    noted,
    present,
    size_figure,
    small,
    table,
    tries,
    verdict_block,
    whole,
)
from passgap.show.text import changed, interval, known, number, percent, points

GROUP = 8  # the group size in the sentence
WORTH_SAYING = 0.0005
FAN = (
    "Each curve moves every problem's odds by the same factor, exp(δ), as KL-regularised RL does "
    "at its optimum. These are scenarios, not promises."
)
EXTRAPOLATED = "Some problems have fewer than {K} samples, so pass@{K} is extrapolated."
EXTRA = "\nextrapolated"
THESE = "for exactly these problems"
SIGNAL = "GRPO learns only from these groups. Bars are intervals."


def blocks(probe: Probe) -> list[b.Block]:
    """Everything to show of a probe."""
    return present(
        verdict(probe),
        figures(probe),
        curves.of_one(probe),
        trajectories.section(probe.trajectories),
        b.Section("What training could gain", gains(probe)),
        alone(probe.sampling_alone),
        noted(probe.notes),
    )


def adaptive(probe: AdaptiveProbe) -> list[b.Block]:
    """Everything to show of a probe in rounds."""
    gap = f"pass@{probe.headroom.k_large} − pass@{probe.headroom.k_small}"
    ends = interval(probe.headroom.estimate, points)
    unscored = f"{probe.unscored:,} samples are unscored and left out"
    rows = [
        [i, f"{look.draws:,}", changed(look.headroom), look.label]
        for i, look in enumerate(probe.rounds, start=1)
    ]
    return present(
        verdict_block(probe.verdict, "Before training", ""),
        b.Figures(
            [
                b.Figure("Headroom", _gap(probe.headroom), ends),
                b.Figure("Problems", f"{probe.problems:,}", f"{probe.draws:,} samples"),
            ]
        ),
        b.Picture(
            "rounds",
            lambda: rounds_chart(probe.rounds),
            f"{gap} after each of {len(probe.rounds)} rounds: {ends} points after the last.",
        ),
        table(("round", "samples", "headroom, points", "verdict"), rows, (0, 3)),
        noted([unscored] if probe.unscored else []),
    )


# ----------------------------------------------------------------------------------- verdict


def verdict(probe: Probe) -> b.VerdictBlock:
    """The verdict, with the three numbers that bear it out."""
    evidence = [line for line in (_beyond(probe), _never(probe)) if line]
    return verdict_block(probe.verdict, "Before training", sentence(probe), evidence)


def sentence(probe: Probe) -> str:
    """The label's sentence, with the numbers of this probe."""
    settings, gap = probe.settings, probe.headroom.estimate
    these = settings.interval == "fixed"
    said = probe.verdict.label.sentence.format(
        k=settings.k_small,
        K=settings.k_large,
        at_k=whole(probe.at(settings.k_small)),
        at_K=whole(probe.at(settings.k_large)),
        gap=number(100 * gap.value, 0),
        gap_range=interval(gap, points),
        of=f"these {probe.problems} problems" if these else "the problems",
        open=_left_open(probe, settings),
    )
    return f"{said} {EXTRAPOLATED.format(K=settings.k_large)}" * probe.headroom.extrapolated or said


def _left_open(probe: Probe, settings: ProbedWith) -> str:
    """What the gap's interval leaves open, by the thresholds that lie in it."""
    gap = probe.headroom.estimate
    small, large = (0.0 if one is None else one for one in (settings.small, settings.large))
    inside = (False, False)
    if settings.small is not None:
        inside = gap.low <= small <= gap.high, gap.low <= large <= gap.high
    return LEFT_OPEN[inside].format(
        low=number(100 * gap.low, 1),
        high=number(100 * gap.high, 1),
        small=number(100 * small, 0),
        large=number(100 * large, 0),
        reason=(probe.verdict.reasons or ("",))[-1],
    )


def _beyond(probe: Probe) -> str:
    """The narrower interval of an extrapolated headroom; empty where it is measured."""
    gap = probe.headroom
    if gap.if_beta is None:
        return ""
    ends = interval(gap.if_beta, points)
    return f"The headroom is extrapolated: {ends} points if difficulty is Beta-shaped."


def _gap(gap: Gap) -> str:
    return f"{points(gap.estimate.value)} points"


def _extrapolated(probe: Probe) -> str:
    """Both ends of an extrapolated gap are fitted, so the measured small k need not subtract."""
    gap = probe.headroom
    if not gap.extrapolated:
        return ""
    fitted = percent(probe.at(gap.k_large).value - gap.estimate.value)
    measured = percent(probe.at(gap.k_small).value)
    return EXTRA + (f" from a fit with pass@{gap.k_small} = {fitted}" if fitted != measured else "")


def _signal(probe: Probe) -> Signal | None:
    return next((one for one in probe.signal if one.group_size == GROUP), None)


def _never(probe: Probe) -> str:
    never = probe.never_solved
    if not never.problems:
        return ""
    verb, its = ("was", "its") if never.problems == 1 else ("were", "each one's")
    most = percent(never.p_upper_each, 2)
    return b.Counted(
        b.Count(never.problems, "never"),
        f" of {probe.problems:,} problems {verb} never solved; {its} success rate is at most "
        f"{most} (95% bound).",
    )


# ----------------------------------------------------------------------------------- figures


def figures(probe: Probe) -> b.Figures:
    """Both deciding k, headroom, learning signal, size."""
    ks, one = (probe.settings.k_small, probe.settings.k_large), _signal(probe)
    teaches = []
    these = f"\n{THESE}" if probe.settings.interval == "fixed" else ""
    if one is not None:
        like = ", over problems like these" if these else ""
        shown = f"{interval(one.estimate)}{like}"
        note = f"{shown}\ncontain correct and incorrect samples, so that GRPO can learn"
        teaches = [b.Figure(f"Groups of {GROUP} that teach", percent(one.estimate.value), note)]
    gap, beyond = probe.headroom, {one.k for one in probe.extrapolation}
    return b.Figures(
        [
            *(
                b.Figure(
                    f"Solved within {tries(k)}",
                    percent(probe.at(k).value),
                    interval(probe.at(k)) + EXTRA * (k in beyond) + these,
                )
                for k in ks
            ),
            b.Figure(
                "Headroom", _gap(gap), interval(gap.estimate, points) + _extrapolated(probe) + these
            ),
            *teaches,
            *trajectories.figures(probe),
            size_figure(probe.problems, [probe.draws], f"{probe.unscored:,}"),
        ]
    )


# ------------------------------------------------------------------------- the second look


def gains(probe: Probe) -> list[b.Block]:
    """What training could make of the base, and what is known beyond these samples."""
    fan = partial(forecast_fan, probe.curve, probe.tilts)
    signal = partial(learning_signal, probe.signal)
    caption = b.joined(captions.fan(probe.tilts, probe.curve), FAN)
    drawn = [b.Picture("forecast", fan, caption)] if probe.tilts else []
    if any(known(one.estimate.value) for one in probe.signal):
        drawn.append(b.Picture("signal", signal, b.joined(captions.signal(probe.signal), SIGNAL)))
    content = further(probe)
    folded = content and b.Folded("Never solved, luck, and k beyond the samples", [content])
    return present(b.Columns(drawn) if drawn else None, folded)


def further(probe: Probe) -> b.Table | None:
    """What was never solved and may be, the second predictor, luck, extrapolations."""
    return details(_rows(probe))


def _rows(probe: Probe) -> Iterator[Sequence[object]]:
    never = probe.never_solved
    if never.problems:
        note = (
            f"success rate of any one of them at most {small(never.p_upper_each)}, of all of them "
            f"together at most {small(never.p_upper_mean)} (95% upper bounds)"
        )
        yield "problems never solved", f"{never.problems} of {probe.problems}", note
    second = probe.second_predictor
    if known(second.estimate.value):
        name = f"pass@{second.k_large} - pass@{second.k_small}, points"
        note = f"{interval(second.estimate, points)}; follows the gain in pass@1 more closely"
        yield name, points(second.estimate.value), note
    yield from of_forecast(probe.forecast, probe.curve.at(1).value)
    yield from _tilts_row(probe)
    if probe.luck is not None and probe.luck.at_k_large >= WORTH_SAYING:
        name = f"solved by guessing alone within {probe.headroom.k_large}"
        yield name, percent(probe.luck.at_k_large, 2), probe.luck.source
    for one in probe.extrapolation:
        shapes = f"Beta {percent(one.beta_binomial)}, zero-inflated {percent(one.zero_inflated)}"
        shaped = f"{interval(one.if_beta)} if difficulty is Beta-shaped"
        note = f"{interval(one.estimate)}; {shaped}; as fitted: {shapes}"
        yield f"pass@{one.k}, extrapolated beyond n", percent(one.estimate.value), note


def _tilts_row(probe: Probe) -> Iterator[Sequence[object]]:
    """What sharpening by each strength would make of the small k."""
    k = probe.settings.k_small
    fan = [(one.delta, one.curve.at(k).value) for one in probe.tilts if k in one.curve.k]
    if fan:
        strengths = ", ".join(number(delta, 0) for delta, _ in fan)
        values = ", ".join(percent(value, 0) for _, value in fan)
        note = f"by a tilt δ of {strengths}: what RLVR may give"
        yield f"pass@{k} if sharpened", values, note
