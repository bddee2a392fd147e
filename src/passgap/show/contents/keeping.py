"""The checkpoint to keep, and what finding it cost: a result of `keep` in, its contents out."""

from __future__ import annotations

from passgap.results.keeping import Kept, Tried
from passgap.show.blocks import Block, Picture, Text
from passgap.show.charts.training import kept_chart
from passgap.show.contents.parts import noted, present, table
from passgap.show.text import changed, estimated, percent

FOLDS = "Folds: of ten tenths of the problems, those whose other nine chose this step."


def blocks(kept: Kept) -> list[Block]:
    """Which to keep and what it gains, then every checkpoint, then the cost."""
    k = kept.settings.k
    head = ("step", "samples", f"pass@{k}", "gain, points", "folds", "note")
    base = ("0", str(kept.settings.most), estimated(kept.base), "", "", "base")
    return present(
        Text(f"{kept.headline()[0].upper()}{kept.headline()[1:]}.", "strong"),
        Text(_gain(kept)),
        Picture("kept", lambda: kept_chart(kept), "Bars: intervals; the base is step 0."),
        table(head, [base, *(_row(kept, one) for one in kept.checkpoints)], (0, 5)),
        Text(f"{_cost(kept)} {FOLDS}", "quiet"),
        noted(kept.notes),
    )


def _gain(kept: Kept) -> str:
    more = ""
    if kept.alike:
        others = f"step{'s' * (len(kept.alike) > 1)} {', '.join(map(str, kept.alike))}"
        more = f" {others.capitalize()}, sampled as often, cannot be distinguished from it."
    return (
        f"Its pass@{kept.settings.k} is {changed(kept.corrected)} points compared with the base, "
        f"corrected for the choice.{more}"
    )


def _row(kept: Kept, one: Tried) -> tuple[str, ...]:
    numbers = (estimated(one.passes), changed(one.gain))
    note = "best" if one.step == kept.step else "alike" if one.step in kept.alike else ""
    return (str(one.step), str(one.draws), *numbers, str(one.folds), note)


def _cost(kept: Kept) -> str:
    return (
        f"{kept.draws:,} samples, {percent(kept.draws / kept.uniform, 0)} of the {kept.uniform:,} "
        f"that {kept.settings.most} per problem of every policy would be."
    )
