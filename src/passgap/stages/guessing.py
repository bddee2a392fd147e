"""Luck, measured. In: a run. Out: the guess rate of its problems.

The guess rate of a problem is the share of the incorrect completions of the other problems with
answers of the same type whose answer equals this problem's reference: how often a wrong completion
gives it. Answers are compared in the normal form of the problem's verifier (``0.5`` is ``1/2``, no
algebra); where references cannot be compared (code, a custom rule) luck is unknown. The part of a
rate that differs from others of its type only by noise, over the problems it was measured on, is
removed.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
import polars as pl

from passgap.data.arrays import FloatArray
from passgap.runs import Run
from passgap.stats import shrunken_rates
from passgap.verifiers import answer_form


@dataclass(frozen=True, eq=False)
class Luck:
    """``rates`` (one per problem), from ``wrong`` incorrect draws with ``hits`` matches in
    total."""

    rates: FloatArray
    wrong: int
    hits: int

    def at(self, k: int) -> float:
        """Mean over problems of pass@k when every draw is such a guess."""
        return float(np.mean(1 - (1 - self.rates) ** k))


def guess_rates(run: Run, *, verifier_digest: str | None = None) -> Luck | None:
    """Measure luck on a verified run; None where a problem's reference cannot be compared."""
    chosen = verifier_digest or run.verifier_digest()
    problems = list(run.problems())
    override = run.outcomes_about(chosen).verifier
    forms = {problem.id: answer_form(override or problem.verifier) for problem in problems}
    if any(form is None for form in forms.values()):
        return None
    gold = {p.id: form(p.reference) for p in problems if (form := forms[p.id])}
    kind = {problem_id: answer_type(reference) for problem_id, reference in gold.items()}
    wanted = set(gold.values())
    wrong: Counter[str] = Counter()
    said: Counter[tuple[str, str]] = Counter()
    for name in sorted(run.outcome_names(chosen)):
        frame = run.read_outcomes(chosen, name).filter(pl.col("status") == "incorrect")
        wrong.update(dict(frame["problem_id"].value_counts().iter_rows()))
        for problem_id, text, draws in frame.group_by("problem_id", "extracted").len().iter_rows():
            form = forms[problem_id]
            answer = form(text) if form and text is not None else None
            if answer in wanted:
                said[problem_id, answer] += draws
    sums = _Sums(wrong, said, kind)
    rates, noise, hits = (
        np.array(column)
        for column in zip(*(sums.rate(p.id, gold[p.id]) for p in problems), strict=True)
    )
    rates = np.clip(rates, 0.0, MOST)
    kinds = np.array([kind[problem.id] for problem in problems])
    for one in set(kinds):
        alike = kinds == one
        rates[alike] = shrunken_rates(rates[alike], noise[alike])
    return Luck(rates, wrong.total(), int(hits.sum()))


class _Sums:
    """Sums over problems of one answer type: of wrong draws w, and of those with a given answer, s.

    ``rate`` is sum(s) / sum(w) over the other problems, with the variance of such a ratio between
    problems, ``J / (J - 1) sum (s - rate w)^2 / sum(w)^2``, and sum(s).
    """

    def __init__(
        self, wrong: Counter[str], said: Counter[tuple[str, str]], kind: dict[str, str]
    ) -> None:
        self._wrong, self._said, self._kind = wrong, said, kind
        self._draws = {one: np.zeros(3) for one in kind.values()}
        self._hits: dict[tuple[str, str], FloatArray] = {}
        for problem_id, w in wrong.items():
            self._draws[kind[problem_id]] += (1, w, w * w)
        for (problem_id, answer), s in said.items():
            place = self._hits.setdefault((kind[problem_id], answer), np.zeros(3))
            place += (s, s * s, s * wrong[problem_id])

    def rate(self, problem_id: str, answer: str) -> tuple[float, float, float]:
        """The rate for a problem with this answer, its variance, and the draws that give it."""
        mine, w = self._kind[problem_id], self._wrong[problem_id]
        s = self._said[problem_id, answer]
        count, draws, squares = self._draws[mine] - (w > 0, w, w * w)
        hits, hit_squares, both = self._hits.get((mine, answer), np.zeros(3)) - (s, s * s, s * w)
        if not draws:
            return 0.0, 0.0, 0.0
        rate = hits / draws
        off = hit_squares - 2 * rate * both + rate**2 * squares
        return rate, off / draws**2 * count / max(count - 1, 1), hits


MOST = 1 - 1e-9
TYPES = (
    ("letter", re.compile(r"[A-Za-z]")),
    ("integer", re.compile(r"[-+]?\d+")),
    ("number", re.compile(r"[-+]?\d+/\d+|[-+]?\d*\.\d+")),
    ("word", re.compile(r"[^\W\d_]+")),
)


def answer_type(answer: str) -> str:
    """The kind of answer: letter, integer, number, word or text."""
    return next((name for name, pattern in TYPES if pattern.fullmatch(answer)), "text")
