"""``passgap compare``, ``reach`` and ``report``: after training."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import typer

from passgap.cli import draw, options, showing
from passgap.cli.flags import VerdictFlags
from passgap.cli.grouping import grouped
from passgap.cli.progress import bar, command_line
from passgap.errors import UsageError

Seeds = Annotated[
    bool,
    typer.Option("--seeds", help="The trained are training seeds of one recipe: judge that."),
]
Steps = Annotated[
    list[int] | None,
    typer.Option(
        "--step",
        help="Training step of each checkpoint, in their order; default: what its folder says.",
    ),
]
NOT_OF_SEEDS = ("interval", "accept_trained_on", "accept_luck", "false_positive_rate")


@grouped
def compare(
    base: Annotated[str, typer.Argument(metavar="BASE", help="Run folder or counts file.")],
    trained: Annotated[
        list[str],
        typer.Argument(
            metavar="TRAINED...",
            help="Run folder or counts file; several: the checkpoints of one training run.",
        ),
    ],
    verdict: VerdictFlags,
    seeds: Seeds = False,
    step: Steps = None,
    figure: Annotated[
        str | None, typer.Option("--figure", help="A .png, .svg or .pdf file for the chart.")
    ] = None,
    sampling_alone: options.SamplingAlone = None,
    ks: Annotated[
        list[int] | None,
        typer.Option(
            "--k", help="A k to list; repeatable. The verdict's own k are always computed."
        ),
    ] = None,
    json_: options.Json = False,
    fail_on: options.FailOn = None,
) -> None:
    """The verdict after training: sharpened, narrowed, expanded?

    Several checkpoints: pass@k against step, where coverage begins to fall, which one to keep.

    Example: passgap compare runs/base runs/trained
    """
    from passgap.analysis.compare.comparison import compare as judge_pair
    from passgap.analysis.verdicts import COMPARE_LABELS, SWEEP_LABELS
    from passgap.evidence.answers import arms_of
    from passgap.runs.lineage import trained_on

    swept = len(trained) > 1 and not seeds
    showing.check_fail_on(fail_on, SWEEP_LABELS if swept else COMPARE_LABELS)
    if figure is not None:
        from passgap.show.charts.figures import check_picture

        check_picture(figure)
    if sampling_alone and len(trained) > 1:
        raise UsageError("--sampling-alone with several TRAINED; allowed: one")
    if step and (seeds or len(trained) == 1):
        raise UsageError("--step is for the checkpoints of a sweep; leave it out")
    settings = {"ks": ks or None, **verdict.settings()}
    if seeds or len(trained) > 1:
        judge = _seeds if seeds else partial(_sweep, steps=step or [])
        result = judge(base, trained, settings)
        checks = [showing.checked(path) for path in (base, *trained)]
        showing.show(result, json_, fail_on, *checks, figure=figure)
        return
    judged = judge_pair(
        showing.counts(base),
        showing.counts(trained[0]),
        trained_on=trained_on(trained[0]),
        answers=arms_of(base, trained[0], sampling_alone or []),
        **settings,
    )
    checked = showing.checked(base, trained[0], accept=verdict.accepted())
    showing.show(judged.to_dict(), json_, fail_on, checked, figure=figure)


def reach(
    base: Annotated[str, typer.Argument(metavar="BASE", help="The base's run folder.")],
    trained: Annotated[str, typer.Argument(metavar="TRAINED", help="The trained policy's.")],
    reference: Annotated[
        str | None,
        typer.Option(
            "--reference", metavar="RUN", help="Another policy's run: its perplexity under both."
        ),
    ] = None,
    budget: options.Budget = 10_000,
    engine: Annotated[
        str, typer.Option("--engine", help="What scores: transformers or vllm.")
    ] = "transformers",
    engine_arg: options.EngineArg = None,
    json_: options.Json = False,
    fail_on: options.FailOn = None,
) -> None:
    """Could the base have drawn what only the trained policy solved? Certified from both sides.

    Example: passgap reach runs/base runs/trained
    """
    from passgap.analysis.reach import check_settings
    from passgap.analysis.verdicts import REACH_LABELS
    from passgap.evidence.reaching import reach_runs, score_across
    from passgap.runs import Run

    showing.check_fail_on(fail_on, REACH_LABELS)
    check_settings(budget=budget)
    runs = Run(base), Run(trained)
    third = Run(reference) if reference else None
    arguments = draw.key_values(engine_arg or [])
    score_across(*runs, reference=third, engine=engine, engine_args=arguments, bar=bar)
    result = reach_runs(*runs, reference=third, budget=budget)
    showing.show(result.to_dict(), json_, fail_on, showing.checked(base, trained))


@grouped
def report(
    runs: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN...",
            help="A base's run or counts file; then a trained's, or those of several checkpoints.",
        ),
    ],
    verdict: VerdictFlags,
    out: Annotated[str, typer.Option("--out", help="The HTML file to write.")] = "report.html",
    figures: Annotated[
        str | None, typer.Option("--figures", help="Folder for the charts as PDF, SVG and PNG.")
    ] = None,
    seeds: Seeds = False,
    step: Steps = None,
) -> None:
    """Write one self-contained page: verdicts, curves, problems, completions, settings.

    Example: passgap report runs/base runs/trained --out report.html
    """
    if seeds and len(runs) < 3:
        raise UsageError(f"--seeds with {len(runs) - 1} trained; allowed: a base and 2 or more")
    if step and (seeds or len(runs) < 3):
        raise UsageError("--step is for the checkpoints of a sweep; leave it out")
    settings = verdict.settings()
    made: dict[str, Any] = {"out": out, "figures": figures, "command": command_line()}
    if len(runs) > 2:
        from passgap.show.page.gathering import report_several

        base, *trained = runs
        judge = _seeds if seeds else partial(_sweep, steps=step or [])
        result = judge(base, trained, settings)
        page = report_several(result, base, trained, **made, **settings)
    else:
        from passgap.show.page.gathering import report as write

        page = write(runs[0], runs[1] if len(runs) == 2 else None, **made, **settings)
    print(f"{page}: written, {page.stat().st_size / 1e6:.1f} MB")


def _sweep(
    base: str, trained: list[str], settings: dict[str, Any], *, steps: list[int]
) -> dict[str, Any]:
    """The sweep over checkpoints, with how their steps are known among its notes."""
    from passgap.analysis.sweep.sweeping import compare_sweep
    from passgap.runs.lineage import steps_of, trained_on

    _only_population(settings["interval"], "several checkpoints")
    found, known = steps_of(trained, steps)
    learnt = [trained_on(path) for path in trained]
    result = compare_sweep(
        showing.counts(base),
        [(step, showing.counts(path)) for step, path in zip(found, trained, strict=True)],
        trained_on=None if None in learnt else any(learnt),
        **{name: value for name, value in settings.items() if name != "interval"},
    ).to_dict()
    return {**result, "notes": [*result["notes"], *known]}


def _seeds(base: str, trained: list[str], settings: dict[str, Any]) -> dict[str, Any]:
    """The verdict on a recipe from its training seeds, on problems that none was trained on."""
    from passgap.analysis.seeds import compare_seeds
    from passgap.runs.lineage import trained_on

    _only_population(settings["interval"], "--seeds")
    if settings["accept_luck"] or settings["false_positive_rate"] is not None:
        raise UsageError(
            "--accept-luck and --false-positive-rate mean nothing with --seeds; leave them out"
        )
    learnt = [path for path in trained if trained_on(path)]
    if learnt and not settings["accept_trained_on"]:
        raise UsageError(
            f"{learnt[0]} was trained on these problems: a gain may be memory; compare on held-out "
            "problems, or accept it (--accept-trained-on)"
        )
    mine = {name: value for name, value in settings.items() if name not in NOT_OF_SEEDS}
    return compare_seeds(
        showing.counts(base), [showing.counts(path) for path in trained], **mine
    ).to_dict()


def _only_population(interval: str, what: str) -> None:
    """Refuse what a claim about several policies cannot honour."""
    if interval != "population":
        raise UsageError(f"--interval {interval!r} with {what}; allowed: population")
