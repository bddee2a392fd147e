"""The run store: whole shards, one writer, resume, refusals."""

import json
import shutil

import numpy as np
import polars as pl
import pytest

from passgap.checks import check
from passgap.data.policies import Policy, SamplingParams
from passgap.errors import PassgapError, RunError, UsageError, WorkError
from passgap.runs import Run, merge
from passgap.stages.counting import count, outcome_matrix, read_counts, write_counts
from passgap.stages.sampling import sample
from passgap.stages.verifying import verify

PARAMS = SamplingParams(max_tokens=8)


def draw(problems, out, n=10, **options):
    settings = {"sampling": PARAMS, "engine": "fake", "block_size": 8} | options
    return sample(Policy("fake-base"), problems, n=n, out=out, **settings)


def completions(run: Run) -> pl.DataFrame:
    return run.scan_completions().collect().sort("problem_id", "draw")


def test_every_problem_and_draw_exactly_once(twenty, tmp_path):
    run = draw(twenty, tmp_path / "run")
    frame = completions(run)
    wanted = {(p.id, d) for p in twenty for d in range(10)}
    assert len(frame) == len(wanted)
    assert set(frame.select("problem_id", "draw").iter_rows()) == wanted
    assert not run.owed()


def test_what_takes_a_run_takes_its_folder(twenty, tmp_path):
    halves = [tmp_path / "first", tmp_path / "second"]
    for i, half in enumerate(halves):
        draw(twenty, half, n=5, first_draw=5 * i)
    folder = str(merge(list(map(str, halves)), tmp_path / "both").path)
    verify(folder, verifier="exact")
    run = Run(folder)
    assert count(folder).c.tolist() == count(run).c.tolist()
    assert check(folder).to_dict() == check(run).to_dict()
    assert outcome_matrix(folder).shape == (20, 10)
    assert read_counts(write_counts(folder, tmp_path / "c.csv")).n.tolist() == [10] * 20
    for call in (count, verify, check):
        with pytest.raises(UsageError, match="a dict is no run; give a"):
            call({})


def test_a_folder_name_is_no_pattern(twenty, tmp_path):
    out = tmp_path / "T=[0.7]*?"
    run = draw(twenty, out)
    assert len(completions(run)) == 200
    verify(run, verifier="exact")
    assert count(run).n.tolist() == [10] * 20


def test_blocks_partition_the_work_and_have_distinct_seeds(twenty, tmp_path):
    blocks = draw(twenty, tmp_path / "run").blocks.values()
    pairs = [(i, b.first_draw + j) for b in blocks for i in b.problem_ids for j in range(b.size)]
    assert sorted(pairs) == sorted({(p.id, d) for p in twenty for d in range(10)})
    assert len({b.seed for b in blocks}) == len(blocks)


def test_lost_shards_are_owed_and_come_back_equal(twenty, tmp_path):
    run = draw(twenty, tmp_path / "run")
    before = completions(run)
    for name in run.completion_names()[1::2]:
        (run.path / "completions" / name).unlink()
    assert len(run.owed()) == 20
    assert completions(draw(twenty, tmp_path / "run")).equals(before)


def test_another_configuration_is_refused_by_key(twenty, tmp_path):
    draw(twenty, tmp_path / "run")
    with pytest.raises(RunError, match=r"n: 10 there, 12 requested"):
        draw(twenty, tmp_path / "run", n=12)
    with pytest.raises(RunError, match=r"sampling\.temperature: 1\.0 there, 0\.5 requested"):
        draw(twenty, tmp_path / "run", sampling=SamplingParams(8, temperature=0.5))


def test_a_foreign_folder_and_a_foreign_schema_are_refused(twenty, tmp_path):
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(RunError, match="not empty and not a run"):
        draw(twenty, tmp_path)
    run = draw(twenty, tmp_path / "run")
    manifest = json.loads((run.path / "manifest.json").read_text()) | {"schema": "other/9"}
    (run.path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(RunError, match="other/9"):
        Run(run.path)


def test_a_second_writer_is_refused(twenty, tmp_path):
    run = draw(twenty, tmp_path / "run")
    with (
        run.writing(),
        pytest.raises(RunError, match="being written by another"),
        Run(run.path).writing(),
    ):
        pass


def test_an_engine_that_gives_too_few_leaves_the_block_owed(twenty, tmp_path):
    run = draw(twenty, tmp_path / "run")
    name, block = next(iter(run.blocks.items()))
    (run.path / "completions" / name).unlink()
    with pytest.raises(WorkError, match="is not saved"):
        run.add_completions(name, [])
    assert run.owed() == {name: block}


def test_an_unwritable_place_is_told(twenty, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PassgapError, match="cannot write"):
        draw(twenty, tmp_path / "file" / "run")


@pytest.mark.slow
def test_counts_match_the_known_truth(twenty, tmp_path):
    run = draw(
        twenty, tmp_path / "run", n=2000, block_size=8000, engine_args={"alpha": "2", "beta": "2"}
    )
    with pytest.raises(UsageError, match="not verified yet"):
        count(run)
    verify(run)
    counts = count(run)
    assert counts.problem_id == tuple(p.id for p in twenty)
    assert set(counts.n) == {2000}
    from passgap.engines import FakeEngine

    p = FakeEngine.of(twenty.problems, alpha=2, beta=2).p
    truth = np.array([p[i] for i in counts.problem_id])
    error = np.abs(counts.c / 2000 - truth) / np.sqrt(truth * (1 - truth) / 2000)
    assert error.max() < 5


def test_the_verifier_that_marked_last_counts(twenty, tmp_path):
    run = draw(twenty, tmp_path / "run")
    first, second = verify(run), verify(run, verifier="exact")
    assert first != second
    assert count(run).provenance["verifier"] == second
    assert count(run, verifier_digest=first).provenance["verifier"] == first
    shutil.copytree(run.path, tmp_path / "copy", copy_function=shutil.copy)  # newer times
    assert count(Run(tmp_path / "copy")).provenance["verifier"] == second
    verify(run)
    assert count(run).provenance["verifier"] == first


def test_an_unfinished_run_is_not_counted(twenty, tmp_path):
    run = draw(twenty, tmp_path / "run")
    verify(run)
    (run.path / "completions" / run.completion_names()[0]).unlink()
    with pytest.raises(UsageError, match="verified samples of 200"):
        count(run)
