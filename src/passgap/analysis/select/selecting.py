"""Selecting: which problems teach. In: counts. Out: the chosen problems and an unfiltered control.

A GRPO group teaches when it is neither all right nor all wrong, so what matters is a problem's true
p. It is judged by its posterior (`analysis.select.posteriors`), never by c / n: problems chosen for
a high or low observed rate regress to the mean, and the result says by how much.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from passgap.analysis.inputs import MOST_UNSCORED, unscored_share
from passgap.analysis.select.posteriors import (
    P_GRID,
    Posterior,
    arm_means,
    mixed_on_grid,
    posterior,
)
from passgap.data.arrays import BoolArray, FloatArray, IntArray
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.plain import plural
from passgap.results.selection import Selection, SelectionArm, SelectionArms, short
from passgap.results.settings import SelectSettings

LOW, HIGH = 0.02, 0.8  # docs/decisions/0019
MORE_LIKELY = 0.5
DEFAULTS = SelectSettings()
NO_JUDGE = (
    "problems used in training can no longer evaluate the policy: measure before and after on "
    "held-out problems"
)


def select(counts: Counts, settings: SelectSettings = DEFAULTS) -> Selection:
    """Choose the problems that teach, by the posterior of each one's p.

    A problem is in the band when P(low <= p <= high) >= 1/2 under its posterior. With ``size``, the
    problems with the greatest expected mixed@G are chosen (within the band, if one is given). Ties,
    such as equal (n, c), are broken at random.

    Parameters
    ----------
    counts
        Counts of the policy to be trained, P problems; fixed or adaptive.
    settings
        Which problems are chosen.

    Raises
    ------
    UsageError
        For settings out of range, a band without problems, or fewer problems than ``size``.
    """
    asked = _checked(settings, len(counts))
    found = posterior(counts)
    mixed = found.mean(mixed_on_grid(asked.group_size))
    inside = _inside(P_GRID, asked)
    in_band = None if inside is None else found.mean(inside.astype(float))
    eligible = np.ones(len(counts), bool) if in_band is None else in_band >= MORE_LIKELY
    chosen = _chosen(eligible, mixed, asked)
    _refuse_too_few(chosen, asked, in_band)
    control = np.sort(
        np.random.default_rng([asked.seed, 1]).choice(len(counts), len(chosen), replace=False)
    )
    arms = _arms(counts, chosen, control, asked)
    return Selection(
        settings=asked,
        counts=counts,
        p=found.mean(P_GRID),
        p_low=found.quantile(0.025),
        p_high=found.quantile(0.975),
        in_band=in_band,
        mixed=mixed,
        chosen=chosen,
        control=control,
        arms=arms,
        notes=_notes(counts, chosen, found, arms),
    )


def _checked(settings: SelectSettings, problems: int) -> SelectSettings:
    """The settings with the band filled in; both its ends are None where there is none."""
    low = LOW if settings.low is None else settings.low
    high = HIGH if settings.high is None else settings.high
    if not 0 <= low < high <= 1:
        raise UsageError(f"low={low:g}, high={high:g}; allowed: 0 <= low < high <= 1")
    if settings.size is not None and not 1 <= settings.size <= problems:
        raise UsageError(
            f"size is {settings.size}; allowed: 1 to {problems}, the number of problems"
        )
    if settings.size is not None and settings.low is None and settings.high is None:
        return settings
    return replace(settings, low=low, high=high)


def _inside(values: FloatArray, asked: SelectSettings) -> BoolArray | None:
    """Whether each value lies in the band; None where there is no band."""
    if asked.low is None or asked.high is None:
        return None
    return np.asarray((values >= asked.low) & (values <= asked.high))


def _chosen(eligible: BoolArray, worth: FloatArray, asked: SelectSettings) -> IntArray:
    """Rows of the eligible with the greatest worth, ties in random order; ascending."""
    rows = np.random.default_rng([asked.seed, 0]).permutation(np.flatnonzero(eligible))
    best = rows[np.argsort(-worth[rows].round(12), kind="stable")]
    return np.sort(best[: asked.size]).astype(np.int64)


def _refuse_too_few(chosen: IntArray, asked: SelectSettings, in_band: FloatArray | None) -> None:
    if in_band is None:
        return
    band = f"{asked.low:g} <= p <= {asked.high:g}"
    if not chosen.size:
        raise UsageError(
            f"no problem is more likely inside the band {band} than outside (the most likely has "
            f"probability {in_band.max():.2f}); widen the band, or choose the best with only "
            "--size"
        )
    if asked.size is not None and len(chosen) < asked.size:
        raise UsageError(
            f"size is {asked.size}, but only {len(chosen)} problems are more likely inside the "
            f"band {band} than outside; use a size of at most {len(chosen)}, or widen the band"
        )


def _by_raw_rate(raw: FloatArray, asked: SelectSettings) -> IntArray:
    """What the same rule would choose if c / n were p."""
    known = np.nan_to_num(raw)
    worth = 1 - known**asked.group_size - (1 - known) ** asked.group_size
    inside = _inside(raw, asked)
    return _chosen(np.isfinite(raw) if inside is None else inside, worth, asked)


def _arms(
    counts: Counts, chosen: IntArray, control: IntArray, asked: SelectSettings
) -> SelectionArms:
    raw = np.where(counts.n > 0, counts.c / np.maximum(counts.n, 1), np.nan)
    by_raw = _by_raw_rate(raw, asked)
    groups = [chosen, control, np.arange(len(counts)), *([by_raw] if by_raw.size else [])]
    functions = [P_GRID, mixed_on_grid(asked.group_size)]
    means = arm_means(counts, groups, functions, seed=asked.seed)
    return SelectionArms(
        *(
            SelectionArm(len(rows), _mean(raw[rows]), rate, mixed)
            for rows, (rate, mixed) in zip(groups, means, strict=True)
        )
    )


def _mean(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")


def _notes(
    counts: Counts, chosen: IntArray, found: Posterior, arms: SelectionArms
) -> tuple[str, ...]:
    notes = []
    if (raw := arms.by_raw_rate) is not None:
        notes.append(
            f"regression to the mean: the {raw.problems} problems that the raw success rate would "
            f"choose have an observed rate of {raw.raw_rate:.3f}, and {raw.pass_rate.value:.3f} "
            f"is expected on fresh samples; the chosen ones have {short(arms.chosen.raw_rate)}, "
            f"and {arms.chosen.pass_rate.value:.3f} is expected"
        )
    if len(chosen) == len(counts):
        notes.append(
            "every problem is chosen, so the control is the same set; use --size to choose the best"
        )
    if counts.guess_rate is not None:
        lucky = int(np.sum(found.mean(P_GRID)[chosen] <= counts.guess_rate[chosen]))
        if lucky:
            notes.append(
                f"{plural(lucky, 'chosen problem is', 'chosen problems are')} solved no more "
                "often than by guessing"
            )
    if unscored_share(counts) > MOST_UNSCORED:
        notes.append(f"{unscored_share(counts):.1%} of the samples are unscored and left out")
    undrawn = int(np.sum(counts.n[chosen] == 0))
    if undrawn:
        notes.append(
            f"{plural(undrawn, 'chosen problem has', 'chosen problems have')} no scored sample; "
            "what is known about them comes from the others"
        )
    return (*notes, NO_JUDGE)
