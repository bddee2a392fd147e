"""``passgap compare``: the verdict after training, from runs or counts of base and trained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from passgap.cli import flags
from passgap.cli.command import argument, command, flag
from passgap.cli.flags import OutputFlags, VerdictFlags
from passgap.cli.printing import check_fail_on, checked, show
from passgap.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passgap.evidence.evidence import Evidence
    from passgap.evidence.options import CompareOptions
    from passgap.results.comparison import Comparison
    from passgap.results.findings import Checks
    from passgap.results.seeds import SeedsComparison
    from passgap.results.slices import Slices
    from passgap.results.sweep import Sweep
    from passgap.results.unpaired import UnpairedComparison

Seeds = Annotated[
    bool, flag("TRAINED are training seeds of one recipe: the verdict is about the recipe.")
]
By = Annotated[
    str | None,
    flag(
        "Field of the problems, or column of the counts, to split by (benchmark, level): one "
        "verdict per value, corrected for the number of values.",
        "FIELD",
    ),
]
Unpaired = Annotated[
    bool,
    flag(
        "Compare two different sets of problems, or ids without meaning (histograms): curves "
        "only, nothing per problem."
    ),
]
Steps = Annotated[
    list[int] | None,
    flag("Training step of each checkpoint, in order; default: taken from its folder."),
]


@command(
    defaults="passgap.results.settings:CompareSettings",
    shown="seeds by unpaired step figure sampling-alone k full json fail-on k-small k-large margin "
    "interval intersect allow-different-prompts accept-trained-on",
)
def compare(
    base: Annotated[
        str, argument("BASE", "Run folder or counts file, or a folder with one run per benchmark.")
    ],
    trained: Annotated[
        list[str],
        argument("TRAINED...", "The same for the trained policy; several: checkpoints of one run."),
    ],
    verdict: VerdictFlags,
    output: OutputFlags,
    seeds: Seeds = False,
    by: By = None,
    unpaired: Unpaired = False,
    step: Steps = None,
    figure: Annotated[
        str | None, flag("Write the chart to this .png, .svg or .pdf file.", "FILE")
    ] = None,
    sampling_alone: flags.SamplingAlone = None,
    ks: Annotated[
        list[int] | None,
        flag(
            "A k to list; repeatable. The verdict's own k are always listed.", "K", typed=("--k",)
        ),
    ] = None,
    cluster: flags.Cluster = None,
    fail_on: flags.FailOn = None,
) -> None:
    """The verdict after training: sharpened, narrowed, expanded?

    With several checkpoints: pass@k by step, where coverage begins to fall, and which one to keep.
    With two folders of benchmarks, with the same names in both: a verdict on each, and over all.

    Example: passgap compare runs/base runs/trained
    """
    from passgap.evidence.benchmarks import is_folder_of_benchmarks
    from passgap.results.labels import CompareLabel, SweepLabel

    swept = len(trained) > 1 and not seeds
    check_fail_on(fail_on, SweepLabel if swept else CompareLabel)
    if figure is not None:
        from passgap.show.charts.figures import check_picture

        check_picture(figure)
    if sampling_alone and len(trained) > 1:
        raise UsageError("--sampling-alone is given with several TRAINED; allowed: one")
    if step and (seeds or len(trained) == 1):
        raise UsageError("--step is only for the checkpoints of a sweep; leave it out")
    settings: CompareOptions = {"ks": ks or None, **verdict.settings()}
    beside: dict[str, object] = {"--sampling-alone": sampling_alone, "--seeds": seeds}
    if any(map(is_folder_of_benchmarks, (base, *trained))):
        beside |= {"--by": by, "--unpaired": unpaired, "--figure": figure}
        check_one("a folder of benchmarks", trained, beside)
        each, checks = by_benchmark(base, trained[0], verdict, cluster, settings)
        show(each, output, fail_on, *checks)
        return
    if by is not None:
        check_one(f"--by {by}", trained, {**beside, "--unpaired": unpaired, "--figure": figure})
        from passgap.evidence.doors import compare_by

        slices = compare_by(base, trained[0], by, cluster=cluster, **settings)
        show(slices, output, fail_on, checked(base, trained[0], accept=verdict.accepted()))
        return
    if unpaired:
        check_one("--unpaired", trained, beside)
    if seeds or len(trained) > 1:
        from passgap.evidence.evidence import Evidence

        evidence = Evidence.read(base, *trained, cluster=cluster)
        result = judge_several(evidence, settings, seeds=seeds, steps=step or [])
        show(result, output, fail_on, *map(checked, (base, *trained)), figure=figure)
        return
    judged = judge_one((base, trained[0]), settings, unpaired, cluster, sampling_alone or [])
    found = checked(base, trained[0], accept=verdict.accepted(unpaired=unpaired))
    show(judged, output, fail_on, found, figure=figure)


def check_one(what: str, trained: list[str], beside: Mapping[str, object]) -> None:
    """Refuse several TRAINED, and flags that do not go together."""
    if len(trained) != 1:
        raise UsageError(f"{what} with {len(trained)} TRAINED; allowed: one")
    for name, given in beside.items():
        if given:
            raise UsageError(f"{what} with {name}; leave one of the two out")


def judge_one(
    pair: tuple[str, str],
    settings: CompareOptions,
    unpaired: bool,
    cluster: str | None,
    sampling_alone: list[str],
) -> Comparison | UnpairedComparison:
    """The verdict on one trained policy, paired with its base or not."""
    from passgap.evidence.doors import compare as judge_pair
    from passgap.evidence.evidence import Evidence

    evidence = Evidence.read(*pair, sampling_alone=sampling_alone, cluster=cluster)
    if unpaired:
        return judge_pair(evidence, unpaired=True, **settings)
    return judge_pair(evidence, **settings)


def by_benchmark(
    base: str, trained: str, verdict: VerdictFlags, cluster: str | None, settings: CompareOptions
) -> tuple[Slices, list[Checks | None]]:
    """The verdict on each benchmark of two folders, and the data checks of each pair."""
    from passgap.evidence.benchmarks import matched
    from passgap.evidence.doors import compare_benchmarks

    result = compare_benchmarks(base, trained, cluster=cluster, **settings)
    both, _ = matched(base, trained, intersect=verdict.intersect)
    accept = verdict.accepted()
    return result, [checked(*map(str, pair), accept=accept) for pair in both.values()]


def judge_several(
    evidence: Evidence, settings: CompareOptions, *, seeds: bool, steps: list[int]
) -> Sweep | SeedsComparison:
    """The verdict on a recipe from its training seeds, or the sweep over checkpoints."""
    from passgap.evidence.doors import compare_seeds, compare_sweep

    if seeds:
        return compare_seeds(evidence, **settings)
    return compare_sweep(evidence, steps=steps, **settings)
