"""Ids as trainers have them, and the step of a wrapped reward: nothing is lost at the flush."""

import numpy as np
import pytest

from passgap.errors import UsageError
from passgap.runs.watch import read_watch
from passgap.training.watch import Watch


@pytest.mark.parametrize("given", [7, np.int64(7), "7"])
def test_an_integer_is_as_good_an_id_as_its_text(tmp_path, given):
    watch = Watch(tmp_path / "watch", group_size=2)
    watch.record(step=0, problem_id=[given, given], status=["correct", "incorrect"])
    watch.record_one(step=1, problem_id=given, status="correct")
    watch.flush()
    assert read_watch(tmp_path / "watch")["problem_id"].to_list() == ["7"] * 3


@pytest.mark.parametrize("given", [None, float("nan"), ["a"], {"id": 1}, True, ""])
def test_what_is_no_id_is_refused_at_the_call(tmp_path, given):
    watch = Watch(tmp_path / "watch", group_size=2)
    with pytest.raises(UsageError, match=r"problem_id is .*; allowed: a text"):
        watch.record(step=0, problem_id=[given], status=["correct"])
    with pytest.raises(UsageError, match="problem_id is"):
        watch.record_one(step=0, problem_id=given, status="correct")
    reward = watch.reward(lambda completions, **_: [1.0], correct=0.5)
    with pytest.raises(UsageError, match="problem_id is"):
        reward(completions=["x"], problem_id=[given])
    assert not list((tmp_path / "watch").glob("rank-*/part-*"))


def test_a_wrapped_reward_is_told_the_step(tmp_path):
    watch, taken = Watch(tmp_path / "watch", group_size=2), [0]
    reward = watch.reward(lambda completions, **_: [1.0, 0.0], correct=0.5, step=lambda: taken[0])
    for taken[0] in range(3):
        reward(completions=["a", "b"], problem_id=["p", "p"])
    assert read_watch(tmp_path / "watch")["step"].to_list() == [0, 0, 1, 1, 2, 2]
