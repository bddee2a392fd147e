"""Writes logs/tinker/trajectories.jsonl and train_rollout_summaries.jsonl, by the writer's source.

thinking-machines-lab/tinker-cookbook 0.6.1: StoredTrajectory.to_dict (eval/benchmarks/_types.py),
as run_benchmark saves it (eval/benchmarks/_runner.py), and serialize_rollout_summaries
(rl/rollout_logging.py) of a ProblemEnv, whose reward is the format's coefficient times (format - 1)
plus the correct answer (rl/problem_env.py). Sampling needs Tinker's service. Run:
python tinker_trajectories.py OUT
"""

import json
import sys
from pathlib import Path

SAID = {"1+1?": ["2", "3", "2"], "2+2?": ["4", None, "5"]}


def trajectory(idx, question, text):
    right = float(text == str(2 * int(question[0])))
    turns = [("user", question, 4), ("assistant", text, 1)] if text else []
    return {
        "idx": idx,
        "benchmark": "sums",
        "example_id": f"sums_{question[0]}",
        "turns": [
            {"role": role, "content": content, "token_count": tokens, "metadata": {}}
            for role, content, tokens in turns
        ],
        "reward": right,
        "metrics": {"correct": right, "_eval_turns": 1, "_eval_ac_tokens": 1} if text else {},
        "logs": {"expected": str(2 * int(question[0])), "extracted": text} if text else {},
        "error": None if text else "timeout (300.0s)",
        "time_seconds": 1.0,
    }


def summary(iteration, group, number, correct, well_formed):
    reward = 0.1 * (well_formed - 1) + correct
    return {
        "schema_version": 1,
        "split": "train",
        "iteration": iteration,
        "group_idx": group,
        "traj_idx": number,
        "tags": ["sums"],
        "sampling_client_step": iteration,
        "total_reward": reward,
        "final_reward": 0.0,
        "trajectory_metrics": {},
        "steps": [
            {
                "step_idx": 0,
                "ob_len": 4,
                "ac_len": 1,
                "reward": reward,
                "episode_done": True,
                "metrics": {"format": well_formed, "correct": correct},
                "logs": {},
            }
        ],
        "final_ob_len": 0,
    }


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


if __name__ == "__main__":
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    stored = [
        trajectory(i, question, texts[r])
        for r in range(3)
        for i, (question, texts) in enumerate(SAID.items())
    ]
    write(out / "trajectories.jsonl", stored)
    marks = {0: [(1.0, 1.0), (1.0, 0.0)], 1: [(0.0, 1.0), (0.0, 0.0)]}
    groups = [summary(it, g, i, *m) for it in (0, 1) for g in marks for i, m in enumerate(marks[g])]
    write(out / "train_rollout_summaries.jsonl", groups)
