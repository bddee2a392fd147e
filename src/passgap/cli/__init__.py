"""The command line: a thin layer over the Python face.

Exit codes: 0 done; 1 the work failed; 2 wrong usage. A verdict never changes the exit code unless
``--fail-on LABEL`` asks for it.
"""

from __future__ import annotations

import inspect
import sys
import warnings
from collections.abc import Callable

import typer

from passgap._version import __version__
from passgap.cli import (
    after,
    before,
    data,
    draw,
    imports,
    lab,
    learn,
    moved,
    results,
    runs,
    view,
    watch,
)
from passgap.errors import PassgapError
from passgap.plain import visible

INTERRUPTED = 130  # what typer makes of Ctrl-C

app = typer.Typer(
    name="passgap",
    help="Can RLVR pay on this model, and what did it teach? Sample, probe, train, compare.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def _version(asked: bool) -> None:
    if asked:
        print(f"passgap {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(
        False, "--version", help="Print the version.", is_eager=True, callback=_version
    ),
) -> None:
    """The options before a command."""


COMMANDS: dict[str, Callable[..., None]] = {
    "demo": lab.demo,
    "sample": draw.sample,
    "verify": draw.verify,
    "probe": before.probe,
    "train": learn.train,
    "watch": watch.watch,
    "compare": after.compare,
    "reach": after.reach,
    "check": runs.check,
    "audit": runs.audit,
    "merge": runs.merge,
    "import": imports.import_,
    "select": data.select,
    "plan": before.plan,
    "report": after.report,
    "view": view.view,
    "backtest": before.backtest,
}
EXPORTS: dict[str, Callable[..., None]] = {
    "counts": results.export_counts,
    "passk-inference": results.export_passk_inference,
    "scorio": results.export_scorio,
    "dataset": results.export_dataset,
}


def _prose(command: Callable[..., None]) -> str:
    """A docstring with each paragraph on one line: the terminal breaks it where it ends."""
    paragraphs = (inspect.getdoc(command) or "").replace("``", "`").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _add(group: typer.Typer, commands: dict[str, Callable[..., None]]) -> None:
    for name, command in commands.items():
        group.command(name, help=_prose(command))(command)


_add(app, COMMANDS)
_add(data.app, EXPORTS)
app.add_typer(data.app, name="export")
app.add_typer(lab.app, name="lab")
for group, name, command in ((app, "study", moved.study), (lab.app, "worlds", moved.worlds)):
    group.command(name, hidden=True, add_help_option=False, context_settings=dict(moved.ANYTHING))(
        command
    )


def main() -> None:
    """Run the command line; a deliberate error is one line on standard error."""
    warnings.simplefilter("ignore", FutureWarning)  # for those who write code, not who run it
    try:
        app()
    except PassgapError as error:
        print(f"passgap: {visible(error)}", file=sys.stderr)
        sys.exit(error.exit_code)
    except SystemExit as end:
        if end.code == INTERRUPTED:
            print(
                "passgap: interrupted; the same command goes on where it stopped", file=sys.stderr
            )
        raise
