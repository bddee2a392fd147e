"""VLMEvalKit: ``<model>_<data set>_<judge>_result.json`` of a multiple-choice data set.

In: the results of one or several evaluations (``PRED_FORMAT=json``, or Excel files saved as CSV).
Out: one Record per row; an evaluation gives one per question, so several are the draws. The
question's index is the problem: questions about different images may read alike. Where the rows
have the data set's own column ``image``, in base64, its image and the question with its options are
the problem.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from string import ascii_uppercase

from passgap.data.images import Image
from passgap.errors import UsageError
from passgap.logs.base import Asked, Format, Record, Told, has
from passgap.logs.choosing import chosen
from passgap.logs.rows import SUFFIXES, Row, ending, numbered, read_rows
from passgap.logs.values import final, plain, required, said, status_of
from passgap.problems.images import images_of
from passgap.stages.policies import policy_fields

LABEL = "hit"


def read(files: Sequence[Path], asked: Asked, told: Told) -> Iterator[Record]:
    """All rows."""
    told.label = said(LABEL, asked)
    for path in files:
        if ending(path) not in SUFFIXES:
            raise UsageError(
                f"{path} is not JSON or CSV; evaluate with PRED_FORMAT=json in the environment, or "
                "save the Excel file as CSV"
            )
    for position, where, row in numbered(files, read_rows):
        told.set_policy(_model(files[position]))
        if not chosen(row, asked, told):
            continue
        mark = required(row, LABEL, where)
        status = status_of(mark if mark != "" else None, asked, LABEL, where)
        images = _images(row, files[position].parent, where)
        yield Record(
            text=plain(row.get("prediction")),
            question=_question(row) if images else "",
            reference=final(row.get("answer")),
            key=plain(required(row, "index", where)),
            order=position,
            status=status,
            reason="no mark" if status == "unscored" else "",
            metadata={k: row[k] for k in ("question", "category", "split") if k in row},
            fields=policy_fields(row),
            images=images,
        )


def _images(row: Row, folder: Path, where: str) -> tuple[Image, ...]:
    try:
        return images_of(row, folder, ("image",))[0]
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from error


def _question(row: Row) -> str:
    """The question with its options, a line each."""
    options = [f"{name}. {plain(row[name])}" for name in ascii_uppercase if row.get(name)]
    return "\n".join([plain(row.get("question")), *options])


def _model(path: Path) -> str:
    """The model, which is the folder's name and begins that of its files; else the file's name."""
    folders = (folder.name for folder in path.parents[:2])
    name = path.name.partition("_result.")[0]
    return next((one for one in folders if one and name.startswith(f"{one}_")), name)


FORMAT = Format(
    name="vlmevalkit",
    summary="VLMEvalKit *_result.json (or .csv) of multiple choice",
    patterns=("*_result.json", "*_result.csv", "*_result.xlsx"),
    claims=has("index", "prediction", LABEL),
    read=read,
    takes=frozenset(("where", "pool")),
)
