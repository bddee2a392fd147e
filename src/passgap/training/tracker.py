"""pass@k on held-out problems during training.

In: an engine on the model in memory, held-out problems, the verifier. Out: one `HeldOutRow` per
measurement in ``held_out.jsonl``. The problems measured are the same at every step and for every
seed. Several processes share them.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from passgap.data.arrays import IntArray
from passgap.data.completions import Block
from passgap.data.journals import CurvePoint, HeldOutRow
from passgap.data.policies import PromptSettings
from passgap.data.problems import ProblemSet
from passgap.engines import Engine
from passgap.problems import render
from passgap.runs.journal import append_row
from passgap.runs.names import HELD_OUT_FILE
from passgap.stats import mean_curve, pass_at_k
from passgap.training.config import TrainConfig
from passgap.training.processes import Processes
from passgap.verifiers import Item, Verifier


class Drawn(NamedTuple):
    """What a measurement keeps of one completion."""

    problem_id: str
    status: str
    answer: str | None
    tokens: int
    logprob: float
    truncated: bool


class HeldOutTracker:
    """Measures a policy in training, sampled by ``engine``; the rest is as in evaluation.

    From the config it reads ``eval_every``, ``eval_draws``, ``eval_problems``, ``steps``, ``seed``.
    ``processes`` share the problems: each must call ``measure`` at the same steps.
    """

    def __init__(
        self,
        engine: Engine,
        problems: ProblemSet,
        prompt: PromptSettings,
        verifier: Verifier,
        config: TrainConfig,
        out: Path,
        processes: Processes | None = None,
    ) -> None:
        # ids are hashes, so the smallest ones are a random sample that no seed changes
        chosen = sorted(problems, key=lambda problem: problem.id)[: config.eval_problems]
        self._all = [problem.id for problem in chosen]
        self._processes = processes or Processes()
        own = self._processes.share(chosen)
        self._problems = {problem.id: problem for problem in own}
        self._prompts = [render(problem, prompt) for problem in own]
        self._engine, self._verifier = engine, verifier
        self._config, self._out = config, out

    def due(self, step: int) -> bool:
        """Whether to measure now: at step 0, every ``eval_every`` steps, at the last step."""
        every = self._config.eval_every
        return step in (0, self._config.steps) or (every > 0 and step % every == 0)

    def measure(self, step: int) -> HeldOutRow:
        """Draw, verify, append the row; returns it."""
        drawn = self._processes.gathered(self._drawn(step) if self._problems else [])
        draws = self._config.eval_draws
        n = dict.fromkeys(self._all, 0)
        c = dict.fromkeys(self._all, 0)
        for one in drawn:
            n[one.problem_id] += one.status != "unscored"
            c[one.problem_id] += one.status == "correct"
        totals, hits = np.array(list(n.values())), np.array(list(c.values()))
        left_out, curve = held_out_curve(totals, hits, draws)
        row = HeldOutRow(
            step=step,
            problems=len(n),
            draws=draws,
            unscored=len(n) * draws - int(totals.sum()),
            left_out=left_out,
            curve=curve,
            n=tuple(n.values()),
            c=tuple(c.values()),
            **spread(drawn),
        )
        if self._processes.is_main:
            append_row(self._out / HELD_OUT_FILE, row)
        return row

    def _drawn(self, step: int) -> list[Drawn]:
        """This process's share of the draws, marked."""
        seed = self._processes.seed("held_out", self._config.seed, step)
        block = Block(tuple(self._problems), 0, self._config.eval_draws, seed)
        completions = self._engine.complete(block, self._prompts)
        items = [Item(self._problems[d.problem_id], d.text, d.ended) for d in completions]
        outcomes = self._verifier.verify_all(items)
        return [
            Drawn(
                completion.problem_id,
                outcome.status,
                outcome.extracted,
                completion.token_count,
                completion.logprob,
                completion.finish_reason == "length",
            )
            for completion, outcome in zip(completions, outcomes, strict=True)
        ]


def spread(drawn: Sequence[Drawn]) -> dict[str, float | None]:
    """How much the draws differ from each other.

    ``entropy``: of a token given those before it, in nats: the mean of minus its log-probability,
    which is unbiased for draws from the policy itself; ``answer_entropy``: of a problem's answers,
    in nats, the mean over problems of the plug-in value, which is at most the logarithm of the
    draws and biased low (no answer counts as an answer); ``completion_length`` in tokens;
    ``truncated_share``.
    """
    # Tokens are drawn from the policy itself, so the mean of -log p over them estimates the entropy
    # without the scores of the whole vocabulary; long completions weigh more.
    tokens = sum(one.tokens for one in drawn)
    logprob = sum(one.logprob for one in drawn)
    answers: dict[str, Counter[str | None]] = {}
    for one in drawn:
        answers.setdefault(one.problem_id, Counter())[one.answer] += 1
    shares = [np.array(list(a.values())) / a.total() for a in answers.values()]
    return {
        "entropy": -logprob / tokens if tokens and math.isfinite(logprob) else None,
        "answer_entropy": float(np.mean([-(p * np.log(p)).sum() for p in shares])),
        "completion_length": tokens / len(drawn),
        "truncated_share": sum(one.truncated for one in drawn) / len(drawn),
    }


def held_out_curve(n: IntArray, c: IntArray, draws: int) -> tuple[int, tuple[CurvePoint, ...]]:
    """Mean pass@k for k = 1, 2, 4, .. up to ``draws``, with its intervals over the problems.

    The first value is how many problems are left out: those with fewer scored draws than the
    largest k, since otherwise different k would rest on different problems. The curve is over the
    others, and empty if there are none.
    """
    ks = [2**i for i in range(draws.bit_length())]
    enough = n >= ks[-1]
    left_out = int((~enough).sum())
    if not enough.any():
        return left_out, ()
    curve = mean_curve(pass_at_k(n[enough], c[enough], ks), ks)
    return left_out, tuple(CurvePoint(**row) for row in curve.rows())
