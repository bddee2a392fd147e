"""``passgap train``: the config it keeps gives the training again."""

import json
import tomllib

import pytest
from typer.testing import CliRunner

pytest.importorskip("trl", reason="needs passgap[lm]")

from safetensors.torch import load_file

from passgap.cli import app

FLAGS = (
    *("--steps", "2", "--group-size", "2", "--prompts-per-step", "2", "--learning-rate", "1e-3"),
    *("--held-out", "lab:rare?size=4", "--leave-out-held-out", "--eval-draws", "2"),
    *("--algorithm", "dapo", "--eval-every", "0", "--device", "cpu"),
)


def passgap(*arguments):
    found = CliRunner().invoke(app, [str(a) for a in arguments])
    if isinstance(found.exception, Exception):
        raise found.exception
    return found


def weights(folder):
    return load_file(folder / "model.safetensors")


@pytest.mark.slow
def test_the_kept_config_gives_the_training_again_and_flags_go_before_it(tmp_path):
    first, again, other = (tmp_path / name for name in ("first", "again", "other"))
    passgap("train", "lab:base", "lab:rare?split=train&size=8", *FLAGS, "--out", first)
    config = first / "trainer" / "config.toml"
    kept = tomllib.loads(config.read_text())
    assert kept["policy"] == "lab:base"
    assert kept["learning_rate"] == 1e-3
    assert kept["leave_out_held_out"] is True
    assert "out" not in kept
    passgap("train", "--config", config, "--out", again)
    passgap("train", "--config", config, "--algorithm", "dr_grpo", "--out", other)
    assert all((weights(first)[name] == w).all() for name, w in weights(again).items())
    assert any((weights(first)[name] != w).any() for name, w in weights(other).items())
    asked = json.loads((other / "passgap_policy.json").read_text())
    assert (asked["algorithm"], asked["config"]["learning_rate"]) == ("dr_grpo", 1e-3)
