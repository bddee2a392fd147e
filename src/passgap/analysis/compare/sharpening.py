"""Is it more than sharpening? What the tilt between both runs says.

In: paired Counts and the large k. Out: the tilt and what it means: a plain tilt, an uneven one, or
more than a tilt can do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from passgap.data.counts import Counts
from passgap.results.comparison import Misfit as MisfitAt
from passgap.results.comparison import Slope, TiltFit, TiltReading
from passgap.stats import Misfit, SlopedTilt, Tilt, describe_tilt, fit_sloped_tilt

LEVEL = 0.05


@dataclass(frozen=True)
class Sharpening:
    """The plain tilt, the one with a slope, and how far the change at k exceeds the plain one."""

    k: int
    tilt: Tilt
    sloped: SlopedTilt
    misfit: Misfit

    @property
    def fitted(self) -> bool:
        return bool(np.isfinite(self.tilt.delta.value))

    @property
    def reading(self) -> TiltReading | None:
        """``more`` than a tilt at k; else ``uneven`` (less at k, or a slope); else a ``tilt``."""
        if not self.fitted:
            return None
        if self.misfit.above:
            return "more"
        return "uneven" if self.misfit.below or self.sloped.p_value <= LEVEL else "tilt"

    def fit(self) -> TiltFit | None:
        """The result's ``tilt``; None where no tilt can be fitted."""
        reading = self.reading
        if reading is None:
            return None
        delta, misfit = self.tilt.delta, self.misfit
        return TiltFit(
            delta=delta.value,
            low=delta.low,
            high=delta.high,
            misfit_p=misfit.p_value,
            misfit=MisfitAt(self.k, misfit.statistic, misfit.quantile_025, misfit.quantile_975),
            slope=Slope(self.sloped.slope, self.sloped.p_value),
            reading=reading,
        )


def sharpening(base: Counts, trained: Counts, k: int) -> Sharpening:
    """Fit both tilts to paired counts and test the plain one at k."""
    counts = (base.n, base.c, trained.n, trained.c)
    tilt, misfit = describe_tilt(*counts, k, clusters=base.clusters)
    return Sharpening(k, tilt, fit_sloped_tilt(*counts, tilt), misfit)
