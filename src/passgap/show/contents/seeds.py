"""What a training recipe does: the comparison of several training seeds in, its contents out."""

from __future__ import annotations

from passgap.results.seeds import SeedsComparison
from passgap.show.blocks import Block, Section, Table, Text, VerdictBlock
from passgap.show.contents import comparison, curves
from passgap.show.contents.parts import noted, present, table, verdict_block
from passgap.show.text import changed

COVERS = "The curves' intervals hold for the recipe: they cover the training seed."


def blocks(result: SeedsComparison) -> list[Block]:
    """Everything to show of several training seeds."""
    return present(verdict(result), curves.of_pair(result), by_seed(result), noted(result.notes))


def verdict(result: SeedsComparison) -> VerdictBlock:
    """The verdict on the recipe."""
    when = f"Across {len(result.seeds)} training seeds"
    return verdict_block(result.verdict, when, comparison.sentence(result))


def by_seed(result: SeedsComparison) -> Section:
    """Each seed's own verdict."""
    shown = present(seeds_table(result), Text(COVERS, "quiet"))
    return Section("Seed by seed", shown, answers=True)


def seeds_table(result: SeedsComparison) -> Table | None:
    """A row per training seed: its verdict and its differences to the base in points."""
    head = ["training seed", "verdict", *(f"pass@{d.k}, points" for d in result.seeds[0].delta)]
    rows = [
        [seed.policy, seed.verdict.label, *(changed(d.estimate) for d in seed.delta)]
        for seed in result.seeds
    ]
    return table(head, rows, (0, 1))
