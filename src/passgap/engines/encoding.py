"""From rendered prompts to token ids, the same for every engine that has the tokenizer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from jinja2 import TemplateError

from passgap.data.policies import Prompt
from passgap.errors import UsageError
from passgap.plain import Json

# What a template may begin with that a tokenizer, or a server, adds by itself.
BOS = (
    "<s>",
    "<bos>",
    "<|begin_of_text|>",
    "<|startoftext|>",
    "<｜begin▁of▁sentence｜>",
    "<BOS_TOKEN>",
)


class Tokenizer(Protocol):
    """The part of a transformers tokenizer that is used."""

    chat_template: object
    bos_token_id: int | None

    def __call__(
        self, text: str, *, add_special_tokens: bool = True
    ) -> Mapping[str, list[int]]: ...

    def apply_chat_template(
        self, messages: list[dict[str, Json]], *, add_generation_prompt: bool, tokenize: bool
    ) -> str: ...


class Templated(Protocol):
    """What has a chat template: a tokenizer, or a processor."""

    chat_template: object

    def apply_chat_template(
        self, messages: list[dict[str, Json]], *, add_generation_prompt: bool, tokenize: bool
    ) -> str: ...


def encode(tokenizer: Tokenizer, prompt: Prompt) -> list[int]:
    """Token ids of a rendered prompt; chat messages go through the tokenizer's own template.

    A text that begins with the BOS token is not given a second one. Raises UsageError for chat
    messages where the tokenizer has no template, or one that refuses them.
    """
    if not prompt.messages:
        ids, bos = list(tokenizer(prompt.text)["input_ids"]), tokenizer.bos_token_id
        return ids[1:] if bos is not None and ids[:2] == [bos, bos] else ids
    messages: list[dict[str, Json]] = [
        {"role": role, "content": content} for role, content in prompt.messages
    ]
    return list(tokenizer(chat_text(tokenizer, messages), add_special_tokens=False)["input_ids"])


def chat_text(owner: Templated, messages: list[dict[str, Json]]) -> str:
    """Messages as one text, up to where the policy begins to answer.

    Raises UsageError where there is no template, or one that refuses them.
    """
    if not owner.chat_template:
        raise UsageError(
            "this policy's tokenizer has no chat template; allowed: --template plain, or a Jinja "
            "file for the whole prompt"
        )
    try:
        return owner.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    except TemplateError as error:
        system = any(message["role"] == "system" for message in messages)
        raise UsageError(
            f"this policy's chat template refuses the prompt ({error}); "
            + ("leave out --system, or " if system else "")
            + "give a Jinja file for the whole prompt (--template FILE)"
        ) from error
