"""lm-evaluation-harness: ``samples_*.jsonl`` that ``--log_samples`` writes.

In: a file with one line for every document and filter. Out: a Record for every response of every
document, from the lines of one filter. A metric belongs to what its filter kept, by default only
the first response: with several responses the source's label marks none of them, and they need to
be verified.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from passgap.data.outcomes import Status
from passgap.errors import UsageError
from passgap.logs.base import Asked, Format, Record, Told, has
from passgap.logs.choosing import chosen
from passgap.logs.documents import whole_object
from passgap.logs.rows import Row, field, mapped, read_lines, several
from passgap.logs.values import QUESTIONS, final, plain, said, shown, status_of, usual
from passgap.stages.policies import policy_fields

_DATE = re.compile(r"_(\d{4}-\d\d-\d\dT[\d.-]+)\.jsonl")


def read(files: Sequence[Path], asked: Asked, told: Told) -> Iterator[Record]:
    """The responses of one filter's lines."""
    kept = asked.filter
    found: set[str] = set()
    for position, path in enumerate(files):
        seen: set[str] = set()
        told.set_policy(_model(path))
        for row in read_lines(path):
            name = str(row.get("filter", "none"))
            found.add(name)
            kept = kept or name
            if name != kept:
                told.leave_out(f"lines of other filters than {kept}", name)
                continue
            _set_sampling(row, told)
            if not chosen(row, asked, told):
                continue
            at = str(row["doc_id"])
            if at in seen:
                told.leave_out("lines whose document occurred before", at)
                continue
            seen.add(at)
            yield from _draws(row, kept, position, asked, told)
    if kept not in found:
        raise UsageError(f"--filter {chosen!r}; allowed: {', '.join(sorted(found))}")


def _draws(row: Row, kept: str, position: int, asked: Asked, told: Told) -> Iterator[Record]:
    where = f"document {row['doc_id']}"
    texts = _texts(row, where)
    prompt = shown(field(row, "arguments.gen_args_0.arg_0"))
    doc = mapped(row["doc"])
    question = asked.question_field or usual(doc, QUESTIONS)
    answer = field(doc, asked.answer_field) if asked.answer_field else row.get("target")
    status = _status(row, kept, len(texts), asked, told, where)
    answer_read = plain(row.get("filtered_resps")) if status else None
    for text in texts:
        yield Record(
            text=text,
            question=plain(field(doc, question)) if question else "",
            reference=final(answer),
            prompt=prompt,
            key=str(row.get("doc_hash") or row["doc_id"]) if not question else "",
            order=position,
            status=status,
            extracted=answer_read,
            metadata={"doc_id": row["doc_id"]},
            fields=policy_fields(row),
        )


def _texts(row: Row, where: str) -> list[str]:
    requests = several(row["resps"])
    responses = several(requests[0]) if requests else []
    texts = [text for text in responses if isinstance(text, str)]
    if len(requests) > 1 or len(texts) < len(responses):
        raise UsageError(
            f"{where} has log-likelihoods and no completions (a multiple-choice document); pass@k "
            "needs samples: use a task variant that generates (generate_until)"
        )
    return texts


def _model(path: Path) -> str:
    """The model, from the results beside the samples, or else from a folder named after it."""
    date = _DATE.search(path.name)
    results = path.parent / f"results_{date[1]}.json" if date else None
    about = whole_object(results) if results is not None and results.is_file() else {}
    folder = path.resolve().parent.name
    return plain(about.get("model_name")) or (folder if "__" in folder else "")


def _set_sampling(row: Row, told: Told) -> None:
    settings = mapped(field(row, "arguments.gen_args_0.arg_1"))
    greedy = settings.get("do_sample") is False
    told.set_sampling(
        temperature=0.0 if greedy else settings.get("temperature"),
        top_p=settings.get("top_p"),
        top_k=settings.get("top_k"),
        max_tokens=settings.get("max_gen_toks"),
        stop=settings.get("until"),
    )


def _status(
    row: Row, kept: str, responses: int, asked: Asked, told: Told, where: str
) -> Status | None:
    metrics = [str(name) for name in several(row.get("metrics")) if name in row]
    name = asked.label or (metrics[0] if metrics else None)
    if name is None or name not in row:
        if asked.label:
            raise UsageError(f"--label {asked.label!r}; allowed: {', '.join(metrics) or 'none'}")
        return None
    if responses > 1:
        told.note(
            f"{name} belongs to what the filter {kept} kept (by default only the first "
            "response), so it does not mark every response; run passgap verify"
        )
        return None
    told.label = told.label or f"{said(name, asked)}, filter {kept}"
    return status_of(row[name], asked, name, where)


FORMAT = Format(
    name="lm-eval",
    summary="lm-evaluation-harness samples_*.jsonl (--log_samples)",
    patterns=("samples_*.jsonl",),
    claims=has("doc_id", "doc", "resps"),
    read=read,
    takes=frozenset(("filter", "label", "question_field", "answer_field", "where", "pool")),
)
