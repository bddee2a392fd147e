"""Backtest. In: files of before/after pairs. Out: the pairs.

A pairs file is CSV or Parquet with ``benchmark``, ``pair`` (the model: all its pairs are left out
together) and ``policy`` (``base``, or anything else for the trained one), and either ``k`` and
``pass_at_k`` (curves) or ``problem_id``, ``n`` and ``c`` (counts).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl

from passgap.analysis.backtest import Pair, pair_of_counts, pair_of_curves
from passgap.data.arrays import IntArray
from passgap.data.counts import Counts
from passgap.data.whole_numbers import refuse_repeated, whole_numbers
from passgap.errors import UsageError
from passgap.stages.counting import csv_header

KEYS = ("benchmark", "pair", "policy")
COUNTED, DRAWN = ("problem_id", "n", "c"), ("k", "pass_at_k")
READERS: dict[str, Callable[[Path], pl.DataFrame]] = {
    ".csv": lambda path: pl.read_csv(path, infer_schema=False),
    ".parquet": lambda path: pl.read_parquet(path, glob=False),
}


def read_pairs(paths: Sequence[Path | str], *, without: Sequence[str] = ()) -> list[Pair]:
    """The pairs of several files; ``without`` names benchmarks to leave out."""
    pairs: list[Pair] = []
    tables = {path: _table(path) for path in map(Path, paths)}
    present = dict.fromkeys(str(b) for frame in tables.values() for b in frame["benchmark"])
    for name in without:
        if name not in present:
            raise UsageError(f"--without {name!r}; allowed: {', '.join(present)}")
    for path, frame in tables.items():
        for (benchmark, model), rows in frame.group_by("benchmark", "pair", maintain_order=True):
            if str(benchmark) not in without:
                pairs.append(_pair(path, str(benchmark), str(model), rows))
    return pairs


def _table(path: Path) -> pl.DataFrame:
    if path.suffix not in READERS or not path.is_file():
        raise UsageError(
            f"{path} is not a file of pairs; allowed: an existing {' or '.join(READERS)} file"
        )
    try:
        if path.suffix == ".csv":
            refuse_repeated(path, csv_header(path), (*KEYS, *COUNTED, *DRAWN))
        frame = READERS[path.suffix](path)
    except pl.exceptions.PolarsError as error:
        raise UsageError(
            f"{path} cannot be read as {path.suffix} ({error}); save it again in that format"
        ) from error
    columns = set(frame.columns)
    if not columns >= {*KEYS} or not (columns >= {*DRAWN} or columns >= {*COUNTED}):
        raise UsageError(
            f"{path} has the columns {', '.join(frame.columns)}; needed: benchmark, pair, policy, "
            "and k, pass_at_k (curves) or problem_id, n, c (counts)"
        )
    return frame


def _pair(path: Path, benchmark: str, model: str, rows: pl.DataFrame) -> Pair:
    others = [name for name in rows["policy"].unique(maintain_order=True) if name != "base"]
    if "base" not in rows["policy"] or len(others) != 1:
        raise UsageError(
            f"{path}: {model} on {benchmark} has the policies {rows['policy'].unique().to_list()}; "
            "needed: base and one other"
        )
    arms = [rows.filter(pl.col("policy") == name) for name in ("base", others[0])]
    place = f"{path}: {model} on {benchmark}"
    if "pass_at_k" in rows.columns:
        base, trained = (_curve(place, arm) for arm in arms)
        return pair_of_curves(benchmark, model, base, trained)
    base_counts, trained_counts = (_counts(place, arm) for arm in arms)
    return pair_of_counts(benchmark, model, base_counts, trained_counts)


def _counts(place: str, arm: pl.DataFrame) -> Counts:
    """The counts of one arm."""
    ids = arm["problem_id"].cast(pl.String).to_list()

    def whole(name: str) -> IntArray:
        column = arm[name].to_list()
        return whole_numbers(name, column, lambda i: f"{place}, problem {ids[i]!r}")

    return Counts(ids, whole("n"), whole("c"))


def _curve(place: str, arm: pl.DataFrame) -> dict[int, float]:
    """The curve of one arm, pass@k by k."""
    ks = whole_numbers("k", arm["k"].to_list(), lambda i: f"{place}, row {i + 1}")
    values = []
    for k, value in zip(ks.tolist(), arm["pass_at_k"].to_list(), strict=True):
        try:
            share = float(value)
        except (TypeError, ValueError):
            share = float("nan")
        if not 0 <= share <= 1:
            raise UsageError(f"{place} has pass_at_k = {value} at k={k}; allowed: 0 to 1")
        values.append(share)
    return dict(zip(ks.tolist(), values, strict=True))
