"""Adaptive probing. In: a policy and problems. Out: a run sampled in rounds, and a verdict.

The planner (`passgap.adaptive_probe`) asks for draws; each round is added to the run, drawn,
verified and counted. The rounds follow from the outcomes, so the same command on an interrupted run
repeats the same rounds and continues.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from passgap.analysis.probe.adaptive import DEFAULTS, adaptive_probe, check_settings
from passgap.data.arrays import IntArray
from passgap.data.policies import Policy, SamplingParams
from passgap.data.problems import ProblemSet
from passgap.errors import RunError, UsageError, WorkError
from passgap.results.probe import AdaptiveProbe
from passgap.results.settings import AdaptiveSettings
from passgap.runs import Round, Run
from passgap.runs.frames import tally
from passgap.stages.sampling import Progress, Sampler, as_recorded
from passgap.stages.unscored import all_unscored, in_one_line, unscored
from passgap.stages.verifying import verify


def probe_adaptively(
    policy: Policy,
    problems: ProblemSet,
    *,
    out: Path | str,
    sampling: SamplingParams,
    engine: str = "transformers",
    engine_args: Mapping[str, str] | None = None,
    verifier: str | None = None,
    seed: int = 0,
    settings: AdaptiveSettings = DEFAULTS,
    progress: Progress | None = None,
    command: str = "",
) -> AdaptiveProbe:
    """Sample in rounds until the probe's verdict is settled or every problem has ``most`` draws.

    Parameters
    ----------
    policy, problems, out, sampling, engine, engine_args, seed, progress, command
        As in `passgap.sample`.
    verifier
        The name of one verifier for all problems; None takes the one each problem names.
    settings
        As in `passgap.adaptive_probe`.
    """
    check_settings(settings)
    policy = as_recorded(policy, out)
    sampler = Sampler(
        policy, problems, sampling=sampling, engine=engine, engine_args=engine_args, command=command
    )
    manifest = sampler.manifest(n=settings.most, seed=seed, design="adaptive")
    run = Run.create(out, manifest, problems)
    with closing(sampler):
        drawer = _Drawer(run, verifier, sampler, progress)
        return adaptive_probe(drawer, run.problem_ids, settings)


def probe_again(
    run: Run, *, verifier: str | None = None, settings: AdaptiveSettings = DEFAULTS
) -> AdaptiveProbe:
    """The verdict of an adaptive run that is already sampled; nothing is drawn."""
    if not run.manifest.rounds:
        raise UsageError(f"{run.place} has no samples yet; rerun the command that started it")
    first = run.manifest.rounds[0].draws
    drawer = _Drawer(run, verifier)
    again = replace(settings, first=first, most=run.manifest.n)
    return adaptive_probe(drawer, run.problem_ids, again)


class _Drawer:
    """What the planner calls. In: the number of further draws per problem. Out: their outcomes."""

    def __init__(
        self,
        run: Run,
        verifier: str | None,
        sampler: Sampler | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._run, self._verifier = run, verifier
        self._sampler, self._progress = sampler, progress
        self._drawn = np.zeros(len(run.problem_ids), np.int64)
        self._rounds = 0

    def __call__(self, more: IntArray) -> tuple[IntArray, IntArray]:
        before, self._drawn = self._drawn, self._drawn + more
        self._draw(_rounds(before, more))
        return scored_within(self._run, before, self._drawn)

    def _draw(self, asked: list[Round]) -> None:
        there = self._run.manifest.rounds[self._rounds : self._rounds + len(asked)]
        self._rounds += len(asked)
        if there and tuple(asked) != there:
            raise RunError(
                f"the rounds in {self._run.place} do not follow from its outcomes: it was probed "
                "with other settings or verified by another verifier; use another --out"
            )
        if self._sampler is None and (not there or self._run.owed()):
            raise UsageError(
                f"{self._run.place} is not finished; rerun the command that started it"
            )
        if self._sampler is not None:
            with ExitStack() as stack:
                stack.enter_context(self._run.writing())
                if not there:
                    self._run.add_round(*asked)
                self._sampler.draw(self._run, self._progress)
            verified(self._run, self._verifier)


def verified(run: Run, verifier: str | None) -> None:
    """Mark what was drawn; if nothing could be scored, more draws would not help.

    Raises WorkError in that case.
    """
    key = verify(run, verifier=verifier)
    if all_unscored(run, key):
        raise WorkError(
            f"{run.place}: none of the samples could be scored: {in_one_line(unscored(run, key))}; "
            "fix the verifier and run the same command again, which re-scores them"
        )


def scored_within(run: Run, since: IntArray, until: IntArray) -> tuple[IntArray, IntArray]:
    """Scored and correct draws per problem, among its draws ``since .. until - 1``."""
    ids = run.problem_ids
    span = pl.DataFrame({"problem_id": ids, "since": since, "until": until})
    digest = run.verifier_digest()
    scored, correct = np.zeros(len(ids), np.int64), np.zeros(len(ids), np.int64)
    row = {problem_id: i for i, problem_id in enumerate(ids)}
    for name in sorted(run.outcome_names(digest)):
        marks = run.read_outcomes(digest, name).join(span, on="problem_id")
        inside = marks.filter(pl.col("draw").is_between("since", pl.col("until") - 1))
        for problem_id, n, c, _ in inside.group_by("problem_id").agg(**tally()).iter_rows():
            scored[row[problem_id]] += n
            correct[row[problem_id]] += c
    return scored, correct


def _rounds(drawn: IntArray, more: IntArray) -> list[Round]:
    """One round for every group of problems with the same draws so far and the same to come."""
    groups: dict[tuple[int, int], list[int]] = {}
    for row, (first, count) in enumerate(zip(drawn.tolist(), more.tolist(), strict=True)):
        if count:
            groups.setdefault((first, count), []).append(row)
    return [Round.of(first, count, problems=rows) for (first, count), rows in groups.items()]
