"""``passgap import``: another tool's log becomes a run; two logs give a verdict."""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from passgap.cli import flags
from passgap.cli.command import argument, command, flag
from passgap.cli.flags import AnswerField, Mapping, QuestionField, VerifierName
from passgap.cli.printing import print_among
from passgap.cli.progress import command_line
from passgap.errors import UsageError
from passgap.plain import json_text, visible

if TYPE_CHECKING:
    from passgap.data.problems import ProblemSet
    from passgap.logs import Asked, Found, Imported, ImportedCounts
    from passgap.results.comparison import Comparison

AGAIN = (
    "import it again into another --out with --problems FILE, which has the references (add "
    "--mapping BENCHMARK if the file is a benchmark's own), and run passgap verify on that"
)
LARGE = 32 << 20  # bytes of both logs from which a second process pays off


@dataclass(frozen=True, kw_only=True)
class LogFlags:
    """What the log's fields mean"""

    label: Annotated[
        str | None,
        flag("The scorer, metric, reward or field that says which samples are correct.", "NAME"),
    ] = None
    correct_if: Annotated[
        str | None,
        flag("Condition for correct, such as 'score>=1', for partial credit.", "CONDITION"),
    ] = None
    id_field: Annotated[str | None, flag("Field with the source's own problem id.", "NAME")] = None
    question_field: QuestionField = None
    answer_field: AnswerField = None
    text_field: Annotated[
        str | None, flag("Field with the completion, or a list of them.", "NAME")
    ] = None
    where: Annotated[
        list[str] | None,
        flag("table, counts: read only the rows with this value; repeatable.", "FIELD=VALUE"),
    ] = None
    filter: Annotated[str | None, flag("lm-eval: read only the lines of this filter.", "NAME")] = (
        None
    )
    step: Annotated[int | None, flag("Dumps of a training: the step to read.")] = None


@dataclass(frozen=True, kw_only=True)
class MatchFlags:
    """Problems, if the log does not contain them"""

    problems: Annotated[
        str | None, flag("The problems that the log's completions answer.", "PROBLEMS")
    ] = None
    leave_out_unmatched: Annotated[
        bool, flag("Leave out completions that belong to none of --problems.")
    ] = False
    mapping: Mapping = None
    verifier: VerifierName = None

    def resolved(self) -> ProblemSet | None:
        """The problems that were named."""
        from passgap.problems import Mapped
        from passgap.stages.resolving import resolve_problems
        from passgap.verifiers import get_verifier

        if self.verifier is not None:
            get_verifier(self.verifier)
        if self.problems is None:
            if self.mapping is not None:
                raise UsageError("--mapping needs --problems FILE; give both or neither")
            return None
        mapped = Mapped(None, None, self.verifier or "math", self.mapping)
        return resolve_problems(self.problems, mapped)


@dataclass(frozen=True, kw_only=True)
class SettingFlags:
    """How it was sampled, if the log does not say"""

    temperature: Annotated[float | None, flag("Sampling temperature.")] = None
    top_p: Annotated[float | None, flag("Nucleus sampling.")] = None
    top_k: Annotated[int | None, flag("Number of most likely tokens kept.")] = None
    max_tokens: Annotated[int | None, flag("Largest number of new tokens per completion.")] = None

    def said(self) -> dict[str, float]:
        """Those that were given, by name."""
        return {name: value for name, value in vars(self).items() if value is not None}


@command(
    shown="out trained policy json label correct-if id-field question-field answer-field "
    "text-field where problems verifier temperature"
)
def import_(
    log: Annotated[
        list[str],
        argument(
            "[FORMAT] PATH...",
            "A log file, several files of one log, or its folder. FORMAT: lm-eval, inspect, "
            "lighteval, nemo-skills, verl, trl, human-eval, evalplus, verifiers, opencompass, "
            "qwen-math, livecodebench, harbor, terminal-bench, tau2, tinker, skyrl, nemo-rl, "
            "slime, ms-swift, open-instruct, evalscope, promptfoo, helm, lmms-eval, vlmevalkit, "
            "table (declared fields), counts; guessed when left out.",
        ),
    ],
    fields: LogFlags,
    match: MatchFlags,
    settings: SettingFlags,
    out: Annotated[
        str,
        flag(
            "Run folder to write; with --trained, the folder for both; for counts, a file.", "DIR"
        ),
    ],
    trained: Annotated[
        list[str] | None,
        flag("The trained policy's log: both are imported and compared; repeatable.", "PATH"),
    ] = None,
    policy: Annotated[
        str | None, flag("The policy that was sampled, if the log does not say.")
    ] = None,
    json_: flags.Json = False,
) -> None:
    """Import another tool's log as a run: its samples, with its labels as outcomes.

    Every command reads the run; ``passgap verify RUN --verifier math`` re-scores it and shows how
    the two verifiers agree. With --trained, a second log is imported too and the two are compared.

    Example: passgap import nemo-skills logs/base --trained logs/rl --out runs/aime
    """
    from passgap.logs import FORMATS, find_log

    named, paths = (log[0], log[1:]) if log[0] in FORMATS and len(log) > 1 else (None, log)
    if named is None and fields.text_field is not None:
        named = "table"  # the only format whose fields are declared
    asked = _asked(fields, match, settings, policy)
    base = find_log(FORMATS, named, paths)
    if trained is None:
        _print(_imported(base, out, asked), json_)
        return
    if policy is not None:
        raise UsageError(f"--policy {policy!r} with --trained; allowed: only one of them")
    other = find_log(FORMATS, named or base.format.name, trained)
    first, second = ({path.resolve() for path in found.files} for found in (base, other))
    if first == second:
        raise UsageError(
            f"{trained[0]} is also the base's log; if one file has both policies, import each "
            "with its own --where FIELD=VALUE and compare the two"
        )
    ending = ".csv" if base.format.name == "counts" else ""
    places = {role: str(Path(out) / f"{role}{ending}") for role in ("base", "trained")}
    _compare(_imported_both([base, other], list(places.values()), asked), json_)


