"""``code``: programs that have to pass tests, run only in a bubblewrap sandbox.

In: problems whose metadata hold ``tests`` (see `passgap.problems.tests`) and completions. Out:
correct, or incorrect with the reason (``syntax``, ``exception``, ``timeout``, ``memory``,
``output``, ``exited``, ``killed``, ``crash``; none for a wrong value). Unscored is what the sandbox
could not decide: a test that passes more than plain data, or a sandbox that crashed repeatedly.

Not covered: programs in other languages, packages other than numpy.
"""

from __future__ import annotations

from collections.abc import Sequence

from passgap.data.identity import digest
from passgap.data.outcomes import Outcome
from passgap.data.problems import Problem, Tests
from passgap.errors import UsageError
from passgap.verifiers.base import Item, Mark, Verifier, no_answer, positive
from passgap.verifiers.programs import program
from passgap.verifiers.workers.pool import Lost
from passgap.verifiers.workers.sandbox import sandbox_pool

OUTPUT = 16 << 20
CASES_SECONDS = 300.0
RERUNS = 2


class CodeVerifier(Verifier):
    """Correct when the program passes every test of its problem.

    A program (one case, if it reads standard input) may use ``timeout`` seconds of CPU time, twice
    that in wall time, and ``memory`` MiB. ``workers`` sandboxes run at once; by default one per
    CPU.
    """

    name = "code"

    def __init__(
        self, timeout: str = "5", memory: str = "2048", workers: str | None = None
    ) -> None:
        self._timeout = positive("timeout", timeout)
        self._memory = int(positive("memory", memory)) << 20
        self._pool = sandbox_pool(
            seconds=CASES_SECONDS,
            workers=None if workers is None else max(1, int(positive("workers", workers))),
        )

    @property
    def digest(self) -> str:
        return digest([self.name, 2, self._timeout, self._memory])

    def verify_all(self, items: Sequence[Item]) -> list[Outcome]:
        """Mark many completions, in order; equal programs of one problem run once."""
        programs = [program(item.problem, item.text) for item in items]
        made = [(i, p) for i, p in zip(items, programs, strict=True) if p is not None]
        tests = {item.problem.id: self._tests(item.problem) for item, _ in made}
        replies = self._pool.run_each(tests, [(item.problem.id, source) for item, source in made])
        marks = {
            (problem, source): self._settled(tests[problem], source, reply)
            for (problem, source), reply in replies.items()
        }
        return [
            no_answer(item.finish_reason)
            if source is None
            else _outcome(item, source, marks[item.problem.id, source])
            for item, source in zip(items, programs, strict=True)
        ]

    def _settled(self, tests: Tests, source: str, reply: Mark | Lost) -> Mark:
        """The mark of a program; if its sandbox crashed, perhaps because of another, it runs
        again."""
        for _ in range(RERUNS):
            if not isinstance(reply, Lost):
                break
            (reply,) = self._pool.run(tests, [source])
        return Mark("unscored", reply.reason) if isinstance(reply, Lost) else reply

    def _tests(self, problem: Problem) -> Tests:
        tests = problem.tests
        if tests is None:
            raise UsageError(
                f"problem {problem.id} has verifier 'code' but no tests; load it as a benchmark "
                "(humaneval, mbpp, livecodebench), or add tests to its metadata"
            )
        return {**tests, "limits": (self._memory, self._timeout, OUTPUT)}

    def faults(self, problems: Sequence[Problem]) -> dict[str, str]:
        """Problems whose own solution does not pass their tests; those without one are trusted."""
        known = [p for p in problems if p.metadata.get("solution")]
        marks = self.verify_all([Item(p, str(p.metadata["solution"])) for p in known])
        return {
            problem.id: f"its own solution is {mark.status} {mark.reason}".rstrip()
            for problem, mark in zip(known, marks, strict=True)
            if mark.status != "correct"
        }

    def close(self) -> None:
        """End the sandboxes."""
        self._pool.close()


def _outcome(item: Item, source: str, mark: Mark) -> Outcome:
    status, reason = mark
    if status == "incorrect" and reason == "syntax" and item.finish_reason == "length":
        reason = "truncated"
    return Outcome(status, source if source != item.text else None, reason)
