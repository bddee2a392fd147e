"""``passgap probe``: the verdict before training, from the base's run or counts."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, cast

from passgap.cli import flags
from passgap.cli.command import argument, command, flag
from passgap.cli.drawing import drawn_in_words
from passgap.cli.flags import (
    AcceptLuck,
    AcceptUnscored,
    DropShort,
    FalsePositives,
    KLarge,
    KSmall,
    OutputFlags,
)
from passgap.cli.printing import check_fail_on, checked, show
from passgap.errors import UsageError

if TYPE_CHECKING:
    from passgap.evidence.options import ProbeOptions
    from passgap.results.probe import AdaptiveProbe
    from passgap.results.settings import AdaptiveSettings
    from passgap.runs import Run


@dataclass(frozen=True, kw_only=True)
class RuleFlags:
    """Verdict"""

    k_small: KSmall
    k_large: KLarge
    small: Annotated[
        float | None,
        flag("A headroom below this is small; default: 0.05, for pass@20 - pass@2 only."),
    ]
    large: Annotated[
        float | None,
        flag("A headroom above this is large; default: 0.15, for pass@20 - pass@2 only."),
    ]

    def adaptive(self, **rounds: int) -> AdaptiveSettings:
        """The settings of a probe in rounds."""
        from passgap.results.settings import AdaptiveSettings

        return AdaptiveSettings(self.k_small, self.k_large, self.small, self.large, **rounds)


@dataclass(frozen=True, kw_only=True)
class ProbeFlags(RuleFlags):
    """Verdict"""

    interval: Annotated[
        str | None,
        flag(f"{flags.INTERVAL} default: population, fixed for fewer than 72 problems.", "KIND"),
    ]
    beyond: Annotated[list[int], flag("A k above n to extrapolate to; repeatable.", "K")]
    sampling_alone: flags.SamplingAlone = None
    cluster: flags.Cluster = None
    false_positive_rate: FalsePositives
    accept_luck: AcceptLuck
    accept_unscored: AcceptUnscored
    drop_short: DropShort
    seed: flags.Seed

    def settings(self) -> ProbeOptions:
        """The settings of a probe: the flags have the names that they have in Python."""
        given = dict(vars(self))
        del given["sampling_alone"], given["cluster"]  # what is read, not how it is judged
        return cast("ProbeOptions", given)


@command(
    defaults="passgap.results.settings:ProbeSettings",
    shown="k-small k-large small large interval beyond sampling-alone cluster full json markdown "
    "fail-on",
)
def probe(
    sources: Annotated[
        list[str],
        argument(
            "RUN_OR_COUNTS...",
            "A verified run, or a counts file; several: starts to choose from (a base, stages of "
            "its fine-tuning, other sizes), or pools of problems.",
        ),
    ],
    verdict: ProbeFlags,
    output: OutputFlags,
    intersect: Annotated[
        bool, flag("Of several starts, compare the problems that all of them have.")
    ] = False,
    fail_on: flags.FailOn = None,
    ray: flags.OnRay = None,
) -> None:
    """The verdict before training: can RLVR pay on this base, on these problems?

    It compares pass@k at a small and a large k: a small gap leaves RLVR little to gain. With
    several starts: which to train, and which of them are shown to differ.

    Example: passgap probe runs/base
    """
    if intersect and len(sources) == 1:
        raise UsageError("--intersect with one start; allowed: several")
    with flags.on_ray(ray):
        if len(sources) > 1:
            judge_starts(sources, verdict, output, fail_on, intersect=intersect)
        else:
            judge_source(sources[0], verdict, output, fail_on)


def judge_starts(
    sources: list[str],
    verdict: ProbeFlags,
    output: OutputFlags,
    fail_on: list[str] | None,
    *,
    intersect: bool,
) -> None:
    """Print which of several starts to train."""
    from passgap.evidence.doors import probe_starts
    from passgap.results.labels import StartsLabel

    check_fail_on(fail_on, StartsLabel)
    if verdict.sampling_alone:
        raise UsageError(f"--sampling-alone with {len(sources)} starts; allowed: one")
    twice = next((one for one in sources if sources.count(one) > 1), None)
    if twice is not None:
        raise UsageError(f"{twice} is given twice; allowed: different starts")
    named = dict(zip(apart(sources), sources, strict=True))
    settings = verdict.settings()
    found = probe_starts(named, cluster=verdict.cluster, intersect=intersect, **settings)
    show(found, output, fail_on, *map(checked, sources))


def judge_source(
    source: str, verdict: ProbeFlags, output: OutputFlags, fail_on: list[str] | None
) -> None:
    """Print the verdict on a run or a counts file."""
    from passgap.evidence.doors import probe as judge
    from passgap.evidence.evidence import Evidence
    from passgap.results.labels import ProbeLabel
    from passgap.runs import Run, is_run

    check_fail_on(fail_on, ProbeLabel)
    if is_run(source) and (run := Run(source)).manifest.design == "adaptive":
        return _probe_again(run, verdict, output, fail_on)
    checks = checked(source)
    evidence = Evidence.read(
        source, sampling_alone=verdict.sampling_alone or [], cluster=verdict.cluster
    )
    show(judge(evidence, **verdict.settings()), output, fail_on, checks)


def _probe_again(
    run: Run, verdict: ProbeFlags, output: OutputFlags, fail_on: list[str] | None
) -> None:
    """The verdict of an adaptive run that is already sampled."""
    from passgap.evidence.adaptive import probe_again

    if verdict.sampling_alone:
        raise UsageError("--sampling-alone with an adaptive run; allowed: a run with a fixed n")
    show_adaptive(probe_again(run, settings=verdict.adaptive()), run, None, output, fail_on)


def show_adaptive(
    result: AdaptiveProbe,
    run: Run,
    price: float | None,
    output: OutputFlags,
    fail_on: list[str] | None,
) -> None:
    """The verdict of an adaptive run, among its data checks."""
    from passgap.checks import check
    from passgap.plain import visible

    print(visible(f"{run.place}: {drawn_in_words(run, price)}"), file=sys.stderr)
    show(result, output, fail_on, check(run))


def apart(paths: list[str]) -> list[str]:
    """Short names of different paths: their ends, as far as needed to tell them apart."""
    parts = [(*PurePath(path).parts[:-1], PurePath(path).stem) for path in paths]
    longest = max(map(len, parts))
    for length in range(1, longest + 1):
        names = ["/".join(one[-length:]) for one in parts]
        if len(set(names)) == len(paths):
            return names
    return paths
