"""The transformers engine: batched ``generate`` with a KV cache, on a CPU or one GPU.

In: a block and its prompts. Out: completions with token ids and log-probabilities under the
settings used. The model's own generation_config is set aside except for its end tokens, so what is
sampled is what ``SamplingParams`` says and nothing else.

Not covered: continuous batching, several GPUs, halving a batch that does not fit in memory.
"""

from __future__ import annotations

import dataclasses
import hashlib
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from passgap.errors import MissingExtraError, UsageError
from passgap.types import Block, Completion, FinishReason, Policy, Prompt, SamplingParams

try:
    import torch
    import transformers
    from huggingface_hub import HfApi
    from transformers import (
        DynamicCache,
        GenerationConfig,
        LogitsProcessor,
        LogitsProcessorList,
        TemperatureLogitsWarper,
        TopKLogitsWarper,
        TopPLogitsWarper,
    )
except ImportError as error:
    raise MissingExtraError(error.name or "transformers", "lm") from error

DTYPES = ("auto", "float32", "bfloat16", "float16")


class TransformersEngine:
    """Samples a transformers causal language model.

    Parameters
    ----------
    model, tokenizer
        A loaded pair; ``load`` builds it from a policy.
    sampling
        The settings of every completion this engine draws.
    batch_size
        Sequences decoded together; part of the run's identity, since the random numbers a
        sequence gets depend on its batch.
    """

    name = "transformers"

    def __init__(
        self, model: Any, tokenizer: Any, sampling: SamplingParams, *, batch_size: int = 64
    ) -> None:
        if batch_size < 1:
            raise UsageError(f"batch_size is {batch_size}; allowed: an integer >= 1")
        self._model, self._tokenizer = model, tokenizer
        self._sampling, self._batch_size = sampling, batch_size
        self._end_ids = _end_token_ids(model, tokenizer)
        self._pad_id = _pad_token_id(tokenizer, self._end_ids)

    @classmethod
    def load(
        cls,
        policy: Policy,
        sampling: SamplingParams,
        *,
        batch_size: int = 64,
        dtype: str = "auto",
        device: str = "auto",
        threads: int | None = None,
        trust_remote_code: bool = False,
    ) -> TransformersEngine:
        """Load the policy's weights (safetensors only) and tokenizer.

        ``threads`` sets torch's CPU threads for the whole process (its own default otherwise).
        """
        if threads is not None:
            torch.set_num_threads(threads)
        if dtype not in DTYPES:
            raise UsageError(f"dtype is {dtype!r}; allowed: {', '.join(DTYPES)}")
        model, tokenizer = load_model(
            policy, dtype=dtype, device=device, trust_remote_code=trust_remote_code
        )
        return cls(model, tokenizer, sampling, batch_size=batch_size)

    def describe(self) -> Mapping[str, Any]:
        """Arguments, versions and the effective generation settings, for the manifest."""
        return {
            "name": self.name,
            "batch_size": self._batch_size,
            "dtype": str(self._model.dtype).removeprefix("torch."),
            "device": self._model.device.type,
            "end_token_ids": list(self._end_ids),
            "effective": self.effective_settings(),
        }

    def effective_settings(self) -> dict[str, Any]:
        """The values that shape the distribution, as ``generate`` resolves them."""
        with self._own_generation_config() as config:
            resolved, _ = self._model._prepare_generation_config(config)
        asked = self._sampling
        return {
            "temperature": asked.temperature,
            "top_p": asked.top_p,
            "top_k": asked.top_k,
            "max_new_tokens": resolved.max_new_tokens,
            "do_sample": resolved.do_sample,
            "repetition_penalty": resolved.repetition_penalty,
            "no_repeat_ngram_size": resolved.no_repeat_ngram_size,
            "min_p": resolved.min_p,
            "typical_p": resolved.typical_p,
            "num_beams": resolved.num_beams,
        }

    def complete(self, block: Block, prompts: Sequence[Prompt]) -> list[Completion]:
        """Draw a block; the block's seed alone decides the random numbers."""
        encoded = [self.encode(prompt) for prompt in prompts]
        wanted = [
            (problem_id, draw, ids)
            for problem_id, ids in zip(block.problem_ids, encoded, strict=True)
            for draw in range(block.first_draw, block.first_draw + block.size)
        ]
        devices = [self._model.device] if self._model.device.type == "cuda" else []
        completions: list[Completion] = []
        with torch.random.fork_rng(devices=devices), self._own_generation_config():
            torch.manual_seed(block.seed)
            for start in range(0, len(wanted), self._batch_size):
                completions += self._complete_batch(wanted[start : start + self._batch_size])
        return completions

    def encode(self, prompt: Prompt) -> list[int]:
        """Token ids of a rendered prompt; chat messages go through the model's own template."""
        if not prompt.messages:
            return list(self._tokenizer(prompt.text)["input_ids"])
        if not self._tokenizer.chat_template:
            raise UsageError(
                "this policy's tokenizer has no chat template; allowed: --template plain or a "
                "Jinja file that writes the whole prompt"
            )
        messages = [{"role": role, "content": content} for role, content in prompt.messages]
        text = self._tokenizer.apply_chat_template(
            messages, add_generation_prompt=True, tokenize=False
        )
        return list(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    # -- one batch

    def _complete_batch(self, rows: Sequence[tuple[str, int, list[int]]]) -> list[Completion]:
        prompts = list(dict.fromkeys(tuple(ids) for _, _, ids in rows))
        row_prompt = [prompts.index(tuple(ids)) for _, _, ids in rows]
        ids, mask = self._padded(prompts)
        recorder = _Recorder(self._sampling)
        stop = {"stop_strings": list(self._sampling.stop), "tokenizer": self._tokenizer}
        with torch.inference_mode():
            which = torch.tensor(row_prompt, device=ids.device)
            output = self._model.generate(
                input_ids=ids[which],
                attention_mask=mask[which],
                past_key_values=self._prefilled(ids, mask, which),
                logits_processor=LogitsProcessorList([recorder]),
                **(stop if self._sampling.stop else {}),
            )
        drawn = output[:, ids.shape[1] :]
        logprobs = recorder.logprobs(drawn).cumsum(dim=1).tolist()
        return [
            self._completion(problem_id, draw, tokens, sums)
            for (problem_id, draw, _), tokens, sums in zip(
                rows, drawn.tolist(), logprobs, strict=True
            )
        ]

    def _padded(self, prompts: Sequence[tuple[int, ...]]) -> tuple[torch.Tensor, torch.Tensor]:
        longest = max(len(ids) for ids in prompts)
        gaps = [longest - len(ids) for ids in prompts]
        ids = [[self._pad_id] * gap + list(p) for gap, p in zip(gaps, prompts, strict=True)]
        mask = [[0] * gap + [1] * (longest - gap) for gap in gaps]
        device = self._model.device
        return torch.tensor(ids, device=device), torch.tensor(mask, device=device)

    def _prefilled(
        self, ids: torch.Tensor, mask: torch.Tensor, which: torch.Tensor
    ) -> DynamicCache | None:
        """The cache of each distinct prompt but for its last token, computed once, a row a draw."""
        if ids.shape[1] < 2:
            return None
        positions = (mask.cumsum(1) - 1).clamp(min=0)
        cache = DynamicCache(config=self._model.config)
        self._model(
            input_ids=ids[:, :-1],
            attention_mask=mask[:, :-1],
            position_ids=positions[:, :-1],
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        cache.batch_select_indices(which)
        return cache

    def _completion(
        self, problem_id: str, draw: int, ids: list[int], cumulative: list[float]
    ) -> Completion:
        kept, finish = self._cut(ids)
        text = self._tokenizer.decode(kept, skip_special_tokens=True)
        return Completion(
            problem_id=problem_id,
            draw=draw,
            text=cut_at_stop(text, self._sampling.stop),
            token_ids=tuple(kept),
            finish_reason=finish,
            logprob=cumulative[len(kept) - 1],
        )

    def _cut(self, ids: list[int]) -> tuple[list[int], FinishReason]:
        """The ids really drawn, without the padding behind them.

        A stop string ends them with the token that completes it, an end token is kept.
        """
        end = next((i for i, token in enumerate(ids) if token in self._end_ids), len(ids))
        body = ids[:end]
        if self._stopped(body):
            length = bisect_left(range(end + 1), True, key=lambda i: self._stopped(body[:i]))
            return body[:length], "stop"
        return (ids[: end + 1], "stop") if end < len(ids) else (ids, "length")

    def _stopped(self, ids: list[int]) -> bool:
        if not self._sampling.stop:
            return False
        text = self._tokenizer.decode(ids, skip_special_tokens=True)
        return any(stop in text for stop in self._sampling.stop)

    @contextmanager
    def _own_generation_config(self) -> Iterator[GenerationConfig]:
        config = GenerationConfig(
            do_sample=True,
            temperature=1.0,
            top_p=1.0,
            top_k=0,
            max_new_tokens=self._sampling.max_tokens,
            eos_token_id=list(self._end_ids),
            pad_token_id=self._pad_id,
        )
        before = self._model.generation_config
        self._model.generation_config = config
        try:
            yield config
        finally:
            self._model.generation_config = before


class _Recorder(LogitsProcessor):  # type: ignore[misc]
    """Applies the sampling settings and keeps what is needed for the log-probabilities.

    ``generate`` runs its own warpers after this one; they are all off, so the scores returned
    here are those a token is drawn from. Only one step's scores are alive at a time.
    """

    def __init__(self, sampling: SamplingParams) -> None:
        self._warpers: list[Any] = []
        if sampling.temperature != 1.0:
            self._warpers.append(TemperatureLogitsWarper(sampling.temperature))
        if sampling.top_k:
            self._warpers.append(TopKLogitsWarper(sampling.top_k))
        if sampling.top_p < 1.0:
            self._warpers.append(TopPLogitsWarper(sampling.top_p))
        self._last: torch.Tensor | None = None
        self._steps: list[torch.Tensor] = []

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        self._gather(input_ids[:, -1])
        scores = scores.float()
        for warp in self._warpers:
            scores = warp(input_ids, scores)
        self._last = torch.log_softmax(scores, dim=-1)
        return self._last

    def _gather(self, tokens: torch.Tensor) -> None:
        if self._last is not None:
            self._steps.append(self._last.gather(1, tokens[:, None])[:, 0])

    def logprobs(self, drawn: torch.Tensor) -> torch.Tensor:
        """Log-probability of every drawn token, shape of ``drawn``, float64."""
        steps = drawn.shape[1]
        if len(self._steps) < steps:
            self._gather(drawn[:, -1])
        return torch.stack(self._steps[:steps], dim=1).double()


def cut_at_stop(text: str, stop: Sequence[str]) -> str:
    """``text`` up to the first stop string, which is left out."""
    ends = [text.find(s) for s in stop if s in text]
    return text[: min(ends)] if ends else text


def load_model(
    policy: Policy, *, dtype: str = "auto", device: str = "auto", trust_remote_code: bool = False
) -> tuple[Any, Any]:
    """Load (model, tokenizer) of a policy, in evaluation mode, on ``device``."""
    common = {"revision": policy.revision, "trust_remote_code": trust_remote_code}
    transformers.utils.logging.disable_progress_bar()  # passgap shows its own
    tokenizer = transformers.AutoTokenizer.from_pretrained(
        policy.path, padding_side="left", **common
    )
    model = transformers.AutoModelForCausalLM.from_pretrained(
        policy.path, dtype=dtype, use_safetensors=True, **common
    )
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    return model.to(device).eval(), tokenizer


def resolve_hub(policy: Policy) -> Policy:
    """Resolve a hub id's revision to a commit, which names the weights from here on."""
    try:
        commit = HfApi().model_info(policy.path, revision=policy.revision).sha
    except Exception as error:  # the hub client raises many kinds: offline, unknown, gated
        raise UsageError(
            f"policy {policy.path!r} is not a folder and not to be had from the hub ({error}); "
            "download it first and give the folder"
        ) from error
    return dataclasses.replace(policy, revision=commit, weights_digest=str(commit)[:16])


def weights_digest(folder: Path) -> str:
    """Identity of a local policy: a hash over its weight, config and tokenizer files."""
    sha = hashlib.sha256()
    names = sorted(p for p in folder.iterdir() if p.suffix in (".safetensors", ".json", ".jinja"))
    for path in (p for p in names if p.name not in ("recipe.json", "passgap_policy.json")):
        sha.update(path.name.encode())
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                sha.update(chunk)
    return sha.hexdigest()[:16]


def _end_token_ids(model: Any, tokenizer: Any) -> tuple[int, ...]:
    configured = model.generation_config.eos_token_id
    ids = configured if isinstance(configured, list) else [configured]
    found = {i for i in [*ids, tokenizer.eos_token_id] if i is not None}
    if not found:
        raise UsageError("the policy has no end token; set eos_token in its tokenizer")
    return tuple(sorted(found))


def _pad_token_id(tokenizer: Any, end_ids: tuple[int, ...]) -> int:
    return end_ids[0] if tokenizer.pad_token_id is None else int(tokenizer.pad_token_id)
