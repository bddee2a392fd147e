"""``code``: programs that have to pass tests, run in a bubblewrap sandbox and nowhere else.

In: problems whose metadata hold ``tests`` (see `passgap.problems.tests`) and completions. Out:
correct, or incorrect with the reason (``syntax``, ``exception``, ``timeout``, ``memory``,
``output``, ``exited``, ``killed``, ``crash``; none for a wrong value). Unscored is what the
sandbox could not decide: a test that hands over more than plain data, or a sandbox that was lost
over and over.

Not covered: programs in other languages, packages other than numpy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from passgap.data.identity import digest
from passgap.data.outcomes import Outcome, Status
from passgap.data.problems import Problem
from passgap.errors import UsageError
from passgap.verifiers.base import Item, Verifier, no_answer
from passgap.verifiers.mathematics import positive
from passgap.verifiers.programs import program
from passgap.verifiers.workers.pool import Lost
from passgap.verifiers.workers.sandbox import sandbox_pool

OUTPUT = 16 << 20
CASES_SECONDS = 300.0
RERUNS = 2


class CodeVerifier(Verifier):
    """Correct when the program passes every test of its problem.

    Parameters
    ----------
    timeout
        Processor seconds of a program (of one case, for programs that read standard input); twice
        as many by the clock.
    memory
        MiB a program may have.
    workers
        Sandboxes at once; as many as processors by default.
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
        """Mark many completions, in their order; equal programs of one problem run once."""
        programs = [program(item.problem, item.text) for item in items]
        tests: dict[str, Any] = {}
        asked: dict[str, dict[str, list[str]]] = {}
        for item, source in zip(items, programs, strict=True):
            if source is not None:
                tests.setdefault(item.problem.id, self._tests(item.problem))
                asked.setdefault(item.problem.id, {})[source] = []
        self._run(tests, asked)
        return [
            no_answer(item.finish_reason)
            if source is None
            else _outcome(item, source, asked[item.problem.id][source])
            for item, source in zip(items, programs, strict=True)
        ]

    def _run(self, tests: dict[str, Any], asked: dict[str, dict[str, list[str]]]) -> None:
        """Fill in ``[status, reason]`` of every program; one whose sandbox was lost runs again."""
        jobs = [(tests[i], list(sources)) for i, sources in asked.items()]
        for (i, sources), replies in zip(asked.items(), self._pool.run_many(jobs), strict=True):
            for source, reply in zip(list(sources), replies, strict=True):
                sources[source] = self._settled(tests[i], source, reply)

    def _settled(self, tests: dict[str, Any], source: str, reply: Any) -> list[str]:
        """A reply as ``[status, reason]``; the sandbox of a rerun may still be lost by another."""
        for _ in range(RERUNS):
            if not isinstance(reply, Lost):
                break
            (reply,) = self._pool.run(tests, [source])
        return ["unscored", reply.reason] if isinstance(reply, Lost) else reply

    def _tests(self, problem: Problem) -> dict[str, Any]:
        tests = problem.metadata.get("tests")
        if not isinstance(tests, Mapping):
            raise UsageError(
                f"problem {problem.id} has verifier 'code' but no tests; load it as a benchmark "
                "(humaneval, mbpp, livecodebench), or give its metadata tests"
            )
        return {**tests, "limits": [self._memory, self._timeout, OUTPUT]}

    def faults(self, problems: Sequence[Problem]) -> dict[str, str]:
        """Problems whose own solution does not pass their tests; those without one are believed."""
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


def _outcome(item: Item, source: str, reply: Sequence[str]) -> Outcome:
    status: Status = reply[0]  # type: ignore[assignment]
    reason = reply[1]
    if status == "incorrect" and reason == "syntax" and item.finish_reason == "length":
        reason = "truncated"
    return Outcome(status, source if source != item.text else None, reason)
