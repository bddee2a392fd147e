"""``passgap import`` of several logs: checkpoints, benchmarks, folders; and verified at once."""

import json
import shlex

import pytest
from commands import run

from passgap.stages.counting import read_counts


def written(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def rows(c, n=24, problems=20, **more):
    """Rows of problems that are solved c times of n."""
    return [
        {
            "question": f"What is {p} + 0?",
            "answer": str(p),
            "correct": i < c,
            **more,
            "response": f"({i}) It is \\boxed{{{p if i < c else p + 1}}}",
        }
        for p in range(problems)
        for i in range(n)
    ]


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("logs")
    for name, c in (("base", 6), ("step-100", 12), ("step-300", 18), ("step-500", 3)):
        written(folder / name / "raw.jsonl", rows(c, revision=name))
    return folder


def given(logs, *steps):
    return [part for step in steps for part in ("--trained", logs / f"step-{step}" / "raw.jsonl")]


def refused(result, *parts):
    assert result.returncode == 2, result.stdout
    for part in parts:
        assert part in result.stderr
    assert "Traceback" not in result.stderr


def test_each_trained_is_a_checkpoint_of_its_own(logs, tmp_path):
    base = logs / "base" / "raw.jsonl"
    done = run("import", base, *given(logs, 100, 300, 500), "--out", tmp_path / "x")
    assert done.returncode == 0, done.stderr
    found = {path.name: read_counts(path) for path in (tmp_path / "x").iterdir()}
    assert {name: (int(c.n.max()), int(c.c.max())) for name, c in found.items()} == {
        "base": (24, 6),
        "step-100": (24, 12),
        "step-300": (24, 18),
        "step-500": (24, 3),
    }
    assert "Keep step 300" in " ".join(done.stdout.split())
    again = done.stdout.strip().splitlines()[-1].rpartition(": ")[2].removesuffix(" --full")
    same = run(*shlex.split(again)[1:], "--json")
    assert json.loads(same.stdout)["schema"].startswith("passgap.compare_sweep/"), same.stderr


def test_the_verdict_of_two_logs_fits_one_screen(logs, tmp_path):
    base = logs / "base" / "raw.jsonl"
    done = run("import", base, *given(logs, 100), "--out", tmp_path / "x")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) <= 50
    assert f"passgap compare {tmp_path / 'x' / 'base'} {tmp_path / 'x' / 'trained'}" in done.stdout


def test_one_log_given_for_two_policies_is_refused(logs, tmp_path):
    base = logs / "base" / "raw.jsonl"
    twice = run("import", base, *given(logs, 100, 100), "--out", tmp_path / "x")
    refused(twice, "is also --trained", "--where FIELD=VALUE")
    refused(run("import", base, "--trained", base, "--out", tmp_path / "x"), "is also the base's")


def test_checkpoints_without_a_name_of_their_own_are_numbered(logs, tmp_path):
    for place in ("a/x", "b/x"):
        written(tmp_path / place / "raw.jsonl", rows(9, n=20))
    trained = [part for p in "ab" for part in ("--trained", tmp_path / p / "x" / "raw.jsonl")]
    run("import", logs / "base" / "raw.jsonl", *trained, "--out", tmp_path / "o")
    assert sorted(path.name for path in (tmp_path / "o").iterdir()) == [
        "base",
        "trained-1",
        "trained-2",
    ]


def test_every_log_of_a_folder_becomes_a_run(logs, tmp_path):
    refused(run("import", logs, "--out", tmp_path / "x"), "4 separate table logs", "--each")
    done = run("import", logs, "--each", "--out", tmp_path / "x")
    assert done.returncode == 0, done.stderr
    names = sorted(path.name for path in (tmp_path / "x").iterdir())
    assert names == ["base-raw", "step-100-raw", "step-300-raw", "step-500-raw"]
    one = run("import", logs, "--each", "--out", tmp_path / "x", "--json")
    assert [found["draws"] for found in json.loads(one.stdout)] == [480] * 4


def test_benchmarks_of_two_policies_are_told_apart_by_their_folders(tmp_path):
    for role, c in (("base", 6), ("rl", 12)):
        for name in ("aime", "math"):
            written(tmp_path / "logs" / role / f"{name}.jsonl", rows(c, n=20))
    folders = (tmp_path / "logs" / "base", "--trained", tmp_path / "logs" / "rl")
    done = run("import", *folders, "--each", "--out", tmp_path / "x", "--json")
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (tmp_path / "x" / "trained").iterdir()} == {"aime", "math"}
    assert '"aime"' in done.stdout
    refused(
        run("import", *folders, "--trained", tmp_path, "--each", "--out", tmp_path / "y"),
        "--each with 1 PATH and 2 --trained",
    )
    file = tmp_path / "logs" / "rl" / "aime.jsonl"
    refused(run("import", file, "--each", "--out", tmp_path / "z"), "is not a folder")


def test_import_and_verify_in_one_step(tmp_path):
    unmarked = [{k: v for k, v in row.items() if k != "correct"} for row in rows(6)]
    log = written(tmp_path / "a.jsonl", unmarked)
    done = run("import", log, "--verify", "math", "--out", tmp_path / "r")
    assert done.returncode == 0, done.stderr
    assert "120 correct" in done.stdout
    assert done.stdout.strip().endswith(f"next: passgap probe {tmp_path / 'r'}")
    pair = ("--trained", written(tmp_path / "b.jsonl", unmarked[::-1]))
    both = run("import", log, *pair, "--verify", "math", "--out", tmp_path / "x")
    assert both.returncode == 0, both.stderr
    counts = tmp_path / "c.csv"
    counts.write_text("problem_id,n,c\na,8,1\n")
    refused(run("import", counts, "--verify", "math", "--out", tmp_path / "o.csv"), "no samples to")
    refused(run("import", log, "--verify", "magic", "--out", tmp_path / "q"), "'magic'")


def test_an_unmarked_log_names_the_verifier_that_fits(tmp_path):
    made = [
        {"question": f"Is {p} odd?", "answer": ["No", "Yes"][p % 2], "response": "I think\nYes"}
        for p in range(6)
        for _ in range(4)
    ]
    out = tmp_path / "r"
    said = run("import", written(tmp_path / "a.jsonl", made), "--out", out).stdout
    assert f"next: passgap verify {out} --verifier exact" in said
    wrong = run("verify", out, "--verifier", "math").stdout
    assert "could read an answer in none of the samples" in wrong
    assert f"passgap verify {out} --verifier exact" in wrong
    right = run("verify", out, "--verifier", "exact").stdout
    assert "12 correct" in right
    assert "in none of the samples" not in right


@pytest.mark.parametrize(
    ("references", "fits"),
    [
        (["A", "(B)", "C.", "D"], "choice"),
        (["Yes", "No", "Yes"], "exact"),
        (["Paris", "Rome"], "exact"),
        (["12", "1/2", "x"], "math"),
        ([r"\frac{1}{2}", "pi"], "math"),
        (["", ""], "math"),
    ],
)
def test_the_verifier_that_fits_references(references, fits):
    from passgap.verifiers.fitting import fitting

    assert fitting(references) == fits


def test_problems_with_few_scored_samples_can_be_left_out(shared_data, tmp_path):
    log = shared_data / "faults" / "logs" / "a_few_unscored" / "rows.jsonl"
    said = run("import", log, "--out", tmp_path / "r").stdout.strip().splitlines()[-1]
    assert said.startswith("2 problems of 40 with fewer scored samples (from 0)")
    done = run(*shlex.split(said.rpartition("them: ")[2])[1:], "--json")
    assert json.loads(done.stdout)["problems"] == 38, done.stderr
