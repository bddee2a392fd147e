"""The command-line reference. In: the application. Out: an overview, and a page for each command.

Made while the site is built, so it cannot fall behind ``--help-all``. The navigation groups the
pages by moment, as ``passgap --help`` does.
"""

from collections.abc import Iterator
from typing import Any

import typer
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from passgap.cli import app
from passgap.cli.help_text import EXAMPLE, LOOSE, argument, shown_default, usage

FOLDER = "reference/commands"
OVERVIEW = f"{FOLDER}/index.md"
HEAD = """# Command line

Every command has a page, generated from the program itself. `passgap COMMAND --help` shows the
flags that are bold on these pages; `--help-all` shows all of them.

Exit codes: 0, done; 1, the work failed; 2, wrong usage. A verdict changes the exit code only if
`--fail-on LABEL` is given. A command that runs for long can be interrupted at any time: the same
command resumes where it stopped. Earlier spellings are listed under [Renamed](../renamed.md).
"""
CONFIG = """## Flags from a file

Every command takes `--config FILE`, a TOML file. Its keys are the command's flags, written with `-`
or `_`, and its arguments under the names given on the command's page. Flags on the command line
take precedence. `passgap train` saves its settings as `OUT/trainer/config.toml`.

```toml
# passgap sample --config base.toml --out runs/base
policies = ["Qwen/Qwen3-0.6B", "gsm8k"]
draws = 128
max-tokens = 1024
template = "boxed"
engine = "vllm"
engine-arg = ["max_model_len=4096"]
```
"""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the commands into the navigation, below the overview, a group for each moment."""
    reference = next(part["Reference"] for part in config.nav if "Reference" in part)
    commands = next(part["Command line"] for part in reference if "Command line" in part)
    for section, names in _top().sections.items():
        commands.append({section: [{name: _place(name)} for name in names]})
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages."""
    for place, text in pages().items():
        files.append(File.generated(config, place, content=text))
    return files


def pages() -> dict[str, str]:
    """The Markdown of each page, by its place."""
    group = _top()
    names = [name for section in group.sections.values() for name in section]
    return {OVERVIEW: "\n\n".join([HEAD, *_overview(group), CONFIG])} | {
        _place(name): "\n\n".join(_sections(group.commands[name], ("passgap", name))) + "\n"
        for name in names
    }


def _top() -> Any:
    return typer.main.get_command(app)


def _place(name: str) -> str:
    return f"{FOLDER}/{name}.md"


def _overview(group: Any) -> Iterator[str]:
    """A table of commands for each moment."""
    for section, about in group.sections.items():
        rows = [
            f"| [`passgap {name}`]({name}.md) | {_cell(what)} |" for name, what in about.items()
        ]
        yield f"## {section}\n\n" + "\n".join(["| command | does |", "| --- | --- |", *rows])


def _sections(command: Any, path: tuple[str, ...]) -> Iterator[str]:
    """A command, or a group followed by the commands below it."""
    if not hasattr(command, "sections"):
        yield from _command(command, path)
        return
    yield f"{_heading(path)}\n\n{command.about}"
    for names in command.sections.values():
        for name in names:
            yield from _sections(command.commands[name], (*path, name))


def _heading(path: tuple[str, ...]) -> str:
    return "#" * (len(path) - 1) + " " + " ".join(path)


def _command(command: Any, path: tuple[str, ...]) -> Iterator[str]:
    about, _, example = command.help.partition(EXAMPLE)
    yield _heading(path)
    yield f"```text\n{' '.join([*path, *usage(command)])}\n```"
    yield about.strip()
    if example:
        yield f"Example:\n\n```shell\n{example.strip()}\n```"
    given = [one for one in command.params if one.param_type_name == "argument"]
    rows = [f"| `{argument(one)}` | `{one.name}` | {_cell(one.help)} |" for one in given]
    if rows:
        yield "\n".join(["| argument | name in a file | meaning |", "| --- | --- | --- |", *rows])
    sections: dict[str, list[str]] = {LOOSE: []}
    shown = command.visible_flags()
    for flag in command.known_flags():
        sections.setdefault(flag.section, []).append(_flag(flag, flag in shown))
    for section, flags in sections.items():
        if flags:
            yield f"**{section}**"
            yield "\n".join(["| flag | meaning |", "| --- | --- |", *flags])


def _flag(flag: Any, shown: bool) -> str:
    names = " ".join([", ".join(f"`{name}`" for name in flag.typed), flag.takes]).strip()
    value = shown_default(flag)
    default = " (required)" if flag.required else f" (default: `{value}`)" if value else ""
    return f"| {f'**{names}**' if shown else names} | {_cell(flag.help)}{default} |"


def _cell(text: str | None) -> str:
    return (text or "").replace("|", r"\|").replace("``", "`").replace("<", "&lt;")
