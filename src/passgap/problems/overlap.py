"""Exact and near duplicates between two problem sets. In: two sets. Out: one match per problem.

Exact: the questions are equal after Unicode NFKC, in lower case, with white space as one space.
Near: their words, numbers and signs are equal, or the Jaccard similarity of their 4-grams of these
is at least `NEAR`. Longer n-grams, as in GPT-3 (13, arXiv:2005.14165), PaLM (8, arXiv:2204.02311)
and Tulu 3 (8, arXiv:2411.15124), are for documents: two changed words leave few in a question.
Other numbers: the same text, or a near one, with as many numbers but different ones. Such problems
are variants and no duplicates.

A form (the instructions of a benchmark, the sentences of a generator) makes no duplicates: a
4-gram that more than `FORM` problems share does not count. So each 4-gram that counts is in few
problems, all pairs that share one are compared, and no similarity is an estimate. Translations and
free paraphrases are not found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from passgap.data.arrays import IntArray
from passgap.data.problems import Problem, ProblemSet
from passgap.results.overlap import Kind, Match, Overlap

NEAR = 0.5  # similarity from which two questions are near duplicates
DOUBLINGS = (1, 2)  # tokens, to pairs of them, to 4-grams
GRAM = 4
LEAST = 8  # own 4-grams a question needs; a shorter one is compared as a whole
FORM = 20  # a 4-gram of more problems is a form, in a small set one of more than half of them
FEWEST = 5  # problems that are no form, however small the sets
SCRIPTS = r"\p{Han}\p{Hiragana}\p{Katakana}"  # written without spaces: a character is a token
TOKEN = (
    rf"\d+(?:\.\d+)?|[{SCRIPTS}]|[\p{{L}}\p{{M}}&&[^{SCRIPTS}]]+|"
    r"""[^\s\p{L}\p{M}\d.,;:?"'“”‘’`$\\{}]"""
)
IS_NUMBER = pl.element().str.contains(r"^\d")
MASKED = pl.when(IS_NUMBER).then(pl.lit("0")).otherwise(pl.element())


@dataclass(frozen=True)
class _Found:
    """What a problem is like: a position among the others, how, and how much."""

    other: int
    kind: Kind
    similarity: float = 1.0


def overlap(problems: ProblemSet, others: ProblemSet) -> Overlap:
    """Which of ``problems`` are also in ``others``, exactly or nearly.

    Returns
    -------
    Overlap
        For each problem with a match the best one: exact before near before other numbers, then the
        most similar. Time and memory grow with the total length of the questions.
    """
    texts = _texts([*problems, *others])
    first = len(problems)
    near, other_numbers = _similar(texts["tokens"], first)
    found = (
        other_numbers
        | _equal(_joined(texts["tokens"].list.eval(MASKED)), first, "other_numbers")
        | near
        | _equal(_joined(texts["tokens"]), first, "near")
        | _equal(texts["question"], first, "exact")
    )
    return Overlap(others.name, len(problems), len(others), _matches(problems, others, found))


def leave_out(problems: ProblemSet, held_out: ProblemSet) -> tuple[ProblemSet, Overlap]:
    """The problems that are not held out, exactly or nearly, and which ones are.

    Problems with other numbers stay.
    """
    found = overlap(problems, held_out)
    gone = {match.problem for match in found.of("exact", "near")}
    shared = (problem for problem in problems if problem.id in gone)
    return problems.without(ProblemSet(held_out.name, tuple(shared))), found


def same_questions(problems: ProblemSet, others: ProblemSet) -> tuple[Match, ...]:
    """The exact matches alone."""
    texts = _texts([*problems, *others])
    exact = _equal(texts["question"], len(problems), "exact")
    return _matches(problems, others, exact)


def _matches(
    problems: ProblemSet, others: ProblemSet, found: Mapping[int, _Found]
) -> tuple[Match, ...]:
    theirs = others.problems
    return tuple(
        _match(problem, theirs[best.other], best)
        for i, problem in enumerate(problems)
        if (best := found.get(i))
    )


def _match(problem: Problem, other: Problem, found: _Found) -> Match:
    questions = problem.question, other.question
    return Match(problem.id, other.id, found.kind, found.similarity, *questions)


def _beside(problem: Problem) -> str:
    """What distinguishes a problem besides its question; empty without."""
    return " ".join((*(image.sha256 for image in problem.images), problem.told_apart or "")).strip()


