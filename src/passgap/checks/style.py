"""How a run's answers are written, and how that affects its marks.

In: the readings that its outcomes keep. Out: shares of its scored draws, and findings: where marks
depend on how a text is read, and where two policies differ in that more than in what they solve.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from passgap.results.findings import Finding
from passgap.runs import Run

MUCH = 0.02
A_POINT = 0.01
REMEDY = (
    "read some of them (passgap audit, passgap view), ask for one answer format (--template "
    "boxed), and keep in mind that the verdict also depends on how answers are read"
)
MEASURES = {
    "asked": "the answer in the requested form is marked differently from the answer that counts",
    "anywhere": "the text mentions the reference, but its answer is another one or missing",
    "run_on": "the model continues with a question of its own after the answer",
    "never_ends": "the thinking never ends",
    "outside": "the answer is not in the requested form",
}


@dataclass(frozen=True)
class Style:
    """Shares of a run's scored draws.

    ``rates`` are the shares that are correct under each reading: ``asked``, ``final``, ``any``.
    ``shares`` are those of `MEASURES`.
    """

    draws: int
    rates: dict[str, float]
    shares: dict[str, float]


def style_of(run: Run) -> Style | None:
    """The style of a verified run; None where its outcomes keep no readings."""
    verifier = run.latest_verifier()
    if verifier is None:
        return None
    marks = run.scan_outcomes(verifier)
    first = run.collected(marks.head(1))
    if "readings" not in first.columns:
        return None
    kept = marks.filter(pl.col("readings").is_not_null() & (pl.col("status") != "unscored"))
    shares_of = kept.select(pl.len().alias("draws"), *_measures())
    row = run.collected(shares_of).row(0, named=True)
    draws = int(row.pop("draws"))
    if not draws:
        return None
    shares = {name: float(row[name] or 0.0) for name in row}
    rates = {name: shares.pop(f"{name}_rate") for name in ("asked", "final", "any")}
    return Style(draws, rates, shares)


def _measures() -> list[pl.Expr]:
    reading = {name: pl.col("readings").struct.field(name) for name in FIELDS}
    right = pl.col("status") == "correct"
    asked, anywhere = reading["asked"] == "correct", reading["any"] == "correct"
    return [
        asked.mean().alias("asked_rate"),
        right.mean().alias("final_rate"),
        anywhere.mean().alias("any_rate"),
        (asked != right).mean().alias("asked"),
        (anywhere & ~right).mean().alias("anywhere"),
        reading["run_on"].mean().alias("run_on"),
        (reading["thinking"] == "never_ends").mean().alias("never_ends"),
        ((reading["asked"] == "no_answer") & (reading["form"] != "")).mean().alias("outside"),
    ]


FIELDS = ("asked", "any", "form", "run_on", "thinking")


def check_style(run: Run) -> Iterator[Finding]:
    """Marks of one run that depend on how its texts are read."""
    style = style_of(run)
    if style is None:
        return
    for name, what in MEASURES.items():
        share = style.shares[name]
        if share >= MUCH:
            yield Finding(
                f"style_{name}",
                "warning" if name in ("asked", "anywhere") and share > 2 * MUCH else "note",
                f"in {share:.1%} of the samples {what}",
                REMEDY,
            )


def check_styles(base: Run, trained: Run) -> Iterator[Finding]:
    """Two runs that differ more in style, or by how they are read, than in what they solve."""
    ours, theirs = style_of(base), style_of(trained)
    if ours is None or theirs is None:
        return
    gain = theirs.rates["final"] - ours.rates["final"]
    for name, what in MEASURES.items():
        apart = theirs.shares[name] - ours.shares[name]
        if abs(apart) >= A_POINT and abs(apart) > abs(gain):
            yield Finding(
                f"styles_{name}",
                "warning",
                f"in {ours.shares[name]:.1%} of the samples of {base.name} and "
                f"{theirs.shares[name]:.1%} of {trained.name}, {what}; pass@1 differs by only "
                f"{100 * gain:+.1f} points",
                REMEDY,
            )
    yield from _by_reading(ours, theirs, gain)


def _by_reading(ours: Style, theirs: Style, gain: float) -> Iterator[Finding]:
    """A gain in pass@1 that another reading does not show."""
    other = {name: theirs.rates[name] - ours.rates[name] for name in ("asked", "any")}
    worst = max(other.values(), key=lambda one: abs(one - gain))
    if abs(worst - gain) >= A_POINT and abs(worst - gain) > abs(gain) / 2:
        yield Finding(
            "readings",
            "warning",
            f"pass@1 changes by {100 * gain:+.1f} points according to the answers that count, by "
            f"{100 * other['asked']:+.1f} if only the requested form counts, and by "
            f"{100 * other['any']:+.1f} if any mention of the reference counts",
            REMEDY,
        )
