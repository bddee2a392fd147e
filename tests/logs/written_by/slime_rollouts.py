"""Writes logs/slime/eval_10.pt, by the writer's source.

THUDM/slime 624b824a8: save_debug_rollout_data (slime/observability/rollout_data_utils.py) of
Sample.to_dict (slime/utils/types.py). Its rollouts need a GPU. Run where torch is installed:
python slime_rollouts.py OUT
"""

import sys
from pathlib import Path

import torch

SAID = {"1+1?": ["2", "3", "2"], "2+2?": ["4", None, "5"]}


def sample(index, question, text):
    answer = str(2 * int(question[0]))
    return {
        "group_index": index // 3,
        "index": index,
        "rollout_id": None,
        "prompt": f"<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n",
        "tokens": [1, 2, 3],
        "response": text or "",
        "response_length": 1 if text else 0,
        "label": answer,
        "reward": float(text == answer) if text else None,
        "loss_mask": None,
        "weight_versions": ["10"],
        "rollout_log_probs": [-0.1],
        "rollout_routed_experts": torch.zeros(1, 2),
        "status": "truncated" if text == "3" else "completed" if text else "aborted",
        "metadata": {},
    }


if __name__ == "__main__":
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    asked = [(question, text) for question, texts in SAID.items() for text in texts]
    samples = [sample(i, *one) for i, one in enumerate(asked)]
    torch.save({"rollout_id": 10, "samples": samples}, out / "eval_10.pt")
