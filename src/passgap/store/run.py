"""A run on disk: manifest, problems, completion shards, outcome shards, one writer.

In: a folder. Out: what it holds and what it still owes. The work list is cut into blocks (a span
of problems x a span of draws); one shard holds one block, so a shard that exists is a block done
and a block without its shard is owed, whole. Nothing else needs to be remembered to resume.

    manifest.json   problems.parquet   writer.lock
    completions/part-PPPPP-DDDDDD.parquet
    outcomes/<verifier digest>/part-PPPPP-DDDDDD.parquet
    outcomes/latest             the digest of the verifier that marked it last
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from passgap.errors import RunError, UsageError, WorkError
from passgap.store.manifest import Manifest, differing_keys, read_manifest
from passgap.store.shards import write_shard, write_text
from passgap.types import Block, Completion, Outcome, Problem, ProblemSet, digest

LATEST = "latest"
COMPLETION_SCHEMA: dict[str, Any] = {
    "problem_id": pl.String,
    "draw": pl.Int32,
    "text": pl.String,
    "token_ids": pl.List(pl.Int32),
    "token_count": pl.Int32,
    "finish_reason": pl.String,
    "logprob": pl.Float64,
}
OUTCOME_SCHEMA: dict[str, Any] = {
    "problem_id": pl.String,
    "draw": pl.Int32,
    "status": pl.String,
    "extracted": pl.String,
    "reason": pl.String,
}


class Run:
    """A run folder opened for reading; ``create`` makes or resumes one."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        if not (self.path / "manifest.json").is_file():
            raise UsageError(f"{self.path} is not a run folder: it has no manifest.json")
        self.manifest = read_manifest(self.path / "manifest.json")

    @classmethod
    def create(cls, path: Path | str, manifest: Manifest, problems: ProblemSet) -> Run:
        """Make the folder, or take up an equal one; a different configuration is refused."""
        folder = Path(path)
        if (folder / "manifest.json").is_file():
            run = cls(folder)
            run._must_equal(manifest)
            return run
        if folder.is_dir() and not all(_left_by_a_kill(p) for p in folder.iterdir()):
            raise RunError(f"{folder} is not empty and not a run; give another --out")
        write_shard(_problem_frame(problems), folder / "problems.parquet")
        write_text(json.dumps(manifest.to_dict(), indent=2) + "\n", folder / "manifest.json")
        return cls(folder)

    def _must_equal(self, manifest: Manifest) -> None:
        differing = differing_keys(self.manifest.identity(), manifest.identity())
        if differing:
            raise RunError(
                f"{self.path} holds another configuration ({'; '.join(differing)}); use the same "
                "settings to resume it, or another --out"
            )

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the writer's lock; a second writer on the same run is refused."""
        with (self.path / "writer.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise RunError(
                    f"{self.path} is being written by another process; wait for it, or give "
                    "another --out"
                ) from error
            for torn in self.path.rglob(".*.tmp"):
                torn.unlink()
            yield

    # -- problems and blocks

    def problems(self) -> ProblemSet:
        """The problems of the run, in the order of its blocks."""
        rows = pl.read_parquet(self.path / "problems.parquet").iter_rows(named=True)
        problems = [
            Problem(r["question"], r["reference"], r["verifier"], json.loads(r["metadata"]))
            for r in rows
        ]
        name, merged = self.manifest.problem_set["name"], self.manifest.problem_set["merged"]
        return ProblemSet(str(name), tuple(problems), int(merged))

    @cached_property
    def blocks(self) -> dict[str, Block]:
        """Every block of the run by its shard's name, in the order they are drawn."""
        ids = pl.read_parquet(self.path / "problems.parquet", columns=["problem_id"])
        problem_ids = ids["problem_id"].to_list()
        span, size = self.manifest.block["problems"], self.manifest.block["draws"]
        blocks = {}
        for first in range(0, len(problem_ids), span):
            members = tuple(problem_ids[first : first + span])
            for draw in range(0, self.manifest.n, size):
                seed = int(digest([self.manifest.seed, members[0], draw])[:15], 16)
                block = Block(members, draw, min(size, self.manifest.n - draw), seed)
                blocks[f"part-{first:05d}-{draw:06d}.parquet"] = block
        return blocks

    def owed(self) -> dict[str, Block]:
        """The blocks whose shard is missing."""
        return {
            name: block
            for name, block in self.blocks.items()
            if not (self.path / "completions" / name).exists()
        }

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
        write_shard(_completion_frame(completions), self.path / "completions" / name)

    def completion_shards(self) -> list[Path]:
        """The shards present, in block order."""
        present = (self.path / "completions" / name for name in self.blocks)
        return [path for path in present if path.exists()]

    def outcome_folder(self, verifier_digest: str) -> Path:
        return self.path / "outcomes" / verifier_digest

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
        }
        frame = pl.DataFrame(columns, schema=OUTCOME_SCHEMA)
        write_shard(frame, self.outcome_folder(verifier_digest) / name)

    def verifier_digest(self) -> str:
        """The verifier this run was marked by last.

        Raises
        ------
        UsageError
            If the run is not verified yet.
        """
        latest = self.path / "outcomes" / LATEST
        if not latest.is_file():
            raise UsageError(f"{self.path} is not verified yet; run: passgap verify {self.path}")
        return latest.read_text(encoding="utf-8").strip()

    def set_verifier_digest(self, verifier_digest: str) -> None:
        """Make these outcomes the ones that count."""
        write_text(verifier_digest + "\n", self.path / "outcomes" / LATEST)

    def scan_completions(self) -> pl.LazyFrame:
        """All completions, lazily; columns as in COMPLETION_SCHEMA."""
        shards = self.completion_shards()
        return pl.scan_parquet(shards) if shards else pl.LazyFrame(schema=COMPLETION_SCHEMA)

    def scan_outcomes(self, verifier_digest: str) -> pl.LazyFrame:
        """All outcomes under one verifier, lazily; columns as in OUTCOME_SCHEMA."""
        folder = self.outcome_folder(verifier_digest)
        shards = [folder / name for name in self.blocks if (folder / name).exists()]
        return pl.scan_parquet(shards) if shards else pl.LazyFrame(schema=OUTCOME_SCHEMA)


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
        "token_count": [len(c.token_ids) for c in completions],
        "finish_reason": [c.finish_reason for c in completions],
        "logprob": [c.logprob for c in completions],
    }
    return pl.DataFrame(columns, schema=COMPLETION_SCHEMA)
