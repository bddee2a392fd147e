"""``--stop`` and ``--no-stop``: what is said, what is recorded, what is refused."""

import json

import pytest
from commands import run

SAID = 'stop strings "\\nQuestion:", which begins the next question'


@pytest.fixture
def folder(tmp_path):
    for name, numbers in {"p": range(8), "shots": range(50, 53)}.items():
        rows = [{"question": f"{i}+{i}?", "answer": str(2 * i)} for i in numbers]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    return tmp_path


def drawn(folder, *flags, out="run"):
    asked = ("x", "p.jsonl", "--engine", "fake", "-n", "4", "--shots", "shots.jsonl", "--out", out)
    return run("sample", *asked, *flags, cwd=folder)


def recorded(folder, out="run"):
    manifest = json.loads((folder / out / "manifest.json").read_text())
    return manifest["sampling"]["stop"], manifest["prompt"].get("stop_by_default", False)


def test_the_default_is_said_in_one_line_and_recorded(folder):
    done = drawn(folder, "--template", "plain")
    assert done.returncode == 0
    assert done.stderr.count(SAID) == 1
    assert "--no-stop" in done.stderr
    assert recorded(folder) == (["\nQuestion:"], True)


@pytest.mark.parametrize(
    ("flags", "stop"),
    [
        (("--stop", r"\n"), ["\n"]),
        (("--stop", "Q:", "--stop", ";"), ["Q:", ";"]),
        (("--no-stop",), []),
    ],
)
def test_what_is_asked_for_goes_before(folder, flags, stop):
    done = drawn(folder, *flags)
    assert done.returncode == 0
    assert "stop string" not in done.stderr
    assert recorded(folder) == (stop, False)


def test_both_are_refused(folder):
    done = drawn(folder, "--stop", "x", "--no-stop")
    assert done.returncode == 2
    assert "--stop 'x' and --no-stop are given" in done.stderr
    assert not (folder / "run").exists()


def test_several_policies_are_said_once(folder):
    asked = ("--engine", "fake", "-n", "4", "--shots", "shots.jsonl", "--out", "runs")
    done = run("sample", "x", "y", "p.jsonl", *asked, cwd=folder)
    assert done.returncode == 0
    assert done.stderr.count(SAID) == 1
    assert recorded(folder, "runs/x") == recorded(folder, "runs/y") == (["\nQuestion:"], True)


def test_a_run_without_them_says_that_it_goes_on_so(folder):
    assert drawn(folder, "--no-stop").returncode == 0
    done = drawn(folder)
    assert done.returncode == 0
    assert "run was started without stop strings and continues without them" in done.stderr
    assert recorded(folder) == ([], False)


def test_probe_adaptive_takes_them_and_keeps_its_json_clean(folder):
    asked = ("--engine", "fake", "--shots", "shots.jsonl", "--out", "run", "--json")
    done = run("probe-adaptive", "x", "p.jsonl", *asked, cwd=folder)
    assert done.returncode == 0
    assert SAID in done.stderr
    assert json.loads(done.stdout)["schema"] == "passgap.adaptive_probe/1"
    assert recorded(folder) == (["\nQuestion:"], True)
