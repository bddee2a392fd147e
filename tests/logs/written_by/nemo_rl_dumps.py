"""Writes logs/nemo_rl/, by the writer's source.

NVIDIA-NeMo/RL 7ea279abf: Logger.log_batched_dict_as_jsonl (nemo_rl/utils/logger.py), which writes
slices of one row, of validate and grpo_train (nemo_rl/algorithms/grpo.py), and
_save_evaluation_data_to_json (nemo_rl/evals/eval.py). Its trainer needs a GPU. Run:
python nemo_rl_dumps.py OUT
"""

import json
import sys
from pathlib import Path

SAID = {"1+1?": ["2", "3", "2"], "2+2?": ["4", "5", "5"]}


def samples():
    for question, texts in SAID.items():
        for text in texts:
            yield question, text, float(text == str(2 * int(question[0])))


def dump(path, batch):
    """A row for each place: a slice of every field."""
    size = len(next(iter(batch.values())))
    rows = [{**{k: v[i : i + 1] for k, v in batch.items()}, "idx": i} for i in range(size)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def messages(question, text):
    return [{"role": "user", "content": question}, {"role": "assistant", "content": text}]


def evaluated(number, question, text, reward):
    return {
        "prompt": question,
        "response": text,
        "reward": reward,
        "message_log": str(messages(question, text)),
        "extra_env_info": str({"ground_truth": str(2 * int(question[0]))}),
        "sample_index": number,
    }


if __name__ == "__main__":
    out = Path(sys.argv[1])
    (out / "eval").mkdir(parents=True, exist_ok=True)
    said = list(samples())
    rewards = [reward for _, _, reward in said]
    for step in (0, 10):
        content = [messages(question, text) for question, text, _ in said]
        dump(out / f"val_data_step{step}.jsonl", {"content": content, "rewards": rewards})
    trained = {
        "content": [[question, text] for question, text, _ in said],
        "rewards": rewards,
        "input_lengths": [5] * len(said),
        "token_loss_mask": [[0, 0, 0, 0, 1]] * len(said),
        "advantages": [[0.0]] * len(said),
    }
    dump(out / "train_data_step10.jsonl", trained)
    config = {
        "model_name": "scripted",
        "dataset_name": "sums",
        "metric": "pass@k",
        "k_value": 1,
        "num_tests_per_prompt": 3,
        "temperature": 0.7,
        "top_p": 1.0,
        "top_k": -1,
    }
    (out / "eval" / "config.json").write_text(json.dumps(config, indent=2))
    data = {"evaluation_data": [evaluated(i, *one) for i, one in enumerate(said)]}
    (out / "eval" / "evaluation_data.json").write_text(json.dumps(data, indent=2))
