"""Writes logs/vlmevalkit/<evaluation>/*_result.json, by the writer's source.

open-compass/VLMEvalKit e8e78f05: dump of the judged table (vlmeval/smp/file.py), with the columns
of mcq_vanilla_eval (vlmeval/dataset/utils/multiple_choice.py), where PRED_FORMAT is json. Run:
python vlmevalkit_results.py OUT
"""

import json
import sys
from pathlib import Path

CHOSEN = {1: "BBA", 2: "BAA"}  # the option chosen in each evaluation


def row(index, choice, answer):
    return {
        "index": index,
        "question": "How many dogs are there?",  # of another image each time
        "A": "one",
        "B": "two",
        "answer": answer,
        "split": "dev",
        "prediction": choice,
        "hit": int(choice == answer),
        "log": f"Prefetch Succeed. Pred: {choice}",
    }


if __name__ == "__main__":
    for evaluation in range(3):
        out = Path(sys.argv[1], f"T2026113{evaluation}_G00000000")
        out.mkdir(parents=True, exist_ok=True)
        rows = [row(i, chosen[evaluation], "AB"[i % 2]) for i, chosen in CHOSEN.items()]
        path = out / "scripted_Dogs_exact_matching_result.json"
        path.write_text(json.dumps(rows, indent=4, ensure_ascii=False))
