"""Counting a run as it grows agrees with counting it whole."""

import polars as pl
import pytest
from known_runs import VERIFIER, add_block, solved_by, sums, write_run

from passgap.data.outcomes import Outcome
from passgap.errors import RunError
from passgap.show.viewer.tallies import Tally, progress
from passgap.stages.counting import count


def counted(frame):
    return {row["problem_id"]: (row["n"], row["c"], row["unscored"]) for row in frame.to_dicts()}


def expected(run):
    whole = count(run)
    columns = (whole.n.tolist(), whole.c.tolist(), whole.unscored.tolist())
    return dict(zip(whole.problem_id, zip(*columns, strict=True), strict=True))


def test_shard_by_shard_gives_the_whole(tmp_path):
    problems, draws = sums(30), solved_by(lambda i: i % 9)
    run = write_run(tmp_path / "r", problems, draws, block=72)
    names, place = list(run.blocks), {problem.id: i for i, problem in enumerate(problems)}
    folder = run.path / "outcomes" / VERIFIER
    for name in names[1:]:
        (folder / name).unlink()
    tally = Tally()
    assert tally.update(run, VERIFIER).height == 3
    for name in names[1:]:
        with run.writing():
            add_block(run, name, place, draws)
        tally.update(run, VERIFIER)
    assert counted(tally.update(run, VERIFIER)) == expected(run)
    assert progress(run, VERIFIER).complete


def test_a_shard_written_anew_and_another_verifier_are_counted_anew(tmp_path):
    run = write_run(tmp_path / "r", sums(20), solved_by(lambda i: 5), block=120)
    tally = Tally()
    tally.update(run, VERIFIER)
    name = next(iter(run.blocks))
    block = run.blocks[name]
    keys = [(i, block.first_draw + j) for i in block.problem_ids for j in range(block.size)]
    with run.writing():
        run.add_outcomes(VERIFIER, name, [(i, d, Outcome("correct")) for i, d in keys])
    assert counted(tally.update(run, VERIFIER)) == expected(run)
    assert tally.update(run, "other").height == 0
    assert tally.update(run, None).height == 0
    assert counted(tally.update(run, VERIFIER)) == expected(run)


def test_a_torn_shard_is_named(tmp_path):
    run = write_run(tmp_path / "r", sums(10), solved_by(lambda i: 5))
    next((run.path / "outcomes" / VERIFIER).glob("part-*")).write_bytes(b"PAR1")
    with pytest.raises(RunError, match=r"run passgap verify .* to score it again"):
        Tally().update(run, VERIFIER)


def test_nothing_verified_counts_nothing(tmp_path):
    run = write_run(tmp_path / "r", sums(10), solved_by(lambda i: 5), verified=False)
    assert (
        Tally()
        .update(run, None)
        .equals(pl.DataFrame(schema={"problem_id": str, "n": int, "c": int, "unscored": int}))
    )
    now = progress(run, None)
    assert (now.drawn, now.marked, now.complete) == (1, 0, False)
