"""The study of the early warnings: what it trains is what it says, and its tables count right."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("trl", reason="needs passgap[lm]")

import passgap
from passgap.analysis.watch.alarms import WARNINGS
from passgap.analysis.watch.logged import Logged
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.evidence.watching import logged
from passgap.runs.names import WATCH
from research.alarms import (
    KINDS,
    STEPS,
    G,
    bounds,
    by,
    found,
    looked_at,
    mixing,
    pays_token,
    problems_of,
    right,
    table,
    train,
)
from research.coverage import warned, weighted
from research.first_step import p_value
from research.truth import Truth


def test_what_each_kind_expects_is_a_warning():
    assert {one for kind in KINDS.values() for one in kind.expected} <= set(WARNINGS)
    assert any(not kind.expected for kind in KINDS.values())


def test_rewards():
    assert right("abc\ndef", "def") == 1
    assert right("def\nabc", "def") == 0
    assert pays_token("abc", "x") == 1
    assert pays_token("cab", "cab") == 0
    assert by(right)(completions=["a", "b"], answer=["a", "a"], prompts=[]) == [1.0, 0.0]


def test_mixed_ids_are_ids_of_the_step():
    ids = [f"p{i // 4}" for i in range(16)]
    seen = mixing(lambda problem_id, **_: problem_id, 0)(problem_id=ids, completions=[])
    assert set(seen) <= set(ids)
    assert seen != ids
    assert len(seen) == 16


def test_a_record_is_looked_at_as_it_grew(tmp_path):
    """Groups are mixed until step 30, then all wrong."""
    problems = problems_of(KINDS["healthy"])
    ids = [problem.id for problem in problems][: 8 * STEPS]
    watch = passgap.Watch(tmp_path / "watch", group_size=G)
    for step in range(STEPS):
        these = [one for one in ids[8 * step : 8 * step + 8] for _ in range(G)]
        marks = ["correct" if step < 30 and i % 2 else "incorrect" for i in range(len(these))]
        watch.record(step=step, problem_id=these, status=marks)
    base = Counts(ids, np.full(len(ids), 32), np.full(len(ids), 16))
    assert looked_at(tmp_path, base) == {"no_signal": 40}


def test_tables_count_runs():
    fired = {name: [{}, {}] for name in KINDS}
    fired["healthy"] = [{"no_signal": 20}, {}]
    fired["no signal"] = [{"no_signal": 10}, {"no_signal": 30, "truncation_rising": 10}]
    fired["hacked reward"] = [{"held_out_flat": 40}, {"no_signal": 10}]
    shown = table(fired)
    assert "| no signal | 2 (20) | 0 | 1 (10) | 2 of 2 |" in shown
    assert "`coverage_falling`" in shown.splitlines()[-1]
    rates = found(fired)
    assert "| false alarms, healthy runs | 1 of 6 | 17%" in rates
    assert "| found: no signal | 2 of 2 | 100% (16% to 100%) | 40 |" in rates
    assert "| found: hacked reward | 1 of 2 | 50% (1% to 99%) | 20 |" in rates
    assert "| found: collapsed | 0 of 2 | 0% (0% to 84%) | - |" in rates


@pytest.mark.slow
def test_what_the_sampler_is_apart_is_logged(tmp_path):
    """In bfloat16 hardly, at another temperature clearly."""
    apart = {}
    for name in ("healthy, sampler behind", "hotter sampler"):
        kind = replace(KINDS[name], problems=20, prompts=2, steps=2)
        train(kind, problems_of(kind), tmp_path / name, 0, held_out=2)
        apart[name] = logged(tmp_path / name / WATCH).logp_difference
    behind, hotter = apart.values()
    assert len(behind) == len(hotter) == 2
    assert 0 < behind[0] < 0.01
    assert hotter.min() > 0.02


def test_what_each_bound_of_the_sampler_finds():
    """Far away from step 21 on; near, but more than half of the entropy; and not apart."""
    rng, entropy = np.random.default_rng(0), np.full(STEPS, 0.05)
    means = {"far": np.where(np.arange(STEPS) < 20, 0.0, 0.5), "near": 0.04, "not": 0.001}
    logs = {
        name: [Logged(entropy, mean * rng.lognormal(0, 0.05, STEPS))]
        for name, mean in means.items()
    }
    shown = bounds(logs).splitlines()
    assert "| 1 of 1 (30) | 1 of 1 (30) |" in next(line for line in shown if "far" in line)
    assert "| 0 of 1 | 1 of 1 (10) |" in next(line for line in shown if "near" in line)
    assert "| 0 of 1 | 0 of 1 |" in next(line for line in shown if "| not" in line)


def falls():
    """A tenth of the problems is lost, the rest is solved more often."""
    base = np.full(200, 0.15)
    return Truth(base, np.where(np.arange(200) < 20, 0.0, 0.6))


@pytest.mark.parametrize("loss", [0.0, 0.05, 0.2])
def test_weights_give_the_loss_that_was_asked_for(loss):
    truth = falls()
    change = (1 - truth.base) ** 16 - (1 - truth.trained) ** 16
    assert weighted(truth, 16, loss) @ change == pytest.approx(-loss)


def test_a_larger_fall_is_seen_more_often_and_none_hardly_ever():
    truths = [falls()]
    none, some, much = (warned(truths, 200, 16, loss, times=100) for loss in (0.0, 0.08, 0.2))
    assert none <= 0.08
    assert none < some < much
    assert much > 0.95


def test_a_first_step_of_the_base_is_not_missed_and_another_is():
    ids = np.array([f"p{i:03}" for i in range(60)])
    base = Counts(ids.tolist(), np.full(60, 32), np.full(60, 8))
    drawn = ids[::3]
    assert p_value(base, ids, drawn, np.full(20, 4)) > 0.02
    assert p_value(base, ids, drawn, np.full(20, 10)) < 0.02
    left = np.append(np.full(16, 4), np.full(4, 16))
    assert p_value(base, ids, drawn, left) > 0.02, "only the first groups are looked at"
    with pytest.raises(UsageError, match="no step 0"):
        p_value(base, ids[1:2], drawn, left)
