"""Old spellings: they do what they did, say what to type from now on, and stand in the docs."""

import json
import re
from pathlib import Path

import pytest
from commands import run

from passgap.cli import renamed

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "renamed.md"
FAKE = ("--engine", "fake", "--max-tokens", 8)


@pytest.fixture
def problems(tmp_path):
    path = tmp_path / "problems.jsonl"
    rows = [{"question": f"What is {i} + 1?", "answer": str(i + 1)} for i in range(80)]
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def notes(done):
    return [line for line in done.stderr.splitlines() if "old spelling" in line]


def test_probe_of_a_policy_still_samples_verifies_and_probes(problems, tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    done = run("probe", "m", problems, "--out", old, *FAKE, "-n", 24, "--json")
    assert done.returncode == 0, done.stderr
    assert notes(done) == [
        "passgap: passgap probe POLICY PROBLEMS is now passgap sample, passgap verify and passgap "
        "probe RUN; the old spelling will be removed in the next version"
    ]
    run("sample", "m", problems, "--out", new, *FAKE, "-n", 24)
    run("verify", new)
    now = run("probe", new, "--json")
    assert now.stderr == ""
    assert json.loads(done.stdout)["verdict"] == json.loads(now.stdout)["verdict"]


def test_probe_adaptive_has_an_old_spelling(problems, tmp_path):
    flags = (*FAKE, "--first", 16, "--most", 32, "--json")
    old = run("probe", "m", problems, f"--out={tmp_path / 'old'}", "--adaptive", *flags)
    assert len(notes(old)) == 1
    new = run("probe-adaptive", "m", problems, "--out", tmp_path / "new", *flags)
    assert notes(new) == []
    assert json.loads(old.stdout)["verdict"] == json.loads(new.stdout)["verdict"]


def test_an_old_flag_is_its_new_one(tmp_path):
    file = tmp_path / "flags.toml"
    file.write_text("lerning_rate = 1\n")
    for typed in (("--recipe", file), (f"--recipe={file}",)):
        done = run("train", *typed)
        assert notes(done) == [
            "passgap: --recipe is now --config; the old spelling will be removed in the next "
            "version"
        ]
        assert f"--config '{file}' has lerning_rate" in done.stderr


def test_the_old_name_of_a_trainings_config_is_found(tmp_path):
    (tmp_path / "config.toml").write_text("lerning_rate = 1\n")
    done = run("train", "--config", tmp_path / "recipe.toml")
    assert len(notes(done)) == 1
    assert "has lerning_rate" in done.stderr
    (tmp_path / "recipe.toml").write_text("steeps = 1\n")  # a file of that name is that file
    done = run("train", "--config", tmp_path / "recipe.toml")
    assert notes(done) == []
    assert "has steeps" in done.stderr


def test_the_docs_have_a_row_for_each():
    rows = re.findall(r"^\| `([^`]+)`.* \| .*`", PAGE.read_text(), re.MULTILINE)
    wanted = [old for flags in renamed.FLAGS.values() for old in flags]
    for old in (*wanted, "probe POLICY PROBLEMS", "--adaptive", "recipe.toml", "study", "worlds"):
        assert any(old in row for row in rows), old
