"""The entry points of all analyses. In: evidence, or its sources. Out: a typed result.

Every way to a verdict (Python, command line, seeds, sweep, report, viewer, notebook, demo, import)
goes through one of these, so that the same draws give the same label, or the same refusal. Each
imports its analysis when it is called: a `probe` of a counts file, which takes a quarter of a
second, need not wait for ten others to be loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar, Unpack, overload

from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.evidence.evidence import Evidence, Side
from passgap.evidence.options import (
    AdaptiveOptions,
    BacktestOptions,
    Bar,
    CompareOptions,
    ForecastOptions,
    KeepOptions,
    PlanOptions,
    ProbeOptions,
    ReachOptions,
    SelectOptions,
    shows,
    silent,
)
from passgap.results.settings import (
    AdaptiveSettings,
    BacktestSettings,
    CompareSettings,
    ForecastSettings,
    KeepSettings,
    PlanSettings,
    ProbeSettings,
    ReachSettings,
    SelectSettings,
)
from passgap.runs import Run, opened
from passgap.stages.counting import Source, counts_of
from passgap.stages.fields import field_of

if TYPE_CHECKING:
    from passgap.analysis.alone.sampling_alone import Arms
    from passgap.analysis.alone.voting import Answers
    from passgap.analysis.probe.adaptive import Draw
    from passgap.analysis.sweep.keeping import Draw as DrawArms
    from passgap.evidence.benchmarks import Benchmarks
    from passgap.results.audit import Audit
    from passgap.results.backtest import Backtest
    from passgap.results.comparison import Comparison
    from passgap.results.forecast import RunForecast
    from passgap.results.forecast_scores import ForecastScores
    from passgap.results.keeping import Kept
    from passgap.results.pairs import TrainingPairs
    from passgap.results.plan import Plan
    from passgap.results.probe import AdaptiveProbe, Probe
    from passgap.results.reach import Reach
    from passgap.results.seeds import SeedsComparison
    from passgap.results.selection import Selection
    from passgap.results.slices import Slices
    from passgap.results.starts import Starts
    from passgap.results.sweep import Sweep
    from passgap.results.unpaired import UnpairedComparison

T = TypeVar("T")
__all__ = [
    "adaptive_probe",
    "audit",
    "backtest",
    "compare",
    "compare_benchmarks",
    "compare_by",
    "compare_seeds",
    "compare_sweep",
    "forecast",
    "forecast_scores",
    "keep",
    "pairs",
    "plan",
    "probe",
    "probe_starts",
    "reach",
    "select",
]


@shows(ProbeSettings)
def probe(
    base: Source | Evidence,
    *,
    answers: Sequence[Answers] = (),
    cluster: str | None = None,
    **settings: Unpack[ProbeOptions],
) -> Probe:
    """Say whether RLVR can pay on this base, on problems like these.

    Parameters
    ----------
    base
        A run, a counts file, counts, a frame, a matrix of 0 and 1, or evidence.
    answers
        The answers, in place of the run's own.
    cluster
        A field of the problems, or a column of the counts: problems with equal values are related
        (variants of a template), and intervals resample these clusters.
    settings
        The fields of `passgap.results.settings.ProbeSettings`.

    Raises
    ------
    UsageError
        For settings out of range, or counts that do not allow them.
    """
    from passgap.analysis.probe import probing
    from passgap.evidence.forecasting import shipped

    evidence = _evidence(base, (), cluster)
    said = answers or evidence.base_answers
    asked = ProbeSettings(**settings)
    return probing.probe(
        evidence.base.counts, asked, answers=said, models=shipped(), tries=evidence.base_tries
    )


@shows(ForecastSettings)
def forecast(
    base: Source | Evidence,
    *,
    pairs: Sequence[Path | str] = (),
    cluster: str | None = None,
    **settings: Unpack[ForecastOptions],
) -> RunForecast:
    """Say what RLVR will probably make of this base, with an interval for a new run.

    Parameters
    ----------
    base, cluster
        As in `probe`; at least 3 samples per problem.
    pairs
        Tables of your own past runs (`passgap.evidence.corpus`), which the model is then fitted to
        as well.
    settings
        The fields of `passgap.results.settings.ForecastSettings`.

    Raises
    ------
    UsageError
        For settings out of range, counts with too few draws, or a table with a wrong cell.

    Examples
    --------
    >>> import numpy as np, passgap
    >>> counts = passgap.Counts(range(100), n=[64] * 100, c=np.arange(100) * 64 // 100)
    >>> said = passgap.forecast(counts, start="base", off_domain=False)
    >>> one = said.forecast.pass_at_1
    >>> said.base.pass_at_1 < one.low < one.value < one.high
    True
    """
    from passgap.analysis.forecast import forecasting as analysis
    from passgap.evidence import forecasting

    counts = _evidence(base, (), cluster).base.counts
    models = forecasting.with_own(forecasting.own_pairs(pairs)) if pairs else forecasting.shipped()
    return analysis.forecast(counts, ForecastSettings(**settings), models)


def pairs() -> TrainingPairs:
    """The published pairs: a base and a model trained from it, each with pass@k and its source.

    Examples
    --------
    >>> import passgap
    >>> frame = passgap.pairs().to_frame()
    >>> frame["start"].unique().sort().to_list()
    ['base', 'distilled', 'instruct', 'sft']
    """
    from passgap.evidence.corpus import published

    return published()


def forecast_scores(
    pairs: TrainingPairs | None = None, *, seed: int = 0, tell: Callable[[str], None] = print
) -> ForecastScores:
    """Score the forecast and plain rules on published pairs, each left out of the fit.

    Parameters
    ----------
    pairs
        The pairs; None: those of `pairs`.
    seed
        Seed of the bootstrap over sources, base models and families.
    tell
        Receives what is being fitted; it takes minutes.

    Raises
    ------
    UsageError
        For too few pairs or sources.
    """
    from passgap.analysis.forecast.scoring import score_forecasts
    from passgap.evidence.corpus import published

    return score_forecasts((pairs or published()).pairs, seed=seed, tell=tell)


@shows(ProbeSettings)
def probe_starts(
    starts: Mapping[str, Source] | Sequence[Source],
    *,
    cluster: str | None = None,
    intersect: bool = False,
    **settings: Unpack[ProbeOptions],
) -> Starts:
    """Say which of several starts to train: a base, stages of its fine-tuning, other sizes.

    All starts are sampled on the same problems; or they are one model on several pools of problems
    that share none. Coverage ratios are to the first (arXiv 2608.25756).

    Parameters
    ----------
    starts
        Two or more sources as in `probe`, by name or in order.
    intersect
        Leave out the problems that not all starts have.
    cluster, settings
        As in `probe`.

    Raises
    ------
    UsageError
        As in `probe`, for any of them; or for names that are equal.
    MismatchError
        If some problems are shared and others are not, or verifiers differ.
    """
    from passgap.analysis.probe import starts as analysis

    given = starts.items() if isinstance(starts, Mapping) else ((None, one) for one in starts)
    sides = [(name, Side.read(source, cluster)) for name, source in given]
    named = {name or side.name: side.counts for name, side in sides}
    if len(named) < len(sides):
        raise UsageError(
            "two starts have the same name; give a mapping from names to sources, or different "
            "folders"
        )
    arms = analysis.side_by_side(named, intersect=intersect)
    probes = {name: probe(counts, **settings) for name, counts in arms.items()}
    return analysis.probe_starts(arms, ProbeSettings(**settings), probes)


@overload
def compare(
    base: Source | Evidence,
    trained: Source | None = None,
    *,
    trained_on: bool | None = None,
    answers: Arms | None = None,
    cluster: str | None = None,
    unpaired: Literal[False] = False,
    **settings: Unpack[CompareOptions],
) -> Comparison: ...


@overload
def compare(
    base: Source | Evidence,
    trained: Source | None = None,
    *,
    trained_on: bool | None = None,
    answers: Arms | None = None,
    cluster: str | None = None,
    unpaired: Literal[True],
    **settings: Unpack[CompareOptions],
) -> UnpairedComparison: ...


@shows(CompareSettings)
def compare(
    base: Source | Evidence,
    trained: Source | None = None,
    *,
    trained_on: bool | None = None,
    answers: Arms | None = None,
    cluster: str | None = None,
    unpaired: bool = False,
    **settings: Unpack[CompareOptions],
) -> Comparison | UnpairedComparison:
    """Say what training did: sharpened, narrowed, expanded, unchanged, or not decided.

    Parameters
    ----------
    base, trained
        Runs, counts files, counts, frames or matrices of 0 and 1, on the same problems; or
        evidence, alone.
    trained_on
        Whether these problems were trained on, where the runs do not say.
    answers
        The answers of both, in place of the runs' own.
    cluster
        As in `probe`.
    unpaired
        Treat the two as samples of problems whose ids have no meaning (histograms) or differ:
        results about single problems, such as whether some are new, are then not available.
    settings
        The fields of `passgap.results.settings.CompareSettings`.

    Raises
    ------
    MismatchError
        If problems, prompts, settings or verifiers differ, or ids are ranks of a histogram.
    UsageError
        For k or counts that do not allow a comparison.

    Examples
    --------
    >>> import passgap
    >>> base = passgap.Counts([str(i) for i in range(200)], n=[64] * 200, c=[0] * 120 + [32] * 80)
    >>> after = passgap.Counts([str(i) for i in range(150)], n=[64] * 150, c=[0] * 30 + [32] * 120)
    >>> found = passgap.compare(base, after, unpaired=True)
    >>> print(found.verdict.label, found.problems.trained, f"{found.delta.at(2).value:.3f}")
    up_at_small_k 150 0.302
    """
    from passgap.analysis.compare import comparison

    evidence = _evidence(base, () if trained is None else (trained,), cluster)
    if len(evidence.trained) != 1:
        raise UsageError(
            f"{len(evidence.trained)} trained policies; allowed: one (for several use "
            "compare_sweep for checkpoints, compare_seeds for training seeds)"
        )
    known = trained_on if trained_on is not None else evidence.trained_on
    if unpaired:
        from passgap.analysis.compare.unpaired import compare_unpaired

        if answers is not None:
            raise UsageError(
                "answers with unpaired=True, which pairs no problems; drop one of them"
            )
        pair = evidence.base.counts, evidence.trained[0].counts
        return compare_unpaired(*pair, CompareSettings(**settings), trained_on=known)
    return comparison.compare(
        evidence.base.counts,
        evidence.trained[0].counts,
        CompareSettings(**settings),
        trained_on=known,
        answers=answers or evidence.answers,
        tries=evidence.tries,
    )


@shows(CompareSettings)
def compare_by(
    base: Source,
    trained: Source,
    field: str,
    *,
    trained_on: bool | None = None,
    cluster: str | None = None,
    **settings: Unpack[CompareOptions],
) -> Slices:
    """Say what training did in each slice of the problems (benchmark, level, subject).

    Parameters
    ----------
    base, trained
        As in `compare`.
    field
        A field of the base's problems, or a column of its counts: problems with equal values make a
        slice. A slice of fewer than 5 problems is shown but not judged.
    trained_on, cluster, settings
        As in `compare`.

    Raises
    ------
    MismatchError, UsageError
        As in `compare`; for a missing field, or one without a slice of 5 problems.

    Examples
    --------
    >>> import polars as pl
    >>> import passgap
    >>> rows = {"problem_id": range(40), "subject": ["algebra", "logic"] * 20, "n": [64] * 40}
    >>> base = pl.DataFrame({**rows, "c": [16] * 40})
    >>> trained = pl.DataFrame({**rows, "c": [16, 48] * 20})
    >>> for one in passgap.compare_by(base, trained, "subject").slices:
    ...     print(one.name, one.problems, f"{one.small.estimate.value:.2f}")
    logic 20 0.50
    algebra 20 0.00
    """
    from passgap.analysis.compare import slicing

    evidence = _evidence(base, (trained,), cluster)
    return slicing.compare_by(
        evidence.base.counts,
        evidence.trained[0].counts,
        field_of(base, field),
        field,
        CompareSettings(**settings),
        trained_on=trained_on if trained_on is not None else evidence.trained_on,
    )


@shows(CompareSettings)
def compare_benchmarks(
    base: Benchmarks,
    trained: Benchmarks,
    *,
    trained_on: bool | None = None,
    cluster: str | None = None,
    **settings: Unpack[CompareOptions],
) -> Slices:
    """Say what training did on each of several benchmarks, and over all of them.

    Parameters
    ----------
    base, trained
        A folder with one run folder or counts file per benchmark, or a mapping from a benchmark's
        name to what `compare` takes; with the same names for both policies. A benchmark of fewer
        than 5 problems is shown but not judged.
    trained_on
        Whether these problems were trained on, where the runs do not say.
    cluster, settings
        As in `compare`; each benchmark has its own large k. ``intersect`` also leaves out
        benchmarks that only one side has.

    Raises
    ------
    MismatchError, UsageError
        As in `compare`, with the benchmark's name; for names that only one side has, or a folder
        without benchmarks.

    Examples
    --------
    >>> import passgap
    >>> easy, hard = [f"e{i}" for i in range(40)], [f"h{i}" for i in range(60)]
    >>> base = {
    ...     "gsm8k": passgap.Counts(easy, n=[64] * 40, c=[16] * 40),
    ...     "aime24": passgap.Counts(hard, n=[128] * 60, c=[2, 0] * 30),
    ... }
    >>> trained = {
    ...     "gsm8k": passgap.Counts(easy, n=[64] * 40, c=[48] * 40),
    ...     "aime24": passgap.Counts(hard, n=[128] * 60, c=[40, 0] * 30),
    ... }
    >>> for one in passgap.compare_benchmarks(base, trained).slices:
    ...     print(one.name, one.problems, f"k={one.large.k}", one.verdict.label)
    gsm8k 40 k=32 up_at_small_k
    aime24 60 k=64 up_at_small_k
    """
    from passgap.analysis.compare import benchmarks
    from passgap.evidence.benchmarks import matched, pairs_of

    asked = CompareSettings(**settings)
    both, left_out = matched(base, trained, intersect=asked.intersect)
    found = benchmarks.compare_benchmarks(pairs_of(both, cluster, trained_on), asked)
    if not left_out:
        return found
    note = f"benchmarks that only one side has are left out: {', '.join(left_out)}"
    return replace(found, notes=(note, *found.notes))


@shows(CompareSettings)
def compare_seeds(
    base: Source | Evidence,
    trained: Sequence[Source] = (),
    *,
    trained_on: bool | None = None,
    cluster: str | None = None,
    **settings: Unpack[CompareOptions],
) -> SeedsComparison:
    """Say what a training recipe does, from policies that differ only in the training seed.

    Parameters
    ----------
    base, trained
        As in `compare`; S >= 2 trained policies.
    trained_on, cluster, settings
        As in `compare`; the interval is of a population.

    Raises
    ------
    MismatchError, UsageError
        As in `compare`, for any of the policies; or for fewer than two.
    """
    from passgap.analysis import seeds

    evidence = _evidence(base, trained, cluster)
    return seeds.compare_seeds(
        evidence.base.counts,
        [side.counts for side in evidence.trained],
        CompareSettings(**settings),
        trained_on=trained_on if trained_on is not None else evidence.trained_on,
    )


@shows(CompareSettings)
def compare_sweep(
    base: Source | Evidence,
    checkpoints: Sequence[tuple[int, Source]] | Sequence[Source] = (),
    *,
    steps: Sequence[int] = (),
    trained_on: bool | None = None,
    cluster: str | None = None,
    **settings: Unpack[CompareOptions],
) -> Sweep:
    """Say how pass@k moves over training, where coverage falls, and which checkpoint to keep.

    Parameters
    ----------
    base
        As in `compare`.
    checkpoints
        Two or more checkpoints of one training run: (step, source), or only sources, whose runs
        record the step or which are numbered in order.
    steps
        The steps of the checkpoints, in their order.
    trained_on, cluster, settings
        As in `compare`; the interval is of a population.

    Raises
    ------
    MismatchError, UsageError
        As in `compare`, for any of the policies; or for steps that make no sweep.
    """
    from passgap.analysis.sweep import sweeping

    given = [one for one in checkpoints if isinstance(one, tuple)]
    sources = [one[1] if isinstance(one, tuple) else one for one in checkpoints]
    evidence = _evidence(base, sources, cluster)
    asked = list(steps) or [step for step, _ in given]
    found, notes = evidence.steps(asked)
    pairs = zip(found, (side.counts for side in evidence.trained), strict=True)
    result = sweeping.compare_sweep(
        evidence.base.counts,
        list(pairs),
        CompareSettings(**settings),
        trained_on=trained_on if trained_on is not None else evidence.trained_on,
    )
    return replace(result, notes=(*result.notes, *notes))


@shows(AdaptiveSettings)
def adaptive_probe(
    draw: Draw, problem_id: Sequence[str], **settings: Unpack[AdaptiveOptions]
) -> AdaptiveProbe:
    """Probe in rounds until the verdict is settled or the draws are spent.

    Parameters
    ----------
    draw
        Takes the number of further draws for each problem, shape (P,), and returns how many of them
        were correct; or how many could be scored and how many of those were correct. Called once
        per round; it does the sampling and the verifying.
    problem_id
        P distinct ids.
    settings
        The fields of `passgap.results.settings.AdaptiveSettings`.

    Raises
    ------
    UsageError
        For settings out of range, or a ``draw`` that gives impossible numbers.
    """
    from passgap.analysis.probe import adaptive

    return adaptive.adaptive_probe(draw, problem_id, AdaptiveSettings(**settings))


@shows(KeepSettings)
def keep(
    draw: DrawArms,
    steps: Sequence[int],
    *,
    trained_on: bool | None = None,
    **settings: Unpack[KeepOptions],
) -> Kept:
    """Find the checkpoint with the highest pass@k, in rounds that drop the others.

    Parameters
    ----------
    draw
        Takes the places of some policies (0 is the base, 1 the first step) and n, and returns the
        counts of their first n draws of every problem; it does the sampling and the verifying.
        Called once per round, with the base and the checkpoints that are still in question.
    steps
        S >= 2 distinct steps, each at least 1, in the order of the places.
    trained_on
        Whether the checkpoints were trained on these problems; None where it is not known.
    settings
        The fields of `passgap.results.settings.KeepSettings`.

    Raises
    ------
    UsageError
        For settings or steps out of range, problems that were trained on (unless accepted), fewer
        than two independent problems, one with fewer scored draws than k, or more than 2% unscored
        draws (unless accepted).

    Examples
    --------
    >>> import numpy as np, passgap
    >>> p = np.array([0.2, 0.3, 0.6, 0.4])  # the base, and the steps 10, 20 and 30
    >>> right = np.random.default_rng(0).random((4, 100, 64)) < p[:, None, None]
    >>> def draw(places, n):
    ...     return [passgap.Counts(range(100), [n] * 100, right[i, :, :n].sum(1)) for i in places]
    >>> kept = passgap.keep(draw, [10, 20, 30])
    >>> kept.step, kept.draws, kept.uniform
    (20, 14400, 25600)
    """
    from passgap.analysis.sweep import keeping

    return keeping.keep(draw, steps, KeepSettings(**settings), trained_on=trained_on)


@shows(ReachSettings)
def reach(
    base: Source | Evidence,
    trained: Source | None = None,
    *,
    reference: Run | Path | str | None = None,
    engine: str = "transformers",
    engine_args: Mapping[str, str] | None = None,
    bar: Bar = silent,
    **settings: Unpack[ReachOptions],
) -> Reach:
    """Say whether the base could have solved what only the trained policy did.

    Completions are scored under the other policy if that was not done yet, which needs the weights;
    the scores are kept in the runs.

    Parameters
    ----------
    base, trained
        Verified runs on the same problems with the same prompt and settings; or evidence, alone.
    reference
        A third policy's run on the same problems, of the same tokenizer.
    engine, engine_args
        An engine that can score.
    bar
        Makes a progress bar: called with a title, returns a context manager with a callback.
    settings
        The fields of `passgap.results.settings.ReachSettings`.

    Raises
    ------
    UsageError
        For settings out of range, counts without a run, or runs that cannot be scored.
    MismatchError
        As in `compare`, and for weights that are not those of the run.
    """
    from passgap.analysis.reach import check_settings
    from passgap.evidence.reaching import reach_scored, runs_of, score_across

    asked = ReachSettings(**settings)
    check_settings(asked)
    evidence = _evidence(_opened(base), () if trained is None else (_opened(trained),))
    runs = runs_of(evidence)
    third = _opened(reference)
    score_across(*runs, reference=third, engine=engine, engine_args=engine_args, bar=bar)
    return reach_scored(evidence, asked, third)


@shows(PlanSettings)
def plan(pilot: Source | Evidence, **settings: Unpack[PlanOptions]) -> Plan:
    """Say how many problems, draws and training seeds a claim needs, from a pilot, and the cost.

    Parameters
    ----------
    pilot
        As ``base`` in `probe`, on some problems like those of the planned run.
    settings
        The fields of `passgap.results.settings.PlanSettings`.

    Raises
    ------
    UsageError
        For a goal without its numbers, a number out of range, or a pilot of one problem.
    """
    from passgap.analysis.plan import planning

    return planning.plan(_counts(pilot), PlanSettings(**settings))


@shows(SelectSettings)
def select(counts: Source | Evidence, **settings: Unpack[SelectOptions]) -> Selection:
    """Choose the problems that teach, by the posterior of each one's p.

    Parameters
    ----------
    counts
        As ``base`` in `probe`, of the policy to be trained; fixed or adaptive.
    settings
        The fields of `passgap.results.settings.SelectSettings`.

    Raises
    ------
    UsageError
        For settings out of range, a band without problems, or fewer problems than ``size``.

    Examples
    --------
    >>> import passgap
    >>> counts = passgap.Counts(["hard", "half", "easy"], n=[32, 32, 32], c=[0, 16, 32])
    >>> [row.problem_id for row in passgap.select(counts, size=1).rows]
    ['half']
    """
    from passgap.analysis.select import selecting

    return selecting.select(_counts(counts), SelectSettings(**settings))


def audit(run: Run | Path | str, marks: Mapping[tuple[str, int], str] | None = None) -> Audit:
    """Say what a person's marks show about a run's verifier.

    Parameters
    ----------
    run
        A verified run; `passgap.evidence.auditing.cases` chooses the completions to check.
    marks
        ``right``, ``wrong`` or ``unsure`` by (problem id, draw), added to those kept in the run.

    Raises
    ------
    UsageError
        For an invalid mark, or one of a completion that is not correct.
    """
    from passgap.evidence import auditing

    whole = opened(run)
    if marks:
        auditing.keep_marks(whole, marks)
    return auditing.result(whole)


@shows(BacktestSettings)
def backtest(
    pairs: Sequence[Path | str],
    *,
    without: Sequence[str] = (),
    **settings: Unpack[BacktestOptions],
) -> Backtest:
    """Say how well the rule and its competitors predict before/after pairs with known outcomes.

    Parameters
    ----------
    pairs
        Files of pairs, CSV or Parquet (`passgap.evidence.pairs`).
    without
        Benchmarks to leave out.
    settings
        The fields of `passgap.results.settings.BacktestSettings`.

    Raises
    ------
    UsageError
        For files without pairs, too few pairs or models, or a k beyond every curve.
    """
    from passgap.analysis import backtest as backtesting
    from passgap.evidence.pairs import read_pairs

    return backtesting.backtest(read_pairs(pairs, without=without), BacktestSettings(**settings))


def _opened(source: T | Path | str) -> T | Run:
    """A path as the run it must be, anything else as it is."""
    return Run(source) if isinstance(source, str | Path) else source


def _counts(source: Source | Evidence) -> Counts:
    return source.base.counts if isinstance(source, Evidence) else counts_of(source)


def _evidence(
    base: Source | Evidence, trained: Sequence[Source], cluster: str | None = None
) -> Evidence:
    if not isinstance(base, Evidence):
        return Evidence.read(base, *trained, cluster=cluster)
    if trained or cluster:
        raise UsageError("evidence already contains policies and clusters; pass it alone")
    return base
