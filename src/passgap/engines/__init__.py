"""Engines sample a policy: from a block and its prompts to completions.

Each engine is one adapter; here is the table that finds them by name, without loading any. An
installed package adds one by an entry point of the group ``passgap.engines``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from pkgutil import resolve_name
from typing import TypeVar

from passgap.data.completions import Completion
from passgap.data.identity import digest
from passgap.data.images import refuse_images
from passgap.data.policies import Policy, SamplingParams
from passgap.data.problems import ProblemSet
from passgap.engines.adapters import Adapter, accept
from passgap.engines.arguments import Arguments, flag
from passgap.engines.base import Capabilities, Engine, Work
from passgap.engines.fake import FakeEngine
from passgap.errors import UsageError
from passgap.plain import Json
from passgap.registry import Registry

__all__ = [
    "ENGINES",
    "Arguments",
    "Capabilities",
    "Completion",
    "Engine",
    "FakeEngine",
    "Work",
    "check_engine",
    "check_images",
    "check_scores",
    "flag",
    "load_engine",
    "resolve_policy",
    "versions",
    "vocabulary_digest",
]


ENGINES = Registry(
    "engine",
    "an Engine class with a load method",
    "passgap.engines",
    {
        "transformers": "passgap.engines.adapters:TRANSFORMERS",
        "vllm": "passgap.engines.adapters:VLLM",
        "openai": "passgap.engines.adapters:OPENAI",
        "fake": "passgap.engines.adapters:FAKE",
    },
    accept,
    more=", or ray:NAME to scale one of them out",
)
RAY = "ray:"
T = TypeVar("T")
_RAY_ARGUMENTS = Arguments(workers=int, cpus=float, gpus=float, address=str)


def check_engine(name: str, arguments: Mapping[str, str]) -> dict[str, Json]:
    """The engine's arguments with their types, before a model is loaded."""
    outer, inner = _split(name, arguments)
    adapter = _adapter(name)
    typed = adapter.arguments.typed(name, inner)
    if adapter.check:
        resolve_name(adapter.check)(typed)
    if name.startswith(RAY):
        for_ray = _RAY_ARGUMENTS.typed(name, outer)
        resolve_name("passgap.engines.ray:check")(for_ray)
        typed |= for_ray
    return typed


def versions(name: str) -> dict[str, str]:
    """The versions of the packages that decide what the engine draws."""
    wanted = (*_adapter(name).packages, *["ray"] * name.startswith(RAY))
    return {package: _version(package) for package in wanted}


def _version(package: str) -> str:
    """A package's version, even if a build for some hardware has its own name."""
    for name in (package, f"{package}-cpu"):
        with suppress(PackageNotFoundError):
            return version(name)
    return "unknown"


def resolve_policy(policy: Policy, engine: str) -> Policy:
    """Find the weights and fill in their digest; a missing folder is reported before any
    loading."""
    engine = engine.removeprefix(RAY)
    if engine == "fake":
        return dataclasses.replace(policy, weights_digest=digest(policy.path))
    folder = Path(policy.path)
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            if (folder / "trainer").is_dir():
                raise UsageError(
                    f"{folder} has an unfinished training: run the same passgap train command again"
                )
            raise UsageError(f"{folder} has no config.json; give a transformers folder")
        from passgap.engines.weights import weights_digest

        return dataclasses.replace(policy, weights_digest=weights_digest(folder))
    if _adapter(engine).served:  # a server's own name for what it serves
        return dataclasses.replace(policy, weights_digest=digest(["served", policy.path]))
    if policy.path.startswith((".", "/", "~")) or policy.path.count("/") != 1:
        raise UsageError(
            f"policy {policy.path!r} not found; allowed: a folder with transformers weights, a hub "
            "id like owner/name, lab:base, lab:teacher, lab:novice"
        )
    from passgap.engines.weights import resolve_hub

    return resolve_hub(policy)


def check_scores(name: str) -> None:
    """Refuse an engine that cannot score given token ids, before anything is loaded."""
    if not _adapter(name).engine.capabilities.scores:
        able = "transformers, vllm"
        raise UsageError(f"engine {name!r} cannot score given token ids; allowed: {able}")


def check_images(name: str, policy: Policy, problems: ProblemSet) -> None:
    """Refuse problems with images where the engine, the prompt or the model takes none.

    Before anything is loaded: of the model, only its ``config.json`` is read.
    """
    images = [problem.images for problem in problems]
    if not any(images) or name == "fake":
        return
    adapter = _adapter(name)
    if not adapter.engine.capabilities.images:
        refuse_images(images, f"engine {name!r}", "use transformers, vllm or openai")
    if policy.prompt.template not in ("chat", "boxed"):
        used = policy.prompt.template_name or policy.prompt.template
        refuse_images(images, f"the prompt {used!r}", "use --template chat or boxed")
    if not adapter.served:
        from passgap.engines.transformers.loading import takes_images

        if not takes_images(policy):
            instead = "use a vision-language model (image-text-to-text)"
            refuse_images(images, f"the model {policy.path}", instead)


def vocabulary_digest(policy: Policy) -> str:
    """Names the meaning of a policy's token ids; equal where they mean the same."""
    from passgap.engines.transformers.loading import vocabulary_digest as digest_of

    return digest_of(policy)


def load_engine(
    name: str,
    policy: Policy,
    problems: ProblemSet,
    sampling: SamplingParams,
    arguments: Mapping[str, Json],
) -> Engine:
    """Load the engine whose arguments ``check_engine`` has accepted."""
    engine = _adapter(name).engine
    if name.startswith(RAY):
        outer, inner = _split(name, arguments)
        loader = partial(load_engine, name.removeprefix(RAY), policy, problems, sampling, inner)
        scaled = resolve_name("passgap.engines.ray:RayEngine")
        found: Engine = scaled(name.removeprefix(RAY), engine.capabilities, loader, **outer)
        return found
    return engine.load(policy, problems, sampling, **arguments)


def _split(name: str, arguments: Mapping[str, T]) -> tuple[dict[str, T], dict[str, T]]:
    """Ray's own arguments, and those of the engine that it scales."""
    known = _RAY_ARGUMENTS.known if name.startswith(RAY) else {}
    outer = {key: value for key, value in arguments.items() if key in known}
    return outer, {key: value for key, value in arguments.items() if key not in known}


def _adapter(name: str) -> Adapter:
    return ENGINES[name.removeprefix(RAY)]
