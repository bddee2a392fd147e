"""``passgap report``: one self-contained HTML page from runs or counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from passgap.cli.command import argument, command, flag
from passgap.cli.compare import Seeds, Steps, Unpaired, check_one, judge_several
from passgap.cli.flags import Cluster, VerdictFlags
from passgap.cli.progress import command_line, say
from passgap.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class PageFlags(VerdictFlags):
    """Verdict"""

    budget: Annotated[
        int, flag("Samples per problem that still count as within the base's reach.", "N")
    ]


@command(
    defaults="passgap.results.settings:CompareSettings",
    shown="out figures seeds step k-small k-large margin interval intersect "
    "allow-different-prompts accept-trained-on",
)
def report(
    runs: Annotated[
        list[str],
        argument(
            "RUN...",
            "The base's run or counts file; then the trained policy's, or those of several "
            "checkpoints. For several benchmarks: two folders with a run for each.",
        ),
    ],
    verdict: PageFlags,
    out: Annotated[str, flag("The HTML file to write.", "FILE")] = "report.html",
    figures: Annotated[
        str | None, flag("Folder for the charts in a paper's style: PDF, SVG, PNG.", "DIR")
    ] = None,
    seeds: Seeds = False,
    unpaired: Unpaired = False,
    step: Steps = None,
    cluster: Cluster = None,
) -> None:
    """Write one self-contained page: verdicts, curves, problems, completions, settings.

    Example: passgap report runs/base runs/trained --out report.html
    """
    if seeds and len(runs) < 3:
        raise UsageError(
            f"--seeds with {len(runs) - 1} trained policy; needed: a base and 2 or "
            "more trained policies"
        )
    if step and (seeds or len(runs) < 3):
        raise UsageError("--step is only for the checkpoints of a sweep; leave it out")
    settings = verdict.settings()
    typed, (base, *trained) = command_line(), runs
    if unpaired:
        check_one("--unpaired", trained, {"--seeds": seeds})
    if len(trained) > 1:
        from passgap.evidence.evidence import Evidence
        from passgap.show.page.gathering import report_several

        evidence = Evidence.read(base, *trained, cluster=cluster)
        result = judge_several(evidence, settings, seeds=seeds, steps=step or [])
        page = report_several(
            result,
            base,
            trained,
            out=out,
            figures=figures,
            command=typed,
            cluster=cluster,
            **settings,
        )
    else:
        from passgap.show.page.gathering import report as report_pair

        after = trained[0] if trained else None
        page = report_pair(
            base,
            after,
            out=out,
            figures=figures,
            command=typed,
            cluster=cluster,
            unpaired=unpaired,
            **settings,
        )
    say(f"{page}: written, {page.stat().st_size / 1e6:.1f} MB")
