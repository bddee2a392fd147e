"""``passgap compare``: runs or counts of base and trained in, the verdict after training out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from passgap.cli import flags
from passgap.cli.command import argument, command, flag
from passgap.cli.flags import OutputFlags, VerdictFlags
from passgap.cli.printing import check_fail_on, checked, show
from passgap.errors import UsageError

if TYPE_CHECKING:
    from passgap.evidence.evidence import Evidence
    from passgap.evidence.options import CompareOptions
    from passgap.results.seeds import SeedsComparison
    from passgap.results.sweep import Sweep

Seeds = Annotated[
    bool, flag("TRAINED are training seeds of one recipe: the verdict is on the recipe.")
]
By = Annotated[
    str | None,
    flag(
        "Field of the problems, or column of the counts, whose values make slices (benchmark, "
        "level): a verdict in each, corrected for their number.",
        "FIELD",
    ),
]
Steps = Annotated[
    list[int] | None,
    flag("Training step of each checkpoint, in their order; default: what its folder says."),
]


@command(
    defaults="passgap.results.settings:CompareSettings",
    shown="seeds by step figure sampling-alone k full json fail-on k-small k-large margin interval "
    "intersect allow-different-prompts accept-trained-on",
)
def compare(
    base: Annotated[str, argument("BASE", "Run folder or counts file.")],
    trained: Annotated[
        list[str],
        argument(
            "TRAINED...", "Run folder or counts file; several: the checkpoints of one training run."
        ),
    ],
    verdict: VerdictFlags,
    output: OutputFlags,
    seeds: Seeds = False,
    by: By = None,
    step: Steps = None,
    figure: Annotated[
        str | None, flag("Write the chart: a .png, .svg or .pdf file.", "FILE")
    ] = None,
    sampling_alone: flags.SamplingAlone = None,
    ks: Annotated[
        list[int] | None,
        flag(
            "A k to list; repeatable. The verdict's own k are always computed.", "K", typed=("--k",)
        ),
    ] = None,
    cluster: flags.Cluster = None,
    fail_on: flags.FailOn = None,
) -> None:
    """The verdict after training: sharpened, narrowed, expanded?

    Several checkpoints: pass@k by step, where coverage begins to fall, which one to keep.

    Example: passgap compare runs/base runs/trained
    """
    from passgap.evidence.doors import compare as judge_pair
    from passgap.evidence.evidence import Evidence
    from passgap.results.labels import CompareLabel, SweepLabel

    swept = len(trained) > 1 and not seeds
    check_fail_on(fail_on, SweepLabel if swept else CompareLabel)
    if figure is not None:
        from passgap.show.charts.figures import check_picture

        check_picture(figure)
    if sampling_alone and len(trained) > 1:
        raise UsageError("--sampling-alone with several TRAINED; allowed: one")
    if step and (seeds or len(trained) == 1):
        raise UsageError("--step is for the checkpoints of a sweep; leave it out")
    settings: CompareOptions = {"ks": ks or None, **verdict.settings()}
    if by is not None:
        unsuited = {"--sampling-alone": sampling_alone, "--figure": figure, "--seeds": seeds}
        check_by(by, trained, [name for name, given in unsuited.items() if given])
        from passgap.evidence.doors import compare_by

        slices = compare_by(base, trained[0], by, cluster=cluster, **settings)
        show(slices, output, fail_on, checked(base, trained[0], accept=verdict.accepted()))
        return
    if seeds or len(trained) > 1:
        evidence = Evidence.read(base, *trained, cluster=cluster)
        result = judge_several(evidence, settings, seeds=seeds, steps=step or [])
        checks = [checked(path) for path in (base, *trained)]
        show(result, output, fail_on, *checks, figure=figure)
        return
    evidence = Evidence.read(base, trained[0], sampling_alone=sampling_alone or [], cluster=cluster)
    judged = judge_pair(evidence, **settings)
    found = checked(base, trained[0], accept=verdict.accepted())
    show(judged, output, fail_on, found, figure=figure)


def check_by(by: str, trained: list[str], unsuited: list[str]) -> None:
    """Refuse ``--by`` beside what slices have none of."""
    if len(trained) > 1:
        raise UsageError(f"--by {by} with {len(trained)} TRAINED; allowed: one")
    if unsuited:
        raise UsageError(f"--by {by} with {unsuited[0]}; leave one of the two out")


def judge_several(
    evidence: Evidence, settings: CompareOptions, *, seeds: bool, steps: list[int]
) -> Sweep | SeedsComparison:
    """The verdict on a recipe from its training seeds, or the sweep over checkpoints."""
    from passgap.evidence.doors import compare_seeds, compare_sweep

    if seeds:
        return compare_seeds(evidence, **settings)
    return compare_sweep(evidence, steps=steps, **settings)
