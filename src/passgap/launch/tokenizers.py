"""What a policy's tokenizer adds on its own. In: its folder. Out: token texts.

Evaluation encodes a plain prompt as ``tokenizer(text)``, which may begin with a special token
(``<bos>``). verl and OpenRLHF encode without, so what they are given has to begin with it. No
tokenizer is loaded: an export needs no training package.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec

from passgap.errors import UsageError

Kind = TypeVar("Kind", bound=msgspec.Struct)


class Token(msgspec.Struct):
    """A token that is added to the vocabulary."""

    content: str
    special: bool = False


class Special(msgspec.Struct):
    """A special token in a template."""

    id: str


class Piece(msgspec.Struct):
    """A part of a template: a special token, or (None) the text."""

    special: Special | None = msgspec.field(name="SpecialToken", default=None)


class Processor(msgspec.Struct):
    """A post-processor, or a sequence of them."""

    type: str = ""
    single: list[Piece] | None = None
    processors: list[Processor] = []

    @property
    def template(self) -> list[Piece]:
        """The template of one text, wherever it is in the sequence."""
        if self.type == "TemplateProcessing":
            return self.single or []
        return next((found for inner in self.processors if (found := inner.template)), [])


class TokenizerFile(msgspec.Struct):
    """What is read from ``tokenizer.json``."""

    post_processor: Processor | None = None
    added_tokens: list[Token] | None = None


class Settings(msgspec.Struct):
    """What is read from ``tokenizer_config.json``."""

    add_bos_token: bool | None = None
    bos_token: str | Token | None = None


def leading_tokens(policy: str) -> str:
    """The special tokens that the policy's tokenizer puts before a text, as one string.

    Raises UsageError when the policy is not a local folder with a ``tokenizer.json``.
    """
    found = ""
    for piece in (_file(policy).post_processor or Processor()).template:
        if piece.special is None:
            break
        found += piece.special.id
    file = Path(policy) / "tokenizer_config.json"
    if found or not file.is_file():
        return found
    settings = _decoded(file, Settings)
    bos = settings.bos_token if settings.add_bos_token else None
    return bos.content if isinstance(bos, Token) else bos or ""


def special_tokens(policy: str) -> list[str]:
    """The texts that decoding leaves out of a completion; raises as `leading_tokens`."""
    return [token.content for token in _file(policy).added_tokens or () if token.special]


def _file(policy: str) -> TokenizerFile:
    file = Path(policy) / "tokenizer.json"
    if not file.is_file():
        raise UsageError(
            f"policy {policy!r} is not a local folder with a tokenizer.json, whose special tokens "
            "are needed here: download it (hf download ID --local-dir DIR) and give DIR"
        )
    return _decoded(file, TokenizerFile)


def _decoded(file: Path, kind: type[Kind]) -> Kind:
    try:
        return msgspec.json.decode(file.read_bytes(), type=kind)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{file} is damaged ({error}); copy it again from where the policy came from"
        ) from error
