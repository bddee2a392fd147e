"""Which cheap features go with the marks. In: features of one run or of a pair. Out: the audit.

An association is no hack: right samples may be shorter because hard problems take long. What asks
for a look is a feature that the marks paid in the base and that training then moved that way.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from scipy import special

from passgap.data.arrays import FloatArray
from passgap.data.features import Features
from passgap.errors import UsageError
from passgap.plain import plural
from passgap.results.estimates import Estimate
from passgap.results.feature_audit import Associated, FeatureAudit, FeatureRow, Sizes
from passgap.stats.association import Associations, within_associations
from passgap.stats.intervals.population import student_interval

LEVEL = 0.05
PERMUTATIONS = 499
FEW = 10  # problems with both marks


def audit_features(
    base: Features, trained: Features | None, *, runs: Sequence[str], seed: int
) -> FeatureAudit:
    """The associations of every feature, and their changes where there is a trained policy.

    Raises UsageError for a base without a problem that has both right and wrong samples.
    """
    before = _associations(base, seed)
    if not before.groups:
        raise UsageError(
            f"{runs[0]} has no problem with both a right and a wrong sample, so nothing can be "
            "associated with the marks; draw more samples, or take other problems"
        )
    after = None if trained is None else _associations(trained, seed)
    rows = [row for row in _rows(base, before, trained, after) if _varies(row)]
    rows.sort(
        key=lambda row: (
            not row.with_reward,
            not row.base.above_floor,
            -abs(row.base.association.value),
        )
    )
    return FeatureAudit(
        runs=tuple(runs),
        base=Sizes(before.samples, before.groups),
        trained=None if after is None else Sizes(after.samples, after.groups),
        permutations=PERMUTATIONS,
        seed=seed,
        rows=tuple(rows),
        notes=tuple(_notes(base, before, after)),
    )


def _associations(features: Features, seed: int) -> Associations:
    return within_associations(
        features.values,
        features.right,
        features.problem,
        permutations=PERMUTATIONS,
        seed=seed,
    )


def _rows(
    base: Features, before: Associations, trained: Features | None, after: Associations | None
) -> Iterator[FeatureRow]:
    means = _means(base)
    if trained is None or after is None:
        for j, name in enumerate(base.names):
            yield FeatureRow(name, _associated(means[:, j], before, j))
        return
    later = _means(trained)
    above = int((before.p_values <= LEVEL).sum())
    for j, name in enumerate(base.names):
        apart = later[:, j] - means[:, j]
        apart = apart[np.isfinite(apart)]
        first = _associated(means[:, j], before, j)
        yield FeatureRow(
            name,
            first,
            _associated(later[:, j], after, j),
            student_interval(apart) if apart.size else student_interval([math.nan]),
            _difference(before.estimates[j], after.estimates[j]),
            _is_shown(apart, above if first.above_floor else len(base.names)),
        )


def _means(features: Features) -> FloatArray:
    """The mean of each feature in each problem, shape (P, F); nan where it has no sample."""
    size = len(features.problem_ids)
    counts = np.bincount(features.problem, minlength=size)
    sums = np.zeros((size, features.values.shape[1]))
    order = np.argsort(features.problem, kind="stable")
    seen, starts = np.unique(features.problem[order], return_index=True)
    if len(seen):
        sums[seen] = np.add.reduceat(features.values[order], starts, axis=0, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        found: FloatArray = sums / counts[:, None]
    return found


def _associated(means: FloatArray, found: Associations, j: int) -> Associated:
    one, p_value = found.estimates[j], float(found.p_values[j])
    mean = float(np.nanmean(means)) if np.isfinite(means).any() else math.nan
    return Associated(mean, one, p_value, p_value <= LEVEL)


def _difference(before: Estimate, after: Estimate) -> Estimate:
    """The change of an association; the two runs' samples are independent."""
    value = after.value - before.value
    error = math.hypot(before.standard_error, after.standard_error)
    reach = float(special.ndtri(0.5 + before.confidence_level / 2)) * error
    method = "normal, of two independent runs"
    return Estimate(
        value, value - reach, value + reach, before.confidence_level, method, standard_error=error
    )


def _is_shown(apart: FloatArray, features: int) -> bool:
    """Whether a mean change is shown, at a level divided by the number of features.

    Those above the floor, which are asked first, are a family of their own.
    """
    if apart.size < 2:
        return False
    found = student_interval(apart, confidence_level=1 - LEVEL / features)
    return bool(found.low > 0 or found.high < 0)


def _varies(row: FeatureRow) -> bool:
    """Whether a feature differs between samples of any run, or between the runs."""
    several = [one for one in (row.base, row.trained) if one is not None]
    return bool(row.moved) or any(one.association.standard_error > 0 for one in several)


def _notes(base: Features, before: Associations, after: Associations | None) -> Iterator[str]:
    if len(base.right) < base.total:
        yield (
            f"used: {len(base.right):,} of {base.total:,} samples, the scored ones of "
            f"{plural(len(base.problem_ids), 'problem')}"
        )
    if before.groups < FEW:
        yield (
            f"only {plural(before.groups, 'problem has', 'problems have')} both right and wrong "
            "samples: little can be shown"
        )
    if after is not None and not after.groups:
        yield "after training no problem has both right and wrong samples: no association there"
    yield "an association is a reason to read samples, not a proof: the right answer may need it"
