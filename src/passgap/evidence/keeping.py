"""Which checkpoint to keep, with the sampling. In: a base, checkpoints, problems. Out: their runs.

Each policy has a run folder named after it, in one folder. The planner
(`passgap.analysis.sweep.keeping`) asks for draws of the policies still in question; their runs are
topped up, verified and counted. What it asks follows from the outcomes, so the same command on an
interrupted folder asks for the same and continues; a run that already has more draws lends the
first of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from passgap.analysis.sweep.keeping import DEFAULTS, check_keep, keep
from passgap.data.counts import Counts
from passgap.data.policies import Policy, SamplingParams
from passgap.data.problems import ProblemSet
from passgap.evidence.adaptive import scored_within, verified
from passgap.evidence.evidence import known_steps
from passgap.evidence.options import Bar
from passgap.results.keeping import Kept
from passgap.results.settings import KeepSettings
from passgap.runs import Round, Run, is_run
from passgap.runs.lineage import step_of
from passgap.runs.policy import read_policy
from passgap.stages.counting import clusters_of
from passgap.stages.sampling import Sampler
from passgap.stages.sampling_arms import Arm, draw_arm, named_arms


def keep_checkpoint(
    base: Policy,
    checkpoints: Sequence[Policy],
    problems: ProblemSet,
    *,
    out: Path | str,
    sampling: SamplingParams,
    engine: str = "transformers",
    engine_args: Mapping[str, str] | None = None,
    verifier: str | None = None,
    seed: int = 0,
    steps: Sequence[int] = (),
    settings: KeepSettings = DEFAULTS,
    bar: Bar,
    command: str = "",
) -> Kept:
    """Sample base and checkpoints in rounds and find the checkpoint to keep; resumable.

    Parameters
    ----------
    base, checkpoints
        Two or more checkpoints of one training, and what it started from.
    problems, sampling, engine, engine_args, seed, command
        As in `passgap.sample`; the same for all policies.
    out
        The folder for their runs.
    verifier
        The name of one verifier for all problems; None takes the one each problem names.
    steps
        The steps of the checkpoints, in their order; else their folders give them.
    settings
        As in `passgap.keep`.
    bar
        Makes a progress bar: called with a title, returns a context manager with a callback.

    Raises
    ------
    UsageError, RunError
        For anything that cannot be carried out, before a model is loaded.
    WorkError
        When none of the samples can be scored.
    """
    paths = [policy.path for policy in checkpoints]
    found, notes = known_steps(paths, [step_of(path) for path in paths], steps)
    known = _trained_on(paths, problems)
    check_keep(found, settings, known)
    places = [-1, *np.argsort(found, kind="stable").tolist()]
    ordered = [base if i < 0 else checkpoints[i] for i in places]
    by_path = {arm.policy.path: arm for arm in named_arms(ordered, sampling)}
    drawers = [
        _Drawer(
            by_path[policy.path],
            Sampler(
                policy,
                problems,
                sampling=sampling,
                engine=engine,
                engine_args=engine_args,
                command=command,
            ),
            problems,
            Path(out),
            verifier,
            seed,
            bar,
        )
        for policy in ordered
    ]
    for drawer in drawers:
        drawer.run(settings.first)  # a folder with other settings is refused now

    def draw(asked: Sequence[int], n: int) -> list[Counts]:
        return [drawers[place].counts(n) for place in asked]

    result = keep(draw, sorted(found), settings, trained_on=known)
    return replace(result, notes=(*result.notes, *notes))


def _trained_on(paths: Sequence[str], problems: ProblemSet) -> bool | None:
    """Whether any of the policies was trained on some of the problems; None where none says."""
    ids = {problem.id for problem in problems}
    files = filter(None, map(read_policy, paths))
    said = [one.train_problem_ids for one in files if one.train_problem_ids is not None]
    return any(not ids.isdisjoint(one) for one in said) if said else None


@dataclass(frozen=True)
class _Drawer:
    """Draws and counts one policy."""

    arm: Arm
    sampler: Sampler
    problems: ProblemSet
    out: Path
    verifier: str | None
    seed: int
    bar: Bar

    def run(self, n: int) -> Run:
        """Its run, with at least n draws per problem to be done."""
        folder = self.out / self.arm.name
        there = Run(folder).manifest.n if is_run(folder) else 0
        n = max(n, there)
        manifest = self.sampler.manifest(n=n, seed=self.seed, rounds=(Round.of(0, n),))
        return Run.create(folder, manifest, self.problems, top_up=bool(there))

    def counts(self, n: int) -> Counts:
        """The counts of its first n draws of every problem."""
        run = self.run(n)
        if run.owed():
            draw_arm(run, self.arm, self.sampler, self.bar)
        verified(run, self.verifier)
        size = len(run.problem_ids)
        scored, correct = scored_within(run, np.zeros(size, np.int64), np.full(size, n))
        return Counts(
            run.problem_ids,
            n=scored,
            c=correct,
            unscored=n - scored,
            cluster=clusters_of(run),
            provenance=run.manifest.provenance(),
        )
