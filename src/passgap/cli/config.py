"""``--config FILE``: a command's arguments and flags as a TOML file, read and written.

In: a file whose keys are the names of flags (``learning-rate = 1e-4``, or ``learning_rate``) and
arguments (``policy``, ``problems``). Out: the defaults of the command; what is typed takes
precedence.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from passgap.cli import renamed
from passgap.errors import UsageError
from passgap.plain import Json

if TYPE_CHECKING:
    from typer._click import Parameter

FILE = "config.toml"
NOT_KEYS = ("help", "help_all", "config", "notify")  # a file may come from a stranger


def _read(context: typer.Context, value: str | None) -> str | None:
    """Make the file's values the command's defaults."""
    if value is None:
        return None
    try:
        with renamed.config_file(Path(value)).open("rb") as file:
            found = tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"--config {value!r} cannot be read ({error}); give a TOML file") from None
    known = _keys(context)
    given = {key.replace("-", "_"): entry for key, entry in found.items()}
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise UsageError(
            f"--config {value!r} has {', '.join(unknown)}; allowed: {', '.join(sorted(known))}"
        )
    # Set as defaults, not as values, so that what is typed beside --config wins without further
    # rules.
    context.default_map = {
        known[key].name: _entry(known[key], entry) for key, entry in given.items()
    }
    return value


FLAG = typer.Option(
    metavar="FILE",
    help="Read flags from a TOML file; typed flags take precedence.",
    is_eager=True,
    callback=_read,
)


def resolved(context: typer.Context, *without: str) -> dict[str, Json]:
    """Everything a command was given, by the keys of such a file; what is not set is left out."""
    return {
        key: list(value) if isinstance(value, tuple | list) else value
        for key, parameter in _keys(context).items()
        if key not in without and (value := context.params.get(parameter.name)) is not None
    }


def write(values: dict[str, Json], path: Path) -> None:
    """Save what a command was given, so that ``--config`` reproduces its result."""
    from passgap.runs import write_text

    lines = (f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in values.items())
    write_text("".join(lines).replace("\x7f", "\\u007f"), path)  # TOML also escapes this character


def _keys(context: typer.Context) -> dict[str, Parameter]:
    """The parameter behind each key."""
    longest = {
        max(parameter.opts, key=len).lstrip("-").replace("-", "_"): parameter
        for parameter in context.command.params
    }
    return {key: parameter for key, parameter in longest.items() if key not in NOT_KEYS}


def _entry(parameter: Parameter, entry: object) -> object:
    """One value of a repeatable flag needs no list around it."""
    several = parameter.multiple or parameter.nargs == -1
    return [entry] if several and not isinstance(entry, list) else entry
