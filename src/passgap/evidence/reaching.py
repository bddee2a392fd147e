"""Reach over runs: cross log-probabilities of a base's and a trained policy's completions.

Scores what is missing (the trained policy's completions under both policies, the base's under the
trained one), keeps the scores in the runs, and passes the weights to the analysis.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Unpack

import numpy as np
import polars as pl

from passgap.analysis.compare.pairing import paired
from passgap.analysis.reach import amplification, perplexity, rare_mass, reach
from passgap.data.arrays import FloatArray
from passgap.data.policies import Policy
from passgap.engines import check_engine, check_scores
from passgap.errors import UsageError
from passgap.evidence.evidence import Evidence, Side
from passgap.evidence.options import Bar, ReachOptions, shows, silent
from passgap.results.reach import Reach
from passgap.results.settings import ReachSettings
from passgap.runs import Run, opened
from passgap.stages.counting import count
from passgap.stages.scoring import (
    check_token_ids,
    is_scored,
    policy_of,
    recorded_policy,
    score,
    scoring_digest,
)


def score_across(
    base: Run | Path | str,
    trained: Run | Path | str,
    *,
    reference: Run | Path | str | None = None,
    engine: str = "transformers",
    engine_args: Mapping[str, str] | None = None,
    bar: Bar = silent,
) -> None:
    """Score what `reach_runs` reads; existing scores are kept.

    Parameters
    ----------
    base, trained
        Verified runs, or their folders, on the same problems with the same prompt and settings; the
        weights of both policies are still where the runs say.
    reference
        A third policy's run on the same problems, of the same tokenizer.
    engine, engine_args
        An engine that can score.
    bar
        Makes a progress bar: called with a title, returns a context manager with a callback.

    Raises
    ------
    UsageError, MismatchError
        As in `passgap.stages.scoring.score`, and where the runs cannot be compared.
    """
    check_scores(engine)
    check_engine(engine, engine_args or {})
    base, trained = opened(base), opened(trained)
    reference = None if reference is None else opened(reference)
    paired(count(base), count(trained), intersect=False, allow_different_prompts=False)
    for run in filter(None, (base, trained, reference)):
        check_token_ids(run)
    policies = {"base": policy_of(base), "trained": policy_of(trained)}
    for name, texts, under in _wanted(base, trained, reference):
        with bar(f"scoring {name}'s completions under {under}") as progress:
            score(texts, policies[under], engine=engine, engine_args=engine_args, progress=progress)


def is_scored_across(base: Run, trained: Run) -> bool:
    """Whether `reach_runs` has what it needs from the two."""
    policies = {"base": recorded_policy(base), "trained": recorded_policy(trained)}
    return all(
        is_scored(texts, policies[under]) for _, texts, under in _wanted(base, trained, None)
    )


def _wanted(base: Run, trained: Run, reference: Run | None) -> list[tuple[str, Run, str]]:
    """Which run is scored under which policy."""
    wanted = [
        ("trained", trained, "base"),
        ("trained", trained, "trained"),
        ("base", base, "trained"),
    ]
    if reference is not None:
        wanted += [("reference", reference, "base"), ("reference", reference, "trained")]
    return wanted


@shows(ReachSettings)
def reach_runs(
    base: Run | Path | str,
    trained: Run | Path | str,
    *,
    reference: Run | Path | str | None = None,
    **settings: Unpack[ReachOptions],
) -> Reach:
    """What `passgap.reach` says about runs that `score_across` has scored.

    Parameters
    ----------
    base, trained, reference
        As in `score_across`, which comes first.
    settings
        The fields of `passgap.results.settings.ReachSettings`.
    """
    third = None if reference is None else opened(reference)
    both = Evidence.read(opened(base), opened(trained))
    return reach_scored(both, ReachSettings(**settings), third)


def reach_scored(
    evidence: Evidence, settings: ReachSettings, reference: Run | None = None
) -> Reach:
    """The bounds on what the base could do, from log-probabilities stored in the runs."""
    base, trained = runs_of(evidence)
    policies = {"base": recorded_policy(base), "trained": recorded_policy(trained)}
    frames = {
        (name, under): _logprobs(texts, policies[under])
        for name, texts, under in _wanted(base, trained, reference)
    }
    ours = _joined(_drawn(trained), frames["trained", "base"], frames["trained", "trained"])
    theirs = _joined(_drawn(base), frames["base", "trained"], None)
    right = ours.filter(pl.col("status") == "correct")
    own = theirs.filter(pl.col("status") == "correct")
    texts = [
        ("the base's completions", "base", theirs, "logprob"),
        ("the base's completions", "trained", theirs, "other"),
        ("the trained policy's completions", "base", ours, "other"),
        ("the trained policy's completions", "trained", ours, "logprob"),
    ]
    if reference is not None:
        lengths = _lengths(reference)
        for under in ("base", "trained"):
            frame = _joined(lengths, frames["reference", under], None)
            texts.append((f"{reference.name}'s completions", under, frame, "other"))
    found = reach(
        evidence.base.counts,
        evidence.trained[0].counts,
        _by_problem(right, pl.col("other") - pl.col("logprob")),
        settings,
        epsilon=_largest(right["logprob"] - right["again"]),
    )
    return replace(
        found,
        amplification=amplification(_by_problem(own, pl.col("other") - pl.col("logprob"))),
        rare_mass=rare_mass(
            _by_problem(theirs, pl.col("logprob")),
            _by_problem(ours, pl.col("other")),
            settings.budget,
        ),
        perplexity=tuple(
            perplexity(name, under, frame[column].to_list(), frame["token_count"].to_list())
            for name, under, frame, column in texts
        ),
    )


def runs_of(evidence: Evidence) -> tuple[Run, Run]:
    """The runs of base and trained policy.

    Raises
    ------
    UsageError
        If one of them is not a run, or there is not exactly one trained policy.
    """
    if len(evidence.trained) != 1:
        raise UsageError(f"{len(evidence.trained)} trained policies; allowed: one")
    return _run_of(evidence.base), _run_of(evidence.trained[0])


def _run_of(side: Side) -> Run:
    if side.run is None:
        raise UsageError(
            f"{side.name or 'the counts'} is not a run folder; reach computes probabilities of "
            "completions, so give the runs of base and trained policy"
        )
    return side.run


def _largest(gaps: pl.Series) -> float:
    """The largest gap between a log-probability as drawn and as scored later."""
    return float(np.max(np.abs(gaps.to_numpy()), initial=0.0))


def _logprobs(run: Run, policy: Policy) -> pl.DataFrame:
    key = scoring_digest(run, policy)
    return pl.concat([run.read_logprobs(key, name) for name in run.completion_names()])


def _lengths(run: Run) -> pl.DataFrame:
    columns = ["problem_id", "draw", "token_count"]
    return pl.concat([run.read_completions(name, columns) for name in run.completion_names()])


def _drawn(run: Run) -> pl.DataFrame:
    """Every completion's status, length and log-probability as drawn."""
    verifier = run.verifier_digest()
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
