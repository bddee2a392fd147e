"""OpenCompass: ``predictions/<model>/<dataset>.json``, one object of numbered predictions.

In: prediction files, split or not. Out: a Record a prediction. With n repeats the set is written n
times over, so the prompt and not the number says which problem it is. The evaluation's labels lie
in another file without the texts, so the run is to be verified.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from passgap.importers.base import Asked, Format, Peek, Record, Told
from passgap.importers.flat import required
from passgap.importers.rows import opened
from passgap.importers.streams import JsonStream
from passgap.importers.values import asked_text, final, plain, shown


def claims(peek: Peek) -> bool:
    """An object whose first member has ``origin_prompt`` and ``prediction``."""
    first = next(iter(peek.row.values()), None)
    return isinstance(first, dict) and {"origin_prompt", "prediction"} <= set(first)


def read(files: Sequence[Path], asked: Asked, told: Told) -> Iterator[Record]:
    """All predictions."""
    for path in files:
        with opened(path) as file:
            stream = JsonStream(file, str(path))
            for key in stream.members():
                row = stream.value()
                prompt = _with_roles(required(row, "origin_prompt", f"{path.name} {key}"))
                told.chat = told.chat or not isinstance(prompt, str)
                yield Record(
                    text=plain(row.get("prediction")),
                    question="" if isinstance(prompt, str) else asked_text(prompt),
                    reference=final(row.get("gold")),
                    prompt=shown(prompt),
                )


def _with_roles(prompt: object) -> object:
    """OpenCompass writes HUMAN and ``prompt`` for what others call user and content."""
    if not isinstance(prompt, list):
        return prompt
    names = {"HUMAN": "user", "SYSTEM": "system", "BOT": "assistant"}
    return [
        {"role": names.get(m.get("role", ""), m.get("role", "")), "content": m.get("prompt", "")}
        if isinstance(m, dict)
        else m
        for m in prompt
    ]


FORMAT = Format(
    name="opencompass",
    summary="OpenCompass predictions/<model>/<dataset>.json",
    patterns=("predictions/**/*.json", "*.json"),
    claims=claims,
    read=read,
    many=True,
)
