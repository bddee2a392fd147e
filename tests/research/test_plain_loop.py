"""The loop that TRL has no trainer for: batches, advantages and losses by hand, and it learns."""

from dataclasses import replace

import pytest

pytest.importorskip("trl", reason="needs passgap[lm]")

import torch

from passgap.engines.transformers import load_model
from passgap.lab import lab_problems
from passgap.stages.resolving import resolve_policy
from research.algorithms import PLAIN, config_of
from research.plain_loop import (
    Batch,
    Drawing,
    Loop,
    advantages,
    clipped_loss,
    logps,
    train_plain,
    whitened,
)

TWO = Batch.of([[1, 2], [3]], [[4, 5], [6, 7, 8]], [1.0, 0.0], [1.0, 1.0])


def test_a_batch_masks_the_tokens_of_the_completion():
    assert TWO.ids.tolist() == [[1, 2, 4, 5], [3, 6, 7, 8]]
    assert TWO.mask.tolist() == [[0, 1, 1], [1, 1, 1]]


def test_advantages_by_hand():
    """Five tokens, two with reward 1: mean .4, spread sqrt(.24)."""
    high, low = 0.6 / 0.24**0.5, -0.4 / 0.24**0.5
    expected = [[0, high, high], [low, low, low]]
    found = advantages("reinforce_plus_plus", TWO)
    torch.testing.assert_close(found, torch.tensor(expected), atol=1e-4, rtol=0)
    assert advantages("remax", TWO).tolist() == [[0, 0, 0], [-1, -1, -1]]
    known = torch.tensor([[9.0, 1.0, 1.0], [0.0, 0.0, 0.0]])
    assert advantages("ppo", TWO, known).abs().max() < 1e-6, "the critic foretold every reward"


def test_whitening_ignores_what_does_not_count():
    values, mask = torch.tensor([[1.0, 3.0, 99.0]]), torch.tensor([[1.0, 1.0, 0.0]])
    torch.testing.assert_close(whitened(values, mask), torch.tensor([[-1.0, 1.0, 0.0]]))


def test_a_ratio_beyond_the_clip_has_no_gradient():
    before, mask = torch.zeros(1, 2), torch.ones(1, 2)
    now = torch.tensor([[0.0, 1.0]], requires_grad=True)
    loss = clipped_loss(now, before, torch.ones(1, 2), mask)
    assert loss.item() == pytest.approx(-(1 + 1.2) / 2)
    loss.backward()
    assert now.grad.tolist() == [[-0.5, 0.0]]


def test_a_row_names_its_method_and_settings():
    assert config_of({"plain": "ppo"}, 3) == ("ppo", replace(PLAIN, seed=3))
    assert config_of({"beta": 0.1}) == (None, replace(PLAIN, beta=0.1))


@pytest.mark.slow
@pytest.mark.parametrize("method", ["ppo", "remax", "reinforce_plus_plus"])
def test_a_step_makes_what_was_right_likelier(method):
    problems = lab_problems("rare", split="train", size=40, seed=0)
    config = replace(PLAIN, prompts_per_step=8, group_size=8, learning_rate=3e-4)
    base = resolve_policy("lab:base")
    loop = Loop(method, base, config)
    batch = Drawing(loop, base, problems)(problems.problems[:8], seed=0)
    assert 0 < batch.reward.mean() < 1
    assert torch.isfinite(batch.greedy).all() == (method == "remax")
    gain = advantages(method, batch, torch.zeros_like(batch.mask) if method == "ppo" else None)

    def score():
        with torch.no_grad():
            return (logps(loop.model, batch) * gain).sum().item()

    before, foretold = score(), loop.critic and loop.critic(batch).abs().sum().item()
    loop.step(batch)
    assert score() > before
    if loop.critic is not None:
        assert foretold == 0 < loop.critic(batch).abs().sum().item()


@pytest.mark.slow
def test_a_policy_is_written_once(tmp_path):
    problems = lab_problems("rare", split="train", size=20, seed=0)
    config = replace(PLAIN, steps=2, prompts_per_step=2, group_size=2)
    told = []
    args = ("remax", resolve_policy("lab:base"), problems, tmp_path / "policy")
    policy = train_plain(*args, config=config, progress=lambda *at: told.append(at))
    assert told == [(0, 2)]
    assert (tmp_path / "policy" / "model.safetensors").is_file()
    written = (tmp_path / "policy" / "model.safetensors").stat().st_mtime_ns
    assert train_plain(*args, config=config, progress=lambda *at: told.append(at)) == policy
    assert (tmp_path / "policy" / "model.safetensors").stat().st_mtime_ns == written
    assert load_model(policy)[0].num_parameters() == load_model(args[1])[0].num_parameters()
