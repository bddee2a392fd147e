"""What a run is: everything that decides its completions, written before the first of them.

Two runs with equal ``identity()`` hold draws of the same distribution and the same blocks; a
resumed command has to match it exactly. The rounds say which draws of which problems are in the
run: one round for a plain run, one more for every top-up, merged range or adaptive round.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TypedDict

import msgspec

from passgap.data.completions import Block
from passgap.data.counts import Design
from passgap.data.identity import digest
from passgap.data.policies import BY_DEFAULT, PromptSettings, SamplingParams
from passgap.errors import RunError, UsageError
from passgap.plain import shareable
from passgap.runs.documents import decoded

SCHEMA = "passgap.run/2"
TARGET_BLOCK = 2048
MOST_BLOCKS = 1_000_000
NOT_IDENTITY = ("created", "versions", "command", "rounds")
PACE = ("concurrency", "timeout", "retries", "api_key_env", "workers", "cpus", "gpus", "address")
NOT_DISTRIBUTION = ("n", "first_draw", "design", "engine")


class PolicyEntry(TypedDict):
    """The weights that were sampled, and where they were."""

    path: str
    revision: str | None
    weights_digest: str


class EngineEntry(TypedDict):
    """The engine with its arguments; for an imported run, the log's format and the import's
    settings."""

    name: str
    args: dict[str, object]


class SamplingEntry(TypedDict):
    """The sampling parameters; None where an imported log does not record one."""

    max_tokens: int | None
    temperature: float | None
    top_p: float | None
    top_k: int | None
    stop: list[str] | None


class SetEntry(TypedDict):
    """The problems; ``merged`` counts the duplicates left out."""

    name: str
    digest: str
    size: int
    merged: int


@dataclass(frozen=True)
class Round:
    """Draws ``first_draw .. first_draw + draws - 1`` of some problems, and how they are split.

    ``problems`` are rows of the problem set, None for all of them. A block holds
    ``block_problems`` problems x ``block_draws`` draws.
    """

    first_draw: int
    draws: int
    block_problems: int
    block_draws: int
    problems: tuple[int, ...] | None = None

    @classmethod
    def of(
        cls,
        first_draw: int,
        draws: int,
        *,
        block_size: int = TARGET_BLOCK,
        problems: Sequence[int] | None = None,
    ) -> Round:
        """A round split into blocks of about ``block_size`` completions, whole problems first."""
        block_draws = min(draws, block_size)
        rows = None if problems is None else tuple(problems)
        return cls(first_draw, draws, max(1, block_size // block_draws), block_draws, rows)

    @property
    def end(self) -> int:
        """The draw after the last one."""
        return self.first_draw + self.draws

    def rows(self, size: int) -> Sequence[int]:
        """The rows of a set of ``size`` problems that this round covers."""
        return range(size) if self.problems is None else self.problems


@dataclass(frozen=True)
class Manifest:
    """The header of a run folder. All values are JSON.

    ``n`` is the number of draws per problem (the largest one in an adaptive run).
    """

    policy: PolicyEntry
    prompt: Mapping[str, object]
    engine: EngineEntry
    sampling: SamplingEntry
    problem_set: SetEntry
    n: int
    seed: int
    first_draw: int = 0
    design: Design = "fixed"
    rounds: tuple[Round, ...] = ()
    created: str = ""
    command: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    schema: str = SCHEMA

    @property
    def imported(self) -> bool:
        """Whether the run was imported from another tool's log."""
        return self.engine["name"].startswith("import:")

    def to_dict(self) -> dict[str, object]:
        return asdict(self)

    def identity(self) -> dict[str, object]:
        """The keys that two invocations on one folder must share."""
        data = json.loads(json.dumps(self.to_dict()))
        del data["policy"]["path"]  # the digest identifies the weights, wherever they are
        data["prompt"].pop(BY_DEFAULT, None)  # stop strings count, not how they were set
        for name in PACE:  # what only makes sampling slower or faster may change on resuming
            data["engine"]["args"].pop(name, None)
        return {k: v for k, v in data.items() if k not in NOT_IDENTITY}

    def distribution(self) -> dict[str, object]:
        """The part of the identity that defines a draw, apart from the engine and the number of
        draws."""
        return {k: v for k, v in self.identity().items() if k not in NOT_DISTRIBUTION}

    def provenance(self) -> dict[str, str]:
        """What compare checks: equal values mean that the runs may be compared."""
        prompt = PromptSettings.from_dict(self.prompt)
        return {
            "policy": shareable(self.policy["path"]),
            "weights": self.policy["weights_digest"],
            "prompt": f"{prompt.template_name or prompt.template} ({prompt.digest})",
            "sampling": json.dumps(self.sampling, sort_keys=True),
            "problem_set": f"{self.problem_set['name']} ({self.problem_set['digest']})",
        }

    def with_rounds(self, *more: Round) -> Manifest:
        """The manifest of the run with further rounds; n grows to the draws they reach."""
        rounds = (*self.rounds, *more)
        n = self.n if self.design == "adaptive" else sum(r.draws for r in rounds)
        return dataclasses.replace(self, rounds=rounds, n=n)

    @property
    def sampling_params(self) -> SamplingParams:
        """The settings as an engine takes them; a UsageError if an import lacks some."""
        unknown = [name for name, value in self.sampling.items() if value is None]
        if unknown:
            raise UsageError(
                f"{self.engine['name']} does not record {', '.join(unknown)}; sample the policy "
                "with passgap sample, which does"
            )
        return msgspec.convert(self.sampling, SamplingParams)


