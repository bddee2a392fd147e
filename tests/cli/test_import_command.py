"""``passgap import`` and the exports beside it, as a shell sees them."""

import json
from pathlib import Path

import numpy as np
import pytest
from commands import run

from passgap.logs import FORMATS

LOGS = Path(__file__).parents[1] / "logs" / "logs"


def log_of(folder, name, rate, seeds=32, problems=90):
    """A NeMo-Skills folder whose problem i is solved with chance rate(i)."""
    rng = np.random.default_rng(7)
    (folder / name).mkdir(parents=True)
    for seed in range(seeds):
        rows = []
        for i in range(problems):
            right = bool(rng.random() < rate(i / problems))
            said = i if right else i + 1
            row = {"problem": f"What is {i}?", "expected_answer": str(i)}
            row |= {"generation": f"So \\boxed{{{said}}}", "predicted_answer": str(said)}
            rows.append(json.dumps(row | {"symbolic_correct": right}))
        (folder / name / f"output-rs{seed}.jsonl").write_text("\n".join(rows))
    return folder / name


def assert_one_line(result, *parts):
    assert result.returncode == 2, result.stderr
    told = [line for line in result.stderr.splitlines() if line.startswith("passgap: ")]
    assert len(told) == 1, result.stderr
    for part in parts:
        assert part in told[0]


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    folder = tmp_path_factory.mktemp("logs")
    return (
        log_of(folder, "base", lambda x: x**3),
        log_of(folder, "rl", lambda x: min(1.0, 1.5 * x) if x > 0.5 else x**3),
    )


def test_from_two_logs_to_a_verdict_in_one_command(pair, tmp_path):
    base, trained = pair
    result = run("import", base, "--trained", trained, "--out", tmp_path / "x", "--json")
    assert result.returncode == 0, result.stderr
    assert "read as nemo-skills" in result.stderr
    found = json.loads(result.stdout)
    assert found["schema"] == "passgap.compare/1"
    assert found["verdict"]["at_small_k"] == "up"
    again = run("compare", tmp_path / "x" / "base", tmp_path / "x" / "trained", "--json")
    assert json.loads(again.stdout)["verdict"] == found["verdict"]


@pytest.mark.slow
def test_large_logs_are_read_at_the_same_time(pair, tmp_path, monkeypatch):
    monkeypatch.setattr("passgap.cli.importing.LARGE", 0)
    base, trained = pair
    result = run("import", base, "--trained", trained, "--out", tmp_path / "x", "--json")
    assert json.loads(result.stdout)["problems"] == 90, result.stderr
    refused = run("import", base, "--trained", trained, "--out", tmp_path / "y", "--label", "none")
    assert_one_line(refused, "'none'")


def test_an_imported_run_is_read_by_every_command(pair, tmp_path):
    out = tmp_path / "run"
    done = run("import", "nemo-skills", pair[0], "--out", out, "--policy", "m")
    assert done.returncode == 0, done.stderr
    assert "read as" not in done.stderr  # it was named
    assert "2,880 samples of 90 problems, n = 32, from 32 files" in done.stdout
    assert "unknown settings: max_tokens, temperature, top_p, top_k, stop, prompt" in done.stdout
    assert json.loads(run("probe", out, "--json").stdout)["problems"] == 90
    assert run("check", out).returncode == 0
    verified = run("verify", out, "--verifier", "math")
    assert "The two verifiers agree on 100.00%" in verified.stdout
    page = tmp_path / "page.html"
    assert run("report", out, "--out", page).returncode == 0
    assert page.stat().st_size > 10_000
    chosen = run("select", out, "--out", tmp_path / "teach", "--format", "openrlhf", "--size", 20)
    assert_one_line(chosen, "did not keep its prompt", "--template plain")  # and none is invented


def test_help_names_every_format():
    shown = run("import", "--help").stdout
    for name in FORMATS:
        assert name in shown


