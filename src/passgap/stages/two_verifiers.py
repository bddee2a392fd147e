"""Two verifiers of one run, counted per problem. In: a run, two of its verifiers. Out: counts."""

from __future__ import annotations

import polars as pl

from passgap.data.both_marks import BothMarks
from passgap.errors import UsageError
from passgap.runs import Run
from passgap.runs.batches import KEYS, batched, outcomes_of
from passgap.runs.frames import beside
from passgap.stages.verifying import SOURCE

SHOWN = 5


def digest_of(run: Run, verifier: str) -> str:
    """The outcomes of a run that a verifier made, by its spec; ``source`` for a log's own labels.

    Raises UsageError where there are none, or not of all shards.
    """
    digests = {run.marked_by(one): one for one in run.verifier_digests()}
    of_source = [one for one in digests.values() if run.outcomes_about(one).source]
    if of_source:
        digests[SOURCE] = of_source[0]
    found = digests.get(verifier)
    if found is None or set(run.completion_names()) - run.outcome_names(found):
        known = ", ".join(sorted(digests)) or "none"
        raise UsageError(
            f"{run.place} is not marked by {verifier!r}, or only in part; marked by: {known}; "
            f"next: passgap verify {run.place} --verifier {verifier!r}"
        )
    return found


def both_marks(run: Run, proxy: str, gold: str) -> BothMarks:
    """How many samples of each problem two verifiers, by their digests, call correct."""
    columns = [*KEYS, "status"]
    parts: list[pl.DataFrame] = []
    examples: list[tuple[str, int]] = []
    for names in batched(run, run.completion_names()):
        second = outcomes_of(run, gold, names, columns).rename({"status": "gold"})
        frame = beside(outcomes_of(run, proxy, names, columns), second).drop_nulls("gold")
        parts.append(_counted(frame))
        only = frame.filter((pl.col("status") == "correct") & (pl.col("gold") == "incorrect"))
        examples += only.select(KEYS).head(SHOWN - len(examples)).iter_rows()
    each = pl.concat(parts).group_by("problem_id", maintain_order=True).sum()
    kept = each.filter(pl.col("n") > 0)
    return BothMarks(
        problem_id=tuple(kept["problem_id"].to_list()),
        n=kept["n"].to_numpy(),
        proxy=kept["proxy"].to_numpy(),
        gold=kept["gold"].to_numpy(),
        only_proxy=kept["only_proxy"].to_numpy(),
        only_gold=kept["only_gold"].to_numpy(),
        unscored=int(each["unscored"].sum()),
        examples=tuple(examples),
    )


def _counted(frame: pl.DataFrame) -> pl.DataFrame:
    scored = (pl.col("status") != "unscored") & (pl.col("gold") != "unscored")
    paid, right = pl.col("status") == "correct", pl.col("gold") == "correct"
    counts = {
        "n": scored,
        "proxy": scored & paid,
        "gold": scored & right,
        "only_proxy": scored & paid & ~right,
        "only_gold": scored & right & ~paid,
        "unscored": ~scored,
    }
    sums = {name: what.sum().cast(pl.Int64) for name, what in counts.items()}
    return frame.group_by("problem_id", maintain_order=True).agg(**sums)
