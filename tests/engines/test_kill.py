"""kill -9 while the transformers engine samples, the same command again: bit for bit the same."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("transformers", reason="needs passgap[lm]")

from passgap.runs import Run

pytestmark = pytest.mark.slow


SCRIPT = """
import sys
from passgap.lab import lab_problems
from passgap import sample
from passgap import SamplingParams
from passgap.stages.resolving import resolve_policy
sample(resolve_policy("lab:base"), lab_problems("rare", size=48), n=48, out=sys.argv[1],
       sampling=SamplingParams(24), engine_args={"threads": "1"}, seed=3, block_size=64)
"""


def begin(out: Path) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", SCRIPT, str(out)])


def test_kill_9_at_random_moments_changes_nothing(tmp_path):
    assert begin(tmp_path / "whole").wait(120) == 0
    rng = np.random.default_rng(1)
    killed = tmp_path / "killed"
    landed = [0]
    for _ in range(3):
        process = begin(killed)
        until = time.monotonic() + 90
        shards = killed / "completions"
        while len(list(shards.glob("part-*"))) <= landed[-1] and time.monotonic() < until:
            assert process.poll() is None, "ended before it was killed"
            time.sleep(0.005)
        time.sleep(float(rng.uniform(0, 0.15)))
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        landed.append(len(list(shards.glob("part-*"))))
    blocks = len(Run(killed).blocks)
    assert 0 < landed[1] < landed[2] < landed[3] < blocks
    assert begin(killed).wait(120) == 0
    frames = [Run(path).scan_completions().collect() for path in (killed, tmp_path / "whole")]
    assert frames[0].select("problem_id", "draw").is_unique().all()
    assert len(frames[0]) == 48 * 48
    assert frames[0].equals(frames[1])
