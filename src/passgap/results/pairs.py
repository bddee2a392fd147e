"""Published pairs: a base and a model trained from it, each with pass@k. Typed rows, nothing read.

The columns of the table are the fields of `TrainingPair`; curves are spread over columns
(``base_pass_1``, ..) and ``base_other``. `passgap.evidence.corpus` reads and checks them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from passgap.plain import plural
from passgap.results.codec import Result

Start = Literal["base", "instruct", "sft", "distilled"]
Domain = Literal["yes", "no", "unknown"]
STARTS: tuple[Start, ...] = get_args(Start)
DOMAINS: tuple[Domain, ...] = get_args(Domain)
SMALL = range(2, 33)  # a k of the base that a forecast can use beside pass@1


@dataclass(frozen=True)
class TrainingPair:
    """A base and a model trained from it on one benchmark.

    Parameters
    ----------
    id
        A name that no other row has.
    source, where, how_read, sure
        The citation (repository and commit, or arXiv number); the file or table in it; ``file``,
        ``table``, ``text`` or ``figure``; ``exact`` or ``about``.
    base_model, family, size_b, start
        The model before RL; billions of parameters; what it was already trained to be.
    algorithm, recipe, trained_by, steps, training_data
        The training. Rows of one ``recipe`` differ in seed, step or benchmark; rows of one
        ``trained_by`` are left out together when a forecast is scored.
    in_domain
        Whether the benchmark is of the kind trained on.
    benchmark, problems, n, temperature
        The measurement of the base.
    base, trained
        pass@k by k, shares from 0 to 1; both hold k = 1.
    note
        What else one has to know.
    """

    id: str
    source: str
    where: str
    how_read: str
    sure: str
    base_model: str
    family: str
    size_b: float | None
    start: Start
    algorithm: str
    recipe: str
    trained_by: str
    steps: int | None
    training_data: str
    in_domain: Domain
    benchmark: str
    problems: int | None
    n: int | None
    temperature: float | None
    base: Mapping[int, float]
    trained: Mapping[int, float]
    note: str

    @property
    def gain(self) -> float:
        """Trained minus base pass@1."""
        return self.trained[1] - self.base[1]

    @property
    def measured(self) -> tuple[str, str, str, float]:
        """The measurement of the base, which several rows may share."""
        return self.trained_by, self.base_model, self.benchmark, self.base[1]


@dataclass(frozen=True, repr=False)
class TrainingPairs(Result):
    """A table of pairs: iterate it, take a row by its place, or ask for ``to_frame()``."""

    schema: ClassVar[str] = "passgap.pairs/1"

    pairs: tuple[TrainingPair, ...]

    def __iter__(self) -> Iterator[TrainingPair]:
        return iter(self.pairs)

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, place: int) -> TrainingPair:
        return self.pairs[place]

    def __str__(self) -> str:
        trainers = len({one.trained_by for one in self})
        bases = len({one.measured for one in self})
        return (
            f"{plural(len(self), 'pair')} of {plural(trainers, 'source')}, "
            f"{plural(bases, 'measurement')} of a base"
        )
