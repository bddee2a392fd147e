"""Tests of code problems in one form: what the ``code`` verifier runs.

In: a benchmark's row. Out: the ``tests`` of a problem's metadata, plain JSON values:

    functions       setup (code that the tests may use), test (code), entry_point, check (whether
                    test defines ``check(candidate)``), continues (whether a completion goes on
                    from setup)
    stdio, calls    cases of input and output; entry_point for calls
    livecodebench   public and private cases as that benchmark packs them; decoded in the sandbox
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from passgap.data.identity import digest
from passgap.data.problems import Problem, Tests


def check_tests(prompt: str, test: str, entry_point: str) -> Tests:
    """As in HumanEval: a prompt that the completion continues, and ``check(candidate)``."""
    return {
        "kind": "functions",
        "setup": prompt,
        "test": test,
        "entry_point": entry_point.strip(),
        "check": True,
        "continues": True,
    }


def assert_tests(asserts: Sequence[str], setup: str = "") -> Tests:
    """As in MBPP: asserts that call the requested functions by name."""
    return {
        "kind": "functions",
        "setup": setup,
        "test": "\n".join(asserts),
        "entry_point": None,
        "check": False,
        "continues": False,
    }


def livecodebench_tests(public: str, private: str, entry_point: str | None) -> Tests:
    """As in LiveCodeBench: cases as text, and more of them compressed and pickled."""
    return {
        "kind": "livecodebench",
        "public": public,
        "private": private,
        "entry_point": entry_point,
    }


def code_problem(
    question: str,
    tests: Tests,
    *,
    solution: str | None = None,
    metadata: Mapping[str, object] | None = None,
) -> Problem:
    """A problem whose reference is its tests; ``solution`` allows checking them."""
    extra = {**(metadata or {}), "tests": tests}
    if solution is not None:
        extra["solution"] = solution
    return Problem(question, f"tests {digest(tests)}", "code", extra)
