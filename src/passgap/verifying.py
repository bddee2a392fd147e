"""Verifying: a run's completions in, outcomes beside them out; completions are kept as they are.

Outcomes lie in a folder named by the verifier's digest, one shard for each completion shard, so
another verifier gives another set of outcomes and an interrupted call goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable

from passgap.store import Run
from passgap.types import Problem
from passgap.verifiers import Verifier, for_problems


def verify(
    run: Run,
    *,
    verifier: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> str:
    """Mark every completion that has no outcome yet; returns the verifier's digest.

    Parameters
    ----------
    run
        The run to mark.
    verifier
        The name of one verifier for all problems; None takes the one each problem names.
    progress
        Called with (completions marked so far, completions in all).
    """
    problems = {problem.id: problem for problem in run.problems()}
    marker = for_problems(problems.values(), verifier)
    with run.writing():
        shards, done = run.completion_names(), run.outcome_names(marker.digest)
        for position, name in enumerate(shards, start=1):
            if name not in done:
                _verify_shard(run, name, marker, problems)
            if progress:
                progress(position, len(shards))
        run.set_verifier_digest(marker.digest)
    return marker.digest


def _verify_shard(run: Run, name: str, marker: Verifier, problems: dict[str, Problem]) -> None:
    frame = run.read_completions(name, ["problem_id", "draw", "text", "finish_reason"])
    rows = [
        (problem_id, draw, marker.verify(problems[problem_id], text, finish_reason))
        for problem_id, draw, text, finish_reason in frame.iter_rows()
    ]
    run.add_outcomes(marker.digest, name, rows)