def read_manifest(name: str, data: bytes) -> Manifest:
    """The manifest in ``data``, possibly from a stranger: all types and values are checked.

    Raises RunError for an unknown schema, and for what passgap would not have written.
    """
    repair = (
        "it was changed, or written by another program; the command that made the run "
        "rewrites it if its samples are intact"
    )
    manifest = decoded(data, name, Manifest, SCHEMA, repair)
    wrong = _impossible(manifest, json.loads(data))
    if wrong:
        raise RunError(f"{name} has {wrong}, which passgap does not write; {repair}")
    return manifest


def _impossible(manifest: Manifest, written: Mapping[str, object]) -> str:
    """The first impossible value, in words; empty if there is none."""
    unknown = sorted(set(written) - {known.name for known in dataclasses.fields(Manifest)})
    if unknown:
        return f"the key {unknown[0]!r}"
    try:
        msgspec.convert(manifest.prompt, PromptSettings)
    except msgspec.ValidationError as error:
        return f"an invalid prompt ({error})"
    size, blocks = manifest.problem_set["size"], 0
    for part in manifest.rounds:
        if min(part.draws, part.block_problems, part.block_draws) < 1 or part.first_draw < 0:
            return f"a round of {part.draws} draws in blocks of {part.block_draws}"
        if part.problems and not 0 <= min(part.problems) <= max(part.problems) < size:
            return f"a round of problem {max(part.problems)} of {size}"
        rows = size if part.problems is None else len(part.problems)
        blocks += -(-rows // part.block_problems) * -(-part.draws // part.block_draws)
    return f"{blocks:,} blocks" if blocks > MOST_BLOCKS else ""


def owed_rounds(
    place: object, there: Manifest, asked: Manifest, *, top_up: bool
) -> tuple[Round, ...]:
    """What a run lacks of the requested configuration: nothing, or a round of a top-up.

    Raises RunError if the configurations differ, naming the keys; with ``top_up`` n may differ.
    Raises UsageError for a top-up to fewer draws, or of an adaptive run.
    """
    old, new = there.identity(), asked.identity()
    if top_up:
        del old["n"], new["n"]
    differing = differing_keys(old, new)
    if differing:
        only_n = [line.split(":")[0] for line in differing] == ["n"]
        more = only_n and asked.n > there.n and there.design == "fixed"
        raise RunError(
            f"{place} has another configuration ({'; '.join(differing)}); use the same settings "
            f"to resume it, {'--top-up to add samples, ' if more else ''}or another --out"
        )
    if not top_up:
        return ()
    if asked.n < there.n:
        raise UsageError(
            f"n is {asked.n}, but {place} already has n={there.n}; allowed: a larger n"
        )
    if there.design == "adaptive":
        raise UsageError(
            f"{place} was sampled adaptively, so its n depends on the outcomes; sample a fixed n "
            "into another --out"
        )
    if asked.n == there.n:
        return ()
    end, cut_like = max(r.end for r in there.rounds), asked.rounds[0]
    size = cut_like.block_problems * cut_like.block_draws
    return (Round.of(end, asked.n - there.n, block_size=size),)


def cut(manifest: Manifest, problem_ids: Sequence[str]) -> dict[str, Block]:
    """Every block of a run by its shard's name, in the order they are drawn."""
    blocks = {}
    for part in manifest.rounds:
        rows = part.rows(len(problem_ids))
        for start in range(0, len(rows), part.block_problems):
            members = tuple(problem_ids[row] for row in rows[start : start + part.block_problems])
            for draw in range(part.first_draw, part.end, part.block_draws):
                block = Block(
                    problem_ids=members,
                    first_draw=draw,
                    size=min(part.block_draws, part.end - draw),
                    seed=int(digest([manifest.seed, members[0], draw])[:15], 16),
                    run_seed=manifest.seed,
                )
                blocks[f"part-{rows[start]:05d}-{draw:06d}.parquet"] = block
    return blocks


def differing_keys(
    old: Mapping[str, object], new: Mapping[str, object], prefix: str = ""
) -> list[str]:
    """``key: old -> new`` for every leaf where two manifests differ."""
    lines: list[str] = []
    for key in sorted({*old, *new}):
        a, b = old.get(key), new.get(key)
        if isinstance(a, Mapping) and isinstance(b, Mapping):
            lines += differing_keys(a, b, f"{prefix}{key}.")
        elif a != b:
            lines.append(f"{prefix}{key}: {_short(a)} there, {_short(b)} requested")
    return lines


def _short(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:40]}... ({digest(value)})"
