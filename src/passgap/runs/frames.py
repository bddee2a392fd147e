"""The columns of a run's shards, and the nouns as frames of them.

In: problems, completions, outcomes. Out: frames with the columns of the schemas here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import numpy as np
import polars as pl

from passgap.data.completions import Block, Completion
from passgap.data.images import Image
from passgap.data.outcomes import Outcome
from passgap.data.problems import Problem, ProblemSet
from passgap.errors import WorkError
from passgap.plain import Json, plural
from passgap.runs.shards import EFFORT

COMPLETION_SCHEMA: dict[str, pl.DataType] = {
    "problem_id": pl.String(),
    "draw": pl.Int32(),
    "text": pl.String(),
    "token_ids": pl.List(pl.Int32),
    "token_count": pl.Int32(),
    "finish_reason": pl.String(),
    "logprob": pl.Float64(),
}
EFFORT_SCHEMA: dict[str, pl.DataType] = dict(
    zip(EFFORT, (pl.Int32(), pl.Float64()), strict=True)  # of trajectories
)
READINGS = pl.Struct(
    {
        "asked": pl.String(),
        "any": pl.String(),
        "form": pl.String(),
        "run_on": pl.Boolean,
        "thinking": pl.String(),
    }
)
OUTCOME_SCHEMA: dict[str, pl.DataType] = {
    "problem_id": pl.String(),
    "draw": pl.Int32(),
    "status": pl.String(),
    "extracted": pl.String(),
    "reason": pl.String(),
    "readings": READINGS,  # null where the verifier reads a text in only one way
}
PROBLEM_SCHEMA: dict[str, pl.DataType] = dict.fromkeys(
    ("problem_id", "question", "reference", "verifier", "metadata"), pl.String()
)
IMAGES_SCHEMA: dict[str, pl.DataType] = {"images": pl.List(pl.String)}  # absent without any
LOGPROB_SCHEMA: dict[str, pl.DataType] = {
    "problem_id": pl.String(),
    "draw": pl.Int32(),
    "logprob": pl.Float64(),
}


def with_readings(frame: pl.DataFrame) -> pl.DataFrame:
    """Outcomes with the column of their readings, which older runs and logs do not have."""
    if "readings" in frame.columns:
        return frame
    return frame.with_columns(readings=pl.lit(None, dtype=READINGS))


def with_effort(frame: pl.DataFrame) -> pl.DataFrame:
    """Completions with the columns of their effort: null in older runs, or where it is unknown."""
    absent = {name: kind for name, kind in EFFORT_SCHEMA.items() if name not in frame.columns}
    return frame.with_columns(pl.lit(None, kind).alias(name) for name, kind in absent.items())


def beside(marks: pl.DataFrame, completions: pl.DataFrame) -> pl.DataFrame:
    """Outcomes with the columns of their completions."""
    keys = ["problem_id", "draw"]
    if marks.select(keys).equals(completions.select(keys)):  # as passgap writes them
        return marks.hstack(completions.drop(keys))
    return marks.join(completions, on=keys, how="left", maintain_order="left")


def tally() -> dict[str, pl.Expr]:
    """The counts of outcomes: ``n`` scored, ``c`` correct and ``unscored`` draws."""
    status = pl.col("status")
    return {
        "n": (status != "unscored").sum().cast(pl.Int64),
        "c": (status == "correct").sum().cast(pl.Int64),
        "unscored": (status == "unscored").sum().cast(pl.Int64),
    }


def problem_frame(problems: ProblemSet) -> pl.DataFrame:
    """The problems, one row each, metadata as JSON; their images by name, if there are any."""
    frame = pl.DataFrame(
        {
            "problem_id": [p.id for p in problems],
            "question": [p.question for p in problems],
            "reference": [p.reference for p in problems],
            "verifier": [p.verifier for p in problems],
            "metadata": [json.dumps(dict(p.metadata)) for p in problems],
        }
    )
    names = [[image.name for image in p.images] for p in problems]
    return frame.with_columns(pl.Series("images", names)) if any(names) else frame


def problems_of(frame: pl.DataFrame, image: Callable[[str], Image]) -> tuple[Problem, ...]:
    """The inverse of `problem_frame`, where ``image`` finds an image by its name.

    A ValueError for metadata that are not JSON, names that are not of images, or other ids.
    """
    problems = tuple(
        Problem(
            row["question"],
            row["reference"],
            row["verifier"],
            fields_of(row["metadata"]),
            tuple(map(image, row.get("images") or ())),
        )
        for row in frame.iter_rows(named=True)
    )
    if [problem.id for problem in problems] != frame["problem_id"].to_list():
        raise ValueError("its ids are not those of its problems")
    return problems


def fields_of(metadata: str) -> dict[str, Json]:
    """A problem's metadata from JSON; none where it is no object."""
    try:
        found = json.loads(metadata)
    except (ValueError, RecursionError):
        raise ValueError("its metadata are not JSON") from None
    return found if isinstance(found, dict) else {}


def completion_frame(completions: Sequence[Completion]) -> pl.DataFrame:
    """Completions, one row each: the columns are their fields."""
    columns = {name: [getattr(c, name) for c in completions] for name in COMPLETION_SCHEMA}
    return pl.DataFrame(columns, schema=COMPLETION_SCHEMA)


def outcome_frame(rows: Sequence[tuple[str, int, Outcome]]) -> pl.DataFrame:
    """Outcomes by problem id and draw, one row each."""
    columns = {
        "problem_id": [r[0] for r in rows],
        "draw": [r[1] for r in rows],
        "status": [r[2].status for r in rows],
        "extracted": [r[2].extracted for r in rows],
        "reason": [r[2].reason for r in rows],
        "readings": [r[2].readings and r[2].readings.to_dict() for r in rows],
    }
    return pl.DataFrame(columns, schema=OUTCOME_SCHEMA)


def must_fill(block: Block, name: str, frame: pl.DataFrame) -> None:
    """Refuse (WorkError) a frame without every (problem, draw) pair of a block, each once."""
    if len(frame) != block.completions or not are_of(block, frame):
        raise WorkError(
            f"{plural(len(frame), 'sample was', 'samples were')} returned for batch {name}, which "
            f"needs {block.completions}, each once; the batch is not saved: run the same command "
            "again"
        )


def are_of(block: Block, frame: pl.DataFrame) -> bool:
    """Whether all (problem, draw) pairs of a frame are of a block, each at most once."""
    if in_order([block], frame):
        return True
    within = frame["problem_id"].is_in(list(block.problem_ids)) & frame["draw"].is_between(
        block.first_draw, block.first_draw + block.size - 1
    )
    return bool(within.all()) and frame.select("problem_id", "draw").n_unique() == len(frame)


def in_order(blocks: Sequence[Block], frame: pl.DataFrame) -> bool:
    """Whether the (problem, draw) pairs of a frame are all those of blocks, in their order, as
    passgap writes them. One pass over many shards at once."""
    if len(frame) != sum(block.completions for block in blocks):
        return False
    ids = pl.Series([i for block in blocks for i in block.problem_ids], dtype=pl.String)
    sizes = np.repeat([b.size for b in blocks], [len(b.problem_ids) for b in blocks])
    first = np.repeat([b.first_draw for b in blocks], [len(b.problem_ids) for b in blocks])
    ends = np.cumsum(sizes)
    draws = np.arange(len(frame)) - np.repeat(ends - sizes - first, sizes)
    if not np.array_equal(frame["draw"].to_numpy(), draws):
        return False
    return frame["problem_id"].equals(ids.gather(np.repeat(np.arange(len(ids)), sizes)))
