"""Several policies in one command: sampled, verified and compared by step; alone and over T."""

import json
import re

import pytest
from commands import run

pytestmark = pytest.mark.slow

STEPS = (5, 20, 100)
PLAIN = {"template": "plain", "template_name": "plain"}


def refused(result, *parts):
    assert result.returncode == 2, result.stderr
    said = [line for line in result.stderr.splitlines() if line.startswith("passgap: ")]
    assert len(said) == 1, result.stderr
    for part in parts:
        assert part in said[0]


@pytest.fixture
def problems(tmp_path):
    path = tmp_path / "problems.jsonl"
    rows = [{"question": f"What is {i} + 1?", "answer": str(i + 1)} for i in range(40)]
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


@pytest.fixture
def policies(tmp_path):
    """Checkpoint folders as passgap writes them, as far as the fake engine looks."""
    folders = []
    for step in STEPS:
        folder = tmp_path / "policy" / f"checkpoint-{step}"
        folder.mkdir(parents=True)
        about = {"step": step, "prompt": PLAIN, "train_problem_ids": ["other"]}
        about |= {"algorithm": "sft", "config": {}}
        (folder / "passgap_policy.json").write_text(json.dumps(about))
        folders.append(folder)
    return folders


def sampled(policies, problems, out, *more):
    fake = ("--engine", "fake", "-n", 128, "--max-tokens", 8)
    return run("sample", *policies, problems, "--out", out, *fake, *more)


def test_checkpoints_are_sampled_verified_and_compared_by_step(policies, problems, tmp_path):
    runs = tmp_path / "runs"
    drawn = sampled(policies[::-1], problems, runs)
    assert drawn.returncode == 0, drawn.stderr
    lines = [line.split(":")[0] for line in drawn.stdout.splitlines()[:-1]]
    assert lines == [str(runs / f"checkpoint-{step}") for step in STEPS], "by step, not by name"
    assert "5,120 completions" in drawn.stdout
    again = sampled(policies, problems, runs)
    assert again.stdout == drawn.stdout, "nothing is drawn again"
    assert sampled(["base"], problems, tmp_path / "base", "--seed", 1).returncode == 0
    folders = sorted(runs.iterdir())
    marked = run("verify", tmp_path / "base", *folders, "--json")
    assert marked.returncode == 0, marked.stderr
    assert [row["run"] for row in json.loads(marked.stdout)] == [
        str(path) for path in (tmp_path / "base", *folders)
    ]
    figure = tmp_path / "sweep.svg"
    compared = run("compare", tmp_path / "base", *folders, "--json", "--figure", figure)
    assert compared.returncode == 0, compared.stderr
    result = json.loads(compared.stdout)
    assert result["schema"] == "passgap.compare_sweep/1"
    assert [one["step"] for one in result["checkpoints"]] == list(STEPS)
    assert result["fall"] is None
    assert result["settings"]["trained_on"] is False
    assert "pass@64" in figure.read_text()
    label = result["verdict"]["label"]
    shown = run("compare", tmp_path / "base", *folders, "--fail-on", label)
    assert shown.returncode == 1
    assert "Keep the base" in shown.stdout


def test_keep_samples_in_rounds_and_names_the_next_command(policies, problems, tmp_path):
    out, fake = tmp_path / "runs", ("--engine", "fake", "--max-tokens", 8, "--most", 16)
    asked = ("keep", "base", *policies, problems, "--out", out, *fake)
    done = run(*asked)
    assert done.returncode == 0, done.stderr
    result = json.loads(run(*asked, "--json").stdout)
    assert result["schema"] == "passgap.keep/1"
    assert [one["step"] for one in result["checkpoints"]] == list(STEPS)
    assert result["draws"] < result["uniform"] == 40 * 4 * 16
    assert f"{result['draws']:,} samples" in done.stdout
    last = done.stdout.splitlines()[-1]
    assert last == f"next: passgap compare {out}/base {out}/checkpoint-{result['step']}"
    assert run(*last.removeprefix("next: passgap ").split()).returncode == 0
    assert max(map(len, done.stdout.splitlines())) <= 80 + len(str(out)) * 2
    refused(run("keep", "base", policies[0], problems, "--out", out, *fake), "two or more")
    refused(run(*asked, "--k", 9), "k=9, first=8, most=16")


