"""The images of a run: each once, whole, found by their bytes, and never outside the folder."""

import os
import pickle
import shutil

import polars as pl
import pytest

from passgap.checks import check
from passgap.data.images import Image
from passgap.data.policies import Policy, SamplingParams
from passgap.data.problems import ProblemSet
from passgap.errors import RunError, UsageError
from passgap.evidence.doors import select
from passgap.launch.exporting import counted, write_selection
from passgap.launch.results import write_dataset
from passgap.problems import load_problems
from passgap.runs import Run, merge
from passgap.stages.sampling import sample
from passgap.stages.verifying import verify
from passgap.training.config import TrainConfig
from passgap.training.folder import check_problems
from tests.pictures import png, shown, shown_set


def draw(problems, out, **more):
    settings = {"sampling": SamplingParams(max_tokens=4), "engine": "fake", "n": 4}
    return sample(Policy("p"), problems, out=out, **settings | more)


def files(run):
    return sorted(path.name for path in (run.path / "images").iterdir())


def test_a_run_gives_its_images_back(tmp_path):
    problems = shown_set()
    run = draw(problems, tmp_path / "run")
    again = Run(run.path).problems()
    assert again.problems == problems.problems
    assert [p.images[0].read() for p in again] == [png(number) for number in range(1, 5)]
    assert files(run) == sorted(problem.images[0].name for problem in problems)


def test_without_images_a_run_is_as_before(twenty, tmp_path):
    run = draw(twenty, tmp_path / "run")
    assert not (run.path / "images").exists()
    columns = ["problem_id", "question", "reference", "verifier", "metadata"]
    assert pl.read_parquet(run.path / "problems.parquet").columns == columns


def test_an_image_of_many_questions_is_one_file(tmp_path):
    same = ProblemSet.of("same", [shown(n, [png(1), png(2)]) for n in range(5)])
    run = draw(same, tmp_path / "run")
    assert len(files(run)) == 2
    assert len(run.problems()) == 5


@pytest.mark.parametrize("harm", ["gone", "cut", "other"])
def test_a_damaged_image_is_found_and_repaired(tmp_path, harm):
    problems = shown_set()
    run = draw(problems, tmp_path / "run")
    path = run.path / "images" / problems.problems[1].images[0].name
    before = path.read_bytes()
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(before[:-1] if harm == "cut" else png(9))
    with pytest.raises(RunError, match=r"missing|damaged.*run the passgap sample command"):
        Run(run.path).problems().problems[1].images[0].read()
    found = [one for one in check(Run(run.path)).findings if one.check == "images"]
    assert [one.severity for one in found] == ["error"]
    assert "1 image cannot be read" in found[0].evidence
    draw(problems, tmp_path / "run")
    assert path.read_bytes() == before
    assert not [one for one in check(Run(run.path)).findings if one.check == "images"]


def test_a_link_in_a_run_is_not_read_nor_written(tmp_path):
    problems = shown_set()
    run = draw(problems, tmp_path / "run")
    mine = tmp_path / "mine"
    (run.path / "images").rename(mine)
    (run.path / "images").symlink_to(mine)
    with pytest.raises(RunError, match="it is a link"):
        Run(run.path).problems().problems[0].images[0].read()
    (mine / problems.problems[0].images[0].name).unlink()
    with pytest.raises(RunError, match="is a link"):
        draw(problems, tmp_path / "run")
    (run.path / "images").unlink()
    shutil.copytree(mine, run.path / "images")
    outside = tmp_path / "outside.png"
    outside.write_bytes(png(1))
    (run.path / "images" / problems.problems[0].images[0].name).symlink_to(outside)
    with pytest.raises(RunError, match="it is a link"):
        Run(run.path).problems().problems[0].images[0].read()


def test_a_pipe_in_place_of_an_image_is_not_waited_for(tmp_path):
    problems = shown_set()
    run = draw(problems, tmp_path / "run")
    path = run.path / "images" / problems.problems[0].images[0].name
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(RunError, match="cannot be read"):
        Run(run.path).problems().problems[0].images[0].read()


@pytest.mark.parametrize("name", ["../../secret.png", "/etc/passwd", f"{'0' * 64}.svg", None])
def test_a_name_that_leads_out_is_refused(tmp_path, name):
    run = draw(shown_set(), tmp_path / "run")
    frame = run.problem_rows.with_columns(images=pl.lit([name]))
    frame.write_parquet(run.path / "problems.parquet")
    with pytest.raises(RunError, match="is not the name of an image"):
        Run(run.path).problems()


def test_another_image_is_another_problem(tmp_path):
    run = draw(shown_set(), tmp_path / "run")
    frame = run.problem_rows.with_columns(images=pl.lit([Image.of(png(9)).name]))
    frame.write_parquet(run.path / "problems.parquet")
    with pytest.raises(RunError, match="its ids are not those of its problems"):
        Run(run.path).problems()


def test_merged_runs_keep_their_images(tmp_path):
    problems = shown_set()
    parts = [draw(problems, tmp_path / f"{i}", first_draw=4 * i) for i in range(2)]
    merged = merge(parts, tmp_path / "merged")
    assert [p.images[0].read() for p in merged.problems()] == [png(n) for n in range(1, 5)]


def test_problems_of_a_run_travel_to_other_processes(tmp_path):
    run = draw(shown_set(), tmp_path / "run")
    there = pickle.loads(pickle.dumps(run.problems()))
    assert there.problems[0].images[0].read() == png(1)


def test_a_data_set_holds_the_images_as_the_hub_does(tmp_path):
    problems = shown_set()
    run = draw(problems, tmp_path / "run")
    verify(run)
    write_dataset(run, tmp_path / "set")
    again = load_problems(str(tmp_path / "set" / "problems" / "train-00000-of-00001.parquet"))
    assert [p.id for p in again] == [p.id for p in problems]


def test_selected_problems_keep_their_images_and_other_formats_are_refused(tmp_path):
    problems = shown_set(12)
    run = draw(problems, tmp_path / "run", n=32)
    verify(run)
    counts, source = counted(run.path, None, None, None, None)
    chosen = select(counts)
    written = write_selection(chosen, source, tmp_path / "sel", None)
    assert written.files == ("train.jsonl", "control.jsonl")
    kept = load_problems(str(tmp_path / "sel" / "train.jsonl"))
    assert {p.id for p in kept} <= {p.id for p in problems}
    assert all(p.images for p in kept)
    with pytest.raises(UsageError, match="the format verl cannot read"):
        write_selection(chosen, source, tmp_path / "other", ("verl",))
    assert not (tmp_path / "other").exists()


def test_training_on_images_is_refused():
    with pytest.raises(UsageError, match="4 problems have images, which training with TRL cannot"):
        check_problems(shown_set(), TrainConfig(max_tokens=8, prompts_per_step=2), None)
