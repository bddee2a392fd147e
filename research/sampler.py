"""A TRL trainer whose samples come from another policy, as from an inference server of its own.

In: what differs. Out: a `GRPOTrainer` that logs how far its sampler is from it, under the name that
TRL uses where vllm samples. On purpose it reaches into TRL, which knows a sampler of its own only
with vllm; nothing but the study of the warnings uses it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from trl import GRPOTrainer

APART = "sampling/sampling_logp_difference/mean"
Weights = dict[str, torch.Tensor]


LAST = "model.norm.weight"  # logits are proportional to it


@dataclass(frozen=True)
class Sampler:
    """What samples: the weights of ``behind`` steps ago in bfloat16, at its own temperature."""

    behind: int = 0
    temperature: float = 1.0


class ApartTrainer(GRPOTrainer):  # type: ignore[misc]
    """GRPO on samples of a `Sampler`; the loss takes them for its own."""

    def __init__(self, *, sampler: Sampler, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._kept: deque[Weights] = deque(maxlen=sampler.behind + 1)  # the oldest samples
        self._temperature = sampler.temperature

    def _generate_single_turn(self, *arguments: Any, **named: Any) -> Any:
        self._kept.append(copied(self.model))
        with self._sampling():
            return super()._generate_single_turn(*arguments, **named)

    def _generate_and_score_completions(self, inputs: Any) -> Any:
        output = super()._generate_and_score_completions(inputs)
        ids, seen = (
            torch.cat([output[f"prompt_{name}"], output[f"completion_{name}"]], dim=1)
            for name in ("ids", "mask")
        )
        asked = (self.model, ids, seen, output["completion_ids"].shape[1])
        with torch.no_grad():
            trained = self._get_per_token_logps_and_entropies(*asked)[0]
            with self._sampling():
                sampled = self._get_per_token_logps_and_entropies(*asked)[0]
        apart = (trained - sampled).abs()[output["completion_mask"].bool()].mean()
        self._metrics["train"][APART].append(apart.item())
        return output

    @contextmanager
    def _sampling(self) -> Iterator[None]:
        """Be the sampler for a while."""
        trained, sampled = copied(self.model), self._kept[0]
        sampled = sampled | {LAST: sampled[LAST] / self._temperature}
        self.model.load_state_dict({name: one.bfloat16() for name, one in sampled.items()})
        try:
            yield
        finally:
            self.model.load_state_dict(trained)


def copied(model: torch.nn.Module) -> Weights:
    """The weights as they are now."""
    return {name: one.detach().clone() for name, one in model.state_dict().items()}
