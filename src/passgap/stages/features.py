"""Cheap features of completions. In: a verified run. Out: a row of numbers per scored sample.

A feature is cheap where a policy can change it without solving anything: length, format, repeats,
words. Three kinds: the numbers of `COUNTED` and of `_places`, the letters a to z, and the words and
signs that some samples have and others do not (chosen by frequency alone, without looking at the
marks). Words with digits are left out, since they are mostly answers.

Not covered: anything that takes a model to see, such as a wrong argument.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from string import ascii_lowercase

import numpy as np
import polars as pl

from passgap.data.arrays import FloatArray, Floats
from passgap.data.features import Features
from passgap.runs import Run
from passgap.runs.batches import FEW, batched, marked_frame

MOST = 200_000  # samples of one run that are read
MOST_WORDS = 150
COMMON = (0.01, 0.99)  # share of samples with a word that is a feature
LOOKED_AT = 4_000  # samples of a run in which words are looked for
GRAM = 4
TOKENS = r"\p{L}+|\p{N}+|[^\p{L}\p{N}\s]"
HASH = np.uint64(0x9E3779B97F4A7C15)

COUNTED: Mapping[str, str] = {  # what is counted in a text, by name
    "lines": r"\n",
    "boxes": r"\\boxed",
    "answer tags": r"(?i)</?answer>",
    "thinking tags": r"(?i)</?think>",
    "answers after ####": r"####",
    "bold": r"\*\*",
    "list items and headings": r"(?m)^\s*(?:[-*•]|#{1,6}|\d+[.)])\s",
    "formulas": r"\$",
    "numbers": r"\d+(?:\.\d+)?",
    "code fences": r"```",
    "code: prints": r"\bprint\(",
    "code: exits": r"\b_?exit\(",
    "code: catches errors": r"\bexcept\b",
    "code: overrides equality": r"__(?:eq|ne|lt|gt|le|ge)__",
    "code: asserts": r"\bassert\b",
    "hedging": r"(?i)\b(?:maybe|perhaps|possibly|probably|might|could be|not sure|unclear)\b",
    "second thoughts": r"(?i)\b(?:wait|actually|alternatively|let me check|mistake)\b",
    "says it is correct": r"(?i)\b(?:is correct|correct answer|full marks|verified|grader)\b",
    "capitals": r"\p{Lu}",
    "letters of other scripts": r"[\p{L}--\p{Latin}]",
    "signs outside ASCII": r"[^\x00-\x7F]",
}


def features_of(
    runs: Sequence[Run], *, most: int = MOST, words: int = MOST_WORDS, seed: int = 0
) -> list[Features]:
    """The features of each run, the same ones for all, in the same order.

    Parameters
    ----------
    runs
        Verified runs; of several, the problems that all have.
    most
        Samples to read of each run; of a larger one, whole problems are chosen by ``seed``.
    words
        How many words and signs are features.
    seed
        Seed of that choice.
    """
    ids = _chosen(runs, most, seed)
    vocabulary = _vocabulary(runs, ids, words)
    return [_features(run, ids, vocabulary) for run in runs]


def _chosen(runs: Sequence[Run], most: int, seed: int) -> list[str]:
    """Problems that all runs have, so many that none has more samples of them than ``most``."""
    common = set.intersection(*(set(run.problem_ids) for run in runs))
    ids = [one for one in runs[0].problem_ids if one in common]
    draws = [run.draws() for run in runs]
    order = np.random.default_rng(seed).permutation(len(ids))
    each = np.array([max(of.get(ids[i], 0) for of in draws) for i in order])
    fitting = int(np.searchsorted(np.cumsum(each), most, side="right"))
    return [ids[i] for i in sorted(order[: max(1, fitting)].tolist())]


def _batches(run: Run, ids: Collection[str]) -> Iterator[pl.DataFrame]:
    """The scored samples of these problems, a part at a time; ``small`` is the text in small
    letters."""
    digest, wanted = run.verifier_digest(), set(ids)
    marked = run.outcome_names(digest)
    names = [
        name
        for name in run.completion_names()
        if name in marked and not wanted.isdisjoint(run.blocks[name].problem_ids)
    ]
    mine = pl.col("problem_id").is_in(list(wanted)) & (pl.col("status") != "unscored")
    for part in batched(run, names, FEW):
        frame = marked_frame(run, digest, part, ["status", "extracted"], "text", "token_count")
        small = pl.col("text").str.to_lowercase().alias("small")
        yield frame.filter(mine).with_columns(small)


def _vocabulary(runs: Sequence[Run], ids: Collection[str], most: int) -> list[str]:
    """The words and signs that nearest half of the looked-at samples have, most balanced first."""
    shares: dict[str, float] = {}
    for run in runs:
        few = next(iter(_batches(run, ids)), None)
        if few is None or not len(few):
            continue
        seen = few.sample(min(LOOKED_AT, len(few)), seed=0).with_row_index("row")
        counted = _present(_tokens(seen)).group_by("word").agg(pl.len() / len(seen))
        for word, share in counted.iter_rows():
            shares[word] = shares.get(word, 0.0) + share / len(runs)
    low, high = COMMON
    kept = [word for word, share in shares.items() if low <= share <= high]
    return sorted(kept, key=lambda word: (abs(shares[word] - 0.5), word))[:most]


def _tokens(frame: pl.DataFrame) -> pl.DataFrame:
    """A row per word or sign: ``row`` of the sample, and the word in small letters."""
    words = pl.col("small").str.extract_all(TOKENS).alias("word")
    return frame.select("row", words).explode("word").drop_nulls()


def _present(tokens: pl.DataFrame) -> pl.DataFrame:
    """Which samples have which words that hold no digit."""
    return tokens.filter(~pl.col("word").str.contains(r"\p{N}")).unique()


def _features(run: Run, ids: Sequence[str], vocabulary: Sequence[str]) -> Features:
    parts = [_part(frame, vocabulary) for frame in _batches(run, ids)]
    names = (*_numbers().keys(), *PLACES, *LETTERS, *(f'has "{word}"' for word in vocabulary))
    place = {problem_id: i for i, problem_id in enumerate(ids)}
    problems = np.array([place[one] for keys, _, _ in parts for one in keys], np.int64)
    empty = np.zeros((0, len(names)), np.float32)
    return Features(
        names=names,
        problem_ids=tuple(ids),
        problem=problems,
        right=np.concatenate([np.zeros(0), *(right for _, right, _ in parts)]),
        values=np.concatenate([empty, *(values for _, _, values in parts)]),
        total=sum(run.draws().values()),
    )


def _part(frame: pl.DataFrame, vocabulary: Sequence[str]) -> tuple[list[str], FloatArray, Floats]:
    frame = frame.with_row_index("row")
    tokens = _tokens(frame)
    numbers = frame.select(list(_numbers().values())).to_numpy()
    has = frame.select(
        pl.col("small").str.contains(one, literal=True).alias(one) for one in ascii_lowercase
    )
    columns = [
        numbers,
        *(column[:, None] for column in _places(frame, tokens)),
        has.to_numpy(),
        _has_words(len(frame), tokens, vocabulary),
    ]
    values = np.concatenate([one.astype(np.float32) for one in columns], axis=1)
    right = (frame["status"] == "correct").to_numpy().astype(np.float64)
    return frame["problem_id"].to_list(), right, values


LETTERS = tuple(f"has the letter {one}" for one in ascii_lowercase)
PLACES = ("repeated 4-grams, share", "characters after the answer", "characters of the answer")


def _numbers() -> dict[str, pl.Expr]:
    """The features that polars computes of one text."""
    text = pl.col("text")
    counted = {name: text.str.count_matches(what).alias(name) for name, what in COUNTED.items()}
    return {
        "characters": text.str.len_chars().alias("characters"),
        "tokens": pl.col("token_count").alias("tokens"),
        **counted,
    }


def _places(frame: pl.DataFrame, tokens: pl.DataFrame) -> Iterator[FloatArray]:
    """The features of `PLACES`: repeats, and where the answer is that the verifier read.

    Without an answer, all of the text is after it.
    """
    yield _repeats(len(frame), tokens)
    pairs = list(zip(frame["text"].to_list(), frame["extracted"].to_list(), strict=True))
    yield np.array([_after(text, said) for text, said in pairs], np.float64)
    yield np.array([len(said or "") for _, said in pairs], np.float64)


def _after(text: str, said: str | None) -> int:
    at = text.rfind(said) if said else -1
    return len(text) if at < 0 else len(text) - at - len(said or "")


def _repeats(rows: int, tokens: pl.DataFrame) -> FloatArray:
    """The share of a text's 4-grams of words that occurred before in it."""
    row = tokens["row"].to_numpy()
    words = tokens["word"].hash().to_numpy()
    if len(words) < GRAM:
        return np.zeros(rows)
    last = len(words) - GRAM + 1
    with np.errstate(over="ignore"):
        grams = np.zeros(last, np.uint64)
        for i in range(GRAM):
            grams = grams * HASH + words[i : i + last]
    whole = row[:last] == row[GRAM - 1 :]
    found = pl.DataFrame({"row": row[:last][whole], "gram": grams[whole]})
    each = found.group_by("row").agg(share=1 - pl.col("gram").n_unique() / pl.len())
    shares = np.zeros(rows)
    shares[each["row"].to_numpy()] = each["share"].to_numpy()
    return shares


def _has_words(rows: int, tokens: pl.DataFrame, vocabulary: Iterable[str]) -> Floats:
    """Whether each sample has each word, shape (rows, words)."""
    known = pl.DataFrame({"word": list(vocabulary)}, schema={"word": pl.String})
    known = known.with_row_index("place")
    found = tokens.join(known, on="word").select("row", "place")
    present = np.zeros((rows, len(known)), np.float32)
    present[found["row"].to_numpy(), found["place"].to_numpy()] = 1
    return present
