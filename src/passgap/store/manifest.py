"""What a run is: everything that decides its completions, written before the first of them.

Two runs with equal ``identity()`` hold draws of the same distribution and the same blocks; a
resumed command has to match it to the letter.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from passgap.errors import RunError
from passgap.types import PromptSettings, SamplingParams, digest

SCHEMA = "passgap.run/1"
NOT_IDENTITY = ("created", "versions", "command")


@dataclass(frozen=True)
class Manifest:
    """The header of a run folder. All values are JSON."""

    policy: Mapping[str, Any]
    prompt: Mapping[str, Any]
    engine: Mapping[str, Any]
    sampling: Mapping[str, Any]
    problem_set: Mapping[str, Any]
    n: int
    seed: int
    block: Mapping[str, int]
    created: str = ""
    command: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    schema: str = SCHEMA

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def identity(self) -> dict[str, Any]:
        """The keys that two invocations on one folder must share."""
        data = json.loads(json.dumps(self.to_dict()))
        del data["policy"]["path"]  # the weights' digest says what they are, wherever they lie
        return {k: v for k, v in data.items() if k not in NOT_IDENTITY}

    def provenance(self) -> dict[str, str]:
        """What compare looks at: equal values mean the runs may be compared."""
        prompt = PromptSettings.from_dict(self.prompt)
        return {
            "policy": str(self.policy["path"]),
            "weights": str(self.policy["weights_digest"]),
            "prompt": f"{prompt.template_name or prompt.template} ({prompt.digest})",
            "sampling": json.dumps(self.sampling, sort_keys=True),
            "problem_set": f"{self.problem_set['name']} ({self.problem_set['digest']})",
        }

    @property
    def sampling_params(self) -> SamplingParams:
        return SamplingParams(**{**self.sampling, "stop": tuple(self.sampling["stop"])})


def read_manifest(path: Path) -> Manifest:
    """Read ``manifest.json``; an unknown schema is refused."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise RunError(f"{path} is not JSON ({error}); it was not written by passgap") from error
    schema = data.get("schema")
    if schema != SCHEMA:
        raise RunError(f"{path} has schema {schema!r}; this version reads {SCHEMA!r}")
    return Manifest(**data)


def differing_keys(old: Mapping[str, Any], new: Mapping[str, Any], prefix: str = "") -> list[str]:
    """``key: old -> new`` for every leaf where two manifests differ."""
    lines: list[str] = []
    for key in sorted({*old, *new}):
        a, b = old.get(key), new.get(key)
        if isinstance(a, Mapping) and isinstance(b, Mapping):
            lines += differing_keys(a, b, f"{prefix}{key}.")
        elif a != b:
            lines.append(f"{prefix}{key}: {_short(a)} there, {_short(b)} asked")
    return lines


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:40]}... ({digest(value)})"
