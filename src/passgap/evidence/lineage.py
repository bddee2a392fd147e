"""Where a policy comes from: whether it was trained on the problems of a run."""

from __future__ import annotations

import json
from pathlib import Path

from passgap.runs import Run, is_run
from passgap.stages.resolving import POLICY_FILE


def trained_on(run: Path | str) -> bool | None:
    """Whether the policy of a run was trained on that run's problems; None where unknown."""
    if not is_run(run):
        return None
    opened = Run(run)
    file = Path(str(opened.manifest.policy["path"])) / POLICY_FILE
    if not file.is_file():
        return None
    learnt = set(json.loads(file.read_text(encoding="utf-8"))["train_problem_ids"])
    return any(problem.id in learnt for problem in opened.problems())
