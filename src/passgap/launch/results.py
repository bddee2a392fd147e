"""Results for other tools: a run or its counts in the files that they read.

Counts go to passk-inference as JSON lines and to scorio as a matrix; a run becomes a data set
folder for the Hugging Face hub: Parquet files, and a card that describes them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.plain import shareable
from passgap.runs import Run, new_folder, write_from, write_text
from passgap.stages.counting import count, outcome_matrix, write_counts

DRAW_COLUMNS = (
    "problem_id",
    "draw",
    "text",
    "finish_reason",
    "token_count",
    "status",
    "extracted",
    "reason",
)


def write_passk_inference(counts: Counts, path: Path | str) -> Path:
    """Counts as passk-inference reads them: JSON lines with ``id``, ``n`` and ``c``."""
    path = Path(path)
    if path.suffix != ".jsonl":
        raise UsageError(f"{path} ends in {path.suffix!r}; allowed: .jsonl")
    return write_counts(counts, path, id_column="id")


def write_scorio(counts: Counts, path: Path | str) -> Path:
    """Counts as scorio's matrix R, a NumPy file: one row per problem, one column per draw.

    Raises UsageError for unequal n, or another suffix.
    """
    path = Path(path)
    if path.suffix != ".npy":
        raise UsageError(f"{path} ends in {path.suffix!r}; allowed: .npy")
    matrix = outcome_matrix(counts)

    write_from(path, lambda memory: np.save(memory, matrix))
    return path


def write_dataset(run: Run, out: Path | str) -> list[Path]:
    """A verified run as a data set folder: ``draws`` and ``problems``, with a card; its files.

    Raises RunError if the folder is not empty, UsageError if the run is not verified.
    """
    with new_folder(Path(out)) as folder:
        counts = count(run)
        verifier = run.verifier_digest()
        names = run.completion_names()
        files = []
        for number, frame in enumerate(_draws(run, verifier, names)):
            path = folder / "draws" / f"train-{number:05d}-of-{len(names):05d}.parquet"
            write_from(path, frame.write_parquet)
            files.append(path)
        problems = folder / "problems" / "train-00000-of-00001.parquet"
        write_from(problems, _problems(run, counts).write_parquet)
        card = folder / "README.md"
        write_text(_card(run, counts, verifier), card)
    return [Path(out) / path.relative_to(folder) for path in (*files, problems, card)]


def _draws(run: Run, verifier: str, names: list[str]) -> Iterator[pl.DataFrame]:
    for name in names:
        marks = run.read_outcomes(verifier, name)
        frame = run.read_completions(name, list(DRAW_COLUMNS[:5]))
        yield frame.join(marks, on=["problem_id", "draw"], how="left").select(DRAW_COLUMNS)


def _problems(run: Run, counts: Counts) -> pl.DataFrame:
    problems = run.problems()
    frame = pl.DataFrame(
        {
            "problem_id": [p.id for p in problems],
            "question": [p.question for p in problems],
            "reference": [p.reference for p in problems],
            "verifier": [p.verifier for p in problems],
            "metadata": [json.dumps(dict(p.metadata), ensure_ascii=False) for p in problems],
            "n": counts.n,
            "c": counts.c,
            "unscored": counts.unscored,
        }
    )
    images = [[{"bytes": one.read(), "path": one.name} for one in p.images] for p in problems]
    return frame.with_columns(pl.Series("images", images)) if any(images) else frame


def _card(run: Run, counts: Counts, verifier: str) -> str:
    manifest = run.manifest
    about = run.outcomes_about(verifier)
    facts: dict[str, object] = {
        "policy": shareable(manifest.policy["path"]),
        "problems": f"{len(counts)} of {manifest.problem_set['name']}",
        "draws": f"{int((counts.n + counts.unscored).sum()):,}",
        "correct": f"{int(counts.c.sum()):,}",
        "unscored": f"{int(counts.unscored.sum()):,}",
        "design": counts.design,
        "marked by": (about.source and about.source.label)
        or about.verifier
        or "as named in the problems",
        "sampling": json.dumps(dict(manifest.sampling)),
        "prompt": manifest.prompt["template_name"] or "own template",
        "engine": manifest.engine["name"],
        "seed": manifest.seed,
    }
    lines = [
        "---",
        "configs:",
        "- config_name: draws",
        "  default: true",
        "  data_files: draws/*.parquet",
        "- config_name: problems",
        "  data_files: problems/*.parquet",
        "---",
        "# Samples and their outcomes",
        "",
        "`draws` has one row per completion, `problems` one per problem with n (scored samples) "
        "and c",
        "(correct ones); an `unscored` sample counts in neither. Written by passgap.",
        "",
        "| | |",
        "| --- | --- |",
        *(f"| {name} | {_cell(value)} |" for name, value in facts.items()),
        "",
        "Texts were written by a language model and checked only by a program.",
    ]
    return "\n".join(lines) + "\n"


def _cell(value: object) -> str:
    """A value that can break neither the table nor the page."""
    text = " ".join(str(value).split()).replace("|", "\\|").replace("`", "'")
    return f"`{text}`" if text else ""
