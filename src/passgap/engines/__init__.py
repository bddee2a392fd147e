"""What draws completions from a policy: a block and its prompts in, completions out.

Each engine is one adapter file; here is the table that finds them by name, without loading any.
"""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from passgap.engines.arguments import Arguments, flag
from passgap.engines.base import Capabilities, Engine, Work
from passgap.engines.fake import FakeEngine
from passgap.errors import UsageError
from passgap.types import Policy, ProblemSet, SamplingParams, digest

__all__ = [
    "NAMES",
    "Capabilities",
    "Engine",
    "FakeEngine",
    "Work",
    "check_engine",
    "load_engine",
    "resolve_policy",
]


class _Adapter(NamedTuple):
    """Where an engine lives and what it takes."""

    place: str
    arguments: Arguments
    packages: tuple[str, ...] = ()


_ADAPTERS = {
    "transformers": _Adapter(
        "passgap.engines.transformers:TransformersEngine",
        Arguments(
            batch_size=int,
            dtype=str,
            device=str,
            threads=int,
            attention=str,
            trust_remote_code=flag,
        ),
        ("torch", "transformers"),
    ),
    "fake": _Adapter(
        "passgap.engines.fake:FakeEngine", Arguments(alpha=float, beta=float, delta=float)
    ),
}
NAMES = tuple(_ADAPTERS)


def check_engine(name: str, arguments: Mapping[str, str]) -> dict[str, Any]:
    """The engine's arguments with their types, before anything is loaded."""
    return _adapter(name).arguments.typed(name, arguments)


def packages(name: str) -> tuple[str, ...]:
    """The packages whose versions decide what the engine draws."""
    return _adapter(name).packages


def resolve_policy(policy: Policy, engine: str) -> Policy:
    """Find the weights and fill in their digest; a missing folder is told before any loading."""
    if engine == "fake":
        return dataclasses.replace(policy, weights_digest=digest(policy.path))
    folder = Path(policy.path)
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise UsageError(f"{folder} has no config.json; a transformers folder is needed")
        from passgap.engines.weights import weights_digest

        return dataclasses.replace(policy, weights_digest=weights_digest(folder))
    if policy.path.startswith((".", "/", "~")) or policy.path.count("/") != 1:
        raise UsageError(
            f"policy {policy.path!r} not found; allowed: a folder with transformers weights, a hub "
            "id like owner/name, lab:base, lab:teacher"
        )
    from passgap.engines.weights import resolve_hub

    return resolve_hub(policy)


def load_engine(
    name: str,
    policy: Policy,
    problems: ProblemSet,
    sampling: SamplingParams,
    arguments: Mapping[str, Any],
) -> Engine:
    """Load the engine ``check_engine`` has accepted the arguments of."""
    module, _, engine = _adapter(name).place.partition(":")
    adapter = getattr(importlib.import_module(module), engine)
    loaded: Engine = adapter.load(policy, problems, sampling, **arguments)
    return loaded


def _adapter(name: str) -> _Adapter:
    if name not in _ADAPTERS:
        raise UsageError(f"engine {name!r} is unknown; allowed: {', '.join(NAMES)}")
    return _ADAPTERS[name]
