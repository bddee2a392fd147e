"""A command or a flag that a message names exists, and works as it is printed."""

import ast
import re
import shlex
from pathlib import Path

import pytest
from catalogue import commands, parsed
from commands import run

import passgap

SOURCE = Path(passgap.__file__).parent
COMMANDS = dict(commands())
GROUPS = {name.split()[0] for name in COMMANDS if " " in name}
FLAGS = {f"--{flag.longest}" for one in COMMANDS.values() for flag in one.flags}
OTHERS = {  # what other programs, and passgap without a command, take
    "--help", "--help-all", "--version", "--name", "--nproc_per_node", "--local-dir",
    "--log_samples", "--log_completions", "--save-debug-rollout-data", "--save_traces"
}  # fmt: skip
NOT_OURS = (
    "verifiers/workers/sandbox.py",
    "cli/renamed.py",
    "cli/probe_policy.py",
)  # bubblewrap; old


def texts(path):
    """Every text of a file, an f-string with X for each value."""
    tree = ast.parse(path.read_text())
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)
             for part in node.values}  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(p.value if isinstance(p, ast.Constant) else "X" for p in node.values)
        elif isinstance(getattr(node, "value", None), str) and id(node) not in parts:
            yield node.value


TEXTS = [
    (str(path.relative_to(SOURCE)), text)
    for path in sorted(SOURCE.rglob("*.py"))
    for text in texts(path)
    if not str(path.relative_to(SOURCE)).endswith(NOT_OURS)
]


def test_a_flag_that_is_named_exists():
    named = [(file, flag) for file, text in TEXTS
             for flag in re.findall(r"(?<![\w-])--[a-z][\w-]*\w", text)]  # fmt: skip
    assert len(named) > 150
    assert [one for one in named if one[1] not in FLAGS | OTHERS] == []


def test_a_command_that_is_named_has_the_flags_named_with_it():
    wrong, seen = [], 0
    for file, text in TEXTS:
        for words in re.findall(r"passgap ([a-z][^;:,()`]*)", text):
            name = next((n for n in COMMANDS if f"{words} ".startswith(f"{n} ")), None)
            if name is None:
                continue
            seen += 1
            has = {f"--{flag.longest}" for flag in COMMANDS[name].flags}
            wrong += [
                (file, name, f) for f in re.findall(r"--[a-z][\w-]*\w", words) if f not in has
            ]
    assert seen > 60
    assert wrong == []


def hint(text):
    """The command at the end of what was printed."""
    return shlex.split(re.findall(r"(?:next|and then|run):? passgap ([^;,\n]+)", text)[-1])


@pytest.fixture
def drawn(tmp_path):
    done = run("sample", "m", "lab:rare?size=80", "--engine", "fake", "-n", 8, "--out", "a",
               cwd=tmp_path)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return tmp_path, done


def test_each_step_names_the_next_one(drawn):
    folder, done = drawn
    verified = run(*hint(done.stdout), cwd=folder)
    assert verified.returncode == 0, verified.stderr
    probed = run(*hint(verified.stdout), cwd=folder)  # few samples: with the k that they allow
    assert probed.returncode == 0, probed.stderr


def test_few_samples_are_extrapolated_and_no_hint_names_other_k(drawn):
    folder, _ = drawn
    verified = run("verify", "a", cwd=folder)
    assert "--k-large" not in verified.stdout
    few = run("probe", "a", cwd=folder)
    assert few.returncode == 0, few.stderr
    assert "extrapolated" in few.stdout


def test_an_error_names_the_flag_that_helps(drawn):
    folder, _ = drawn
    run("verify", "a", cwd=folder)
    again = run("sample", "m", "lab:rare?size=80", "--engine", "fake", "-n", 16, "--out", "a",
                cwd=folder)  # fmt: skip
    assert "--top-up" in again.stderr


def test_what_selects_a_set_names_the_training_and_the_export(drawn):
    folder, _ = drawn
    run("verify", "a", cwd=folder)
    done = run("select", "a", "--out", "teach", "--size", 20, cwd=folder)
    assert done.returncode == 0, done.stderr
    train, export = re.findall(r"passgap (train [^,\n]+|export [^,\n]+)", done.stdout)
    train = shlex.split(train.partition(" with the prompt")[0])
    assert parsed(COMMANDS["train"], *train[1:], "--out", "o")
    assert parsed(COMMANDS["export verl"], *shlex.split(export)[2:])


def test_a_typo_is_answered_with_the_command_meant():
    done = run("compar", "a", "b")
    assert done.returncode == 2
    assert "Did you mean 'compare'?" in done.stderr
    assert run("compare", "--help").returncode == 0
