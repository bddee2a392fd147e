"""Writes logs/lmms_eval/*_samples_*.jsonl, by the writer's source.

EvolvingLMMs-Lab/lmms-eval 75571cfe: evaluate (lmms_eval/evaluator.py) and
EvaluationTracker.save_results_samples (lmms_eval/loggers/evaluation_tracker.py): responses that the
filter left as they are stand only once, a single one without its list. Run:
python lmms_eval_samples.py OUT
"""

import hashlib
import json
import sys
from pathlib import Path

SAID = {"1+1?": ["2", "3", "2"], "2+2?": ["4", "5", "5"]}


def sample(doc_id, question, texts, metrics):
    row = {
        "doc_id": doc_id,
        "target": str(2 * int(question[0])),
        "filtered_resps": texts[0],
        "token_counts": [{"input_tokens": 4, "output_tokens": 1}],
        "doc_hash": hashlib.sha256(question.encode()).hexdigest(),
        **metrics,
        "input": question,
    }
    return row | ({"resps": texts} if len(texts) > 1 else {})


if __name__ == "__main__":
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    tasks = {"once": [], "nested": [], "several": []}
    for i, (question, texts) in enumerate(SAID.items()):
        answer = str(2 * int(question[0]))
        right, last = float(texts[0] == answer), float(texts[2] == answer)
        nested = {"sums_score": {"question_id": question, "score": last}}
        tasks["once"].append(sample(i, question, texts[:1], {"exact_match": right}))
        tasks["nested"].append(sample(i, question, texts[2:], nested))
        tasks["several"].append(sample(i, question, texts, {"exact_match": right}))
    for name, rows in tasks.items():
        path = out / f"20261130_000000_samples_{name}.jsonl"
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
