"""A run on disk: manifest, problems, completion shards, outcome shards, one writer.

In: a folder (to read: any URL that fsspec opens). Out: what it holds and what is still missing. The
work is split into blocks (a span of problems x a span of draws); one shard holds one block, so an
intact shard is a finished block, and a block without one still has to be done. Nothing else needs
to be remembered to resume. ``runs.names`` lists the files.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import BinaryIO, TypeVar, get_args

import msgspec
import polars as pl

from passgap.data.completions import Block, Completion
from passgap.data.identity import digest
from passgap.data.images import Image
from passgap.data.journals import AuditMark, Call, Row
from passgap.data.outcomes import Outcome, Status
from passgap.data.problems import ProblemSet
from passgap.errors import RunError, UsageError
from passgap.runs.documents import write_json
from passgap.runs.frames import (
    COMPLETION_SCHEMA,
    EFFORT_SCHEMA,
    IMAGES_SCHEMA,
    LOGPROB_SCHEMA,
    OUTCOME_SCHEMA,
    PROBLEM_SCHEMA,
    are_of,
    completion_frame,
    must_fill,
    outcome_frame,
    problem_frame,
    problems_of,
    with_effort,
    with_readings,
)
from passgap.runs.images import read_stored, write_images
from passgap.runs.journal import lines, parse_journal
from passgap.runs.locks import locked
from passgap.runs.manifest import Manifest, Round, cut, owed_rounds, read_manifest
from passgap.runs.names import (
    ABOUT_FILE,
    AUDITS,
    CALLS_FILE,
    COMPLETIONS,
    IMAGES,
    LATEST,
    LOCK_FILE,
    LOGPROBS,
    MANIFEST_FILE,
    OUTCOMES,
    PROBLEMS_FILE,
    REASONING,
)
from passgap.runs.outcomes import OutcomesAbout
from passgap.runs.places import Place
from passgap.runs.shards import (
    EFFORT,
    STRANGE,
    ShardError,
    misfit,
    one_line,
    read_shard,
    write_shard,
)
from passgap.runs.writing import own, write_bytes, write_text

DIGEST = re.compile("[0-9a-f]{8,64}")
STATUSES: tuple[Status, ...] = get_args(Status)
Kind = TypeVar("Kind", bound=Row)


class Run:
    """A run opened for reading; ``create`` makes or resumes one."""

    def __init__(self, path: Path | str) -> None:
        self.place = path if isinstance(path, Place) else Place(path)
        if not self.place.exists(MANIFEST_FILE):
            raise UsageError(f"{self.place} is not a run folder: {_instead(str(self.place))}")
        data = self.place.read_bytes(MANIFEST_FILE)
        self.manifest = read_manifest(f"{self.place}/{MANIFEST_FILE}", data)

    def __reduce__(self) -> tuple[type[Run], tuple[str]]:
        return Run, (self.place.name,)  # another process opens it for itself

    @classmethod
    def unopened(cls, place: Place, manifest: Manifest) -> Run:
        """A run that has this manifest, whatever is on disk."""
        run = cls.__new__(cls)
        run.place, run.manifest = place, manifest
        return run

    @property
    def name(self) -> str:
        """The last part of the path or URL."""
        return self.place.name.rstrip("/").rsplit("/", 1)[-1]

    @property
    def path(self) -> Path:
        """The local folder; a UsageError for a remote run, which can only be read."""
        if self.place.local is None:
            raise UsageError(f"{self.place} can only be read; copy the run to a local folder first")
        return self.place.local

    @classmethod
    def create(
        cls, path: Path | str, manifest: Manifest, problems: ProblemSet, *, top_up: bool = False
    ) -> Run:
        """Make the folder, or resume an equal one; a different configuration is refused.

        With ``top_up`` the folder has to hold a run that differs only in n, and has a smaller one;
        the missing draws become a separate round.
        """
        folder = Place(path)
        if folder.local is None:
            raise UsageError(f"{path} is a URL; give a local folder to write a run")
        if folder.local.is_dir() and not top_up and not _begun(folder):
            refuse_other(folder.local)  # before a lock is put there
        with locked(folder.local):
            run = _resumed(folder, manifest, problems)
            if run is not None and not (run.is_blank and not top_up):
                more = owed_rounds(path, run.manifest, manifest, top_up=top_up)
                if more:
                    run.add_round(*more)
                run.repair_problems(problems)
                return run
            if top_up:
                raise UsageError(f"{path} has no run to top up; leave out --top-up")
            if run is None:
                refuse_other(folder.local)
            write_images(folder.local, problems)
            write_shard(problem_frame(problems), own(folder.local, PROBLEMS_FILE))
            _write_manifest(manifest, folder.local)
        return cls(path)

    @property
    def is_blank(self) -> bool:
        """Whether nothing was ever sampled here, so that other settings lose nothing."""
        return not self.place.names(COMPLETIONS)

    def add_round(self, *rounds: Round) -> None:
        """Add further draws to the work; the manifest is replaced atomically."""
        self.manifest = self.manifest.with_rounds(*rounds)
        _write_manifest(self.manifest, self.path)
        self.__dict__.pop("blocks", None)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the writer's lock; a second writer on the same run is refused."""
        # A file with a temporary name was being written when its writer was killed. This process
        # holds the lock, so nothing writes it now; its block has no shard and will be drawn.
        with locked(self.path):
            for torn in self.path.rglob(".*.tmp"):
                if torn.is_symlink() or not torn.is_dir():
                    torn.unlink()
            yield

    def _own(self, *names: str) -> Path:
        return own(self.path, *names)

    def log_call(self, call: Call) -> None:
        """Add to ``calls.jsonl`` what one sampling call did, and how."""
        self._write_journal([*self.calls(), call], CALLS_FILE)

    def calls(self) -> list[Call]:
        """What every sampling call did, oldest first."""
        return self._journal(CALLS_FILE, Call)

    def _journal(self, name: str, kind: type[Kind]) -> list[Kind]:
        if not self.place.exists(name):
            return []
        return parse_journal(self.place.read_bytes(name), f"{self.place}/{name}", kind)

    def _write_journal(self, rows: Sequence[Row], *names: str) -> None:
        write_bytes(lines(rows), self._own(*names))

    # -- problems and blocks

    def problems(self) -> ProblemSet:
        """The problems of the run, in the order of its blocks."""
        return self._problems

    @cached_property
    def _problems(self) -> ProblemSet:
        about = self.manifest.problem_set
        try:
            found = problems_of(self.problem_rows, self.image)
        except ValueError as error:
            raise RunError(
                f"{self.place}/{PROBLEMS_FILE} is damaged: {error}; {self._remade}"
            ) from None
        return ProblemSet(about["name"], found, about["merged"])

    def problem_columns(self, *names: str) -> pl.DataFrame:
        """Columns of the problems' file, in the set's order, without making problems of them."""
        return self.problem_rows.select(names)

    @cached_property
    def problem_rows(self) -> pl.DataFrame:
        """The problems as they are on disk, one row each; columns as in PROBLEM_SCHEMA."""
        schema = PROBLEM_SCHEMA | IMAGES_SCHEMA
        with self._opened(PROBLEMS_FILE, self._remade) as file:
            return read_shard(PROBLEMS_FILE, file, schema=schema, repair=self._remade)

    def image(self, name: str) -> Image:
        """An image of the run by its name, read when it is needed; a ValueError for other names.

        Reading it raises RunError where it is missing, a link, or another image.
        """
        return Image.named(name, partial(self._stored, name))

    def _stored(self, name: str) -> bytes:
        return read_stored(self.place, name, self._remade)

    @property
    def _remade(self) -> str:
        """What brings back a file that was made with the run."""
        verb = "import" if self.manifest.imported else "sample"
        return self._repair(f"run the passgap {verb} command that made the run again")

    def _repair(self, command: str, *files: str) -> str:
        """What repairs the run, with its ``files`` in the place of {}: only a local one can be."""
        local = self.place.local is not None
        where = str(self.place) if local else "COPY"
        typed = command.format(*(shlex.quote(where + file) for file in files))
        return typed if local else f"copy {self.place} to a local folder COPY, then {typed}"

    @contextmanager
    def _opened(self, name: str, repair: str) -> Iterator[BinaryIO]:
        try:
            file = self.place.open(name)
        except (OSError, UsageError) as error:
            if self.place.local is None and isinstance(error, UsageError):
                raise  # no fault of the shard: permission, or the way to it
            missing = isinstance(error, FileNotFoundError)
            why = "is missing" if missing else f"cannot be read ({one_line(error)})"
            raise ShardError(name, f"of {self.place} {why}", repair) from error
        with file:
            yield file

    def repair_problems(self, problems: ProblemSet) -> None:
        """Write the problems again where they or their images cannot be read or are others; the
        manifest says that they are these."""
        write_images(self.path, problems)
        try:
            _ = self.problems()
            if self.problem_ids == [problem.id for problem in problems]:
                return
        except RunError:
            pass
        for name in ("_problems", "problem_rows", "problem_ids"):
            self.__dict__.pop(name, None)
        write_shard(problem_frame(problems), self._own(PROBLEMS_FILE))

    def problem_field(self, name: str) -> list[str | None]:
        """A field of each problem's metadata as text, in the set's order; None where absent."""
        at = "$[" + json.dumps(name) + "]"
        found: list[str | None] = self.problem_rows["metadata"].str.json_path_match(at).to_list()
        return found

    def problem_fields(self) -> list[str]:
        """The names of the fields in the metadata of the problems."""
        return sorted({name for problem in self.problems() for name in problem.metadata})

    @cached_property
    def problem_ids(self) -> list[str]:
        """The ids of the problems, in the order of the set."""
        found, size = self.problem_rows["problem_id"].to_list(), self.manifest.problem_set["size"]
        if not len(found) == len(set(found)) == size:
            raise RunError(
                f"{self.place}/{PROBLEMS_FILE} has {len(set(found))} problems, but {MANIFEST_FILE} "
                f"says {size}; {self._remade}"
            )
        return found

    @cached_property
    def blocks(self) -> dict[str, Block]:
        """Every block of the run by its shard's name, in the order they are drawn."""
        return cut(self.manifest, self.problem_ids)

    def draws(self) -> dict[str, int]:
        """How many draws of each problem the finished run has."""
        total = dict.fromkeys(self.problem_ids, 0)
        for part in self.manifest.rounds:
            for row in part.rows(len(self.problem_ids)):
                total[self.problem_ids[row]] += part.draws
        return total

    def owed(self) -> dict[str, Block]:
        """The blocks whose shard is missing."""
        present = self.place.names(COMPLETIONS)
        return {name: block for name, block in self.blocks.items() if name not in present}

    def faults(self) -> dict[str, str]:
        """The completion shards that cannot be trusted: incomplete, damaged or foreign, in
        words."""
        found = {}
        for name in self.completion_names():
            try:
                self.read_completions(name, None)
            except ShardError as error:
                found[name] = error.fault
        return found

    def reject(self, name: str) -> None:
        """Move a bad shard aside; its block will be resampled."""
        self._own(COMPLETIONS, name).rename(self._own(COMPLETIONS, f"{name}.rejected"))

    def _forget_derived(self, name: str) -> None:
        for kind in (OUTCOMES, LOGPROBS):
            for derived in self._own(kind).glob(f"*/{name}"):
                self._own(kind, derived.parent.name, name).unlink()

    # -- completions and outcomes

    def add_completions(self, name: str, completions: Sequence[Completion]) -> None:
        """Write one block: all of its (problem, draw) pairs, each once."""
        self.land_completions(name, completion_frame(completions))

    def land_completions(self, name: str, frame: pl.DataFrame) -> None:
        """Write one block, from an engine or an importer, as a frame.

        Its columns are ``problem_id``, ``draw``, ``text``, ``finish_reason`` (null where unknown),
        ``token_count`` (0 where unknown), optionally ``token_ids`` and ``logprob``, and for
        trajectories ``turns`` and ``cost`` in US dollars (null where unknown); others are ignored.
        Raises WorkError if its (problem, draw) pairs are not those of the block, each once.
        """
        must_fill(self.blocks[name], name, frame)
        unknown = {"token_ids": pl.lit([], pl.List(pl.Int32)), "logprob": pl.lit(float("nan"))}
        whole = frame.with_columns(
            **{column: value for column, value in unknown.items() if column not in frame.columns}
        )
        self._forget_derived(name)
        effort = {c: t for c, t in EFFORT_SCHEMA.items() if c in frame.columns}
        kinds = COMPLETION_SCHEMA | effort
        shard = whole.select(pl.col(c).cast(t) for c, t in kinds.items())
        self._write_shard(shard, COMPLETIONS, name)

    def _write_shard(self, frame: pl.DataFrame, *names: str) -> None:
        write_shard(frame, self._own(*names), about=self.about(names[-1]))

    def land_outcomes(self, verifier_digest: str, name: str, frame: pl.DataFrame) -> None:
        """Write the outcomes of one block from a frame with the columns of OUTCOME_SCHEMA."""
        must_fill(self.blocks[name], name, frame)
        shard = with_readings(frame).select(pl.col(c).cast(t) for c, t in OUTCOME_SCHEMA.items())
        self._write_shard(shard, OUTCOMES, verifier_digest, name)

    def about(self, name: str) -> dict[str, object]:
        """What a shard of this name has to say that it is about."""
        block = self.blocks[name]
        return {
            "distribution": self._distribution,
            "problems": block.problems,
            "first_draw": block.first_draw,
            "draws": block.size,
        }

    @cached_property
    def _distribution(self) -> str:
        return digest(self.manifest.distribution())  # no round changes it

    def completion_names(self) -> list[str]:
        """The names of the shards present, in block order."""
        present = self.place.names(COMPLETIONS)
        return [name for name in self.blocks if name in present]

    def read_completions(self, name: str, columns: Sequence[str] | None) -> pl.DataFrame:
        """Columns of one shard (None: all), checked as they are read."""
        verb, again = (
            ("import", "") if self.manifest.imported else ("sample", " to sample it again")
        )
        redo = self._repair(f"rerun the passgap {verb} command that made the run{again}")
        return self._read((COMPLETIONS,), name, COMPLETION_SCHEMA, redo, columns=columns)

    def has_effort(self) -> bool:
        """Whether the completions are trajectories with turns or costs, by the first shard."""
        names = self.completion_names() if self.manifest.imported else []
        return bool(names) and set(EFFORT) <= set(self._effort(names[0]).columns)

    def read_effort(self, name: str) -> pl.DataFrame:
        """The turns of one shard's draws and their cost in US dollars; null where unknown."""
        return with_effort(self._effort(name))

    def _effort(self, name: str) -> pl.DataFrame:
        columns = ["problem_id", "draw", "finish_reason", *EFFORT]
        redo = self._repair("rerun the passgap import command that made the run")
        schema = COMPLETION_SCHEMA | EFFORT_SCHEMA
        return self._read((COMPLETIONS,), name, schema, redo, columns=columns)

    def _read(
        self,
        folder: tuple[str, ...],
        name: str,
        schema: dict[str, pl.DataType],
        redo: str,
        *,
        columns: Sequence[str] | None = None,
        whole: bool = True,
    ) -> pl.DataFrame:
        """Columns of a shard, with the pairs of its block: all of them if it is ``whole``."""
        about, block = self.about(name), self.blocks[name]
        with self._opened("/".join((*folder, name)), redo) as file:
            frame = read_shard(name, file, columns=columns, about=about, schema=schema, repair=redo)
        keyed = {"problem_id", "draw"} <= set(frame.columns)
        if (whole and len(frame) != block.completions) or (keyed and not are_of(block, frame)):
            raise ShardError(name, "has other samples than its batch", redo)
        return frame

    def bad_outcomes(self, verifier_digest: str) -> dict[str, str]:
        """The outcome shards of a verifier that cannot be trusted, in words."""
        found = {}
        for name in sorted(self.outcome_names(verifier_digest)):
            try:
                self.read_outcomes(verifier_digest, name)
            except ShardError as error:
                found[name] = error.fault
        return found

    def reject_outcomes(self, verifier_digest: str, name: str) -> None:
        """Move bad outcomes aside; they will be scored again."""
        here = (OUTCOMES, verifier_digest)
        self._own(*here, name).rename(self._own(*here, f"{name}.rejected"))

    def outcome_names(self, verifier_digest: str) -> set[str]:
        """The shards that one verifier has marked."""
        return self.place.names("/".join(_marks_of(verifier_digest))) & set(self.blocks)

    def read_outcomes(
        self, verifier_digest: str, name: str, columns: Sequence[str] | None = None
    ) -> pl.DataFrame:
        """The outcomes of one shard: columns of OUTCOME_SCHEMA (None: all), checked as they are
        read."""
        folder = _marks_of(verifier_digest)
        redo = self._repair("run passgap verify {} to score it again", "")
        frame = self._read(folder, name, OUTCOME_SCHEMA, redo, columns=columns, whole=False)
        short = len(frame) != self.blocks[name].completions
        if short and not self.outcomes_about(verifier_digest).correct_by:  # a judge marks some
            raise ShardError(name, "has fewer outcomes than its batch has samples", redo)
        if "status" in frame.columns and not frame["status"].is_in(STATUSES).all():
            raise ShardError(name, "has a status that does not exist", redo)
        return with_readings(frame) if columns is None else frame

    def add_outcomes(
        self, verifier_digest: str, name: str, rows: Sequence[tuple[str, int, Outcome]]
    ) -> None:
        """Write the outcomes of one completion shard under the verifier's digest."""
        self._write_shard(outcome_frame(rows), OUTCOMES, verifier_digest, name)

    def verifier_digest(self) -> str:
        """The verifier this run was marked by last.

        Raises UsageError if it is not verified yet, RunError if the file has no digest.
        """
        found = self.latest_verifier()
        if found is None:
            raise UsageError(f"{self.place} is not verified yet; run: passgap verify {self.place}")
        return found

    def latest_verifier(self) -> str | None:
        """The same, None where the run is not verified yet."""
        return self._digest_in(LATEST)

    def reasoning_digest(self) -> str | None:
        """The verifier that marked this run's reasoning last, None if there is none."""
        return self._digest_in(REASONING)

    def _digest_in(self, name: str) -> str | None:
        """A digest that the run names; anything else would become part of a path."""
        if not self.place.exists(f"{OUTCOMES}/{name}"):
            return None
        found = self.place.read_text(f"{OUTCOMES}/{name}").strip()
        if not DIGEST.fullmatch(found):
            again = "remove the file and verify the run again: rm {} && passgap verify {}"
            raise RunError(
                f"{self.name} names the outcomes {found[:40]!r}, which is not a digest; "
                f"{self._repair(again, f'/{OUTCOMES}/{name}', '')}"
            )
        return found

    def set_verifier_digest(self, verifier_digest: str, *, of_reasoning: bool = False) -> None:
        """Make these outcomes the ones that count."""
        name = REASONING if of_reasoning else LATEST
        write_text(verifier_digest + "\n", self._own(OUTCOMES, name))

    def outcomes_about(self, verifier_digest: str) -> OutcomesAbout:
        """What was recorded about a verifier's outcomes, empty without; RunError if damaged."""
        name = "/".join((*_marks_of(verifier_digest), ABOUT_FILE))
        if not self.place.exists(name):
            return OutcomesAbout()
        try:
            about = msgspec.json.decode(self.place.read_bytes(name), type=OutcomesAbout)
            _marks_of(about.correct_by or verifier_digest)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, RunError) as error:
            again = "remove it and verify the run again: rm {} && passgap verify {}"
            raise RunError(
                f"{self.place}/{name} is damaged ({error}); {self._repair(again, f'/{name}', '')}"
            ) from error
        return about

    def verifier_digests(self) -> list[str]:
        """Every verifier that marked any of this run, except judges of the reasoning."""
        found = filter(DIGEST.fullmatch, self.place.names(OUTCOMES))
        return [d for d in sorted(found) if not self.outcomes_about(d).correct_by]

    def marked_by(self, verifier_digest: str) -> str:
        """What made these outcomes: a source's label, a verifier's spec, or the problems' own."""
        about = self.outcomes_about(verifier_digest)
        if about.source:
            return about.source.label
        specs = sorted(set(self.problem_rows["verifier"]))
        return about.verifier or ", ".join(specs)

    def set_outcomes_about(self, verifier_digest: str, about: OutcomesAbout) -> None:
        """Record which verifier has this digest and what it reports about the problems."""
        path = self._own(OUTCOMES, verifier_digest, ABOUT_FILE)
        write_json(path, msgspec.to_builtins(about))

    def audit_marks(self, verifier_digest: str) -> list[AuditMark]:
        """A person's marks of completions that this verifier accepted, oldest first."""
        return self._journal(f"{AUDITS}/{verifier_digest}.jsonl", AuditMark)

    def set_audit_marks(self, verifier_digest: str, marks: Sequence[AuditMark]) -> None:
        """Save these marks, replacing the earlier ones."""
        self._write_journal(marks, AUDITS, f"{verifier_digest}.jsonl")

    def logprob_names(self, policy_digest: str) -> set[str]:
        """The shards scored under another policy."""
        return self.place.names(f"{LOGPROBS}/{policy_digest}") & set(self.blocks)

    def read_logprobs(self, policy_digest: str, name: str) -> pl.DataFrame:
        """Log-probabilities under another policy; columns as in LOGPROB_SCHEMA."""
        redo = self._repair("run passgap reach again after: rm -r {}", f"/{LOGPROBS}")
        return self._read((LOGPROBS, policy_digest), name, LOGPROB_SCHEMA, redo)

    def add_logprobs(
        self, policy_digest: str, name: str, rows: Sequence[tuple[str, int, float]]
    ) -> None:
        """Write log-probabilities (nats) of one shard's completions under another policy."""
        frame = pl.DataFrame(rows, schema=LOGPROB_SCHEMA, orient="row")
        self._write_shard(frame, LOGPROBS, policy_digest, name)

    def scan_completions(self) -> pl.LazyFrame:
        """All completions, lazily and unchecked; columns as in COMPLETION_SCHEMA."""
        names = [f"{COMPLETIONS}/{name}" for name in self.completion_names()]
        return self._scan(names, COMPLETION_SCHEMA)

    def _scan(self, names: Sequence[str], schema: dict[str, pl.DataType]) -> pl.LazyFrame:
        return self.place.scan(names) if names else pl.LazyFrame(schema=schema)

    def collected(self, frame: pl.LazyFrame) -> pl.DataFrame:
        """What a scan gives; a RunError where a shard of this run is damaged, or a column is not
        as the schemas have it."""
        try:
            found = frame.collect()
            known = {
                k: v for k, v in (COMPLETION_SCHEMA | OUTCOME_SCHEMA).items() if k in found.columns
            }
            wrong = misfit(found, known, found.columns)
        except (*STRANGE, OSError) as error:
            wrong = one_line(error)
        if not wrong:
            return found
        for name in self.completion_names():  # which one it is, and what repairs it
            self.read_completions(name, None)
        for key in self.verifier_digests():
            for name in self.outcome_names(key):
                self.read_outcomes(key, name)
        raise RunError(f"{self.place} cannot be read ({wrong})")

    def scan_outcomes(self, verifier_digest: str) -> pl.LazyFrame:
        """All outcomes under one verifier, lazily and unchecked; columns as in OUTCOME_SCHEMA."""
        present = self.outcome_names(verifier_digest)
        for name in present:
            if not self.place.exists(f"{OUTCOMES}/{verifier_digest}/{name}"):
                self.read_outcomes(verifier_digest, name)  # says what repairs it
        names = [f"{OUTCOMES}/{verifier_digest}/{name}" for name in self.blocks if name in present]
        return self._scan(names, OUTCOME_SCHEMA)


