"""NeMo-RL: ``val_data_step*.jsonl``, ``train_data_step*.jsonl`` and ``evaluation_data.json``.

In: the dumps of one step, or one evaluation with its ``config.json``. Out: one Record per sample.
Each field of a dump is a list with one value. A validation has messages with roles; training has
only their texts, so no more than a prompt and a response are read there.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

from passgap.errors import UsageError
from passgap.logs.base import Asked, Format, Peek, Record, Told, one_log
from passgap.logs.choosing import chosen
from passgap.logs.documents import rows_under, whole_object
from passgap.logs.rows import Row, ending, mapped, read_lines, several
from passgap.logs.values import asked_text, completed, final, plain, required, said, shown
from passgap.logs.values import status_of as status
from passgap.stages.policies import policy_fields

DATA = "evaluation_data"
SETTINGS = ("temperature", "top_p", "top_k")


def claims(peek: Peek) -> bool:
    """Rows of a dump, or the object of an evaluation."""
    return peek.has("content", "rewards", "idx") or peek.has(DATA)


def read(files: Sequence[Path], asked: Asked, told: Told) -> Iterator[Record]:
    """All samples."""
    for position, path in enumerate(files):
        document = ending(path) == ".json"
        if document:
            _about(path.parent / "config.json", told)
        rows = rows_under(path, DATA) if document else read_lines(path)
        for number, row in enumerate(rows, start=1):
            if chosen(row, asked, told):
                where = f"{path.name} sample {number}"
                made = _of_evaluation if document else _of_dump
                draw = made(row, asked, told, where)
                yield draw._replace(order=position, fields=policy_fields(row))


def _about(path: Path, told: Told) -> None:
    about = whole_object(path) if path.is_file() else {}
    told.set_policy(plain(about.get("model_name")))
    told.set_sampling(**{name: about.get(name) for name in SETTINGS})


def _of_evaluation(row: Row, asked: Asked, told: Told, where: str) -> Record:
    told.label = told.label or said("reward", asked)
    return Record(
        text=plain(required(row, "response", where)),
        prompt=plain(row.get("prompt")),
        reference=_reference(row.get("extra_env_info")),
        status=status(required(row, "reward", where), asked, "reward", where),
    )


def _reference(written: object) -> str:
    """The ground truth in what was a Python dict, written as its ``str``."""
    try:
        return final(mapped(ast.literal_eval(plain(written))).get("ground_truth"))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return ""


def _of_dump(row: Row, asked: Asked, told: Told, where: str) -> Record:
    told.label = told.label or said("rewards", asked)
    turns = several(_one(required(row, "content", where)))
    spoken = [mapped(turn) for turn in turns]
    if any("role" not in turn for turn in spoken) and len(turns) != 2:
        raise UsageError(
            f"{where} has {len(turns)} texts and does not say whose they are; give the dumps of "
            "the validation (val_data_step*.jsonl)"
        )
    chat = all("role" in turn for turn in spoken)
    told.chat = told.chat or chat
    reward = status(_one(required(row, "rewards", where)), asked, "rewards", where)
    if not chat:
        return Record(text=plain(turns[1]), prompt=plain(turns[0]), status=reward)
    first = next((i for i, turn in enumerate(spoken) if turn["role"] == "assistant"), len(turns))
    asks = spoken[:first]
    return Record(
        text=completed(spoken) if first < len(turns) else "",
        question=asked_text(asks),
        prompt=shown(asks),
        status=reward,
    )


def _one(value: object) -> object:
    """The value in a list of one."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


FORMAT = Format(
    name="nemo-rl",
    summary="NeMo-RL val_data_step*.jsonl, train_data_step*.jsonl or evaluation_data.json",
    patterns=("val_data_step*.jsonl", "train_data_step*.jsonl", f"{DATA}.json"),
    claims=claims,
    read=read,
    takes=frozenset(("step", "where", "pool")),
    log_of=one_log,
)
