"""``--config FILE``: what is wrong in it is named, what is typed goes first."""

import pytest
from catalogue import commands, parsed
from commands import run

TRAIN = dict(commands())["train"]


def written(tmp_path, text):
    file = tmp_path / "flags.toml"
    file.write_text(text)
    return file


def test_what_is_typed_goes_first(tmp_path):
    file = written(tmp_path, 'policy = "a"\nproblems = "b"\nout = "o"\nsteps = 5\nstop = "x"\n')
    found = parsed(TRAIN, "--config", file, "--steps", 7)
    assert (found["policy"], found["steps"], found["out"]) == ("a", 7, "o")
    assert list(found["stop"]) == ["x"], "one value needs no list"
    assert found["group_size"] == 8


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lerning_rate = 1e-4", "has lerning_rate; allowed: "),
        ("steps = ", "cannot be read"),
        ('config = "x"', "has config; allowed: "),
    ],
)
def test_a_wrong_file_is_told(tmp_path, text, said):
    done = run("train", "--config", written(tmp_path, text))
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("passgap: --config ")
    assert said in line


def test_a_value_of_the_wrong_kind_is_told_by_its_flag(tmp_path):
    text = 'policy = "lab:base"\nproblems = "lab:rare"\nout = "o"\nsteps = "many"\n'
    done = run("train", "--config", written(tmp_path, text))
    assert done.returncode == 2
    assert "--steps" in done.stderr


def test_a_file_that_is_not_there_is_told(tmp_path):
    done = run("probe", "--config", tmp_path / "none.toml")
    assert done.returncode == 2
    assert "none.toml' cannot be read" in done.stderr


def test_a_whole_command_can_stand_in_a_file(tmp_path):
    text = 'policies = ["m", "lab:rare?size=4"]\nengine = "fake"\ndraws = 8\nout = "run"\n'
    done = run("sample", "--config", written(tmp_path, text), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "32 completions" in done.stdout
