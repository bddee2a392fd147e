"""Keys and values of the sequences being drawn: rows that share one length and come and go.

All rows end at the same column: a row that joins late is placed so that its prompt ends where the
others are, and everything to its left is masked. Attention sees only relative distances (positions
are separate from columns), so the place of a row makes no difference.

``SlotCache`` keeps full attention and sliding windows in buffers with room to grow, so that a step
copies nothing and a new row takes the place of a finished one. ``WaveCache`` serves every other
architecture (state-space layers, chunked attention) with transformers' own cache: its rows start
together, and none joins later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from transformers import (
    AttentionInterface,
    Cache,
    DynamicCache,
    PreTrainedConfig,
    PreTrainedModel,
)
from transformers.cache_utils import DynamicLayer, DynamicSlidingWindowLayer
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import AttentionMaskInterface, sdpa_mask

from passgap.engines.transformers.vision import Shown, on_device

ROOM = 64
ATTENTION = "passgap_sdpa"
Prompt = tuple[int, ...] | Shown


@dataclass(frozen=True)
class Prefilled:
    """Prompts after one forward pass: their cache (left padded), each one's next scores, and the
    position of the token to come."""

    prompts: tuple[Prompt, ...]
    cache: DynamicCache
    mask: torch.Tensor
    logits: torch.Tensor
    after: torch.Tensor


class Rows(Protocol):
    """The sequences being drawn."""

    joins_late: bool

    def join(self, slots: Sequence[int], ready: Prefilled, which: Sequence[int]) -> None:
        """Put prompt ``which[i]`` of ``ready`` into row ``slots[i]``."""

    def step(self, model: PreTrainedModel, tokens: torch.Tensor) -> torch.Tensor:
        """Append one token to every row, shape (rows,); the next scores, shape (rows, vocab)."""

    def keep(self, rows: torch.Tensor) -> None:
        """Keep only these rows, in this order."""


def rows_for(model: PreTrainedModel, count: int, longest: int) -> Rows:
    """The cache that suits the model, for ``count`` rows and prompts of up to ``longest``."""
    if joins_late(model.config):
        return SlotCache(model, count, longest)
    return WaveCache()


def joins_late(config: PreTrainedConfig) -> bool:
    """Whether rows may start at any column: attention layers only, full or sliding."""
    kinds = {type(layer) for layer in DynamicCache(config=config).layers}
    named = set(getattr(config.get_text_config(decoder=True), "layer_types", None) or ())
    return kinds <= {DynamicLayer, DynamicSlidingWindowLayer} and named <= {
        "full_attention",
        "sliding_attention",
    }


def prefill(model: PreTrainedModel, prompts: Sequence[Prompt], pad_id: int) -> list[Prefilled]:
    """Run distinct prompts: texts as one left-padded batch, each prompt with images alone."""
    texts = [prompt for prompt in prompts if not isinstance(prompt, Shown)]
    images = [prompt for prompt in prompts if isinstance(prompt, Shown)]
    batched = [_prefill_texts(model, texts, pad_id)] if texts else []
    return [*batched, *(_prefill_shown(model, prompt) for prompt in images)]


def _prefill_shown(model: PreTrainedModel, prompt: Shown) -> Prefilled:
    ids = torch.tensor([prompt.ids], device=model.device)
    mask, cache = torch.ones_like(ids), DynamicCache()
    logits = model(
        input_ids=ids,
        attention_mask=mask,
        past_key_values=cache,
        use_cache=True,
        logits_to_keep=1,
        **on_device(prompt.features(), model.dtype, model.device),
    ).logits[:, -1]
    # With rotary positions in three dimensions (Qwen-VL), an image takes fewer positions than
    # tokens: the model has just computed how many fewer.
    deltas = getattr(getattr(model, "model", None), "rope_deltas", None)
    after = mask.sum(1) if deltas is None else mask.sum(1) + deltas.view(-1).to(mask.device)
    return Prefilled((prompt,), cache, mask, logits, after)


def _prefill_texts(
    model: PreTrainedModel, prompts: Sequence[tuple[int, ...]], pad_id: int
) -> Prefilled:
    ids, mask = left_padded(prompts, pad_id, model.device)
    cache = DynamicCache() if joins_late(model.config) else DynamicCache(config=model.config)
    logits = model(
        input_ids=ids,
        attention_mask=mask,
        position_ids=positions(mask),
        past_key_values=cache,
        use_cache=True,
        logits_to_keep=1,
    ).logits[:, -1]
    return Prefilled(tuple(prompts), cache, mask, logits, mask.sum(1))


def continued(model: PreTrainedModel, ready: Prefilled, ids: Sequence[int]) -> torch.Tensor:
    """The scores for each of ``ids`` after a single prompt, shape (ids, vocab)."""
    if len(ids) == 1:
        return ready.logits
    given = torch.tensor([ids[:-1]], device=model.device)
    steps = torch.arange(len(ids) - 1, device=model.device)
    later = model(
        input_ids=given,
        attention_mask=torch.cat([ready.mask, torch.ones_like(given)], dim=1),
        position_ids=ready.after[:, None] + steps,
        past_key_values=ready.cache,
        use_cache=True,
    ).logits[0]
    return torch.cat([ready.logits, later])


def left_padded(
    rows: Sequence[Sequence[int]], pad_id: int, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and their mask (1 where a row is), both of shape (rows, longest)."""
    longest = max(map(len, rows))
    ids = [[pad_id] * (longest - len(row)) + list(row) for row in rows]
    mask = [[0] * (longest - len(row)) + [1] * len(row) for row in rows]
    return torch.tensor(ids, device=device), torch.tensor(mask, device=device)


