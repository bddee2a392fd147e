"""Problems: one question with its reference, and sets of them. Nothing here reads a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypedDict, cast

from passgap.data.identity import digest
from passgap.data.images import Image


class Case(TypedDict, total=False):
    """One input with the expected output; ``testtype`` as in LiveCodeBench."""

    input: str
    output: str
    testtype: str


class Tests(TypedDict, total=False):
    """The ``tests`` of a code problem; `passgap.problems.tests` lists the fields of each kind.

    ``limits`` (bytes of memory, seconds, bytes of output), the ``cases`` of packed tests and
    ``prelude`` come with the order to run them.
    """

    kind: str
    setup: str
    test: str
    entry_point: str | None
    check: bool
    continues: bool
    public: str
    private: str
    cases: list[Case]
    prelude: bool
    limits: tuple[int, float, int]


TOLD_APART = "told_apart_by"  # the declared id, where problems share question and reference


@dataclass(frozen=True)
class Problem:
    """One question with the answer its verifier accepts.

    ``id`` is a hash of (question, reference, verifier): the same question under another prompt is
    the same problem, and another question in the same row is another problem. The SHA-256 of its
    ``images`` are hashed too, and where several problems share all of these (a question whose image
    is not logged), the metadata's ``told_apart_by``, the declared id.
    """

    question: str
    reference: str
    verifier: str = "math"
    metadata: Mapping[str, object] = field(default_factory=dict)
    images: tuple[Image, ...] = ()
    id: str = field(init=False)

    def __post_init__(self) -> None:
        shown = [[image.sha256 for image in self.images]] if self.images else []
        apart = [] if self.told_apart is None else [self.told_apart]
        key = digest([self.question, self.reference, self.verifier, *shown, *apart])
        object.__setattr__(self, "id", key)

    @property
    def cluster(self) -> str | None:
        """Its cluster, such as its template; None where its metadata name none."""
        return self._named("cluster")

    @property
    def told_apart(self) -> str | None:
        """The declared id, where the question does not tell it from another problem."""
        return self._named(TOLD_APART)

    def _named(self, field: str) -> str | None:
        known = self.metadata if isinstance(self.metadata, Mapping) else {}  # a run from a stranger
        found = known.get(field)
        return None if found is None else str(found)

    @property
    def tests(self) -> Tests | None:
        """The tests that a solution has to pass, None if its metadata contains none."""
        found = self.metadata.get("tests")
        return cast(Tests, found) if isinstance(found, Mapping) else None


@dataclass(frozen=True)
class ProblemSet:
    """Distinct problems in a stable order; ``merged`` counts the duplicates left out."""

    name: str
    problems: tuple[Problem, ...]
    merged: int = 0

    @classmethod
    def of(cls, name: str, problems: Iterable[Problem]) -> ProblemSet:
        """Collect problems, merging those with equal ids (the first one stays)."""
        distinct: dict[str, Problem] = {}
        total = 0
        for problem in problems:
            total += 1
            distinct.setdefault(problem.id, problem)
        return cls(name, tuple(distinct.values()), merged=total - len(distinct))

    def without(self, other: ProblemSet) -> ProblemSet:
        """The problems that ``other`` does not have; the name says how many were left out."""
        theirs = {problem.id for problem in other.problems}
        kept = tuple(problem for problem in self.problems if problem.id not in theirs)
        left_out = len(self.problems) - len(kept)
        name = f"{self.name} less {left_out} of {other.name}" if left_out else self.name
        return ProblemSet(name, kept, self.merged)

    @property
    def digest(self) -> str:
        """Identity of the set: the sorted problem ids, whatever their order."""
        return digest(sorted(problem.id for problem in self.problems))

    def __len__(self) -> int:
        return len(self.problems)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self.problems)
