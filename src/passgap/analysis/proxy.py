"""A reward against a second verifier. In: both marks, per problem. Out: what only the reward pays.

Two verifiers always differ somewhere. The sign of hacking is that the share paid by the reward
alone grows in training: the policy went where the reward is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from passgap.data.arrays import FloatArray
from passgap.data.both_marks import BothMarks
from passgap.errors import UsageError
from passgap.plain import plural
from passgap.results.proxy_audit import MarkShare, PaidAlone, ProxyAudit
from passgap.stats.intervals.population import mean_interval, paired_interval

SHARES = ("proxy", "gold", "only_proxy", "only_gold")


def audit_proxy(
    base: BothMarks, trained: BothMarks | None, *, runs: Sequence[str], proxy: str, gold: str
) -> ProxyAudit:
    """The shares of both verifiers, and their changes on the problems that both runs have.

    Raises UsageError where no problem has a sample that both verifiers scored.
    """
    arms = [base] if trained is None else [base, trained]
    ids = [one for one in base.problem_id if all(one in set(arm.problem_id) for arm in arms)]
    if not ids:
        raise UsageError(
            f"{' and '.join(runs)}: no problem has a sample that both {proxy} and {gold} scored; "
            "verify the same problems with both"
        )
    shares = tuple(_share(name, arms, ids) for name in SHARES)
    alone = shares[SHARES.index("only_proxy")].change
    return ProxyAudit(
        runs=tuple(runs),
        proxy=proxy,
        gold=gold,
        problems=len(ids),
        shares=shares,
        grew=None if alone is None else bool(alone.low > 0),
        examples=tuple(
            PaidAlone(run, *one)
            for run, arm in reversed(list(zip(runs, arms, strict=True)))
            for one in arm.examples
        ),
        notes=tuple(_notes(runs, arms, len(ids))),
    )


def _share(name: str, arms: Sequence[BothMarks], ids: Sequence[str]) -> MarkShare:
    values = [_values(arm, name, ids) for arm in arms]
    base = mean_interval(values[0])
    if len(values) == 1:
        return MarkShare(name, base, None, None)
    return MarkShare(name, base, mean_interval(values[1]), paired_interval(values[1] - values[0]))


def _values(arm: BothMarks, name: str, ids: Sequence[str]) -> FloatArray:
    """The share in each of these problems, shape (P,)."""
    place = {one: i for i, one in enumerate(arm.problem_id)}
    rows = np.array([place[one] for one in ids])
    found: FloatArray = getattr(arm, name)[rows] / arm.n[rows]
    return found


def _notes(runs: Sequence[str], arms: Sequence[BothMarks], common: int) -> Iterator[str]:
    for run, arm in zip(runs, arms, strict=True):
        if arm.unscored:
            yield f"{run}: {plural(arm.unscored, 'sample')} left out, unscored by one of the two"
        if len(arm.problem_id) > common:
            more = len(arm.problem_id) - common
            yield f"{run}: {plural(more, 'problem')} left out, not in the other run"
    yield "the second verifier may be wrong too: read some of the samples"
