"""Why draws are unscored. In: a verified run. Out: the reasons with counts and a first example.

The reason of each draw is in its outcome. If the verifier's code raised, the error is kept with the
outcomes, per shard and once per kind of error, in their ``about.json``.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from msgspec.structs import replace

from passgap.data.outcomes import Failure
from passgap.results.verified import RAISED, Unscored
from passgap.runs import Run
from passgap.verifiers.failures import merged


def unscored(run: Run, verifier_digest: str | None = None) -> list[Unscored]:
    """Why draws of a run are unscored, the most frequent reason first.

    Parameters
    ----------
    run
        A verified run.
    verifier_digest
        Which verifier's outcomes; None: those that count.
    """
    key = verifier_digest or run.verifier_digest()
    frames = [_unscored(run, key, name) for name in _marked(run, key)]
    if not frames:
        return []
    rows = pl.concat(frames).group_by("reason", maintain_order=True)
    found = rows.agg(pl.len().alias("draws"), pl.col("problem_id").first())
    reasons = [Unscored(*row) for row in found.iter_rows()]
    named = _named(run, key)
    told = [one for reason in reasons for one in _split(reason, named)]
    return sorted(told, key=lambda one: -one.draws)


def in_one_line(reasons: Sequence[Unscored], most: int = 3) -> str:
    """The reasons as one line; empty if there is none."""
    shown = [str(one) for one in reasons[:most]]
    more = len(reasons) - len(shown)
    return "; ".join([*shown, *([f"and {more} more reasons"] if more else [])])


def all_unscored(run: Run, verifier_digest: str) -> bool:
    """Whether a verifier marked draws of a run and could score none of them."""
    names = _marked(run, verifier_digest)
    marks = (run.read_outcomes(verifier_digest, name)["status"] for name in names)
    return bool(names) and all(len(m) and (m == "unscored").all() for m in marks)


def keep_failures(run: Run, verifier_digest: str, name: str, failures: Sequence[Failure]) -> None:
    """Record what raised while one shard was marked, replacing its earlier record."""
    about = run.outcomes_about(verifier_digest)
    before = about.failures
    after = {shard: found for shard, found in before.items() if shard != name}
    if failures:
        after[name] = tuple(merged(failures))
    if after != before:
        run.set_outcomes_about(verifier_digest, replace(about, failures=after))


def _marked(run: Run, key: str) -> list[str]:
    """The shards that this verifier has marked, in block order."""
    marked = run.outcome_names(key)
    return [name for name in run.completion_names() if name in marked]


def _unscored(run: Run, key: str, name: str) -> pl.DataFrame:
    marks = run.read_outcomes(key, name).filter(pl.col("status") == "unscored")
    return marks.select(pl.col("reason").fill_null(""), "problem_id")


def _named(run: Run, key: str) -> list[Failure]:
    """What raised in all shards, the most frequent first."""
    kept = run.outcomes_about(key).failures
    found = merged(one for name in run.blocks for one in kept.get(name, ()))
    return sorted(found, key=lambda one: -one.draws)


def _split(reason: Unscored, named: Sequence[Failure]) -> list[Unscored]:
    """Draws that raised, by what they raised; the others as they are."""
    if reason.reason != RAISED or not named:
        return [reason]
    told = [Unscored(RAISED, one.draws, one.problem_id, one.error) for one in named]
    rest = reason.draws - sum(one.draws for one in told)
    return [*told, Unscored(RAISED, rest, reason.problem_id)] if rest > 0 else told
