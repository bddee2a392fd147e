"""The command line run in this process: as a shell would see it, without starting Python anew."""

import contextlib
import io
import sys
from types import SimpleNamespace
from unittest import mock

from passgap.cli import main


def run(*arguments, cwd="."):
    """``returncode``, ``stdout`` and ``stderr`` of ``passgap ARGUMENTS``."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    with (
        mock.patch.object(sys, "argv", ["passgap", *map(str, arguments)]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        contextlib.chdir(cwd),
    ):
        try:
            main()
        except SystemExit as end:
            code = 0 if end.code is None else end.code
    return SimpleNamespace(returncode=code, stdout=out.getvalue(), stderr=err.getvalue())
