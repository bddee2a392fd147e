"""Sampling. In: a policy and problems. Out: a run folder with n completions per problem.

Resumable: the same command again computes only the blocks without an intact shard, with the seeds
they would have had, so a killed run ends like an uninterrupted one. Verification is another stage.
"""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import cast

from passgap.data.completions import Completion
from passgap.data.counts import Design
from passgap.data.journals import Call
from passgap.data.policies import Policy, PromptSettings, SamplingParams
from passgap.data.problems import ProblemSet
from passgap.engines import Work, check_engine, check_images, load_engine, resolve_policy, versions
from passgap.engines.base import Engine
from passgap.errors import UsageError, WorkError
from passgap.plain import Json, shareable
from passgap.problems import render
from passgap.runs import Manifest, Round, Run, is_run
from passgap.runs.manifest import TARGET_BLOCK, SamplingEntry
from passgap.verifiers import check_specs

Progress = Callable[[int, int, int], None]
EVERY = 0.5  # seconds between progress updates within a block


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
    first_draw: int = 0,
    top_up: bool = False,
    block_size: int = TARGET_BLOCK,
    progress: Progress | None = None,
    command: str = "",
) -> Run:
    """Draw ``n`` completions of every problem into the run folder ``out``.

    Parameters
    ----------
    policy, problems
        What is sampled, and on which problems.
    n
        Draws per problem, at least 1.
    sampling
        Every sampling parameter; the policy's stop strings are added to its own.
    engine, engine_args
        An engine's name and its ``KEY=VALUE`` arguments (recorded).
    seed
        The run's seed; each block's seed is a hash of it, its first problem and its first draw.
    first_draw
        Number of the first draw, for a machine that samples its own range of a run to be merged.
    top_up
        ``out`` holds the same run with fewer draws: add the missing ones.
    block_size
        Completions per block, whole problems first; a run keeps the size it started with.
    progress
        Called with (completions done, completions in total, tokens drawn by this call).
    command
        The command line, kept in the manifest.

    Raises
    ------
    UsageError
        For settings that cannot be carried out, before any model is loaded.
    RunError
        When ``out`` has another configuration or is being written.
    """
    _check(n, first_draw, block_size)
    policy = as_recorded(policy, out)
    sampler = Sampler(
        policy, problems, sampling=sampling, engine=engine, engine_args=engine_args, command=command
    )
    rounds = (Round.of(first_draw, n, block_size=block_size),)
    manifest = sampler.manifest(n=n, seed=seed, first_draw=first_draw, rounds=rounds)
    run = Run.create(out, manifest, problems, top_up=top_up)
    with run.writing(), closing(sampler):
        sampler.draw(run, progress)
    return run


def as_recorded(policy: Policy, out: Path | str) -> Policy:
    """The policy as in the run in ``out``, if that was made without default stop strings.

    A run that was started without them continues without them.
    """
    if not policy.prompt.stop_by_default or not is_run(out):
        return policy
    there = PromptSettings.from_dict(Run(out).manifest.prompt)
    before = policy.prompt.without_default_stop()
    same = there.digest == before.digest
    return dataclasses.replace(policy, prompt=before) if same else policy


