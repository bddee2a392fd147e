"""The one interface every engine has.

In: a block (which problems, which draws, one seed) and the prompt of each problem.
Out: one Completion per (problem, draw) of the block, in any order.
An engine knows nothing of references, verifiers or files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from passgap.types import Block, Completion, Prompt


class Engine(Protocol):
    """Draws completions from one policy under one set of sampling parameters."""

    name: str

    def describe(self) -> Mapping[str, Any]:
        """What the manifest records: arguments, versions, effective sampling settings."""
        ...

    def complete(self, block: Block, prompts: Sequence[Prompt]) -> list[Completion]:
        """Draw the whole block; ``prompts[i]`` belongs to ``block.problem_ids[i]``."""
        ...