def positions(mask: torch.Tensor) -> torch.Tensor:
    """The position of every token in its own row; padding does not count."""
    return (mask.cumsum(1) - 1).clamp(min=0)


def _next(
    model: PreTrainedModel, tokens: torch.Tensor, mask: torch.Tensor, at: torch.Tensor, cache: Cache
) -> torch.Tensor:
    """One forward pass of one token per row; the next scores, shape (rows, vocab)."""
    logits: torch.Tensor = model(
        input_ids=tokens[:, None],
        attention_mask=mask,
        position_ids=at[:, None],
        past_key_values=cache,
        use_cache=True,
    ).logits[:, -1]
    return logits


class SlotCache:
    """Rows in buffers with room to grow; a row may join at any time."""

    joins_late = True

    def __init__(self, model: PreTrainedModel, count: int, longest: int) -> None:
        self._layers: list[_Layer] = []
        self._count, self._start, self._length, self._longest = count, 0, longest, longest
        self._mask = torch.zeros(count, longest + ROOM, dtype=torch.long, device=model.device)
        self._positions = torch.zeros(count, dtype=torch.long, device=model.device)

    def join(self, slots: Sequence[int], ready: Prefilled, which: Sequence[int]) -> None:
        """Copy prompts in so that they end at the column where all rows are."""
        if not self._layers:
            self._layers = [
                _Layer(layer, self._count, self._mask.shape[1], self._length)
                for layer in ready.cache.layers
            ]
        device, end = self._mask.device, self._length
        into, source = torch.tensor(slots, device=device), torch.tensor(which, device=device)
        width = ready.mask.shape[1]
        for layer, full in zip(self._layers, ready.cache.layers, strict=True):
            layer.place(into, end - width, full.keys[source], full.values[source])
        # Earlier contents of a slot are in the same columns: masked, they are never attended to, so
        # the buffers need not be cleared.
        self._mask[into] = 0
        self._mask[into, end - width : end] = ready.mask[source]
        self._positions[into] = ready.after[source]
        self._skip_unused()

    def step(self, model: PreTrainedModel, tokens: torch.Tensor) -> torch.Tensor:
        """One forward pass of one token a row."""
        self._make_room()
        self._mask[:, self._length] = 1
        mask = self._mask[:, self._start : self._length + 1]
        logits = _next(model, tokens, mask, self._positions, Cache(layers=self._layers))
        self._length += 1
        self._positions += 1
        return logits

    def keep(self, rows: torch.Tensor) -> None:
        """Drop the other rows."""
        for layer in self._layers:
            layer.select(rows)
        self._mask, self._positions = self._mask[rows], self._positions[rows]
        self._skip_unused()

    def _skip_unused(self) -> None:
        """Drop the columns on the left that no row uses any more."""
        used = self._mask.any(0).nonzero()
        self._start = int(used[0]) if len(used) else 0
        for layer in self._layers:
            layer.view(self._start)

    def _make_room(self) -> None:
        """When the buffers are full: remove dropped columns, then grow."""
        if self._length < self._mask.shape[1]:
            return
        # The end column moves right with every step as long as rows join. Without removing the left
        # part, the buffers would grow with the number of draws and not with the longest row. The
        # longest prompt, which may still have to join, keeps its place before the end column.
        dropped = max(0, min(self._start, self._length - self._longest))
        pad = self._mask.new_zeros(len(self._mask), ROOM)
        self._mask = torch.cat([self._mask[:, dropped:], pad], dim=1)
        self._length -= dropped
        self._start -= dropped
        for layer in self._layers:
            layer.move(dropped, self._mask.shape[1])


