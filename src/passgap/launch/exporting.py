"""From a run to a training set, and from a training set to a folder that a trainer runs.

In: a run or a counts file with its problems; a run, a selected folder or a problem spec. Out: a
folder that ``passgap select`` writes ::

    select.json                     the selection, and the prompt and verifier behind it
    train.jsonl, control.jsonl      problem files: passgap train and passgap export read them trl/
    verl/ openrlhf/            the same two sets in those trainers' formats

or the job folder of `passgap.launch.jobs`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

import msgspec

from passgap.analysis.select.posteriors import P_GRID, posterior
from passgap.data.counts import Counts
from passgap.data.policies import Policy, PromptSettings
from passgap.data.problems import Problem, ProblemSet
from passgap.errors import MismatchError, RunError, UsageError
from passgap.launch import (
    FORMS,
    JobSettings,
    Known,
    check_forms,
    read_problems,
    rows_of,
    write_format,
    write_job,
    write_problems,
)
from passgap.problems import Mapped, render
from passgap.results.codec import FLAT, Encoded
from passgap.results.selection import Selection
from passgap.runs import Run, is_run, new_folder, write_text
from passgap.runs.documents import decoded
from passgap.stages.counting import count, read_counts
from passgap.stages.resolving import resolve_problems
from passgap.verifiers import COMMAND_LINE_ONLY, for_problems

SELECT_FILE = "select.json"
ARMS = ("train", "control")


@dataclass(frozen=True)
class Source:
    """Problems to train on, with their prompt and verifier as far as known.

    ``prompt`` is None where the policy's own prompt is used; ``verifier`` is the spec that marked
    them instead of the one each names; ``known`` is by problem id.
    """

    problems: ProblemSet
    prompt: PromptSettings | None = None
    verifier: str | None = None
    max_tokens: int | None = None
    known: Mapping[str, Known] = field(default_factory=dict)


@dataclass(frozen=True)
class SetNamed:
    """A problem set by its name and digest."""

    name: str
    digest: str


@dataclass(frozen=True)
class WrittenSelection(Encoded):
    """What ``select.json`` holds: the selection, its inputs, the files beside it."""

    selection: Annotated[Selection, FLAT]
    problem_set: SetNamed
    prompt: PromptSettings
    verifier: str | None
    max_tokens: int | None
    files: tuple[str, ...]


# -- select


def counted(
    source: str,
    problems: str | None,
    prompt: PromptSettings | None = None,
    mapping: Mapped | None = None,
    verifier: str | None = None,
) -> tuple[Counts, Source]:
    """Counts, and their problems in the order of the counts.

    ``source`` is a verified run, which has its problems, or a counts file, whose ``problems`` are
    given. ``prompt``, ``mapping`` and ``verifier`` say how those are prompted, read and marked; a
    run knows this, except for the prompt of a log that did not keep it.

    Raises UsageError for problems with a run, or none with a counts file; MismatchError when the
    counts have a problem that the set does not.
    """
    if is_run(source):
        run = Run(source)
        held = _of_run(run)
        twice = held.prompt is not None and prompt is not None
        if twice or any(given is not None for given in (problems, mapping, verifier)):
            raise UsageError(
                f"{source} is a run, which already has its problems, prompt and verifier; leave "
                "out --problems and the flags that go with it"
            )
        if held.prompt is None and prompt is None:
            raise UsageError(
                f"the log that {source} was imported from did not keep its prompt; choose one to "
                "train with (--template plain, chat, boxed or a file)"
            )
        return count(run), replace(held, prompt=held.prompt or prompt)
    counts = read_counts(source)
    if problems is None:
        raise UsageError(f"{source} has only counts; give the problems with --problems PROBLEMS")
    found = resolve_problems(problems, mapping)
    by_name = {name: problem for problem in found for name in _names(problem)}
    missing = [name for name in counts.problem_id if name not in by_name]
    if missing:
        raise MismatchError(
            f"{len(missing)} of the {len(counts)} problems in {source} are not in {problems}, "
            f"e.g. {missing[0]}; give the set that was sampled"
        )
    ordered = tuple(by_name[name] for name in counts.problem_id)
    return counts, Source(ProblemSet(found.name, ordered), prompt or PromptSettings(), verifier)


def _names(problem: Problem) -> list[str]:
    """The ids that a counts file may use for a problem: its id here, or in its own file."""
    own = (problem.metadata.get(name) for name in ("problem_id", "id", "task_id", "unique_id"))
    return [problem.id, *(str(name) for name in own if name is not None)]


def _of_run(run: Run) -> Source:
    about = run.outcomes_about(run.verifier_digest())
    problems = run.problems()
    return Source(
        problems, _prompt_of(run, problems), about.verifier, run.manifest.sampling["max_tokens"]
    )


def _prompt_of(run: Run, problems: ProblemSet) -> PromptSettings | None:
    """The prompt that the run's completions answer; None where its log did not keep one."""
    prompt = PromptSettings.from_dict(run.manifest.prompt)
    if run.manifest.imported:
        try:
            render(next(iter(problems)), prompt)
        except UsageError:
            return None
    return prompt