def test_json_says_what_was_imported(tmp_path):
    log = next(LOGS.glob("samples_sums_once*"))
    result = run("import", log, "--out", tmp_path / "r", "--json")
    found = json.loads(result.stdout)
    assert found["schema"] == "passgap.import/1"
    assert (found["format"], found["draws"]) == ("lm-eval", 3)
    assert found["left_out"][0]["count"] == 3


def test_problems_bring_the_questions_of_rendered_prompts(tmp_path):
    rows = [{"question": f"{i}+{i}?", "answer": str(2 * i)} for i in (1, 2, 3)]
    file = tmp_path / "p.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    flags = ("--step", 50, "--label", "acc", "--out", tmp_path / "r")
    result = run("import", LOGS / "verl", "--problems", file, *flags)
    assert result.returncode == 0, result.stderr
    assert "has no questions" not in result.stdout
    file.write_text(json.dumps(rows[0]))
    refused = run("import", LOGS / "verl", "--problems", file, *flags[:-1], tmp_path / "s")
    assert_one_line(refused, "2 questions", "--leave-out-unmatched")


@pytest.mark.parametrize(
    ("flags", "parts"),
    [
        (("--correct-if", "score"), ("'score'", "score>=1")),
        (("--where", "model"), ("'model'", "FIELD=VALUE")),
        (("--verifier", "magic"), ("'magic'", "allowed: exact")),
        (("--mapping", "gsm8k"), ("--mapping needs --problems",)),
        (("--policy", "m", "--trained", LOGS), ("--policy 'm' with --trained",)),
        (("--filter", "x"), ("--filter does not apply to verifiers",)),
        (("--label", "magic"), ("'magic'",)),
    ],
)
def test_bad_flags(tmp_path, flags, parts):
    result = run("import", LOGS / "results.jsonl", "--out", tmp_path / "r", *flags)
    assert_one_line(result, *parts)
    assert not (tmp_path / "r").exists()


def test_an_unmarked_log_says_what_to_run(tmp_path):
    log = next(LOGS.glob("samples_sums_2*"))  # several responses, a metric of the first
    alone = run("import", log, "--out", tmp_path / "r")
    assert f"next: passgap verify {tmp_path / 'r'}" in alone.stdout
    other = tmp_path / log.name
    other.write_bytes(log.read_bytes())
    two = run("import", log, "--trained", other, "--out", tmp_path / "x")
    assert_one_line(two, "its source does not mark its samples", "passgap verify")
    same = run("import", log, "--trained", log, "--out", tmp_path / "y")
    assert_one_line(same, "is also the base's log", "--where")


def test_means_become_counts_where_a_counts_file_is_asked_for(tmp_path):
    log = next(LOGS.glob("details_sums_2*"))
    done = run("import", log, "--out", tmp_path / "le.csv")
    assert "8 of 12 correct" in done.stdout, done.stderr
    refused = run("import", LOGS / "results.jsonl", "--out", tmp_path / "vf.csv")
    assert_one_line(refused, "a log of verifiers has samples", "passgap export counts")


def test_counts_become_a_counts_file_and_a_verdict(tmp_path):
    for name, power in (("base", 3), ("rl", 1)):
        rows = (f"p{i},64,{round(64 * (i / 200) ** power)}" for i in range(200))
        (tmp_path / f"{name}.csv").write_text("problem_id,n,c\n" + "\n".join(rows))
    alone = run("import", tmp_path / "base.csv", "--out", tmp_path / "c.jsonl")
    assert "200 problems, 64 scored samples each" in alone.stdout
    again = run("import", tmp_path / "base.csv", "--out", tmp_path / "c.jsonl")
    assert again.returncode == 0, again.stderr
    other = run("import", tmp_path / "rl.csv", "--out", tmp_path / "c.jsonl")
    assert_one_line(other, "c.jsonl contains something else; give another --out")
    wider = tmp_path / "wider.csv"
    wider.write_text("problem_id,n,c,level\na,4,1,hard\n")
    assert_one_line(run("import", wider, "--out", wider), "contains something else")
    assert "hard" in wider.read_text()
    arms = (tmp_path / "base.csv", "--trained", tmp_path / "rl.csv")
    both = run("import", "counts", *arms, "--out", tmp_path / "x", "--json")
    assert json.loads(both.stdout)["verdict"]["at_small_k"] == "up", both.stderr


