"""Policies: weights with the prompt they are given, and how they are sampled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

import msgspec

from passgap.data.identity import digest
from passgap.data.images import Image
from passgap.errors import UsageError
from passgap.plain import Json

BY_DEFAULT = "stop_by_default"
POLICY_FILE = "passgap_policy.json"  # in a trained policy's folder: what it was trained from and on


@dataclass(frozen=True)
class PromptSettings:
    """How a question becomes a prompt; a trained policy inherits its base's.

    ``template`` is ``plain``, ``chat``, ``boxed`` or the text of a Jinja file (then
    ``template_name`` says which). ``shots`` are worked examples put before the question. ``stop``
    are the strings that end a completion; ``stop_by_default`` says that they were not given but
    follow from the format of the shots, which is not part of the prompt's identity.
    """

    template: str = "plain"
    template_name: str = ""
    system: str | None = None
    shots: tuple[tuple[str, str], ...] = ()
    stop: tuple[str, ...] = ()
    stop_by_default: bool = False

    def to_dict(self) -> dict[str, object]:
        by_default = {BY_DEFAULT: True} if self.stop_by_default else {}
        return self.identity() | by_default

    def identity(self) -> dict[str, object]:
        """The prompt's identity, without the origin of its stop strings."""
        data = asdict(self) | {"shots": [list(s) for s in self.shots], "stop": list(self.stop)}
        del data[BY_DEFAULT]
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> PromptSettings:
        return msgspec.convert(data, cls)

    def without_default_stop(self) -> PromptSettings:
        """The same prompt without stop strings set by default."""
        return replace(self, stop=(), stop_by_default=False) if self.stop_by_default else self

    @property
    def digest(self) -> str:
        return digest(self.identity())


UNKNOWN_POLICY = "unknown"  # the path of one that an imported log does not name


@dataclass(frozen=True)
class Policy:
    """What is sampled: weights and the prompt they are given.

    ``path`` is a local folder or a hub id; ``weights_digest`` is filled in when the weights are
    found (a hash of the files, or the hub commit that ``revision`` resolves to).
    """

    path: str
    prompt: PromptSettings = PromptSettings()
    revision: str | None = None
    weights_digest: str = ""

    @property
    def name(self) -> str:
        return self.path.rstrip("/").rsplit("/", 1)[-1]


@dataclass(frozen=True)
class Prompt:
    """A rendered prompt: ``text`` as it stands, or chat ``messages`` for the policy's template.

    ``images`` come before the text of the last message.
    """

    text: str = ""
    messages: tuple[tuple[str, str], ...] = ()
    images: tuple[Image, ...] = ()

    def chat(self) -> list[dict[str, Json]]:
        """The messages as the OpenAI protocol writes them, with images as data URLs.

        The content of a message without images is its text.
        """
        said: list[dict[str, Json]] = [
            {"role": role, "content": text} for role, text in self.messages
        ]
        if self.images:
            shown: list[Json] = [
                {"type": "image_url", "image_url": {"url": image.data_url}} for image in self.images
            ]
            said[-1]["content"] = [*shown, {"type": "text", "text": self.messages[-1][1]}]
        return said


@dataclass(frozen=True)
class SamplingParams:
    """Every parameter that shapes the sampling distribution, always sent explicitly.

    ``temperature`` > 0, ``top_p`` in (0, 1], ``top_k`` 0 for off, ``max_tokens`` new tokens.
    """

    max_tokens: int
    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    stop: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        rules = {
            "max_tokens": (self.max_tokens >= 1, "an integer >= 1"),
            "temperature": (self.temperature > 0, "a number > 0 (1.0 samples the policy itself)"),
            "top_p": (0 < self.top_p <= 1, "a number in (0, 1]"),
            "top_k": (self.top_k >= 0, "an integer >= 0 (0 turns it off)"),
        }
        for name, (holds, allowed) in rules.items():
            if not holds:
                raise UsageError(f"{name} is {getattr(self, name)!r}; allowed: {allowed}")

    def to_dict(self) -> dict[str, object]:
        return asdict(self) | {"stop": list(self.stop)}
