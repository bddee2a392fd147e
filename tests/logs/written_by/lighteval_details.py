"""Writes logs/details_*.parquet with ``lighteval endpoint litellm`` of lighteval 0.13.0.

3 documents, asked of a scripted server: one response each (``sums_once``) and 4 each with avg@n and
pass@k for k = 1 and 4 (``sums``); this file holds the two tasks. Run in an environment of its own:
pip install 'lighteval[litellm]==0.13.0' 'litellm[caching]<1.80' 'huggingface_hub<1' 'xxhash<4' (it
does not run with later ones), which gave transformers 4.57.6 and datasets 5.0.1; python
lighteval_details.py OUT. Files are named after their task and a fixed date, in place of ``sums|0``
and now. Where there is no network, put an empty file for the one that lighteval fetches for its
tinyBenchmarks whatever the task: lighteval/tasks/tasks/tinyBenchmarks.pkl.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from lighteval.metrics.metrics import Metrics
from lighteval.tasks.lighteval_task import LightevalTaskConfig
from lighteval.tasks.requests import Doc

SAID = {"1+1?": ["2", "3", "2", "2"], "2+2?": ["9", "4", "9", "9"], "3+3?": ["6"]}


def document(row, task_name):
    return Doc(task_name=task_name, query=row["question"], choices=[row["answer"]], gold_index=0)


def task(name, *metrics):
    return LightevalTaskConfig(
        name=name,
        prompt_function=document,
        hf_repo=os.environ.get("SUMS", ""),
        hf_subset="default",
        hf_avail_splits=["test"],
        evaluation_splits=["test"],
        generation_size=8,
        stop_sequence=[],
        metrics=metrics,
    )


TASKS_TABLE = [
    task("sums_once", Metrics.expr_gold_metric),
    task(
        "sums",
        Metrics.avg_at_n_math(sample_params={"n": 4}),
        Metrics.pass_at_k_math(sample_params={"k": 1, "n": 4}),
        Metrics.pass_at_k_math(sample_params={"k": 4, "n": 4}),
    ),
]

if __name__ == "__main__":
    from scripted_server import serve

    folder = Path(tempfile.mkdtemp())
    rows = [{"question": question, "answer": str(2 * int(question[0]))} for question in SAID]
    (folder / "data").mkdir()
    (folder / "data" / "test.jsonl").write_text("\n".join(map(json.dumps, rows)))
    for name in ("sums", "sums_once"):
        with serve(SAID) as url:
            model = {
                "model_name": "openai/scripted",
                "base_url": url,
                "api_key": "none",
                "max_model_length": 64,
                "concurrent_requests": 1,
                "cache_dir": str(folder / "cache"),
                "generation_parameters": {"temperature": 0.7},
            }
            (folder / "model.yaml").write_text(json.dumps({"model_parameters": model}))
            command = [
                *(str(Path(sys.executable).parent / "lighteval"), "endpoint", "litellm"),
                *("model.yaml", name, "--custom-tasks", str(Path(__file__).resolve())),
                *("--output-dir", "out", "--save-details"),
            ]
            env = {**os.environ, "SUMS": str(folder / "data")}
            subprocess.run(command, cwd=folder, env=env, check=True)
    for path in (folder / "out").rglob("details_*.parquet"):
        name = path.name.split("|")[0]
        shutil.copy(path, Path(sys.argv[1], f"{name}_2026-11-25T00-00-00.000000.parquet"))
