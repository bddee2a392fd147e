"""MLflow and trackio for real: `make test-dashboards` builds their environment and runs this.

Not part of `make test`: their pins conflict with those of the other packages. W&B and TensorBoard
are in tests/show/test_dashboards.py.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("mlflow", reason="needs its own environment: make test-dashboards")
pytest.importorskip("trackio", reason="needs its own environment: make test-dashboards")

import mlflow

import passgap
from passgap.evidence.watching import watch_folder
from passgap.show.dashboards import Sender, numbers

STEPS = 5


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    record(tmp_path / "out" / "watch", range(STEPS))
    return tmp_path / "out"


def record(folder, steps):
    watch = passgap.Watch(folder, group_size=4)
    for step in steps:
        ids = [f"p{i}" for i in range(5) for _ in range(4)]
        status = ["correct" if i % (7 - step) == 0 else "incorrect" for i in range(20)]
        watch.record(step=step, problem_id=ids, status=status, tokens=[10 + i for i in range(20)])


def send(folder, *to):
    found = numbers(watch_folder(folder, every=1))
    sender = Sender(to)
    sender.send(folder / "watch", found)
    sender.close()
    return found


def test_mlflow_reads_the_same_numbers_and_goes_on_in_the_same_run(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    mlflow.set_tracking_uri(os.environ["MLFLOW_TRACKING_URI"])
    send(folder, "mlflow")
    record(folder / "watch", [STEPS])
    expected = send(folder, "mlflow")
    (row,) = mlflow.search_runs(output_format="list")
    assert row.info.run_name == "out"
    client = mlflow.MlflowClient()
    for name in ("passgap/solved", "passgap/tokens"):
        read = {one.step: one.value for one in client.get_metric_history(row.info.run_id, name)}
        assert read == {step: values[name] for step, values in expected.items()}


def test_trackio_reads_the_same_numbers(folder, tmp_path, monkeypatch):
    send(folder, "trackio")
    record(folder / "watch", [STEPS])
    expected = send(folder, "trackio")
    asked = ["--project", "passgap", "--run", "out", "--metric", "passgap/solved", "--json"]
    command = [Path(sys.executable).with_name("trackio"), "get", "metric", *asked]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    read = {one["step"]: one["value"] for one in json.loads(done.stdout)["values"]}
    assert read == {step: values["passgap/solved"] for step, values in expected.items()}
