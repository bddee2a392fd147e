"""Marks of two verifiers on one run, counted per problem. Nothing here reads a file."""

from __future__ import annotations

from dataclasses import dataclass

from passgap.data.arrays import IntArray


@dataclass(frozen=True, eq=False)
class BothMarks:
    """Per problem, of the ``n`` samples that both verifiers scored: how many each calls correct.

    ``unscored`` samples, of all problems, were left out since one verifier could not score them.
    ``examples`` are (problem id, draw) of samples that only the proxy calls correct.
    """

    problem_id: tuple[str, ...]
    n: IntArray
    proxy: IntArray
    gold: IntArray
    only_proxy: IntArray
    only_gold: IntArray
    unscored: int
    examples: tuple[tuple[str, int], ...]
