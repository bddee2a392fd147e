"""How a function becomes a command: groups of flags, settings classes, defaults from Python."""

import re
from dataclasses import dataclass, field
from typing import Annotated

import pytest
import typer

from passgap.cli.command import Fields, Given, argument, command, flag


@dataclass(frozen=True, kw_only=True)
class Paint:
    """Paint"""

    colour: Annotated[str, flag("Which.")] = "red"
    coats: Annotated[int, flag("How many.", typed=("-c", "--coats"))]


@dataclass(frozen=True)
class Ladder:
    height: int = field(metadata={"help": "In metres."})
    steps: int = field(default=7, metadata={"help": "How many."})
    names: tuple[str, ...] = field(default=(), metadata={"help": "Who climbs; repeatable."})


def coat(wall: str, coats: int = 2) -> None:
    """The Python whose default the flag has."""


def made(seen):
    @command(defaults=f"{__name__}:coat", shown="coats slowly")
    def brush(
        what: Annotated[str, argument("WHAT", "A wall.")],
        paint: Paint,
        ladder: Annotated[Given[Ladder], Fields("Ladder", without="steps")],
        slowly: Annotated[bool, flag("Take care.")] = False,
    ) -> None:
        """Paint a thing.

        Example: passgap brush door
        """
        seen.append((what, paint, ladder, slowly))

    return brush


def called(*arguments):
    seen = []
    context = made(seen).make_context("brush", [*arguments])
    context.command.invoke(context)
    return seen[0]


def test_flags_come_back_as_their_groups():
    what, paint, ladder, slowly = called("door", "--coats", "3", "--slowly", "--names", "Ada")
    assert (what, paint, slowly) == ("door", Paint(colour="red", coats=3), True)
    assert ladder.settings(height=4) == Ladder(4, names=["Ada"])
    assert called("door")[2]["names"] == []
    assert ladder["height"] is None
    assert called("door", "-c", "5", "--height", "9")[2].settings().height == 9


def test_a_default_that_stands_in_python_is_pythons():
    assert called("door")[1] == Paint(colour="red", coats=2)
    assert "[default: 2]" in help_of("--help")


def test_what_has_no_default_anywhere_has_to_be_given():
    @command(defaults=f"{__name__}:coat")
    def rinse(wall: Annotated[str, flag("Which.")], coats: Annotated[int, flag("How many.")]):
        """Rinse."""

    assert {one.name: one.required for one in rinse.known_flags()} == {
        "wall": True, "coats": False, "config": False
    }  # fmt: skip
    with pytest.raises(typer.BadParameter, match="wall"):
        rinse.make_context("rinse", [])


def help_of(flag):
    """What would be printed, without the marks of bold."""
    context = made([]).make_context("brush", [], resilient_parsing=True)
    if flag == "--help-all":
        context.meta["passgap.help_all"] = True
    return re.sub(r"\x1b\[\d*m", "", context.get_help())


def test_help_has_a_section_for_each_group_and_chosen_flags_only():
    short, whole = help_of("--help"), help_of("--help-all")
    assert [line for line in whole.splitlines() if line.istitle() and " " not in line] == [
        "Example", "Arguments", "Flags", "Paint", "Ladder"
    ]  # fmt: skip
    assert "--colour NAME" in whole
    assert "--names NAME" in whole
    assert "--colour" not in short
    assert "-c, --coats N  How many. [default: 2]" in short
    assert "--steps" not in whole
    assert short.splitlines()[0] == "Usage: brush WHAT [FLAGS]"
    assert short.splitlines()[-1] == "All flags (6): brush --help-all"
    assert "\nExample\n  passgap brush door\n" in short


def test_a_wrong_value_is_refused():
    with pytest.raises(typer.BadParameter, match="valid integer"):
        called("door", "--coats", "x")
