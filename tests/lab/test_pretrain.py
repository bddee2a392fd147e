"""The lab's policies from scratch: a folder that is complete, or not there."""

import json
from dataclasses import replace

import pytest
from transformers import PreTrainedTokenizerFast

from passgap.data.policies import Policy
from passgap.engines.transformers import load_model
from passgap.errors import RunError
from passgap.lab import lab_policy_path
from passgap.lab.pretrain import CONFIGS, PretrainConfig, pretrain

TINY = PretrainConfig(steps=2, batch_size=4, warmup=1, hidden_size=16, heads=2, layers=1)


def test_a_policy_that_can_be_sampled(tmp_path):
    folder = pretrain("base", tmp_path / "base", config=TINY)
    recipe = json.loads((folder / "recipe.json").read_text())
    assert recipe["config"]["steps"] == 2
    model, _ = load_model(Policy(str(folder)), device="cpu")
    assert model.config.hidden_size == TINY.hidden_size


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(RunError, match="not empty"):
        pretrain("base", tmp_path, config=TINY)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_nothing_is_left_of_one_that_was_stopped(tmp_path, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(PreTrainedTokenizerFast, "save_pretrained", stop)
    with pytest.raises(KeyboardInterrupt):
        pretrain("base", tmp_path / "base", config=TINY)
    assert not list(tmp_path.iterdir())


def test_the_novice_goes_on_from_the_base(tmp_path):
    config = replace(CONFIGS["novice"], steps=1, batch_size=4, learning_rate=1e-6)
    folder = pretrain("novice", tmp_path / "novice", config=config)
    model, _ = load_model(Policy(str(folder)), device="cpu")
    base, _ = load_model(Policy(str(lab_policy_path("base"))), device="cpu")
    near = dict(base.named_parameters())
    for name, weights in model.named_parameters():
        assert (weights - near[name]).abs().max() < 1e-5, name
