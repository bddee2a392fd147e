"""The processes of one training run: which this one is, and how they communicate.

In: torchrun's environment. Out: rank and count, and the three operations training needs: doing
something once for all, joining lists, waiting for each other. A single process needs none of them.
Not covered: weights sharded over processes (FSDP, DeepSpeed), which are refused: the policy is
sampled from the weights each process holds.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from passgap.data.identity import digest
from passgap.errors import UsageError

T = TypeVar("T")
SHARDED = ("ACCELERATE_USE_FSDP", "ACCELERATE_USE_DEEPSPEED")


@dataclass(frozen=True)
class Processes:
    """This process (``rank`` of ``count``) and the connection to the others."""

    rank: int = 0
    count: int = 1
    local_rank: int = 0

    @property
    def is_main(self) -> bool:
        """Whether this one writes the shared files."""
        return self.rank == 0

    def once(self, work: Callable[[], T]) -> T:
        """What ``work`` returns on the main process, on every process."""
        if self.count == 1:
            return work()
        from accelerate.utils import broadcast_object_list

        found = [work() if self.is_main else None]
        broadcast_object_list(found)
        return found[0]  # type: ignore[return-value]

    def gathered(self, items: list[T]) -> list[T]:
        """The lists of all processes joined, in order of rank."""
        if self.count == 1:
            return items
        from accelerate.utils import gather_object

        found: list[T] = gather_object(items)
        return found

    def seed(self, *parts: str | int) -> int:
        """A seed for this process; the main process draws what a single process would."""
        return int(digest([*parts, *([self.rank] if self.rank else [])])[:12], 16)

    def share(self, items: list[T]) -> list[T]:
        """This process's part of a list."""
        return items[self.rank :: self.count]

    def wait(self) -> None:
        """Continue when every process has reached this point."""
        if self.count > 1:
            from accelerate import PartialState

            PartialState().wait_for_everyone()


def started() -> Processes:
    """This process among torchrun's, according to the environment.

    Raises UsageError if the launcher shards the weights.
    """
    for name in SHARDED:
        if os.environ.get(name, "").lower() in ("1", "true"):
            raise UsageError(
                f"{name} is set, which shards the weights; allowed: whole weights in "
                "every process (start with torchrun)"
            )
    told = {"RANK": 0, "WORLD_SIZE": 1, "LOCAL_RANK": 0}
    return Processes(*(int(os.environ.get(name, default)) for name, default in told.items()))


def join(device: str) -> Processes:
    """Connect to the other processes of this run; ``device`` is what this one computes on."""
    us = started()
    if us.count > 1:
        if device == "cpu":
            os.environ["ACCELERATE_USE_CPU"] = (
                "true"  # otherwise accelerate silently runs one process
            )
        from accelerate import PartialState

        state = PartialState(cpu=device == "cpu")
        if state.num_processes != us.count:
            raise UsageError(
                f"torchrun started {us.count} processes and accelerate joined "
                f"{state.num_processes}; start them with torchrun and without accelerate launch"
            )
    return us
