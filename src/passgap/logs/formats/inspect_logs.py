"""inspect_ai: ``.eval`` archives (also with zstandard members) and ``.json`` logs.

In: log files. Out: a Record for every sample and epoch; the epoch orders the draws. A sample that
failed, or that its scorer could not score, is unscored, not wrong; a partial score needs a
condition.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from passgap.data.outcomes import Status
from passgap.errors import UsageError
from passgap.logs.archives import Archive
from passgap.logs.base import Asked, Format, Peek, Record, Told
from passgap.logs.choosing import chosen
from passgap.logs.rows import Row, field, mapped, opened, several, whole
from passgap.logs.streams import JsonStream
from passgap.logs.values import asked_text, ended, final, plain, said, shown, status_of

HEADERS = ("header.json", "_journal/start.json")
VALUES = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}


class Sample(msgspec.Struct):
    """What is read of a sample; the rest, especially its events, is skipped undecoded."""

    id: object = None
    epoch: int = 1
    input: object = None
    target: object = None
    messages: list[Row] | None = None
    output: Row | None = None
    scores: Row | None = None
    error: object = None


_DECODER = msgspec.json.Decoder(Sample)


def claims(peek: Peek) -> bool:
    """An ``.eval`` file, or a JSON document with ``eval`` and ``samples``."""
    return peek.name.endswith(".eval") or peek.has("eval", "version", "samples")


def read(files: Sequence[Path], asked: Asked, told: Told) -> Iterator[Record]:
    """All samples of all epochs of all files."""
    for position, path in enumerate(files):
        seen: set[tuple[str, int]] = set()
        for sample in _of_archive(path, told) if path.suffix == ".eval" else _of_json(path, told):
            if not chosen({"id": sample.id, "epoch": sample.epoch}, asked, told):
                continue
            at = (str(sample.id), sample.epoch)
            if at in seen:
                told.leave_out(
                    "samples whose id and epoch occurred before", f"{at[0]} epoch {at[1]}"
                )
                continue
            seen.add(at)
            yield _record(sample, at, position, asked, told)


def _of_archive(path: Path, told: Told) -> Iterator[Sample]:
    with Archive(path) as archive:
        names = archive.names()
        header = next((name for name in HEADERS if name in names), None)
        if header is None:
            raise UsageError(
                f"{path} is not an inspect_ai log: it has none of {', '.join(HEADERS)}; give the "
                ".eval or .json file that inspect_ai wrote"
            )
        _about(json.loads(archive.read(header)), told)
        for name in names:
            if name.startswith("samples/") and name.endswith(".json"):
                yield _decoded(archive.read(name), f"{path} {name}")


def _decoded(data: bytes, where: str) -> Sample:
    """A sample from its JSON; nan and lone surrogates are left to the standard library."""
    try:
        return _DECODER.decode(data)
    except msgspec.DecodeError:
        try:
            return _converted(json.loads(data), where)
        except ValueError as error:
            raise UsageError(f"{where} is not JSON ({error}); copy the log again") from error


def _converted(sample: object, where: str) -> Sample:
    try:
        return msgspec.convert(sample, Sample)
    except msgspec.ValidationError as error:
        raise UsageError(
            f"{where} is not an inspect_ai sample ({error}); copy the log again"
        ) from error


def _of_json(path: Path, told: Told) -> Iterator[Sample]:
    with opened(path) as file:
        stream = JsonStream(file, str(path))
        header: Row = {}
        for key in stream.members():
            if key in ("eval", "plan", "status"):
                header[key] = stream.value()
            elif key == "samples":
                _about(header, told)
                for number, _ in enumerate(stream.elements(), start=1):
                    yield _converted(stream.value(), f"{path} sample {number}")


def _about(header: Row, told: Told) -> None:
    of = mapped(header.get("eval"))
    told.set_policy(plain(of.get("model")), revision=_text(field(of, "model_args.revision")))
    told.version = told.version or str(field(of, "packages.inspect_ai") or "")
    plan = mapped(field(header, "plan.config"))  # overrides the model's own settings
    planned = {name: value for name, value in plan.items() if value is not None}
    known = mapped(of.get("model_generate_config")) | planned
    told.set_sampling(
        temperature=known.get("temperature"),
        top_p=known.get("top_p"),
        top_k=known.get("top_k"),
        max_tokens=known.get("max_tokens"),
        stop=known.get("stop_seqs"),
    )
    if header.get("status", "success") != "success":
        told.note(
            f"the evaluation ended with status {header['status']}: problems may have fewer samples"
        )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _record(sample: Sample, at: tuple[str, int], position: int, asked: Asked, told: Told) -> Record:
    where = f"sample {at[0]} epoch {at[1]}"
    output = sample.output or {}
    choices = several(output.get("choices"))
    choice = mapped(choices[0]) if choices else {}
    failed = sample.error is not None
    status, answer = ("unscored", None) if failed else _scored(sample, asked, told, where)
    targets = sample.target
    if isinstance(targets, list) and len(targets) > 1:
        told.note("some samples have several targets; the first one is used as the reference")
    told.chat = True
    spoken = sample.messages or []
    prompt = [m for m in spoken if m.get("role") != "assistant"] if len(spoken) < 4 else []
    return Record(
        text=plain(choice.get("message")) or plain(output.get("completion")),
        question=asked_text(sample.input),
        reference=final(targets[0] if isinstance(targets, list) and targets else targets),
        prompt=shown(prompt),
        key=at[0],
        order=(position << 20) + at[1],
        status=status,
        extracted=answer,
        reason="error" if failed else "",
        finish_reason=ended(choice.get("stop_reason")),
        tokens=whole(field(output, "usage.output_tokens")),
    )


def _scored(
    sample: Sample, asked: Asked, told: Told, where: str
) -> tuple[Status | None, str | None]:
    """The status by one scorer, and the answer it read."""
    scores = sample.scores or {}
    if not scores:
        return None, None
    name, _, key = (asked.label or "").partition(".")
    if not name and len(scores) > 1:
        raise UsageError(f"the log has the scorers {', '.join(scores)}; choose one with --label")
    name = name or next(iter(scores))
    if name not in scores:
        raise UsageError(f"--label {name!r}; allowed: {', '.join(scores)}")
    score = mapped(scores[name])
    value = score.get("value")
    if isinstance(value, dict):
        if key not in value:
            raise UsageError(
                f"the scorer {name} gives several values; choose one of "
                + ", ".join(f"--label {name}.{k}" for k in value)
            )
        value = value[key]
    label, answer = asked.label or name, score.get("answer")
    told.label = told.label or said(label, asked)
    number = VALUES.get(value, value) if isinstance(value, str) else value
    status = status_of(number, asked, label, where)
    return status, None if answer is None else str(answer)


FORMAT = Format(
    name="inspect",
    summary="inspect_ai .eval and .json logs",
    patterns=("*.eval", "*.json"),
    claims=claims,
    read=read,
    takes=frozenset(("label", "where", "pool")),
)
