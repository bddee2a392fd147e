"""``python -m research`` in a checkout, and what the package says of the commands that moved."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
README = (ROOT / "research" / "README.md").read_text()


def ran(*arguments):
    return subprocess.run(
        [sys.executable, "-m", *map(str, arguments)], capture_output=True, text=True, cwd=ROOT
    )


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """(the finished command, its folder)"""
    folder = tmp_path_factory.mktemp("study")
    rows = [{"question": f"{i} + {i}?", "answer": str(2 * i)} for i in range(40)]
    problems = folder / "problems.jsonl"
    problems.write_text("".join(json.dumps(row) + "\n" for row in rows))
    flags = ["--engine", "fake", "-n", 16, "--temperature", 1, "--temperature", 0.5]
    flags += ["--verifier", "numeric", "--out", folder / "runs", "--page", folder / "t.md"]
    return ran("research", "temperature", "base", "trained", problems, *flags, "--json"), folder


def test_the_temperature_study_prints_its_json_and_writes_its_page(study):
    done, folder = study
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["temperatures"] == [0.5, 1.0]
    page = (folder / "t.md").read_text()
    assert "Made by:\n\n    python -m research temperature base trained" in page
    assert (folder / "t" / "envelope.png").read_bytes().startswith(b"\x89PNG")


def test_the_readme_says_every_name_of_the_json(study):
    result = json.loads(study[0].stdout)
    section = README.partition(f"## {result['schema']}\n")[2]
    listed = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    assert {name for row in listed for name in re.findall(r"`(\w+)`", row)} == set(result)


def test_the_readme_has_a_line_for_every_file():
    listed = set(re.findall(r"^  (\w+\.py) ", README, re.MULTILINE))
    files = {path.name for path in (ROOT / "research").glob("*.py")} - {"__init__.py"}
    assert listed == files


def test_a_wrong_request_is_one_line():
    done = ran("research", "temperature", "a", "b", "c.jsonl", "--out", "x", "--page", "x.html")
    assert done.returncode == 2
    assert done.stderr == "research: --page 'x.html'; allowed: a .md file\n"


@pytest.mark.parametrize(
    ("typed", "now"),
    [
        (
            "study temperature lab:base policies/rare lab:rare -n 8 --out runs/t",
            "temperature lab:base policies/rare lab:rare -n 8 --out runs/t",
        ),
        ("study algorithms --study 'group size'", "algorithms --study 'group size'"),
        ("study", "--help"),
        ("lab worlds --seeds 5 --out runs/worlds", "worlds --seeds 5 --out runs/worlds"),
        ("lab worlds --help", "worlds --help"),
    ],
)
def test_the_package_names_the_command_that_does_it_now(typed, now):
    done = ran("passgap", *shlex.split(typed))
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.endswith(
        f"no longer part of the package; from a checkout: python -m research {now}"
    )


@pytest.mark.parametrize("group", [(), ("lab",)])
def test_what_has_moved_is_not_in_help(group):
    shown = ran("passgap", *group, "--help").stdout
    assert "COMMAND" in shown
    assert "study" not in shown
    assert "worlds" not in shown
