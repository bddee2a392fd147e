"""How often the first step of a training seems to be of another policy than its base, and is not.

In: a folder (what was sampled is kept). Out: a section of the page of warnings. No training is
needed: a first step is groups of the base, drawn by the engine in the order of ``passgap train``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from passgap import Counts, Problem, ProblemSet, SamplingParams, count
from passgap.analysis.select.selecting import select
from passgap.analysis.watch.against_base import FALSE_DISAGREEMENT, agreement_of, forecast_of
from passgap.analysis.watch.groups import Groups
from passgap.data.arrays import IntArray
from passgap.data.completions import Block
from passgap.data.policies import PromptSettings
from passgap.demo import Bar, measured
from passgap.engines.transformers import TransformersEngine
from passgap.errors import UsageError
from passgap.lab import lab_problems
from passgap.problems import render
from passgap.stages.resolving import resolve_policy
from passgap.stats import binomial_interval
from passgap.training.processes import Processes
from research.pages import markdown_table

POOL, POOL_DRAWS, POOLS = 400, 32, 6
STEPS, DRAWN, G = 400, 24, 16  # groups drawn: more than are looked at, as some are not chosen
LOOKED_AT = 16
TOKENS, SEED = 64, 7
Ids = NDArray[np.str_]
CHOICES = ("all of the pool", "chosen by `passgap select`")


def first_steps(out: Path, progress: Bar, command: str) -> str:
    """The section."""
    problems = lab_problems("rare", split="train", size=POOL, seed=0)
    policy = resolve_policy("lab:base")
    places = [out / f"pool-{seed}" for seed in range(POOLS)]
    pools = [
        count(measured(policy, problems, place, POOL_DRAWS, progress, command, seed=seed))
        for seed, place in enumerate(places)
    ]
    place, correct = _steps(out / "steps.npz", problems, progress)
    drawn = list(zip(np.array([one.id for one in problems])[place], correct, strict=True))
    rows = []
    for choice in CHOICES:
        trained_on = [_trained_on(base, choice) for base in pools]
        found = [
            p_value(base, ids, *one)
            for base, ids in zip(pools, trained_on, strict=True)
            for one in drawn
        ]
        rows.append([choice, *_shares(found)])
    head = ["trained on", "first steps", "p < 2%: false alarms", "p < 10%", "p < 50%"]
    return f"""## The first step

{STEPS} first steps of {LOOKED_AT} groups of {G} were drawn from the base, and compared with each of
{POOLS} pools of {POOL} problems with {POOL_DRAWS} samples. Nothing differs, so that each
`forecast_missed` (p < {FALSE_DISAGREEMENT:.0%}) is a false alarm, and the shares should be those of
the head. The intervals take first steps as independent.

{markdown_table(head, rows)}"""


def p_value(base: Counts, trained_on: Ids, drawn: Ids, correct: IntArray) -> float:
    """That of the first step of ``drawn`` problems, in a record of all that is trained on.

    Problems that are not trained on are left out, and those beyond the first ``LOOKED_AT``.
    """
    kept = np.flatnonzero(np.isin(drawn, trained_on))[:LOOKED_AT]
    later = np.setdiff1d(trained_on, drawn[kept])
    full = np.full(len(kept) + len(later), G)
    c = np.concatenate([correct[kept], np.full(len(later), G // 2)])
    groups = Groups.of(
        {"step": np.repeat([0, 1], [len(kept), len(later)])}
        | {"problem_id": np.concatenate([drawn[kept], later]), "c": c, "reward_sum": c}
        | dict.fromkeys(("completions", "n", "rewards", "tokens", "token_sum", "endings"), full)
        | {"cut": 0 * full}
    )
    agreement, notes = agreement_of(groups, base, forecast_of(groups, base, G), G, "trainer")
    if agreement is None:
        raise UsageError(notes[0])
    return agreement.p_value


def _trained_on(base: Counts, choice: str) -> Ids:
    ids = np.array(base.problem_id)
    return ids if choice == CHOICES[0] else ids[select(base).chosen]


def _shares(p_values: Sequence[float]) -> list[str]:
    """How many there are, and the shares below each level."""
    found = np.array(p_values)
    shares = [
        binomial_interval(int((found < level).sum()), len(found))
        for level in (FALSE_DISAGREEMENT, 0.1, 0.5)
    ]
    return [str(len(found)), *(f"{s.value:.1%} ({s.low:.1%} to {s.high:.1%})" for s in shares)]


def _steps(out: Path, problems: ProblemSet, progress: Bar) -> tuple[IntArray, IntArray]:
    """The rows of each step's problems and their correct completions, (STEPS, DRAWN); kept."""
    if not out.is_file():
        policy, sampling = resolve_policy("lab:base"), SamplingParams(max_tokens=TOKENS)
        engine = TransformersEngine.load(policy, problems, sampling, dtype="float32", device="cpu")
        orders = (np.random.default_rng([SEED, step]) for step in range(STEPS))
        place = np.array([order.choice(POOL, DRAWN, replace=False) for order in orders])
        with progress("first steps") as update:
            correct = np.empty(place.shape, np.int64)
            for step, rows in enumerate(place):
                correct[step] = _correct(engine, [problems.problems[i] for i in rows], step)
                update(step + 1, STEPS)
        np.savez(out, place=place, c=correct)
    with np.load(out) as kept:
        return kept["place"], kept["c"]


def _correct(engine: TransformersEngine, problems: Sequence[Problem], seed: int) -> IntArray:
    """How many of each problem's group are correct, drawn as the first step of a training."""
    asked = [problem for problem in problems for _ in range(G)]
    block = Block(
        tuple(str(i) for i in range(len(asked))),
        first_draw=0,
        size=1,
        seed=Processes().seed("rollout", seed, 0),
    )
    drawn = engine.complete(block, [render(problem, PromptSettings()) for problem in asked])
    marks = [
        one.text.strip().split("\n")[-1] == problem.reference
        for one, problem in zip(drawn, asked, strict=True)
    ]
    return np.asarray(np.reshape(marks, (len(problems), G)).sum(axis=1), np.int64)
