"""The command line: a thin layer over the Python face.

Exit codes: 0 done; 1 the work failed; 2 wrong usage. A verdict never changes the exit code unless
``--fail-on LABEL`` asks for it.
"""

from __future__ import annotations

import sys
import warnings

import typer

from passgap._version import __version__
from passgap.cli import analyse, data, draw, imports, lab, learn, results, runs, study, view, watch
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


app.command("demo")(lab.demo)
app.command("sample")(draw.sample)
app.command("verify")(draw.verify)
app.command("probe")(analyse.probe)
app.command("train")(learn.train)
app.command("watch")(watch.watch)
app.command("compare")(analyse.compare)
app.command("reach")(analyse.reach)
app.command("check")(runs.check)
app.command("audit")(runs.audit)
app.command("merge")(runs.merge)
app.command("import")(imports.import_)
app.command("select")(data.select)
app.command("plan")(analyse.plan)
app.command("report")(analyse.report)
app.command("view")(view.view)
app.command("backtest")(analyse.backtest)
data.app.command("counts")(results.export_counts)
data.app.command("passk-inference")(results.export_passk_inference)
data.app.command("scorio")(results.export_scorio)
data.app.command("dataset")(results.export_dataset)
app.add_typer(data.app, name="export")
app.add_typer(lab.app, name="lab")
app.add_typer(study.app, name="study")


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
