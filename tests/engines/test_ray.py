"""The ray engine on a local cluster of two nodes; one dies in mid-run."""

import os
import subprocess
import sys

import pytest

pytest.importorskip("ray", reason="needs passgap[ray]")

from passgap.data.policies import Policy, SamplingParams
from passgap.data.problems import Problem, ProblemSet
from passgap.engines import check_engine
from passgap.errors import UsageError
from passgap.runs import Run
from passgap.stages.sampling import sample

PROBLEMS = ProblemSet.of("p", [Problem(f"R:{c}bcdef=", "x", "exact") for c in "abcdefghijkl"])

CLUSTER = """
import sys, time
import ray
from ray.cluster_utils import Cluster

from passgap import sample
from passgap.stages.resolving import resolve_policy
from tests.engines.test_ray import PROBLEMS
from passgap import SamplingParams

cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
second = cluster.add_node(num_cpus=1)
cluster.wait_for_nodes()
ray.init(address=cluster.address, log_to_driver=False)
landed = []

def progress(done, total, tokens):
    landed.append(done)
    if len(landed) == 4:
        assert done < total, "too late to be in mid-run"
        cluster.remove_node(second, allow_graceful=False)
        until = time.monotonic() + 120
        while sum(node["Alive"] for node in ray.nodes()) > 1:
            assert time.monotonic() < until, "the cluster never missed its node"
            time.sleep(0.1)

run = sample(resolve_policy("lab:base"), PROBLEMS, n=64, out=sys.argv[1],
             sampling=SamplingParams(24), engine="ray:transformers", block_size=32, seed=3,
             engine_args={"workers": "2", "threads": "1", "batch_size": "32"}, progress=progress)
print("NODES", run.calls()[-1].engine["nodes"])
ray.shutdown()
cluster.shutdown()
"""


def completions(run):
    return run.scan_completions().collect().sort("problem_id", "draw")


@pytest.mark.slow  # a node is killed
def test_a_node_killed_in_mid_run_changes_nothing(tmp_path):
    from passgap.stages.resolving import resolve_policy

    done = subprocess.run(
        [sys.executable, "-c", CLUSTER, str(tmp_path / "ray")],
        capture_output=True, text=True, timeout=400, check=False,
        env=os.environ | {"RAY_worker_niceness": "0"},  # nor slower when busy
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert "NODES 1" in done.stdout
    alone = sample(
        resolve_policy("lab:base"), PROBLEMS, n=64, out=tmp_path / "alone",
        sampling=SamplingParams(24), block_size=32, seed=3,
        engine_args={"threads": "1", "batch_size": "32"},
    )  # fmt: skip
    run = Run(tmp_path / "ray")
    assert not run.owed()
    assert completions(run).equals(completions(alone))


@pytest.mark.parametrize(
    ("engine", "arguments", "message"),
    [
        ("ray:nonsense", {}, "'nonsense' is unknown; allowed: transformers"),
        ("ray:fake", {"workers": "0"}, "workers is 0"),
        ("ray:fake", {"gpus": "-1"}, r"gpus is -1\.0"),
        ("ray:fake", {"temperature": "2"}, "unknown to ray:fake; allowed: alpha"),
    ],
)
def test_bad_arguments_are_told(engine, arguments, message):
    with pytest.raises(UsageError, match=message):
        check_engine(engine, arguments)


def test_an_unknown_policy_is_told_before_a_cluster_is_started(tmp_path):
    with pytest.raises(UsageError, match="not found"):
        sample(Policy("/no/such"), PROBLEMS, n=1, out=tmp_path / "r", engine="ray:transformers",
               sampling=SamplingParams(5))  # fmt: skip
