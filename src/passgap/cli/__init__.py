"""The command line: a thin layer over the Python functions, with one file per command.

Exit codes: 0 done; 1 the work failed; 2 wrong usage. A verdict never changes the exit code unless
``--fail-on LABEL`` asks for it.
"""

from __future__ import annotations

import errno
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from passgap._version import __version__
from passgap.cli import renamed
from passgap.cli.groups import Group
from passgap.errors import PassgapError, WorkError
from passgap.plain import visible

if TYPE_CHECKING:
    from typer._click import Command, Context

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
INTERRUPTED = 130  # what typer makes of Ctrl-C
ABOUT = """Can RLVR pay on this model, and what did it teach?

New here? `passgap demo` runs the whole loop on small embedded models, in minutes, on the CPU."""

SECTIONS = {
    "Before training": {
        "sample": "Draw n completions per problem from a model",
        "verify": "Mark each completion correct or incorrect",
        "probe": "The verdict: can RLVR pay on this base?",
        "probe-adaptive": "All three in one, with only as many samples as needed",
        "forecast": "What RLVR will make of this base, with intervals",
        "plan": "How many problems, samples and seeds a claim needs",
        "select": "Choose the problems that teach, and a control set",
        "backtest": "How well forecast and rule predicted past runs",
    },
    "During training": {
        "train": "GRPO and similar methods through TRL",
        "watch": "Learning signal, problems solved and lost, early warnings",
        "keep": "Which checkpoint is best, from few samples of most",
        "export": "Training jobs for verl, OpenRLHF, TRL; data for other tools",
    },
    "After training": {
        "compare": "The verdict: sharpened, narrowed, expanded?",
        "reach": "Could the base have solved what only the trained did?",
        "report": "Everything on one self-contained HTML page",
        "view": "Problems and completions in the browser",
    },
    "Data": {
        "import": "Another tool's log as a run; two logs give a verdict",
        "check": "Cloned samples, truncation, bad references, prompt mismatch",
        "audit": "Check a verifier by hand; try a reward with hostile texts",
        "merge": "Join runs sampled on several machines",
    },
    "Lab": {"demo": "The whole loop on the embedded lab", "lab": "Remake the lab's policies"},
}


class Passgap(Group):
    """The commands, grouped by when they are used."""

    package = "passgap.cli"
    about = ABOUT
    sections = SECTIONS
    hidden_commands = ("probe-policy",)

    def resolve_command(
        self, ctx: Context, args: list[str]
    ) -> tuple[str | None, Command | None, list[str]]:
        return super().resolve_command(ctx, renamed.command(args))


app = typer.Typer(
    name="passgap",
    cls=Passgap,
    help=Passgap.about,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
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


def main() -> None:
    """Run the command line; a deliberate error is one line on standard error."""
    warnings.simplefilter("ignore", FutureWarning)  # for developers, not for users
    try:
        with _printing():
            app(prog_name="passgap")
    except PassgapError as error:
        print(f"passgap: {visible(error)}", file=sys.stderr)
        sys.exit(error.exit_code)
    except SystemExit as end:
        if end.code == INTERRUPTED:
            print(
                "passgap: interrupted; the same command resumes where it stopped", file=sys.stderr
            )
        raise


@contextmanager
def _printing() -> Iterator[None]:
    """Write out what is printed; a WorkError where it is sent to a disk that is full."""
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except OSError as error:
        if error.errno not in (*FULL, errno.EPIPE):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is left to print
        if error.errno == errno.EPIPE:  # whoever read it has read enough, such as head
            sys.exit(1)
        raise WorkError(
            f"cannot write the result: {error.strerror}; free space, and run the same command again"
        ) from error