def _texts(problems: Sequence[Problem]) -> pl.DataFrame:
    """For each problem its normalised ``question`` and the ``tokens`` in it.

    Where the question is not all of the problem, its images, or its declared id if they are not
    logged, are part of ``question``, and there are no tokens.
    """
    named = [_beside(problem) for problem in problems]
    question = pl.Series([problem.question for problem in problems], dtype=pl.String)
    question = question.str.normalize("NFKC").str.to_lowercase()
    question = question.str.replace_all(r"\s+", " ").str.strip_chars(" ")
    texts = pl.DataFrame({"question": question, "named": pl.Series(named, dtype=pl.String)})
    whole = pl.when(pl.col("named") == "").then("question").otherwise(pl.lit(""))
    return texts.select(
        question=pl.concat_str("question", "named", separator="\n"),
        tokens=whole.str.extract_all(TOKEN),
    )


def _joined(tokens: pl.Series) -> pl.Series:
    return tokens.list.join(" ")


def _equal(keys: pl.Series, first: int, kind: Kind) -> dict[int, _Found]:
    """For each problem the first of the others with an equal key; an empty key equals none."""
    known: dict[str, int] = {}
    for other, key in enumerate(keys[first:]):
        known.setdefault(key, other)
    known.pop("", None)
    return {i: _Found(known[key], kind) for i, key in enumerate(keys[:first]) if key in known}


def _similar(tokens: pl.Series, first: int) -> tuple[dict[int, _Found], dict[int, _Found]]:
    """For each problem the most similar other one; and the most similar with other numbers."""
    near: dict[int, _Found] = {}
    other_numbers: dict[int, _Found] = {}
    pairs = _pairs(_own(_grams(tokens), len(tokens)), first)
    for i, j, similarity in pairs.sort("similarity", "other", descending=[True, False]).rows():
        mine, theirs = tokens[i].to_list(), tokens[j].to_list()
        if not _renumbered(mine, theirs):
            near.setdefault(i, _Found(j - first, "near", similarity))
        elif i not in other_numbers:
            other_numbers[i] = _Found(j - first, "other_numbers", _masked_similarity(mine, theirs))
    return near, other_numbers


def _grams(tokens: pl.Series) -> pl.DataFrame:
    """The distinct 4-grams (``gram``, equal numbers for equal ones) of each ``problem``."""
    owner = np.repeat(np.arange(len(tokens)), tokens.list.len().to_numpy())
    words = tokens.filter(tokens.list.len() > 0).explode().cast(pl.Categorical).to_physical()
    codes: IntArray = words.to_numpy().astype(np.int64)
    for step in DOUBLINGS:
        codes = _followed(codes, step)
    inside = owner[: len(codes)] == owner[GRAM - 1 :]
    found = pl.DataFrame({"problem": owner[: len(codes)][inside], "gram": codes[inside]})
    return found.unique()


def _followed(codes: IntArray, step: int) -> IntArray:
    """A number for each pair of a code and the one ``step`` after it, equal for equal pairs."""
    pairs = codes[:-step] * (codes.max(initial=0) + 1) + codes[step:]
    return np.unique(pairs, return_inverse=True)[1]


def _own(grams: pl.DataFrame, problems: int) -> pl.DataFrame:
    """The 4-grams that are no form, of problems with enough of them; ``size`` is how many."""
    most = min(FORM, max(FEWEST, problems // 2))
    own = grams.filter(pl.len().over("gram") <= most)
    return own.with_columns(size=pl.len().over("problem")).filter(pl.col("size") >= LEAST)


def _pairs(own: pl.DataFrame, first: int) -> pl.DataFrame:
    """Each ``problem`` with each ``other`` that is similar enough, and their ``similarity``."""
    here = pl.col("problem") < first
    theirs = own.filter(~here).rename({"problem": "other", "size": "other_size"})
    shared = own.filter(here).join(theirs, on="gram").group_by("problem", "other")
    counted = shared.agg(pl.len().alias("shared"), pl.col("size", "other_size").first())
    all_ = pl.col("size") + pl.col("other_size") - pl.col("shared")
    similar = counted.select("problem", "other", similarity=pl.col("shared") / all_)
    return similar.filter(pl.col("similarity") >= NEAR)


def _renumbered(mine: Sequence[str], theirs: Sequence[str]) -> bool:
    """Whether two texts have as many numbers, but different ones."""
    ours, others = sorted(filter(_is_number, mine)), sorted(filter(_is_number, theirs))
    return len(ours) == len(others) and ours != others


def _is_number(token: str) -> bool:
    return token[0].isdecimal()


def _masked_similarity(mine: Sequence[str], theirs: Sequence[str]) -> float:
    """The similarity of two texts with a mark in place of each number."""
    one, other = ({*_windows(tokens)} for tokens in (mine, theirs))
    return len(one & other) / len(one | other)


def _windows(tokens: Sequence[str]) -> Iterator[tuple[str, ...]]:
    masked = ["0" if _is_number(token) else token for token in tokens]
    return zip(*(masked[i:] for i in range(GRAM)), strict=False)
