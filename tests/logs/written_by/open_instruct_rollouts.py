"""Writes logs/open_instruct/, by the writer's source.

allenai/open-instruct e6c3044aa: _save_rollouts and save_rollout_metadata
(open_instruct/rl_utils.py). Its trainer needs a GPU. Run: python open_instruct_rollouts.py OUT
"""

import json
import sys
from pathlib import Path

RIGHT = {(5, 6, 7): [10.0, 0.0, 10.0], (5, 8, 7): [0.0, 0.0, 10.0]}


def record(step, number, prompt, reward):
    return {
        "step": step,
        "sample_idx": number,
        "prompt_idx": number // 3,
        "prompt_tokens": list(prompt),
        "response_tokens": [9, number],
        "reward": reward,
        "advantage": 0.0,
        "finish_reason": "length" if number == 1 else "stop",
        "dataset": "sums",
        "ground_truth": [4],
        "request_info": None,
        "logprobs": [-0.1, -0.2],
    }


if __name__ == "__main__":
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    rewards = [(prompt, reward) for prompt, all_of in RIGHT.items() for reward in all_of]
    for shard, step in enumerate((1, 2)):
        rows = [record(step, i, *one) for i, one in enumerate(rewards)]
        path = out / f"sums_rollouts_{shard:06d}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    about = {"run_name": "sums", "git_commit": "0", "model_name": "scripted", "timestamp": "2026"}
    (out / "sums_metadata.jsonl").write_text(json.dumps(about) + "\n")
