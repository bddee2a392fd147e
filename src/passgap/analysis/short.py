"""Problems with too few scored draws. In: counts. Out: the others, with a note that names these.

A few draws that could not be scored leave a problem with fewer than the k in use, where pass@k has
no unbiased estimate. It is left out only on request, since the problems that cannot be scored are
not a random choice.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from passgap.analysis import inputs
from passgap.data.arrays import IntArray
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.plain import plural

NAMED = 3  # ids that a sentence lists
USUAL = 0.1  # where problems may be left out, nine in ten have the draws that the large k needs


def draws(counts: Counts) -> IntArray:
    """Draws of each problem, scored or not; shape (P,)."""
    return counts.n + counts.unscored


def least_draws(arms: Sequence[Counts]) -> int:
    """The fewest draws of any problem, scored or not."""
    return min(int(draws(one).min()) for one in arms)


def usual_draws(arms: Sequence[Counts]) -> int:
    """The draws that nine in ten problems have, scored or not, in the arm that has fewest."""
    at = [np.quantile(draws(one), USUAL, method="inverted_cdf") for one in arms]
    return int(min(at))


def enough(arms: Sequence[Counts], k: int) -> IntArray:
    """The rows of paired counts with at least k scored draws in every arm."""
    least = np.min([one.n for one in arms], axis=0)
    return np.flatnonzero(least >= k)


def without_short(
    arms: Sequence[Counts], k: int, *, accept_unscored: bool
) -> tuple[list[Counts], tuple[str, ...]]:
    """Paired counts without the problems of fewer than k scored draws, and a note that names them.

    Parameters
    ----------
    arms
        Counts on the same problems in the same order.
    k
        Scored draws that a problem must have in every arm.
    accept_unscored
        Whether more than 2% unscored draws, of all problems, are accepted.

    Raises
    ------
    UsageError
        If no problem is left, or for unscored draws as in `inputs.check_counts`: those left out
        count there, or leaving them out would hide them.
    """
    for one in arms:
        inputs.refuse_all_unscored(one)
        inputs.refuse_unscored(one, accept_unscored=accept_unscored)
    rows, ids = enough(arms, k), arms[0].problem_id
    if not rows.size:
        most = int(np.min([one.n for one in arms], axis=0).max())
        smaller = f", or use a large k of at most {most} (--k-large)" if most > 1 else ""
        raise UsageError(
            f"none of the {len(ids)} problems has k={k} scored samples, so --drop-short would "
            f"leave out all of them; draw at least {k} samples per problem{smaller}"
        )
    if len(rows) == len(ids):
        return list(arms), ()
    kept = set(rows.tolist())
    short = [name for i, name in enumerate(ids) if i not in kept]
    note = (
        f"{len(short)} of {plural(len(ids), 'problem')} left out for having fewer than {k} "
        f"scored samples ({named(short)}): everything here is about the other {len(rows)}"
    )
    return [one.take(rows) for one in arms], (note,)


def named(ids: Sequence[str]) -> str:
    """The first few ids, and how many more there are."""
    more = len(ids) - NAMED
    return ", ".join([*ids[:NAMED], *([f"and {more} more"] if more > 0 else [])])


def flag_that_helps(
    arms: Sequence[Counts], k: int, *, accept_unscored: bool, paired: bool = True
) -> str:
    """What to add to a command so that it continues without the short problems; may be empty.

    Parameters
    ----------
    arms, k, accept_unscored
        As in `without_short`; ``accept_unscored`` as it was given.
    paired
        Whether a problem that is short in one arm is left out of all.
    """
    groups = [arms] if paired else [[one] for one in arms]
    kept, problems = [len(enough(one, k)) for one in groups], sum(len(one[0]) for one in groups)
    stay = sum(kept)
    if not min(kept) or stay == problems:
        return ""
    share = max(inputs.unscored_share(one) for one in arms)
    many = share > inputs.MOST_UNSCORED and not accept_unscored
    flags = "--drop-short --accept-unscored" if many else "--drop-short"
    return (
        f"add {flags}, which leaves out {problems - stay} of {problems} problems and keeps {stay}"
    )
