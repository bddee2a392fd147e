"""``passgap probe``, ``compare``, ``reach``, ``report``, ``plan`` and ``backtest``."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from passgap.cli import draw, options
from passgap.cli.flags import (
    DecodingFlags,
    EngineFlags,
    ProblemFlags,
    PromptFlags,
    VerdictFlags,
    check_interval,
)
from passgap.cli.grouping import grouped
from passgap.cli.progress import bar, command_line
from passgap.errors import UsageError
from passgap.plain import json_text, visible

if TYPE_CHECKING:
    from collections.abc import Collection

    from passgap.store import Run
    from passgap.types import Counts

NOT_OF_SEEDS = ("interval", "accept_trained_on", "accept_luck", "false_positive_rate")

Source = Annotated[
    str, typer.Argument(metavar="RUN", help="A run folder or a counts file; or a POLICY to sample.")
]


@grouped
def probe(
    source: Source,
    engine: EngineFlags,
    decoding: DecodingFlags,
    prompt: PromptFlags,
    fields: ProblemFlags,
    problems: Annotated[
        str | None,
        typer.Argument(metavar="[PROBLEMS]", help="Given: sample and verify POLICY on them first."),
    ] = None,
    out: Annotated[
        str | None, typer.Option("--out", help="Run folder, when a policy is sampled first.")
    ] = None,
    k_small: options.KSmall = 2,
    k_large: Annotated[int, typer.Option("--k-large", help="The large k of the verdict.")] = 20,
    small: Annotated[float, typer.Option("--small", help="A headroom below it is small.")] = 0.05,
    large: Annotated[float, typer.Option("--large", help="A headroom above it is large.")] = 0.15,
    interval: options.Interval = "population",
    beyond: Annotated[
        list[int] | None,
        typer.Option("--beyond", help="A k above n to extrapolate to; repeatable."),
    ] = None,
    false_positive_rate: options.FalsePositives = None,
    accept_luck: options.AcceptLuck = False,
    accept_unscored: options.AcceptUnscored = False,
    sampling_alone: options.SamplingAlone = None,
    adaptive: Annotated[
        bool,
        typer.Option("--adaptive", help="Draw in rounds and stop when the verdict is sure."),
    ] = False,
    first: Annotated[
        int, typer.Option("--first", help="--adaptive: draws of every problem at first.")
    ] = 8,
    most: Annotated[
        int, typer.Option("--most", help="--adaptive: draws of any problem at most.")
    ] = 64,
    seed: options.Seed = 0,
    json_: options.Json = False,
    fail_on: options.FailOn = None,
    n: options.Draws = 128,
    revision: options.Revision = None,
    price: options.Price = None,
) -> None:
    """The verdict before training: can RLVR pay on this base, on these problems?

    Example: passgap probe lab:base lab:rare -n 64 --out runs/base
    """
    if problems is not None and out is None:
        raise UsageError("--out is missing: the completions of POLICY need a run folder")

    def drawing() -> draw.Drawing:
        asked = engine, decoding, prompt, fields
        return draw.resolve([source], str(problems), *asked, seed=seed, revision=revision)[0]

    if adaptive or (problems is None and _is_adaptive(source)):
        if sampling_alone:
            raise UsageError("--sampling-alone with an adaptive run; allowed: a fixed n")
        rule = {"k_small": k_small, "k_large": k_large, "small": small, "large": large}
        if problems is None:
            _probe_again(source, rule, json_, fail_on)
            return
        rule |= {"first": first, "most": most}
        _probe_adaptively(str(out), drawing(), fields.verifier, rule, price, json_, fail_on)
        return
    if problems is not None and out is not None:
        draw.sample_run(drawing(), out=out, n=n, price=price)
        draw.verify_run(out, fields.verifier)
        source = out
    from passgap import analysis
    from passgap.workflows.alone import base_answers

    checks = _checked(source)
    result = analysis.probe(
        _counts(source),
        k_small=k_small,
        k_large=k_large,
        small=small,
        large=large,
        interval=check_interval(interval),
        beyond=beyond or (),
        false_positive_rate=false_positive_rate,
        accept_luck=accept_luck,
        accept_unscored=accept_unscored,
        seed=seed,
        answers=base_answers(source, sampling_alone or []),
    )
    _show(result.to_dict(), json_, fail_on, checks)


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
    seeds: Annotated[
        bool,
        typer.Option("--seeds", help="The TRAINED are training seeds of one recipe: judge that."),
    ] = False,
    step: Annotated[
        list[int] | None,
        typer.Option(
            "--step",
            help="Training step of each checkpoint, in their order; default: what its folder says.",
        ),
    ] = None,
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
    from passgap import analysis
    from passgap.workflows.alone import arms_of
    from passgap.workflows.report import trained_on

    if figure is not None:
        from passgap.reporting.figures import check_picture

        check_picture(figure)
    if sampling_alone and len(trained) > 1:
        raise UsageError("--sampling-alone with several TRAINED; allowed: one")
    if step and (seeds or len(trained) == 1):
        raise UsageError("--step is for the checkpoints of a sweep; leave it out")
    settings = {"ks": ks or None, **verdict.settings()}
    if seeds or len(trained) > 1:
        judge = _seeds if seeds else partial(_sweep, steps=step or [])
        result = judge(base, trained, settings)
        checks = [_checked(path) for path in (base, *trained)]
        _show(result, json_, fail_on, *checks, figure=figure)
        return
    judged = analysis.compare(
        _counts(base),
        _counts(trained[0]),
        trained_on=trained_on(trained[0]),
        answers=arms_of(base, trained[0], sampling_alone or []),
        **settings,
    )
    checked = _checked(base, trained[0], accept=verdict.accepted())
    _show(judged.to_dict(), json_, fail_on, checked, figure=figure)


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
    from passgap.store import Run
    from passgap.workflows.reaching import reach_runs, score_across

    check_settings(budget=budget)
    runs = Run(base), Run(trained)
    third = Run(reference) if reference else None
    arguments = draw.key_values(engine_arg or [])
    score_across(*runs, reference=third, engine=engine, engine_args=arguments, bar=bar)
    result = reach_runs(*runs, reference=third, budget=budget)
    _show(result.to_dict(), json_, fail_on, _checked(base, trained))


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
    seeds: Annotated[
        bool, typer.Option("--seeds", help="The trained are training seeds of one recipe.")
    ] = False,
    step: Annotated[
        list[int] | None,
        typer.Option("--step", help="Training step of each checkpoint, in their order."),
    ] = None,
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
        from passgap.workflows.report import report_several

        base, *trained = runs
        judge = _seeds if seeds else partial(_sweep, steps=step or [])
        result = judge(base, trained, settings)
        page = report_several(result, base, trained, **made, **settings)
    else:
        from passgap.workflows.report import report as write

        page = write(runs[0], runs[1] if len(runs) == 2 else None, **made, **settings)
    print(f"{page}: written, {page.stat().st_size / 1e6:.1f} MB")


def plan(
    pilot: Annotated[
        str, typer.Argument(metavar="PILOT", help="Run folder or counts file of the base.")
    ],
    goal: Annotated[
        str, typer.Option("--goal", help="headroom (before training) or difference (after).")
    ] = "headroom",
    half_width: Annotated[
        float | None, typer.Option("--half-width", help="headroom: of its 95 % interval, as .03.")
    ] = None,
    delta: Annotated[
        float | None, typer.Option("--delta", help="difference: a tilt to be told from none.")
    ] = None,
    margin: Annotated[
        float | None, typer.Option("--margin", help="difference: to be shown equivalent within.")
    ] = None,
    power: Annotated[float, typer.Option("--power", help="Chance that the claim succeeds.")] = 0.8,
    problems: Annotated[
        int | None, typer.Option("--problems", help="Problems at hand; more are not attainable.")
    ] = None,
    draws: Annotated[
        list[int] | None, typer.Option("--draws", "-n", help="An n to consider; repeatable.")
    ] = None,
    k_small: options.KSmall = 2,
    k_large: options.KLarge = None,
    tokens: Annotated[
        float | None, typer.Option("--tokens", help="Mean tokens of a completion.")
    ] = None,
    price: Annotated[
        float | None, typer.Option("--price", help="Of a million tokens, in any currency.")
    ] = None,
    json_: options.Json = False,
) -> None:
    """How many problems and draws a claim needs, from a pilot, and what they cost.

    Example: passgap plan runs/pilot --half-width 0.03 --tokens 600 --price 0.4
    """
    from passgap import analysis

    result = analysis.plan(
        _counts(pilot),
        goal=cast("Any", goal),
        half_width=half_width,
        delta=delta,
        margin=margin,
        power=power,
        problems=problems,
        draws=draws or (),
        k_small=k_small,
        k_large=k_large,
        tokens=tokens,
        price=price,
    )
    print(json_text(result.to_dict()) if json_ else visible(result))


def backtest(
    pairs: Annotated[
        list[str], typer.Argument(metavar="PAIRS...", help="CSV or Parquet of before/after pairs.")
    ],
    without: Annotated[
        list[str] | None,
        typer.Option("--without", metavar="BENCHMARK", help="Leave it out; repeatable."),
    ] = None,
    worth: Annotated[
        float, typer.Option("--worth", help="A gain in pass@1 above it was worth the training.")
    ] = 0.07,
    cut: Annotated[float, typer.Option("--cut", help="The rule's stated cut.")] = 0.15,
    k_small: options.KSmall = 2,
    k_large: Annotated[int, typer.Option("--k-large", help="The large k of the rule.")] = 20,
    page: Annotated[
        str | None, typer.Option("--page", help="A Markdown file with the scores and the pairs.")
    ] = None,
    seed: options.Seed = 0,
    json_: options.Json = False,
) -> None:
    """Score the rule and its rivals on pairs whose outcome is known.

    Example: passgap backtest pairs.csv --page backtest.md
    """
    from passgap.analysis.backtest import backtest as score
    from passgap.workflows.pairs import read_pairs, write_backtest

    found = read_pairs(pairs, without=without or ())
    result = score(found, worth=worth, cut=cut, k_small=k_small, k_large=k_large, seed=seed)
    if page is not None:
        write_backtest(result, page, command_line())
    print(json_text(result.to_dict()) if json_ else visible(result))


def _is_adaptive(source: str) -> bool:
    from passgap.store import Run, is_run

    return is_run(source) and Run(source).manifest.design == "adaptive"


def _probe_again(
    source: str, rule: dict[str, Any], as_json: bool, fail_on: list[str] | None
) -> None:
    """Read an adaptive run again, and print the verdict."""
    from passgap.store import Run
    from passgap.workflows.probing import probe_again

    run = Run(source)
    _show_adaptive(probe_again(run, **rule), run, None, as_json, fail_on)


def _probe_adaptively(
    out: str,
    drawing: draw.Drawing,
    verifier: str | None,
    rule: dict[str, Any],
    price: float | None,
    as_json: bool,
    fail_on: list[str] | None,
) -> None:
    """Sample in rounds until the verdict is sure, and print it."""
    from passgap.store import Run
    from passgap.workflows.probing import probe_adaptively

    with bar(f"probing {drawing.policy.path}", price=price) as progress:
        result = probe_adaptively(
            out=out,
            verifier=verifier,
            progress=progress,
            command=command_line(),
            **vars(drawing),
            **rule,
        )
    _show_adaptive(result, Run(out), price, as_json, fail_on)


def _show_adaptive(
    result: Any, run: Run, price: float | None, as_json: bool, fail_on: list[str] | None
) -> None:
    from passgap.checks import check

    data, found = result.to_dict(), check(run).to_dict()
    if as_json:
        print(json_text({**data, "checks": [found]}))
    else:
        from passgap.reporting import print_checks

        print(visible(result))
        print(f"  {run.place}: {draw.drawn_in_words(run, price)}")
        print_checks(found)
    if data["verdict"]["label"] in (fail_on or []):
        raise typer.Exit(1)


def _counts(path: str) -> Counts:
    from passgap.counts import read_counts

    return read_counts(path)


def _sweep(
    base: str, trained: list[str], settings: dict[str, Any], *, steps: list[int]
) -> dict[str, Any]:
    """The sweep over checkpoints, with how their steps are known among its notes."""
    from passgap.analysis import compare_sweep
    from passgap.workflows.report import trained_on
    from passgap.workflows.sweeping import steps_of

    _only_population(settings["interval"], "several checkpoints")
    found, known = steps_of(trained, steps)
    learnt = [trained_on(path) for path in trained]
    result = compare_sweep(
        _counts(base),
        [(step, _counts(path)) for step, path in zip(found, trained, strict=True)],
        trained_on=None if None in learnt else any(learnt),
        **{name: value for name, value in settings.items() if name != "interval"},
    ).to_dict()
    return {**result, "notes": [*result["notes"], *known]}


def _seeds(base: str, trained: list[str], settings: dict[str, Any]) -> dict[str, Any]:
    """The verdict on a recipe from its training seeds, on problems that none was trained on."""
    from passgap.analysis import compare_seeds
    from passgap.workflows.report import trained_on

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
    return compare_seeds(_counts(base), [_counts(path) for path in trained], **mine).to_dict()


def _only_population(interval: str, what: str) -> None:
    """Refuse what a claim about several policies cannot honour."""
    if interval != "population":
        raise UsageError(f"--interval {interval!r} with {what}; allowed: population")


def _checked(*sources: str, accept: Collection[str] = ()) -> dict[str, Any] | None:
    """The data checks of the runs among the sources; None where there is no run."""
    from passgap.checks import check
    from passgap.store import Run, is_run

    runs = [Run(source) for source in sources if is_run(source)]
    return check(*runs, accept=accept).to_dict() if runs else None


def _show(
    result: dict[str, Any],
    as_json: bool,
    fail_on: list[str] | None,
    *checks: dict[str, Any] | None,
    figure: str | None = None,
) -> None:
    found = [one for one in checks if one is not None]
    if as_json:
        print(json_text({**result, "checks": found}))
    else:
        from passgap.reporting import print_checks, print_result

        told = [one for one in found if one["findings"]]
        grave = [one for one in told if one["worst"] == "error"]
        for one in grave:  # before the verdict, which is not to be trusted
            print_checks(one)
        print_result(result)
        for one in (one for one in told if one not in grave):
            print_checks(one)
        clean = [one["draws"] for one in found if not one["findings"]]
        if clean:
            print_checks({"draws": sum(clean), "findings": []})
    if figure is not None:
        from passgap.reporting import write_result

        print(f"{write_result(result, figure)}: written", file=sys.stderr)
    if result["verdict"]["label"] in (fail_on or []):
        raise typer.Exit(1)
