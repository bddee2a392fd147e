"""Which cheap features go with the marks: an audit of features in, its contents out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from passgap.plain import plural
from passgap.results.estimates import Estimate
from passgap.results.feature_audit import Associated, FeatureAudit, FeatureRow
from passgap.show.blocks import Block, Section, Table, Text
from passgap.show.contents.parts import noted, present, table
from passgap.show.text import MINUS, estimated, known, number, percent

ALONE = ("feature", "mean", "association (95%)", "p")
CHANGE = "change (95%)"
PAIR = (
    "feature",
    "mean",
    "mean after",
    CHANGE,
    "association",
    "after",
    "moved",
)


def blocks(audit: FeatureAudit) -> list[Block]:
    """The features above the floor or moved; the others in a section."""
    first = [row for row in audit.rows if row.base.above_floor or row.with_reward]
    rest = [row for row in audit.rows if row not in first]
    return present(
        Text(lead(audit), "strong"),
        Text(moved(audit), "strong") if audit.trained is not None else None,
        rows_table(first, pair=audit.trained is not None),
        Section("Features within the floor", present(rows_table(rest, pair=bool(audit.trained))))
        if rest
        else None,
        noted(audit.notes),
    )


def lead(audit: FeatureAudit) -> str:
    """How many features go with the marks beyond chance, and the strongest."""
    found = audit.above_floor
    of = (
        f"{len(found)} of {plural(len(audit.rows), 'feature')} "
        f"{'goes' if len(found) == 1 else 'go'} with the marks in the base beyond chance (5% for "
        f"all of them together), within {plural(audit.base.problems, 'problem')}"
    )
    if not found:
        return f"{of}."
    best = max(found, key=lambda row: abs(row.base.association.value))
    share = percent((1 + abs(best.base.association.value)) / 2, 0)
    more = "more" if best.base.association.value > 0 else "less"
    return (
        f"{of}. The strongest: {best.name}. Of a right and a wrong sample of one problem, the "
        f"right one has {more} in {share} of the pairs (ties count half)."
    )


def moved(audit: FeatureAudit) -> str:
    """Which of them training moved to where the marks paid them."""
    names = [row.name for row in audit.with_reward]
    if not names:
        return "Training is not shown to have moved any of them to where the marks paid it."
    shown = ", ".join(names[:5]) + (f", and {len(names) - 5} more" if len(names) > 5 else "")
    return f"Training moved {len(names)} of them to where the base's marks paid it: {shown}."


def rows_table(rows: Sequence[FeatureRow], *, pair: bool) -> Block | None:
    """A row per feature."""
    if not pair:
        return table(
            ALONE,
            (
                [row.name, _mean(row.base.mean), _with_ends(row.base.association), _p(row.base)]
                for row in rows
            ),
        )
    whole = table(PAIR, map(_pair_row, rows), (0, 6))
    if whole is None:
        return None
    kept = [i for i, name in enumerate(PAIR) if name != CHANGE]
    narrow = [[row[i] for i in kept] for row in whole.rows]
    return replace(whole, narrow=Table([PAIR[i] for i in kept], narrow, (0, 5)))


def _pair_row(row: FeatureRow) -> list[str]:
    after = row.trained
    return [
        row.name,
        _mean(row.base.mean),
        _mean(after.mean if after else None),
        _with_ends(row.change) if row.change else "",
        _signed(row.base.association.value),
        _signed(after.association.value if after else None),
        "with the reward" if row.with_reward else "yes" if row.moved else "",
    ]


def _mean(value: float | None) -> str:
    return number(value, 0 if known(value) and abs(value) >= 100 else 2)


def _signed(value: float | None) -> str:
    return f"{value:+.2f}".replace("-", MINUS) if known(value) else number(None)


def _with_ends(one: Estimate) -> str:
    return estimated(one, _signed)


def _p(one: Associated) -> str:
    return number(one.p_value, 3)
