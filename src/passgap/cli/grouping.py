"""Groups of flags: a command takes a dataclass, and each of its fields is a flag.

In: a function with such parameters. Out: the function typer reads, one parameter a flag, the flags
of a group in a help panel of their own (the class's docstring names it).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import fields, is_dataclass
from functools import wraps
from typing import Annotated, Any, TypeVar, get_args, get_type_hints

from typer.models import ParameterInfo

R = TypeVar("R")


def grouped(command: Callable[..., R]) -> Callable[..., R]:
    """Let a command take groups of flags."""
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, Any] = {}
    flat: list[inspect.Parameter] = []
    for parameter in inspect.signature(command).parameters.values():
        kind = hints[parameter.name]
        if is_dataclass(kind):
            groups[parameter.name] = kind
            flat += _flags(kind)
        else:
            keyword = inspect.Parameter.KEYWORD_ONLY
            flat.append(parameter.replace(annotation=kind, kind=keyword))

    @wraps(command)
    def typed(**given: Any) -> R:
        for name, kind in groups.items():
            given[name] = kind(**{field.name: given.pop(field.name) for field in fields(kind)})
        return command(**given)

    typed.__signature__ = inspect.Signature(flat)  # type: ignore[attr-defined]
    typed.__annotations__ = {one.name: one.annotation for one in flat}
    return typed


def _flags(kind: Any) -> Iterator[inspect.Parameter]:
    """A group's fields as parameters."""
    hints = get_type_hints(kind, include_extras=True)
    panel = inspect.getdoc(kind)
    for field in fields(kind):
        value, info = get_args(hints[field.name])
        assert isinstance(info, ParameterInfo)
        info = copy(info)
        info.rich_help_panel = panel
        yield inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=field.default,
            annotation=Annotated[value, info],
        )