def opened(run: Run | Path | str) -> Run:
    """A run, or the run at a path or URL; UsageError for anything else."""
    if isinstance(run, str | Path):
        return Run(run)
    if not isinstance(run, Run):
        raise UsageError(f"a {type(run).__name__} is no run; give a passgap.Run or its folder")
    return run


def _begun(folder: Place) -> bool:
    """Whether there is a run, or what is left of one."""
    return folder.exists(MANIFEST_FILE) or bool(folder.names(COMPLETIONS))


def _resumed(folder: Place, manifest: Manifest, problems: ProblemSet) -> Run | None:
    """The run in a folder; where its manifest is lost or damaged but every shard is of the asked
    one, that is written again."""
    damaged: RunError | None = None
    if folder.exists(MANIFEST_FILE):
        try:
            return Run(folder.name)
        except RunError as error:
            damaged = error
    names = [name for name in folder.names(COMPLETIONS) if name.endswith(".parquet")]
    if not names and damaged is None:
        return None
    run = Run.unopened(folder, manifest)
    run.__dict__["problem_ids"] = [problem.id for problem in problems]
    whole = set(run.completion_names()) - set(run.faults())
    if not names or set(names) != whole:
        if damaged is None:
            return None
        raise damaged
    _write_manifest(manifest, run.path)
    run.repair_problems(problems)
    return Run(folder.name)


