"""Every reward call's rows: on disk when the call returns, once, whatever is killed when."""

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter

import polars as pl
import pytest

from passgap.errors import RunError, UsageError, WorkError
from passgap.runs import WatchLog, is_watch, parts, read_watch, watch
from passgap.runs.parts import Part, widest
from passgap.runs.watch import group_rows


def rows(*ids, status="correct", **columns):
    return {"problem_id": list(ids), "status": [status] * len(ids)} | columns


def keys(folder):
    return read_watch(folder).select("rank", "call", "step", "problem_id").rows()


def test_what_was_appended_is_read_back_in_the_order_of_steps(tmp_path):
    first, second = (WatchLog(tmp_path / "w", rank=rank) for rank in (1, 0))
    first.append(0, rows("a", "b", reward=[1.0, None], tokens=[3, 4]))
    first.append(1, rows("a", status="unscored", reason=["timeout"], finish_reason=["length"]))
    second.append(0, rows("c", seconds=[12.5]))
    assert keys(tmp_path / "w") == [(0, 0, 0, "c"), (1, 0, 0, "a"), (1, 0, 0, "b"), (1, 1, 1, "a")]
    frame = read_watch(tmp_path / "w")
    assert frame.columns == [*watch.COLUMNS, "rank"]
    assert frame["reward"].to_list() == [None, 1.0, None, None]
    assert frame["tokens"].to_list() == [None, 3, 4, None]
    assert frame.row(3, named=True)["reason"] == "timeout"
    assert frame["seconds"][0] == 12.5
    assert abs(frame["seconds"][1] - time.time()) < 60


def test_small_parts_are_merged_and_no_row_is_lost(tmp_path, monkeypatch):
    monkeypatch.setattr(watch, "MERGED", 4)
    monkeypatch.setattr(parts, "MERGED", 4)
    log = WatchLog(tmp_path / "w")
    for call in range(70):
        log.append(call, rows(f"p{call}"))
    assert keys(tmp_path / "w") == [(0, i, i, f"p{i}") for i in range(70)]
    names = sorted(path.name for path in (tmp_path / "w" / "rank-00000").glob("part-*"))
    assert names[0] == Part(0, 63).name  # merged three times: 4, 16, 64
    assert len(names) <= 7


def test_a_merge_that_was_killed_neither_loses_nor_doubles_a_row(tmp_path, monkeypatch):
    monkeypatch.setattr(watch, "MERGED", 4)
    monkeypatch.setattr(parts, "MERGED", 4)
    place = tmp_path / "w" / "rank-00000"
    log = WatchLog(tmp_path / "w")
    for call in range(4):
        log.append(call, rows(f"p{call}"))
    shutil.copytree(place, tmp_path / "before")
    log.append(4, rows("p4"))  # merges 0 to 3 first
    assert (place / Part(0, 3).name).exists()
    for name in (1, 3):  # killed while the small parts were being removed
        shutil.copy(tmp_path / "before" / Part(name, name).name, place)
    (place / ".part-0000000005-0000000005.parquet.17.tmp").write_bytes(b"torn")
    expected = [(0, i, i, f"p{i}") for i in range(5)]
    assert keys(tmp_path / "w") == expected
    again = WatchLog(tmp_path / "w")
    assert not list(place.glob(".*.tmp"))
    assert sorted(p.name for p in place.glob("part*")) == [Part(0, 3).name, Part(4, 4).name]
    again.append(5, rows("p5"))
    assert keys(tmp_path / "w") == [*expected, (0, 5, 5, "p5")]


def test_of_overlapping_parts_the_widest_counts():
    names = [Part(a, b).name for a, b in [(0, 63), (0, 0), (5, 5), (64, 64), (65, 128), (65, 65)]]
    random.Random(0).shuffle(names)
    kept = [(p.first, p.last) for p in widest([*names, "writer.lock", ".part.tmp"])]
    assert kept == [(0, 63), (64, 64), (65, 128)]


