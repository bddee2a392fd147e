"""From what a log says about its sampling to the manifest of its run; what is unknown is null."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import cast

from passgap.data.policies import UNKNOWN_POLICY
from passgap.errors import UsageError
from passgap.logs.base import Asked, Format, Told
from passgap.logs.collecting import NOT_LOGGED, Collected
from passgap.runs import Manifest, Round
from passgap.runs.manifest import SamplingEntry

BLOCK_CHARACTERS = 32 << 20
MOST_DRAWS = 1 << 15
SETTINGS = ("max_tokens", "temperature", "top_p", "top_k", "stop")


def set_name(files: Sequence[Path]) -> str:
    """The name of a log's problems: its file, or the folder of several."""
    return files[0].name if len(files) == 1 else f"{files[0].parent.resolve().name}"


def known_sampling(asked: Asked, told: Told) -> SamplingEntry:
    """The settings by their names here, None where neither log nor flags give them."""
    for name, value in asked.sampling.items():
        if name in told.sampling and told.sampling[name] != value:
            raise UsageError(
                f"--{name.replace('_', '-')} is {value}, but the log says {told.sampling[name]}; "
                "leave it out"
            )
    known = {**told.sampling, **asked.sampling}
    if known.get("top_k") == -1:
        known["top_k"] = 0
    if known.get("temperature") == 0:
        told.note("sampled greedily (temperature 0): the samples of a problem are copies")
    return cast(SamplingEntry, {name: known.get(name) for name in SETTINGS})


def manifest_of(
    form: Format, files: Sequence[Path], asked: Asked, told: Told, found: Collected, command: str
) -> Manifest:
    """The manifest of the run that a log becomes."""
    problems = found.problem_set(set_name(files))
    return Manifest(
        policy={
            "path": asked.policy or told.policy or UNKNOWN_POLICY,
            "revision": None,
            "weights_digest": "",
        },
        prompt=found.prompt().to_dict(),
        engine={
            "name": f"import:{form.name}",
            "args": {
                "files": [[path.name, path.stat().st_size] for path in files],
                "label": label_of_source(form, told),
                "correct_if": str(asked.correct_if) if asked.correct_if else None,
                "source_version": told.version or None,
            },
        },
        sampling=known_sampling(asked, told),
        problem_set={
            "name": problems.name,
            "digest": problems.digest,
            "size": len(problems),
            "merged": 0,
        },
        n=max(found.draws),
        seed=0,
        rounds=_rounds(found),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        command=command,
        versions={name: version(name) for name in ("passgap", "polars")},
    )


def label_of_source(form: Format, told: Told) -> str:
    """The name of the source's marks, in the place of a verifier's."""
    return f"source:{form.name} {told.label}".rstrip()


def _rounds(found: Collected) -> tuple[Round, ...]:
    """One round for each number of draws: all its problems, in blocks of similar size."""
    each = found.sorter.characters / sum(found.draws)
    size = max(1, min(MOST_DRAWS, round(BLOCK_CHARACTERS / each)))
    by_draws: dict[int, list[int]] = defaultdict(list)
    for row, draws in enumerate(found.draws):
        by_draws[draws].append(row)
    if len(by_draws) == 1:
        return (Round.of(0, found.draws[0], block_size=size),)
    return tuple(
        Round.of(0, draws, block_size=size, problems=rows)
        for draws, rows in sorted(by_draws.items())
    )


def unknown_settings(manifest: Manifest) -> tuple[str, ...]:
    """The settings of an imported run that neither its log nor a flag gave."""
    unknown = [name for name, value in manifest.sampling.items() if value is None]
    if manifest.prompt["template_name"] == NOT_LOGGED:
        unknown.append("prompt")
    if manifest.policy["path"] == UNKNOWN_POLICY:
        unknown.append("policy")
    return tuple(unknown)