def _asked(
    fields: LogFlags, match: MatchFlags, settings: SettingFlags, policy: str | None
) -> Asked:
    """What the user says about the log, for its importer."""
    from passgap.logs import Asked, parse_condition

    return Asked(
        problems=match.resolved(),
        leave_out_unmatched=match.leave_out_unmatched,
        id_field=fields.id_field,
        question_field=fields.question_field,
        answer_field=fields.answer_field,
        text_field=fields.text_field,
        label=fields.label,
        correct_if=None if fields.correct_if is None else parse_condition(fields.correct_if),
        filter=fields.filter,
        where=tuple(_pair(one) for one in fields.where or ()),
        step=fields.step,
        verifier=match.verifier if match.problems is None else None,
        policy=policy,
        sampling=settings.said(),
    )


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"--where {text!r}; allowed: FIELD=VALUE")
    return name, value


def _imported(found: Found, out: str, asked: Asked) -> Imported | ImportedCounts:
    from passgap.logs import import_found

    if found.guessed:
        print(f"read as {found.format.name} ({found.format.summary})", file=sys.stderr)
    return import_found(found, out, asked, command=command_line())


def _imported_both(
    found: list[Found], places: list[str], asked: Asked
) -> list[Imported | ImportedCounts]:
    """Both logs: large ones at the same time, in a process each."""
    size = sum(file.stat().st_size for one in found for file in one.files)
    if size < LARGE:
        return [_imported(*each, asked) for each in zip(found, places, strict=True)]
    with ProcessPoolExecutor(len(found), mp_context=get_context("spawn")) as pool:
        results = pool.map(_imported, found, places, [asked] * len(found))
        import passgap.analysis  # brings scipy, while the two are read
        import passgap.checks  # noqa: F401

        return list(results)


def _print(result: Imported | ImportedCounts, json_: bool) -> None:
    from passgap.results.settings import K_LARGE, K_SMALL

    if json_:
        print(json_text(result.to_dict()))
        return
    verify = f"passgap verify {result.place}"
    print(visible(result))
    few = result.least
    if result.marked and few < K_LARGE:
        then = f"; with fewer it extrapolates: passgap probe {result.place}"
        print(
            f"n = {few}: probe needs {K_LARGE} samples per problem and compare 128"
            + (then if few >= K_SMALL else "")
        )
    elif not result.marked and not result.anew:
        print(f"next: {AGAIN}")
    elif not result.marked:
        print(f"next: {verify}")
    elif result.anew:
        print(f"next: passgap probe {result.place}, or re-score it: {verify}")
    else:
        print(f"next: passgap probe {result.place}")


def _judged(base: str, trained: str) -> Comparison:
    """The comparison; if it is refused, the imported runs are kept, and the message says so."""
    from passgap.evidence.doors import compare

    try:
        return compare(base, trained)
    except UsageError as error:
        raise UsageError(
            f"both are imported and kept, but passgap compare {base} {trained} says: {error}"
        ) from error


def _compare(pair: list[Imported | ImportedCounts], json_: bool) -> None:
    """The verdict, as ``passgap compare`` gives it, after a report of what was imported."""
    from passgap.analysis.alone.sampling_alone import NOT_AT_HAND
    from passgap.checks import check
    from passgap.runs import Run, is_run
    from passgap.show import print_result

    for result in pair:
        print(visible(result), file=sys.stderr if json_ else sys.stdout)
    base, trained = (result.place for result in pair)
    unmarked = next((result for result in pair if not result.marked), None)
    if unmarked is not None:
        then = f"run passgap verify {base} {trained} and then passgap compare {base} {trained}"
        raise UsageError(
            f"{unmarked.place} is imported, but its source does not mark its samples; "
            f"{then if unmarked.anew else AGAIN}"
        )
    runs = [Run(place) for place in (base, trained) if is_run(place)]
    with ThreadPoolExecutor(1) as beside:
        checking = beside.submit(check, *runs) if runs else None
        judged = _judged(base, trained)
        checks = [checking.result()] if checking else []
    if json_:
        print(json_text({**judged.to_dict(), "checks": [one.to_dict() for one in checks]}))
        return
    if runs:  # the last line says where it is
        told = tuple(note for note in judged.notes if note != NOT_AT_HAND)
        judged = replace(judged, notes=told)
    print_among(checks, lambda: print_result(judged))
    if runs:
        print(f"for majority votes and what sampling alone gives: passgap compare {base} {trained}")
