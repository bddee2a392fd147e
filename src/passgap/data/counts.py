"""Counts: how often each problem was answered correctly. Nothing here reads a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
from numpy.typing import ArrayLike

from passgap.data.arrays import FloatArray, IntArray
from passgap.data.whole_numbers import whole_numbers
from passgap.display import Displayed
from passgap.errors import UsageError
from passgap.plain import plural

Design = Literal["fixed", "adaptive"]
OPTIONAL = ("no_answer", "truncated", "c_reasoned", "guess_rate", "c_asked", "c_any")


def _column(name: str, values: ArrayLike | None, ids: tuple[str, ...]) -> IntArray:
    """One column of counts, one entry per problem; None stands for zeros."""
    if values is None:
        return np.zeros(len(ids), np.int64)
    listed = list(values) if np.iterable(values) and not hasattr(values, "dtype") else values
    shape = (len(listed),) if isinstance(listed, list) else np.shape(values)
    if shape != (len(ids),):
        raise UsageError(f"{name} has shape {shape}; expected ({len(ids)},), one entry per problem")
    return whole_numbers(name, cast(Iterable[object], listed), lambda i: f"problem {ids[i]!r}")


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Counts(Displayed):
    """How often each problem was answered correctly: all that most of the mathematics needs.

    Parameters
    ----------
    problem_id
        Distinct ids, length P.
    n, c
        Scored and correct draws per problem, 0 <= c <= n; whole numbers, as 16, 16.0 or "16".
    unscored
        Draws the verifier could not score, not part of n.
    no_answer, truncated
        Incorrect draws without an extractable answer, and incorrect draws cut by max_tokens;
        None where the source does not say.
    c_reasoned
        Correct draws whose reasoning a judge or a person found right too (CoT-pass@k, arXiv
        2506.14245), 0 <= c_reasoned <= c; None where it was not judged.
    c_asked, c_any
        Correct draws under the other readings: in the form that the prompt asked for, and with any
        mention of the answer; 0 <= c <= n. None where texts were read in only one way.
    guess_rate
        How often a wrong completion gives this problem's answer, in [0, 1); None where not
        measured.
    cluster
        Which problems are related, such as those made from the same template: one label per
        problem. Intervals and tests over problems then resample clusters. None: all problems are
        independent.
    design
        ``fixed`` when n was chosen beforehand, ``adaptive`` when it depended on outcomes.
    provenance
        What has to agree before two counts are compared (``prompt``, ``verifier``, ``sampling``),
        what names them (``policy``, ``problem_set``), whether the policy was trained on these
        problems (``trained_on``: yes or no), and why draws are unscored (``unscored``), if known.
    """

    problem_id: tuple[str, ...]
    n: IntArray
    c: IntArray
    unscored: IntArray
    no_answer: IntArray | None
    truncated: IntArray | None
    c_reasoned: IntArray | None
    c_asked: IntArray | None
    c_any: IntArray | None
    guess_rate: FloatArray | None
    cluster: tuple[str, ...] | None
    design: Design
    provenance: Mapping[str, str]

    def __init__(
        self,
        problem_id: Sequence[str],
        n: ArrayLike,
        c: ArrayLike,
        unscored: ArrayLike | None = None,
        no_answer: ArrayLike | None = None,
        truncated: ArrayLike | None = None,
        c_reasoned: ArrayLike | None = None,
        guess_rate: ArrayLike | None = None,
        design: Design = "fixed",
        provenance: Mapping[str, str] | None = None,
        *,
        c_asked: ArrayLike | None = None,
        c_any: ArrayLike | None = None,
        cluster: Sequence[str] | None = None,
    ) -> None:
        ids = tuple(str(i) for i in problem_id)
        values: dict[str, object] = {"problem_id": ids, "design": design}
        for name, column in {"n": n, "c": c, "unscored": unscored}.items():
            values[name] = _column(name, column, ids)
        optional = {"no_answer": no_answer, "truncated": truncated, "c_reasoned": c_reasoned}
        optional |= {"c_asked": c_asked, "c_any": c_any}
        for name, column in optional.items():
            values[name] = None if column is None else _column(name, column, ids)
        rates = None if guess_rate is None else np.asarray(guess_rate, np.float64)
        values["guess_rate"] = rates
        values["cluster"] = None if cluster is None else tuple(str(one) for one in cluster)
        values["provenance"] = dict(provenance or {})
        for name, value in values.items():
            object.__setattr__(self, name, value)
        self._check(ids)

    def _check(self, ids: tuple[str, ...]) -> None:
        if not ids:
            raise UsageError("the counts are empty; at least one row is needed")
        if len(set(ids)) < len(ids):
            twice = next(i for i in ids if ids.count(i) > 1)
            raise UsageError(
                f"problem_id {twice!r} occurs more than once; ids must be distinct "
                "(rows of one policy: passgap import counts FILE --where FIELD=VALUE --out ONE.csv)"
            )
        bad = np.flatnonzero((self.c < 0) | (self.c > self.n) | (self.unscored < 0))
        if bad.size:
            i = int(bad[0])
            raise UsageError(
                f"problem {ids[i]!r} has n={self.n[i]}, c={self.c[i]}, unscored="
                f"{self.unscored[i]}; needed: 0 <= c <= n and unscored >= 0"
            )
        reasoned = self.c if self.c_reasoned is None else self.c_reasoned
        bad = np.flatnonzero((reasoned < 0) | (reasoned > self.c))
        if bad.size:
            i = int(bad[0])
            raise UsageError(
                f"problem {ids[i]!r} has c={self.c[i]}, c_reasoned={reasoned[i]}; needed: "
                "0 <= c_reasoned <= c"
            )
        for name in ("c_asked", "c_any"):
            column: IntArray | None = getattr(self, name)
            if column is not None and np.any((column < 0) | (column > self.n)):
                i = int(np.flatnonzero((column < 0) | (column > self.n))[0])
                raise UsageError(
                    f"problem {ids[i]!r} has n={self.n[i]}, {name}={column[i]}; needed: "
                    f"0 <= {name} <= n"
                )
        if self.cluster is not None and len(self.cluster) != len(ids):
            raise UsageError(
                f"cluster has {len(self.cluster)} entries; expected {len(ids)}, one per problem"
            )
        rates = self.guess_rate
        if rates is not None and (
            rates.shape != (len(ids),) or not np.all((rates >= 0) & (rates < 1))
        ):
            raise UsageError("guess_rate needs one number in [0, 1) per problem")
        if self.design not in ("fixed", "adaptive"):
            raise UsageError(f"design is {self.design!r}; allowed: 'fixed', 'adaptive'")

    @property
    def clusters(self) -> IntArray | None:
        """The clusters as integers, shape (P,); None where all problems are independent."""
        if self.cluster is None:
            return None
        return np.unique(self.cluster, return_inverse=True)[1].astype(np.int64)

    @property
    def independent(self) -> int:
        """The number of problems or, if there are any, of clusters."""
        return len(self) if self.cluster is None else len(set(self.cluster))

    def __len__(self) -> int:
        return len(self.problem_id)

    def __str__(self) -> str:
        n, c = self.n, self.c
        each = f"{n.min()}" if n.min() == n.max() else f"{n.min()} to {n.max()}"
        return (
            f"{plural(len(self), 'problem')}, {each} scored samples each ({self.design}): "
            f"{c.sum():,} of {n.sum():,} correct; problems never solved: {int(np.sum(c == 0))}, "
            f"always: {int(np.sum(c == n))}; samples unscored: {int(self.unscored.sum()):,}"
        )

    def clustered(self, cluster: Sequence[str] | None) -> Counts:
        """The same counts with other clusters, one per problem, or without clusters."""
        found = copy(self)
        object.__setattr__(found, "cluster", None if cluster is None else tuple(cluster))
        found._check(self.problem_id)
        return found

    def take(self, rows: Sequence[int] | IntArray) -> Counts:
        """The same counts for the given rows only, in the given order."""
        index = np.asarray(rows, np.int64)
        ids = [self.problem_id[int(i)] for i in index]
        held = {name: getattr(self, name) for name in OPTIONAL}
        some = {name: None if column is None else column[index] for name, column in held.items()}
        return Counts(
            ids,
            self.n[index],
            self.c[index],
            self.unscored[index],
            **some,
            cluster=None if self.cluster is None else [self.cluster[int(i)] for i in index],
            design=self.design,
            provenance=self.provenance,
        )