def test_a_resumed_run_drops_the_later_steps_and_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(watch, "MERGED", 4)
    monkeypatch.setattr(parts, "MERGED", 4)
    log = WatchLog(tmp_path / "w")
    for call in range(7):
        log.append(call // 2, rows(f"p{call}", f"q{call}"))
    other = WatchLog(tmp_path / "w", rank=1)
    other.append(9, rows("x"))
    assert WatchLog(tmp_path / "w").drop_after(0) == 10
    assert [row[3] for row in keys(tmp_path / "w")] == ["p0", "q0", "p1", "q1", "x"]
    again = WatchLog(tmp_path / "w")
    again.append(1, rows("new"))
    assert [row[3] for row in keys(tmp_path / "w")] == ["p0", "q0", "p1", "q1", "new", "x"]


CHILD = """
import sys
from passgap.runs import WatchLog, parts, watch
watch.MERGED = parts.MERGED = 3
log = WatchLog(sys.argv[1])
start = log.read().height
print("start", start, flush=True)
for call in range(start, 10_000):
    log.append(call, {"problem_id": [str(call)], "status": ["correct"]})
    print(call, flush=True)
"""


@pytest.mark.slow  # kill -9, time and again
def test_kill_9_loses_at_most_the_call_that_had_not_returned(tmp_path):
    chance = random.Random(3)
    returned = -1
    for _ in range(6):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(tmp_path / "w")], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout.readline().startswith("start")
        said = [child.stdout.readline() for _ in range(chance.randrange(1, 25))]
        time.sleep(chance.random() * 0.02)
        child.send_signal(signal.SIGKILL)
        said += child.stdout.read().split()
        child.wait()
        child.stdout.close()
        found = [int(problem) for problem in read_watch(tmp_path / "w")["problem_id"]]
        returned = max([returned, *map(int, said)])
        assert found == list(range(len(found)))  # each once, none missing
        assert returned <= len(found) - 1 <= returned + 1
    assert returned > 10


def test_one_rank_has_one_writer(tmp_path):
    code = "import sys; from passgap.runs import WatchLog; WatchLog(sys.argv[1], rank=0)"
    code += "; print('ready', flush=True); sys.stdin.read()"
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "w")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout.readline() == "ready\n"
    with pytest.raises(RunError, match="written by another process"):
        WatchLog(tmp_path / "w", rank=0)
    assert parts.first_free_rank(tmp_path / "w") == 1
    child.communicate("")
    WatchLog(tmp_path / "w", rank=0).append(0, rows("a"))


def test_two_objects_on_one_rank_do_not_overwrite_each_other(tmp_path):
    one, two = WatchLog(tmp_path / "w"), WatchLog(tmp_path / "w")
    one.append(0, rows("a"))
    with pytest.raises(RunError, match="another object of this process"):
        two.append(0, rows("b"))
    assert [row[3] for row in keys(tmp_path / "w")] == ["a"]


def test_about_is_written_once_and_another_is_refused(tmp_path):
    WatchLog(tmp_path / "w", rank=0, about={"step": "trainer", "group_size": 8})
    WatchLog(tmp_path / "w", rank=1, about={"step": "trainer", "group_size": 8})
    WatchLog(tmp_path / "w", rank=2)
    with pytest.raises(RunError, match="group_size: 8 there, 4 requested"):
        WatchLog(tmp_path / "w", rank=3, about={"step": "trainer", "group_size": 4})
    about = json.loads((tmp_path / "w" / "about.json").read_text())
    assert about == {"schema": "passgap.watch/1", "step": "trainer", "group_size": 8}
    assert read_watch(tmp_path / "w").is_empty()


