"""How a function becomes a command: each parameter is an argument, a flag or several flags.

In: a function. A parameter is one argument or flag, a dataclass of flags (a section of ``--help``,
named by its docstring), or `Given`: the fields of a settings class. Out: the command that typer
runs, with ``--config`` and ``--help-all``. A default is set once: a flag without one has that of
the Python function which the command names, and is required where Python has none either.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import MISSING, dataclass, field, fields, is_dataclass, replace
from functools import partial
from pkgutil import resolve_name
from types import NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Generic,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

import typer
from typer.core import TyperCommand
from typer.models import ArgumentInfo, OptionInfo, ParameterInfo

from passgap.cli import config, help_text, renamed

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from typer._click import Context, HelpFormatter

T = TypeVar("T")
NOT_SET = inspect.Parameter.empty
Groups = dict[str, tuple[Callable[..., object], list[str]]]  # what makes one, and of which flags


def argument(name: str, text: str) -> ArgumentInfo:
    """What ``--help`` says about an argument."""
    info: ArgumentInfo = typer.Argument(metavar=name, help=text)
    return info


def flag(
    text: str, takes: str | None = None, *, typed: tuple[str, ...] = (), least: int | None = None
) -> OptionInfo:
    """What ``--help`` says about a flag: ``takes`` is its value's name, ``typed`` its other
    names."""
    option: OptionInfo = typer.Option(help=text, metavar=takes, min=least)
    option.param_decls = typed
    return option


@dataclass(frozen=True, eq=False)
class Part:
    """An argument or a flag: its parameter, typer's ``info`` about it, and its help section.

    ``hint`` is the parameter's annotation, without typer's part.
    """

    name: str
    hint: object
    info: ParameterInfo | None = None
    default: object = NOT_SET
    section: str = help_text.LOOSE

    @property
    def is_flag(self) -> bool:
        """Whether it is a flag, not an argument or context."""
        return isinstance(self.info, OptionInfo)

    @property
    def typed(self) -> tuple[str, ...]:
        """How it is typed."""
        declared = tuple(self.info.param_decls or ()) if self.info else ()
        return declared or ("--" + self.name.strip("_").replace("_", "-"),)

    @property
    def longest(self) -> str:
        """Its name in full, without the leading dashes."""
        return max(self.typed, key=len).lstrip("-")

    @property
    def kind(self) -> object:
        """The type of one value: of ``list[int] | None`` it is int."""
        (kind,) = _options(self.hint)
        return get_args(kind)[0] if self.several else kind

    @property
    def several(self) -> bool:
        """Whether it may be repeated."""
        return any(get_origin(one) is list for one in _options(self.hint))

    @property
    def help(self) -> str:
        """What it does."""
        return (self.info and self.info.help) or ""

    @property
    def takes(self) -> str:
        """The name of its value; empty for a switch."""
        return (self.info and self.info.metavar) or help_text.TAKES.get(self.kind, "")

    @property
    def required(self) -> bool:
        """Whether it is required."""
        return self.default is NOT_SET

    def parameter(self) -> inspect.Parameter:
        """For the signature that typer reads; required flags are checked once they are known."""
        info, default = copy(self.info), self.default
        if info and self.is_flag:
            info.param_decls = self.typed
            # A required flag looks optional to typer until its default is looked up.
            default = ([] if self.several else None) if self.required else default
        hint = Annotated[self.hint, info] if info else self.hint
        keyword = inspect.Parameter.KEYWORD_ONLY
        return inspect.Parameter(self.name, keyword, default=default, annotation=hint)


class Given(Generic[T]):
    """The values of a settings class's flags, before it is made and checked."""

    def __init__(self, kind: Callable[..., T], /, **values: object) -> None:
        self.kind, self.values = kind, values

    def __getitem__(self, name: str) -> object:
        return self.values[name]

    def whole(self, name: str) -> int | None:
        """A whole number, where it was given."""
        value = self.values[name]
        return value if isinstance(value, int) else None

    def settings(self, **known: object) -> T:
        """The settings; ``known`` are those that the command determined."""
        return self.kind(**{**self.values, **known})


@dataclass(frozen=True)
class Fields:
    """Which fields of a settings class are flags, and in which sections; their help is metadata."""

    section: str
    without: str = ""
    sections: Mapping[str, str] = field(default_factory=dict)

    def of(self, kind: type[DataclassInstance]) -> Iterator[Part]:
        """The fields as flags; one without a default is determined by the command."""
        hints, text = get_type_hints(kind), {one.name: one.metadata["help"] for one in fields(kind)}
        section = {name: title for title, names in self.sections.items() for name in names.split()}
        for one in sorted(fields(kind), key=lambda one: one.name in section):
            hint, default = hints[one.name], one.default
            # Settings are frozen, so a repeatable setting is a tuple; typer would read
            # `tuple[int, ...]` as a fixed number of values after one flag, and needs a list.
            if get_origin(hint) is tuple:
                hint, default = list[get_args(hint)[0]], [*default]  # type: ignore[misc]
            elif default is MISSING:
                hint, default = hint | None, None
            if one.name not in self.without.split():
                title = section.get(one.name, self.section)
                yield Part(one.name, hint, flag(text[one.name]), default, title)


