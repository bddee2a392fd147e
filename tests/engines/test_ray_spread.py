"""count, check and verify over a local cluster of two nodes; one dies in mid-run."""

import functools
import os
import pickle
import socket
import subprocess
import sys

import pytest

pytest.importorskip("ray", reason="needs passgap[ray]")

from passgap.checks import check, of_run
from passgap.data.policies import Policy, SamplingParams
from passgap.data.problems import Problem, ProblemSet
from passgap.errors import RunError, UsageError
from passgap.runs import Run, batches
from passgap.runs.spreading import spread, spreading
from passgap.stages import counting
from passgap.stages.counting import count, counts_frame, read_counts
from passgap.stages.sampling import sample
from passgap.stages.verifying import verify

PROBLEMS = ProblemSet.of(
    "sums", [Problem(f"What is {i} + {i}?", str(2 * i), "numeric") for i in range(30)]
)

CLUSTER = """
import functools, sys, time
import ray
from ray.cluster_utils import Cluster

from passgap.checks import check, of_run
from passgap.engines.ray import mapper
from passgap.runs import Run, batches
from passgap.runs.spreading import spreading
from passgap.stages import counting
from passgap.stages.counting import count, write_counts
from passgap.stages.verifying import verify

of_run.ROWS, counting.batched = 60, functools.partial(batches.batched, rows=60)  # several parts
cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
second = cluster.add_node(num_cpus=1)
cluster.wait_for_nodes()
run = Run(sys.argv[1])
landed = []

def progress(done, total):
    landed.append(done)
    if len(landed) == 2:
        assert done < total, "too late to be in mid-run"
        cluster.remove_node(second, allow_graceful=False)

ray.init(address=cluster.address, log_to_driver=False)
with mapper(cluster.address) as on_ray, spreading(on_ray):
    verify(run, progress=progress)
    until = time.monotonic() + 60
    while sum(node["Alive"] for node in ray.nodes()) > 1:
        assert time.monotonic() < until, "the cluster never missed its node"
        time.sleep(0.1)
    write_counts(count(run), sys.argv[2])
    print("CHECKED", repr(check(run)))
print("LANDED", landed)
ray.shutdown()
cluster.shutdown()
"""


def drawn(out):
    return sample(
        Policy("fake-base"),
        PROBLEMS,
        n=8,
        out=out,
        sampling=SamplingParams(max_tokens=8),
        engine="fake",
        block_size=16,
    )


@pytest.mark.slow  # a node is killed
def test_a_node_killed_in_mid_run_changes_nothing(tmp_path, monkeypatch):
    run = drawn(tmp_path / "run")
    counts = tmp_path / "counts.parquet"
    done = subprocess.run(
        [sys.executable, "-c", CLUSTER, str(run.path), str(counts)],
        capture_output=True, text=True, timeout=400, check=False,
        env=os.environ | {"RAY_worker_niceness": "0"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    (tmp_path / "alone").mkdir()
    monkeypatch.chdir(tmp_path / "alone")
    alone = drawn(tmp_path / "alone" / "run")
    key = verify(alone)
    assert Run(run.path).verifier_digest() == key
    for name in alone.completion_names():
        mine, theirs = (one.read_outcomes(key, name) for one in (Run(run.path), alone))
        assert mine.equals(theirs), name
    kept = counts_frame(count(alone))
    assert counts_frame(read_counts(counts)).equals(kept)
    found = repr(check(alone)).replace(str(alone.path), str(run.path))
    assert f"CHECKED {found}" in done.stdout


def doubled(number):
    return 2 * number


def elsewhere(function, items):
    """As a cluster does: everything is pickled, and the last item finishes first."""
    sent = pickle.dumps(function)
    found = {i: pickle.loads(sent)(pickle.loads(pickle.dumps(items[i]))) for i in range(len(items))}
    yield from (pickle.loads(pickle.dumps(found[i])) for i in range(len(items)))


def test_without_a_mapper_items_are_taken_one_after_the_other():
    assert list(spread(doubled, range(3))) == [0, 2, 4]
    with spreading(elsewhere):
        assert list(spread(doubled, range(3))) == [0, 2, 4]
    assert list(spread(doubled, iter([5]))) == [10]


def test_what_is_sent_elsewhere_gives_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(of_run, "ROWS", 60)
    monkeypatch.setattr(counting, "batched", functools.partial(batches.batched, rows=60))
    here, there = drawn(tmp_path / "a" / "run"), drawn(tmp_path / "b" / "run")
    key = verify(here)
    with spreading(elsewhere):
        assert verify(there) == key
        counted, looked = count(there), check(there)
    for name in here.completion_names():
        assert there.read_outcomes(key, name).equals(here.read_outcomes(key, name))
    mine = count(here)
    assert counted.c.tolist() == mine.c.tolist()
    assert counted.guess_rate.tolist() == mine.guess_rate.tolist()
    assert looked.findings == check(here).findings


def test_an_error_of_a_shard_comes_back_as_it_was(tmp_path):
    run = drawn(tmp_path / "run")
    key = verify(run)
    shard = run.path / "outcomes" / key / run.completion_names()[1]
    shard.write_bytes(shard.read_bytes()[:-100])
    with pytest.raises(RunError) as alone:
        count(run)
    with spreading(elsewhere), pytest.raises(RunError) as there:
        count(run)
    assert str(there.value) == str(alone.value)
    assert there.value.fault == alone.value.fault


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Ray's own, at its import
@pytest.mark.parametrize("address", ["{}", "ray://{}", "nobody:here"])
def test_a_cluster_that_is_not_there_is_told_at_once(address):
    mapper = pytest.importorskip("passgap.engines.ray").mapper
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = address.format(f"127.0.0.1:{free.getsockname()[1]}")
    told = rf"--ray {place}: no cluster can be reached .*auto, local"
    with pytest.raises(UsageError, match=told), mapper(place):
        pass
