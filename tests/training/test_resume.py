"""Killed in the middle, the same training goes on: same steps, same weights, no row lost."""

import dataclasses
import json
from types import SimpleNamespace

import killing
import pytest

pytest.importorskip("trl", reason="needs passgap[lm]")

from safetensors.torch import load_file

from passgap.errors import WorkError
from passgap.runs.names import POLICY_FILE
from passgap.runs.watch import WatchLog, read_watch
from passgap.training import run, runtime
from passgap.training.config import TrainConfig

pytestmark = pytest.mark.slow


COMMAND = (
    *("train", "lab:base", "lab:rare?split=train&size=120", "--steps", "24", "--group-size", "4"),
    *("--prompts-per-step", "4", "--learning-rate", "1e-4", "--num-iterations", "2"),
    *("--resume-every", "4", "--save-every", "8", "--device", "cpu"),
    *("--held-out", "lab:rare?size=8", "--eval-every", "6", "--eval-draws", "4", "--out"),
)
PACKAGES = ("passgap.training.online",)


def rows(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_killed_training_ends_as_an_uninterrupted_one(tmp_path):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    done = killing.run(tmp_path, *COMMAND, whole, packages=PACKAGES)
    assert done.status == 0, done.said
    steps = 0
    for part in (0.4, 0.35):
        moment = {"kill_at": int(part * done.events), "delay": 0.01}
        assert killing.run(tmp_path, *COMMAND, cut, packages=PACKAGES, **moment).killed
        assert not (cut / POLICY_FILE).exists()
        reached = rows(cut / "training.jsonl")[-1]["step"]
        assert reached > max(steps, 4)
        steps = reached
    again = killing.run(tmp_path, *COMMAND, cut, packages=PACKAGES)
    assert again.status == 0, again.said
    assert json.loads((cut / POLICY_FILE).read_text())["resumed_from"] > 7
    for name in ("training.jsonl", "held_out.jsonl"):
        there, here = rows(whole / name), rows(cut / name)
        for row in (*there, *here):
            row.pop("seconds", None)
        assert here == there, name
    drop = ["call", "seconds"]
    assert read_watch(cut / "watch").drop(drop).equals(read_watch(whole / "watch").drop(drop))
    assert read_watch(cut / "watch").height == 12 * 16
    for folder in (".", "checkpoint-8", "checkpoint-24"):
        ours, theirs = (load_file(out / folder / "model.safetensors") for out in (cut, whole))
        assert all((ours[name] == theirs[name]).all() for name in theirs), folder
    assert not list((cut / "trainer").glob("checkpoint-*"))


CONFIG = TrainConfig(
    max_tokens=4, steps=3, group_size=2, prompts_per_step=2, resume_every=2, device="cpu"
)


def died(*args, **kwargs):
    raise OSError("here the process dies")


@pytest.mark.parametrize("where", [(runtime.Saver, "save"), (run, "write_policy_file")])
def test_after_the_last_step_nothing_is_trained_again(
    base, train_set, verifier, tmp_path, monkeypatch, where
):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    run.train(base, train_set, whole, config=CONFIG, verifier=verifier)
    with monkeypatch.context() as patched:
        patched.setattr(*where, died)
        with pytest.raises(OSError, match="dies"):
            run.train(base, train_set, cut, config=CONFIG, verifier=verifier)
    before = (cut / "training.jsonl").read_text()
    run.train(base, train_set, cut, config=CONFIG, verifier=verifier)
    assert (cut / "training.jsonl").read_text() == before
    assert json.loads((cut / POLICY_FILE).read_text())["resumed_from"] == 3
    assert read_watch(cut / "watch").height == 3 * 4
    ours, theirs = (load_file(out / "model.safetensors") for out in (cut, whole))
    assert all((ours[name] == theirs[name]).all() for name in theirs)
    assert not list((cut / "trainer").glob("checkpoint-*"))


def test_rows_of_more_processes_are_drawn_again_by_fewer(
    base, train_set, verifier, tmp_path, monkeypatch
):
    out = tmp_path / "o"
    with monkeypatch.context() as patched:
        patched.setattr(runtime.Saver, "save", died)
        with pytest.raises(OSError, match="dies"):
            run.train(base, train_set, out, config=CONFIG, verifier=verifier)
    other = WatchLog(out / "watch", rank=1)
    other.append([2, 3], {"problem_id": ["p", "p"], "status": ["correct", "correct"]})
    run.train(base, train_set, out, config=CONFIG, verifier=verifier)
    rows = read_watch(out / "watch")
    assert rows.filter(rank=1)["step"].to_list() == [2]


def test_a_full_disk_is_one_line(base, train_set, verifier, tmp_path, monkeypatch):
    def torn(*args, **kwargs):
        raise RuntimeError("unexpected pos 718656 vs 718548")  # torch's word for it

    monkeypatch.setattr(runtime.Saver, "save", torn)
    with pytest.raises(RuntimeError, match="unexpected pos"):
        run.train(base, train_set, tmp_path / "o", config=CONFIG, verifier=verifier)
    monkeypatch.setattr(runtime.shutil, "disk_usage", lambda path: SimpleNamespace(free=4096))
    with pytest.raises(WorkError, match=r"disk of .* is full \(4,096 bytes left; unexpected pos"):
        run.train(base, train_set, tmp_path / "o", config=CONFIG, verifier=verifier)


def test_a_checkpoint_has_its_name_once_it_is_whole(
    base, train_set, verifier, tmp_path, monkeypatch
):
    config = dataclasses.replace(CONFIG, save_every=1)
    with monkeypatch.context() as patched:
        patched.setattr(run, "write_policy_file", died)
        with pytest.raises(OSError, match="dies"):
            run.train(base, train_set, tmp_path / "o", config=config, verifier=verifier)
    assert list((tmp_path / "o").glob("**/model.safetensors"))
    assert not list((tmp_path / "o").glob("checkpoint-*"))
    run.train(base, train_set, tmp_path / "o", config=config, verifier=verifier)
    found = sorted(path.name for path in (tmp_path / "o").glob("*checkpoint-*"))
    assert found == ["checkpoint-1", "checkpoint-2", "checkpoint-3"]
