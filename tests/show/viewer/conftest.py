"""A folder with two runs whose truth is known, a training folder, and the app over them."""

import json

import pytest
from known_runs import client_of, ids_of, solved_by, sums, trained_from, write_run

from passgap.runs import write_text


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """base: problem i solved i % 12 times of 24; trained: twice that, but 1 lost and 0 gained."""
    root = tmp_path_factory.mktemp("runs")
    problems = sums()
    write_run(root / "base", problems, solved_by(lambda i: i % 12))
    after = {0: 5, 1: 0}
    write_run(
        root / "deep" / "trained",
        problems,
        solved_by(lambda i: after.get(i, 2 * (i % 12))),
        policy="trained",
    )
    rows = [{"step": s, "reward": s / 10, "mixed_share": 0.5} for s in range(1, 6)]
    config = {"algorithm": "grpo", "config": {"steps": 10}, "base": {"path": "lab/base"}}
    write_text(json.dumps(config), root / "policy" / "trainer" / "request.json")
    write_text("".join(json.dumps(row) + "\n" for row in rows), root / "policy" / "training.jsonl")
    return root


@pytest.fixture
def client(folder):
    made, library = client_of(folder)
    yield made
    library.stop()


@pytest.fixture
def ids(client):
    """Ids of the runs and the training folder by name."""
    text = client.get("/").text
    return ids_of(text)


@pytest.fixture(scope="session")
def related(tmp_path_factory):
    """a-trained, whose policy file names z-base's policy: the list has the trained run first."""
    root = tmp_path_factory.mktemp("related")
    problems = sums(40)
    write_run(root / "z-base", problems, solved_by(lambda i: i % 12))
    policy = trained_from(root / "policy", "base")
    write_run(root / "a-trained", problems, solved_by(lambda i: 2 * (i % 12)), policy=str(policy))
    return root