class Command(TyperCommand):
    """A command whose help fits a screen and whose defaults are Python's."""

    flags: tuple[Part, ...]
    shown: tuple[str, ...]
    defaults: tuple[str, ...]

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        # Only here, when the command really runs, is the Python imported where its defaults stand:
        # numpy and torch must not be loaded for `passgap --help`. Until now typer took every flag
        # for an optional one.
        known = {one.name: one for one in self.known_flags()}
        for parameter in self.params:
            if (one := known.get(str(parameter.name))) is not None:
                parameter.required = one.required
                parameter.default = None if one.required else one.default
        return super().parse_args(ctx, renamed.flags(str(self.name), args))

    def known_flags(self) -> tuple[Part, ...]:
        """The flags, with Python's defaults."""
        if self.defaults:
            known = _defaults(self.defaults)
            self.flags = tuple(
                replace(one, default=known.get(one.name, NOT_SET)) if one.required else one
                for one in self.flags
            )
            self.defaults = ()
        return self.flags

    def visible_flags(self) -> tuple[Part, ...]:
        """The flags that ``--help`` shows."""
        chosen = {*self.shown, "config"}
        return tuple(one for one in self.known_flags() if not self.shown or one.longest in chosen)

    def collect_usage_pieces(self, ctx: Context) -> list[str]:
        return help_text.usage(self)

    def format_help(self, ctx: Context, formatter: HelpFormatter) -> None:
        help_text.write_command(self, ctx, formatter)


def command(*, defaults: str = "", shown: str = "") -> Callable[[Callable[..., None]], Command]:
    """Make a function a command.

    ``defaults`` says where defaults are set: functions and classes as ``module:name``; the first
    that has one is used. ``shown`` are the flags in ``--help``, by name (empty: all); the others
    are in ``--help-all``.
    """

    def made(function: Callable[..., None]) -> Command:
        groups: Groups = {}
        parts = [*_parts(function, groups), *COMMON]

        def typed(**given: object) -> None:
            for one in COMMON:
                del given[one.name]
            for name, (make, members) in groups.items():
                given[name] = make(**{member: given.pop(member) for member in members})
            function(**given)

        # typer learns the flags from a signature, so it gets one in which every group is taken
        # apart; `typed` reassembles the groups before it calls the real function.
        parameters = [one.parameter() for one in parts]
        typed.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        typed.__annotations__ = {one.name: one.annotation for one in parameters}
        app = typer.Typer(
            add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
        )
        name = function.__name__.strip("_").replace("_", "-")
        app.command(name, cls=Command, help=help_text.prose(function))(typed)
        built = cast("Command", typer.main.get_command(app))
        built.flags = tuple(one for one in parts if one.is_flag and one.name != "help_all")
        built.shown, built.defaults = tuple(shown.split()), tuple(defaults.split())
        return built

    return made


def _parts(function: Callable[..., None], groups: Groups) -> Iterator[Part]:
    """Every argument and flag of a function; ``groups`` receives what reassembles them."""
    hints = get_type_hints(function, include_extras=True)
    for name, parameter in inspect.signature(function).parameters.items():
        kind, info = _annotated(hints[name])
        if isinstance(info, Fields):
            (settings,) = get_args(kind)
            found = list(info.of(settings))
            groups[name] = partial(Given, settings), [one.name for one in found]
        elif isinstance(kind, type) and is_dataclass(kind):
            found = list(_section(kind))
            groups[name] = kind, [one.name for one in found]
        else:
            found = [Part(name, kind, info, parameter.default)]
        yield from found


def _annotated(hint: object) -> tuple[object, ParameterInfo | Fields | None]:
    """A type, and what its annotation says about it: typer's part, or which fields are flags."""
    if get_origin(hint) is not Annotated:
        return hint, None
    kind, info = get_args(hint)
    return kind, info


def _section(kind: type[DataclassInstance]) -> Iterator[Part]:
    """The flags of a dataclass."""
    hints = get_type_hints(kind, include_extras=True)
    for one in fields(kind):
        default = NOT_SET if one.default is MISSING else one.default
        hint, info = get_args(hints[one.name])
        yield Part(one.name, hint, info, default, inspect.getdoc(kind) or "")


def _options(hint: object) -> list[object]:
    """The types of a union except None."""
    union = get_origin(hint) in (Union, UnionType)
    return [one for one in get_args(hint) if one is not NoneType] if union else [hint]


def _defaults(sources: tuple[str, ...]) -> dict[str, object]:
    """Every default of functions and classes, by parameter."""
    found: dict[str, object] = {}
    for source in sources:
        for name, parameter in inspect.signature(resolve_name(source)).parameters.items():
            if parameter.default is not NOT_SET:
                found.setdefault(name, parameter.default)
    return found


COMMON = (
    Part("config", str | None, config.FLAG, None),
    Part("help_all", bool, help_text.FLAG, False),
)
