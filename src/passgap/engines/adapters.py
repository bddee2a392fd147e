"""What is known about an engine before it is imported: its location and its arguments.

In: nothing. Out: an Adapter for each built-in engine, and one for any engine that a package adds.
"""

from __future__ import annotations

from dataclasses import dataclass
from pkgutil import resolve_name
from typing import Protocol, cast

from passgap.data.policies import Policy, SamplingParams
from passgap.data.problems import ProblemSet
from passgap.engines.arguments import Arguments, flag
from passgap.engines.base import Capabilities, Engine
from passgap.plain import Json


class EngineClass(Protocol):
    """An Engine's class, as found by name."""

    capabilities: Capabilities

    def load(
        self, policy: Policy, problems: ProblemSet, sampling: SamplingParams, **arguments: Json
    ) -> Engine: ...


@dataclass(frozen=True)
class Adapter:
    """One engine: ``module:class`` or the class, and what ``--engine-arg`` may name.

    ``packages`` affect what it draws: a run records their versions. ``check``, ``module:function``,
    refuses arguments before a model is loaded; empty for none. ``served``: as `Engine.served`.
    """

    where: str | type[Engine]
    arguments: Arguments
    packages: tuple[str, ...] = ()
    check: str = ""
    served: bool = False

    @property
    def engine(self) -> EngineClass:
        """The class, imported now."""
        found = resolve_name(self.where) if isinstance(self.where, str) else self.where
        return cast(EngineClass, found)


def accept(made: object, package: str) -> Adapter | None:
    """The adapter of a built-in engine, or of an Engine class that a package adds."""
    if isinstance(made, Adapter):
        return made
    if isinstance(made, type) and issubclass(made, Engine) and callable(getattr(made, "load", 0)):
        return Adapter(made, made.arguments, (package,), served=made.served)
    return None


TRANSFORMERS = Adapter(
    "passgap.engines.transformers:TransformersEngine",
    Arguments(batch_size=int, dtype=str, device=str, threads=int, trust_remote_code=flag),
    ("torch", "transformers"),
)
VLLM = Adapter(
    "passgap.engines.vllm:VllmEngine",
    Arguments(passes_on=True),
    ("vllm",),
    "passgap.engines.vllm:check",
)
OPENAI = Adapter(
    "passgap.engines.openai:OpenAIEngine",
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
        leave_out=str,
    ),
    ("openai",),
    "passgap.engines.openai:check",
    served=True,
)
FAKE = Adapter("passgap.engines.fake:FakeEngine", Arguments(alpha=float, beta=float, delta=float))