def test_exports_are_read_back(pair, tmp_path):
    out = tmp_path / "run"
    run("import", pair[0], "--out", out)
    for kind, ending in (("counts", "csv"), ("passk-inference", "jsonl"), ("scorio", "npy")):
        done = run("export", kind, out, "--out", tmp_path / f"x.{ending}")
        assert done.returncode == 0, done.stderr
    probes = [
        json.loads(run("probe", path, "--json").stdout)["curve"]
        for path in (out, tmp_path / "x.csv", tmp_path / "x.jsonl")
    ]
    assert probes[0] == probes[1] == probes[2]
    lines = [json.loads(line) for line in (tmp_path / "x.jsonl").read_text().splitlines()]
    matrix = np.load(tmp_path / "x.npy")
    assert matrix.sum(axis=1).tolist() == [line["c"] for line in lines]
    assert_one_line(run("export", "scorio", out, "--out", tmp_path / "x.txt"), ".npy")
    assert_one_line(run("export", "passk-inference", out, "--out", tmp_path / "x.csv"), ".jsonl")


def test_a_data_set_folder_loads(pair, tmp_path, monkeypatch):
    datasets = pytest.importorskip("datasets")
    monkeypatch.setenv("HF_DATASETS_OFFLINE", "1")
    run("import", pair[0], "--out", tmp_path / "run", "--policy", "a|b\n# c")
    done = run("export", "dataset", tmp_path / "run", "--out", tmp_path / "ds")
    assert done.returncode == 0, done.stderr
    cache = {"cache_dir": str(tmp_path / "cache")}
    draws = datasets.load_dataset(str(tmp_path / "ds"), "draws", split="train", **cache)
    problems = datasets.load_dataset(str(tmp_path / "ds"), "problems", split="train", **cache)
    assert len(draws) == 90 * 32
    assert sum(problems["c"]) == sum(status == "correct" for status in draws["status"])
    assert "| policy | `a\\|b # c` |" in (tmp_path / "ds" / "README.md").read_text()
    assert_one_line(run("export", "dataset", tmp_path / "run", "--out", tmp_path / "ds"), "empty")


def test_an_imported_run_without_its_prompt_is_selected_from(tmp_path):
    rows = [
        {"question": f"q{i}", "answer": str(i), "completion": f"{j}", "correct": j < i % 8}
        for i in range(40)
        for j in range(8)
    ]
    log = tmp_path / "log.jsonl"
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    imported = run("import", log, "--out", tmp_path / "run")
    assert "n = 8: probe needs 20 samples" in imported.stdout
    assert "--k-large" not in imported.stdout
    where = (tmp_path / "run", "--out", tmp_path / "teach")
    assert_one_line(run("select", *where), "did not keep its prompt", "--template plain")
    chosen = run("select", *where, "--template", "plain")
    assert chosen.returncode == 0, chosen.stderr
    first = json.loads((tmp_path / "teach" / "train.jsonl").read_text().splitlines()[0])
    assert first["question"].startswith("q")


def test_two_logs_of_too_few_draws_are_kept_and_said_to_be(tmp_path):
    for name in ("a", "b"):
        rows = [
            {"question": f"q{i}", "answer": "1", "completion": f"{name}{i}", "correct": i % 2 == 0}
            for i in range(30)
        ]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    logs = (tmp_path / "a.jsonl", "--trained", tmp_path / "b.jsonl")
    assert_one_line(run("import", *logs, "--out", tmp_path / "x"), "both are imported and kept")
    assert (tmp_path / "x" / "trained" / "manifest.json").is_file()
