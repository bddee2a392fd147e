"""Rendered prompts in, token ids out: the same for every engine that has the tokenizer."""

from __future__ import annotations

from typing import Any

from passgap.data.policies import Prompt
from passgap.errors import UsageError


def encode(tokenizer: Any, prompt: Prompt) -> list[int]:
    """Token ids of a rendered prompt; chat messages go through the tokenizer's own template.

    Raises
    ------
    UsageError
        For chat messages where the tokenizer has no template.
    """
    if not prompt.messages:
        return list(tokenizer(prompt.text)["input_ids"])
    if not tokenizer.chat_template:
        raise UsageError(
            "this policy's tokenizer has no chat template; allowed: --template plain or a Jinja "
            "file that writes the whole prompt"
        )
    messages = [{"role": role, "content": content} for role, content in prompt.messages]
    text = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])
