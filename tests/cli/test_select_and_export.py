"""``passgap select`` and ``passgap export``, as a user types them."""

import json
import runpy

import polars as pl
import pytest
from commands import run

from passgap.problems import load_problems
from passgap.runs.watch import read_watch


def ok(*arguments):
    done = run(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def assert_one_line(result, *parts):
    assert result.returncode == 2, result.stderr
    lines = [line for line in result.stderr.splitlines() if line.startswith("passgap: ")]
    assert len(lines) == 1, result.stderr
    for part in parts:
        assert part in lines[0]


def problem_file(path, first, size):
    rows = [{"question": f"What is {i} + 1?", "answer": str(i + 1)} for i in range(first, size)]
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A verified run of known p with a prompt of its own, and held-out problems."""
    folder = tmp_path_factory.mktemp("base")
    problems = problem_file(folder / "problems.jsonl", 0, 80)
    problem_file(folder / "test.jsonl", 80, 90)
    drawn = ["sample", "m", problems, "--out", folder / "run", "--engine", "fake", "-n", 16]
    ok(*drawn, "--max-tokens", 12, "--system", "Think.", "--template", "chat")
    ok("verify", folder / "run")
    return folder


@pytest.fixture(scope="module")
def teach(base):
    ok("select", base / "run", "--out", base / "teach", "--size", 20)
    return base / "teach"


def test_select_writes_the_chosen_and_the_control_for_every_trainer(base, teach):
    data = json.loads((teach / "select.json").read_text())
    assert data["schema"] == "passgap.select/1"
    assert data["prompt"]["system"] == "Think."
    assert sorted(data["files"]) == sorted(
        str(path.relative_to(teach)) for path in teach.rglob("*.*") if path.name != "select.json"
    )
    chosen = [row["problem_id"] for row in data["chosen"]]
    verl = pl.read_parquet(teach / "verl" / "train.parquet")
    trl = pl.read_parquet(teach / "trl" / "train.parquet")
    assert verl["extra_info"].struct.field("problem_id").to_list() == chosen
    assert trl["problem_id"].to_list() == chosen
    assert [p.id for p in load_problems(str(teach / "train.jsonl"))] == chosen
    control = [p.id for p in load_problems(str(teach / "control.jsonl"))]
    assert control == data["control"]
    assert trl["prompt"][0].to_list()[0] == {"role": "system", "content": "Think."}
    rates = {row["problem_id"]: row["pass_rate"] for row in data["chosen"]}
    assert dict(trl.select("problem_id", "pass_rate").iter_rows()) == rates


def test_the_table_and_the_json_say_the_same(base, tmp_path):
    table = ok("select", base / "run", "--out", tmp_path / "a", "--size", 20, "--format", "trl")
    given = json.loads(
        ok("select", base / "run", "--out", tmp_path / "b", "--size", 20, "--format", "trl",
           "--json")
    )  # fmt: skip
    assert "20 of 80 problems chosen" in table
    assert f"{100 * given['arms']['chosen']['mixed']['value']:.1f}%" in table
    assert "can no longer evaluate" in table
    assert "next: passgap train POLICY" in table
    assert "with the prompt's flags" in table
    assert not (tmp_path / "a" / "verl").exists()


def test_counts_and_their_problems_make_a_set_too(base, tmp_path):
    ids = [p.id for p in load_problems(str(base / "problems.jsonl"))]
    counts = tmp_path / "counts.csv"
    counts.write_text(
        "problem_id,n,c\n" + "".join(f"{id_},8,{i % 9}\n" for i, id_ in enumerate(ids))
    )
    out = tmp_path / "teach"
    assert_one_line(run("select", counts, "--out", out), "--problems PROBLEMS")
    ok("select", counts, "--problems", base / "problems.jsonl", "--out", out, "--template", "boxed")
    rows = pl.read_parquet(out / "trl" / "train.parquet")
    assert set(rows["problem_id"]) <= set(ids)
    assert "boxed" in rows["prompt"][0].to_list()[-1]["content"]
    other = run("select", counts, "--problems", base / "test.jsonl", "--out", tmp_path / "no")
    assert_one_line(other, "80 of the 80 problems")


def test_what_select_cannot_do_is_one_line(base, teach, tmp_path):
    out = tmp_path / "out"
    assert_one_line(run("select", base / "run", "--out", teach), "is not empty")
    assert_one_line(run("select", base / "run", "--out", out, "--size", 81), "1 to 80")
    assert_one_line(run("select", base / "run", "--out", out, "--format", "nemo"), "trl, verl")
    both = run("select", base / "run", "--problems", base / "test.jsonl", "--out", out)
    assert_one_line(both, "already has its problems, prompt and verifier")
    assert_one_line(
        run("select", base / "run", "--out", out, "--stop", "x"), "leave out --problems"
    )
    narrow = ("--low", 0.4999, "--high", 0.5001)
    assert_one_line(run("select", base / "run", "--out", out, *narrow), "widen the band")
    assert not out.exists()


JOB = ("--policy", "org/model", "--gpus", 1, "--prompts-per-step", 4)


def test_a_selected_folder_becomes_a_job_with_the_prompt_it_was_drawn_with(base, teach, tmp_path):
    held_out = ("--held-out", base / "test.jsonl")
    for arm in ("train", "control"):
        said = ok("export", "verl", teach, "--out", tmp_path / arm, "--arm", arm, *held_out, *JOB)
        assert "20 problems to train on, 10 held out" in said
        rows = pl.read_parquet(tmp_path / arm / "train.parquet")
        ids = [p.id for p in load_problems(str(teach / f"{arm}.jsonl"))]
        assert rows["extra_info"].struct.field("problem_id").to_list() == ids
        assert rows["prompt"][0].to_list()[0]["content"] == "Think."
        assert rows["extra_info"].struct.field("n").unique().to_list() == [16]
    asked = json.loads((tmp_path / "train" / "settings.json").read_text())
    assert asked["settings"]["max_tokens"] == 12  # as the run drew


def test_a_run_and_a_problem_file_become_jobs(base, tmp_path):
    said = ok("export", "openrlhf", base / "run", "--out", tmp_path / "a", "--limit", 30,
              "--policy", "lab:base", *JOB[2:])  # fmt: skip
    assert "30 problems to train on, 0 held out" in said
    row = json.loads((tmp_path / "a" / "train.jsonl").read_text().splitlines()[0])
    assert 0 < row["pass_rate"] < 1
    ok("export", "verl", base / "problems.jsonl", "--out", tmp_path / "b", *JOB, "--template",
       "boxed", "--max-tokens", 64, "--held-out", base / "test.jsonl")  # fmt: skip
    content = pl.read_parquet(tmp_path / "b" / "val.parquet")["prompt"][0].to_list()[-1]["content"]
    assert "boxed" in content


def test_what_export_cannot_do_is_one_line(base, teach, tmp_path):
    out, held_out = ("--out", tmp_path / "out"), ("--held-out", base / "test.jsonl")
    verl = ("export", "verl", teach, *out)
    assert_one_line(run(*verl, *JOB), "give --held-out PROBLEMS")
    assert_one_line(run(*verl, *JOB, *held_out, "--arm", "best"), "allowed: train, control")
    assert_one_line(run(*verl, *JOB, *held_out, "--system", "x"), "--system is given")
    assert_one_line(run(*verl, *JOB, *held_out, "--prompts-per-step", 21), "20 problems")
    assert_one_line(
        run(*verl, *JOB, "--held-out", base / "problems.jsonl"), "20 of the 80 held-out"
    )
    file = ("export", "verl", base / "problems.jsonl", *out, *JOB)
    assert_one_line(run(*file, *held_out), "--max-tokens is missing")
    assert_one_line(
        run(*file, *held_out, "--arm", "train"), "with a folder that passgap select wrote"
    )
    plain = run(*file, *held_out, "--max-tokens", 8)
    assert_one_line(plain, "'org/model' is not a local folder")
    left = run(*verl, *JOB, "--held-out", base / "problems.jsonl", "--leave-out-held-out")
    assert_one_line(left, "every problem of")
    assert not (tmp_path / "out").exists()


def test_a_verifier_from_the_command_line_has_to_be_given_again(base, tmp_path):
    (tmp_path / "mine.py").write_text("def right(question, reference, answer):\n    return True\n")
    run_folder = tmp_path / "run"
    ok("sample", "m", base / "test.jsonl", "--out", run_folder, "--engine", "fake", "-n", 8,
       "--max-tokens", 8, "--template", "chat")  # fmt: skip
    ok("verify", run_folder, "--verifier", "numeric")
    ok("select", run_folder, "--out", tmp_path / "teach", "--size", 6)
    job = ("export", "trl", tmp_path / "teach", "--policy", "org/model", "--prompts-per-step", 4)
    ok(*job, "--out", tmp_path / "job")
    assert "verifier='numeric'" in (tmp_path / "job" / "train.py").read_text()
    file = tmp_path / "teach" / "select.json"
    file.write_text(file.read_text().replace('"numeric"', '"python:mine:right"'))
    assert_one_line(run(*job, "--out", tmp_path / "other"), "--verifier 'python:mine:right'")


@pytest.mark.filterwarnings("default")  # the script is its user's own
def test_trls_script_trains_and_is_watched(tmp_path):
    pytest.importorskip("trl")
    ok("export", "trl", "lab:rare?size=4&split=train", "--policy", "lab:base", "--out",
       tmp_path / "job", "--steps", 1, "--prompts-per-step", 2, "--group-size", 4, "--eval-draws",
       4, "--held-out", "lab:rare?size=2", "--eval-every", 0, "--save-every", 0)  # fmt: skip
    runpy.run_path(str(tmp_path / "job" / "train.py"), run_name="__main__")
    seen = read_watch(tmp_path / "job" / "watch")
    assert len(seen) == 8
    assert seen["problem_id"].n_unique() == 2
    assert (tmp_path / "job" / "trained" / "model.safetensors").is_file()
    assert len(read_watch(tmp_path / "job" / "watch_held_out")) == 8
