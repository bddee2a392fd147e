"""From a log of trajectories to what a success took, against sums over the log itself."""

import json
from copy import deepcopy
from itertools import combinations
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import passgap
from passgap.cli import app
from passgap.show import as_markdown

pytestmark = pytest.mark.slow

LOG = Path(__file__).parents[1] / "logs" / "logs" / "tau2" / "json" / "results.json"
TASKS, TRIALS = 40, 4


def results(rng):
    """A tau2 log: every simulation with its own turns, cost and end."""
    log = json.loads(LOG.read_text())
    one, ease = log["simulations"][0], rng.beta(0.8, 0.8, TASKS)
    log["simulations"] = [
        simulation(one, task, trial, rng, ease[task])
        for task in range(TASKS)
        for trial in range(TRIALS)
    ]
    return log


def simulation(one, task, trial, rng, ease):
    turns, found = int(rng.integers(2, 12)), deepcopy(one)
    ended = "max_steps" if turns > 9 else "user_stop"
    found |= {"id": f"{task}-{trial}", "task_id": str(task), "trial": trial}
    found |= {"termination_reason": ended, "agent_cost": 0.01 * turns}
    found["reward_info"]["reward"] = float(rng.random() < ease and ended == "user_stop")
    agent, user = one["messages"][:2]
    found["messages"] = [agent, user] * turns
    return found


@pytest.fixture(scope="module")
def log():
    return results(np.random.default_rng(0))


@pytest.fixture(scope="module")
def place(tmp_path_factory, log):
    folder = tmp_path_factory.mktemp("agents")
    (folder / "results.json").write_text(json.dumps(log))
    return imported(folder / "results.json", folder / "run")


def imported(source, out):
    done = CliRunner().invoke(app, ["import", "tau2", str(source), "--out", str(out)])
    assert done.exit_code == 0, done.output
    return out


def test_turns_and_cost_of_a_success_are_the_logs_sums(log, place):
    found = passgap.probe(place).trajectories
    rows = log["simulations"]
    solved = sum(row["reward_info"]["reward"] for row in rows)
    turns = sum(len(row["messages"]) // 2 for row in rows)
    assert found.turns.per_try.value == pytest.approx(turns / len(rows))
    assert found.turns.per_success.value == pytest.approx(turns / solved)
    assert found.cost.per_success.value == pytest.approx(0.01 * turns / solved)
    assert found.cost.per_success.low < found.cost.per_success.value < found.cost.per_success.high
    cut = sum(row["termination_reason"] == "max_steps" for row in rows)
    ends = found.endings
    assert (ends.solved, ends.ran_out, ends.lost) == (solved, cut, 0)
    assert ends.wrong == len(rows) - solved - cut


def test_pass_at_k_within_turns_is_the_share_of_subsets(log, place):
    found = passgap.probe(place).trajectories
    assert len(found.budgets) > 3
    for budget in found.budgets:
        right = np.array(
            [
                row["reward_info"]["reward"] == 1 and len(row["messages"]) // 2 <= budget.turns
                for row in log["simulations"]
            ]
        ).reshape(TASKS, TRIALS)
        for k in (1, 2, 4):
            shares = [[one[list(s)].any() for s in combinations(range(TRIALS), k)] for one in right]
            assert budget.within.at(k).value == pytest.approx(np.mean(shares))
    last = found.budgets[-1].within
    assert last.value == pytest.approx(passgap.probe(place).curve.value[: len(last.k)])


def test_the_agents_numbers_are_shown(place):
    shown = as_markdown(passgap.probe(place))
    named = "All of 4 tries right", "Turns per success", "Cost per success", "at most T turns"
    assert [name for name in named if name not in shown] == []


def test_two_agents_are_compared_in_what_a_success_takes(tmp_path, log, place):
    other = deepcopy(log)
    for row in other["simulations"]:  # the same turns, each at half the price
        row["agent_cost"] /= 2
    (tmp_path / "results.json").write_text(json.dumps(other))
    found = passgap.compare(place, imported(tmp_path / "results.json", tmp_path / "run"))
    took = found.trajectories
    assert took.cost.value == pytest.approx(0.5)
    assert (took.turns.low, took.turns.high) == pytest.approx((1, 1))
    alone = passgap.probe(place).trajectories
    assert (took.each.base.endings, took.each.base.cost) == (alone.endings, alone.cost)
    shown = as_markdown(found)
    assert "trained / base" in shown
    assert "Within a number of turns: trained" in shown


def test_what_the_infrastructure_lost_is_in_no_estimate(tmp_path, log):
    other = deepcopy(log)
    lost = other["simulations"][0]
    lost |= {"termination_reason": "infrastructure_error", "messages": [], "agent_cost": None}
    (tmp_path / "results.json").write_text(json.dumps(other))
    run = imported(tmp_path / "results.json", tmp_path / "run")
    found = passgap.probe(run).trajectories
    assert found.endings.lost == 1
    assert found.cost is not None
    assert sum((found.endings.solved, found.endings.wrong, found.endings.ran_out)) == 159


def test_costs_that_are_partly_unknown_are_not_summed_up(tmp_path, log):
    other = deepcopy(log)
    other["simulations"][3]["agent_cost"] = None
    (tmp_path / "results.json").write_text(json.dumps(other))
    found = passgap.probe(imported(tmp_path / "results.json", tmp_path / "run")).trajectories
    assert found.cost is None
    assert found.turns is not None
    assert "costs are known for 159 of 160 scored samples" in found.notes[0]


def test_a_run_from_before_turns_were_kept_reads_as_before(tmp_path, log):
    (tmp_path / "results.json").write_text(json.dumps(log))
    run = passgap.Run(imported(tmp_path / "results.json", tmp_path / "run"))
    before = passgap.probe(run)
    for name in run.completion_names():
        rewritten_without_effort(run, name)
    again = passgap.probe(passgap.Run(run.path))
    assert (again.trajectories.turns, again.trajectories.cost) == (None, None)
    assert again.trajectories.budgets == ()
    assert again.trajectories.endings == before.trajectories.endings
    assert again.curve.value == pytest.approx(before.curve.value)
    assert not passgap.Run(run.path).faults()


def rewritten_without_effort(run, name):
    path = run.path / "completions" / name
    table = pq.read_table(path).drop_columns(["turns", "cost"])
    pq.write_table(table, path, compression="zstd", write_page_checksum=True)


def test_a_harness_without_turns_still_tells_timeouts_from_wrong(tmp_path):
    out = tmp_path / "run"
    log = LOG.parents[2] / "terminal_bench"
    done = CliRunner().invoke(app, ["import", "terminal-bench", str(log), "--out", str(out)])
    assert done.exit_code == 0, done.output
    rule = {"k_small": 1, "k_large": 2, "small": 0.1, "large": 0.2}
    ends = passgap.probe(out, accept_unscored=True, **rule).trajectories.endings
    # six trials: two solved (one after its timeout), one wrong, one timeout, two broken off
    assert (ends.solved, ends.wrong, ends.ran_out, ends.lost) == (2, 1, 1, 2)


def test_single_answers_are_no_trajectories(tmp_path):
    answers = LOG.parents[2] / "results.jsonl"
    out = tmp_path / "run"
    done = CliRunner().invoke(app, ["import", "verifiers", str(answers), "--out", str(out)])
    assert done.exit_code == 0, done.output
    found = passgap.probe(out, accept_unscored=True, k_large=3, small=0.1, large=0.2)
    assert found.trajectories is None
