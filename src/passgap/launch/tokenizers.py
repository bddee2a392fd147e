"""What a policy's tokenizer adds by itself, read from its files: a folder in, token texts out.

Evaluation encodes a plain prompt as ``tokenizer(text)``, which may begin with a special token
(``<bos>``). verl and OpenRLHF encode without, so what they are given has to begin with it.
No tokenizer is loaded: an export needs no package that trains.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from passgap.errors import UsageError


def leading_tokens(policy: str) -> str:
    """The special tokens that the policy's tokenizer puts before a text, as one string.

    Raises
    ------
    UsageError
        When the policy is no local folder with a ``tokenizer.json``.
    """
    data, config = _files(policy)
    template = _template(data.get("post_processor") or {})
    found = ""
    for piece in template:
        if "SpecialToken" not in piece:
            break
        found += str(piece["SpecialToken"]["id"])
    if not found and config.get("add_bos_token") and config.get("bos_token"):
        bos = config["bos_token"]
        return str(bos["content"] if isinstance(bos, dict) else bos)
    return found


def special_tokens(policy: str) -> list[str]:
    """The texts that decoding leaves out of a completion (``skip_special_tokens``).

    Raises
    ------
    UsageError
        As `leading_tokens`.
    """
    data, _ = _files(policy)
    added = data.get("added_tokens") or []
    return [str(token["content"]) for token in added if token.get("special")]


def _files(policy: str) -> tuple[dict[str, Any], dict[str, Any]]:
    folder = Path(policy)
    file = folder / "tokenizer.json"
    if not file.is_file():
        raise UsageError(
            f"policy {policy!r} is no local folder with a tokenizer.json; its special tokens are "
            "needed here: download it (hf download ID --local-dir DIR) and give DIR"
        )
    config = folder / "tokenizer_config.json"
    settings = json.loads(config.read_text(encoding="utf-8")) if config.is_file() else {}
    return json.loads(file.read_text(encoding="utf-8")), settings


def _template(processor: dict[str, Any]) -> list[dict[str, Any]]:
    """The template of one text, wherever in a sequence of post-processors it stands."""
    if processor.get("type") == "TemplateProcessing":
        return list(processor["single"])
    for inner in processor.get("processors", []):
        if found := _template(inner):
            return found
    return []
