"""Marks of single completions: two verifiers of one run, one mark with its reasons, one to check.

In: an agreement, a mark that was tried, a case of an audit. Out: what a command prints of each.
"""

from __future__ import annotations

from passgap.data.outcomes import Readings
from passgap.evidence.auditing import Case
from passgap.results.tried import Tried
from passgap.results.verified import STATUSES, Agreement
from passgap.show.blocks import Block, Bullets, Section, Text
from passgap.show.contents.parts import present, table
from passgap.show.text import known

TEXT_SHOWN = 80  # of a candidate
LINE_SHOWN = 200  # of an example
NO_ANSWER = "no answer"
THINKING = {"ended": "thinking left away", "never_ends": "thinking never ends"}


def agreement(found: Agreement) -> list[Block]:
    """The table of two verifiers and some of their differences."""
    share = found.agreed / max(1, found.draws)
    kappa = f" (Cohen's kappa {found.kappa:.3f})" if known(found.kappa) else ""
    rows = [[f"before: {a}", *(f"{found.table[a, b]:,}" for b in STATUSES)] for a in STATUSES]
    said = f"The two verifiers agree on {share:.2%} of {found.draws:,} completions{kappa}"
    examples = [
        f"{one.problem_id} sample {one.draw}: {one.status} ({_answer(one.extracted)}), "
        f"now {one.status_second} ({_answer(one.extracted_second)})"[:LINE_SHOWN]
        for one in found.examples
    ]
    return present(
        Text(said, "strong"),
        table(("", *(f"now: {b}" for b in STATUSES)), rows),
        Bullets(examples) if examples else None,
    )


def tried(found: Tried) -> list[Block]:
    """One mark and its reasons: the readings, every candidate, how both answers are read."""
    outcome, readings = found.outcome, found.outcome.readings
    reason = f" ({outcome.reason})" if outcome.reason else ""
    read = {"reference": found.read_as.reference, "answer": found.read_as.answer}
    pairs = ((one.candidate, one.status) for one in found.candidates)
    rows = [
        [one.rule, f"{one.start}-{one.end}", one.text[:TEXT_SHOWN], status] for one, status in pairs
    ]
    return present(
        Text(f"{outcome.status}{reason}: {_answer(outcome.extracted)}", "strong"),
        *(Text(f"{name} read as {form}") for name, form in read.items() if form),
        Text(f"readings: {_readings(readings, outcome.status)}") if readings else None,
        table(("candidate", "place", "text", "marked"), rows, (0, 1, 2, 3)),
    )


def _readings(readings: Readings, final: str) -> str:
    marks = f"asked {readings.asked}, final {final}, any {readings.any}"
    thinking = THINKING.get(readings.thinking)
    extra = ["text after the answer ignored"] if readings.run_on else []
    return "; ".join([marks, *extra, *([thinking] if thinking else [])])


def case(one: Case, position: str) -> list[Block]:
    """One completion for a person to mark."""
    answer = f"Answer: {_answer(one.extracted)}   Reference: {one.reference}"
    return [
        Text(f"{position}   problem {one.problem_id}, sample {one.draw}", "strong"),
        Text(f"{one.c} of {one.n} of its samples are called correct", "quiet"),
        Section("Question", [Text(one.question)]),
        Section("Completion", [Text(one.text)]),
        Text(answer, "strong"),
    ]


def _answer(text: str | None) -> str:
    return NO_ANSWER if text is None else text
