"""PPO, ReMax and REINFORCE++ in plain PyTorch: what TRL has no trainer for.

In: a base policy, problems, the settings of `passgap train`. Out: a policy folder. The three differ
in their advantages alone: PPO's come from a critic that learns beside the policy (discount and
lambda 1), ReMax's from the reward of the greedy completion (arXiv 2310.10505), REINFORCE++'s from
the mean and spread of the whole batch (arXiv 2501.03262). As with TRL's in this study: a batch of
completions, then several clipped steps on it, AdamW without decay, a constant learning rate, no KL.

Of passgap's inner modules it uses the engine that samples everywhere else, and the verifier.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from passgap import Policy, ProblemSet, SamplingParams, TrainConfig
from passgap.data.completions import Block, Completion
from passgap.data.problems import Problem
from passgap.engines.transformers import TransformersEngine, load_model
from passgap.problems import render
from passgap.verifiers import for_problems
from passgap.verifiers.base import Item

METHODS = ("ppo", "remax", "reinforce_plus_plus")
CLIP, LARGEST_GRADIENT = 0.2, 1.0
CRITIC_RATE = 10  # times the policy's learning rate, as verl's defaults
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Batch:
    """Completions with their prompts, padded on the right.

    ``ids`` has shape (B, T), ``mask`` (B, T - 1): where the next token is one of the completion.
    ``reward`` and ``greedy`` (the reward of the prompt's greedy completion, nan if none was drawn)
    have shape (B,).
    """

    ids: Tensor
    mask: Tensor
    reward: Tensor
    greedy: Tensor

    @classmethod
    def of(
        cls,
        asked: Sequence[Sequence[int]],
        drawn: Sequence[Sequence[int]],
        reward: Sequence[float],
        greedy: Sequence[float],
    ) -> Batch:
        """From token ids of each prompt and completion."""
        rows = [[*prompt, *answer] for prompt, answer in zip(asked, drawn, strict=True)]
        longest = max(map(len, rows))
        ids = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
        place = torch.arange(1, longest)
        begins = torch.tensor(list(map(len, asked)))[:, None]
        ends = torch.tensor(list(map(len, rows)))[:, None]
        mask = ((place >= begins) & (place < ends)).float()
        return cls(ids, mask, torch.tensor(reward), torch.tensor(greedy))


class Critic(nn.Module):  # type: ignore[misc]
    """The expected reward at each token: the base's body, and a head that begins at 0."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        self.body = model.base_model
        self.head = nn.Linear(model.config.hidden_size, 1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, batch: Batch) -> Tensor:
        """Shape (B, T - 1), as the batch's mask."""
        states = self.body(input_ids=batch.ids).last_hidden_state
        return self.head(states)[:, :-1, 0]


def advantages(method: str, batch: Batch, values: Tensor | None = None) -> Tensor:
    """Shape (B, T - 1); ``values`` are the critic's, for PPO."""
    reward = batch.reward[:, None].expand_as(batch.mask)
    if method == "remax":
        return (reward - batch.greedy[:, None]) * batch.mask
    return whitened(reward if values is None else reward - values, batch.mask)


def whitened(values: Tensor, mask: Tensor) -> Tensor:
    """Mean 0 and spread 1 over the tokens that count, 0 elsewhere."""
    mean = (values * mask).sum() / mask.sum()
    spread = (((values - mean) ** 2 * mask).sum() / mask.sum()).sqrt()
    return (values - mean) / (spread + 1e-8) * mask


def logps(model: PreTrainedModel, batch: Batch) -> Tensor:
    """The log-probability of each next token, shape (B, T - 1)."""
    scores = model(input_ids=batch.ids).logits[:, :-1].log_softmax(-1)
    return scores.gather(2, batch.ids[:, 1:, None])[:, :, 0]


def clipped_loss(now: Tensor, before: Tensor, gain: Tensor, mask: Tensor) -> Tensor:
    """PPO's clipped objective, the mean over tokens (arXiv 1707.06347)."""
    ratio = (now - before).exp()
    kept = torch.minimum(ratio * gain, ratio.clamp(1 - CLIP, 1 + CLIP) * gain)
    return -(kept * mask).sum() / mask.sum()


class Loop:
    """One training; `step` takes a batch and makes its optimizer steps."""

    def __init__(self, method: str, base: Policy, config: TrainConfig) -> None:
        torch.manual_seed(config.seed)
        self.method, self.config = method, config
        self.model, self.tokenizer = load_model(base, dtype="float32", device="cpu")
        self.critic = None
        rates: list[tuple[nn.Module, float]] = [(self.model, 1.0)]
        if method == "ppo":
            self.critic = Critic(load_model(base, dtype="float32", device="cpu")[0])
            rates.append((self.critic, CRITIC_RATE))
        self._weights = [list(part.parameters()) for part, _ in rates]
        groups = [
            {"params": weights, "lr": rate * config.learning_rate}
            for weights, (_, rate) in zip(self._weights, rates, strict=True)
        ]
        self._optimizer = torch.optim.AdamW(groups, weight_decay=0.0)

    def step(self, batch: Batch) -> None:
        """``num_iterations`` optimizer steps on one batch."""
        with torch.no_grad():
            before = logps(self.model, batch)
            values = None if self.critic is None else self.critic(batch)
        gain = advantages(self.method, batch, values)
        for _ in range(self.config.num_iterations):
            loss = clipped_loss(logps(self.model, batch), before, gain, batch.mask)
            if self.critic is not None:
                error = (self.critic(batch) - batch.reward[:, None]) ** 2
                loss = loss + (error * batch.mask).sum() / batch.mask.sum()
            self._optimizer.zero_grad()
            loss.backward()
            for weights in self._weights:
                nn.utils.clip_grad_norm_(weights, LARGEST_GRADIENT)
            self._optimizer.step()


def train_plain(
    method: str,
    base: Policy,
    problems: ProblemSet,
    out: Path,
    *,
    config: TrainConfig,
    progress: Progress,
) -> Policy:
    """Train, and write the policy's folder at the end; a finished one is kept."""
    policy = replace(base, path=str(out), revision=None, weights_digest="")
    if out.is_dir():
        return policy
    loop = Loop(method, base, config)
    draw = Drawing(loop, base, problems)
    order = np.random.default_rng(config.seed)
    for done in range(0, config.steps, config.num_iterations):
        progress(done, config.steps)
        chosen = order.choice(len(problems), config.prompts_per_step, replace=False)
        loop.step(draw([problems.problems[i] for i in chosen], seed=int(order.integers(1 << 40))))
    begun = out.with_name(f".{out.name}.tmp")
    shutil.rmtree(begun, ignore_errors=True)
    loop.model.save_pretrained(begun)
    loop.tokenizer.save_pretrained(begun)
    begun.rename(out)
    return policy


class Drawing:
    """Draws and marks a batch with the policy as it is."""

    def __init__(self, loop: Loop, base: Policy, problems: ProblemSet) -> None:
        config = loop.config
        self._prompt, self._size = base.prompt, config.group_size
        self._verifier = for_problems(problems)
        size = config.group_size * config.prompts_per_step
        self._engines = {
            name: TransformersEngine(loop.model, loop.tokenizer, sampling, batch_size=size)
            for name, sampling in {
                "drawn": SamplingParams(max_tokens=config.max_tokens),
                "greedy": SamplingParams(max_tokens=config.max_tokens, top_k=1),
            }.items()
        }
        self._greedy = loop.method == "remax"

    def __call__(self, problems: Sequence[Problem], seed: int) -> Batch:
        drawn = self._complete("drawn", problems, self._size, seed)
        asked = [problem for problem in problems for _ in range(self._size)]
        best = [float("nan")] * len(problems)
        if self._greedy:
            best = self._rewards(problems, self._complete("greedy", problems, 1, seed))
        engine = self._engines["drawn"]
        return Batch.of(
            [engine.encode(render(problem, self._prompt)) for problem in asked],
            [completion.token_ids for completion in drawn],
            self._rewards(asked, drawn),
            [one for one in best for _ in range(self._size)],
        )

    def _complete(
        self, engine: str, problems: Sequence[Problem], size: int, seed: int
    ) -> list[Completion]:
        block = Block(tuple(problem.id for problem in problems), 0, size, seed)
        prompts = [render(problem, self._prompt) for problem in problems]
        return self._engines[engine].complete(block, prompts)

    def _rewards(self, problems: Sequence[Problem], drawn: Sequence[Completion]) -> list[float]:
        items = [
            Item(problem, one.text, "length" if one.finish_reason == "length" else "stop")
            for problem, one in zip(problems, drawn, strict=True)
        ]
        return [float(o.status == "correct") for o in self._verifier.verify_all(items)]
