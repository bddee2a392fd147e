"""``passgap train``: a recipe gives a training again; what is wrong in it is named."""

import json
import tomllib

import pytest
from typer.testing import CliRunner

pytest.importorskip("trl", reason="needs passgap[lm]")

from safetensors.torch import load_file

from passgap.cli import app
from passgap.errors import UsageError

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


def test_a_recipe_gives_the_training_again_and_flags_go_before_it(tmp_path):
    first, again, other = (tmp_path / name for name in ("first", "again", "other"))
    passgap("train", "lab:base", "lab:rare?split=train&size=8", *FLAGS, "--out", first)
    recipe = first / "trainer" / "recipe.toml"
    kept = tomllib.loads(recipe.read_text())
    assert kept["policy"] == "lab:base"
    assert kept["learning_rate"] == 1e-3
    assert kept["leave_out_held_out"] is True
    assert "out" not in kept
    passgap("train", "--recipe", recipe, "--out", again)
    passgap("train", "--recipe", recipe, "--algorithm", "dr_grpo", "--out", other)
    assert all((weights(first)[name] == w).all() for name, w in weights(again).items())
    assert any((weights(first)[name] != w).any() for name, w in weights(other).items())
    asked = json.loads((other / "passgap_policy.json").read_text())
    assert (asked["algorithm"], asked["config"]["learning_rate"]) == ("dr_grpo", 1e-3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lerning_rate = 1e-4", "has lerning_rate; allowed: .*learning_rate"),
        ("steps = ", "cannot be read"),
        ('out = "x"', "has out; allowed"),
    ],
)
def test_a_wrong_recipe_is_told(tmp_path, text, said):
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(text)
    with pytest.raises(UsageError, match=said):
        passgap("train", "--recipe", recipe, "--out", tmp_path / "o")


def test_a_value_of_the_wrong_kind_in_a_recipe_is_told(tmp_path):
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('policy = "lab:base"\nproblems = "lab:rare"\nsteps = "many"\n')
    found = CliRunner().invoke(
        app, ["train", "--recipe", str(recipe), "--out", str(tmp_path / "o")]
    )
    assert found.exit_code == 2
    assert "--steps" in found.output
