"""The recipe of the lab's policies: from a corpus of the lab's world to a policy folder.

``base`` reads every operation but the absent one; ``teacher`` reads them all. ``novice`` is the
base, trained further on a corpus in which the right meaning of a rare operation is seldom. The
folders in the package were made by this file with ``CONFIGS`` and are remade by
``passgap lab pretrain NAME --out DIR`` in minutes on two cores.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from passgap.errors import MissingExtraError
from passgap.lab.folders import check_name, lab_policy_path
from passgap.lab.world import ABSENT, LETTERS, NOVICE_HABIT, SYMBOLS, corpus
from passgap.runs import new_folder

try:
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from tokenizers.decoders import Fuse
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
except ImportError as error:
    raise MissingExtraError(error.name or "transformers", "lm") from error

SPECIAL = ("<pad>", "<eos>")


@dataclass(frozen=True)
class PretrainConfig:
    """Everything that decides a policy's weights, together with the package versions."""

    steps: int
    batch_size: int = 128
    learning_rate: float = 3e-3
    warmup: int = 100
    hidden_size: int = 96
    layers: int = 3
    heads: int = 4
    intermediate_size: int = 256
    seed: int = 0
    start: str | None = None  # a policy of the lab to go on from; its sizes count


CONFIGS = {
    "base": PretrainConfig(6000),  # why it needs more: docs/decisions/0006
    "teacher": PretrainConfig(3500),
    "novice": PretrainConfig(400, learning_rate=1e-3, warmup=20, start="base"),
}


def pretrain(
    name: str,
    out: Path | str,
    *,
    config: PretrainConfig | None = None,
    progress: Callable[[int, int, dict[str, float]], None] | None = None,
) -> Path:
    """Make a policy of the lab, in a folder that is new or empty.

    ``config`` None is the one that made the policy in the package. ``progress`` is called with
    (step, steps, {"loss": nats per token}).
    """
    check_name(name)
    config = config or CONFIGS[name]
    start = time.monotonic()
    with new_folder(Path(out)) as folder:
        torch.manual_seed(config.seed)
        tokenizer = make_tokenizer()
        model = _start(config, tokenizer)
        loss = _fit(model, _batches(name, config, tokenizer), config, progress)
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        recipe = {
            "name": name,
            "config": asdict(config),
            "final_loss": round(loss, 5),
            "seconds": round(time.monotonic() - start),
            "versions": {
                package: version(package) for package in ("torch", "transformers", "numpy")
            },
        }
        (folder / "recipe.json").write_text(json.dumps(recipe, indent=2) + "\n")
    return Path(out)


def make_tokenizer() -> PreTrainedTokenizerFast:
    """One token per character, padding on the left."""
    characters = [*SPECIAL, *LETTERS, *SYMBOLS, ":", "=", "\n"]
    tokenizer = Tokenizer(models.WordLevel({c: i for i, c in enumerate(characters)}, "<pad>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.decoder = Fuse()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<eos>", padding_side="left"
    )


def _start(config: PretrainConfig, tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    if config.start is None:
        return LlamaForCausalLM(_llama(config, tokenizer))
    return LlamaForCausalLM.from_pretrained(lab_policy_path(config.start), dtype=torch.float32)


def _llama(config: PretrainConfig, tokenizer: PreTrainedTokenizerFast) -> LlamaConfig:
    return LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=config.hidden_size,
        intermediate_size=config.intermediate_size,
        num_hidden_layers=config.layers,
        num_attention_heads=config.heads,
        max_position_embeddings=128,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )


def _batches(
    name: str, config: PretrainConfig, tokenizer: PreTrainedTokenizerFast
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """(input ids, labels), padded on the left as the engine does; the prompt is not a label."""
    hidden = set() if name == "teacher" else {operation.symbol for operation in ABSENT}
    habit = NOVICE_HABIT if name == "novice" else None
    lines = corpus([s for s in SYMBOLS if s not in hidden], seed=config.seed, habit=habit)
    vocabulary = tokenizer.get_vocab()
    end, pad = tokenizer.eos_token_id, tokenizer.pad_token_id
    while True:
        rows = []
        for _ in range(config.batch_size):
            question, completion = next(lines)
            prompt = [vocabulary[c] for c in question]
            answer = [*(vocabulary[c] for c in completion), end]
            rows.append((prompt + answer, [-100] * len(prompt) + answer))
        width = max(len(ids) for ids, _ in rows)
        ids = torch.tensor([[pad] * (width - len(a)) + a for a, _ in rows])
        labels = torch.tensor([[-100] * (width - len(b)) + b for _, b in rows])
        yield ids, labels


def _fit(
    model: LlamaForCausalLM,
    batches: Iterator[tuple[torch.Tensor, torch.Tensor]],
    config: PretrainConfig,
    progress: Callable[[int, int, dict[str, float]], None] | None,
) -> float:
    """AdamW with warm-up and cosine decay; the last steps' mean loss (nats per token)."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=config.learning_rate, weight_decay=0.01)

    def rate(step: int) -> float:
        warm = min(1.0, (step + 1) / config.warmup)
        return warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / config.steps)))

    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
    model.train()
    recent: list[float] = []
    for step in range(1, config.steps + 1):
        ids, labels = next(batches)
        mask = (ids != model.config.pad_token_id).long()
        positions = (mask.cumsum(1) - 1).clamp(min=0)
        loss = model(input_ids=ids, attention_mask=mask, position_ids=positions, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        recent = [*recent[-49:], loss.item()]
        if progress and step % 10 == 0:
            progress(step, config.steps, {"loss": sum(recent) / len(recent)})
    return sum(recent) / len(recent)
