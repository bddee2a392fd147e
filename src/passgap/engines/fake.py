"""The fake engine: completions of known success probability, for tests and experiments.

In: a block. Out: completions whose text is the reference with the problem's probability p, and
otherwise a wrong answer (the reference with an extra digit). No model, no prompt, a known truth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from passgap.data.completions import Block, Completion, cut_at_stop
from passgap.data.identity import digest
from passgap.data.policies import Policy, Prompt, SamplingParams
from passgap.data.problems import Problem, ProblemSet
from passgap.engines.base import Capabilities, Engine
from passgap.errors import UsageError


class FakeEngine(Engine):
    """Draws correct answers with probability ``p[problem_id]``, in [0, 1].

    ``answers`` is the text that is correct for each problem; ``stop`` ends a text, as everywhere.
    """

    name = "fake"
    capabilities = Capabilities(
        logprobs=True, token_ids=True, seeds="bitwise", scores=False, images=True
    )

    def __init__(
        self, p: Mapping[str, float], answers: Mapping[str, str], stop: Sequence[str] = ()
    ) -> None:
        for problem_id, value in p.items():
            if not 0 <= value <= 1:
                raise UsageError(f"p of problem {problem_id} is {value}; allowed: [0, 1]")
        self.p, self._answers, self._stop = dict(p), dict(answers), tuple(stop)

    @classmethod
    def load(
        cls, policy: Policy, problems: ProblemSet, sampling: SamplingParams, **arguments: float
    ) -> FakeEngine:
        """The engine of a problem set; it ignores policy and settings except stop strings."""
        return cls.of(problems.problems, stop=sampling.stop, **arguments)

    @classmethod
    def of(
        cls,
        problems: Sequence[Problem],
        *,
        alpha: float = 0.5,
        beta: float = 3.0,
        delta: float = 0,
        stop: Sequence[str] = (),
    ) -> FakeEngine:
        """Give every problem its own p from Beta(alpha, beta), its logit moved by delta.

        p depends only on the problem, so two engines that differ in ``delta`` are a base policy and
        its pure tilt.
        """
        if alpha <= 0 or beta <= 0:
            raise UsageError(f"alpha={alpha}, beta={beta}; allowed: both > 0")
        p = {}
        for problem in problems:
            rng = np.random.default_rng(int(problem.id, 16))
            odds = np.exp(delta) * (x := rng.beta(alpha, beta)) / max(1 - x, 1e-12)
            p[problem.id] = float(odds / (1 + odds))
        return cls(p, {problem.id: problem.reference for problem in problems}, stop)

    def describe(self) -> Mapping[str, object]:
        """What the manifest records: a digest of every p."""
        return {"name": self.name, "p_digest": digest(self.p)}

    def complete(self, block: Block, prompts: Sequence[Prompt]) -> list[Completion]:
        """Draw a block; only the block's seed determines the outcomes."""
        rng = np.random.default_rng(block.seed)
        completions = []
        for problem_id in block.problem_ids:
            hits = rng.random(block.size) < self.p[problem_id]
            for i, hit in enumerate(hits):
                right = self._answers[problem_id]
                answer = cut_at_stop(right if hit else f"{right}{rng.integers(1, 10)}", self._stop)
                chance = self.p[problem_id] if hit else 1 - self.p[problem_id]
                completions.append(
                    Completion(
                        problem_id=problem_id,
                        draw=block.first_draw + i,
                        text=answer,
                        token_ids=tuple(answer.encode()),
                        finish_reason="stop",
                        logprob=float(np.log(chance)),
                    )
                )
        return completions
