"""Reward by difficulty band over the course of training.

In: the groups of a training run and, where there are any, the base's counts. Out: the solved share
of each band over the steps. Bands come from draws other than those they show: from the base's
counts, or from each problem's first group, which is then left out. Otherwise problems that were
lucky at first would seem to get worse (regression to the mean).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from passgap.analysis.select.posteriors import P_GRID, posterior
from passgap.analysis.watch.against_base import base_rows
from passgap.analysis.watch.groups import Groups, share, spans, within
from passgap.data.arrays import IntArray
from passgap.data.counts import Counts
from passgap.results.watching import Band, BandSpan, CountedBy

MOST_ROWS = 12
BASE_EDGES = (1 / 64, 1 / 8, 0.9)
BASE_BANDS = ("p < 1/64", "1/64 to 1/8", "1/8 to 9/10", "p > 9/10")
BY_FIRST = "how each problem's first group went (first groups are not counted)"
FIRST_BANDS = ("none right at first", "some right at first", "all right at first")


def reward_bands(
    groups: Groups, base: Counts | None, counted_by: CountedBy = "trainer"
) -> tuple[Band, ...]:
    """Solved share by difficulty over the run, in at most 12 rows per band.

    Bands are of the posterior mean of p given the base's counts (a raw rate of few draws is mostly
    noise), or, without them, of the first group: none, some or all right.
    """
    if base is None:
        groups, place, names, by = _by_first_visit(groups)
    else:
        place, by = _by_posterior(groups, base), "the base's posterior mean of p"
        names = BASE_BANDS
    every = -(-len(np.unique(groups.step)) // MOST_ROWS)
    bands = []
    for index, name in enumerate(names):
        inside = groups.take(np.flatnonzero(place[groups.problem] == index))
        if len(inside):
            rows = tuple(_rows(inside, spans(groups, every, counted_by)))
            bands.append(Band(name, by, rows, len(np.unique(inside.problem))))
    return tuple(bands)


def _rows(inside: Groups, spans: Sequence[tuple[int, int]]) -> Iterator[BandSpan]:
    """The solved share of one band's groups in each span that has any."""
    for span in spans:
        part = within(inside, span)
        if part.n.any():
            known = len(np.unique(part.problem[part.n > 0]))
            yield BandSpan(*span, known, share(part.problem, part.c, part.n))


def _by_posterior(groups: Groups, base: Counts) -> IntArray:
    """The band of each problem; -1 where the base's counts lack it."""
    means = posterior(base).mean(P_GRID)
    rows = base_rows(groups, base)
    return np.where(rows < 0, -1, np.digitize(means[rows], BASE_EDGES))


def _by_first_visit(groups: Groups) -> tuple[Groups, IntArray, tuple[str, ...], str]:
    """Bands by a problem's first group, which is left out of what the bands show."""
    order = np.lexsort((groups.step, groups.problem))
    first = order[np.unique(groups.problem[order], return_index=True)[1]]
    place = np.full(len(groups.problem_id), -1)
    n, c = groups.n[first], groups.c[first]
    place[groups.problem[first]] = np.where(n == 0, -1, (c > 0).astype(int) + (c == n) * (c > 0))
    later = np.ones(len(groups), bool)
    later[first] = False
    rest = groups.take(np.flatnonzero(later))
    return rest, place, FIRST_BANDS, BY_FIRST
