"""pass@k on held-out problems while training.

In: an engine on the model in memory, held-out problems, the verifier. Out: one row a measurement
in ``held_out.jsonl``: ``{step, problems, draws, unscored, left_out, curve}``, a curve being one
``{k, value, low, high, ...}`` a k. The problems measured are the same at every step and for every
seed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from passgap.engines import Engine
from passgap.problems import render
from passgap.stats import mean_curve, pass_at_k
from passgap.training.config import TrainConfig
from passgap.training.folder import HELD_OUT_FILE, append_row
from passgap.types import Block, IntArray, ProblemSet, PromptSettings, digest
from passgap.verifiers import Item, Verifier


class HeldOutTracker:
    """Measures a policy in training.

    Parameters
    ----------
    engine
        Draws from the model being trained.
    problems, prompt, verifier
        As in evaluation.
    config
        ``eval_every``, ``eval_draws``, ``eval_problems``, ``steps`` and ``seed``.
    out
        The training run's folder.
    """

    def __init__(
        self,
        engine: Engine,
        problems: ProblemSet,
        prompt: PromptSettings,
        verifier: Verifier,
        config: TrainConfig,
        out: Path,
    ) -> None:
        # ids are hashes, so the smallest ones are a random sample that no seed changes
        chosen = sorted(problems, key=lambda problem: problem.id)[: config.eval_problems]
        self._problems = {problem.id: problem for problem in chosen}
        self._prompts = [render(problem, prompt) for problem in chosen]
        self._engine, self._verifier = engine, verifier
        self._config, self._out = config, out

    def due(self, step: int) -> bool:
        """Whether a measurement belongs here: step 0, every ``eval_every`` steps, the last step."""
        every = self._config.eval_every
        return step in (0, self._config.steps) or (every > 0 and step % every == 0)

    def measure(self, step: int) -> Mapping[str, Any]:
        """Draw, verify, append the row; returns it."""
        draws = self._config.eval_draws
        seed = int(digest(["held_out", self._config.seed, step])[:12], 16)
        block = Block(tuple(self._problems), 0, draws, seed)
        n = dict.fromkeys(self._problems, 0)
        c = dict.fromkeys(self._problems, 0)
        completions = self._engine.complete(block, self._prompts)
        items = [Item(self._problems[d.problem_id], d.text, d.finish_reason) for d in completions]
        outcomes = self._verifier.verify_all(items)
        for drawn, outcome in zip(completions, outcomes, strict=True):
            n[drawn.problem_id] += outcome.status != "unscored"
            c[drawn.problem_id] += outcome.status == "correct"
        totals, hits = np.array(list(n.values())), np.array(list(c.values()))
        row = {"step": step, "problems": len(n), "draws": draws}
        row |= {"unscored": len(n) * draws - int(totals.sum())}
        row |= held_out_curve(totals, hits, draws)
        append_row(self._out / HELD_OUT_FILE, row)
        return row


def held_out_curve(n: IntArray, c: IntArray, draws: int) -> dict[str, Any]:
    """Mean pass@k for k = 1, 2, 4, .. up to ``draws``, with its intervals over the problems.

    Returns
    -------
    dict
        ``curve``, and ``left_out``: problems with fewer scored draws than the largest k, which
        would make a curve of different problems at different k.
    """
    ks = [2**i for i in range(draws.bit_length())]
    enough = n >= ks[-1]
    left_out = int((~enough).sum())
    if not enough.any():
        return {"left_out": left_out, "curve": []}
    curve = mean_curve(pass_at_k(n[enough], c[enough], ks), ks)
    return {"left_out": left_out, "curve": curve.rows()}
