"""The adapter: from a block and its prompts to completions with ids and log-probabilities.

The model's own generation_config is ignored except for its end tokens: passgap draws the tokens
itself (``decoding``), so sampling follows ``SamplingParams`` and nothing else. A batch that does
not fit in memory is halved, which does not change the draws.

Not covered: several GPUs (the vllm engine, or ray).
"""

from __future__ import annotations

import gc
import os
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from transformers import (
    PreTrainedModel,
    PreTrainedTokenizerBase,
    ProcessorMixin,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from passgap.data.completions import Block, Completion, FinishReason, cut_at_stop
from passgap.data.policies import Policy, Prompt, SamplingParams
from passgap.data.problems import ProblemSet
from passgap.engines.base import Capabilities, Engine
from passgap.engines.encoding import encode
from passgap.engines.transformers.cache import (
    ATTENTION,
    continued,
    left_padded,
    positions,
    prefill,
)
from passgap.engines.transformers.cache import Prompt as Encoded
from passgap.engines.transformers.decoding import Drawn, Settings, Streams, decode
from passgap.engines.transformers.loading import (
    check_decodes_images,
    end_token_ids,
    load_model,
    load_processor,
    pad_token_id,
)
from passgap.engines.transformers.vision import Shown, shown
from passgap.errors import UsageError, WorkError

PROMPT = 256
OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")


class TransformersEngine(Engine):
    """Samples a transformers causal language model; ``load`` builds it from a policy.

    At most ``batch_size`` sequences are decoded together; by default as many as are useful and fit
    (`fitting`).
    """

    name = "transformers"
    capabilities = Capabilities(
        logprobs=True, token_ids=True, seeds="bitwise", scores=True, images=True
    )

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        sampling: SamplingParams,
        *,
        batch_size: int | None = None,
        processor: ProcessorMixin | None = None,
    ) -> None:
        if batch_size is not None and batch_size < 1:
            raise UsageError(f"batch_size is {batch_size}; allowed: an integer >= 1")
        self._model, self._tokenizer, self._sampling = model, tokenizer, sampling
        self._processor = processor
        self._batch_size = batch_size or fitting(model, sampling.max_tokens)
        self._asked = self._batch_size
        self._end_ids = end_token_ids(model, tokenizer)
        self._pad_id = pad_token_id(tokenizer, self._end_ids)

    @classmethod
    def load(
        cls,
        policy: Policy,
        problems: ProblemSet,
        sampling: SamplingParams,
        *,
        batch_size: int | None = None,
        dtype: str = "auto",
        device: str = "auto",
        threads: int | None = None,
        trust_remote_code: bool = False,
    ) -> TransformersEngine:
        """Load the policy's weights (safetensors only) and tokenizer; its processor too, if the
        problems have images.

        ``threads`` sets torch's CPU threads for the whole process (its own default otherwise).
        """
        if threads is not None:
            torch.set_num_threads(threads)
        processor = None
        if images := any(problem.images for problem in problems):
            check_decodes_images(policy, trust_remote_code=trust_remote_code)
            processor = load_processor(policy, trust_remote_code=trust_remote_code)
        model, tokenizer = load_model(
            policy, dtype=dtype, device=device, trust_remote_code=trust_remote_code, images=images
        )
        return cls(model, tokenizer, sampling, batch_size=batch_size, processor=processor)

    def describe(self) -> Mapping[str, object]:
        """What was used: batch size (and the requested one, if memory halved it), dtype, device."""
        return {
            "name": self.name,
            "batch_size": self._batch_size,
            "batch_size_asked": self._asked,
            "dtype": str(self._model.dtype).removeprefix("torch."),
            "device": self._model.device.type,
            "end_token_ids": list(self._end_ids),
            "effective": self.effective_settings(),
        }

    def effective_settings(self) -> dict[str, float]:
        """The values that shape the distribution, all of them."""
        return {
            name: getattr(self._sampling, name)
            for name in ("temperature", "top_p", "top_k", "max_tokens")
        }

    # -- drawing

    def complete(self, block: Block, prompts: Sequence[Prompt]) -> list[Completion]:
        """Draw a block; only the block's seed determines the random numbers."""
        encoded = [self.encoded(prompt) for prompt in prompts]
        rows = [ids for ids in encoded for _ in range(block.size)]
        with torch.inference_mode(), self._own_attention():
            drawn = self._drawn(rows, Streams(block.seed, len(rows)))
        return [
            self._completion(
                block.problem_ids[row // block.size],
                block.first_draw + row % block.size,
                drawn[row],
            )
            for row in range(len(rows))
        ]

    def _drawn(self, rows: Sequence[Encoded], streams: Streams) -> dict[int, Drawn]:
        """Every row, with fewer at a time whenever memory runs out."""
        settings = self._settings()
        done: dict[int, Drawn] = {}
        while len(done) < len(rows):
            owed = [row for row in range(len(rows)) if row not in done]
            try:
                for drawn in decode(
                    self._model, rows, owed, settings, streams, self._batch_size, self.tell
                ):
                    done[drawn.row] = drawn
                    self.tell(1, 0)
            except (RuntimeError, MemoryError) as error:
                self._halve(error)
        return done

    def _halve(self, error: Exception) -> None:
        """Halve the batch if ``error`` is a lack of memory; raise it otherwise."""
        if not any(words in str(error).lower() for words in OUT_OF_MEMORY):
            raise error
        if self._batch_size == 1:
            raise WorkError(
                "out of memory with one sequence at a time; lower --max-tokens, or use a smaller "
                "model or a larger machine"
            ) from error
        self._batch_size //= 2
        error.__traceback__ = None  # it holds the tensors
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _settings(self) -> Settings:
        stop = self._sampling.stop
        return Settings(
            warp=self._warp,
            max_tokens=self._sampling.max_tokens,
            end_ids=self._end_ids,
            pad_id=self._pad_id,
            stopped=self._any_stopped if stop else None,
            tail=8 + 4 * max(map(len, stop), default=0),
        )

    def _warp(self, scores: torch.Tensor) -> torch.Tensor:
        """Log-probabilities under the settings; -inf where top-k or top-p leaves a token out."""
        scores, asked = scores.float(), self._sampling
        if asked.temperature != 1.0:
            scores = TemperatureLogitsWarper(asked.temperature)(None, scores)
        if asked.top_k:
            scores = TopKLogitsWarper(asked.top_k)(None, scores)
        if asked.top_p < 1.0:
            scores = TopPLogitsWarper(asked.top_p)(None, scores)
        return torch.log_softmax(scores, dim=-1)

    @contextmanager
    def _own_attention(self) -> Iterator[None]:
        """Draw with grouped attention if the model uses sdpa; restored afterwards."""
        before = self._model.config._attn_implementation
        if before != "sdpa":
            yield
            return
        self._model.set_attn_implementation(ATTENTION)
        try:
            yield
        finally:
            self._model.set_attn_implementation(before)

    # -- scoring

    def score(self, pairs: Sequence[tuple[Prompt, Sequence[int]]]) -> list[float]:
        """Teacher forcing: one pass over prompt and given ids, under the sampling settings."""
        encoded = [(self.encoded(prompt), list(ids)) for prompt, ids in pairs]
        rows = {i: (p, ids) for i, (p, ids) in enumerate(encoded) if not isinstance(p, Shown)}
        order = sorted(rows, key=lambda i: len(rows[i][0]) + len(rows[i][1]))
        scores = [0.0] * len(encoded)
        done = 0
        with torch.inference_mode():
            while done < len(order):
                some = order[done : done + self._batch_size]
                try:
                    found = self._forced([rows[i] for i in some])
                except (RuntimeError, MemoryError) as error:
                    self._halve(error)
                    continue
                for i, value in zip(some, found, strict=True):
                    scores[i] = value
                done += len(some)
            for i, (prompt, ids) in enumerate(encoded):
                if isinstance(prompt, Shown):
                    scores[i] = self._forced_shown(prompt, ids)
        return scores

    def _forced_shown(self, prompt: Shown, answer: list[int]) -> float:
        """A pass over a prompt with images, then one over its answer.

        In one pass over both, a mark of an image among the drawn tokens would count as an image.
        """
        (ready,) = prefill(self._model, [prompt], self._pad_id)
        scores = continued(self._model, ready, answer)
        steps = torch.arange(len(answer), device=scores.device)
        return float(self._warp(scores)[steps, answer].double().sum())

    def _forced(self, rows: Sequence[tuple[tuple[int, ...], list[int]]]) -> list[float]:
        answers = max(len(ids) for _, ids in rows)
        whole = [[*prompt, *ids] for prompt, ids in rows]
        ids, mask = left_padded(whole, self._pad_id, self._model.device)
        # With padding on the left all answers end at the last column, so the scores of the last
        # columns are enough; the scores of a column are for the token after it.
        logits = self._model(
            input_ids=ids,
            attention_mask=mask,
            position_ids=positions(mask),
            use_cache=False,
            logits_to_keep=answers + 1,
        ).logits[:, :-1]
        width = logits.shape[-1]
        logprobs = self._warp(logits.reshape(-1, width)).reshape(logits.shape)
        drawn = ids[:, -answers:]
        chosen = logprobs.gather(2, drawn[:, :, None])[:, :, 0].double()
        return [
            float(row[answers - len(a) :].sum()) for row, (_, a) in zip(chosen, rows, strict=True)
        ]

    # -- prompts and texts

    def encode(self, prompt: Prompt) -> list[int]:
        """Token ids of a rendered prompt; chat messages go through the model's own template."""
        return encode(self._tokenizer, prompt)

    def encoded(self, prompt: Prompt) -> Encoded:
        """The ids; for a prompt with images, also what the model's processor makes of them."""
        if prompt.images and self._processor is not None:
            return shown(self._processor, prompt)
        return tuple(self.encode(prompt))

    def read(self, ids: Sequence[int]) -> tuple[str, FinishReason]:
        """Text and finish reason of token ids, whatever drew them."""
        kept, finish = self._cut(list(ids))
        return self._text(kept), finish

    def _text(self, kept: Sequence[int]) -> str:
        text = self._tokenizer.decode(list(kept), skip_special_tokens=True)
        return cut_at_stop(text, self._sampling.stop)

    def _completion(self, problem_id: str, draw: int, drawn: Drawn) -> Completion:
        kept, finish = self._cut(drawn.ids)
        return Completion(
            problem_id=problem_id,
            draw=draw,
            text=self._text(kept),
            token_ids=tuple(kept),
            finish_reason=finish,
            logprob=sum(drawn.logprobs[: len(kept)]),
        )

    def _cut(self, ids: list[int]) -> tuple[list[int], FinishReason]:
        """The ids up to the token that completes a stop string; an end token is kept."""
        # A stop string may be completed by any token and span several, and decoding ids is not
        # additive: the shortest prefix whose text contains it is found by bisection.
        ended = ids[-1] in self._end_ids
        body = ids[:-1] if ended else ids
        if self._stopped(body):
            length = bisect_left(range(len(body) + 1), True, key=lambda i: self._stopped(body[:i]))
            return body[:length], "stop"
        return ids, "stop" if ended else "length"

    def _stopped(self, ids: Sequence[int]) -> bool:
        return bool(self._sampling.stop) and self._any_stopped([ids])[0]

    def _any_stopped(self, rows: Sequence[Sequence[int]]) -> list[bool]:
        texts = self._tokenizer.batch_decode([list(ids) for ids in rows], skip_special_tokens=True)
        return [any(stop in text for stop in self._sampling.stop) for text in texts]


def fitting(model: PreTrainedModel, max_tokens: int) -> int:
    """How many sequences to decode together: as many as still make it faster, if they fit.

    Small models need many rows to fill a processor. The keys and values may use an eighth of the
    machine's memory, or half of a GPU's; both depend only on the hardware, so a resumed run decodes
    like the first one.
    """
    config = model.config.get_text_config(decoder=True)
    all_heads = getattr(config, "num_attention_heads", None) or 1
    heads = getattr(config, "num_key_value_heads", None) or all_heads
    width = getattr(config, "head_dim", None) or config.hidden_size // all_heads
    token = 2 * int(config.num_hidden_layers) * int(heads) * int(width) * model.dtype.itemsize
    if model.device.type == "cuda":
        memory = int(torch.cuda.get_device_properties(model.device).total_memory) // 2
        pays = 512
    else:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 8
        weights = sum(p.numel() for p in model.parameters())
        pays = min(1024, max(128, 500_000_000 // weights))
    return max(1, min(pays, memory // int(token * (PROMPT + max_tokens))))
