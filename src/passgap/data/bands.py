"""Difficulty bands. In: a problem's share of correct draws. Out: the name of its band.

``never`` (0), ``boundary`` (up to 1/8: mostly no hit in a group of 8), ``mid``, ``saturated`` (at
least 9/10). A share of few draws is mostly noise: the draws that assign a band are not the ones
shown in it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from passgap.data.arrays import IntArray

BANDS = ("never", "boundary", "mid", "saturated")


def band_index(n: ArrayLike, c: ArrayLike) -> IntArray:
    """Which of BANDS each problem is in, by its scored and its correct draws."""
    n, c = np.asarray(n), np.asarray(c)
    place = 1 + (8 * c > n).astype(np.int64) + (10 * c >= 9 * n)
    return np.where(c == 0, 0, place)
