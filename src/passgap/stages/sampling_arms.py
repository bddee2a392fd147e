"""Several policies on the same problems: their runs side by side, in the order of their steps.

In: policies (such as the checkpoints of a training run) and what to draw from them. Out: a run
folder for each, in one folder, named after the policy. Everything is checked before the first model
is loaded; what fails later leaves the finished runs as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from pathlib import Path

from passgap.data.policies import Policy, SamplingParams
from passgap.data.problems import ProblemSet
from passgap.errors import PassgapError, UsageError, WorkError
from passgap.runs import Manifest, Round, Run
from passgap.runs.lineage import step_of
from passgap.stages.sampling import Sampler

Bar = Callable[[str], AbstractContextManager[Callable[..., None]]]


@dataclass(frozen=True)
class Arm:
    """One run to draw: its folder's name, the policy, and the sampling parameters."""

    name: str
    policy: Policy
    sampling: SamplingParams


def by_step(policies: Sequence[Policy]) -> list[Policy]:
    """Policies in the order of their training steps; those without a step first, as given."""
    return sorted(policies, key=lambda policy: _place(step_of(policy.path)))


def named_arms(policies: Sequence[Policy], sampling: SamplingParams) -> list[Arm]:
    """One arm per policy, by step, named after its folder; equal names are refused."""
    arms = [Arm(policy.name, policy, sampling) for policy in by_step(policies)]
    names = [arm.name for arm in arms]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        paths = ", ".join(arm.policy.path for arm in arms if arm.name == twice)
        raise UsageError(
            f"two policies are named {twice!r} ({paths}) and would share one run folder; sample "
            "them one at a time, each with its own --out"
        )
    return arms


def sample_arms(
    arms: Sequence[Arm],
    problems: ProblemSet,
    *,
    n: int,
    out: Path | str,
    engine: str = "transformers",
    engine_args: Mapping[str, str] | None = None,
    seed: int = 0,
    first_draw: int = 0,
    top_up: bool = False,
    bar: Bar,
    command: str = "",
) -> list[Run]:
    """Draw ``n`` completions of every problem from every arm; resumable.

    Parameters
    ----------
    arms
        What to draw from; ``out/NAME`` is each one's run folder.
    problems, n, engine, engine_args, seed, first_draw, top_up, command
        As in `passgap.sample`; the same for all arms.
    bar
        Makes a progress bar: called with a title, returns a context manager with a callback.

    Returns
    -------
    list of Run
        In the order of the arms.

    Raises
    ------
    UsageError, RunError
        For anything that cannot be carried out, naming the arm, before a model is loaded.
    WorkError
        When an arm fails; the finished ones are kept and the same command continues.
    """
    if n < 1 or first_draw < 0:
        raise UsageError(f"n={n}, first_draw={first_draw}; allowed: n >= 1, first_draw >= 0")
    prepared: list[tuple[Arm, Sampler, Manifest]] = []
    for arm in arms:
        sampler = Sampler(
            arm.policy,
            problems,
            sampling=arm.sampling,
            engine=engine,
            engine_args=engine_args,
            command=command,
        )
        rounds = (Round.of(first_draw, n),)
        manifest = sampler.manifest(n=n, seed=seed, first_draw=first_draw, rounds=rounds)
        prepared.append((arm, sampler, manifest))
    folder = Path(out)
    runs = [
        Run.create(folder / arm.name, manifest, problems, top_up=top_up)
        for arm, _, manifest in prepared
    ]
    for run, (arm, sampler, _) in zip(runs, prepared, strict=True):
        draw_arm(run, arm, sampler, bar)
    return runs


def draw_arm(run: Run, arm: Arm, sampler: Sampler, bar: Bar) -> None:
    """Draw what one arm is missing; errors name the arm."""
    where = f"{arm.name} ({arm.policy.path})"
    rest = "the earlier runs are finished, and the same command continues from here"
    try:
        with bar(f"sampling {arm.name}") as progress, run.writing(), closing(sampler):
            sampler.draw(run, progress)
    except PassgapError as error:
        raise WorkError(f"{where}: {error}; {rest}") from error
    except Exception as error:
        error.add_note(f"{where} failed; {rest}")
        raise


def _place(step: int | None) -> int:
    return -1 if step is None else step
