"""A person's check of the verifier: an audit in, its contents out."""

from __future__ import annotations

from passgap.results.audit import Audit
from passgap.results.estimates import Estimate
from passgap.show.blocks import Block, Columns, Picture, Section, Table, Text, joined
from passgap.show.charts.curves import audited_curve
from passgap.show.contents.parts import noted, present, table, tries
from passgap.show.text import estimated, interval, known, percent

CORRECTED = (
    "Shaded: interval of the corrected curve, computed at both ends of the rates' intervals."
)


def blocks(audit: Audit) -> list[Block]:
    """Everything to show of an audit."""
    return present(
        Text(lead(audit), "strong"),
        strata_table(audit),
        _picture(audit, "base"),
        corrected_table(audit),
        noted(audit.notes),
    )


def section(role: str, audit: Audit) -> Section:
    """The same as a section of a page, for the run of one role."""
    said = f"{role.capitalize()}: {lead(audit)}"
    table = present(strata_table(audit), noted(audit.notes))
    return Section(
        "A person's check of the verifier", [*table, Columns([_picture(audit, role)])], said
    )


def lead(audit: Audit) -> str:
    """How much was marked, and how often the verifier was wrong."""
    rate = _rate(audit.rate, "not known")
    unsure = f", {audit.unsure:,} unsure" if audit.unsure else ""
    return (
        f"{audit.marked:,} completions that the verifier calls correct were marked by a person"
        f"{unsure}. Solved problems whose accepted sample is wrong: {rate}."
    )


def strata_table(audit: Audit) -> Table | None:
    """False positives by how often a problem is solved."""
    head = ("correct samples, %", "problems", "right", "wrong", "unsure", "false positives (95%)")
    rows = (
        [
            f"{100 * one.low:g} to {100 * one.high:g}",
            *(one.problems, one.right, one.wrong, one.unsure),
            _rate(one.rate, "not marked"),
        ]
        for one in audit.strata
    )
    return table(head, rows)


def _rate(rate: Estimate, otherwise: str) -> str:
    return estimated(rate) if known(rate.value) else otherwise


def corrected_table(audit: Audit) -> Table | None:
    """pass@k as verified, and without the false positives."""
    rows = (
        [row.k, percent(row.pass_at_k), percent(row.estimate.value), interval(row.estimate)]
        for row in audit.corrected
    )
    return table(("k", "pass@k", "corrected", "95%"), rows)


def _picture(audit: Audit, role: str) -> Picture:
    last = audit.corrected[-1] if audit.corrected else None
    said = ""
    if last is not None:
        said = (
            f"Within {tries(last.k)} {percent(last.pass_at_k)} as verified, "
            f"{estimated(last.estimate)} without false positives."
        )
    caption = joined(said, CORRECTED)
    return Picture(f"audit_{role}", lambda: audited_curve(audit.corrected, role), caption)
