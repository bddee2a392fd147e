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
    refused(
        run("import", file, "--trained", file, "--each", "--out", tmp_path / "z"), "not a folder"
    )


def parts(out):
    """n and c of the first problem of every run or counts file below a folder."""
    found = {path.name: read_counts(path) for path in sorted(out.iterdir())}
    return {name: (int(counts.n[0]), int(counts.c[0])) for name, counts in found.items()}


def checkpoints(field="step", values=(100, 0, 20), **more):
    return [row for c, v in enumerate(values, start=3) for row in rows(c, **{field: v}, **more)]


def each(log, out, *flags):
    """The import is refused with a flag that works, and --each is it."""
    refused(run("import", log, *flags, "--out", out), "policies are not pooled", "--each")
    assert not out.exists()
    done = run("import", log, *flags, "--each", "--out", out)
    assert done.returncode == 0, done.stderr
    return done


def test_every_step_of_a_log_becomes_a_run(tmp_path):
    done = each(written(tmp_path / "a.jsonl", checkpoints()), tmp_path / "x")
    assert parts(tmp_path / "x") == {"step-0": (24, 4), "step-100": (24, 3), "step-20": (24, 5)}
    same = run("import", tmp_path / "a.jsonl", "--each", "--out", tmp_path / "x")
    assert same.stdout == done.stdout
    sweep = done.stdout.strip().rpartition(": ")[2]
    assert sweep == "passgap compare " + " ".join(
        str(tmp_path / "x" / f"step-{s}") for s in (0, 20, 100)
    )
    again = run(*shlex.split(sweep)[1:], "--json")
    assert [one["step"] for one in json.loads(again.stdout)["checkpoints"]] == [20, 100]


def test_every_model_and_temperature_of_a_log_becomes_a_run(tmp_path):
    both = [
        row
        for t, c in ((0.6, 3), (1.0, 6))
        for row in checkpoints("model", ("org/a b", "../b"), temperature=t)
    ]
    each(written(tmp_path / "a.jsonl", both), tmp_path / "x")
    found = {
        path.name: sorted(p.name for p in path.iterdir()) for path in (tmp_path / "x").iterdir()
    }
    temperatures = ["temperature-0.6", "temperature-1.0"]
    assert found == {"model-org-a-b": temperatures, "model-..-b": temperatures}


def test_every_policy_of_a_folder_of_logs_becomes_a_run(tmp_path):
    for name in ("aime", "math"):
        written(tmp_path / "logs" / f"{name}.jsonl", checkpoints("ckpt", ("a", "b")))
    done = run("import", tmp_path / "logs", "--each", "--out", tmp_path / "x")
    assert done.returncode == 0, done.stderr
    for name in ("aime", "math"):
        assert parts(tmp_path / "x" / name) == {"ckpt-a": (24, 3), "ckpt-b": (24, 4)}


def test_files_of_several_checkpoints_become_runs(tmp_path):
    logs = [written(tmp_path / f"step-{s}.jsonl", rows(c)) for s, c in ((20, 3), (100, 6))]
    refused(run("import", *logs, "--out", tmp_path / "x"), "step-20, step-100", "--each")
    done = run("import", *logs, "--each", "--out", tmp_path / "x")
    assert done.returncode == 0, done.stderr
    assert parts(tmp_path / "x") == {"step-20": (24, 3), "step-100": (24, 6)}


def test_every_policy_of_counts_and_of_marks_becomes_counts(tmp_path):
    counts = tmp_path / "counts.csv"
    counts.write_text("problem_id,checkpoint,n,c\na,1,8,2\nb,1,8,3\na,2,8,4\nb,2,8,5\n")
    refused(run("import", counts, "--out", tmp_path / "x.csv"), "--where checkpoint=1", "--each")
    assert run("import", counts, "--each", "--out", tmp_path / "x").returncode == 0
    assert parts(tmp_path / "x") == {"checkpoint-1.csv": (8, 2), "checkpoint-2.csv": (8, 4)}
    marks = tmp_path / "marks.csv"
    lines = [f"{p},{s},{int(i < s)}\n" for s in (1, 2) for p in "ab" for i in range(8)]
    marks.write_text("problem_id,step,correct\n" + "".join(lines))
    told = run("probe", marks).stderr
    typed = (
        told.partition("of its own: ")[2]
        .partition(";")[0]
        .replace("each.csv", str(tmp_path / "y.csv"))
    )
    assert run(*shlex.split(typed)[1:]).returncode == 0, told
    assert parts(tmp_path / "y") == {"step-1.csv": (8, 1), "step-2.csv": (8, 2)}


def test_a_log_of_one_policy_is_one_run(tmp_path):
    log = written(tmp_path / "a.jsonl", rows(6))
    done = run("import", log, "--each", "--out", tmp_path / "x", "--json")
    assert done.returncode == 0, done.stderr
    assert [one["run"] for one in json.loads(done.stdout)] == [str(tmp_path / "x")]


def test_dumps_of_every_step_become_runs(tmp_path):
    for step, right in ((20, 3), (40, 6)):
        dump = [
            {"input": f"Q{p}?", "output": f"{i}", "gts": "1", "score": 1.0 * (i < right),
             "step": step}
            for p in range(4) for i in range(8)
        ]  # fmt: skip
        written(tmp_path / "dumps" / f"{step}.jsonl", dump)
    refused(run("import", "verl", tmp_path / "dumps", "--out", tmp_path / "x"), "--step", "--each")
    done = run("import", "verl", tmp_path / "dumps", "--each", "--out", tmp_path / "x")
    assert done.returncode == 0, done.stderr
    assert parts(tmp_path / "x" / "dumps") == {"step-20": (8, 3), "step-40": (8, 6)}


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
