"""The command-line reference. In: the application. Out: one page, every command and flag.

Made while the site is built, so it cannot fall behind ``--help-all``.
"""

from collections.abc import Iterator
from typing import Any

import typer
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from passgap.cli import app
from passgap.cli.help_text import EXAMPLE, LOOSE, argument, shown_default, usage

PAGE = "reference/command-line.md"
HEAD = """# Command line

Every command and flag, made from the program itself. `passgap COMMAND --help` shows the flags in
bold here, `--help-all` every one. Exit codes: 0 done; 1 the work failed; 2 wrong usage. A verdict
changes the exit code only where `--fail-on LABEL` asks for it. Every command that works for long
can be killed and given again: it resumes where it stopped. What was spelled otherwise before is on
the page [Renamed](renamed.md).

## A file of flags

Every command takes `--config FILE`: a TOML file whose keys are the command's flags, with `-` or
`_`, and its arguments by the names below. Flags that are typed go first. `passgap train` keeps what
it was asked as `OUT/trainer/config.toml`.

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


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the page."""
    files.append(File.generated(config, PAGE, content=page()))
    return files


def page() -> str:
    """The page's Markdown."""
    return "\n\n".join([HEAD, *_sections(typer.main.get_command(app), ("passgap",))]) + "\n"


def _sections(group: Any, path: tuple[str, ...]) -> Iterator[str]:
    """The commands of a group by section, each followed by those below it."""
    for section, names in group.sections.items():
        if len(path) == 1:
            yield f"## {section}"
        for name in names:
            command, here = group.commands[name], (*path, name)
            if hasattr(command, "sections"):
                yield f"{_heading(here)}\n\n{command.about}"
                yield from _sections(command, here)
            else:
                yield "\n\n".join(_command(command, here))


def _heading(path: tuple[str, ...]) -> str:
    return "#" * (1 + len(path)) + " " + " ".join(path)


def _command(command: Any, path: tuple[str, ...]) -> Iterator[str]:
    yield _heading(path)
    yield _help(command.help)
    yield f"```text\n{' '.join([*path, *usage(command)])}\n```"
    given = [one for one in command.params if one.param_type_name == "argument"]
    rows = [f"| `{argument(one)}` | `{one.name}` | {_cell(one.help)} |" for one in given]
    if rows:
        yield "\n".join(["| argument | in a file | is |", "| --- | --- | --- |", *rows])
    sections: dict[str, list[str]] = {LOOSE: []}
    shown = command.visible_flags()
    for flag in command.known_flags():
        sections.setdefault(flag.section, []).append(_flag(flag, flag in shown))
    for section, flags in sections.items():
        if section != LOOSE:
            yield f"**{section}**"
        yield "\n".join(["| flag | default | does |", "| --- | --- | --- |", *flags])


def _help(text: str) -> str:
    """What --help says, its example as a block."""
    before, example, command = text.partition(EXAMPLE)
    return before.strip() + (f"\n\n```shell\n{command.strip()}\n```" if example else "")


def _flag(flag: Any, shown: bool) -> str:
    names = " ".join([", ".join(f"`{name}`" for name in flag.typed), flag.takes]).strip()
    value = shown_default(flag)
    default = "required" if flag.required else f"`{value}`" if value else ""
    return f"| {f'**{names}**' if shown else names} | {default} | {_cell(flag.help)} |"


def _cell(text: str | None) -> str:
    return (text or "").replace("|", r"\|").replace("``", "`").replace("<", "&lt;")
