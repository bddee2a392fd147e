"""What draws completions from a policy: a block and its prompts in, completions out.

Each engine is one adapter; here is the table that finds them by name, without loading any.
"""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple, cast

from passgap.data.identity import digest
from passgap.data.policies import Policy, SamplingParams
from passgap.data.problems import ProblemSet
from passgap.engines.arguments import Arguments, flag
from passgap.engines.base import Capabilities, Engine, Work
from passgap.engines.fake import FakeEngine
from passgap.errors import UsageError

__all__ = [
    "NAMES",
    "Capabilities",
    "Engine",
    "FakeEngine",
    "Work",
    "check_engine",
    "check_scores",
    "load_engine",
    "resolve_policy",
    "versions",
    "vocabulary_digest",
]


class _Adapter(NamedTuple):
    """Where an engine lives, what it takes, the packages that decide what it draws."""

    module: str
    engine: str
    arguments: Arguments
    packages: tuple[str, ...] = ()
    checks: bool = False


_ADAPTERS = {
    "transformers": _Adapter(
        "passgap.engines.transformers",
        "TransformersEngine",
        Arguments(batch_size=int, dtype=str, device=str, threads=int, trust_remote_code=flag),
        ("torch", "transformers"),
    ),
    "vllm": _Adapter(
        "passgap.engines.vllm", "VllmEngine", Arguments(passes_on=True), ("vllm",), checks=True
    ),
    "openai": _Adapter(
        "passgap.engines.openai",
        "OpenAIEngine",
        Arguments(
            base_url=str,
            model=str,
            server=str,
            concurrency=int,
            draws_per_request=int,
            timeout=float,
            retries=int,
            logprobs=flag,
            api_key_env=str,
        ),
        ("openai",),
        checks=True,
    ),
    "fake": _Adapter(
        "passgap.engines.fake", "FakeEngine", Arguments(alpha=float, beta=float, delta=float)
    ),
}
NAMES = tuple(_ADAPTERS)
RAY = "ray:"
_RAY_ARGUMENTS = Arguments(workers=int, cpus=float, gpus=float, address=str)


def check_engine(name: str, arguments: Mapping[str, str]) -> dict[str, Any]:
    """The engine's arguments with their types, before a model is loaded."""
    outer = {
        k: v for k, v in arguments.items() if name.startswith(RAY) and k in _RAY_ARGUMENTS.known
    }
    inner = {k: v for k, v in arguments.items() if k not in outer}
    adapter = _adapter(name)
    typed = adapter.arguments.typed(name, inner)
    if adapter.checks:
        _module(adapter.module).check(typed)
    if name.startswith(RAY):
        for_ray = _RAY_ARGUMENTS.typed(name, outer)
        _module("passgap.engines.ray").check(for_ray)
        typed |= for_ray
    return typed


def versions(name: str) -> dict[str, str]:
    """The versions of the packages that decide what the engine draws."""
    wanted = _adapter(name).packages + (("ray",) if name.startswith(RAY) else ())
    return {package: _version(package) for package in wanted}


def _version(package: str) -> str:
    """A package's version, also where a build for one kind of hardware has a name of its own."""
    for name in (package, f"{package}-cpu"):
        with suppress(PackageNotFoundError):
            return version(name)
    return "unknown"


def resolve_policy(policy: Policy, engine: str) -> Policy:
    """Find the weights and fill in their digest; a missing folder is told before any loading."""
    engine = engine.removeprefix(RAY)
    if engine == "fake":
        return dataclasses.replace(policy, weights_digest=digest(policy.path))
    folder = Path(policy.path)
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            if (folder / "trainer").is_dir():
                raise UsageError(
                    f"{folder} holds a training that is not finished: give the same passgap train "
                    "command again"
                )
            raise UsageError(f"{folder} has no config.json; a transformers folder is needed")
        return dataclasses.replace(policy, weights_digest=_weights().weights_digest(folder))
    if engine == "openai":  # a server's own name for what it serves
        return dataclasses.replace(policy, weights_digest=digest(["served", policy.path]))
    if policy.path.startswith((".", "/", "~")) or policy.path.count("/") != 1:
        raise UsageError(
            f"policy {policy.path!r} not found; allowed: a folder with transformers weights, a hub "
            "id like owner/name, lab:base, lab:teacher"
        )
    return cast(Policy, _weights().resolve_hub(policy))


def check_scores(name: str) -> None:
    """Refuse an engine that cannot score given token ids, before anything is loaded."""
    adapter = _adapter(name)
    if not getattr(_module(adapter.module), adapter.engine).capabilities.scores:
        able = "transformers, vllm"
        raise UsageError(f"engine {name!r} cannot score given token ids; allowed: {able}")


def vocabulary_digest(policy: Policy) -> str:
    """Names the meaning of a policy's token ids; equal where they mean the same."""
    loading = _module("passgap.engines.transformers.loading")
    return cast(str, loading.vocabulary_digest(policy))


def load_engine(
    name: str,
    policy: Policy,
    problems: ProblemSet,
    sampling: SamplingParams,
    arguments: Mapping[str, Any],
) -> Engine:
    """Load the engine ``check_engine`` has accepted the arguments of."""
    adapter = _adapter(name)
    if name.startswith(RAY):
        outer = {k: v for k, v in arguments.items() if k in _RAY_ARGUMENTS.known}
        inner = {k: v for k, v in arguments.items() if k not in outer}
        loader = partial(load_engine, name.removeprefix(RAY), policy, problems, sampling, inner)
        engine = getattr(_module(adapter.module), adapter.engine)
        ray = _module("passgap.engines.ray")
        return cast(
            Engine, ray.RayEngine(name.removeprefix(RAY), engine.capabilities, loader, **outer)
        )
    engine = getattr(_module(adapter.module), adapter.engine)
    return cast(Engine, engine.load(policy, problems, sampling, **arguments))


def _adapter(name: str) -> _Adapter:
    found = _ADAPTERS.get(name.removeprefix(RAY))
    if found is None:
        raise UsageError(
            f"engine {name!r} is unknown; allowed: {', '.join(NAMES)}, or ray:NAME to scale one of "
            "them out"
        )
    return found


def _module(name: str) -> Any:
    return importlib.import_module(name)


def _weights() -> Any:
    return _module("passgap.engines.weights")