def write_selection(
    selection: Selection, source: Source, out: Path, forms: Sequence[str] | None
) -> WrittenSelection:
    """Write the chosen problems and their control; returns what ``select.json`` holds.

    Without ``forms``, the usual ones are written beside the JSONL; of problems with images, none.

    Raises UsageError for an unknown format, and for one that holds no images. Raises RunError if
    ``out`` is not empty.
    """
    problems = source.problems.problems
    if forms is None:
        forms = () if any(problem.images for problem in problems) else FORMS
    check_forms(forms)
    rows = [selection.row(i) for i in range(len(problems))]
    known = {
        p.id: Known(pass_rate=row.pass_rate, n=row.n, c=row.c)
        for p, row in zip(problems, rows, strict=True)
    }
    settings = source.prompt or PromptSettings()
    written = []
    with new_folder(out) as folder:
        for name, chosen in zip(ARMS, (selection.chosen, selection.control), strict=True):
            arm = rows_of([problems[int(i)] for i in chosen], settings, known)
            write_problems(arm, folder / f"{name}.jsonl")
            written.append(folder / f"{name}.jsonl")
            for form in forms:
                written += write_format(
                    form, arm, folder / form, name, split="train", source=source.problems.name
                )
        found = WrittenSelection(
            selection,
            SetNamed(source.problems.name, source.problems.digest),
            settings,
            source.verifier,
            source.max_tokens,
            tuple(str(path.relative_to(folder)) for path in written),
        )
        text = json.dumps(found.to_dict(), indent=2, ensure_ascii=False)
        write_text(text + "\n", folder / SELECT_FILE)
    return found


# -- export


def read_source(spec: str, mapping: Mapped, *, arm: str | None, limit: int | None) -> Source:
    """What to train on: a run's problems, an arm of a selected folder, or a problem spec.

    Raises UsageError for an arm of anything but a selected folder, or an unknown arm.
    """
    selected = (Path(spec) / SELECT_FILE).is_file()
    if arm is not None and (not selected or arm not in ARMS):
        raise UsageError(
            f"arm is {arm!r} with {spec}; allowed: {', '.join(ARMS)}, with a folder that passgap "
            "select wrote"
        )
    if selected:
        return _limited(_of_selected(Path(spec), arm or "train"), limit)
    if is_run(spec):
        run = Run(spec)
        source, counts = _of_run(run), count(run)
        rates = posterior(counts).mean(P_GRID)
        known = {
            name: Known(pass_rate=float(rates[i]), n=int(counts.n[i]), c=int(counts.c[i]))
            for i, name in enumerate(counts.problem_id)
        }
        return _limited(replace(source, known=known), limit)
    return Source(resolve_problems(spec, mapping, limit=limit))


class _Selected(msgspec.Struct, frozen=True):
    """What an export needs of ``select.json``."""

    problem_set: SetNamed
    prompt: PromptSettings
    verifier: str | None
    max_tokens: int | None


def _of_selected(folder: Path, arm: str) -> Source:
    about, file = folder / SELECT_FILE, folder / f"{arm}.jsonl"
    again = "choose the problems again: passgap select RUN --out NEW"
    data = decoded(about.read_bytes(), about, _Selected, Selection.schema, again)
    if not file.is_file():
        raise RunError(f"{folder} has no file {file.name}; {again}")
    problems, known = read_problems(file)
    return Source(
        ProblemSet(f"{data.problem_set.name}, {arm}", tuple(problems)),
        data.prompt,
        data.verifier,
        data.max_tokens,
        known,
    )


def _limited(source: Source, limit: int | None) -> Source:
    if limit is None:
        return source
    if limit < 1:
        raise UsageError(f"limit is {limit}; allowed: an integer >= 1")
    kept = ProblemSet(source.problems.name, source.problems.problems[:limit])
    return replace(source, problems=kept)


def chosen_verifier(source: Source, given: str | None) -> str | None:
    """The verifier for all problems, from the command line or the run; None: each its own.

    Raises UsageError when a run was marked by one that must come from the command line.
    """
    if given is not None or source.verifier is None:
        return given
    kind = source.verifier.partition(":")[0].partition("?")[0]
    if kind in COMMAND_LINE_ONLY:
        raise UsageError(
            f"the run was verified by {source.verifier!r}, which runs code and is accepted only "
            f"from the command line: add --verifier {source.verifier!r} if you trust it"
        )
    return source.verifier


def export_job(
    trainer: str,
    source: Source,
    held_out: ProblemSet | None,
    policy: Policy,
    out: Path,
    *,
    settings: JobSettings,
    verifier: str | None,
) -> list[Path]:
    """Write the folder that a trainer runs; returns its files.

    Raises UsageError, MismatchError or RunError for what the trainer could not run, or an ``out``
    that is not empty.
    """
    asked = [*source.problems, *(held_out or ())]
    with new_folder(out) as folder:
        with closing(for_problems(asked, verifier)):
            pass  # what it needs is installed and its options are right
        files = write_job(
            trainer,
            rows_of(source.problems, policy.prompt, source.known),
            rows_of(held_out or (), policy.prompt),
            policy,
            folder,
            settings=settings,
            source=source.problems.name,
            verifier=verifier,
        )
    return [out / path.relative_to(folder) for path in files]
