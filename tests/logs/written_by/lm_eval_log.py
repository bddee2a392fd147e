"""Writes logs/samples_*.jsonl with lm-eval 0.4.13 and a scripted model.

``sums``: 3 documents x 4 repeats and two filters; ``sums_once``: one response each. Run in an
environment of its own: pip install lm-eval==0.4.13 datasets; python lm_eval_log.py OUT.
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

from lm_eval import simple_evaluate
from lm_eval.api.model import LM
from lm_eval.loggers import EvaluationTracker
from lm_eval.tasks import TaskManager

ROWS = [{"question": f"{i}+{i}?", "answer": f"worked out\n#### {2 * i}"} for i in (1, 2, 3)]
SAID = {1: ["2", "3", "2", "2"], 2: ["9", "4", "9", "9"], 3: ["6", "6", "6", "6"]}
TASK = """
task: {name}
dataset_path: json
dataset_kwargs: {{data_files: {{test: {rows}}}}}
test_split: test
output_type: generate_until
doc_to_text: "Q: {{{{question}}}}\\nA:"
doc_to_target: "{{{{answer.split('#### ')[1]}}}}"
generation_kwargs: {{until: ["\\n"], do_sample: true, temperature: 0.7}}
repeats: {repeats}
filter_list:
  - name: strict
    filter: [{{function: regex, regex_pattern: "^(\\\\d+)$"}}, {{function: take_first}}]
  - name: flexible
    filter: [{{function: regex, regex_pattern: "(\\\\d)"}}, {{function: take_first}}]
metric_list: [{{metric: exact_match, aggregation: mean, higher_is_better: true}}]
"""


class Scripted(LM):
    def __init__(self):
        super().__init__()
        self.asked = {}

    def generate_until(self, requests, disable_tqdm=False):
        said = []
        for request in requests:
            number = int(request.args[0][3])
            place = self.asked[number] = self.asked.get(number, -1) + 1
            said.append(SAID[number][place % 4])
        return said

    def loglikelihood(self, requests):
        raise NotImplementedError

    def loglikelihood_rolling(self, requests):
        raise NotImplementedError


folder = Path(tempfile.mkdtemp())
(folder / "rows.jsonl").write_text("\n".join(map(json.dumps, ROWS)))
for name, repeats in (("sums", 4), ("sums_once", 1)):
    text = TASK.format(name=name, rows=folder / "rows.jsonl", repeats=repeats)
    (folder / f"{name}.yaml").write_text(text)
tracker = EvaluationTracker(output_path=str(folder / "out"))
tracker.general_config_tracker.model_name_sanitized = "scripted"
tracker.general_config_tracker.model_source = "scripted"
tracker.date_id = "2026-11-25T00-00-00.000000"
results = simple_evaluate(
    Scripted(),
    tasks=["sums", "sums_once"],
    task_manager=TaskManager(include_path=str(folder), include_defaults=False),
    evaluation_tracker=tracker,
    log_samples=True,
    bootstrap_iters=0,
)
for name, rows in results["samples"].items():
    tracker.save_results_samples(task_name=name, samples=rows)
for path in (folder / "out").rglob("samples_*.jsonl"):
    shutil.copy(path, sys.argv[1])
