"""Recipes: a command's flags as a TOML file, read with ``--recipe`` and written beside the result.

In: a file whose keys are the long flags (``learning_rate = 1e-4``; POLICY and PROBLEMS too). Out:
defaults of the command, which flags on the command line go before.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any

import tomli_w
import typer

from passgap.errors import UsageError

FILE = "recipe.toml"
NOT_KEPT = ("out", "recipe")


def _read(context: typer.Context, value: str | None) -> str | None:
    """Make the file's values the command's defaults."""
    if value is None:
        return None
    try:
        with Path(value).open("rb") as file:
            given = tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"--recipe {value!r} cannot be read ({error}); give a TOML file") from None
    names = _names(context)
    unknown = sorted(set(given) - set(names))
    if unknown:
        raise UsageError(
            f"--recipe {value!r} has {', '.join(unknown)}; allowed: {', '.join(sorted(names))}"
        )
    context.default_map = {names[key]: entry for key, entry in given.items()}
    return value


Recipe = Annotated[
    str | None,
    typer.Option(
        "--recipe",
        metavar="FILE",
        help="A TOML file with the values of these flags; flags given here go before.",
        is_eager=True,
        callback=_read,
    ),
]


def asked(context: typer.Context) -> dict[str, Any]:
    """The command's values by their keys in a recipe; what is not set is left out."""
    return {
        key: list(value) if isinstance(value, tuple | list) else value
        for key, name in _names(context).items()
        if (value := context.params.get(name)) is not None
    }


def write(values: dict[str, Any], path: Path) -> None:
    """Keep the values of a command as a recipe, which gives its result again."""
    from passgap.runs import write_text

    write_text(tomli_w.dumps(values), path)


def _names(context: typer.Context) -> dict[str, str]:
    """Each key of a recipe, and the name of its parameter."""
    found = {}
    for parameter in context.command.params:
        longest = max(parameter.opts, key=len).lstrip("-").replace("-", "_")
        if parameter.name and parameter.name not in (*NOT_KEPT, "help"):
            found[longest] = parameter.name
    return found
