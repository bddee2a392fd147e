"""Every command of the command line, by what is typed after ``passgap``."""

import typer

from passgap.cli import app

OLD = ("probe-policy",)  # reached through their old spelling only


def commands():
    """(name, command) of each that ``--help`` leads to."""
    return [(name, one) for name, one in _below(typer.main.get_command(app), ()) if name not in OLD]


def _below(group, path):
    for name, one in group.commands.items():
        if hasattr(one, "commands"):
            yield from _below(one, (*path, name))
        else:
            yield " ".join((*path, name)), one


def parsed(command, *arguments):
    """The values that a command would be called with, by parameter."""
    return command.make_context(command.name, [str(one) for one in arguments]).params
