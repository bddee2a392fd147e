"""Training data in the forms of TRL, verl and OpenRLHF: rows in, files out, each written whole.

What reaches a reward function differs. TRL hands it every column. verl hands it ``extra_info`` and
the ground truth. OpenRLHF hands it the prompt and one label string, so there the whole problem
rides in the label, as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import polars as pl

from passgap.errors import UsageError
from passgap.launch.rows import Row
from passgap.runs import write_text, write_whole

Split = Literal["train", "held_out"]
Write = Callable[[Sequence[Row], Path, str, Split, str], list[Path]]
_CARRIED = ("problem_id", "question", "reference", "verifier", "metadata")
_KNOWN = {"pass_rate": pl.Float64, "n": pl.Int64, "c": pl.Int64}
_MESSAGES = pl.List(pl.Struct({"role": pl.String, "content": pl.String}))
_EXTRA: dict[str, Any] = {
    "split": pl.String,
    "index": pl.Int64,
    **dict.fromkeys(_CARRIED, pl.String),
    **_KNOWN,
}
VERL: dict[str, Any] = {
    "data_source": pl.String,
    "prompt": _MESSAGES,
    "ability": pl.String,
    "reward_model": pl.Struct({"style": pl.String, "ground_truth": pl.String}),
    "extra_info": pl.Struct(_EXTRA),
}


def write_format(
    form: str, rows: Sequence[Row], folder: Path, name: str, *, split: Split, source: str
) -> list[Path]:
    """Write rows in one form.

    Parameters
    ----------
    form
        ``trl``, ``verl`` or ``openrlhf``.
    rows
        All with a text, or all with messages, as one prompt setting renders them.
    folder, name
        Files are ``folder/name.parquet`` and ``folder/name.jsonl``, as the form has them.
    split
        What a reward is told the rows are.
    source
        The problem set's name: what the trainer groups its metrics by.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    UsageError
        For an unknown form.
    """
    check_forms([form])
    return FORMS[form](rows, folder, name, split, source)


def check_forms(forms: Sequence[str]) -> None:
    """Refuse a form that is not written here."""
    for form in forms:
        if form not in FORMS:
            raise UsageError(f"format {form!r} is unknown; allowed: {', '.join(FORMS)}")


def _trl(rows: Sequence[Row], folder: Path, name: str, split: Split, source: str) -> list[Path]:
    """JSONL and Parquet: ``prompt``, the problem in flat columns, what is known of it."""
    given = [
        {
            "prompt": row.messages if row.prompt.messages else row.prompt.text,
            "split": split,
            **row.carried,
            **row.known,
        }
        for row in rows
    ]
    prompt = _MESSAGES if any(row.prompt.messages for row in rows) else pl.String
    strings = dict.fromkeys(("split", *_CARRIED), pl.String)
    frame = pl.DataFrame(given, schema={"prompt": prompt, **strings, **_KNOWN})
    return [_jsonl(given, folder / f"{name}.jsonl"), _parquet(frame, folder / f"{name}.parquet")]


def _verl(rows: Sequence[Row], folder: Path, name: str, split: Split, source: str) -> list[Path]:
    """Parquet in verl's schema; the prompt is always messages, which verl's template renders."""

    def extra(row: Row, index: int) -> dict[str, Any]:
        return {"split": split, "index": index, **row.carried, **row.known}

    given = [
        {
            "data_source": source,
            "prompt": row.messages,
            "ability": row.problem.verifier.partition("?")[0],
            "reward_model": {"style": "rule", "ground_truth": row.problem.reference},
            "extra_info": extra(row, index),
        }
        for index, row in enumerate(rows)
    ]
    return [_parquet(pl.DataFrame(given, schema=VERL), folder / f"{name}.parquet")]


def _openrlhf(
    rows: Sequence[Row], folder: Path, name: str, split: Split, source: str
) -> list[Path]:
    """JSONL: ``input`` is a text or messages, ``label`` the problem as JSON, ``datasource``."""
    given = [
        {
            "input": row.messages if row.prompt.messages else row.prompt.text,
            "label": json.dumps({"split": split, **row.carried}, ensure_ascii=False),
            "datasource": source,
            **row.known,
        }
        for row in rows
    ]
    return [_jsonl(given, folder / f"{name}.jsonl")]


FORMS: dict[str, Write] = {"trl": _trl, "verl": _verl, "openrlhf": _openrlhf}


def _jsonl(rows: Sequence[dict[str, Any]], path: Path) -> Path:
    write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), path)
    return path


def _parquet(frame: pl.DataFrame, path: Path) -> Path:
    write_whole(path, frame.write_parquet)
    return path
