"""What a page is made of, and the few look-ups every renderer shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Row = Mapping[str, Any]
FEW = 5  # problems, under which a band is not shown


@dataclass(frozen=True)
class PageData:
    """Everything a page can show; whatever is empty is left out of it.

    Parameters
    ----------
    title
        Heading of the page.
    probe, comparison
        ``Probe.to_dict()`` and ``Comparison.to_dict()``.
    several
        ``Sweep.to_dict()`` or ``SeedsComparison.to_dict()``, in place of a comparison.
    training
        Rows of training.jsonl: ``step`` and any of ``reward``, ``mixed_share``,
        ``completion_length``.
    held_out
        ``{step, curve: [{k, value, low, high}]}``, pass@k on held-out problems while training.
    watching
        ``Watching.to_dict()``: what the reward calls of the training saw.
    fitted
        ``{delta, curve}``: what the tilt fitted to both runs makes of the base's curve.
    problems
        One row a problem: ``problem_id``, ``question``, ``reference``, ``base_c`` and
        ``trained_c`` (absent for a probe), ``n`` or, where the arms differ, ``base_n`` and
        ``trained_n``; where known ``base_low``, ``base_high`` (interval of the share that is
        correct) and ``base_unscored``, and the same of the trained.
    completions
        ``{problem_id, question, reference, role, draw, text, status, extracted, reason}``, the
        ones to embed first come first: hostile text, shown and never run.
    stored
        Role to ``{completions, place}``: how many completions a run holds, and where.
    audits
        Role to ``Audit.to_dict()``, where a person has marked completions.
    runs
        Role (``base``, ``trained``) to the run's manifest.
    reach
        ``Reach.to_dict()``, where the runs have been scored under each other.
    checks
        ``Checks.to_dict()`` of the runs.
    notes
        Whatever else a reader has to know.
    command
        The exact command that made the page.
    """

    title: str
    probe: Row | None = None
    comparison: Row | None = None
    several: Row | None = None
    training: Sequence[Row] = ()
    held_out: Sequence[Row] = ()
    watching: Row | None = None
    fitted: Row | None = None
    problems: Sequence[Row] = ()
    completions: Sequence[Row] = ()
    stored: Mapping[str, Row] = field(default_factory=dict)
    audits: Mapping[str, Row] = field(default_factory=dict)
    runs: Mapping[str, Row] = field(default_factory=dict)
    reach: Row | None = None
    checks: Row | None = None
    notes: Sequence[str] = ()
    command: str = ""


def at_k(rows: Sequence[Row], k: int | None) -> Row:
    """The row of a curve at one k, or an empty row."""
    return next((row for row in rows if row.get("k") == k), {})


def deciding_ks(result: Row) -> tuple[int, int]:
    """The small and the large k a verdict was decided at."""
    source = {**(result.get("headroom") or {}), **(result.get("settings") or {})}
    rows = result.get("delta") or result.get("curve") or [{"k": 1}]
    ks = [int(row["k"]) for row in rows]
    return int(source.get("k_small") or min(ks)), int(source.get("k_large") or max(ks))
