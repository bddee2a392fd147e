"""Writes logs/evalscope/new/reviews and logs/evalscope/old/reviews, by the writer's source.

modelscope/evalscope 1.14.1 and 1.0.0: ReviewResult.from_score_state and save_review_cache
(evalscope/api/evaluator/cache.py), SampleScore (evalscope/api/metric/scorer.py). Repeats of a
sample follow each other and share a group. Run: python evalscope_reviews.py OUT
"""

import json
import sys
from pathlib import Path

SAID = {"1+1?": ["2", "3", "2"], "2+2?": ["4", None, "5"]}


def score(question, text, new):
    answer = str(2 * int(question[0]))
    values = {} if text is None else {"acc": float(text == answer)}
    found = {
        "value": values,
        "extracted_prediction": text or "",
        "prediction": f"ANSWER: {text or ''}",
        "explanation": None,
        "metadata": {},
        "main_score_name": "acc" if new else None,
    }
    return found | ({"status": "success" if text else "parse_error"} if new else {})


def review(index, question, text, new):
    sample = {
        "score": score(question, text, new),
        "sample_id": index,
        "group_id": index // 3,
        "sample_metadata": {},
    }
    target = str(2 * int(question[0]))
    if not new:
        return {"index": index, "input": question, "target": target, "sample_score": sample}
    sample["generation_index"] = index % 3
    turns = [("user", question), ("assistant", f"ANSWER: {text or ''}")]
    messages = [{"id": "0", "content": content, "role": role} for role, content in turns]
    return {"index": index, "target": [target], "messages": messages, "sample_score": sample}


if __name__ == "__main__":
    asked = [(question, text) for question, texts in SAID.items() for text in texts]
    for name in ("old", "new"):
        folder = Path(sys.argv[1], name, "reviews", "scripted")
        folder.mkdir(parents=True, exist_ok=True)
        rows = [review(i, *one, name == "new") for i, one in enumerate(asked)]
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / "sums_default.jsonl").write_text(lines)
