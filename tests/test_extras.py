"""A missing extra is one line with its pip line, and comes before any work.

The packages of the extra are hidden from a child process; what it does not ask for has to work.
"""

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

HIDE = """
import importlib.metadata, sys
absent = set(sys.argv.pop(1).split(","))
class Absent:
    def find_spec(self, name, *_):
        if name.partition(".")[0] in absent:
            raise ModuleNotFoundError(name, name=name.partition(".")[0])
sys.meta_path.insert(0, Absent())
known = importlib.metadata.distribution
def distribution(name):
    if name.replace("-", "_") in absent:
        raise importlib.metadata.PackageNotFoundError(name)
    return known(name)
importlib.metadata.distribution = distribution
from passgap.cli import main
main()
"""
CHARTS = "altair,vl_convert"
EXTRAS = "altair,vl_convert,math_verify,sympy,fsspec,tomli_w"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two verified runs: by ``numeric`` in the core alone, by ``math`` where it is installed."""
    place = tmp_path_factory.mktemp("extras")
    rows = [{"question": f"{i} + {i}?", "answer": str(2 * i)} for i in range(80)]
    (place / "problems.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    drawn = ["sample", "known", "problems.jsonl", "--engine", "fake", "-n", "32"]
    for absent, *arguments in (
        (EXTRAS, *drawn, "--verifier", "numeric", "--out", "run"),
        (EXTRAS, "verify", "run"),
        ("", *drawn, "--out", "elsewhere"),
        ("", "verify", "elsewhere"),
    ):
        done = without(absent, place, *arguments)
        assert done.returncode == 0, done.stderr
    return place


def without(absent, folder, *arguments):
    return subprocess.run(
        [sys.executable, "-c", HIDE, absent, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("probe", "run"),
        ("probe", "run", "--json"),
        ("compare", "run", "run"),
        ("probe", "elsewhere"),
        ("check", "elsewhere"),
        ("plan", "run", "--half-width", "0.05"),
        ("select", "run", "--out", "teach"),
        ("export", "counts", "run", "--out", "counts.csv"),
        ("verify", "--try", "18", "it is 18", "--verifier", "numeric"),
    ],
)
def test_the_core_needs_no_extra(folder, arguments):
    done = without(EXTRAS, folder, *arguments)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("absent", "package", "extra", "arguments"),
    [
        ("altair", "altair", "charts", ("report", "run", "--out", "made")),
        ("vl_convert", "vl-convert-python", "charts", ("report", "run", "--out", "made")),
        (CHARTS, "altair", "charts", ("compare", "run", "run", "--figure", "made.svg")),
        ("math_verify", "math-verify", "math", ("verify", "run", "--verifier", "math")),
        ("math_verify", "math-verify", "math", ("verify", "--try", "1", "1")),
        (
            "math_verify",
            "math-verify",
            "math",
            ("sample", "known", "problems.jsonl", "--engine", "fake", "--out", "made"),
        ),
        ("fsspec", "fsspec", "remote", ("probe", "s3://bucket/run")),
    ],
)
def test_a_missing_extra_is_one_line_before_any_work(folder, absent, package, extra, arguments):
    done = without(absent, folder, *arguments)
    assert done.returncode == 2
    assert done.stderr.strip() == (
        f"passgap: {package} is not installed; it comes with: pip install 'passgap[{extra}]' "
        f"(in a clone: '.[{extra}]')"
    )
    assert done.stdout == ""
    assert not list(folder.glob("made*"))
