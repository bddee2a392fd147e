"""What a training recipe does: the comparison of several training seeds in, its contents out."""

from __future__ import annotations

from dataclasses import replace

from passgap.results.seeds import SeedsComparison
from passgap.show.blocks import Block, Figures, Section, Table, Text, VerdictBlock
from passgap.show.contents import comparison, curves, deciding
from passgap.show.contents.parts import doubt, noted, present, table, tries, verdict_block
from passgap.show.text import changed, points

COVERS = (
    "Ranked by the difference at the large k. The last column gives a reason for doubt, "
    "if there is one. The curves' intervals hold for the recipe: they cover the training seed."
)


def blocks(result: SeedsComparison) -> list[Block]:
    """Everything to show of several training seeds."""
    return present(
        verdict(result),
        figures(result),
        by_seed(result),
        curves.of_pair(result),
        noted(result.notes),
    )


def verdict(result: SeedsComparison) -> VerdictBlock:
    """The verdict on the recipe."""
    when = f"Across {len(result.seeds)} training seeds"
    return verdict_block(result.verdict, when, comparison.sentence(result), [_spread(result)])


def _spread(result: SeedsComparison) -> str:
    """How far the training seeds lie apart at both k."""
    said = []
    for place, at in enumerate(result.seeds[0].delta):
        values = [seed.delta[place].estimate.value for seed in result.seeds]
        ends = f"{points(min(values))} to {points(max(values))} points"
        said.append(f"{ends} within {tries(at.k)}")
    return f"Over the seeds, the difference ranges from {', '.join(said)}."


def figures(result: SeedsComparison) -> Figures:
    """What decides: both k with their margin, the tests of new and lost problems."""
    ks = result.settings.k_small, result.settings.k_large
    ends = (deciding.arms_at(result, k) for k in ks)
    return Figures([*ends, *deciding.novel_figures(result)])


def by_seed(result: SeedsComparison) -> Section:
    """Each seed's own verdict."""
    shown = present(seeds_table(result), Text(COVERS, "quiet"))
    return Section("Seed by seed", shown, answers=True)


def seeds_table(result: SeedsComparison) -> Table | None:
    """A row per training seed, ranked by the last difference: differences, verdict, doubt."""
    ks = [at.k for at in result.seeds[0].delta]
    ranked = sorted(result.seeds, key=lambda seed: -seed.delta[-1].estimate.value)
    told = [[changed(at.estimate) for at in seed.delta] for seed in ranked]
    rows = [
        [seed.policy, rank, *ends, seed.verdict.label, doubt(seed.verdict)]
        for rank, (seed, ends) in enumerate(zip(ranked, told, strict=True), start=1)
    ]
    narrow: list[list[object]] = []
    for seed, ends in zip(ranked, told, strict=True):
        narrow.append([seed.policy, seed.verdict.label, *ends])
        narrow += [["", said, "", ""] for said in filter(None, [doubt(seed.verdict)])]
    named = [f"pass@{k}, points" for k in ks]
    wide = table(["training seed", "rank", *named, "verdict", "doubt"], rows, (0, 4, 5))
    return wide and replace(
        wide, narrow=table(["training seed", "verdict", *named], narrow, (0, 1))
    )
