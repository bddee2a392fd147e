"""Scoring: what is scored equals what was drawn, and goes on where it stopped."""

import dataclasses
import json
import shutil

import numpy as np
import polars as pl
import pytest

pytest.importorskip("torch", reason="needs passgap[lm]")

from passgap.data.policies import Policy, SamplingParams
from passgap.engines import FakeEngine, resolve_policy
from passgap.engines.transformers import TransformersEngine
from passgap.errors import MismatchError, UsageError
from passgap.lab import lab_policy_path, lab_problems
from passgap.runs import Run
from passgap.stages.sampling import sample
from passgap.stages.scoring import is_scored, policy_of, recorded_policy, score, scoring_digest

PROBLEMS = lab_problems("rare", size=40)


def drawn(policy, out, n=6, **settings):
    params = SamplingParams(**({"max_tokens": 32} | settings))
    return sample(Policy(str(policy)), PROBLEMS, n=n, out=out, sampling=params)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return drawn(lab_policy_path("base"), tmp_path_factory.mktemp("scored") / "base")


def scored(run, key):
    return pl.concat([run.read_logprobs(key, name) for name in run.completion_names()])


@pytest.mark.parametrize(
    "settings", [{}, {"temperature": 0.7, "top_p": 0.9}, {"top_k": 3}, {"max_tokens": 9}]
)
def test_under_its_own_policy_it_is_what_was_reported_while_drawing(settings, tmp_path):
    run = drawn(lab_policy_path("base"), tmp_path / "run", **settings)
    found = scored(run, score(run, policy_of(run)))
    both = run.scan_completions().collect().join(
        found, on=["problem_id", "draw"], suffix="_again"
    )  # fmt: skip
    assert len(both) == 240
    gap = np.abs(both["logprob"].to_numpy() - both["logprob_again"].to_numpy())
    assert gap.max() < 1e-4


def test_what_was_drawn_twice_is_scored_once(run, tmp_path, monkeypatch):
    copy = Run(shutil.copytree(run.path, tmp_path / "copy"))
    asked = []
    real = TransformersEngine.score
    monkeypatch.setattr(
        TransformersEngine,
        "score",
        lambda self, pairs: asked.append(len(pairs)) or real(self, pairs),
    )
    teacher = policy_of(drawn(lab_policy_path("teacher"), tmp_path / "t", n=1))
    score(copy, teacher)
    texts = copy.scan_completions().select("problem_id", "token_ids").collect()
    distinct = {(problem_id, tuple(ids)) for problem_id, ids in texts.iter_rows()}
    assert sum(asked) == len(distinct) < len(texts)


def test_an_interrupted_scoring_goes_on(run, tmp_path):
    copy = Run(shutil.copytree(run.path, tmp_path / "copy"))
    policy = policy_of(copy)
    key = score(copy, policy)
    whole = scored(copy, key)
    assert is_scored(copy, recorded_policy(copy))
    lost = copy.completion_names()[0]
    (copy.path / "logprobs" / key / lost).unlink()
    assert not is_scored(copy, policy)
    seen = []
    assert score(copy, policy, progress=lambda *done: seen.append(done)) == key
    assert seen == [(len(copy.completion_names()),) * 2]
    assert scored(copy, key).equals(whole)


def test_prompt_settings_and_weights_name_the_scores(run):
    policy = policy_of(run)
    other = dataclasses.replace(policy, weights_digest="other")
    asked = dataclasses.replace(
        policy, prompt=dataclasses.replace(policy.prompt, template="{{ question }} ")
    )
    assert len({scoring_digest(run, one) for one in (policy, other, asked)}) == 3


def test_other_weights_by_now_are_told(tmp_path):
    folder = shutil.copytree(lab_policy_path("base"), tmp_path / "policy")
    run = drawn(folder, tmp_path / "run", n=1)
    shutil.copy(lab_policy_path("teacher") / "model.safetensors", folder / "model.safetensors")
    with pytest.raises(UsageError, match="has other weights"):
        policy_of(run)
    shutil.rmtree(folder)
    with pytest.raises(UsageError, match="not found"):
        policy_of(run)


def test_a_run_without_token_ids_is_told(tmp_path, monkeypatch):
    given = FakeEngine.complete
    monkeypatch.setattr(
        FakeEngine,
        "complete",
        lambda self, block, prompts: [
            dataclasses.replace(one, token_ids=()) for one in given(self, block, prompts)
        ],
    )
    run = sample(
        Policy("served"),
        PROBLEMS,
        n=2,
        out=tmp_path / "run",
        engine="fake",
        sampling=SamplingParams(max_tokens=8),
    )
    with pytest.raises(UsageError, match="without token ids"):
        score(run, Policy(str(lab_policy_path("base"))))


def test_an_engine_that_cannot_score_is_told(run):
    with pytest.raises(UsageError, match="cannot score given token ids; allowed: transformers"):
        score(run, policy_of(run), engine="fake")


def test_another_tokenizer_is_refused(run, tmp_path):
    folder = shutil.copytree(lab_policy_path("base"), tmp_path / "policy")
    text = (folder / "tokenizer.json").read_text()
    words = json.loads(text)["model"]["vocab"]
    (folder / "tokenizer.json").write_text(
        text.replace(f'"a": {words["a"]}', '"a": -1')
        .replace(f'"b": {words["b"]}', f'"b": {words["a"]}')
        .replace('"a": -1', f'"a": {words["b"]}')
    )
    other = resolve_policy(Policy(str(folder)), "transformers")
    with pytest.raises(MismatchError, match="another tokenizer"):
        score(run, other)
    assert not is_scored(run, other)
