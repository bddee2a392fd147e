"""A run on disk: manifest, problems, completion shards, outcome shards, one writer.

In: a folder (to read: any URL that fsspec opens). Out: what it holds and what it still owes. The
work list is cut into blocks (a span of problems x a span of draws); one shard holds one block, so
a sound shard is a block done and a block without one is owed, whole. Nothing else needs to be
remembered to resume.

    manifest.json   problems.parquet   calls.jsonl   writer.lock
    completions/part-PPPPP-DDDDDD.parquet
    outcomes/<verifier digest>/part-PPPPP-DDDDDD.parquet
    outcomes/<verifier digest>/about.json   which verifier that is, and the references it refuses
    outcomes/latest             the digest of the verifier that marked it last
    outcomes/reasoning          the digest of the one that marked the reasoning last
    audits/<verifier digest>.jsonl          a person's marks
    logprobs/<policy digest>/part-PPPPP-DDDDDD.parquet
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from passgap.data.completions import Block, Completion
from passgap.data.identity import digest
from passgap.data.outcomes import Outcome
from passgap.data.problems import Problem, ProblemSet
from passgap.errors import RunError, UsageError, WorkError
from passgap.runs.manifest import Manifest, Round, cut, differing_keys, read_manifest
from passgap.runs.places import Place
from passgap.runs.shards import ShardError, read_shard, write_shard, write_text

LATEST, REASONING = "latest", "reasoning"
COMPLETION_SCHEMA: dict[str, Any] = {
    "problem_id": pl.String,
    "draw": pl.Int32,
    "text": pl.String,
    "token_ids": pl.List(pl.Int32),
    "token_count": pl.Int32,
    "finish_reason": pl.String,
    "logprob": pl.Float64,
}
READINGS = pl.Struct(
    {
        "asked": pl.String,
        "any": pl.String,
        "form": pl.String,
        "run_on": pl.Boolean,
        "thinking": pl.String,
    }
)
OUTCOME_SCHEMA: dict[str, Any] = {
    "problem_id": pl.String,
    "draw": pl.Int32,
    "status": pl.String,
    "extracted": pl.String,
    "reason": pl.String,
    "readings": READINGS,  # null where the verifier reads a text in one way only
}
LOGPROB_SCHEMA: dict[str, Any] = {
    "problem_id": pl.String,
    "draw": pl.Int32,
    "logprob": pl.Float64,
}


class Run:
    """A run opened for reading; ``create`` makes or resumes one."""

    def __init__(self, path: Path | str) -> None:
        self.place = path if isinstance(path, Place) else Place(path)
        if not self.place.exists("manifest.json"):
            raise UsageError(f"{self.place} is not a run folder: it has no manifest.json")
        self.manifest = self._read_manifest()

    @property
    def name(self) -> str:
        """The last part of the path or URL."""
        return self.place.name.rstrip("/").rsplit("/", 1)[-1]

    @property
    def path(self) -> Path:
        """The local folder.

        Raises
        ------
        UsageError
            For a run that lies elsewhere: such a run is only read.
        """
        if self.place.local is None:
            raise UsageError(f"{self.place} is only read; copy the run to a local folder first")
        return self.place.local

    @classmethod
    def create(
        cls, path: Path | str, manifest: Manifest, problems: ProblemSet, *, top_up: bool = False
    ) -> Run:
        """Make the folder, or take up an equal one; a different configuration is refused.

        With ``top_up`` the folder has to hold a run that differs in n alone, and a smaller one;
        the missing draws become a round of their own.
        """
        folder = Place(path)
        if folder.local is None:
            raise UsageError(f"{path} is a URL; a run is written to a local folder")
        with _lock(folder.local):
            if folder.exists("manifest.json"):
                run = cls(path)
                run._top_up(manifest) if top_up else run._must_equal(manifest)
                return run
            if top_up:
                raise UsageError(f"{path} holds no run to top up; leave --top-up out")
            if not all(_left_by_a_kill(p) for p in folder.local.iterdir()):
                raise RunError(f"{path} is not empty and not a run; give another --out")
            write_shard(_problem_frame(problems), folder.local / "problems.parquet")
            _write_manifest(manifest, folder.local)
        return cls(path)

    def _must_equal(self, manifest: Manifest, *, but: Sequence[str] = ()) -> None:
        old, new = self.manifest.identity(), manifest.identity()
        for key in but:
            del old[key], new[key]
        differing = differing_keys(old, new)
        if differing:
            only_n = [line.split(":")[0] for line in differing] == ["n"]
            more = only_n and manifest.n > self.manifest.n and self.manifest.design == "fixed"
            raise RunError(
                f"{self.place} holds another configuration ({'; '.join(differing)}); use the same "
                f"settings to resume it, {'--top-up to add draws, ' if more else ''}or another "
                "--out"
            )

    def _top_up(self, manifest: Manifest) -> None:
        self._must_equal(manifest, but=("n",))
        if manifest.n < self.manifest.n:
            raise UsageError(
                f"n is {manifest.n}, but {self.place} already has n={self.manifest.n}; allowed: "
                "more than that"
            )
        if self.manifest.design == "adaptive":
            raise UsageError(
                f"{self.place} was drawn adaptively, where n follows the outcomes; sample a fixed "
                "n into another --out"
            )
        if manifest.n > self.manifest.n:
            asked = manifest.rounds[0]
            more = Round.of(
                max(r.end for r in self.manifest.rounds),
                manifest.n - self.manifest.n,
                block_size=asked.block_problems * asked.block_draws,
            )
            self.add_round(more)

    def add_round(self, *rounds: Round) -> None:
        """Owe further draws; the manifest is replaced as a whole."""
        self.manifest = self.manifest.with_rounds(*rounds)
        _write_manifest(self.manifest, self.path)
        self.__dict__.pop("blocks", None)

    def _read_manifest(self) -> Manifest:
        return read_manifest(f"{self.place}/manifest.json", self.place.read_text("manifest.json"))

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the writer's lock; a second writer on the same run is refused."""
        with _lock(self.path):
            for torn in self.path.rglob(".*.tmp"):
                torn.unlink()
            yield

    def log_call(self, entry: Mapping[str, Any]) -> None:
        """Add to ``calls.jsonl`` what one sampling call did, and with what."""
        file = self.path / "calls.jsonl"
        before = file.read_text(encoding="utf-8") if file.exists() else ""
        write_text(before + json.dumps(dict(entry), ensure_ascii=False) + "\n", file)

    def calls(self) -> list[dict[str, Any]]:
        """What every sampling call did, oldest first."""
        if not self.place.exists("calls.jsonl"):
            return []
        return _json_lines(self.place.read_text("calls.jsonl"))

    # -- problems and blocks

    def problems(self) -> ProblemSet:
        """The problems of the run, in the order of its blocks."""
        problems = [
            Problem(r["question"], r["reference"], r["verifier"], json.loads(r["metadata"]))
            for r in self._problem_rows.iter_rows(named=True)
        ]
        name, merged = self.manifest.problem_set["name"], self.manifest.problem_set["merged"]
        return ProblemSet(str(name), tuple(problems), int(merged))

    @cached_property
    def _problem_rows(self) -> pl.DataFrame:
        with self.place.open("problems.parquet") as file:
            return read_shard("problems.parquet", file)

    @cached_property
    def problem_ids(self) -> list[str]:
        """The ids of the problems, in the order of the set."""
        return self._problem_rows["problem_id"].to_list()

    @cached_property
    def blocks(self) -> dict[str, Block]:
        """Every block of the run by its shard's name, in the order they are drawn."""
        return cut(self.manifest, self.problem_ids)

    def draws(self) -> dict[str, int]:
        """How many draws of each problem the run holds when nothing is owed."""
        total = dict.fromkeys(self.problem_ids, 0)
        for part in self.manifest.rounds:
            for row in part.rows(len(self.problem_ids)):
                total[self.problem_ids[row]] += part.draws
        return total

    def owed(self) -> dict[str, Block]:
        """The blocks whose shard is missing."""
        present = self.place.names("completions")
        return {name: block for name, block in self.blocks.items() if name not in present}

    def faults(self) -> dict[str, str]:
        """The completion shards that cannot be trusted: torn, damaged or foreign, in words."""
        found = {}
        for name in self.completion_names():
            try:
                self.read_completions(name, None)
            except ShardError as error:
                found[name] = error.fault
        return found

    def reject(self, name: str) -> None:
        """Set a shard that cannot be trusted aside; its block is owed again."""
        shard = self.path / "completions" / name
        shard.rename(shard.with_name(f"{name}.rejected"))

    def _forget_derived(self, name: str) -> None:
        for derived in self.path.glob(f"*/*/{name}"):
            derived.unlink()

    # -- completions and outcomes

    def add_completions(self, name: str, completions: Sequence[Completion]) -> None:
        """Land one block: all of its (problem, draw) pairs, each once."""
        block = self.blocks[name]
        wanted = {(i, block.first_draw + j) for i in block.problem_ids for j in range(block.size)}
        got = [(c.problem_id, c.draw) for c in completions]
        if len(got) != len(wanted) or set(got) != wanted:
            raise WorkError(
                f"the engine gave {len(got)} completions for block {name} ({len(wanted)} asked); "
                "the block stays owed"
            )
        self._forget_derived(name)
        frame = _completion_frame(completions)
        write_shard(frame, self.path / "completions" / name, about=self._about(name))

    def land_completions(self, name: str, frame: pl.DataFrame) -> None:
        """Land one block that an importer brings as a frame.

        Parameters
        ----------
        name
            The shard.
        frame
            ``problem_id``, ``draw``, ``text``, ``finish_reason`` (null where unknown) and
            ``token_count`` (0 where unknown); other columns are ignored.

        Raises
        ------
        WorkError
            If its (problem, draw) pairs are not those of the block, each once.
        """
        self._must_fill(name, frame)
        whole = frame.with_columns(
            token_ids=pl.lit([], dtype=pl.List(pl.Int32)), logprob=pl.lit(float("nan"))
        )
        self._forget_derived(name)
        shard = whole.select(pl.col(c).cast(t) for c, t in COMPLETION_SCHEMA.items())
        write_shard(shard, self.path / "completions" / name, about=self._about(name))

    def land_outcomes(self, verifier_digest: str, name: str, frame: pl.DataFrame) -> None:
        """Land the outcomes of one block from a frame with the columns of OUTCOME_SCHEMA."""
        self._must_fill(name, frame)
        shard = with_readings(frame).select(pl.col(c).cast(t) for c, t in OUTCOME_SCHEMA.items())
        path = self.path / "outcomes" / verifier_digest / name
        write_shard(shard, path, about=self._about(name))

    def _must_fill(self, name: str, frame: pl.DataFrame) -> None:
        block = self.blocks[name]
        draws = range(block.first_draw, block.first_draw + block.size)
        wanted = len(block.problem_ids) * block.size
        within = frame["problem_id"].is_in(list(block.problem_ids)).all() and (
            frame["draw"].is_between(draws[0], draws[-1]).all()
        )
        distinct = frame.select("problem_id", "draw").n_unique()
        if len(frame) != wanted or distinct != wanted or not within:
            raise WorkError(f"{len(frame)} rows given for block {name}, which has {wanted} draws")

    def _about(self, name: str) -> dict[str, Any]:
        block = self.blocks[name]
        return {
            "distribution": digest(self.manifest.distribution()),
            "problems": digest(list(block.problem_ids)),
            "first_draw": block.first_draw,
            "draws": block.size,
        }

    def completion_names(self) -> list[str]:
        """The names of the shards present, in block order."""
        present = self.place.names("completions")
        return [name for name in self.blocks if name in present]

    def read_completions(self, name: str, columns: Sequence[str] | None) -> pl.DataFrame:
        """Columns of one shard (None: all), checked as they are read."""
        with self.place.open(f"completions/{name}") as file:
            return read_shard(name, file, columns=columns, about=self._about(name))

    def outcome_names(self, verifier_digest: str) -> set[str]:
        """The shards that one verifier has marked."""
        return self.place.names(f"outcomes/{verifier_digest}") & set(self.blocks)

    def read_outcomes(self, verifier_digest: str, name: str) -> pl.DataFrame:
        """The outcomes of one shard; columns as in OUTCOME_SCHEMA."""
        with self.place.open(f"outcomes/{verifier_digest}/{name}") as file:
            return with_readings(read_shard(name, file, about=self._about(name)))

    def add_outcomes(
        self, verifier_digest: str, name: str, rows: Sequence[tuple[str, int, Outcome]]
    ) -> None:
        """Land the outcomes of one completion shard under the verifier's digest."""
        columns = {
            "problem_id": [r[0] for r in rows],
            "draw": [r[1] for r in rows],
            "status": [r[2].status for r in rows],
            "extracted": [r[2].extracted for r in rows],
            "reason": [r[2].reason for r in rows],
            "readings": [r[2].readings and r[2].readings.to_dict() for r in rows],
        }
        frame = pl.DataFrame(columns, schema=OUTCOME_SCHEMA)
        path = self.path / "outcomes" / verifier_digest / name
        write_shard(frame, path, about=self._about(name))

    def verifier_digest(self) -> str:
        """The verifier this run was marked by last.

        Raises
        ------
        UsageError
            If the run is not verified yet.
        """
        if not self.place.exists(f"outcomes/{LATEST}"):
            raise UsageError(f"{self.place} is not verified yet; run: passgap verify {self.place}")
        return self.place.read_text(f"outcomes/{LATEST}").strip()

    def reasoning_digest(self) -> str | None:
        """The verifier that marked this run's reasoning last, None where nobody did."""
        if not self.place.exists(f"outcomes/{REASONING}"):
            return None
        return self.place.read_text(f"outcomes/{REASONING}").strip()

    def set_verifier_digest(self, verifier_digest: str, *, of_reasoning: bool = False) -> None:
        """Make these outcomes the ones that count."""
        name = REASONING if of_reasoning else LATEST
        write_text(verifier_digest + "\n", self.path / "outcomes" / name)

    def outcomes_about(self, verifier_digest: str) -> dict[str, Any]:
        """What was written down of a verifier's outcomes; empty where nothing was."""
        name = f"outcomes/{verifier_digest}/about.json"
        return json.loads(self.place.read_text(name)) if self.place.exists(name) else {}

    def verifier_digests(self) -> list[str]:
        """Every verifier that marked something of this run, judges of the reasoning left out."""
        found = self.place.names("outcomes") - {LATEST, REASONING}
        return [d for d in sorted(found) if not self.outcomes_about(d).get("correct_by")]

    def marked_by(self, verifier_digest: str) -> str:
        """What made these outcomes: a source's label, a verifier's spec, or the problems' own."""
        about = self.outcomes_about(verifier_digest)
        if about.get("source"):
            return str(about["source"]["label"])
        named = about.get("verifier")
        return str(named or ", ".join(sorted({problem.verifier for problem in self.problems()})))

    def set_outcomes_about(self, verifier_digest: str, about: Mapping[str, Any]) -> None:
        """Write down which verifier has this digest and what it says of the problems."""
        path = self.path / "outcomes" / verifier_digest / "about.json"
        write_text(json.dumps(dict(about), indent=2, ensure_ascii=False) + "\n", path)

    def audit_marks(self, verifier_digest: str) -> list[dict[str, Any]]:
        """A person's marks of completions that this verifier called correct, oldest first."""
        name = f"audits/{verifier_digest}.jsonl"
        if not self.place.exists(name):
            return []
        return _json_lines(self.place.read_text(name))

    def set_audit_marks(self, verifier_digest: str, marks: Sequence[Mapping[str, Any]]) -> None:
        """Keep these marks, in place of the ones before."""
        lines = [json.dumps(dict(mark), ensure_ascii=False) + "\n" for mark in marks]
        write_text("".join(lines), self.path / "audits" / f"{verifier_digest}.jsonl")

    def logprob_names(self, policy_digest: str) -> set[str]:
        """The shards scored under another policy."""
        return self.place.names(f"logprobs/{policy_digest}") & set(self.blocks)

    def read_logprobs(self, policy_digest: str, name: str) -> pl.DataFrame:
        """Log-probabilities under another policy; columns as in LOGPROB_SCHEMA."""
        with self.place.open(f"logprobs/{policy_digest}/{name}") as file:
            return read_shard(name, file, about=self._about(name))

    def add_logprobs(
        self, policy_digest: str, name: str, rows: Sequence[tuple[str, int, float]]
    ) -> None:
        """Land log-probabilities (nats) of one shard's completions under another policy."""
        frame = pl.DataFrame(rows, schema=LOGPROB_SCHEMA, orient="row")
        path = self.path / "logprobs" / policy_digest / name
        write_shard(frame, path, about=self._about(name))

    def scan_completions(self) -> pl.LazyFrame:
        """All completions, lazily and unchecked; columns as in COMPLETION_SCHEMA."""
        names = [f"completions/{name}" for name in self.completion_names()]
        return self.place.scan(names) if names else pl.LazyFrame(schema=COMPLETION_SCHEMA)

    def scan_outcomes(self, verifier_digest: str) -> pl.LazyFrame:
        """All outcomes under one verifier, lazily and unchecked; columns as in OUTCOME_SCHEMA."""
        present = self.outcome_names(verifier_digest)
        names = [f"outcomes/{verifier_digest}/{name}" for name in self.blocks if name in present]
        return self.place.scan(names) if names else pl.LazyFrame(schema=OUTCOME_SCHEMA)


