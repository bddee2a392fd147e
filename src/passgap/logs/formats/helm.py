"""HELM: ``scenario_state.json`` of a run, with its marks in ``per_instance_stats.json`` beside it.

In: the files of one run. Out: one Record per completion. A metric of an instance that has several
completions is of the first or the best of them, so it marks none; perturbed inputs are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from passgap.data.outcomes import Status
from passgap.errors import UsageError
from passgap.logs.base import Asked, Format, Record, Told, has
from passgap.logs.choosing import chosen
from passgap.logs.documents import member, rows_under
from passgap.logs.rows import Row, field, mapped, read_array, several, whole
from passgap.logs.values import ended, final, plain, required, said, status_of

SETTINGS = ("temperature", "max_tokens")
Marks = dict[tuple[str, int], object]


def read(files: Sequence[Path], asked: Asked, told: Told) -> Iterator[Record]:
    """All completions."""
    for path in files:
        about = mapped(member(path, "adapter_spec"))
        told.set_policy(plain(about.get("model")))
        told.set_sampling(**{name: about.get(name) for name in SETTINGS})
        single = whole(about.get("num_outputs") or 1) == 1
        marks = _marks(path.parent / "per_instance_stats.json", asked, told) if single else {}
        if not single:
            told.note("HELM does not say which of several completions are correct: run verify")
        for number, row in enumerate(rows_under(path, "request_states"), start=1):
            if chosen(row, asked, told):
                yield from _completions(row, marks, asked, told, f"{path.name} request {number}")


def _marks(path: Path, asked: Asked, told: Told) -> Marks:
    """The metric's value for each instance and trial; empty where HELM has not summarized yet."""
    if not path.is_file():
        told.note(f"there is no {path.name} beside the completions: run passgap verify")
        return {}
    found: Marks = {}
    names: dict[str, None] = {}
    for row in read_array(path):
        at = (plain(row.get("instance_id")), whole(row.get("train_trial_index") or 0))
        for stat in map(mapped, several(row.get("stats"))):
            name = plain(field(stat, "name.name"))
            names[name] = None
            if name == asked.label and not row.get("perturbation"):
                found[at] = stat.get("mean")
    if asked.label is None or asked.label not in names:
        raise UsageError(f"the log has the metrics {', '.join(names)}; choose one with --label")
    told.label = said(asked.label, asked)
    return found


def _completions(row: Row, marks: Marks, asked: Asked, told: Told, where: str) -> Iterator[Record]:
    instance = mapped(required(row, "instance", where))
    if instance.get("perturbation"):
        told.leave_out("requests with a perturbed input", plain(instance.get("id")))
        return
    if row.get("reference_index") is not None:
        raise UsageError(
            f"{where} rates a given answer by its log-probability and samples none; give a run "
            "whose adapter generates"
        )
    result = mapped(row.get("result"))
    at = (plain(instance.get("id")), whole(row.get("train_trial_index") or 0))
    failed = result.get("success") is not True
    said_here = [{}] if failed else [mapped(one) for one in several(result.get("completions"))]
    for one in said_here:
        yield Record(
            text=plain(one.get("text")),
            question=plain(field(instance, "input.text")),
            reference=_reference(instance),
            prompt=plain(field(row, "request.prompt")),
            key=at[0],
            order=at[1],
            status=_status(failed, at, marks, asked, told, where),
            reason=f"error: {plain(result.get('error')) or 'no result'}"[:200] if failed else "",
            finish_reason=ended(field(one, "finish_reason.reason")),
            tokens=len(several(one.get("tokens"))),
        )


def _status(
    failed: bool, at: tuple[str, int], marks: Marks, asked: Asked, told: Told, where: str
) -> Status | None:
    if failed:
        return "unscored"
    return status_of(marks.get(at), asked, asked.label or "", where) if told.label else None


def _reference(instance: Row) -> str:
    """The first reference that is tagged as correct."""
    for one in map(mapped, several(instance.get("references"))):
        if "correct" in several(one.get("tags")):
            return final(field(one, "output.text"))
    return ""


FORMAT = Format(
    name="helm",
    summary="HELM scenario_state.json, marks from per_instance_stats.json",
    patterns=("scenario_state.json",),
    claims=has("adapter_spec", "request_states"),
    read=read,
    takes=frozenset(("label", "where", "pool")),
)
