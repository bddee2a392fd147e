"""The engine and how it decodes: what draws the completions, at which temperature, how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from passgap.cli.command import flag
from passgap.errors import UsageError

if TYPE_CHECKING:
    from passgap.data.policies import SamplingParams

EngineArg = Annotated[list[str] | None, flag("An engine argument; repeatable.", "KEY=VALUE")]
MaxTokens = Annotated[
    int | None, flag("New tokens per completion at most; required for a real model.")
]
Temperature = Annotated[float, flag("Sampling temperature.")]
TopP = Annotated[float, flag("Nucleus sampling; 1 turns it off.")]
TopK = Annotated[int, flag("Most likely tokens kept; 0 turns it off.")]


@dataclass(frozen=True, kw_only=True)
class EngineFlags:
    """Engine"""

    engine: Annotated[
        str, flag("transformers, vllm, openai (any server), fake (known p), or ray:NAME.", "NAME")
    ]
    engine_arg: EngineArg = None

    def arguments(self) -> dict[str, str]:
        """The engine's arguments."""
        return key_values(self.engine_arg)


@dataclass(frozen=True, kw_only=True)
class DecodingFlags:
    """Decoding"""

    max_tokens: MaxTokens = None
    temperature: Temperature
    top_p: TopP
    top_k: TopK

    def sampling(self, problems: str, engine: str) -> SamplingParams:
        """The sampling parameters; the lab's problems bring their token limit."""
        from passgap.data.policies import SamplingParams
        from passgap.stages.resolving import max_tokens

        limit = max_tokens(self.max_tokens, problems, engine)
        return SamplingParams(limit, self.temperature, self.top_p, self.top_k)


def key_values(pairs: list[str] | None) -> dict[str, str]:
    """``KEY=VALUE`` strings as a dict."""
    split = {}
    for pair in pairs or []:
        key, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"--engine-arg {pair!r}; allowed: KEY=VALUE")
        split[key] = value
    return split
