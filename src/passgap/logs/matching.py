"""Which problem a draw is of, when the problems come from a file of their own.

In: a ProblemSet and a draw's question, rendered prompt or id. Out: the problem, or None.
"""

from __future__ import annotations

from collections.abc import Iterator

from passgap.data.problems import Problem, ProblemSet
from passgap.logs.base import Record

OWN_NAMES = ("problem_id", "id", "task_id", "unique_id", "question_id")


class Matcher:
    """Finds problems by question, by the question within a prompt, or (no text at all) by id.

    A prompt may hold other questions as worked examples: the one that ends last is asked.
    """

    def __init__(self, problems: ProblemSet) -> None:
        self._problems = tuple(problems)
        self._by_question = {p.question.strip(): p for p in problems}
        self._by_name = dict(_names(problems))
        self._found: dict[str, Problem | None] = {}

    def find(self, record: Record) -> Problem | None:
        """The problem that a record is of."""
        text = record.question or record.prompt
        if not text:
            return self._by_name.get(record.key)
        if text not in self._found:
            self._found[text] = self._by_question.get(text.strip()) or self._contained(
                record.prompt or text
            )
        return self._found[text]

    def _contained(self, prompt: str) -> Problem | None:
        ends = [
            (at + len(question), len(question), problem)
            for question, problem in self._by_question.items()
            if (at := prompt.rfind(question)) >= 0
        ]
        return max(ends, key=lambda end: end[:2])[2] if ends else None


def _names(problems: ProblemSet) -> Iterator[tuple[str, Problem]]:
    for problem in problems:
        yield problem.id, problem
        for name in OWN_NAMES:
            if problem.metadata.get(name) is not None:
                yield str(problem.metadata[name]), problem
