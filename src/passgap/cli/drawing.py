"""From flags to a run: a policy and problems resolved, then sampled with a progress bar.

What ``sample`` and ``probe-adaptive`` share. Errors are reported before anything is loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from passgap.cli.flags import (
    DecodingFlags,
    EngineFlags,
    ProblemFlags,
    PromptFlags,
    key_values,
    tell_stop,
)
from passgap.cli.progress import bar, command_line
from passgap.errors import UsageError
from passgap.plain import plural

if TYPE_CHECKING:
    from passgap.data.policies import Policy, SamplingParams
    from passgap.data.problems import ProblemSet
    from passgap.runs import Run


@dataclass(frozen=True)
class Drawing:
    """What the flags name, resolved: everything sampling needs except how many."""

    policy: Policy
    problems: ProblemSet
    sampling: SamplingParams
    engine: str
    engine_args: dict[str, str]
    seed: int


@dataclass(frozen=True)
class Draws:
    """Which samples of each problem, by the names they have in Python."""

    n: int
    first_draw: int = 0
    top_up: bool = False


def resolve(
    policies: Sequence[str],
    problems: str,
    engine: EngineFlags,
    decoding: DecodingFlags,
    prompt: PromptFlags,
    fields: ProblemFlags,
    *,
    seed: int = 0,
    revision: str | None = None,
) -> list[Drawing]:
    """Turn the flags into one drawing per policy."""
    from passgap.engines import check_engine
    from passgap.stages.resolving import check_shots, resolve_problems

    if revision is not None and len(policies) > 1:
        raise UsageError(
            f"--revision {revision!r} with {len(policies)} policies; allowed: one policy"
        )
    mapped = fields.mapped()
    found = fields.sound(resolve_problems(problems, mapped, limit=fields.limit), fields.verifier)
    arguments = key_values(engine.engine_arg)
    check_engine(engine.engine, arguments)
    sampling = decoding.sampling(problems, engine.engine)
    drawings = []
    for policy in policies:
        chosen = prompt.of(policy, revision=revision, mapping=mapped)
        check_shots(chosen, found)
        drawings.append(Drawing(chosen, found, sampling, engine.engine, arguments, seed))
    return drawings


def sample_run(drawing: Drawing, draws: Draws, out: str, price: float | None) -> Run:
    """Sample what was resolved, with a progress bar; ``price`` is that of a million tokens."""
    from passgap.stages.sampling import sample

    tell_stop(drawing.policy, out)
    with bar(f"sampling {Path(out).name}", price=price) as progress:
        return sample(
            out=out, progress=progress, command=command_line(), **vars(drawing), **vars(draws)
        )


def sample_runs(
    drawings: Sequence[Drawing], draws: Draws, out: str, price: float | None
) -> list[Run]:
    """Sample several policies into run folders of their names below ``out``."""
    from passgap.stages.sampling_arms import named_arms, sample_arms

    shared = drawings[0]
    tell_stop(shared.policy)
    return sample_arms(
        named_arms([one.policy for one in drawings], shared.sampling),
        shared.problems,
        out=out,
        engine=shared.engine,
        engine_args=shared.engine_args,
        seed=shared.seed,
        bar=partial(bar, price=price),
        command=command_line(),
        **vars(draws),
    )


def drawn_in_words(run: Run, price: float | None) -> str:
    """What the run holds, and what sampling it took and cost."""
    tokens = sum(call.tokens for call in run.calls())
    cost = "" if price is None else f", {tokens * price / 1e6:,.2f} at {price:g} per million"
    return (
        f"{plural(sum(run.draws().values()), 'completion')}, {tokens:,} tokens sampled in "
        f"total{cost}"
    )
