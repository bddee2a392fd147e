"""Writes logs/helm/sums/, by the writer's source.

stanford-crfm/helm 63754d05d: Runner.run_one writes ScenarioState and PerInstanceStats
(src/helm/benchmark/runner.py, adaptation/request_state.py, metrics/metric.py) through to_json
(src/helm/common/codec.py), which leaves out what is None. Its runner needs a served model. Run:
python helm_run.py OUT
"""

import json
import sys
from pathlib import Path

SAID = {"1+1?": ["2", "3", "2"], "2+2?": ["4", None, "5"]}
MODEL = "scripted/model"


def instance(question):
    answer = {"output": {"text": str(2 * int(question[0]))}, "tags": ["correct"]}
    return {
        "input": {"text": question},
        "references": [answer],
        "split": "test",
        "id": f"id{question[0]}",
    }


def result(text):
    if text is None:
        return {"success": False, "embedding": [], "completions": [], "cached": False} | {
            "error": "the server is gone"
        }
    said = {"text": text, "logprob": 0, "tokens": [{"text": text, "logprob": 0}]}
    said["finish_reason"] = {"reason": "stop"}
    return {"success": True, "embedding": [], "completions": [said], "cached": False}


def state(question, trial, text):
    return {
        "instance": instance(question),
        "train_trial_index": trial,
        "request": {
            "model_deployment": MODEL,
            "model": MODEL,
            "prompt": f"Q: {question}\nA:",
            "temperature": 0.7,
            "num_completions": 1,
            "max_tokens": 8,
        },
        "result": result(text),
        "num_train_instances": 0,
        "prompt_truncated": False,
        "num_conditioning_tokens": 0,
    }


def stats(question, trial, text):
    right = float(text == str(2 * int(question[0])))
    values = {"exact_match": right, "num_output_tokens": 1.0}
    return {
        "instance_id": f"id{question[0]}",
        "train_trial_index": trial,
        "stats": [
            {"name": {"name": name, "split": "test"}, "count": 1, "sum": value, "mean": value}
            for name, value in values.items()
        ],
    }


if __name__ == "__main__":
    out = Path(sys.argv[1], "sums")
    out.mkdir(parents=True, exist_ok=True)
    asked = [(q, i, text) for q, texts in SAID.items() for i, text in enumerate(texts)]
    spec = {"method": "generation", "model": MODEL, "temperature": 0.7, "max_tokens": 8}
    spec |= {"num_outputs": 1, "num_train_trials": 3}
    states = {"adapter_spec": spec, "request_states": [state(*one) for one in asked]}
    (out / "scenario_state.json").write_text(json.dumps(states, indent=2))
    marked = [stats(*one) for one in asked if one[2] is not None]
    (out / "per_instance_stats.json").write_text(json.dumps(marked, indent=2))
