"""``passgap probe``, ``plan`` and ``backtest``: before training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from passgap.cli import draw, options, showing
from passgap.cli.flags import (
    DecodingFlags,
    EngineFlags,
    ProblemFlags,
    PromptFlags,
    check_interval,
)
from passgap.cli.grouping import grouped
from passgap.cli.progress import bar, command_line
from passgap.errors import UsageError
from passgap.plain import json_text, visible

if TYPE_CHECKING:
    from passgap.runs import Run

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
    k_large: Annotated[
        int, typer.Option("--k-large", help="The large k of the verdict.")
    ] = options.PROBE_LARGE,
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
    from passgap.results.labels import ProbeLabel

    showing.check_fail_on(fail_on, ProbeLabel)
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
    from passgap.evidence.doors import probe as judge
    from passgap.evidence.evidence import Evidence

    checks = showing.checked(source)
    result = judge(
        Evidence.read(source, sampling_alone=sampling_alone or []),
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
    )
    showing.show(result.to_dict(), json_, fail_on, checks)


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
    k_large: Annotated[
        int | None,
        typer.Option("--k-large", help="The large k; default: 20 (headroom), 64 (difference)."),
    ] = None,
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
    from passgap.analysis.plan import plan as planned

    result = planned(
        showing.counts(pilot),
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
    k_large: Annotated[
        int, typer.Option("--k-large", help="The large k of the rule.")
    ] = options.PROBE_LARGE,
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
    from passgap.evidence.pairs import read_pairs, write_backtest

    found = read_pairs(pairs, without=without or ())
    result = score(found, worth=worth, cut=cut, k_small=k_small, k_large=k_large, seed=seed)
    if page is not None:
        write_backtest(result, page, command_line())
    print(json_text(result.to_dict()) if json_ else visible(result))


def _is_adaptive(source: str) -> bool:
    from passgap.runs import Run, is_run

    return is_run(source) and Run(source).manifest.design == "adaptive"


def _probe_again(
    source: str, rule: dict[str, Any], as_json: bool, fail_on: list[str] | None
) -> None:
    """Read an adaptive run again, and print the verdict."""
    from passgap.evidence.adaptive import probe_again
    from passgap.results.probe import AdaptiveSettings
    from passgap.runs import Run

    run = Run(source)
    _show_adaptive(probe_again(run, settings=AdaptiveSettings(**rule)), run, None, as_json, fail_on)


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
    from passgap.evidence.adaptive import probe_adaptively
    from passgap.results.probe import AdaptiveSettings
    from passgap.runs import Run

    draw.tell_stop(drawing.policy, out)
    with bar(f"probing {drawing.policy.path}", price=price) as progress:
        result = probe_adaptively(
            out=out,
            verifier=verifier,
            progress=progress,
            command=command_line(),
            **vars(drawing),
            settings=AdaptiveSettings(**rule),
        )
    _show_adaptive(result, Run(out), price, as_json, fail_on)


def _show_adaptive(
    result: Any, run: Run, price: float | None, as_json: bool, fail_on: list[str] | None
) -> None:
    from passgap.checks import check

    data, found = result.to_dict(), check(run).to_dict()

    def print_verdict() -> None:
        print(visible(result))
        print(f"  {run.place}: {draw.drawn_in_words(run, price)}")

    if as_json:
        print(json_text({**data, "checks": [found]}))
    else:
        showing.print_among([found], print_verdict)
    showing.end_as_asked(data, fail_on)
