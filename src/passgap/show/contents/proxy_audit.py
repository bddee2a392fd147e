"""A reward against a second verifier: its audit in, its contents out."""

from __future__ import annotations

from passgap.plain import plural
from passgap.results.proxy_audit import MarkShare, ProxyAudit
from passgap.show.blocks import Block, Bullets, Section, Text
from passgap.show.contents.parts import noted, present, table
from passgap.show.text import changed, estimated, percent, points

NAMES = {
    "proxy": "paid by the reward",
    "gold": "correct by the second verifier",
    "only_proxy": "paid by the reward alone",
    "only_gold": "correct by the second alone",
}


def blocks(audit: ProxyAudit) -> list[Block]:
    """Everything to show of a reward and a second verifier."""
    examples = [f"{one.run}: problem {one.problem_id}, sample {one.draw}" for one in audit.examples]
    return present(
        Text(lead(audit), "strong"),
        table(("samples", "base (95%)", "trained (95%)", "change (95%)"), map(_row, audit.shares))
        if audit.grew is not None
        else table(("samples", "base (95%)"), map(_row, audit.shares)),
        Section("Paid by the reward alone", [Bullets(examples)]) if examples else None,
        noted(audit.notes),
    )


def lead(audit: ProxyAudit) -> str:
    """How much the reward pays alone, and whether training made it more."""
    alone = audit.share("only_proxy")
    on = f"Of the samples of {plural(audit.problems, 'problem')}"
    if alone.trained is None or alone.change is None:
        return f"{on}, {audit.proxy} pays {estimated(alone.base)} that {audit.gold} does not."
    verdict = (
        "It grew in training: a sign of reward hacking."
        if audit.grew
        else "It is not shown to have grown in training."
    )
    return (
        f"{on}, {audit.proxy} pays {percent(alone.base.value)} that {audit.gold} does not before "
        f"training and {percent(alone.trained.value)} after, a change of "
        f"{points(alone.change.value)} points. {verdict}"
    )


def _row(share: MarkShare) -> list[str]:
    row = [NAMES[share.name], estimated(share.base)]
    if share.trained is None or share.change is None:
        return row
    return [*row, estimated(share.trained), changed(share.change)]
