"""Flags: ``--help`` shows few, ``--config`` gives each, their defaults are Python's."""

import inspect
import pkgutil

import pytest
import tomli_w
from catalogue import commands, parsed
from commands import run

import passgap
from passgap.cli import Passgap
from passgap.errors import UsageError
from passgap.launch import LAUNCHERS

COMMANDS = dict(commands())
MOST_SHOWN = 18
PYTHON = {  # the Python behind each command: functions, and classes of settings
    "demo": ["passgap.demo:run_demo"],
    "sample": ["passgap:sample", "passgap:SamplingParams"],
    "verify": ["passgap:verify"],
    "probe": ["passgap:probe"],
    "probe-adaptive": ["passgap:adaptive_probe", "passgap:sample", "passgap:SamplingParams"],
    "train": ["passgap:TrainConfig"],
    "keep": ["passgap:keep", "passgap:sample", "passgap:SamplingParams"],
    "watch": ["passgap.evidence.watching:follow"],
    "compare": ["passgap:compare"],
    "reach": ["passgap:reach"],
    "report": ["passgap:report", "passgap:compare"],
    "audit": ["passgap.evidence.auditing:cases"],
    "select": ["passgap:select"],
    "plan": ["passgap:plan"],
    "backtest": ["passgap.evidence.doors:backtest"],
    "export verl": ["passgap.launch:JobSettings"],
    "export openrlhf": ["passgap.launch:JobSettings"],
    "export trl": ["passgap.launch:JobSettings"],
    "export slime": ["passgap.launch:JobSettings"],
}
OWN = {
    *{("sample", "n"), ("train", "max_tokens")},  # Python has no default
    *{("compare", "interval"), ("report", "interval")},  # not given unless it is typed
}
EMPTY = (None, (), [], False)
OUT = {"sample", "probe-adaptive", "train", "keep", "import", "select", "merge", "lab pretrain"}


def typed_in(shown):
    """The flags that a help text lists."""
    lines = [line.strip() for line in shown.splitlines() if line.startswith("  -")]
    return [word for line in lines for word in line.split("  ")[0].replace(",", "").split()
            if word.startswith("--")]  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_help_fits_and_help_all_has_every_flag(name):
    short, whole = run(*name.split(), "--help").stdout, run(*name.split(), "--help-all").stdout
    every = {f"--{flag.longest}" for flag in COMMANDS[name].flags}
    assert set(typed_in(whole)) == every
    assert set(typed_in(short)) <= every
    assert len(typed_in(short)) <= MOST_SHOWN
    assert "--config" in typed_in(short)
    hidden = len(every) - len(typed_in(short))
    assert (f"All flags ({len(every)}): passgap {name} --help-all" in short) == bool(hidden)
    assert max(map(len, (short + whole).splitlines())) <= 80


@pytest.mark.parametrize("name", COMMANDS)
def test_the_flags_chosen_for_help_exist(name):
    command = COMMANDS[name]
    assert set(command.shown) <= {flag.longest for flag in command.flags}


def test_help_lists_every_command_by_its_moment():
    shown = run("--help").stdout
    sections = ["Before training", "During training", "After training", "Data"]
    assert [shown.index(f"\n{one}\n") for one in sections] == sorted(
        shown.index(f"\n{one}\n") for one in sections
    )
    for name in {name.split()[0] for name in COMMANDS}:
        assert f"\n  {name} " in shown
    lines = [line for names in Passgap.sections.values() for line in names.values()]
    assert all(f" {line}\n" in shown for line in lines), "each on one line of 80 columns"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_example_in_help_can_be_typed(name):
    shown = run(*name.split(), "--help").stdout
    line = shown.partition("\nExample\n")[2].splitlines()[0].strip()
    assert line.startswith(f"passgap {name} ")
    assert parsed(COMMANDS[name], *line.split()[1 + len(name.split()) :])


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_asks_for_little(name):
    required = {one.longest for one in COMMANDS[name].known_flags() if one.required}
    writes = name in OUT or name.startswith("export ")
    job = name.removeprefix("export ") in LAUNCHERS
    assert required == {*["out"] * writes, *["policy"] * job}


def value_of(kind):
    return {int: 3, float: 0.5, bool: True}.get(kind, "word")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_file_gives_every_flag_and_argument_by_its_name(name, tmp_path):
    command = COMMANDS[name]
    wanted = {
        flag: ["word", "word"] if flag.name == "try_" else value_of(flag.kind)
        for flag in command.flags
        if flag.name not in ("config", "notify")  # a file may come from a stranger
    }
    given = {flag.longest: [value] if flag.several else value for flag, value in wanted.items()}
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    given |= {one.name: ["a", "b"] if one.nargs == -1 else "a" for one in arguments}
    file = tmp_path / "flags.toml"
    file.write_text(tomli_w.dumps(given))
    found = parsed(command, "--config", file)
    for flag in wanted:
        value = found[flag.name]
        assert (list(value) if isinstance(value, tuple | list) else value) == given[flag.longest]
    file.write_text(tomli_w.dumps({key.replace("-", "_"): one for key, one in given.items()}))
    assert parsed(command, "--config", file) == found | {"config": str(file)}
    file.write_text("no-such-flag = 1\n")
    with pytest.raises(UsageError, match="has no_such_flag; allowed: "):
        parsed(command, "--config", file)


@pytest.mark.parametrize("name", PYTHON)
def test_defaults_are_those_of_python(name):
    known = {}
    for source in PYTHON[name]:
        for one in inspect.signature(pkgutil.resolve_name(source)).parameters.values():
            if one.default is not inspect.Parameter.empty:
                known.setdefault(one.name, one.default)
    flags = {flag.name: flag.default for flag in COMMANDS[name].known_flags()}
    assert known.keys() & flags.keys()
    for flag in known.keys() & flags.keys():
        if (name, flag) not in OWN:
            same = flags[flag] == known[flag]
            assert same or (flags[flag] in EMPTY and known[flag] in EMPTY), flag


def test_every_setting_of_a_training_is_a_flag():
    flags = {flag.name for flag in COMMANDS["train"].flags}
    assert set(passgap.TrainConfig.__dataclass_fields__) <= flags
    fields = set(pkgutil.resolve_name("passgap.launch:JobSettings").__dataclass_fields__)
    of_cluster = {"nodes", "gpus", "rollout", "tensor_parallel", "max_prompt_tokens"}
    less = {"verl": set(), "openrlhf": {"rollout", "algorithm"}, "trl": of_cluster | {"algorithm"}}
    kept = {"max_tokens", "group_size", "eval_draws", "temperature"}
    for trainer in LAUNCHERS:
        flags = {flag.name for flag in COMMANDS[f"export {trainer}"].flags}
        assert fields & flags == fields - less.get(trainer, fields - kept)


def test_a_flag_without_effect_is_named_and_left_out(tmp_path):
    lines = ["problem_id,n,c", *(f"p{i},8,{i % 9}" for i in range(40))]
    (tmp_path / "c.csv").write_text("\n".join(lines) + "\n")
    alone = run("compare", tmp_path / "c.csv", tmp_path / "c.csv", "--json")
    for given in (["--budget", "5"], ["--budget=5"]):
        done = run("compare", tmp_path / "c.csv", tmp_path / "c.csv", *given, "--json")
        assert done.stdout == alone.stdout
        assert "--budget no longer has an effect on compare" in done.stderr
        assert "--budget" not in alone.stderr
