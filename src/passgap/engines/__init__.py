"""What draws completions from a policy: a block and its prompts in, completions out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from passgap.engines.base import Engine
from passgap.engines.fake import FakeEngine
from passgap.errors import UsageError
from passgap.types import Policy, ProblemSet, SamplingParams, digest

__all__ = ["NAMES", "Engine", "FakeEngine", "check_engine", "load_engine", "resolve_policy"]


def _flag(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


_ARGUMENTS: dict[str, dict[str, Callable[[str], Any]]] = {
    "transformers": {
        "batch_size": int,
        "dtype": str,
        "device": str,
        "threads": int,
        "trust_remote_code": _flag,
    },
    "fake": {"alpha": float, "beta": float, "delta": float},
}
NAMES = tuple(_ARGUMENTS)


def check_engine(name: str, arguments: Mapping[str, str]) -> dict[str, Any]:
    """The engine's arguments with their types, before anything is loaded."""
    if name not in _ARGUMENTS:
        raise UsageError(f"engine {name!r} is unknown; allowed: {', '.join(NAMES)}")
    known = _ARGUMENTS[name]
    typed = {}
    for key, value in arguments.items():
        if key not in known:
            raise UsageError(
                f"engine argument {key!r} is unknown to {name}; allowed: {', '.join(known)}"
            )
        try:
            typed[key] = known[key](value)
        except (ValueError, KeyError):
            raise UsageError(f"engine argument {key}={value!r} is not a valid value") from None
    return typed


def resolve_policy(policy: Policy, engine: str) -> Policy:
    """Find the weights and fill in their digest; a missing folder is told before any loading."""
    if engine == "fake":
        return dataclasses.replace(policy, weights_digest=digest(policy.path))
    folder = Path(policy.path)
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise UsageError(f"{folder} has no config.json; a transformers folder is needed")
        from passgap.engines.transformers import weights_digest

        return dataclasses.replace(policy, weights_digest=weights_digest(folder))
    if policy.path.startswith((".", "/", "~")) or policy.path.count("/") != 1:
        raise UsageError(
            f"policy {policy.path!r} not found; allowed: a folder with transformers weights, a hub "
            "id like owner/name, lab:base, lab:teacher"
        )
    from passgap.engines.transformers import resolve_hub

    return resolve_hub(policy)


def load_engine(
    name: str,
    policy: Policy,
    problems: ProblemSet,
    sampling: SamplingParams,
    arguments: Mapping[str, Any],
) -> Engine:
    """Load the engine ``check_engine`` has accepted the arguments of."""
    if name == "fake":
        return FakeEngine.of(problems.problems, **arguments)
    from passgap.engines.transformers import TransformersEngine

    return TransformersEngine.load(policy, sampling, **arguments)
