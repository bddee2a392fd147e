"""How a function becomes a command: each of its parameters is an argument, a flag or several flags.

In: a function. A parameter is one argument or flag (``Annotated`` with typer's), a dataclass of
flags (a section of ``--help``, named by its docstring), or `Given`: the fields of a settings class.
Out: the command that typer runs, which adds ``--config`` and ``--help-all``. A default stands once:
where it is ``AS_IN_PYTHON`` it is the one of the Python function that the command names.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from pkgutil import resolve_name
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
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
from typer.models import OptionInfo

from passgap.cli import config, help_text, renamed

T = TypeVar("T")
AS_IN_PYTHON: Any = object()
NOT_SET = inspect.Parameter.empty


@dataclass(frozen=True, eq=False)
class Flag:
    """One flag: how it is typed, what it takes and says. ``name`` is its parameter's."""

    name: str
    typed: tuple[str, ...]
    kind: Any
    several: bool
    help: str
    takes: str
    section: str
    default: Any

    @property
    def longest(self) -> str:
        """As it is written in full, without dashes in front."""
        return max(self.typed, key=len).lstrip("-")

    @property
    def required(self) -> bool:
        """Whether it has to be given."""
        return self.default is NOT_SET


class Given(Generic[T]):
    """What the flags of a settings class say, before it is made and checked."""

    def __init__(self, kind: type[T], values: Mapping[str, Any]) -> None:
        self.kind, self.values = kind, values

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def settings(self, **known: Any) -> T:
        """The settings; ``known`` are those that the command found out."""
        return self.kind(**{**self.values, **known})


@dataclass(frozen=True)
class Fields:
    """Which fields of a settings class are flags, and the sections that they stand in."""

    section: str
    without: str = ""
    sections: Mapping[str, str] | None = None

    def of(self, kind: Any) -> Iterator[Flagged]:
        """The fields as flags, each with the help of its metadata."""
        hints = get_type_hints(kind)
        named = {
            field: section
            for section, names in (self.sections or {}).items()
            for field in names.split()
        }
        mine = [field for field in fields(kind) if field.name not in self.without.split()]
        for field in sorted(mine, key=lambda one: one.name in named):
            hint, default = hints[field.name], field.default
            if get_origin(hint) is tuple:
                hint, default = list[get_args(hint)[0]], [*default]  # type: ignore[misc]
            if default is MISSING:  # the command finds it out where it is not given
                hint, default = hint | None, None
            info = typer.Option(help=field.metadata["help"])
            yield Flagged(field.name, hint, info, default, named.get(field.name, self.section))


@dataclass(frozen=True)
class Flagged:
    """One parameter of the function that typer reads."""

    name: str
    hint: Any
    info: Any = None
    default: Any = NOT_SET
    section: str = help_text.LOOSE

    def parameter(self) -> inspect.Parameter:
        """For the signature that typer reads; what Python knows is filled in later."""
        keyword = inspect.Parameter.KEYWORD_ONLY
        default = self.default
        if default is AS_IN_PYTHON:
            default = [] if _several(self.hint) else None
        hint = self.hint if self.info is None else Annotated[self.hint, self.info]
        return inspect.Parameter(self.name, keyword, default=default, annotation=hint)

    def flag(self) -> Flag | None:
        """What help and references show; None for an argument."""
        if not isinstance(self.info, OptionInfo):
            return None
        kind = _inner(self.hint)
        return Flag(
            self.name,
            tuple(self.info.param_decls or ()),
            kind,
            _several(self.hint),
            self.info.help or "",
            self.info.metavar or help_text.TAKES.get(kind, ""),
            self.section,
            self.default,
        )


class Command(TyperCommand):
    """A command whose help fits a screen and whose defaults are Python's."""

    flags: tuple[Flag, ...]
    shown: tuple[str, ...]
    defaults_of: tuple[str, ...]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        known = {flag.name: flag.default for flag in self.known_flags()}
        for parameter in self.params:
            if known.get(str(parameter.name), NOT_SET) is not NOT_SET:
                parameter.default = known[str(parameter.name)]
        return super().parse_args(ctx, renamed.flags(str(self.name), args))

    def known_flags(self) -> tuple[Flag, ...]:
        """The flags with the defaults that stand in Python."""
        if any(flag.default is AS_IN_PYTHON for flag in self.flags):
            known = _defaults(self.defaults_of)
            self.flags = tuple(
                replace(flag, default=known[flag.name]) if flag.default is AS_IN_PYTHON else flag
                for flag in self.flags
            )
        return self.flags

    def visible_flags(self) -> tuple[Flag, ...]:
        """The flags that ``--help`` shows."""
        return tuple(
            flag
            for flag in self.known_flags()
            if not self.shown or flag.longest in (*self.shown, "config")
        )

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return help_text.usage(self)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        help_text.write_command(self, ctx, formatter)


