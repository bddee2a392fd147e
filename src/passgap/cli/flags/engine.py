"""The engine and how it decodes: what draws the completions, at which temperature, how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from passgap.cli.command import AS_IN_PYTHON
from passgap.errors import UsageError

if TYPE_CHECKING:
    from passgap.data.policies import SamplingParams

EngineArg = Annotated[
    list[str] | None,
    typer.Option(metavar="KEY=VALUE", help="An engine argument; repeatable."),
]
MaxTokens = Annotated[
    int | None,
    typer.Option(help="New tokens per completion at most; required for a real model."),
]
Temperature = Annotated[float, typer.Option(help="Sampling temperature.")]
TopP = Annotated[float, typer.Option(help="Nucleus sampling; 1 turns it off.")]
TopK = Annotated[int, typer.Option(help="Most likely tokens kept; 0 turns it off.")]


@dataclass(frozen=True)
class EngineFlags:
    """Engine"""

    engine: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="transformers, vllm, openai (any server), fake (known p), or ray:NAME.",
        ),
    ] = AS_IN_PYTHON
    engine_arg: EngineArg = None

    def arguments(self) -> dict[str, str]:
        """The engine's arguments."""
        return key_values(self.engine_arg)


@dataclass(frozen=True)
class DecodingFlags:
    """Decoding"""

    max_tokens: MaxTokens = None
    temperature: Temperature = AS_IN_PYTHON
    top_p: TopP = AS_IN_PYTHON
    top_k: TopK = AS_IN_PYTHON

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