class Sampler:
    """Draws the missing blocks of a run; the engine is loaded at the first one and then kept."""

    def __init__(
        self,
        policy: Policy,
        problems: ProblemSet,
        *,
        sampling: SamplingParams,
        engine: str = "transformers",
        engine_args: Mapping[str, str] | None = None,
        command: str = "",
    ) -> None:
        check_specs(problems)  # an unknown verifier is reported now
        self._engine_args = check_engine(engine, engine_args or {})
        self._policy, self._problems = resolve_policy(policy, engine), problems
        check_images(engine, self._policy, problems)
        stop = (*sampling.stop, *policy.prompt.stop)
        self._sampling = dataclasses.replace(sampling, stop=tuple(dict.fromkeys(stop)))
        self._name, self._command = engine, shareable(command)
        self._engine: Engine | None = None
        self._tokens = 0

    def manifest(
        self,
        *,
        n: int,
        seed: int,
        first_draw: int = 0,
        rounds: tuple[Round, ...] = (),
        design: Design = "fixed",
    ) -> Manifest:
        """The header of a run that this sampler may draw."""
        policy, problems = self._policy, self._problems
        folder = Path(policy.path)
        return Manifest(
            policy={
                "path": shareable(str(folder.resolve()) if folder.is_dir() else policy.path),
                "revision": policy.revision,
                "weights_digest": policy.weights_digest,
            },
            prompt=policy.prompt.to_dict(),
            engine={"name": self._name, "args": _shareable(self._engine_args)},
            sampling=cast(SamplingEntry, self._sampling.to_dict()),
            problem_set={
                "name": problems.name,
                "digest": problems.digest,
                "size": len(problems),
                "merged": problems.merged,
            },
            n=n,
            seed=seed,
            first_draw=first_draw,
            design=design,
            rounds=rounds,
            created=_now(),
            command=self._command,
            versions=_versions(self._name),
        )

    def draw(self, run: Run, progress: Progress | None = None) -> None:
        """Draw every missing block of the run; the caller holds the writer's lock."""
        for name in run.faults():
            run.reject(name)
        owed = run.owed()
        total = sum(run.draws().values())
        done = total - sum(block.completions for block in owed.values())
        if progress:
            progress(done, total, self._tokens)
        if not owed:
            return
        prompts = {p.id: render(p, self._policy.prompt) for p in self._problems}
        work = (
            Work(name, block, [prompts[i] for i in block.problem_ids])
            for name, block in owed.items()
        )
        with self._logged(run) as engine:
            shown = _Shown(engine, progress, (done, total, self._tokens))
            for name, completions in engine.complete_all(work):
                run.add_completions(name, completions)
                done += len(completions)
                self._tokens += sum(completion.token_count for completion in completions)
                shown.landed(completions)
                shown.update(done, total, self._tokens)

    def close(self) -> None:
        """Release what the engine holds; drawing again loads it again."""
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    @contextmanager
    def _logged(self, run: Run) -> Iterator[Engine]:
        """The engine; what it did is added to the run's calls, even when it fails."""
        engine, began, before, owed = self._loaded(), _now(), self._tokens, len(run.owed())

        def log() -> None:
            run.log_call(
                Call(
                    began=began,
                    ended=_now(),
                    command=self._command,
                    blocks=owed - len(run.owed()),
                    tokens=self._tokens - before,
                    engine=dict(engine.describe()),
                    versions=_versions(self._name),
                )
            )

        try:
            yield engine
        except BaseException:
            with suppress(WorkError):  # the user has to see the failure itself
                log()
            raise
        log()

    def _loaded(self) -> Engine:
        if self._engine is None:
            self._engine = load_engine(
                self._name, self._policy, self._problems, self._sampling, self._engine_args
            )
        return self._engine


class _Shown:
    """What is shown: the draws on disk, and those of the current blocks that are not there yet."""

    def __init__(self, engine: Engine, progress: Progress | None, at: tuple[int, int, int]) -> None:
        self._progress = progress
        self._at = at
        self._completions = self._tokens = 0
        self._shown = time.monotonic()
        engine.tell = self._told

    def update(self, done: int, total: int, tokens: int) -> None:
        """Show what is on disk now."""
        self._at = (done, total, tokens)
        self._show()

    def landed(self, completions: Sequence[Completion]) -> None:
        """These are no longer in progress."""
        self._completions = max(0, self._completions - len(completions))
        drawn = sum(completion.token_count for completion in completions)
        self._tokens = max(0, self._tokens - drawn) if self._completions else 0

    def _told(self, completions: int, tokens: int) -> None:
        self._completions += completions
        self._tokens += tokens
        if time.monotonic() - self._shown > EVERY:
            self._show()

    def _show(self) -> None:
        self._shown = time.monotonic()
        if self._progress:
            done, total, tokens = self._at
            now = min(done + self._completions, total)
            self._progress(now, total, tokens + self._tokens)


def _check(n: int, first_draw: int, block_size: int) -> None:
    if n < 1:
        raise UsageError(f"n is {n}; allowed: an integer >= 1 (128 is a good start)")
    if first_draw < 0:
        raise UsageError(f"first_draw is {first_draw}; allowed: an integer >= 0")
    if block_size < 1:
        raise UsageError(f"block_size is {block_size}; allowed: an integer >= 1")


def _shareable(arguments: Mapping[str, Json]) -> dict[str, object]:
    return {k: shareable(v) if isinstance(v, str) else v for k, v in arguments.items()}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _versions(engine: str) -> dict[str, str]:
    ours = {name: version(name) for name in ("passgap", "numpy", "polars")}
    return {"python": sys.version.split()[0]} | ours | versions(engine)
