"""Two runs to be compared: problems, prompts, settings, engines, draws."""

from __future__ import annotations

from collections.abc import Iterator

from passgap.checks.style import check_styles
from passgap.data.policies import BY_DEFAULT
from passgap.results.findings import Finding
from passgap.runs import Run

FEWEST = 20  # so many different texts do not agree by chance


def check_pair(base: Run, trained: Run) -> Iterator[Finding]:
    """What makes a comparison of the two runs unfair."""
    left, right = base.manifest, trained.manifest
    ours, theirs = set(base.problem_ids), set(trained.problem_ids)
    if ours != theirs:
        yield Finding(
            "problems",
            "error",
            f"{len(ours & theirs)} problems are in both runs, {len(ours - theirs)} only in "
            f"{base.name}, {len(theirs - ours)} only in {trained.name}",
            "sample both on one set, compare the common problems with --intersect, or compare as "
            "two samples with --unpaired",
        )
    for name, what in (("prompt", "prompts"), ("sampling", "sampling settings")):
        a, b = getattr(left, name), getattr(right, name)
        names = {*a, *b} - {BY_DEFAULT}  # however the stop strings were set
        keys = sorted(key for key in names if a.get(key) != b.get(key))
        if keys:
            shown = "; ".join(
                f"{key}: {_brief(a.get(key))} and {_brief(b.get(key))}" for key in keys
            )
            yield Finding(
                name,
                "error",
                f"the {what} differ ({shown})",
                "sample both with the same ones, or compare with --allow-different-prompts and "
                "read the difference as the effect of weights and prompts together",
            )
    yield from _same_texts(base, trained)
    yield from check_styles(base, trained)
    if left.engine["name"] != right.engine["name"]:
        yield Finding(
            "engines",
            "note",
            f"{base.name} was sampled with {left.engine['name']}, {trained.name} with "
            f"{right.engine['name']}",
            "both sample from the same distribution up to rounding; using one engine removes the "
            "doubt",
        )
    if left.n != right.n:
        yield Finding(
            "draws",
            "note",
            f"{base.name} has n={left.n}, {trained.name} n={right.n}",
            "the verdict uses the smaller n; passgap sample --top-up adds samples",
        )


def _same_texts(base: Run, trained: Run) -> Iterator[Finding]:
    """Two policies do not produce the same texts, sample by sample, unless they have only a few."""
    name = next(iter(base.completion_names()), None)
    if name is None or name not in trained.completion_names():
        return
    keys = ["problem_id", "draw"]
    both = base.read_completions(name, [*keys, "text"]).join(
        trained.read_completions(name, [*keys, "text"]), on=keys, suffix="_trained"
    )
    distinct = both["text"].n_unique()
    if distinct >= FEWEST and (both["text"] == both["text_trained"]).all():
        yield Finding(
            "same_texts",
            "error",
            f"the first {len(both):,} completions of {trained.name} are identical to those of "
            f"{base.name} ({distinct:,} different texts)",
            "one run is a copy of the other, or both sampled the same weights with the same "
            "seed; give the trained policy's own run",
        )


def _brief(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
