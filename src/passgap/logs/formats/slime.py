"""slime: ``<rollout>.pt`` and ``eval_<rollout>.pt`` of ``--save-debug-rollout-data``.

In: the dump of one rollout, which is a torch file and needs torch; it is loaded as plain values and
tensors only, so nothing in it is run. Out: one Record per sample. An aborted or failed sample is
unscored.
"""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from passgap.errors import MissingExtraError, UsageError
from passgap.logs.base import Asked, Format, Peek, Record, Told, one_log
from passgap.logs.choosing import chosen
from passgap.logs.rows import Row, field, mapped, several, whole
from passgap.logs.values import asked_text, final, plain, required, said, shown, status_of
from passgap.stages.policies import policy_fields

LABEL = "reward"
LOST = ("aborted", "failed")
HEAD = 512


def claims(peek: Peek) -> bool:
    """A torch file that begins with the rollout's number and its samples."""
    if peek.files[0].suffix != ".pt" or not zipfile.is_zipfile(peek.files[0]):
        return False
    with zipfile.ZipFile(peek.files[0]) as archive:
        for name in archive.namelist():
            if name.endswith("/data.pkl"):
                with archive.open(name) as file:
                    head = file.read(HEAD)
                return b"rollout_id" in head and b"samples" in head
    return False


def read(files: Sequence[Path], asked: Asked, told: Told) -> Iterator[Record]:
    """All samples."""
    for path in files:
        for number, row in enumerate(map(mapped, _samples(path)), start=1):
            if chosen(row, asked, told):
                yield _record(row, asked, told, f"{path.name} sample {number}")


def _samples(path: Path) -> list[object]:
    try:
        import torch
    except ImportError as error:
        raise MissingExtraError("torch", "lm") from error
    try:
        dump = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, KeyError) as error:
        raise UsageError(
            f"{path} cannot be loaded as plain values ({str(error).splitlines()[0]}); other "
            "objects could run code, so they are not: write the samples as JSON lines, and import "
            "them with passgap import table"
        ) from error
    return several(mapped(dump).get("samples"))


def _record(row: Row, asked: Asked, told: Told, where: str) -> Record:
    prompt, state = required(row, "prompt", where), plain(row.get("status"))
    spoken = isinstance(prompt, list)
    told.chat = told.chat or spoken
    lost = state in LOST
    label, reward = _reward(row, asked, where)
    told.label = told.label or said(label, asked)
    status = "unscored" if lost else status_of(reward, asked, label, where)
    return Record(
        text=plain(row.get("response")),
        question=asked_text(prompt) if spoken else "",
        prompt=shown(prompt),
        reference=final(row.get("label")),
        status=status,
        reason=f"error: {state}" if lost else "no reward" if status == "unscored" else "",
        finish_reason={"truncated": "length", "completed": "stop"}.get(state),
        tokens=whole(row.get("response_length") or 0),
        fields=policy_fields(row),
    )


def _reward(row: Row, asked: Asked, where: str) -> tuple[str, object]:
    """The reward's name and value; of an object with several, the one asked for."""
    reward = row.get(LABEL)
    if not isinstance(reward, dict):
        if asked.label not in (None, LABEL):
            raise UsageError(f"--label {asked.label!r}; {where} has one reward: leave it out")
        return LABEL, reward
    if asked.label not in reward:
        raise UsageError(f"{where} has the rewards {', '.join(reward)}; choose one with --label")
    return str(asked.label), field(reward, str(asked.label))


FORMAT = Format(
    name="slime",
    summary="slime <rollout>.pt (save-debug-rollout-data)",
    patterns=("eval_[0-9]*.pt", "[0-9]*.pt"),
    claims=claims,
    read=read,
    takes=frozenset(("label", "step", "where", "pool")),
    log_of=one_log,
)
