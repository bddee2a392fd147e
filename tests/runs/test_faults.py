"""What goes wrong with disks, writers and shards: told, owed again, nothing else lost."""

import json
import shutil
import subprocess
import sys

import pytest

from passgap.data.policies import Policy, SamplingParams
from passgap.errors import MismatchError, RunError, UsageError, WorkError
from passgap.runs import Run, ShardError, merge
from passgap.stages.counting import count, read_counts
from passgap.stages.sampling import sample
from passgap.stages.verifying import verify

pytestmark = pytest.mark.slow

PARAMS = SamplingParams(max_tokens=8)


def draw(problems, out, n=10, **options):
    settings = {"sampling": PARAMS, "engine": "fake", "block_size": 8} | options
    return sample(Policy("fake-base"), problems, n=n, out=out, **settings)


def completions(run):
    return run.scan_completions().collect().sort("problem_id", "draw")


def shard(run, i=0):
    return run.path / "completions" / run.completion_names()[i]


# -- shards that cannot be trusted


def tear(run):
    shard(run).write_bytes(shard(run).read_bytes()[:-200])


def flip_a_bit(run):
    data = bytearray(shard(run).read_bytes())
    data[60] ^= 4
    shard(run).write_bytes(data)


def empty(run):
    shard(run).write_bytes(b"")


def swap(run):
    shutil.copy(shard(run, 3), shard(run))


FAULTS = {tear: "is incomplete", flip_a_bit: "does not match its checksums", empty: "is incomplete",
          swap: "belongs to another run or folder"}  # fmt: skip


@pytest.mark.parametrize("harm", FAULTS, ids=lambda f: f.__name__)
def test_a_shard_that_cannot_be_trusted_is_refused_and_drawn_again(harm, twenty, tmp_path):
    run = draw(twenty, tmp_path / "run")
    verify(run)
    before, counted = completions(run), count(run)
    harm(run)
    assert FAULTS[harm] in next(iter(run.faults().values()))
    with pytest.raises(
        ShardError, match=rf"{FAULTS[harm]}.*rerun the passgap sample command that made the run"
    ):
        count(run)
    again = draw(twenty, tmp_path / "run")
    assert not again.faults()
    assert len(list(again.path.rglob("*.rejected"))) == 1
    assert completions(again).equals(before)
    with pytest.raises(UsageError, match="verified samples"):
        count(again)  # the outcomes of the redrawn block are gone with it
    verify(again)
    assert count(again).c.tolist() == counted.c.tolist()


def test_a_shard_of_another_run_is_foreign(twenty, tmp_path):
    run = draw(twenty, tmp_path / "run")
    other = draw(twenty, tmp_path / "other", sampling=SamplingParams(9))
    shutil.copy(shard(other), shard(run))
    assert list(run.faults().values()) == ["belongs to another run or folder"]
    assert not draw(twenty, tmp_path / "run").faults()


def test_files_that_are_no_blocks_are_left_alone(twenty, tmp_path):
    run = draw(twenty, tmp_path / "run")
    (run.path / "completions" / "notes.txt").write_text("mine")
    (run.path / "completions" / "part-99999-000000.parquet").write_bytes(b"mine")
    before = completions(run)
    assert completions(draw(twenty, tmp_path / "run")).equals(before)
    assert (run.path / "completions" / "part-99999-000000.parquet").read_bytes() == b"mine"