def command(*, defaults: str = "", shown: str = "") -> Callable[[Callable[..., None]], Command]:
    """Make a function a command.

    Parameters
    ----------
    defaults
        Where the defaults ``AS_IN_PYTHON`` stand: functions or classes as ``module:name``.
    shown
        The flags in ``--help``, by their names; the others are in ``--help-all``. Empty: all.
    """

    def made(function: Callable[..., None]) -> Command:
        groups: dict[str, tuple[Callable[..., Any], list[str]]] = {}
        flat = [*_flat(function, groups), *COMMON]

        def typed(**given: Any) -> None:
            for one in COMMON:
                del given[one.name]
            for name, (make, members) in groups.items():
                given[name] = make({member: given.pop(member) for member in members})
            function(**given)

        typed.__signature__ = inspect.Signature([one.parameter() for one in flat])  # type: ignore[attr-defined]
        typed.__annotations__ = {one.name: one.parameter().annotation for one in flat}
        app = typer.Typer(
            add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
        )
        name = function.__name__.strip("_").replace("_", "-")
        app.command(name, cls=Command, help=help_text.prose(function))(typed)
        built = cast("Command", typer.main.get_command(app))
        built.flags = tuple(
            flag for one in flat if (flag := one.flag()) and flag.name != "help_all"
        )
        built.shown, built.defaults_of = tuple(shown.split()), tuple(defaults.split())
        return built

    return made


def _flat(
    function: Callable[..., None], groups: dict[str, tuple[Callable[..., Any], list[str]]]
) -> Iterator[Flagged]:
    """Every argument and flag of a function; ``groups`` learns what puts them together again."""
    hints = get_type_hints(function, include_extras=True)
    for name, parameter in inspect.signature(function).parameters.items():
        kind, *more = _annotated(hints[name])
        if get_origin(kind) is Given:
            (settings,) = get_args(kind)
            found = list(more[0].of(settings))
            groups[name] = _given(settings), [one.name for one in found]
        elif is_dataclass(kind):
            found = list(_section(kind))
            groups[name] = _group(kind), [one.name for one in found]
        else:
            found = [Flagged(name, kind, more[0] if more else None, parameter.default)]
        yield from (_named(one) for one in found)


def _section(kind: Any) -> Iterator[Flagged]:
    """The flags of a dataclass."""
    hints = get_type_hints(kind, include_extras=True)
    for field in fields(kind):
        default = NOT_SET if field.default is MISSING else field.default
        hint, info = _annotated(hints[field.name])
        yield Flagged(field.name, hint, info, default, inspect.getdoc(kind) or "")


def _named(one: Flagged) -> Flagged:
    """With ``--name`` where the flag does not say how it is typed."""
    if not isinstance(one.info, OptionInfo):
        return one
    info = copy(one.info)
    first = [] if info.default is ... else [info.default]  # typer's place for the first name
    named: list[Any] = [*first, *(info.param_decls or ())]
    info.default = ...
    info.param_decls = named or ["--" + one.name.strip("_").replace("_", "-")]
    return replace(one, info=info)


def _given(kind: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda values: Given(kind, values)


def _group(kind: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda values: kind(**values)


def _annotated(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) is Annotated else (hint,)


def _inner(hint: Any) -> Any:
    """The type of one value: of ``list[int] | None`` it is int."""
    if get_origin(hint) in (Union, UnionType):
        (hint,) = (one for one in get_args(hint) if one is not NoneType)
    return get_args(hint)[0] if get_origin(hint) is list else hint


def _several(hint: Any) -> bool:
    options = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    return any(get_origin(one) is list for one in options)


def _defaults(sources: tuple[str, ...]) -> dict[str, Any]:
    """Every default of functions and classes, by parameter; the first that has one goes."""
    found: dict[str, Any] = {}
    for source in sources:
        for name, parameter in inspect.signature(resolve_name(source)).parameters.items():
            if parameter.default is not NOT_SET:
                found.setdefault(name, parameter.default)
    return found


COMMON = (
    _named(Flagged("config", str | None, config.FLAG, None)),
    _named(Flagged("help_all", bool, help_text.FLAG, False)),
)
