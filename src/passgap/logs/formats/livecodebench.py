"""LiveCodeBench: ``*_eval_all.json``, an array of problems with lists of outputs and grades.

In: the evaluation's file, for a scenario that writes code; its name ends in n and the temperature.
Out: a Record for every output; ``graded_list`` is the label.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from passgap.errors import UsageError
from passgap.logs.base import Asked, Format, Record, Told, has
from passgap.logs.choosing import chosen
from passgap.logs.rows import read_array, several
from passgap.logs.values import plain, said, status_of
from passgap.stages.policies import policy_fields

LABEL = "graded_list"
OUTPUT = "output"  # has a folder for each model


def read(files: Sequence[Path], asked: Asked, told: Told) -> Iterator[Record]:
    """All outputs of all problems."""
    told.label = said(LABEL, asked)
    for position, path in enumerate(files):
        named = re.search(r"_\d+_(\d+(?:\.\d+)?)(?:_cot)?_eval_all\.json$", path.name)
        folder = path.resolve().parent
        told.set_policy(folder.name if folder.parent.name == OUTPUT else "")
        told.set_sampling(temperature=float(named[1]) if named else None)
        for row in read_array(path):
            if not chosen(row, asked, told):
                continue
            texts = several(row.get("output_list") or row["code_list"])
            grades = several(row["graded_list"])
            if len(texts) != len(grades):
                raise UsageError(
                    f"{row['question_id']} has {len(texts)} outputs and {len(grades)} grades; "
                    "evaluate the file again"
                )
            for text, grade in zip(texts, grades, strict=True):
                yield Record(
                    text=plain(text),
                    question=plain(row.get("question_content")),
                    key=str(row["question_id"]),
                    order=position,
                    status=status_of(grade, asked, LABEL, str(row["question_id"])),
                    metadata={k: row[k] for k in ("difficulty", "contest_date") if k in row},
                    fields=policy_fields(row),
                )


FORMAT = Format(
    name="livecodebench",
    summary="LiveCodeBench *_eval_all.json",
    patterns=("*_eval_all.json",),
    claims=has("question_id", "code_list", "graded_list"),
    read=read,
    takes=frozenset(("where", "pool")),
    verifier="code",
)