def with_readings(frame: pl.DataFrame) -> pl.DataFrame:
    """Outcomes with the column of their readings, which older runs and logs do not have."""
    if "readings" in frame.columns:
        return frame
    return frame.with_columns(readings=pl.lit(None, dtype=READINGS))


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / "writer.lock").open("w")
    except OSError as error:
        raise WorkError(
            f"cannot write {folder}: {error.strerror}; fix the permission or give another --out"
        ) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise RunError(
                f"{folder} is being written by another process; wait for it, or give another --out"
            ) from error
        yield


def _write_manifest(manifest: Manifest, folder: Path) -> None:
    write_text(json.dumps(manifest.to_dict(), indent=2) + "\n", folder / "manifest.json")


def _left_by_a_kill(path: Path) -> bool:
    """Whether a run killed before its manifest was written can have left this file."""
    return path.name in ("writer.lock", "problems.parquet") or path.suffix == ".tmp"


def _problem_frame(problems: ProblemSet) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "problem_id": [p.id for p in problems],
            "question": [p.question for p in problems],
            "reference": [p.reference for p in problems],
            "verifier": [p.verifier for p in problems],
            "metadata": [json.dumps(dict(p.metadata)) for p in problems],
        }
    )


def _completion_frame(completions: Sequence[Completion]) -> pl.DataFrame:
    columns = {
        "problem_id": [c.problem_id for c in completions],
        "draw": [c.draw for c in completions],
        "text": [c.text for c in completions],
        "token_ids": [list(c.token_ids) for c in completions],
        "token_count": [c.token_count for c in completions],
        "finish_reason": [c.finish_reason for c in completions],
        "logprob": [c.logprob for c in completions],
    }
    return pl.DataFrame(columns, schema=COMPLETION_SCHEMA)


def _json_lines(text: str) -> list[dict[str, Any]]:
    """The rows of a JSONL text; only a line feed ends one."""
    return [json.loads(line) for line in text.split("\n") if line]