# -- disks


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 300 kB."""
    place = tmp_path / "small"
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(place)], capture_output=True
    )
    if made.returncode:
        pytest.skip(f"cannot mount a tmpfs here: {made.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_is_told_and_harms_nothing(small_disk, twenty, tmp_path):
    with pytest.raises(WorkError, match=r"No space left on device.*run the same command again"):
        draw(twenty, small_disk / "run", n=400, block_size=80)
    run = Run(small_disk / "run")
    landed = len(run.completion_names())
    assert 0 < landed < len(run.blocks)
    assert not run.faults()
    assert not list(run.path.rglob("*.tmp"))
    shutil.copytree(run.path, tmp_path / "moved")
    finished = draw(twenty, tmp_path / "moved", n=400, block_size=80)
    whole = draw(twenty, tmp_path / "whole", n=400, block_size=80)
    assert completions(finished).equals(completions(whole))


def test_a_folder_that_may_not_be_written_is_told(twenty):
    with pytest.raises(WorkError, match=r"cannot write /proc/run: .*or give another folder"):
        draw(twenty, "/proc/run")


# -- two writers

SLOW = """
import sys, time
from passgap.engines import fake
from passgap import sample
from passgap import Policy, Problem, ProblemSet, SamplingParams
draw = fake.FakeEngine.complete
fake.FakeEngine.complete = lambda *a: (time.sleep(0.05), draw(*a))[1]
problems = ProblemSet.of("p", [Problem(f"q{i}", str(i), "exact") for i in range(20)])
try:
    sample(Policy("m"), problems, n=20, out=sys.argv[1], sampling=SamplingParams(8),
           engine="fake", block_size=20)
except Exception as error:
    sys.exit(f"{type(error).__name__}: {error}")
