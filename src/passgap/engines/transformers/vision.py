"""Prompts with images: from chat messages and images to ids and what else the model is given.

The model's own processor puts the images where it expects them and cuts them into patches. The ids
say how many tokens an image takes, and not which image it is: both distinguish prompts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING

import torch
from transformers import ProcessorMixin

from passgap.data.images import Image
from passgap.data.policies import Prompt
from passgap.engines.encoding import chat_text
from passgap.errors import MissingExtraError, UsageError
from passgap.plain import Json

if TYPE_CHECKING:
    import PIL.Image

Features = Mapping[str, torch.Tensor]


@dataclass(frozen=True)
class Shown:
    """A prompt with images, encoded; equal where ids and images are.

    ``features`` makes what the model is given besides the ids, each time it is needed: pixels take
    far more memory than the image.
    """

    ids: tuple[int, ...]
    images: tuple[Image, ...]
    features: Callable[[], Features] = field(compare=False, repr=False)

    def __len__(self) -> int:
        return len(self.ids)


def shown(processor: ProcessorMixin, prompt: Prompt) -> Shown:
    """Encode a prompt with images.

    Raises UsageError where the processor has no chat template or refuses the messages, and for an
    image that cannot be decoded.
    """
    given = _processed(processor, prompt)
    ids = tuple(int(i) for i in given["input_ids"][0])
    return Shown(ids, prompt.images, partial(_features, processor, prompt))


def _features(processor: ProcessorMixin, prompt: Prompt) -> Features:
    found = _processed(processor, prompt)
    return {k: v for k, v in found.items() if k not in ("input_ids", "attention_mask")}


def _processed(processor: ProcessorMixin, prompt: Prompt) -> Features:
    said: list[dict[str, Json]] = [
        {"role": role, "content": [{"type": "text", "text": text}]}
        for role, text in prompt.messages
    ]
    marks: list[Json] = [{"type": "image"} for _ in prompt.images]
    said[-1]["content"] = [*marks, {"type": "text", "text": prompt.messages[-1][1]}]
    text = chat_text(processor, said)
    pictures = [_decoded(image) for image in prompt.images]
    found: Features = processor(
        text=[text], images=[pictures], add_special_tokens=False, return_tensors="pt"
    )
    return found


def _decoded(image: Image) -> PIL.Image.Image:
    """The pixels as transformers reads them: upright, without transparency."""
    try:
        import PIL.Image
        import PIL.ImageOps
    except ImportError as error:
        raise MissingExtraError("pillow", "lm") from error
    broken = (OSError, ValueError, SyntaxError, PIL.Image.DecompressionBombError)
    try:
        with PIL.Image.open(BytesIO(image.read()), formats=[image.kind]) as opened:
            return PIL.ImageOps.exif_transpose(opened).convert("RGB")
    except broken as error:
        raise UsageError(
            f"image {image.name} cannot be decoded ({error}); save it again, or leave its problem "
            "out"
        ) from error


def on_device(features: Features, model_dtype: torch.dtype, device: torch.device) -> Features:
    """The features where the model is; numbers with a fraction in its precision."""
    return {
        name: value.to(device, model_dtype if value.is_floating_point() else value.dtype)
        for name, value in features.items()
    }
