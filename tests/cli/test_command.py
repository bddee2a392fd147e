"""Commands take groups of flags; typer sees the flags alone."""

import inspect
from dataclasses import dataclass
from typing import Annotated

import typer
from passgap.cli.grouping import grouped
from typer.testing import CliRunner


@dataclass(frozen=True)
class Paint:
    """Paint"""

    colour: Annotated[str, typer.Option("--colour", help="Which.")] = "red"
    coats: Annotated[int, typer.Option("--coats", help="How many.")] = 2


def made():
    app = typer.Typer(pretty_exceptions_enable=False)

    @app.command()
    @grouped
    def brush(
        what: Annotated[str, typer.Argument()],
        paint: Paint,
        slowly: Annotated[bool, typer.Option("--slowly")] = False,
    ) -> None:
        print(what, paint, slowly)

    return app, brush


def test_fields_are_flags_and_come_back_as_the_group():
    app, _ = made()
    done = CliRunner().invoke(app, ["door", "--coats", "3", "--slowly"])
    assert done.output.strip() == "door Paint(colour='red', coats=3) True"
    assert CliRunner().invoke(app, ["door", "--coats", "x"]).exit_code == 2


def test_help_shows_the_group_in_a_panel_of_its_own():
    app, _ = made()
    text = CliRunner().invoke(app, ["--help"]).output
    assert text.index("─ Options") < text.index("─ Paint") < text.index("--colour")
    assert text.index("--slowly") < text.index("─ Paint")


def test_the_flags_of_a_group_keep_their_own_panels_elsewhere():
    """A group's panel is put on a copy: the shared definition stays as it is."""
    _, brush = made()
    flags = inspect.signature(brush).parameters
    assert list(flags) == ["what", "colour", "coats", "slowly"]
    info = Paint.__annotations__["coats"].__metadata__[0]
    assert info.rich_help_panel != "Paint"
