"""Writes logs/sums_eval_results.json with evalplus 0.3.1: 2 problems x 3 samples, run for real.

Run in an environment of its own: pip install evalplus==0.3.1; python evalplus_results.py OUT.
"""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

SAID = {0: ["x + 1", "x - 1", "2"], 1: ["x + 2", "3", "1 / 0"]}  # a constant passes the base tests


def problem(i):
    return {
        "task_id": f"HumanEval/{i}",
        "prompt": f"def add{i}(x):\n",
        "entry_point": f"add{i}",
        "canonical_solution": f"    return x + {i + 1}\n",
        "contract": "",
        "base_input": [[1]],
        "plus_input": [[5], [7]],
        "atol": 0,
    }


if __name__ == "__main__":
    folder = Path(tempfile.mkdtemp())
    file = folder / "problems.jsonl"
    file.write_text("\n".join(json.dumps(problem(i)) for i in SAID))
    os.environ["HUMANEVAL_OVERRIDE_PATH"] = str(file)
    from evalplus.evaluate import evaluate

    lines = [
        {"task_id": f"HumanEval/{i}", "solution": f"def add{i}(x):\n    return {text}\n"}
        for i, said in SAID.items()
        for text in said
    ]
    (folder / "sums.jsonl").write_text("\n".join(map(json.dumps, lines)))
    evaluate("humaneval", samples=str(folder / "sums.jsonl"), parallel=1, i_just_wanna_run=True)
    shutil.copy(folder / "sums_eval_results.json", sys.argv[1])
