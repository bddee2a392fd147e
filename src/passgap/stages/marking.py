"""Marking without a run. In: references and texts. Out: an Outcome for each.

The verifiers as a function, for trainers and scripts, and to see why a completion is marked as it
is.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from typing import get_args

from passgap.data.completions import FinishReason
from passgap.data.outcomes import Outcome
from passgap.data.problems import Problem
from passgap.errors import UsageError
from passgap.plain import visible
from passgap.results.tried import MarkedCandidate, ReadAs, Tried
from passgap.verifiers import Item, Verifier, get_verifier
from passgap.verifiers.failures import take_failures

log = logging.getLogger("passgap.marks")
FINISH_REASONS: tuple[FinishReason, ...] = get_args(FinishReason)


def mark(
    golds: str | Iterable[str],
    texts: str | Iterable[str],
    *,
    verifier: str = "math",
    finish_reasons: Sequence[FinishReason] | None = None,
) -> list[Outcome]:
    r"""Mark texts against their references.

    Parameters
    ----------
    golds
        A reference for each text, or one for all of them.
    texts
        Completions.
    verifier
        The spec of a verifier that needs only a reference and a text: ``math``, ``numeric``,
        ``choice``, ``exact``, ``regex?pattern=..``, ``python:MODULE:FUNCTION``, ``plugin:NAME``.
    finish_reasons
        ``stop`` or ``length`` (cut by max_tokens) for each text; all ``stop`` by default.

    Returns
    -------
    list of Outcome
        One per text, in order. ``status`` is ``correct``, ``incorrect`` or ``unscored``;
        ``extracted`` the answer; ``reason`` why there is none; ``readings`` the mark under the
        readings ``asked`` and ``any``, and every candidate with its position. Printing an outcome
        shows all of it. An exception in a custom verifier is logged once (logger
        ``passgap.stages.marking``).

    Raises
    ------
    UsageError
        For different lengths, an unknown verifier, or one that needs more than a reference.

    Examples
    --------
    >>> import passgap
    >>> passgap.mark("18", ["The answer is 18 dollars.", "#### 17"])[0].status
    'correct'
    >>> passgap.mark("18", ["The answer is 18 dollars.", "#### 17"])[1].extracted
    '17'
    """
    said = [texts] if isinstance(texts, str) else list(texts)
    wanted = [golds] * len(said) if isinstance(golds, str) else list(golds)
    ends: list[FinishReason] = ["stop"] * len(said) if finish_reasons is None else [*finish_reasons]
    for name, given in (("golds", wanted), ("finish_reasons", ends)):
        if len(given) != len(said):
            raise UsageError(
                f"{len(given)} {name} for {len(said)} texts; needed: one for each text"
            )
    unknown = [end for end in ends if end not in FINISH_REASONS]
    if unknown:
        raise UsageError(f"finish reason {unknown[0]!r}; allowed: {', '.join(FINISH_REASONS)}")
    _check_kind(verifier)
    problems = {gold: Problem("", str(gold), verifier) for gold in dict.fromkeys(wanted)}
    items = [
        Item(problems[gold], text, end) for gold, text, end in zip(wanted, said, ends, strict=True)
    ]
    with closing(get_verifier(verifier)) as marker:
        outcomes = marker.verify_all(items)
        for failure in take_failures(marker):
            log.warning("%d texts are unscored: %s", failure.draws, visible(failure.error))
        return [explained(marker, *pair) for pair in zip(items, outcomes, strict=True)]


def tried(gold: str, outcome: Outcome, verifier: str) -> Tried:
    """A mark with its reasons: every candidate marked separately, reference and answer read."""
    found = outcome.readings.candidates if outcome.readings else ()
    boxed = [f"\\boxed{{{candidate.text}}}" for candidate in found]
    marks = mark(gold, boxed, verifier=verifier) if boxed else []
    with closing(get_verifier(verifier)) as marker:
        answer = None if outcome.extracted is None else marker.read_as(outcome.extracted)
        read_as = ReadAs(marker.read_as(gold), answer)
    pairs = zip(found, marks, strict=True)
    candidates = tuple(MarkedCandidate(candidate, one.status) for candidate, one in pairs)
    return Tried(verifier, gold, outcome, candidates, read_as)


def explained(marker: Verifier, item: Item, outcome: Outcome) -> Outcome:
    """The outcome with every candidate that the verifier saw."""
    if outcome.readings is None:
        return outcome
    return replace(outcome, readings=replace(outcome.readings, candidates=marker.candidates(item)))


NEED_MORE = {
    "code": "a problem's tests",
    "gym": "the puzzle of a problem",
    "judge": "a problem's question",
}


def _check_kind(spec: str) -> None:
    kind = spec.partition("?")[0]
    if kind in NEED_MORE:
        raise UsageError(
            f"verifier {kind!r} needs {NEED_MORE[kind]}, not just a reference; use passgap verify "
            "on a run, or one of math, numeric, choice, exact, regex, python:MODULE:FUNCTION"
        )
