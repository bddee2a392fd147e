"""Groups of commands: a table of names with a line each; a command's file is loaded on use.

In: the table. Out: the group that typer runs, its help by section.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

from typer.core import TyperGroup

from passgap.cli import help_text

if TYPE_CHECKING:
    from typer._click import Command, Context, HelpFormatter


class Loaded(Mapping[str, "Command"]):
    """Commands by name; each file is loaded when its command is used."""

    def __init__(self, package: str, names: tuple[str, ...]) -> None:
        self._package, self._names = package, names

    def names(self) -> tuple[str, ...]:
        """The current names."""
        return self._names

    def __contains__(self, name: object) -> bool:
        return name in self.names()

    def __getitem__(self, name: str) -> Command:
        if name not in self:
            raise KeyError(name)
        return self.loaded(name + "_" * (name == "import"))

    def loaded(self, name: str, file: str = "") -> Command:
        """The command of this name from a file of the package, by default its own."""
        word = name.replace("-", "_")
        found: Command = getattr(import_module(f"{self._package}.{file or word}"), word)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def __len__(self) -> int:
        return len(self.names())


class Group(TyperGroup):
    """Commands by section, each with a line; ``package`` holds a file for each."""

    package: ClassVar[str]
    about: ClassVar[str]
    sections: Mapping[str, Mapping[str, str]]
    hidden_commands: ClassVar[tuple[str, ...]] = ()
    added: ClassVar[tuple[str, str]] = ("Added", "From an installed package")
    load: ClassVar[type[Loaded]] = Loaded

    def __init__(self, **settings: Any) -> None:  # typer's own, passed on
        super().__init__(**settings)
        names = [name for commands in self.sections.values() for name in commands]
        commands = self.load(self.package, (*names, *self.hidden_commands))
        self.commands = cast("MutableMapping[str, Command]", commands)  # nothing is added to it

    @classmethod
    def made(cls, name: str) -> Self:
        """The group, to be added to another."""
        return cls(name=name, help=cls.about, no_args_is_help=True, rich_markup_mode=None)

    def collect_usage_pieces(self, ctx: Context) -> list[str]:
        return ["COMMAND", "[FLAGS]"]

    def format_help(self, ctx: Context, formatter: HelpFormatter) -> None:
        known = {*self.hidden_commands, *(one for names in self.sections.values() for one in names)}
        title, text = self.added
        added = {name: text for name in self.commands if name not in known}
        help_text.write_group(self.about, {**self.sections, title: added}, ctx, formatter)
