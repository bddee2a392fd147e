"""Checked values per problem, and one row per cluster of problems."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from passgap.data.arrays import FloatArray, IntArray
from passgap.errors import UsageError

SLACK = 1e-9


def checked_values(x: ArrayLike, low: float, high: float, dimensions: int) -> FloatArray:
    """The values as an array, in [low, high]; nan only where there are two dimensions."""
    values = np.asarray(x, np.float64)
    if values.ndim != dimensions or not values.size:
        raise UsageError(
            f"the values have shape {values.shape}; needed: {dimensions} dimension(s), not empty"
        )
    bad = (values < low - SLACK) | (values > high + SLACK) | np.isinf(values)
    if dimensions == 1:
        bad |= np.isnan(values)
    if bad.any():
        raise UsageError(f"the values include {values[bad][0]}; allowed: {low:g} to {high:g}")
    return values


def clustered(values: FloatArray, clusters: IntArray | None) -> FloatArray:
    """One row per cluster: its sum, scaled so that the mean over clusters is that over problems."""
    if clusters is None:
        return values
    if clusters.shape != (len(values),):
        raise UsageError(f"clusters has shape {clusters.shape}; needed: ({len(values)},)")
    _, place = np.unique(clusters, return_inverse=True)
    sums = np.zeros((int(place.max()) + 1, values.shape[1]))
    np.add.at(sums, place, values)
    return sums * (len(sums) / len(values))
