"""Loading a transformers policy: from a Policy to its model and tokenizer."""

from __future__ import annotations

import torch
import transformers
from safetensors import SafetensorError
from transformers import (
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    ProcessorMixin,
)
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES as READS_IMAGES,
)

from passgap.data.identity import digest
from passgap.data.policies import Policy
from passgap.engines.transformers.cache import joins_late
from passgap.errors import PassgapError, UsageError

BROKEN = (OSError, ValueError, KeyError, TypeError, AttributeError, SafetensorError)
DTYPES = ("auto", "float32", "bfloat16", "float16")


def load_model(
    policy: Policy,
    *,
    dtype: str = "auto",
    device: str = "auto",
    trust_remote_code: bool = False,
    images: bool = False,
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load (model, tokenizer) of a policy, in evaluation mode, on ``device``.

    With ``images`` the model is one that reads them.
    """
    if dtype not in DTYPES:
        raise UsageError(f"dtype is {dtype!r}; allowed: {', '.join(DTYPES)}")
    transformers.utils.logging.disable_progress_bar()  # passgap shows its own
    tokenizer = load_tokenizer(policy, trust_remote_code=trust_remote_code)
    common = {"revision": policy.revision, "trust_remote_code": trust_remote_code}
    kind = transformers.AutoModelForImageTextToText if images else transformers.AutoModelForCausalLM
    try:
        model = kind.from_pretrained(policy.path, dtype=dtype, use_safetensors=True, **common)
    except BROKEN as error:
        raise _unloaded(policy, "model", error) from error
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    return model.to(device).eval(), tokenizer


def load_tokenizer(policy: Policy, *, trust_remote_code: bool = False) -> PreTrainedTokenizerBase:
    """A policy's tokenizer, which pads on the left."""
    try:
        return transformers.AutoTokenizer.from_pretrained(
            policy.path,
            padding_side="left",
            revision=policy.revision,
            trust_remote_code=trust_remote_code,
        )
    except BROKEN as error:
        raise _unloaded(policy, "tokenizer", error) from error


def load_processor(policy: Policy, *, trust_remote_code: bool = False) -> ProcessorMixin:
    """What prepares images and texts for a policy that reads both."""
    try:
        return transformers.AutoProcessor.from_pretrained(
            policy.path, revision=policy.revision, trust_remote_code=trust_remote_code
        )
    except (*BROKEN, ImportError) as error:
        raise PassgapError(
            f"the processor of {policy.path} cannot be loaded ({_why(error)}); some need "
            "torchvision: pip install torchvision, or copy or download the policy again"
        ) from error


def takes_images(policy: Policy) -> bool:
    """Whether a policy reads images, by its ``config.json`` alone."""
    try:
        config, _ = PreTrainedConfig.get_config_dict(policy.path, revision=policy.revision)
    except BROKEN as error:
        raise _unloaded(policy, "configuration", error) from error
    return config.get("model_type") in READS_IMAGES or "vision_config" in config


def check_decodes_images(policy: Policy, *, trust_remote_code: bool = False) -> None:
    """Refuse a policy that reads images in a way that ``decoding`` does not cover: linear or cross
    attention."""
    try:
        config = transformers.AutoConfig.from_pretrained(
            policy.path, revision=policy.revision, trust_remote_code=trust_remote_code
        )
    except BROKEN as error:
        raise _unloaded(policy, "configuration", error) from error
    crossed = hasattr(config.get_text_config(decoder=True), "cross_attention_layers")
    if config.is_encoder_decoder or crossed or not joins_late(config):
        raise UsageError(
            f"the transformers engine does not read images with {config.model_type}; use "
            "--engine vllm, or openai with a server of it"
        )


def _unloaded(policy: Policy, what: str, error: Exception) -> PassgapError:
    return PassgapError(
        f"the {what} of {policy.path} cannot be loaded ({_why(error)}); copy or download it again"
    )


def _why(error: Exception) -> str:
    said = str(error).strip().split("\n", 1)[0] or type(error).__name__
    return f"{type(error).__name__}: {said}"


def vocabulary_digest(policy: Policy) -> str:
    """Which token each id stands for: equal for tokenizers whose ids mean the same."""
    return digest(sorted(load_tokenizer(policy).get_vocab().items()))


def end_token_ids(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> tuple[int, ...]:
    """The tokens that end a completion: the model's and the tokenizer's."""
    configured = model.generation_config.eos_token_id
    ids = configured if isinstance(configured, list) else [configured]
    found = {i for i in [*ids, tokenizer.eos_token_id] if i is not None}
    if not found:
        raise UsageError("the policy has no end token; set eos_token in its tokenizer")
    return tuple(sorted(found))


def pad_token_id(tokenizer: PreTrainedTokenizerBase, end_ids: tuple[int, ...]) -> int:
    """The padding token; it is masked and never counts."""
    return end_ids[0] if tokenizer.pad_token_id is None else int(tokenizer.pad_token_id)
