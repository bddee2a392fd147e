"""What sampling alone gives, without training: votes and best-of-k of the base's own samples.

In: the ``sampling_alone`` of a probe or a comparison. Out: a section, or None where the price of a
question is not known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from passgap.results.estimates import Estimate
from passgap.results.sampling_alone import (
    AgainstTrained,
    AloneArm,
    AloneBase,
    BreakEven,
    Reaches,
    SamplingAlone,
    TrainingTokens,
)
from passgap.show.blocks import Block, Folded, Notes, Section, Table, Text
from passgap.show.contents.parts import present, table
from passgap.show.text import ABSENT, changed, estimated, known, number, percent

LEAD = (
    "The base without any training: several samples per question, and their most frequent answer, "
    "or the one that the verifier picks."
)


def alone(found: SamplingAlone | None) -> Section | None:
    """Against the trained policy where there is one, and by k."""
    if found is None or not any(known(row.tokens.value) for arm in found.arms for row in arm.rows):
        return None  # a log without tokens has no price to weigh
    rows = alone_rows(found)
    against = against_trained(found)
    content: list[Block] = []
    if found.trained is not None:
        content.append(Text(alone_sentence(found, found.trained), "strong"))
    folded = rows and Folded("Votes and best of k at each k", [rows])
    content += present(against, folded) if against else present(rows)
    asked = len(found.arms) > 1  # runs of the base at other temperatures were named
    content.append(Notes(found.notes))
    return Section("What sampling alone gives", content, LEAD, answers=asked)


def alone_rows(found: SamplingAlone) -> Table | None:
    """A row per k and run of the base: tokens per question, majority vote, best of k."""
    rows = [
        [
            _temperature(arm),
            row.k,
            number(row.tokens.value, 0),
            ABSENT if row.maj_at_k is None else estimated(row.maj_at_k),
            estimated(row.pass_at_k),
        ]
        for arm in found.arms
        for row in arm.rows
    ]
    head = ("temperature", "k", "tokens per question", "majority vote")
    return table([*head, "best of k, by the verifier"], rows)


def against_trained(found: SamplingAlone) -> Table | None:
    """The base's votes and best-of-k against one try of the trained policy."""
    head = ("the base alone", "T", "k, equal tokens", "trained ahead, points")
    rows = (row for arm in found.arms if arm.against for row in _rows(arm, arm.against))
    return table([*head, "k to equal it", "tokens per question", "break-even, questions"], rows)


@dataclass(frozen=True)
class _Method:
    """One way to make an answer of several samples, against the trained policy's single try."""

    how: str
    what: str
    reaches: Reaches
    even: BreakEven
    ahead: Estimate | None

    @property
    def is_behind(self) -> bool:
        """Whether a gain of the trained policy is shown at all, which has a price."""
        return self.ahead is not None and self.ahead.low > 0


def _methods(against: AgainstTrained) -> Iterator[_Method]:
    reaches, even, equal = against.reaches, against.break_even, against.equal_tokens
    if reaches.majority is not None and even.majority is not None:
        ahead = equal.majority if equal else None
        yield _Method("vote", "A majority vote", reaches.majority, even.majority, ahead)
    ahead = equal.best_of if equal else None
    yield _Method("best of k", "The verifier's choice", reaches.best_of, even.best_of, ahead)


def _rows(arm: AloneBase, against: AgainstTrained) -> Iterator[list[object]]:
    for one in _methods(against):
        yield [
            one.how,
            _temperature(arm),
            against.equal_tokens.k if against.equal_tokens else ABSENT,
            changed(one.ahead) if one.ahead else ABSENT,
            _least(one.reaches),
            number(one.reaches.tokens, 0),
            _questions(one.even) if one.is_behind else ABSENT,
        ]


def _least(reach: Reaches) -> str:
    """``16 (10 to 27)``; ``> 128`` where no k up to n is enough."""
    if reach.k is None and reach.low is None:
        return f"> {reach.n}"
    ends = (reach.k, reach.low, reach.high)
    k, low, high = (f"> {reach.n}" if end is None else str(end) for end in ends)
    return f"{k} ({low} to {high})"


def _questions(even: BreakEven) -> str:
    if not known(even.value):
        return ABSENT
    low, high = (ABSENT if end is None else f"{end:,.0f}" for end in (even.low, even.high))
    return f"{even.value:,.0f} ({low} to {high})"


def alone_sentence(found: SamplingAlone, trained: AloneArm) -> str:
    """One try of the trained policy against the base's samples, in words."""
    once, arm = trained.rows[0], found.arms[0]
    said = [
        f"One try of the trained policy solves {percent(once.pass_at_k.value)} of the problems, "
        f"at {number(once.tokens.value, 0)} tokens per question."
    ]
    if arm.against is not None:
        said += [_reached(one, found.training) for one in _methods(arm.against)]
    return " ".join(said)


def _reached(one: _Method, training: TrainingTokens | None) -> str:
    reach = one.reaches
    if reach.k is None:
        return f"{one.what} among samples of the base does not reach that with up to {reach.n}."
    cost = f", {number(reach.tokens, 0)} tokens" if known(reach.tokens) else ""
    said = f"{one.what} among samples of the base reaches it with {_least(reach)} samples{cost}"
    if training is None or not known(one.even.value) or not one.is_behind:
        return f"{said}."
    after = f"is cheaper after {_questions(one.even)} questions"
    return f"{said}; training sampled {training.tokens:,.0f} tokens, and {after}."


def _temperature(arm: AloneArm) -> str:
    return ABSENT if arm.temperature is None else f"{arm.temperature:g}"
