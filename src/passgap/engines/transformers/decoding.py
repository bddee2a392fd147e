"""Decoding: from prompts to drawn token ids with their log-probabilities, as they end.

Continuous batching: a fixed number of rows is decoded together, and the next draw takes the place
of a row that has ended, so that no step is wasted on padding. Each distinct prompt is run once for
all its draws. Row ``i`` of a block has its own stream of random numbers, so what it draws does not
depend on which rows are decoded together.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from transformers import PreTrainedModel

from passgap.engines.transformers.cache import Prefilled, Prompt, Rows, prefill, rows_for
from passgap.errors import WorkError

CHUNK = 64
REFILL_SHARE = 1 / 16
COMPACT_SHARE = 3 / 4
Warp = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Settings:
    """What shapes the draws.

    ``warp`` turns scores into log-probabilities under the settings; ``stopped`` says for the last
    ``tail`` ids of each row whether a stop string may be among them.
    """

    warp: Warp
    max_tokens: int
    end_ids: tuple[int, ...]
    pad_id: int
    stopped: Callable[[Sequence[Sequence[int]]], Sequence[bool]] | None = None
    tail: int = 0


@dataclass(frozen=True)
class Drawn:
    """Row number in the block, the ids drawn, the log-probability of each."""

    row: int
    ids: list[int]
    logprobs: list[float]


class Streams:
    """Uniform numbers in [0, 1) by (row, step): Philox counters, in chunks of steps."""

    def __init__(self, seed: int, rows: int) -> None:
        def chunk(number: int) -> np.ndarray:
            bits = np.random.Philox(key=seed, counter=[0, 0, 0, number])
            return np.random.Generator(bits).random((rows, CHUNK))

        self._chunk = lru_cache(maxsize=32)(chunk)

    def at(self, rows: np.ndarray, steps: np.ndarray) -> np.ndarray:
        """The numbers of these rows at these steps, shape of ``rows``."""
        numbers = np.empty(len(rows))
        for chunk in np.unique(steps // CHUNK):
            here = steps // CHUNK == chunk
            numbers[here] = self._chunk(int(chunk))[rows[here], steps[here] % CHUNK]
        return numbers


def pick(logprobs: torch.Tensor, uniform: np.ndarray) -> torch.Tensor:
    """Draw one token per row by inverting the distribution function, in float64.

    ``logprobs`` has shape (rows, vocab), ``uniform`` (rows,); returns ids, shape (rows,).
    """
    # In float32 the error of the sum over a large vocabulary exceeds the share of the rarest
    # tokens. The total is not exactly 1 either: the number is scaled to it and kept below it, so
    # that the end of the vocabulary, where the distribution function is flat, is never drawn.
    cumulative = logprobs.double().exp().cumsum(-1)
    total = cumulative[:, -1:]
    target = torch.from_numpy(uniform).to(logprobs.device)[:, None] * total
    target = torch.minimum(target, torch.nextafter(total, torch.zeros_like(total)))
    return torch.searchsorted(cumulative, target, right=True)[:, 0]


class Batch:
    """The rows being decoded, and what each has drawn so far."""

    def __init__(
        self, model: PreTrainedModel, settings: Settings, streams: Streams, size: int
    ) -> None:
        self._model, self._settings, self._streams = model, settings, streams
        device = model.device
        self.row = np.full(size, -1)
        self.count = np.zeros(size, np.int64)
        self._ids = torch.zeros(size, settings.max_tokens, dtype=torch.long, device=device)
        self._logprobs = torch.zeros(size, settings.max_tokens, dtype=torch.double, device=device)
        self._current = torch.zeros(size, dtype=torch.long, device=device)
        self._ended = np.ones(size, bool)

    @property
    def free(self) -> np.ndarray:
        """Slots whose row has been yielded."""
        return np.flatnonzero(self.row < 0)

    def begin(self, slots: np.ndarray, rows: Sequence[int], first: torch.Tensor) -> None:
        """Put new rows into free slots and draw their first token from ``first`` (slots, vocab)."""
        self.row[slots], self.count[slots] = rows, 0
        self._take(slots, first)

    def advance(self, cache: Rows) -> None:
        """Draw one more token of every row."""
        logprobs = self._settings.warp(cache.step(self._model, self._current))
        busy = np.flatnonzero(self.row >= 0)
        if len(busy) < len(self.row):
            logprobs = logprobs[torch.from_numpy(busy).to(logprobs.device)]
        self._take(busy, logprobs)

    def _take(self, where: np.ndarray, logprobs: torch.Tensor) -> None:
        tokens = pick(logprobs, self._streams.at(self.row[where], self.count[where]))
        drawn = tokens.cpu().numpy()
        if (drawn >= logprobs.shape[1]).any():  # where the distribution function is not a number
            raise WorkError(
                "the policy's probabilities are not finite: its weights are damaged, or training "
                "diverged (try a lower learning rate or a smaller beta)"
            )
        slots = torch.from_numpy(where).to(tokens.device)
        column = torch.from_numpy(self.count[where]).to(tokens.device)
        self._ids[slots, column] = tokens
        self._logprobs[slots, column] = logprobs.gather(1, tokens[:, None])[:, 0].double()
        self._current[slots] = tokens
        self.count[where] += 1
        ended = np.isin(drawn, self._settings.end_ids)
        ended |= self.count[where] >= self._settings.max_tokens
        if self._settings.stopped is not None:
            tails = [
                self._ids[s, max(0, self.count[s] - self._settings.tail) : self.count[s]].tolist()
                for s in where
            ]
            ended |= np.asarray(self._settings.stopped(tails), bool)
        self._ended[where] = ended

    def collect(self) -> list[Drawn]:
        """Yield the rows that have ended; their slots become free."""
        done = np.flatnonzero(self._ended & (self.row >= 0))
        found = []
        for slot in done:
            count = self.count[slot]
            ids, logprobs = self._ids[slot, :count].tolist(), self._logprobs[slot, :count].tolist()
            found.append(Drawn(int(self.row[slot]), ids, logprobs))
        self.row[done] = -1
        return found

    def compact(self, cache: Rows) -> None:
        """Stop computing free slots once there are many."""
        kept = np.flatnonzero(self.row >= 0)
        if len(kept) > COMPACT_SHARE * len(self.row):
            return
        keep = torch.from_numpy(kept).to(self._ids.device)
        cache.keep(keep)
        self.row, self.count, self._ended = self.row[kept], self.count[kept], self._ended[kept]
        self._ids, self._logprobs = self._ids[keep], self._logprobs[keep]
        self._current = self._current[keep]


def decode(
    model: PreTrainedModel,
    prompts: Sequence[Prompt],
    rows: Sequence[int],
    settings: Settings,
    streams: Streams,
    batch_size: int,
    tell: Callable[[int, int], None],
) -> Iterator[Drawn]:
    """Draw the listed rows of a block; ``prompts[row]`` is the prompt of row ``row``.

    Rows of one prompt have to be adjacent: a prompt is released when its last row has started.
    ``tell(0, tokens)`` is called after every step.
    """
    waiting = deque(rows)
    while waiting:
        size = min(batch_size, len(waiting))
        batch = Batch(model, settings, streams, size)
        yield from _Wave(model, prompts, settings, waiting, batch).run(tell)


class _Wave:
    """A batch decoded until every started row has ended; if rows join late, until none waits."""

    def __init__(
        self,
        model: PreTrainedModel,
        prompts: Sequence[Prompt],
        settings: Settings,
        waiting: deque[int],
        batch: Batch,
    ) -> None:
        self._model, self._prompts, self._settings = model, prompts, settings
        self._waiting, self._batch = waiting, batch
        longest = max(len(prompts[row]) for row in waiting)
        self._cache = rows_for(model, len(batch.row), longest)
        self._ready: dict[Prompt, tuple[Prefilled, int]] = {}

    def run(self, tell: Callable[[int, int], None]) -> Iterator[Drawn]:
        batch, cache, waiting = self._batch, self._cache, self._waiting
        size = len(batch.row)
        while True:
            free = batch.free
            fresh = len(free) == size
            # A row that joins needs a pass over its prompt, so free slots are collected first.
            # While rows still wait the batch keeps its size; it shrinks once none are left.
            if waiting and (fresh or (cache.joins_late and len(free) >= REFILL_SHARE * size)):
                starting = [waiting.popleft() for _ in free[: len(waiting)]]
                self._join(free[: len(starting)], starting)
            else:
                if not (waiting and cache.joins_late):
                    batch.compact(cache)
                if not len(batch.row):
                    return
                batch.advance(cache)
                tell(0, len(batch.row))
            yield from batch.collect()

    def _join(self, slots: np.ndarray, starting: Sequence[int]) -> None:
        """Run the prompts that are new, put the rows into their slots, draw their first tokens."""
        ready, asked = self._ready, [self._prompts[row] for row in starting]
        new = [prompt for prompt in dict.fromkeys(asked) if prompt not in ready]
        if new:
            for prefilled in prefill(self._model, new, self._settings.pad_id):
                ready |= {prompt: (prefilled, i) for i, prompt in enumerate(prefilled.prompts)}
        for prefilled in {id(ready[prompt][0]): ready[prompt][0] for prompt in asked}.values():
            mine = [i for i, prompt in enumerate(asked) if ready[prompt][0] is prefilled]
            which = [ready[asked[i]][1] for i in mine]
            self._cache.join(slots[mine].tolist(), prefilled, which)
            first = self._settings.warp(prefilled.logits)
            self._batch.begin(slots[mine], [starting[i] for i in mine], first[which])
        # Rows of one prompt are adjacent, so only the last prompt can have rows that still wait:
        # the others' keys and values are released at once.
        for prompt in [prompt for prompt in ready if prompt != asked[-1]]:
            del ready[prompt]
