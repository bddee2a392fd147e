"""What ``--help`` prints, in 80 columns without boxes: usage, purpose, an example, the flags.

In: a command or a group. Out: text in click's formatter. ``--help`` shows the flags selected for a
command, ``--help-all`` every flag.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import typer
from typer.core import TyperArgument

if TYPE_CHECKING:
    from typer._click import Context, HelpFormatter, Parameter

    from passgap.cli.command import Command, Part

LOOSE = "Flags"
TAKES: Mapping[object, str] = {int: "N", float: "X", str: "NAME"}
WHOLE = "passgap.help_all"  # the context's note that all flags are requested
EXAMPLE = "Example: "
UNBROKEN = "\u00a0"  # a non-breaking space; printed as a space
WIDEST = 27  # columns of a flag; the text of a wider one goes below it


def _show_all(context: typer.Context, asked: bool) -> None:
    if asked and not context.resilient_parsing:
        context.meta[WHOLE] = True
        typer.echo(context.get_help())
        raise typer.Exit


FLAG = typer.Option(help="Show every flag and exit.", is_eager=True, callback=_show_all)


def prose(function: Callable[..., None]) -> str:
    """A docstring with each paragraph on one line: the terminal wraps it."""
    paragraphs = (inspect.getdoc(function) or "").replace("``", "`").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def usage(command: Command) -> list[str]:
    """The arguments and the required flags."""
    arguments = [argument(one) for one in command.params if isinstance(one, TyperArgument)]
    required = [f"--{one.longest} {one.takes}" for one in command.known_flags() if one.required]
    return [*arguments, *required, "[FLAGS]"]


def argument(parameter: Parameter) -> str:
    """An argument as usage shows it, in brackets where it is optional."""
    name = str(parameter.metavar or parameter.name.upper())
    return name if parameter.required or name.startswith("[") else f"[{name}]"


def write_command(command: Command, context: Context, formatter: HelpFormatter) -> None:
    """The help of a command."""
    whole = bool(context.meta.get(WHOLE))
    flags = command.known_flags() if whole else command.visible_flags()
    formatter.write_usage(context.command_path, " ".join(usage(command)))
    _paragraphs(command.help or "", formatter)
    arguments = [one for one in command.params if isinstance(one, TyperArgument)]
    sections = {"Arguments": [(argument(one), one.help or "") for one in arguments], LOOSE: []}
    for flag in flags:
        sections.setdefault(flag.section, []).append(row(flag))
    _sections(sections, formatter)
    formatter.buffer = [part.replace(UNBROKEN, " ") for part in formatter.buffer]
    if len(flags) < len(command.flags):
        formatter.write(f"\nAll flags ({len(command.flags)}): {context.command_path} --help-all\n")


def write_group(
    text: str, sections: Mapping[str, Mapping[str, str]], context: Context, formatter: HelpFormatter
) -> None:
    """The help of a group: its commands by section, each with a line."""
    formatter.write_usage(context.command_path, "COMMAND [FLAGS]")
    _paragraphs(text, formatter)
    _sections(
        {section: list(commands.items()) for section, commands in sections.items()}, formatter
    )
    formatter.write(f"\nFlags of a command: {context.command_path} COMMAND --help\n")


def row(flag: Part) -> tuple[str, str]:
    """A flag as typed, and what it does with its default."""
    typed = ", ".join(sorted(flag.typed, key=len))
    default = shown_default(flag)
    text = flag.help if not default else f"{flag.help} [default:{UNBROKEN}{default}]"
    return f"{typed} {flag.takes}".rstrip(), text


def shown_default(flag: Part) -> str:
    """The default as it would be typed; empty where the flag is off or names it itself."""
    value = flag.default
    if flag.required or value is None or value is False or value in ((), [], ""):
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _paragraphs(text: str, formatter: HelpFormatter) -> None:
    for paragraph in text.split("\n\n"):
        formatter.write("\n")
        if paragraph.startswith(EXAMPLE):  # to be copied: not broken
            heading, command = paragraph.split(": ", 1)
            formatter.write(f"{typer.style(heading, bold=True)}\n  {command}\n")
        else:
            formatter.write_text(paragraph)


def _sections(sections: Mapping[str, Sequence[tuple[str, str]]], formatter: HelpFormatter) -> None:
    """Headed tables with one left edge of their texts."""
    names = [name for rows in sections.values() for name, _ in rows]
    width = max(len(name) for name in names if len(name) <= WIDEST)
    for section, rows in sections.items():
        if rows:
            formatter.write(f"\n{typer.style(section, bold=True)}\n")
            with formatter.indentation():
                formatter.write_dl([(name.ljust(width), text) for name, text in rows], width)
