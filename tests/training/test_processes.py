"""Two processes on the CPU share one training, under torchrun."""

import json
import os
import subprocess
import sys

import pytest

pytest.importorskip("trl", reason="needs passgap[lm]")

from passgap.runs.watch import read_watch
from passgap.training.processes import Processes

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two") / "policy"
    subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2"),
            *("--standalone", "-m", "passgap", "train", "lab:base"),
            *("lab:rare?split=train&size=64", "--out", str(folder), "--steps", "3"),
            *("--group-size", "4", "--prompts-per-step", "4", "--learning-rate", "1e-4"),
            *("--held-out", "lab:rare?size=7", "--eval-draws", "4", "--device", "cpu"),
        ],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        check=True,
        capture_output=True,
        timeout=120,
    )
    return folder


def json_lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_each_process_takes_whole_groups_and_their_records_are_one(out):
    rows = read_watch(out / "watch")
    assert rows.height == 3 * 16
    assert rows.group_by("rank").len().sort("rank")["len"].to_list() == [24, 24]
    by_rank = rows.group_by("step", "problem_id", "rank").len()
    assert by_rank["len"].to_list() == [4] * 12, "a group lies in one process"


def test_the_log_is_of_both(out):
    steps = json_lines(out / "training.jsonl")
    assert [row["step"] for row in steps] == [1, 2, 3]
    rows = read_watch(out / "watch")
    for row in steps:
        drawn = rows.filter(rows["step"] == row["step"] - 1)
        assert row["reward"] == pytest.approx((drawn["status"] == "correct").mean())


def test_held_out_problems_are_shared_and_each_is_measured_once(out):
    measured = json_lines(out / "held_out.jsonl")
    assert [row["step"] for row in measured] == [0, 3]
    assert all((row["problems"], row["draws"], row["left_out"]) == (7, 4, 0) for row in measured)


def test_the_policy_file_tells_how_many(out):
    assert json.loads((out / "passgap_policy.json").read_text())["processes"] == 2


def test_one_process_needs_no_others():
    alone = Processes()
    assert alone.is_main
    assert alone.once(lambda: 3) == 3
    assert alone.gathered([1, 2]) == alone.share([1, 2]) == [1, 2]
    alone.wait()
    assert Processes(rank=1, count=3).share(list(range(7))) == [1, 4]
