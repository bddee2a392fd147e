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
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import polars as pl
from polars import selectors as cs

from passgap.data.arrays import FloatArray
from passgap.runs import Run
from passgap.runs.batches import outcome_batches
from passgap.verifiers import answer_form

Form = Callable[[str], str]
Sums = tuple[pl.DataFrame, list[pl.DataFrame]]
KEPT = 1 << 18  # answers whose normal form is remembered


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


COLUMNS = ("problem_id", "status", "extracted")


def guess_rates(run: Run, *, verifier_digest: str | None = None) -> Luck | None:
    """Measure luck on a verified run; None where a problem's reference cannot be compared."""
    chosen = verifier_digest or run.verifier_digest()
    guesses = Guesses.of(run, chosen)
    if guesses is None:
        return None
    for frame in outcome_batches(run, chosen, sorted(run.outcome_names(chosen)), COLUMNS):
        guesses.add(frame)
    return guesses.luck()


class Guesses:
    """How often incorrect draws gave a reference, counted while outcomes are read."""

    def __init__(self, ids: list[str], gold: list[str], forms: dict[str, Form]) -> None:
        self._gold = pl.DataFrame({"problem_id": ids, "answer": gold})
        self._wanted, self._forms = set(gold), forms
        text, whole = pl.String(), pl.UInt32()
        self._wrong = [pl.DataFrame(schema={"problem_id": text, "w": whole})]
        self._said = [pl.DataFrame(schema={"problem_id": text, "answer": text, "s": whole})]

    @classmethod
    def of(cls, run: Run, chosen: str) -> Guesses | None:
        """Nothing counted yet; None where a problem's reference cannot be compared."""
        rows = run.problem_columns("reference", "verifier")
        override = run.outcomes_about(chosen).verifier
        specs = [override or spec for spec in rows["verifier"]]
        found = {spec: answer_form(spec) for spec in set(specs)}
        forms = {spec: lru_cache(KEPT)(form) for spec, form in found.items() if form}
        if len(forms) < len(found):
            return None
        each = [forms[spec] for spec in specs]
        gold = [form(reference) for form, reference in zip(each, rows["reference"], strict=True)]
        return cls(run.problem_ids, gold, dict(zip(run.problem_ids, each, strict=True)))

    def add(self, frame: pl.DataFrame) -> None:
        """Count some outcomes; columns as in ``COLUMNS``."""
        self.take(self.counted(frame))

    def take(self, sums: Sums) -> None:
        """Add what ``counted`` found, here or in another process."""
        wrong, said = sums
        self._wrong.append(wrong)
        self._said += said

    def counted(self, frame: pl.DataFrame) -> Sums:
        """The wrong draws of each problem, and those that gave a reference."""
        incorrect = pl.col("status") == "incorrect"
        wrong = frame.select(COLUMNS).filter(incorrect).drop("status")
        said: list[pl.DataFrame] = []
        forms = set(self._forms.values())
        for form in forms:
            mine = wrong
            if len(forms) > 1:
                ids = [i for i, one in self._forms.items() if one is form]
                mine = wrong.filter(pl.col("problem_id").is_in(ids))
            said.append(self._references_in(mine, form))
        return wrong.group_by("problem_id").agg(w=pl.len()), said

    def _references_in(self, wrong: pl.DataFrame, form: Form) -> pl.DataFrame:
        """The draws ``s`` of each problem that gave each answer, if it is a reference."""
        texts = wrong["extracted"].drop_nulls().unique()
        hits = [(text, a) for text in texts if (a := form(text)) in self._wanted]
        schema = {"extracted": pl.String(), "answer": pl.String()}
        answers = pl.DataFrame(hits, schema=schema, orient="row")
        found = wrong.join(answers, on="extracted")
        return found.group_by("problem_id", "answer").agg(s=pl.len())

    def luck(self) -> Luck:
        """The rates, from sums over the problems of one answer type.

        The sums are of wrong draws w, and of those with a given answer, s. A rate is sum(s) /
        sum(w) over the other problems, with the variance of such a ratio between problems,
        ``J / (J - 1) sum (s - rate w)^2 / sum(w)^2``.
        """
        from passgap.stats import shrunken_rates  # here: importing a log needs no scipy

        s, w = pl.col("s"), pl.col("w")  # whole numbers as floats, which add up exactly
        said = pl.concat(self._said).group_by("problem_id", "answer").agg(s.sum().cast(pl.Float64))
        wrong = pl.concat(self._wrong).group_by("problem_id").agg(w.sum().cast(pl.Float64))
        types = {answer: answer_type(answer) for answer in self._wanted}
        problems = (
            self._gold.with_columns(kind=pl.col("answer").replace_strict(types))
            .join(wrong, on="problem_id", how="left", maintain_order="left")
            .join(said, on=["problem_id", "answer"], how="left", maintain_order="left")
            .with_columns(w.fill_null(0.0), s.fill_null(0.0))
        )
        draws = problems.group_by("kind").agg(
            count=(w > 0).sum().cast(pl.Float64), draws=w.sum(), squares=(w * w).sum()
        )
        hits = (
            said.join(problems.select("problem_id", "kind", "w"), on="problem_id")
            .group_by("kind", "answer")
            .agg(hits=s.sum(), hit_squares=(s * s).sum(), both=(s * w).sum())
        )
        joined = problems.join(draws, on="kind", how="left", maintain_order="left").join(
            hits, on=["kind", "answer"], how="left", maintain_order="left"
        )
        rates, noise, given = _rates(joined.with_columns(cs.float().fill_null(0.0)))
        rates = np.clip(rates, 0.0, MOST)
        kinds = problems["kind"].to_numpy()
        for one in set(kinds):
            alike = kinds == one
            rates[alike] = shrunken_rates(rates[alike], noise[alike])
        return Luck(rates, int(problems["w"].sum()), int(given.sum()))


def _rates(sums: pl.DataFrame) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Each problem's rate over the others, its variance, and the draws that give its answer."""
    column = {name: sums[name].to_numpy() for name in sums.select(cs.float()).columns}
    w, s = column["w"], column["s"]
    count, draws = column["count"] - (w > 0), column["draws"] - w
    squares = column["squares"] - w * w
    hits, hit_squares = column["hits"] - s, column["hit_squares"] - s * s
    both, some = column["both"] - s * w, draws > 0
    draws = np.where(some, draws, 1.0)
    rate = hits / draws
    off = hit_squares - 2 * rate * both + rate**2 * squares
    noise = off / draws**2 * count / np.maximum(count - 1, 1)
    return np.where(some, rate, 0.0), np.where(some, noise, 0.0), np.where(some, hits, 0.0)


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
