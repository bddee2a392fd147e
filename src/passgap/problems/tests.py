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
from typing import Any

from passgap.data.identity import digest
from passgap.data.problems import Problem


def check_tests(prompt: str, test: str, entry_point: str) -> dict[str, Any]:
    """HumanEval's way: a prompt that the completion continues, and ``check(candidate)``."""
    return {
        "kind": "functions",
        "setup": prompt,
        "test": test,
        "entry_point": entry_point.strip(),
        "check": True,
        "continues": True,
    }


def assert_tests(asserts: Sequence[str], setup: str = "") -> dict[str, Any]:
    """MBPP's way: asserts that call the functions asked for by name."""
    return {
        "kind": "functions",
        "setup": setup,
        "test": "\n".join(asserts),
        "entry_point": None,
        "check": False,
        "continues": False,
    }


def livecodebench_tests(public: str, private: str, entry_point: str | None) -> dict[str, Any]:
    """LiveCodeBench's way: cases as text, and more of them compressed and pickled."""
    return {
        "kind": "livecodebench",
        "public": public,
        "private": private,
        "entry_point": entry_point,
    }


def code_problem(
    question: str,
    tests: Mapping[str, Any],
    *,
    solution: str | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Problem:
    """A problem whose reference is its tests; ``solution`` lets them be checked."""
    extra = dict(metadata or {}) | {"tests": dict(tests)}
    if solution is not None:
        extra["solution"] = solution
    return Problem(question, f"tests {digest(dict(tests))}", "code", extra)
