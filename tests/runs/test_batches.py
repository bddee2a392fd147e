"""Many shards at once give what each gives by itself, and name the same faults."""

import polars as pl
import pytest

from passgap.data.completions import Block
from passgap.data.policies import Policy, SamplingParams
from passgap.runs import ShardError
from passgap.runs.batches import (
    KEYS,
    completions_of,
    marked_batches,
    outcomes_about,
    outcomes_of,
    with_texts,
)
from passgap.runs.frames import are_of, in_order
from passgap.runs.shards import write_shard
from passgap.stages.sampling import sample
from passgap.stages.verifying import verify


@pytest.fixture
def run(twenty, tmp_path):
    params = SamplingParams(max_tokens=8)
    run = sample(
        Policy("fake-base"), twenty, n=6, out=tmp_path, sampling=params, engine="fake", block_size=9
    )
    verify(run)
    return run


def test_they_are_the_shards_one_after_the_other(run):
    names, digest = run.completion_names(), run.verifier_digest()
    columns = [*KEYS, "text", "logprob"]
    each = pl.concat([run.read_completions(name, columns) for name in names])
    assert len(names) > 5
    assert completions_of(run, names, columns).equals(each)
    marks = pl.concat([run.read_outcomes(digest, name) for name in names])
    assert outcomes_of(run, digest, names, marks.columns).equals(marks)
    (both,) = marked_batches(run, digest, names, ["status"], "text")
    expected = marks.select(*KEYS, "status").hstack(each.select("text"))
    assert both.equals(expected)


def test_what_passgap_wrote_is_not_judged_shard_by_shard(run, monkeypatch):
    def judged(*args):
        raise AssertionError(args)

    monkeypatch.setattr(type(run), "read_completions", judged)
    monkeypatch.setattr(type(run), "read_outcomes", judged)
    columns = ["status", "extracted", "readings.asked", "readings.any"]
    (both,) = marked_batches(run, run.verifier_digest(), run.completion_names(), columns, "text")
    assert len(both) == 120


def test_some_fields_of_a_column(run):
    names, digest = run.completion_names(), run.verifier_digest()
    some = [*KEYS, "status", "readings.asked", "readings.any"]
    shard = run.read_outcomes(digest, names[0])
    with_readings = shard.with_columns(
        readings=pl.when(pl.col("draw") > 0).then(
            pl.struct(
                asked=pl.lit("no_answer"),
                any=pl.lit("correct"),
                form=pl.lit("boxed"),
                run_on=pl.lit(value=True),
                thinking=pl.lit(""),
            )
        )
    )
    place = run.path / "outcomes" / digest
    write_shard(with_readings, place / names[0], about=run.about(names[0]))
    fast = outcomes_of(run, digest, names, some)
    assert fast["readings"].head(2).to_list() == [None, {"asked": "no_answer", "any": "correct"}]
    write_shard(with_readings.reverse(), place / names[0], about=run.about(names[0]))
    slow = outcomes_of(run, digest, names, some)
    assert slow.schema == fast.schema
    assert slow.sort(KEYS).equals(fast.sort(KEYS))


def test_rows_in_another_order_are_read_as_well(run):
    name = run.completion_names()[1]
    digest = run.verifier_digest()
    path = run.path / "outcomes" / digest / name
    rows = run.read_outcomes(digest, name)
    write_shard(rows.reverse(), path, about=run.about(name))
    (both,) = marked_batches(run, digest, run.completion_names(), ["status"], "text")
    texts = completions_of(run, run.completion_names(), [*KEYS, "text"])
    matched = both.select(*KEYS, "text").sort(KEYS)
    assert matched.equals(texts.sort(KEYS))


def other_type(frame):
    return frame.with_columns(pl.lit("many").alias("token_count"))


def no_text(frame):
    return frame.with_columns(text=pl.lit(None, pl.String))


def twice(frame):
    return pl.concat([frame[:-1], frame[:1]])


def fewer(frame):
    return frame[:-1]


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (other_type, "column 'token_count' of another type"),
        (no_text, "no value in a row of column 'text'"),
        (twice, "other samples than its batch"),
        (fewer, "other samples than its batch"),
    ],
)
def test_the_shard_that_is_wrong_is_named(run, harm, told):
    names = run.completion_names()
    frame = harm(run.read_completions(names[2], None))
    write_shard(frame, run.path / "completions" / names[2], about=run.about(names[2]))
    with pytest.raises(ShardError, match=f"{names[2]} .*{told}"):
        completions_of(run, names, [*KEYS, "text", "token_count"])


def test_a_status_that_does_not_exist_is_named(run):
    digest, name = run.verifier_digest(), run.completion_names()[2]
    frame = run.read_outcomes(digest, name).with_columns(status=pl.lit("perhaps"))
    write_shard(frame, run.path / "outcomes" / digest / name, about=run.about(name))
    with pytest.raises(ShardError, match=f"{name} has a status that does not exist"):
        outcomes_of(run, digest, run.completion_names(), [*KEYS, "status"])


def test_some_problems_and_some_texts(run):
    wanted = run.problem_ids[3:5]
    marks = outcomes_about(run, run.verifier_digest(), wanted, ["problem_id", "draw", "status"])
    assert set(marks["problem_id"]) == set(wanted)
    assert len(marks) == 12
    samples = marks.filter(pl.col("draw") == 4)
    found = with_texts(run, samples).sort("problem_id")
    texts = completions_of(run, run.completion_names(), [*KEYS, "text"])
    expected = samples.join(texts, on=KEYS).sort("problem_id")
    assert found.select(expected.columns).equals(expected)
    assert len(with_texts(run, samples.clear())) == 0


def test_pairs_of_several_blocks_in_order():
    blocks = [Block(("a", "b"), 0, 2, 0), Block(("c",), 5, 3, 0)]
    frame = pl.DataFrame(
        {"problem_id": [*"aabbccc"], "draw": [0, 1, 0, 1, 5, 6, 7]},
        schema_overrides={"draw": pl.Int32},
    )
    assert in_order(blocks, frame)
    assert not in_order(blocks, frame.reverse())
    assert not in_order(blocks, frame[:-1])
    assert not in_order(blocks, frame.with_columns(draw=pl.lit(None, pl.Int32)))
    assert are_of(blocks[0], frame[:4])
    assert are_of(blocks[0], frame[:4].reverse())
    assert not are_of(blocks[1], frame[:4])