def test_what_is_no_watch_folder_is_refused(tmp_path):
    assert not is_watch(tmp_path)
    with pytest.raises(UsageError, match=r"has no about\.json"):
        read_watch(tmp_path)
    (tmp_path / "about.json").write_text('{"schema": "passgap.watch/99"}')
    for opened in (read_watch, WatchLog):
        with pytest.raises(RunError, match=r"passgap\.watch/99"):
            opened(tmp_path)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"problem_id": ["a"]}, "status"),
        (rows("a", colour=["red"]), "colour"),
        (rows("a", tokens=[1, 2]), "lengths"),
        (rows("a", status="right"), "'right'"),
    ],
)
def test_rows_that_cannot_be_are_refused(tmp_path, bad, message):
    log = WatchLog(tmp_path / "w")
    with pytest.raises(UsageError, match=message):
        log.append(0, bad)
    log.append(0, rows())
    assert not list((tmp_path / "w" / "rank-00000").glob("part-*"))


def test_a_call_that_cannot_be_written_is_not_there(tmp_path, monkeypatch):
    log = WatchLog(tmp_path / "w")
    log.append(0, rows("a"))

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("passgap.runs.writing.os.replace", full)
        with pytest.raises(WorkError, match="No space left"):
            log.append(1, rows("b"))
    assert [row[3] for row in keys(tmp_path / "w")] == ["a"]
    log.append(1, rows("c"))
    assert [row[3] for row in keys(tmp_path / "w")] == ["a", "c"]


def test_a_damaged_part_is_named(tmp_path):
    log = WatchLog(tmp_path / "w")
    log.append(0, rows("a"))
    part = tmp_path / "w" / "rank-00000" / Part(0, 0).name
    part.write_bytes(part.read_bytes()[:-30])
    with pytest.raises(RunError, match=r"part-0000000000-0000000000\.parquet is incomplete"):
        read_watch(tmp_path / "w")


def test_a_name_without_a_file_is_no_endless_wait(tmp_path):
    WatchLog(tmp_path / "w", about={})
    (tmp_path / "w" / "rank-00000" / Part(0, 0).name).symlink_to(tmp_path / "nowhere")
    with pytest.raises(RunError, match="lists a part that is not there"):
        read_watch(tmp_path / "w")


def test_visits_are_counted_over_all_ranks_in_the_order_of_time(tmp_path):
    about = {"step": "visits", "group_size": 3}
    logs = [WatchLog(tmp_path / "w", rank=rank, about=about) for rank in (0, 1)]
    for second in range(7):  # problem a: one row a second, from either rank in turn
        logs[second % 2].append(0, rows("a", seconds=[float(second)]))
    logs[0].append(0, rows("b", "b", seconds=[9.0, 9.0]))
    frame = read_watch(tmp_path / "w")
    steps = dict(zip(frame["seconds"], frame["step"], strict=True))
    assert [steps[float(second)] for second in range(7)] == [0, 0, 0, 1, 1, 1, 2]
    assert frame.filter(pl.col("problem_id") == "b")["step"].to_list() == [0, 0]


def test_groups_are_counted_as_by_hand(tmp_path):
    chance = random.Random(0)
    logs = [WatchLog(tmp_path / "w", rank=rank) for rank in (0, 1)]
    expected = Counter()
    for step in range(3):
        for log in logs:
            for _ in range(20):
                problem, status = chance.choice("ab"), chance.choice(watch.STATUSES)
                reward = {"correct": 2.0, "incorrect": -1.0}.get(status)
                ended = chance.choice(["stop", "length", None])
                log.append(
                    step,
                    rows(problem, status=status, reward=[reward], finish_reason=[ended]),
                )
                key = (step, problem)
                expected[(*key, "completions")] += 1
                expected[(*key, "n")] += status != "unscored"
                expected[(*key, "c")] += status == "correct"
                expected[(*key, "rewards")] += reward is not None
                expected[(*key, "reward_sum")] += reward or 0.0
                expected[(*key, "endings")] += ended is not None
                expected[(*key, "cut")] += ended == "length"
    grouped = group_rows(read_watch(tmp_path / "w"))
    assert grouped.height == 6
    for row in grouped.iter_rows(named=True):
        for name in ("completions", "n", "c", "rewards", "reward_sum", "endings", "cut"):
            assert row[name] == expected[(row["step"], row["problem_id"], name)]
