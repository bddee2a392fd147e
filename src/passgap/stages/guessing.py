"""Luck, measured: a run in, the guess rate of its problems out.

The guess rate of a problem is the share of the incorrect completions of the other problems with
answers of the same type whose answer equals this problem's reference: how often somebody who is
wrong says it. Answers are compared in the form of the problem's verifier (``0.5`` is ``1/2``, no
algebra); where golds cannot be compared (code, a rule of one's own) luck is unknown.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
import polars as pl

from passgap.data.arrays import FloatArray
from passgap.runs import Run
from passgap.verifiers import answer_form


@dataclass(frozen=True, eq=False)
class Luck:
    """``rates`` (one a problem), from ``wrong`` incorrect draws with ``hits`` matches in all."""

    rates: FloatArray
    wrong: int
    hits: int

    def at(self, k: int) -> float:
        """Mean over problems of pass@k when every draw is such a guess."""
        return float(np.mean(1 - (1 - self.rates) ** k))


def guess_rates(run: Run, *, verifier_digest: str | None = None) -> Luck | None:
    """Measure luck on a verified run; None where a problem's gold cannot be compared."""
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
    by_answer: Counter[tuple[str, str]] = Counter()
    for name in sorted(run.outcome_names(chosen)):
        frame = run.read_outcomes(chosen, name).filter(pl.col("status") == "incorrect")
        wrong.update(dict(frame["problem_id"].value_counts().iter_rows()))
        for problem_id, text, draws in frame.group_by("problem_id", "extracted").len().iter_rows():
            form = forms[problem_id]
            answer = form(text) if form and text is not None else None
            if answer in wanted:
                said[problem_id, answer] += draws
                by_answer[kind[problem_id], answer] += draws
    total: Counter[str] = Counter()
    for problem_id, draws in wrong.items():
        total[kind[problem_id]] += draws
    rates, hits = [], 0
    for problem in problems:
        answer, mine = gold[problem.id], kind[problem.id]
        matches = by_answer[mine, answer] - said[problem.id, answer]
        others = total[mine] - wrong[problem.id]
        rates.append(matches / others if others else 0.0)
        hits += matches
    return Luck(np.clip(np.array(rates), 0.0, MOST), wrong.total(), hits)


MOST = 1 - 1e-9
TYPES = (
    ("letter", re.compile(r"[A-Za-z]")),
    ("integer", re.compile(r"[-+]?\d+")),
    ("number", re.compile(r"[-+]?\d+/\d+|[-+]?\d*\.\d+")),
    ("word", re.compile(r"[^\W\d_]+")),
)


def answer_type(answer: str) -> str:
    """What kind of answer this is: letter, integer, number, word or text."""
    return next((name for name, pattern in TYPES if pattern.fullmatch(answer)), "text")
