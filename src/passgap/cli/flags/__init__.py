"""Flags that several commands share: one name, one text. Single ones here, groups beside it."""

from __future__ import annotations

from typing import Annotated

import typer

Out = Annotated[str, typer.Option(metavar="DIR", help="Run folder; an equal run is resumed.")]
NewFolder = Annotated[str, typer.Option(metavar="DIR", help="Folder to write; new or empty.")]
Json = Annotated[bool, typer.Option(help="Print the result as JSON.")]
FailOn = Annotated[
    list[str] | None,
    typer.Option(metavar="LABEL", help="Exit 1 when the verdict is this; repeatable."),
]
Seed = Annotated[int, typer.Option(help="Seed of all random numbers.")]
Draws = Annotated[int, typer.Option("-n", "--draws", help="Samples per problem.")]
Price = Annotated[
    float | None,
    typer.Option(help="Price of a million sampled tokens, in any currency; shows the cost."),
]
Revision = Annotated[str | None, typer.Option(help="Hub revision of the policy.")]
GroupSize = Annotated[int, typer.Option(help="Completions per prompt in one step (GRPO's G).")]
SamplingAlone = Annotated[
    list[str] | None,
    typer.Option(
        metavar="RUN",
        help="Run of the base at another temperature, for what votes give without training; "
        "repeatable.",
    ),
]
LeaveOutHeldOut = Annotated[
    bool,
    typer.Option("--leave-out-held-out", help="Do not train on the problems of --held-out."),
]


class Flags:
    """What a group of flags can tell."""

    def given(self) -> list[str]:
        """The names of the flags that are set."""
        return [name.replace("_", "-") for name, value in vars(self).items() if value]
