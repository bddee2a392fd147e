"""Scoring: the log-probabilities of a run's completions under another policy.

Teacher forcing of exactly the token ids that were drawn, under the run's own sampling settings, so
that the ratio of two policies' log-probabilities is an importance weight. They are stored in a
folder named by policy, prompt and settings, one shard for each completion shard: an interrupted
call continues where it stopped.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from contextlib import closing

from passgap.data.identity import digest
from passgap.data.policies import Policy, Prompt, PromptSettings
from passgap.engines import (
    Engine,
    check_engine,
    check_images,
    check_scores,
    load_engine,
    resolve_policy,
    vocabulary_digest,
)
from passgap.errors import MismatchError, UsageError
from passgap.problems import render
from passgap.runs import Run


def recorded_policy(run: Run) -> Policy:
    """The policy a run was drawn from, as its manifest has it."""
    return Policy(prompt=PromptSettings.from_dict(run.manifest.prompt), **run.manifest.policy)


def policy_of(run: Run) -> Policy:
    """The policy a run was drawn from, found and verified to be the same.

    Raises
    ------
    UsageError
        When its weights are no longer there, or have changed.
    """
    recorded = recorded_policy(run)
    found = resolve_policy(dataclasses.replace(recorded, weights_digest=""), "transformers")
    if found.weights_digest != recorded.weights_digest:
        raise UsageError(
            f"{recorded.path} has other weights ({found.weights_digest}) than the ones "
            f"{run.place} was sampled from ({recorded.weights_digest}); restore the original ones"
        )
    return found


def scoring_digest(run: Run, policy: Policy) -> str:
    """Names the log-probabilities of ``run`` under ``policy``: weights, prompt and settings."""
    return digest([policy.weights_digest, policy.prompt.to_dict(), dict(run.manifest.sampling)])


def is_scored(run: Run, policy: Policy) -> bool:
    """Whether every completion of ``run`` has its log-probability under ``policy``."""
    return set(run.completion_names()) <= run.logprob_names(scoring_digest(run, policy))


def score(
    run: Run,
    policy: Policy,
    *,
    engine: str = "transformers",
    engine_args: Mapping[str, str] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> str:
    """Score every completion of ``run`` under ``policy``; returns the digest of the scores.

    Parameters
    ----------
    run
        A run with token ids.
    policy
        As `policy_of` returns it; its own prompt is used.
    engine, engine_args
        An engine that can score, and its arguments.
    progress
        Called with (shards scored so far, shards in all).

    Raises
    ------
    UsageError
        For a run without token ids, or an engine that cannot score.
    MismatchError
        When the policy's tokenizer is not the one that produced the ids.
    """
    check_scores(engine)
    arguments = check_engine(engine, engine_args or {})
    check_token_ids(run)
    key = scoring_digest(run, policy)
    with run.writing():
        names, done = run.completion_names(), run.logprob_names(key)
        owed = [name for name in names if name not in done]
        if not owed:
            return key
        _check_vocabulary(run, policy)
        check_images(engine, policy, run.problems())
        loaded = load_engine(
            engine, policy, run.problems(), run.manifest.sampling_params, arguments
        )
        with closing(loaded):
            prompts = {p.id: render(p, policy.prompt) for p in run.problems()}
            for name in owed:
                run.add_logprobs(key, name, _scored(run, name, loaded, prompts))
                done.add(name)
                if progress:
                    progress(len(done), len(names))
    return key


def _scored(
    run: Run, name: str, engine: Engine, prompts: Mapping[str, Prompt]
) -> list[tuple[str, int, float]]:
    """One shard; what was drawn more than once is scored once."""
    frame = run.read_completions(name, ["problem_id", "draw", "token_ids"])
    rows = [(problem_id, draw, tuple(ids)) for problem_id, draw, ids in frame.iter_rows()]
    distinct = list(dict.fromkeys((problem_id, ids) for problem_id, _, ids in rows))
    found = engine.score([(prompts[problem_id], ids) for problem_id, ids in distinct])
    known = dict(zip(distinct, found, strict=True))
    return [(problem_id, draw, known[problem_id, ids]) for problem_id, draw, ids in rows]


def check_token_ids(run: Run) -> None:
    """Refuse a run without token ids, judging by its first completions.

    Raises
    ------
    UsageError
    """
    names = run.completion_names()[:1]
    lengths = [run.read_completions(name, ["token_ids"])["token_ids"].list.len() for name in names]
    if any((length == 0).any() for length in lengths):
        raise UsageError(
            f"{run.place} has completions without token ids, which scoring needs; sample with "
            "--engine transformers or vllm"
        )


def _check_vocabulary(run: Run, policy: Policy) -> None:
    if vocabulary_digest(policy_of(run)) != vocabulary_digest(policy):
        raise MismatchError(
            f"{policy.path} has another tokenizer than the policy of {run.place}, so the token "
            "ids stand for other texts; only policies with the same tokenizer can be scored"
        )
