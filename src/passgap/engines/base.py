"""The interface of every engine.

In: a block (which problems, which draws, its seed) and the prompt of each problem. Out: one
Completion per (problem, draw) of the block, in any order. An engine knows nothing about references,
verifiers or files.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from passgap.data.completions import Block, Completion
from passgap.data.policies import Prompt
from passgap.engines.arguments import Arguments
from passgap.errors import UsageError


@dataclass(frozen=True)
class Capabilities:
    """What an engine can do, declared before it is loaded.

    Parameters
    ----------
    logprobs
        Reports log-probabilities under the settings used.
    token_ids
        Reports the token ids drawn, which scoring needs.
    seeds
        ``bitwise``: on one machine a block's seed determines its draws. ``requests``: seeds are
        sent and make draws independent, but a repeat may differ. ``none``: left to the server.
    scores
        Can score given token ids (teacher forcing).
    draws_per_request
        Largest number of draws of one problem per request; None for no limit.
    images
        Shows a prompt's images to the policy.
    """

    logprobs: bool
    token_ids: bool
    seeds: str
    scores: bool
    draws_per_request: int | None = None
    images: bool = False


class Work(NamedTuple):
    """One block to draw: its shard's name, the block, a prompt for each of its problems."""

    name: str
    block: Block
    prompts: Sequence[Prompt]


def _tell_nobody(completions: int, tokens: int) -> None:
    """The default of `Engine.tell`."""


class Engine(ABC):
    """Draws completions from one policy under one set of sampling parameters.

    ``tell`` is called occasionally with the completions and tokens drawn since the last call, to
    show progress within a block; an engine that cannot report this does not call it.

    An engine that a package adds is made by its class method ``load(policy, problems, sampling,
    **arguments)``; ``arguments`` gives the types of ``--engine-arg``, and ``served`` says that a
    policy that is not a folder is the engine's own name and not a hub id.
    """

    name: str
    capabilities: Capabilities
    arguments: ClassVar[Arguments] = Arguments()
    served: ClassVar[bool] = False
    tell: Callable[[int, int], None] = staticmethod(_tell_nobody)

    @abstractmethod
    def describe(self) -> Mapping[str, object]:
        """What the run records: arguments, versions, effective sampling settings."""

    @abstractmethod
    def complete(self, block: Block, prompts: Sequence[Prompt]) -> list[Completion]:
        """Draw the whole block; ``prompts[i]`` belongs to ``block.problem_ids[i]``."""

    def complete_all(self, work: Iterable[Work]) -> Iterator[tuple[str, list[Completion]]]:
        """Draw many blocks, each yielded with its name as soon as it is complete.

        One after another here; an engine that keeps several in flight overrides it.
        """
        for item in work:
            yield item.name, self.complete(item.block, item.prompts)

    def score(self, pairs: Sequence[tuple[Prompt, Sequence[int]]]) -> list[float]:
        """Log-probability (nats) of given token ids after each prompt, under the settings.

        -inf where top-k or top-p leaves a token out. The ids hold the end token when it was drawn.

        Raises
        ------
        UsageError
            When the engine cannot score.
        """
        raise UsageError(
            f"engine {self.name} cannot score given completions; use --engine transformers"
        )

    def close(self) -> None:  # noqa: B027 - most engines hold nothing to give back
        """Release what the engine holds: processes, connections."""
