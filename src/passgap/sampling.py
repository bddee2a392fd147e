"""Sampling: a policy and problems in, a run folder with n completions a problem out.

Resumable: the same command again computes only the blocks whose shard is missing, with the seeds
they would have had, so a killed run ends as an uninterrupted one. Verification is another stage.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from passgap.engines import check_engine, load_engine, resolve_policy
from passgap.engines.base import Engine
from passgap.errors import UsageError
from passgap.problems import render
from passgap.store import Manifest, Run
from passgap.types import Policy, ProblemSet, SamplingParams
from passgap.verifiers import for_problems

Progress = Callable[[int, int, int], None]
TARGET_BLOCK = 2048


def sample(
    policy: Policy,
    problems: ProblemSet,
    *,
    n: int,
    out: Path | str,
    sampling: SamplingParams,
    engine: str = "transformers",
    engine_args: Mapping[str, str] | None = None,
    seed: int = 0,
    block_size: int | None = None,
    progress: Progress | None = None,
    command: str = "",
) -> Run:
    """Draw ``n`` completions of every problem into the run folder ``out``.

    Parameters
    ----------
    policy, problems
        What is sampled, and on what.
    n
        Draws a problem, at least 1.
    sampling
        Every sampling parameter; the policy's stop strings are added to its own.
    engine, engine_args
        ``transformers`` or ``fake`` and its ``KEY=VALUE`` arguments (recorded).
    seed
        The run's seed; each block's seed is a hash of it, its first problem and its first draw.
    block_size
        Completions in a block (default 2048, whole problems); part of the run's identity.
    progress
        Called with (completions done, completions in all, tokens drawn by this call).
    command
        The command line that asked for it, kept in the manifest.

    Raises
    ------
    UsageError
        For a setting that cannot be carried out, before any model is loaded.
    RunError
        When ``out`` holds another configuration or is being written.
    """
    if n < 1:
        raise UsageError(f"n is {n}; allowed: an integer >= 1 (128 is a good start)")
    sampling = SamplingParams(
        **{**sampling.to_dict(), "stop": (*sampling.stop, *policy.prompt.stop)}
    )
    for_problems(problems)  # an unknown verifier, or one whose package is missing, is told now
    engine_args = check_engine(engine, engine_args or {})
    policy = resolve_policy(policy, engine)
    manifest = _manifest(policy, problems, n, sampling, engine, engine_args, seed, block_size)
    manifest = dataclasses.replace(manifest, command=command)
    run = Run.create(out, manifest, problems)
    with run.writing():
        owed = run.owed()
        if owed:
            loaded = load_engine(engine, policy, problems, sampling, engine_args)
            _draw(run, owed, loaded, problems, policy, progress)
        elif progress:
            progress(len(problems) * n, len(problems) * n, 0)
    return run


def _draw(
    run: Run,
    owed: Mapping[str, Any],
    engine: Engine,
    problems: ProblemSet,
    policy: Policy,
    progress: Progress | None,
) -> None:
    prompts = {problem.id: render(problem, policy.prompt) for problem in problems}
    total = len(problems) * run.manifest.n
    done = total - sum(len(block.problem_ids) * block.size for block in owed.values())
    tokens = 0
    for name, block in owed.items():
        completions = engine.complete(block, [prompts[i] for i in block.problem_ids])
        run.add_completions(name, completions)
        done += len(completions)
        tokens += sum(len(completion.token_ids) for completion in completions)
        if progress:
            progress(done, total, tokens)


def _manifest(
    policy: Policy,
    problems: ProblemSet,
    n: int,
    sampling: SamplingParams,
    engine: str,
    engine_args: Mapping[str, Any],
    seed: int,
    block_size: int | None,
) -> Manifest:
    draws = min(n, block_size or TARGET_BLOCK)
    return Manifest(
        policy={
            "path": policy.path,
            "revision": policy.revision,
            "weights_digest": policy.weights_digest,
        },
        prompt=policy.prompt.to_dict(),
        engine={"name": engine, "args": dict(engine_args)},
        sampling=sampling.to_dict(),
        problem_set={
            "name": problems.name,
            "digest": problems.digest,
            "size": len(problems),
            "merged": problems.merged,
        },
        n=n,
        seed=seed,
        block={"problems": max(1, (block_size or TARGET_BLOCK) // draws), "draws": draws},
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        versions=_versions(engine),
    )


def _versions(engine: str) -> dict[str, str]:
    packages = ["passgap", "numpy", "polars"]
    packages += ["torch", "transformers"] if engine == "transformers" else []
    return {"python": sys.version.split()[0]} | {name: version(name) for name in packages}
