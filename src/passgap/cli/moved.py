"""Commands that are no longer in the package: for one version they name the command that does it.

They take whatever they took, so that the line they answer with can be typed as it is.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence

import typer

from passgap.errors import UsageError

ANYTHING = {"allow_extra_args": True, "ignore_unknown_options": True}


def study(context: typer.Context) -> None:
    """Moved to ``python -m research``."""
    raise _moved("passgap study", context.args)


def worlds(context: typer.Context) -> None:
    """Moved to ``python -m research worlds``."""
    raise _moved("passgap lab worlds", ["worlds", *context.args])


def _moved(old: str, arguments: Sequence[str]) -> UsageError:
    command = shlex.join(["python", "-m", "research", *(arguments or ["--help"])])
    return UsageError(f"{old} is not part of the package any more; from a checkout: {command}")
