"""Writes logs/skyrl/dumped_evals/global_step_20_evals/, by the writer's source.

NovaSky-AI/SkyRL a9564572e: dump_per_dataset_eval_results (skyrl/train/utils/trainer_utils.py);
rewards are one number per trajectory, or one per token with the trajectory's on the last. Its
trainer needs a GPU. Run: python skyrl_evals.py OUT
"""

import json
import sys
from pathlib import Path

SAID = {"1+1?": ["2", "3", "2"], "2+2?": ["4", "5", "5"]}


def entry(question, text, per_token):
    right = float(text == str(2 * int(question[0])))
    return {
        "input_prompt": f"<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n",
        "output_response": f"Answer: {text}<|im_end|>",
        "score": [0.0, 0.0, right] if per_token else right,
        "stop_reason": "length" if text == "3" else "stop",
        "env_class": "sums",
        "env_extras": {"reward_model": {"ground_truth": str(2 * int(question[0]))}},
        "data_source": "tokens" if per_token else "sums",
    }


if __name__ == "__main__":
    out = Path(sys.argv[1], "dumped_evals", "global_step_20_evals")
    out.mkdir(parents=True, exist_ok=True)
    for name, per_token in (("sums", False), ("tokens", True)):
        rows = [entry(q, text, per_token) for q, texts in SAID.items() for text in texts]
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (out / f"{name}.jsonl").write_text(lines)
    (out / "aggregated_results.jsonl").write_text('{"eval/all/pass_at_3": 1.0}\n')
