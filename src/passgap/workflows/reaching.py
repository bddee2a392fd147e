"""Reach over runs: a base's run and a trained policy's in, their cross log-probabilities between.

Scores what is missing (the trained's completions under both policies, the base's under the
trained), which lands in the runs and is kept, and hands the weights to the analysis.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import polars as pl

from passgap.analysis.reach import Reach, amplification, perplexity, rare_mass, reach
from passgap.counts import count
from passgap.scoring import policy_of, score
from passgap.store import Run
from passgap.types import FloatArray

Bar = Callable[[str], AbstractContextManager[Callable[..., None]]]


def _silent(title: str) -> AbstractContextManager[Callable[..., None]]:
    return nullcontext(lambda *_: None)


def reach_runs(
    base: Run,
    trained: Run,
    *,
    engine: str = "transformers",
    engine_args: Mapping[str, str] | None = None,
    budget: int = 10_000,
    confidence_level: float = 0.95,
    bar: Bar = _silent,
) -> Reach:
    """Could the base have solved what only the trained policy did?

    Parameters
    ----------
    base, trained
        Verified runs on the same problems with the same prompt and settings; both policies' weights
        are still where the runs say.
    engine, engine_args
        What scores: an engine that can.
    budget, confidence_level
        As in `passgap.analysis.reach`.
    bar
        Makes a progress bar: called with a title, gives a context with a callback.
    """
    counts = {"base": count(base), "trained": count(trained)}
    policies = {"base": policy_of(base), "trained": policy_of(trained)}
    runs = {"base": base, "trained": trained}
    frames = {}
    for texts, under in (("trained", "base"), ("trained", "trained"), ("base", "trained")):
        with bar(f"scoring the {texts}'s completions under the {under}") as progress:
            key = score(
                runs[texts],
                policies[under],
                engine=engine,
                engine_args=engine_args,
                progress=progress,
            )
        frames[texts, under] = _logprobs(runs[texts], key)
    drawn = {role: _drawn(run, counts[role].provenance["verifier"]) for role, run in runs.items()}
    ours = _joined(drawn["trained"], frames["trained", "base"], frames["trained", "trained"])
    theirs = _joined(drawn["base"], frames["base", "trained"], None)
    right = ours.filter(pl.col("status") == "correct")
    own = theirs.filter(pl.col("status") == "correct")
    return reach(
        counts["base"],
        counts["trained"],
        _by_problem(right, pl.col("other") - pl.col("logprob")),
        epsilon=_largest(right["logprob"] - right["again"]),
        budget=budget,
        confidence_level=confidence_level,
        sections={
            "amplification": amplification(_by_problem(own, pl.col("other") - pl.col("logprob"))),
            "rare_mass": rare_mass(
                _by_problem(theirs, pl.col("logprob")), _by_problem(ours, pl.col("other")), budget
            ),
            "perplexity": [
                _perplexity("the base's completions", "base", theirs, "logprob"),
                _perplexity("the base's completions", "trained", theirs, "other"),
                _perplexity("the trained's completions", "base", ours, "other"),
                _perplexity("the trained's completions", "trained", ours, "logprob"),
            ],
        },
    )


def _largest(gaps: pl.Series) -> float:
    """The largest gap between a log-probability as drawn and as scored again."""
    return float(np.max(np.abs(gaps.to_numpy()), initial=0.0))


def _logprobs(run: Run, key: str) -> pl.DataFrame:
    return pl.concat([run.read_logprobs(key, name) for name in run.completion_names()])


def _drawn(run: Run, verifier: str) -> pl.DataFrame:
    """Every completion's status, length and log-probability as drawn."""
    columns = ["problem_id", "draw", "token_count", "logprob"]
    return pl.concat(
        [
            run.read_completions(name, columns).join(
                run.read_outcomes(verifier, name).select("problem_id", "draw", "status"),
                on=["problem_id", "draw"],
            )
            for name in run.completion_names()
        ]
    )


def _joined(drawn: pl.DataFrame, other: pl.DataFrame, again: pl.DataFrame | None) -> pl.DataFrame:
    keys = ["problem_id", "draw"]
    frame = drawn.join(other.rename({"logprob": "other"}), on=keys)
    return frame if again is None else frame.join(again.rename({"logprob": "again"}), on=keys)


def _by_problem(frame: pl.DataFrame, value: pl.Expr) -> dict[str, FloatArray]:
    groups = frame.select("problem_id", value.alias("value")).group_by("problem_id")
    return {str(key[0]): np.asarray(rows["value"], float) for key, rows in groups}


def _perplexity(texts: str, under: str, frame: pl.DataFrame, column: str) -> dict[str, Any]:
    return perplexity(texts, under, frame[column].to_list(), frame["token_count"].to_list())
