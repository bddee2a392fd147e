"""Lineage: which of two runs is the base's, what a policy was trained on, and for how long.

In: runs and policy folders. Out: what their policy files say; None or ``unknown`` if they say
nothing, a RunError if one is damaged. A role comes from here, never from the order on a page.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from passgap.data.policies import UNKNOWN_POLICY
from passgap.plain import at_home
from passgap.runs.names import CHECKPOINT
from passgap.runs.places import is_run
from passgap.runs.policy import PolicyFile, Weights, read_policy
from passgap.runs.run import Run

Roles = Literal["as given", "reversed", "unknown"]
MOST_STAGES = 32


def policy_folder(run: Run) -> Path:
    """Where a run's policy was when it was sampled; it may be gone."""
    return at_home(run.manifest.policy["path"])


def policy_of(run: Run) -> PolicyFile | None:
    """The policy file of a run's policy; None if it was not trained here."""
    folder = policy_folder(run)
    return None if str(folder) == UNKNOWN_POLICY else read_policy(folder)


def trained_on(source: Run | Path | str) -> bool | None:
    """Whether the policy of a run was trained on that run's problems.

    None where that is unknown: for a counts file, and a policy without a policy file.
    """
    if not isinstance(source, Run) and not is_run(source):
        return None
    run = source if isinstance(source, Run) else Run(source)
    policy = policy_of(run)
    if policy is None or policy.train_problem_ids is None:
        return None
    return not set(policy.train_problem_ids).isdisjoint(run.problem_ids)


def roles(first: Run, second: Run) -> Roles:
    """Which of two runs is the base's.

    ``as given``: the policy of ``second`` was trained from that of ``first``, directly or in
    several trainings, or is a later step of one training; ``reversed``: the other way round;
    ``unknown``: no policy file says so.
    """
    forward, backward = _descends(second, first), _descends(first, second)
    if forward == backward:
        return "unknown"
    return "as given" if forward else "reversed"


def step_of(policy: Path | str) -> int | None:
    """The training step of a policy folder; None for a policy that was not trained.

    passgap writes it into the folder; for another trainer's folder named ``checkpoint-N``, as in
    transformers, it is N.
    """
    found = read_policy(policy)
    if found is not None and found.step is not None:
        return found.step
    named = re.fullmatch(rf"{CHECKPOINT}(\d+)", Path(policy).name, re.ASCII)
    return int(named[1]) if named else None


def _descends(later: Run, earlier: Run) -> bool:
    """Whether one run's policy was trained from the other's, or continues a step of it."""
    after, before = policy_of(later), policy_of(earlier)
    if after is None:
        return False
    if any(_drawn_from(earlier, weights) for weights in _ancestors(after)):
        return True
    return before is not None and _is_later_step(after, before)


def _ancestors(policy: PolicyFile) -> Iterator[Weights]:
    """The weights it was trained from, those they were trained from, and so on."""
    found: PolicyFile | None = policy
    for _ in range(MOST_STAGES):  # files from strangers may name each other in a circle
        if found is None or found.base is None:
            return
        yield found.base
        found = read_policy(at_home(found.base.path))


def _drawn_from(run: Run, weights: Weights) -> bool:
    """Whether a run has these weights: by their digest, or by their location, as for a server."""
    policy = run.manifest.policy
    if weights.weights_digest and weights.weights_digest == policy["weights_digest"]:
        return True
    path = policy["path"]
    return path != UNKNOWN_POLICY and (path == weights.path or _is_one_folder(path, weights.path))


def _is_one_folder(first: str, second: str) -> bool:
    try:
        return os.path.samefile(at_home(first), at_home(second))
    except (OSError, ValueError):
        return False


def _is_later_step(after: PolicyFile, before: PolicyFile) -> bool:
    if after.base is None or after.step is None or before.step is None:
        return False
    one_training = all(
        getattr(after, name) == getattr(before, name)
        for name in ("algorithm", "base", "config", "problem_set", "verifier", "teacher")
    )
    return one_training and after.step > before.step