def _marks_of(verifier_digest: str) -> tuple[str, str]:
    """The folder of a verifier's outcomes; anything but a digest would become part of a path."""
    if not DIGEST.fullmatch(verifier_digest):
        raise RunError(f"the outcomes {verifier_digest[:40]!r} are not named by a digest")
    return OUTCOMES, verifier_digest


def _write_manifest(manifest: Manifest, folder: Path) -> None:
    write_json(own(folder, MANIFEST_FILE), manifest.to_dict())


def refuse_other(folder: Path) -> None:
    """Refuse (RunError) a folder with a file that an early interrupted run cannot have left."""
    names = sorted(path.name for path in folder.iterdir() if path.suffix != ".tmp")
    other = [name for name in names if name not in (LOCK_FILE, PROBLEMS_FILE, IMAGES)]
    if other:
        raise RunError(f"{folder} is not empty and not a run ({other[0]}); give another --out")


def _instead(place: str) -> str:
    """What a place is if it is not a run folder, and which commands take it."""
    if "://" in place:
        return f"it has no {MANIFEST_FILE}; check the bucket and the folder in the address"
    if not Path(place).is_file():
        return f"it has no {MANIFEST_FILE}"
    return (
        "it is a file. Counts and tables of marked samples can be given to probe, compare, plan "
        f"and report; passgap import table {place} --out RUN makes a run from a table with texts"
    )
