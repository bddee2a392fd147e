"""The transformers engine: continuous batching on a CPU or one GPU, and teacher forcing.

``loading`` finds the weights, ``engine`` is the adapter, ``decoding`` draws, ``cache`` holds the
keys and values of the sequences being drawn.
"""

from __future__ import annotations

from passgap.errors import MissingExtraError

try:
    import torch
    import transformers
except ImportError as error:
    raise MissingExtraError(error.name or "transformers", "lm") from error

from passgap.engines.transformers.engine import TransformersEngine
from passgap.engines.transformers.loading import load_model

__all__ = ["TransformersEngine", "load_model"]
del torch, transformers
