"""Audits of a reward, as users call them.

In: problems and a reward, or verified runs. Out: typed results.
"""

from __future__ import annotations

from pathlib import Path

from passgap.analysis import features as analysis
from passgap.analysis import proxy as proxies
from passgap.checks import of_reward
from passgap.data.problems import ProblemSet
from passgap.errors import UsageError
from passgap.problems import Mapped
from passgap.results.feature_audit import FeatureAudit
from passgap.results.proxy_audit import ProxyAudit
from passgap.results.reward_audit import RewardAudit
from passgap.results.settings import AuditSettings
from passgap.runs import Run, is_run, opened
from passgap.stages.features import features_of
from passgap.stages.resolving import resolve_problems
from passgap.stages.two_verifiers import both_marks, digest_of


def audit_reward(
    problems: ProblemSet | Run | Path | str,
    reward: str | None = None,
    *,
    size: int = AuditSettings.size,
    seed: int = AuditSettings.seed,
    mapping: Mapped | None = None,
) -> RewardAudit:
    """Try a reward with completions that should earn nothing, and with the references.

    It finds what it tries: an audit, not a proof. The kinds are listed in the documentation
    (Auditing a reward).

    Parameters
    ----------
    problems
        What the reward is used on: a set, a file or name of one, or a run.
    reward
        The spec of a verifier, such as ``math`` or ``python:MODULE:FUNCTION``; None takes the one
        each problem names. What it marks correct is paid.
    size
        Number of problems to try.
    seed
        Seed of the choice of problems.
    mapping
        How the rows of a file become problems.

    Raises
    ------
    UsageError
        For an unknown reward, no problem, or a size below 1.

    Examples
    --------
    >>> import passgap
    >>> problems = passgap.ProblemSet.of("one", [passgap.Problem("Add two and three.", "5")])
    >>> passgap.audit_reward(problems, "math").worst is None
    True
    """
    return of_reward.audit_reward(_set(problems, mapping), reward, size=size, seed=seed)


def audit_features(
    base: Run | Path | str,
    trained: Run | Path | str | None = None,
    *,
    seed: int = AuditSettings.seed,
) -> FeatureAudit:
    """Say which cheap features of the texts go with the marks, within problems.

    Length, format, repeats, words: what a policy can change without solving anything. The largest
    association of all features under permuted marks is the floor. With a trained policy's run, the
    features that training moved to where the base's marks paid them come first. A reason to read
    samples, not a proof.

    Parameters
    ----------
    base, trained
        Verified runs, marked by the reward that is audited.
    seed
        Seed of the permutations, and of the choice of problems in a run of more than 200,000
        samples.

    Raises
    ------
    UsageError
        For a run that is not verified, or no problem with both a right and a wrong sample.
    """
    runs = [opened(one) for one in (base, trained) if one is not None]
    found = features_of(runs, seed=seed)
    after = found[1] if len(found) > 1 else None
    names = [str(run.place) for run in runs]
    return analysis.audit_features(found[0], after, runs=names, seed=seed)


def audit_proxy(
    base: Run | Path | str,
    trained: Run | Path | str | None = None,
    *,
    proxy: str,
    gold: str | None = None,
) -> ProxyAudit:
    """Say how often a reward pays what a second verifier does not, before and after training.

    Parameters
    ----------
    base, trained
        Runs that were verified with both.
    proxy
        The spec of the reward, as in ``verify``; ``source`` for a log's own labels.
    gold
        The spec of the second verifier; None: the one whose outcomes count.

    Raises
    ------
    UsageError
        For a run that one of them has not marked, or the same verifier twice.
    """
    runs = [opened(one) for one in (base, trained) if one is not None]
    second = gold or runs[0].marked_by(runs[0].verifier_digest())
    keys = [(digest_of(run, proxy), digest_of(run, second)) for run in runs]
    if any(first == other for first, other in keys):
        raise UsageError(
            f"{proxy!r} is both the reward and the second verifier; name another one (--gold SPEC)"
        )
    marks = [both_marks(run, *pair) for run, pair in zip(runs, keys, strict=True)]
    names = [str(run.place) for run in runs]
    after = marks[1] if len(marks) > 1 else None
    return proxies.audit_proxy(marks[0], after, runs=names, proxy=proxy, gold=second)


def _set(problems: ProblemSet | Run | Path | str, mapping: Mapped | None) -> ProblemSet:
    if isinstance(problems, ProblemSet):
        return problems
    if isinstance(problems, Run) or is_run(problems):
        return opened(problems).problems()
    return resolve_problems(str(problems), mapping)
