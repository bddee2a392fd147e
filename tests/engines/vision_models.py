"""Tiny vision-language models with random weights, their tokenizers and processors built here."""

from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    CLIPVisionConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    PreTrainedTokenizerFast,
    Qwen2VLConfig,
    Qwen2VLForConditionalGeneration,
)
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

SPECIAL = ("<pad>", "<eos>", "<image>")
TEMPLATE = (
    "{% for message in messages %}{{ message['role'] }}: {% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %}{% endfor %}"
    "{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}"
)


def make_tokenizer() -> PreTrainedTokenizerFast:
    """One token for each byte, and the special ones."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocab = {token: i for i, token in enumerate((*SPECIAL, *alphabet))}
    made = Tokenizer(models.BPE(vocab=vocab, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens(list(SPECIAL))
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        pad_token="<pad>",
        eos_token="<eos>",
        extra_special_tokens={"image_token": "<image>"},
        chat_template=TEMPLATE,
    )


def llava(folder: Path) -> Path:
    """A LLaVA of two layers that sees four patches of an image of 16 x 16 pixels."""
    torch.manual_seed(0)
    tokenizer = make_tokenizer()
    text = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        bos_token_id=None,
        eos_token_id=1,
        pad_token_id=0,
        initializer_range=0.4,
    )
    vision = CLIPVisionConfig(
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=16,
        patch_size=8,
        projection_dim=32,
        initializer_range=0.4,
    )
    config = LlavaConfig(vision_config=vision, text_config=text, image_token_index=2)
    model = LlavaForConditionalGeneration(config).eval()
    model.generation_config.eos_token_id = 1
    model.save_pretrained(folder)
    side = {"height": 16, "width": 16}
    processor = LlavaProcessor(
        CLIPImageProcessorPil(size=side, crop_size=side),
        tokenizer,
        patch_size=8,
        vision_feature_select_strategy="default",
        chat_template=TEMPLATE,
        num_additional_image_tokens=1,
    )
    processor.save_pretrained(folder)
    return folder


def qwen2_vl() -> Qwen2VLForConditionalGeneration:
    """A Qwen2-VL of two layers, whose images take fewer positions than tokens."""
    torch.manual_seed(0)
    tokenizer = make_tokenizer()
    rope = {"rope_type": "default", "mrope_section": [2, 3, 3], "rope_theta": 10000.0}
    text = {
        "vocab_size": len(tokenizer),
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "bos_token_id": None,
        "eos_token_id": 1,
        "pad_token_id": 0,
        "rope_parameters": rope,
        "initializer_range": 0.4,
    }
    vision = {"depth": 2, "embed_dim": 32, "hidden_size": 32, "num_heads": 2, "mlp_ratio": 2}
    config = Qwen2VLConfig(
        text_config=text,
        vision_config=vision,
        image_token_id=2,
        video_token_id=len(tokenizer) - 1,
        vision_start_token_id=len(tokenizer) - 2,
        vision_end_token_id=len(tokenizer) - 3,
    )
    model = Qwen2VLForConditionalGeneration(config).eval()
    model.generation_config.eos_token_id = 1
    return model


class QwenProcessor:
    """What Qwen2VLProcessor does with images; that one needs torchvision for its videos."""

    chat_template = TEMPLATE

    def __init__(self, tokenizer: PreTrainedTokenizerFast) -> None:
        self._tokenizer = tokenizer
        size = {"shortest_edge": 56 * 56, "longest_edge": 112 * 112}
        self._images = Qwen2VLImageProcessorPil(size=size)

    def apply_chat_template(self, messages, **options):
        return self._tokenizer.apply_chat_template(messages, **options)

    def __call__(self, *, text, images, add_special_tokens, return_tensors):
        pixels = self._images(images[0], return_tensors=return_tensors)
        whole = text[0]
        for grid in pixels["image_grid_thw"]:
            whole = whole.replace("<image>", "[" + "<seen>" * (int(grid.prod()) // 4) + "]", 1)
        whole = whole.replace("<seen>", "<image>")
        ids = self._tokenizer(
            whole, add_special_tokens=add_special_tokens, return_tensors=return_tensors
        )
        kinds = (ids["input_ids"] == 2).long()
        return {**ids, **pixels, "mm_token_type_ids": kinds}