"""


def test_of_two_writers_one_is_refused_and_the_run_is_whole(tmp_path):
    start = lambda: subprocess.Popen(  # noqa: E731
        [sys.executable, "-c", SLOW, str(tmp_path / "run")], stderr=subprocess.PIPE, text=True
    )
    writers = [start() for _ in range(3)]
    said = [writer.communicate(timeout=60)[1] for writer in writers]
    codes = [writer.returncode for writer in writers]
    assert codes.count(0) >= 1
    for code, text in zip(codes, said, strict=True):
        assert code == 0 or ("RunError" in text and "being written by another process" in text)
    run = Run(tmp_path / "run")
    assert not run.owed()
    assert completions(run).select("problem_id", "draw").is_unique().all()


# -- topping up


def test_topping_up_keeps_the_old_draws_and_adds_fresh_ones(twenty, tmp_path):
    few = completions(draw(twenty, tmp_path / "run", n=10))
    run = draw(twenty, tmp_path / "run", n=25, top_up=True)
    seeds = [block.seed for block in run.blocks.values()]
    assert len(set(seeds)) == len(seeds)
    frame = completions(run)
    assert frame.filter(frame["draw"] < 10).equals(few)
    assert frame.group_by("problem_id").len()["len"].unique().to_list() == [25]
    old = frame.filter(frame["draw"] < 10)["text"].to_list()
    new = frame.filter(frame["draw"].is_between(10, 19))["text"].to_list()
    assert old != new
    assert draw(twenty, tmp_path / "run", n=25, top_up=True).manifest == run.manifest
    assert draw(twenty, tmp_path / "run", n=30, top_up=True).manifest.n == 30
    verify(run)


def test_an_interrupted_top_up_goes_on(twenty, tmp_path):
    draw(twenty, tmp_path / "run", n=10)
    run = draw(twenty, tmp_path / "run", n=20, top_up=True)
    whole = completions(run)
    for name in run.completion_names()[1::3]:
        (run.path / "completions" / name).unlink()
    assert completions(draw(twenty, tmp_path / "run", n=20, top_up=True)).equals(whole)
    (run.path / "completions" / run.completion_names()[0]).unlink()
    assert completions(draw(twenty, tmp_path / "run", n=20)).equals(whole)


def test_top_ups_that_cannot_be(twenty, tmp_path):
    with pytest.raises(UsageError, match="no run to top up"):
        draw(twenty, tmp_path / "run", top_up=True)
    draw(twenty, tmp_path / "run", n=10)
    with pytest.raises(RunError, match=r"n: 10 there, 12 requested.*--top-up to add samples"):
        draw(twenty, tmp_path / "run", n=12)
    with pytest.raises(UsageError, match=r"n is 4, but .* already has n=10"):
        draw(twenty, tmp_path / "run", n=4, top_up=True)
    with pytest.raises(RunError, match=r"seed: 0 there, 1 requested"):
        draw(twenty, tmp_path / "run", n=12, seed=1, top_up=True)


# -- merging


def test_ranges_of_several_machines_equal_the_run_of_one(twenty, tmp_path):
    parts = [draw(twenty, tmp_path / f"m{i}", n=8, first_draw=8 * i) for i in range(3)]
    merged = merge([parts[1], parts[0], parts[2]], tmp_path / "all")
    assert completions(merged).equals(completions(draw(twenty, tmp_path / "one", n=24)))
    assert (merged.manifest.n, len(merged.manifest.rounds)) == (24, 3)
    verify(merged)
    assert set(count(merged).n) == {24}


def test_an_interrupted_merge_goes_on(twenty, tmp_path):
    parts = [draw(twenty, tmp_path / f"m{i}", n=8, first_draw=8 * i) for i in range(2)]
    merged = merge(parts, tmp_path / "all")
    before = completions(merged)
    shard(merged, 2).unlink()
    assert completions(merge(parts, tmp_path / "all")).equals(before)


def test_what_cannot_be_merged(twenty, tmp_path):
    one = draw(twenty, tmp_path / "one", n=8)
    with pytest.raises(UsageError, match="1 runs given"):
        merge([one], tmp_path / "all")
    over = draw(twenty, tmp_path / "over", n=8, first_draw=5)
    with pytest.raises(UsageError, match="share the samples 5 to 7, which would count twice"):
        merge([one, over], tmp_path / "all")
    other = draw(twenty, tmp_path / "other", n=8, first_draw=8, sampling=SamplingParams(9))
    with pytest.raises(MismatchError, match=r"sampling\.max_tokens: 8 there, 9 requested"):
        merge([one, other], tmp_path / "all")
    late = draw(twenty, tmp_path / "late", n=8, first_draw=8)
    shard(late).unlink()
    with pytest.raises(UsageError, match="lacks 1 of 20 batches"):
        merge([one, late], tmp_path / "all")
    assert not (tmp_path / "all").exists()


# -- reading from anywhere


@pytest.fixture
def verified(twenty, tmp_path):
    run = draw(twenty, tmp_path / "run")
    verify(run)
    return run


def test_a_run_is_read_from_a_zip_file(verified, tmp_path):
    shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path, "run")
    url = f"zip://run::{tmp_path / 'packed.zip'}"
    run = Run(url)
    assert completions(run).equals(completions(verified))
    assert read_counts(url).c.tolist() == count(verified).c.tolist()
    assert not run.faults()
    with pytest.raises(UsageError, match="can only be read; copy the run to a local folder"):
        verify(run)


def test_a_run_is_read_from_memory(verified):
    import fsspec

    files = fsspec.filesystem("memory")
    files.put(str(verified.path), "/run", recursive=True)
    try:
        assert read_counts("memory://run").c.tolist() == count(verified).c.tolist()
    finally:
        files.rm("/run", recursive=True)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nonsense://x/run", "nonsense://x/run cannot be opened"),
        ("memory://nowhere", "has no manifest.json; check the bucket and the folder"),
    ],
)
def test_a_url_that_leads_nowhere_is_told(url, message):
    with pytest.raises(UsageError, match=message):
        read_counts(url)


def test_a_run_is_not_written_to_a_url(twenty):
    with pytest.raises(UsageError, match="give a local folder to write a run"):
        draw(twenty, "memory://run")


def test_calls_say_what_was_done_with_what(twenty, tmp_path):
    run = draw(twenty, tmp_path / "run")
    shard(run).unlink()
    draw(twenty, tmp_path / "run")
    calls = run.calls()
    assert [call.blocks for call in calls] == [len(run.blocks), 1]
    assert calls[0].engine["name"] == "fake"
    assert json.loads((run.path / "manifest.json").read_text())["rounds"][0]["draws"] == 10
