"""A training folder's record: found, joined with the base's counts, and on the report's page."""

import json

import numpy as np
import pytest

import passgap
from passgap.errors import UsageError
from passgap.evidence.watching import follow, held_out_rows, watch_folder, watch_of_training
from passgap.problems import Mapped
from passgap.runs import WatchLog
from passgap.show.page.gathering import page_data
from passgap.stages.resolving import resolve_policy, resolve_problems


def record(folder, ids, steps=4, size=4):
    log = WatchLog(folder, about={"step": "trainer", "group_size": size})
    for step in range(steps):
        status = ["correct", "incorrect"] * (size // 2)
        rows = {"problem_id": [i for i in ids for _ in range(size)], "status": status * len(ids)}
        log.append(step, rows)


def counts(ids, **settings):
    return passgap.Counts(ids, np.full(len(ids), 16), np.full(len(ids), 8), **settings)


def test_a_watch_folder_is_found_in_its_training_folder(tmp_path):
    record(tmp_path / "run" / "watch", ["a", "b"])
    for place in (tmp_path / "run", tmp_path / "run" / "watch", str(tmp_path / "run") + "/"):
        assert watch_folder(place).completions == 32
    with pytest.raises(UsageError, match="has no watch folder"):
        watch_folder(tmp_path)


def test_group_size_is_as_recorded_unless_said(tmp_path):
    record(tmp_path / "watch", ["a"])
    assert watch_folder(tmp_path).settings.group_size == 4
    assert watch_folder(tmp_path, group_size=2).settings.group_size == 2


def test_held_out_rows_belong_to_a_training_folder_and_a_torn_one_is_left(tmp_path):
    record(tmp_path / "run" / "watch", ["a"])
    row = json.dumps({"step": 0, "curve": []})
    (tmp_path / "run" / "held_out.jsonl").write_text(f"{row}\n{row}\n" + row[:9])
    assert len(held_out_rows(tmp_path / "run" / "watch")) == 2
    record(tmp_path / "run" / "other", ["a"])
    assert held_out_rows(tmp_path / "run" / "other") == []


def test_only_a_base_of_the_problems_trained_on_gives_a_forecast(tmp_path):
    record(tmp_path / "watch", ["a", "b"])
    shared = watch_of_training(tmp_path, counts(["b", "c"]))
    assert shared.steps[0].forecast.problems == 1
    for base in (counts(["c"]), counts(["a", "b"], design="adaptive")):
        assert watch_of_training(tmp_path, base).steps[0].forecast is None
    assert watch_of_training(tmp_path / "none", counts(["a"])) is None
    WatchLog(tmp_path / "empty" / "watch", about={})
    assert watch_of_training(tmp_path / "empty", counts(["a"])) is None


def test_following_yields_what_is_new_and_ends(tmp_path):
    seen = follow(tmp_path, seconds=0.01)
    assert next(seen) is None
    record(tmp_path / "watch", ["a"], steps=1)
    assert next(seen).completions == 4
    (tmp_path / "held_out.jsonl").write_text(json.dumps({"step": 0, "curve": []}) + "\n")
    assert next(seen).completions == 4
    (tmp_path / "passgap_policy.json").write_text("{}")
    assert list(seen) == []
    assert [result.completions for result in follow(tmp_path)] == [4]


def test_a_training_without_a_reward_is_not_waited_for(tmp_path):
    (tmp_path / "trainer").mkdir()
    (tmp_path / "trainer" / "request.json").write_text(json.dumps({"algorithm": "rft"}))
    with pytest.raises(UsageError, match="trained with rft, which imitates verified completions"):
        watch_folder(tmp_path)
    with pytest.raises(UsageError, match="there is nothing to watch"):
        next(follow(tmp_path))


def test_the_page_of_a_trained_policy_shows_its_record(tmp_path):
    problems = passgap.ProblemSet.of(
        "known", [passgap.Problem(f"q{i}", str(i), "exact") for i in range(80)]
    )
    policy = tmp_path / "policy"
    record(policy / "watch", [problem.id for problem in problems])
    runs = {}
    for name, place in {"base": tmp_path / "base-policy", "trained": policy}.items():
        runs[name] = passgap.sample(
            passgap.Policy(str(place)),
            problems,
            n=32,
            out=tmp_path / name,
            sampling=passgap.SamplingParams(max_tokens=8),
            engine="fake",
            seed=len(name),
        )
        passgap.verify(runs[name])
    data = page_data(runs["base"].path, runs["trained"].path, title=None, command="", k_large=8)
    assert data.watching.completions == 4 * 4 * 80
    assert data.watching.agreement.problems == 80
    assert page_data(runs["base"].path, None, title=None, command="").watching is None


@pytest.mark.slow
def test_step_0_of_a_training_agrees_with_the_forecast_of_its_base(tmp_path):
    pytest.importorskip("trl", reason="needs passgap[lm]")
    policy = resolve_policy("lab:base")
    problems = resolve_problems("lab:rare?split=train&size=48", Mapped(None, None, "math", None))
    config = passgap.TrainConfig(
        max_tokens=48, steps=1, group_size=8, prompts_per_step=48, resume_every=0, seed=1
    )
    passgap.train(policy, problems, tmp_path / "policy", config=config)
    run = passgap.sample(
        policy,
        problems,
        n=32,
        out=tmp_path / "base",
        sampling=passgap.SamplingParams(max_tokens=48),
    )
    passgap.verify(run)
    result = watch_folder(tmp_path / "policy", base=tmp_path / "base")
    assert result.completions == 48 * 8
    assert result.agreement.problems == 48
    assert 0.3 < result.agreement.forecast.value < 0.95  # there is something to disagree on
    assert result.agreement.agrees
