"""What `verify` returns: how a run is marked, why draws are unscored, how two verifiers agree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, get_args

from passgap.data.outcomes import Status
from passgap.plain import plural, visible
from passgap.results.codec import SHOWN, Encoded, Named

STATUSES: tuple[Status, ...] = get_args(Status)
RAISED = "error"
WORDS = {
    "crash": "the verifier's process ended",
    "memory": "the verifier ran out of memory",
    "no_mark": "the verifier returned None",
    "timeout": "the verifier took too long",
    "prompt_too_long": "the server refused the prompt as too long",
    "filtered": "the server's filter withheld the text",
    RAISED: "the verifier failed, or sampling did",
    "": "the verifier gave no reason",
}


@dataclass(frozen=True)
class Unscored:
    """Draws that could not be scored, for one reason.

    ``error`` is what the verifier's code raised, in words, where that is known; ``problem_id`` the
    problem of the first of them.
    """

    reason: str
    draws: int
    problem_id: str
    error: str | None = None

    def __str__(self) -> str:
        why = self.error or WORDS.get(self.reason, self.reason)
        return (
            f"{visible(why)} ({plural(self.draws, 'sample')}, the first of problem "
            f"{self.problem_id})"
        )


@dataclass(frozen=True)
class MarkedBoth:
    """Completions that the first verifier gave one status and the second another, or the same."""

    first: Status
    second: Status
    draws: int


@dataclass(frozen=True)
class Difference:
    """A completion that two verifiers mark differently."""

    problem_id: str
    draw: int
    status: Status
    extracted: str | None
    reason: str
    status_second: Status
    extracted_second: str | None
    reason_second: str


@dataclass(frozen=True)
class Agreement(Encoded):
    """How two verifiers marked the same completions.

    ``table[a, b]`` counts the completions that the first gave status ``a`` and the second ``b``;
    ``examples`` are some on which they differ.
    """

    schema: ClassVar[str] = "passgap.agreement/1"

    first: str
    second: str
    pairs: Annotated[tuple[MarkedBoth, ...], Named("table")]
    examples: tuple[Difference, ...]

    @property
    def table(self) -> Mapping[tuple[Status, Status], int]:
        """Completions by both statuses."""
        return {(one.first, one.second): one.draws for one in self.pairs}

    @property
    def draws(self) -> Annotated[int, SHOWN]:
        """Completions that both marked."""
        return sum(one.draws for one in self.pairs)

    @property
    def agreed(self) -> Annotated[int, SHOWN]:
        """Completions that both marked the same way."""
        return sum(one.draws for one in self.pairs if one.first == one.second)

    @property
    def kappa(self) -> Annotated[float, SHOWN]:
        """Cohen's kappa: agreement beyond chance; nan where all marks are the same."""
        total = max(self.draws, 1)
        by_first = [sum(self.table[a, b] for b in STATUSES) / total for a in STATUSES]
        by_second = [sum(self.table[a, b] for a in STATUSES) / total for b in STATUSES]
        chance = sum(x * y for x, y in zip(by_first, by_second, strict=True))
        return (self.agreed / total - chance) / (1 - chance) if chance < 1 else float("nan")


@dataclass(frozen=True)
class Verified(Encoded):
    """How a run is marked now.

    ``reasoned`` counts correct draws whose reasoning is right too, None where it was not judged;
    ``verifier`` is the digest of the outcomes that count, ``marked_by`` their verifier's name;
    ``agreement`` is with the previous verifier of the run, None where there was none.
    """

    schema: ClassVar[str] = "passgap.verify/1"

    run: str
    problems: int
    draws: int
    correct: int
    unscored: int
    unscored_reasons: tuple[Unscored, ...]
    verifier: str
    reasoned: int | None
    marked_by: str
    agreement: Agreement | None
