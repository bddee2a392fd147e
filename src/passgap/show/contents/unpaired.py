"""What training did to pass@k, from runs that are not paired: the result in, its contents out."""

from __future__ import annotations

from passgap.results.unpaired import UnpairedComparison
from passgap.show import blocks as b
from passgap.show.contents import comparison, curves, deciding
from passgap.show.contents.parts import both, noted, present, verdict_block


def blocks(result: UnpairedComparison) -> list[b.Block]:
    """Everything to show of two runs that are not paired."""
    return present(
        verdict(result),
        figures(result),
        curves.of_pair(result),
        comparison.answered(result),
        noted(result.notes),
    )


def verdict(result: UnpairedComparison) -> b.VerdictBlock:
    """The verdict on both curves; the differences are key figures."""
    return verdict_block(
        result.verdict, "After training, not paired", comparison.sentence(result), ()
    )


def figures(result: UnpairedComparison) -> b.Figures:
    """Both deciding k, and the size of each run."""
    ks = result.settings.k_small, result.settings.k_large
    counted = result.problems, result.draws, result.unscored
    problems, draws, unscored = (both([one.base, one.trained]) for one in counted)
    size = b.Figure("Problems", problems, f"{draws} samples in all\nunscored: {unscored}")
    return b.Figures([*(deciding.arms_at(result, k) for k in ks), size])
