"""Flags that several commands share: one name, one text. Single ones here, groups beside it."""

from __future__ import annotations

from typing import Annotated

from passgap.cli.command import flag

Out = Annotated[str, flag("Run folder; an equal run is resumed.", "DIR")]
NewFolder = Annotated[str, flag("Folder to write; new or empty.", "DIR")]
Json = Annotated[bool, flag("Print the result as JSON.")]
FailOn = Annotated[list[str] | None, flag("Exit 1 when the verdict is this; repeatable.", "LABEL")]
Seed = Annotated[int, flag("Seed of all random numbers.")]
Draws = Annotated[int, flag("Samples per problem.", typed=("-n", "--draws"))]
Price = Annotated[
    float | None, flag("Price of a million sampled tokens, in any currency; shows the cost.")
]
Revision = Annotated[str | None, flag("Hub revision of the policy.")]
GroupSize = Annotated[int, flag("Completions per prompt in one step (GRPO's G).")]
SamplingAlone = Annotated[
    list[str] | None,
    flag(
        "Run of the base at another temperature, for what votes give without training; repeatable.",
        "RUN",
    ),
]
LeaveOutHeldOut = Annotated[bool, flag("Do not train on the problems of --held-out.")]


class Flags:
    """What a group of flags can tell."""

    def given(self) -> list[str]:
        """The names of the flags that are set."""
        return [name.replace("_", "-") for name, value in vars(self).items() if value]