class _Layer(DynamicLayer):  # type: ignore[misc]
    """One layer's keys and values, a view of a buffer with room to the right."""

    def __init__(self, like: DynamicLayer, rows: int, columns: int, length: int) -> None:
        super().__init__()
        self.dtype, self.device, self.is_initialized = like.keys.dtype, like.keys.device, True
        self._start, self._length = 0, length
        self._keys = _buffer(like.keys, rows, columns)
        self._values = _buffer(like.values, rows, columns)
        self.view(0)

    def view(self, start: int) -> None:
        """Show the columns from ``start`` on."""
        self._start = start
        self.keys = self._keys[:, :, start : self._length]
        self.values = self._values[:, :, start : self._length]

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: object, **kwargs: object
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Append in place; transformers calls it once per layer and step."""
        end = self._length + key_states.shape[-2]
        self._keys[:, :, self._length : end] = key_states
        self._values[:, :, self._length : end] = value_states
        self._length = end
        self.view(self._start)
        return self.keys, self.values

    def get_seq_length(self) -> int:
        return self._length - self._start

    def place(
        self, rows: torch.Tensor, start: int, keys: torch.Tensor, values: torch.Tensor
    ) -> None:
        """Overwrite whole rows from column ``start`` on."""
        self._keys[rows, :, start : start + keys.shape[-2]] = keys
        self._values[rows, :, start : start + values.shape[-2]] = values

    def select(self, rows: torch.Tensor) -> None:
        self._keys, self._values = self._keys[rows], self._values[rows]
        self.view(self._start)

    def move(self, dropped: int, columns: int) -> None:
        """Drop the first columns and make the buffers ``columns`` long."""
        for name in ("_keys", "_values"):
            old = getattr(self, name)[:, :, dropped:]
            new = _buffer(old, len(old), columns)
            new[:, :, : old.shape[2]] = old
            setattr(self, name, new)
        self._length -= dropped
        self.view(self._start - dropped)


def _buffer(like: torch.Tensor, rows: int, columns: int) -> torch.Tensor:
    _, heads, _, width = like.shape
    return like.new_zeros(rows, heads, columns, width)


class WaveCache:
    """Rows of transformers' own cache: they start together and only leave."""

    joins_late = False

    def __init__(self) -> None:
        self._cache = DynamicCache()
        self._mask = self._positions = torch.zeros(0)

    def join(self, slots: Sequence[int], ready: Prefilled, which: Sequence[int]) -> None:
        """Start with these prompts, one row each, in the order of the slots."""
        order = sorted(range(len(slots)), key=lambda i: slots[i])
        source = torch.tensor([which[i] for i in order], device=ready.mask.device)
        self._cache, self._mask = ready.cache, ready.mask[source]
        self._cache.reorder_cache(source)
        self._positions = ready.after[source]

    def step(self, model: PreTrainedModel, tokens: torch.Tensor) -> torch.Tensor:
        """One forward pass of one token a row."""
        self._mask = torch.cat([self._mask, self._mask.new_ones(len(tokens), 1)], dim=1)
        logits = _next(model, tokens, self._mask, self._positions, self._cache)
        self._positions = self._positions + 1
        return logits

    def keep(self, rows: torch.Tensor) -> None:
        """Drop the other rows."""
        self._cache.reorder_cache(rows)
        self._mask, self._positions = self._mask[rows], self._positions[rows]


def grouped_sdpa(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    **options: object,
) -> tuple[torch.Tensor, None]:
    """transformers' sdpa, but for one new token per row, with heads that share keys grouped.

    The query heads of a group become the rows of one small attention, so that the keys and values
    are read once and not copied for every head. The result is the same.
    """
    batch, heads, length, width = query.shape
    shared = key.shape[1]
    if length > 1 or shared == heads or options.get("position_bias") is not None:
        out, _ = sdpa_attention_forward(
            module, query, key, value, attention_mask, scaling=scaling, **options
        )
        return out, None
    grouped = query.reshape(batch, shared, heads // shared, width)
    out = torch.nn.functional.scaled_dot_product_attention(
        grouped, key, value, attn_mask=attention_mask, scale=scaling
    )
    return out.reshape(batch, 1, heads, value.shape[-1]), None


AttentionInterface.register(ATTENTION, grouped_sdpa)
AttentionMaskInterface.register(ATTENTION, sdpa_mask)