def test_one_policy_keeps_its_out_folder(problems, tmp_path):
    drawn = sampled(["m"], problems, tmp_path / "r")
    assert drawn.stdout.endswith(f"next: passgap verify {tmp_path / 'r'}\n")
    assert (tmp_path / "r" / "manifest.json").is_file()
    assert run("verify", tmp_path / "r").stdout.endswith(f"probe {tmp_path / 'r'}\n")


def test_everything_is_checked_before_anything_is_drawn(policies, problems, tmp_path):
    out = tmp_path / "runs"
    refused(sampled([], problems, out), "needed: POLICY PROBLEMS")
    refused(sampled(["a/m", "b/m"], problems, out), "named 'm'", "a/m, b/m")
    refused(sampled(policies, problems, out, "--revision", "x"), "--revision 'x' with 3")
    refused(sampled(policies, problems, out, "-n", 0), "n >= 1")
    missing = run("sample", "lab:base", "./none", "lab:rare", "--out", out, "-n", 2)
    refused(missing, "'./none' not found")
    assert not out.exists()
    assert sampled([policies[2]], problems, out / "checkpoint-100", "--seed", 7).returncode == 0
    refused(sampled(policies, problems, out), "checkpoint-100", "seed: 7 there, 0 requested")
    assert not (out / "checkpoint-5" / "completions").exists()


def test_steps_come_from_flags_for_counts_files(tmp_path):
    for name, correct in {"base": 20, "b": 60, "a": 40}.items():
        rows = "\n".join(f"p{i},128,{correct + i % 9}" for i in range(80))
        (tmp_path / f"{name}.csv").write_text("problem_id,n,c\n" + rows)
    files = [tmp_path / f"{name}.csv" for name in ("base", "b", "a")]
    plain = json.loads(run("compare", *files, "--json").stdout)
    assert [one["step"] for one in plain["checkpoints"]] == [1, 2]
    assert any("numbered in the order given" in note for note in plain["notes"])
    given = json.loads(run("compare", *files, "--step", 50, "--step", 10, "--json").stdout)
    assert [one["policy"] for one in given["checkpoints"]] == ["a.csv", "b.csv"]
    assert given["keep"]["step"] == 50
    assert not any("numbered" in note for note in given["notes"])
    refused(run("compare", *files, "--step", 50), "1 steps for 2 checkpoints")
    refused(run("compare", *files, "--step", 5, "--step", 5), "distinct")
    refused(run("compare", *files[:2], "--step", 5), "--step is only for the checkpoints")
    refused(run("compare", *files, "--interval", "fixed"), "allowed: 'population'")
    refused(run("compare", *files, "--figure", "x.gif"), "'.gif'", ".svg")
    refused(run("compare", *files, "--sampling-alone", "r"), "--sampling-alone")


def test_sampling_alone_takes_the_bases_runs_at_other_settings(problems, tmp_path):
    base, cold, other = (tmp_path / name for name in ("base", "cold", "other"))
    assert sampled(["m"], problems, base).returncode == 0
    assert sampled(["m"], problems, cold, "--temperature", 0.5, "--seed", 1).returncode == 0
    assert sampled(["else"], problems, other, "--engine-arg", "delta=1").returncode == 0
    assert run("verify", base, cold, other).returncode == 0
    probed = json.loads(run("probe", base, "--sampling-alone", cold, "--json").stdout)
    arms = probed["sampling_alone"]["arms"]
    assert [arm["temperature"] for arm in arms] == [1.0, 0.5]
    assert arms[0]["rows"][0]["tokens"]["value"] > 1
    shown = run("compare", base, other, "--sampling-alone", cold)
    assert shown.returncode == 0, shown.stderr
    assert re.search(r"vote +0\.5 ", shown.stdout)
    refused(run("probe", base, "--sampling-alone", other), "other weights")
