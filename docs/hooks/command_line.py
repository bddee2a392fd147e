"""The command-line reference. In: the typer application. Out: one page, every command and flag.

Made while the site is built, so it cannot fall behind ``--help``.
"""

import typing
from collections.abc import Iterator
from typing import Any

import typer
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from passgap.cli import app

PAGE = "reference/command-line.md"
KINDS = {int: "whole number", float: "number", str: "text", bool: "switch"}
HEAD = """# Command line

Every command and flag, made from the program itself. Exit codes: 0 done; 1 the work failed; 2 wrong
usage. A verdict changes the exit code only where `--fail-on LABEL` asks for it. Every command that
works for long can be killed and given again: it goes on where it stopped.
"""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the page."""
    files.append(File.generated(config, PAGE, content=page()))
    return files


def page() -> str:
    """The page's Markdown."""
    commands = _commands(typer.main.get_command(app), ())
    return "\n\n".join([HEAD, *(_section(path, command) for path, command in commands)]) + "\n"


def _commands(group: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    shown = {name: one for name, one in group.commands.items() if not one.hidden}
    for name, command in shown.items():
        yield (*path, name), command
        if hasattr(command, "commands"):
            yield from _commands(command, (*path, name))


def _section(path: tuple[str, ...], command: Any) -> str:
    name = " ".join(("passgap", *path))
    parts = ["#" * (1 + len(path)) + f" {name}", _help(command.help or "")]
    if hasattr(command, "commands"):
        return "\n\n".join(parts)
    given = [p for p in command.params if p.param_type_name == "argument"]
    flags = [p for p in command.params if p.param_type_name == "option"]
    usage = " ".join([name, *(_argument(p) for p in given), *_required(flags), "[FLAGS]"])
    parts.append(f"```text\n{usage}\n```")
    if given:
        rows = [f"| `{_argument(p)}` | {_cell(p.help)} |" for p in given]
        parts.append("\n".join(["| argument | is |", "| --- | --- |", *rows]))
    panels: dict[str, list[Any]] = {}
    for flag in flags:
        panels.setdefault(getattr(flag, "rich_help_panel", None) or "", []).append(flag)
    for panel, members in panels.items():
        parts += [f"**{panel}**"] * bool(panel)
        head = ["| flag | takes | default | does |", "| --- | --- | --- | --- |"]
        parts.append("\n".join([*head, *(_flag(p) for p in members)]))
    return "\n\n".join(parts)


def _help(text: str) -> str:
    """What --help says, its example as a block."""
    before, example, command = text.partition("Example: ")
    return before.strip() + (f"\n\n```shell\n{command.strip()}\n```" if example else "")


def _argument(parameter: Any) -> str:
    name = parameter.metavar or parameter.name.upper()
    return name if parameter.required or name.startswith("[") else f"[{name}]"


def _required(flags: list[Any]) -> list[str]:
    return [f"{p.opts[0]} {_takes(p).upper()}" for p in flags if p.required]


def _flag(parameter: Any) -> str:
    names = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
    return f"| {names} | {_takes(parameter)} | {_default(parameter)} | {_cell(parameter.help)} |"


def _takes(parameter: Any) -> str:
    kind = parameter.type_descriptor.annotation
    several = typing.get_origin(kind) is list
    kind = typing.get_args(kind)[0] if several else kind
    word = parameter.metavar or KINDS.get(kind, getattr(kind, "__name__", str(kind)))
    return f"{word}, repeatable" if several else word


def _default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    value = parameter.default
    absent = value is None or value is False or value in ((), "", [])
    return "" if absent else f"`{value}`"


def _cell(text: str | None) -> str:
    return (text or "").replace("|", r"\|").replace("``", "`").replace("<", "&lt;")
