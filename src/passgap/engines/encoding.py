"""From rendered prompts to token ids, the same for every engine that has the tokenizer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from passgap.data.policies import Prompt
from passgap.errors import UsageError


class Tokenizer(Protocol):
    """The part of a transformers tokenizer that is used."""

    chat_template: object

    def __call__(
        self, text: str, *, add_special_tokens: bool = True
    ) -> Mapping[str, list[int]]: ...

    def apply_chat_template(
        self, messages: list[dict[str, str]], *, add_generation_prompt: bool, tokenize: bool
    ) -> str: ...


def encode(tokenizer: Tokenizer, prompt: Prompt) -> list[int]:
    """Token ids of a rendered prompt; chat messages go through the tokenizer's own template.

    Raises UsageError for chat messages where the tokenizer has no template.
    """
    if not prompt.messages:
        return list(tokenizer(prompt.text)["input_ids"])
    if not tokenizer.chat_template:
        raise UsageError(
            "this policy's tokenizer has no chat template; allowed: --template plain, or a Jinja "
            "file for the whole prompt"
        )
    messages = [{"role": role, "content": content} for role, content in prompt.messages]
    text = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])
