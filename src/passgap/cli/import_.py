"""``passgap import``: another tool's log becomes a run; two logs give a verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from passgap.cli import flags
from passgap.cli.command import argument, command, flag
from passgap.cli.flags import AnswerField, Mapping, QuestionField, VerifierName
from passgap.cli.importing import (
    compare_imported,
    finish_each,
    finish_every,
    import_each,
    import_every,
    imported,
    imported_all,
    places_of,
    print_imported,
    refuse_shared,
)
from passgap.errors import UsageError

if TYPE_CHECKING:
    from passgap.data.problems import ProblemSet
    from passgap.logs import Asked


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
        flag(
            "Read only the rows with this value; repeatable.",
            "FIELD=VALUE",
        ),
    ] = None
    pool: Annotated[
        list[str] | None,
        flag(
            "Field whose values are all of one policy, though it looks as if it told several "
            "apart ('file': the files given); repeatable.",
            "FIELD",
        ),
    ] = None
    rows: Annotated[
        str | None,
        flag("table: the key under which a JSON object has the rows, such as 'results'.", "KEY"),
    ] = None
    n_field: Annotated[
        str | None, flag("counts: the field with the number of samples.", "NAME")
    ] = None
    c_field: Annotated[
        str | None, flag("counts: the field with the number of correct samples.", "NAME")
    ] = None
    failed_field: Annotated[
        str | None,
        flag("counts: the field with the number of failed samples, where there is no n.", "NAME"),
    ] = None
    filter: Annotated[str | None, flag("lm-eval: read only the lines of this filter.", "NAME")] = (
        None
    )
    step: Annotated[
        int | None, flag("Dumps of a training, and tables with a step: the step to read.")
    ] = None


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
    shown="out trained each policy verify json label correct-if id-field question-field "
    "answer-field text-field where problems verifier temperature"
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
            "Run folder to write; with --trained or --each, the folder for all; for counts, a "
            "file.",
            "DIR",
        ),
    ],
    trained: Annotated[
        list[str] | None,
        flag(
            "A trained policy's log: imported and compared, too. Repeatable: each is a checkpoint "
            "of its own, in order.",
            "PATH",
        ),
    ] = None,
    each: Annotated[
        bool,
        flag(
            "Import every log of the folder as a run of its own, such as one per benchmark, and "
            "every policy of a log that has several, such as its checkpoints."
        ),
    ] = False,
    policy: Annotated[
        str | None, flag("The policy that was sampled, if the log does not say.")
    ] = None,
    verify: Annotated[
        str | None,
        flag("Verify the imported samples at once by this verifier, as passgap verify.", "SPEC"),
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
    if named is None and (fields.n_field or fields.c_field or fields.failed_field):
        named = "counts"
    if verify is not None:
        from passgap.verifiers import get_verifier

        get_verifier(verify)
    asked = _asked(fields, match, settings, policy)
    if trained and policy is not None:
        raise UsageError(f"--policy {policy!r} with --trained; allowed: only one of them")
    if each and trained:
        finish_each(import_each(named, paths, trained, out, asked), out, verify, json_)
        return
    if each:
        finish_every(import_every(named, paths, out, asked), verify, json_)
        return
    base = find_log(FORMATS, named, paths, asked=asked)
    if not trained:
        print_imported(imported(base, out, asked), verify, json_)
        return
    others = [find_log(FORMATS, named or base.format.name, [one], asked=asked) for one in trained]
    refuse_shared([base, *others], [str(paths[0]), *trained])
    places = places_of(out, trained, ending=".csv" if base.format.name == "counts" else "")
    compare_imported(imported_all(imported, [base, *others], places, asked), verify, json_)


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
        pool=tuple(fields.pool or ()),
        rows=fields.rows,
        n_field=fields.n_field,
        c_field=fields.c_field,
        failed_field=fields.failed_field,
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
