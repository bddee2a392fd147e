"""Write an Inspect log of completions, for bench/view.py: runs in Inspect's own environment.

.peers-inspect/bin/python bench/view_inspect_log.py draws.jsonl logs/draws.eval
"""

from __future__ import annotations

import json
import sys

from inspect_ai.log import (
    EvalConfig,
    EvalDataset,
    EvalLog,
    EvalPlan,
    EvalResults,
    EvalSample,
    EvalSpec,
    EvalStats,
    write_eval_log,
)
from inspect_ai.model import ChatMessageAssistant, ChatMessageUser, ModelOutput
from inspect_ai.scorer import Score

MARKS = {"correct": "C", "incorrect": "I"}


def main(source: str, target: str) -> None:
    with open(source, encoding="utf-8") as file:
        samples = [sample_of(json.loads(line)) for line in file]
    when = "2026-01-01T00:00:00+00:00"
    dataset = EvalDataset(name="sums", location="sums", samples=len(samples))
    spec = EvalSpec(
        created=when, task="sums", dataset=dataset, model="none/base", config=EvalConfig()
    )
    log = EvalLog(
        status="success",
        eval=spec,
        plan=EvalPlan(),
        results=EvalResults(total_samples=len(samples), completed_samples=len(samples)),
        stats=EvalStats(started_at=when, completed_at=when),
        samples=samples,
    )
    write_eval_log(log, target)


def sample_of(row: dict[str, str]) -> EvalSample:
    output = ModelOutput.from_content("none/base", row["text"])
    return EvalSample(
        id=row["problem_id"],
        epoch=int(row["draw"]) + 1,
        input=row["question"],
        target=row["reference"],
        messages=[
            ChatMessageUser(content=row["question"]),
            ChatMessageAssistant(content=row["text"]),
        ],
        output=output,
        scores={"math": Score(value=MARKS[row["status"]], answer=row["extracted"])},
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
