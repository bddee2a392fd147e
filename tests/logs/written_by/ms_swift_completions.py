"""Writes logs/ms_swift/completions.jsonl and ray/completions.jsonl, by the writer's source.

modelscope/ms-swift 3602360a5: GRPOTrainer.log (swift/rlhf_trainers/grpo_trainer.py), which writes
the last generation batch again at the end of training, and _maybe_log_completions
(swift/ray/megatron/base_trainer.py). Its trainer needs a GPU. Run:
python ms_swift_completions.py OUT
"""

import json
import sys
from pathlib import Path

SAID = {"1+1?": ["2", "3", "2"], "2+2?": ["4", "5", "5"]}


def samples():
    for question, texts in SAID.items():
        for text in texts:
            prompt = f"<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n"
            yield prompt, text, float(text == str(2 * int(question[0]))), str(2 * int(question[0]))


def table(step):
    prompts, texts, rewards, solutions = map(list, zip(*samples(), strict=True))
    return {
        "step": [str(step)] * len(prompts),
        "prompt": prompts,
        "completion": texts,
        "MathAccuracy": rewards,
        "advantages": [0.0] * len(prompts),
        "solution": solutions,
    }


def write(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


if __name__ == "__main__":
    out = Path(sys.argv[1])
    write(out / "completions.jsonl", [table(1), table(2), table(2)])
    rows = [
        {"gen_step": 1, "prompt": prompt, "completion": text, "reward": reward}
        for prompt, text, reward, _ in samples()
    ]
    write(out / "ray" / "completions.jsonl", rows)
