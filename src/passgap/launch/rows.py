"""What a trainer gets of a problem, and the problem file that passgap reads back.

In: problems, the prompt settings of the policy, what is known about each problem's p. Out: rows
with everything a reward needs to rebuild the problem, so that no other file is needed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypedDict

import msgspec

from passgap.data.policies import Prompt, PromptSettings
from passgap.data.problems import Problem
from passgap.errors import MismatchError
from passgap.problems import load_problems, render
from passgap.runs import write_text


class Known(TypedDict):
    """What was measured for a problem before training.

    ``pass_rate`` is the expected one (the posterior mean, not c / n), ``n`` and ``c`` the scored
    and the correct draws behind it; None where nothing was drawn.
    """

    pass_rate: float | None
    n: int | None
    c: int | None


NOTHING: Known = {"pass_rate": None, "n": None, "c": None}


@dataclass(frozen=True)
class Row:
    """One problem with its prompt as evaluation renders it, and what is `Known` about it."""

    problem: Problem
    prompt: Prompt
    pass_rate: float | None = None
    n: int | None = None
    c: int | None = None

    @property
    def messages(self) -> list[dict[str, str]]:
        """The prompt as chat messages; a plain text is one user message."""
        pairs = self.prompt.messages or (("user", self.prompt.text),)
        return [{"role": role, "content": content} for role, content in pairs]

    @property
    def carried(self) -> dict[str, str]:
        """The problem as flat values, ``metadata`` as JSON text: a reward rebuilds it from
        these."""
        problem = self.problem
        return {
            "problem_id": problem.id,
            "question": problem.question,
            "reference": problem.reference,
            "verifier": problem.verifier,
            "metadata": json.dumps(dict(problem.metadata), ensure_ascii=False),
        }

    @property
    def known(self) -> Known:
        """What was measured before training."""
        return {"pass_rate": self.pass_rate, "n": self.n, "c": self.c}


def rows_of(
    problems: Iterable[Problem], settings: PromptSettings, known: Mapping[str, Known] | None = None
) -> list[Row]:
    """Rows of problems in their order, under the policy's prompt; ``known`` is by problem id."""
    found = known or {}
    return [
        Row(problem, render(problem, settings), **found.get(problem.id, NOTHING))
        for problem in problems
    ]


def write_problems(rows: Sequence[Row], path: Path) -> None:
    """A problem file (JSONL) that ``passgap train`` and ``passgap sample`` read, ids unchanged.

    Images are in it, as data URLs.
    """
    lines = []
    for row in rows:
        problem = row.problem
        fields = {
            **problem.metadata,
            "question": problem.question,
            "reference": problem.reference,
            "verifier": problem.verifier,
            "problem_id": problem.id,
            **row.known,
        }
        if problem.images:
            fields["images"] = [image.data_url for image in problem.images]
        lines.append(json.dumps(fields) + "\n")  # ASCII: no line end of any kind inside
    write_text("".join(lines), path)


def read_problems(path: Path) -> tuple[list[Problem], dict[str, Known]]:
    """What `write_problems` wrote: the problems, and what is known about them by id.

    Raises MismatchError for a problem that has changed since: its id follows from question,
    reference and verifier.
    """
    problems = list(load_problems(str(path)))
    changed = [p for p in problems if p.metadata.get("problem_id", p.id) != p.id]
    if changed:
        raise MismatchError(
            f"{path}: problem {changed[0].metadata['problem_id']} has been edited and would now "
            f"have the id {changed[0].id}; run passgap select again"
        )
    try:
        known = {
            p.id: msgspec.convert({k: p.metadata.get(k) for k in NOTHING}, Known) for p in problems
        }
    except msgspec.ValidationError as error:
        raise MismatchError(
            f"{path} has been edited ({error}); run passgap select again"
        ) from error
    added = (*NOTHING, "problem_id")
    bare = [
        replace(p, metadata={k: v for k, v in p.metadata.items() if k not in added})
        for p in problems
    ]
    return bare, known
