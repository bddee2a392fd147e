"""What a reward pays: an audit of a reward in, its contents out."""

from __future__ import annotations

from passgap.checks.hostile import SOLUTION
from passgap.plain import plural
from passgap.results.reward_audit import Attempt, RewardAudit
from passgap.show.blocks import Block, Bullets, Findings, Section, Table, Text
from passgap.show.contents.parts import noted, present, table

TEXT_SHOWN = 160  # characters of an example on a line
HEAD = ("completion", "should be", "paid", "no mark", "problems")


def blocks(audit: RewardAudit) -> list[Block]:
    """Everything to show of what a reward pays."""
    return present(
        Text(lead(audit), "strong"),
        Findings(audit.findings) if audit.findings else None,
        attempts_table(audit),
        Section("Examples", [Bullets(shown)]) if (shown := examples(audit)) else None,
        noted(audit.notes),
    )


def lead(audit: RewardAudit) -> str:
    """How many hostile kinds were paid, and in which form the reference is."""
    kinds = [one for one in audit.attempts if one.expected == "unpaid"]
    paid = sum(one.suspect for one in kinds)
    form = "" if audit.form == SOLUTION else f"; answers are written in the form {audit.form}"
    return (
        f"{audit.reward} pays {paid} of {plural(len(kinds), 'kind')} of hostile completions. Tried "
        f"on {plural(audit.problems, 'problem')}{form}."
    )


def attempts_table(audit: RewardAudit) -> Table | None:
    """How often each kind was paid: what should not have been first, the controls last."""
    order = sorted(audit.attempts, key=lambda one: (not one.suspect, one.expected == "paid"))
    rows = [
        [f"{one.kind}: {one.what}", one.expected, one.paid, one.unscored, one.problems]
        for one in order
    ]
    found = table(HEAD, rows, (0, 1))
    return found and Table(found.head, found.rows, found.words, _suspects(order))


def _suspects(order: list[Attempt]) -> tuple[int, ...]:
    return tuple(place for place, one in enumerate(order) if one.suspect)


def examples(audit: RewardAudit) -> list[str]:
    """An example of each hostile kind that was paid or got no mark."""
    return [
        f"{one.kind}, problem {one.example.problem_id}: {_short(one.example.text)}"
        for one in audit.attempts
        if one.example is not None and one.expected == "unpaid"
    ]


def _short(text: str) -> str:
    line = " ".join(text.split()) or "(empty)"
    return line if len(line) <= TEXT_SHOWN else f"{line[:TEXT_SHOWN]}..."
