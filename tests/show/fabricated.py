"""Hand-made results: a sharpened policy, told by exact curves; a label can be put into each."""

from dataclasses import replace

import numpy as np

from passgap.data.journals import CurvePoint, HeldOutRow, TrainingRow
from passgap.results.comparison import (
    AllOfK,
    Answered,
    BandGain,
    Certain,
    ComparedWith,
    Comparison,
    Coverage,
    Crossover,
    DeltaAnswered,
    GainSource,
    Misfit,
    Novel,
    Slope,
    Speedup,
    Support,
    TiltFit,
)
from passgap.results.estimates import Curve, Estimate
from passgap.results.forecast import Forecast, ForecastAtK
from passgap.results.keeping import Kept, Tried
from passgap.results.labels import (
    CompareLabel,
    Label,
    ProbeLabel,
    ReachLabel,
    StartsLabel,
    SweepLabel,
)
from passgap.results.parts import AnswerShares, At, Both, Luck
from passgap.results.probe import (
    Gap,
    NeverSolved,
    Probe,
    ProbedWith,
    Shares,
    Signal,
    TiltedCurve,
)
from passgap.results.reach import Calibration, Reach, ReachedWith, ReachRow
from passgap.results.seeds import SeedsComparison, TrainingSeed
from passgap.results.settings import KeepSettings
from passgap.results.starts import Apart, Start, Starts, StartsWith
from passgap.results.sweep import (
    Checkpoint,
    Difference,
    Fall,
    Frontier,
    FrontierPoint,
    Keep,
    Sweep,
)
from passgap.results.trajectories import (
    Effort,
    Endings,
    Trajectories,
    TrajectoriesCompared,
    WithinTurns,
)
from passgap.results.verdict import Bound, Bounds, Robust, Verdict
from passgap.show.data import Arm, CompletionRow, PageData, ProblemRow, RunAbout

KS = [1, 2, 4, 8, 16, 20, 32, 64, 128, 256]
P_BASE = np.linspace(0, 1, 60) ** 4
P_TRAINED = np.where(P_BASE > 0.02, P_BASE**0.45, P_BASE * 0.4)
N = 256
NAN = float("nan")
UNKNOWN = Estimate(NAN, NAN, NAN)


def near(value: float, half: float = 0.05) -> Estimate:
    """A value with an interval around it."""
    return Estimate(value, value - half, value + half)


def curve(p: np.ndarray, ks=KS) -> Curve:
    """The exact pass@k of known success rates."""
    value = np.array([float((1 - (1 - p) ** k).mean()) for k in ks])
    return Curve(np.array(ks), value, np.maximum(0, value - 0.05), np.minimum(1, value + 0.05))


def all_right(p: np.ndarray) -> Curve:
    """The exact pass^k of known success rates."""
    value = np.array([float((p**k).mean()) for k in KS])
    return Curve(np.array(KS), value, np.maximum(0, value - 0.05), np.minimum(1, value + 0.05))


def reliability() -> AllOfK:
    """pass^k of both policies."""
    base, trained = all_right(P_BASE), all_right(P_TRAINED)
    d = trained.value - base.value
    return AllOfK(base, trained, Curve(np.array(KS), d, d - 0.03, d + 0.03), 8, "up")


def difference() -> Curve:
    """Trained minus base, with the band over all k."""
    d = curve(P_TRAINED).value - curve(P_BASE).value
    return Curve(np.array(KS), d, d - 0.03, d + 0.03, d - 0.05, d + 0.05)


def of_values(values: dict[int, float]) -> Curve:
    """A curve of these values, each its own interval."""
    value = np.array(list(values.values()), float)
    return Curve(np.array(list(values)), value, value, value)


def probe(label: ProbeLabel = ProbeLabel.RLVR_CAN_PAY) -> Probe:
    """A base with much headroom."""
    tilted = {d: P_BASE * np.exp(d) / (1 - P_BASE + P_BASE * np.exp(d)) for d in (1, 2, 3, 4)}
    signal = {g: float((1 - P_BASE**g - (1 - P_BASE) ** g).mean()) for g in (4, 8, 16, 32, 64)}
    k = np.array(KS)
    luck = Curve(k, k / 5000, np.zeros(len(k)), np.full(len(k), 0.08))
    reasons = ("headroom 0.31 to 0.41 lies above 0.15", "mixed@8 is 0.55")
    return Probe(
        verdict=Verdict(label, reasons),
        settings=ProbedWith(2, 20, 0.05, 0.15, "population", 0.95, None, False, 0),
        problems=len(P_BASE),
        draws=N,
        unscored=0,
        curve=curve(P_BASE),
        headroom=Gap(2, 20, Estimate(0.36, 0.31, 0.41)),
        signal=tuple(Signal(g, near(v, 0.04)) for g, v in signal.items()),
        forecast=Forecast(
            Estimate(0.42, 0.2, 0.7),
            ForecastAtK(20, Estimate(0.8, 0.6, 0.9)),
            0.9,
            "from 362 pairs of 45 sources, for a new run of a new recipe",
        ),
        tilts=tuple(TiltedCurve(float(d), curve(p)) for d, p in tilted.items()),
        shares=Shares(near(0.1), near(0.1)),
        never_solved=NeverSolved(1, 0.012, 0.012),
        second_predictor=Gap(1, 4, near(0.2)),
        extrapolation=(),
        luck=Luck(luck, luck, "known", 0.004, 0.01),
        reasoned=None,
        all_of_k=all_right(P_BASE),
        answered=None,
        histogram=(),
        notes=(),
        sampling_alone=None,
        trajectories=agent(),
    )


def agent() -> Trajectories:
    """What the trajectories of an agent took."""
    turns, cost = Effort(near(6.0), near(12.0)), Effort(near(0.2), near(0.4))
    budgets = tuple(WithinTurns(turns, curve(P_BASE / 2)) for turns in (2, 8))
    return Trajectories(Endings(20, 30, 8, 2), turns, cost, budgets, ("a lower bound",))


def compared_with() -> ComparedWith:
    """Settings of a comparison at k = 2 and 128."""
    return ComparedWith(
        0.02, 2, 128, "population", 0.95, 10_000, 32.0, 0, False, False, False, None, False
    )


def comparison(label: CompareLabel = CompareLabel.SHARPENED_NARROWED) -> Comparison:
    """A policy that finds answers sooner and loses others."""
    reasons = ("delta at k = 2 is up", "delta at k = 128 is down")
    none_luck: Both[Luck | None] = Both(None, None)
    return Comparison(
        verdict=Verdict(
            label,
            reasons,
            "",
            "up",
            "down",
            Bounds(Bound(0.3, 0.0, 0.28), Bound(0.0, 0.12, 0.11)),
            Robust(None, None, label, None),
        ),
        settings=compared_with(),
        problems=len(P_BASE),
        draws=Both(N, N),
        unscored=Both(0, 0),
        base=curve(P_BASE),
        trained=curve(P_TRAINED),
        delta=difference(),
        new=Novel(False, 0.8, 32.0, 3.1, 2),
        lost=Novel(True, 0.004, 32.0, 88.0, 7),
        gain_source=GainSource(near(0.24), near(0.01), near(0.96, 0.02)),
        crossover=Crossover(37, 18, None),
        coverage=Coverage(
            N,
            48,
            7,
            1,
            4,
            2.1,
            1.7,
            0.01,
            Support(near(0.9), near(0.1), near(0.2), near(-0.1)),
            Certain(0.05, 0, 0, 0, 0),
        ),
        tilt=TiltFit(
            1.4,
            1.2,
            1.6,
            0.2,
            Misfit(128, 0.0, -0.1, 0.1),
            Slope(p_value=0.5, estimate=near(1.0)),
            "tilt",
        ),
        efficiency_gap=At(256, near(0.3, 0.1)),
        speedup=(Speedup(1, 5.2, 3.7, 7.4, False),),
        area=near(0.1),
        sign_changes=1,
        bands=(BandGain("never", 21, (At(2, near(0.1)), At(128, near(0.2)))),),
        luck=none_luck,
        reasoned=None,
        all_of_k=reliability(),
        answered=Answered(
            AnswerShares(0.12, 0.03),
            AnswerShares(0.01, 0.0),
            DeltaAnswered(k=2, problems_left_out=0, estimate=Estimate(0.11, 0.08, 0.14)),
        ),
        histogram=(),
        notes=(),
        sampling_alone=None,
        trajectories=TrajectoriesCompared(Both(agent(), agent()), near(0.8, 0.1), near(1.1, 0.2)),
    )


def seeds(label: CompareLabel = CompareLabel.SHARPENED) -> SeedsComparison:
    """Two training seeds of one recipe."""
    at = (At(2, near(0.1)), At(128, near(0.0)))
    each = Verdict(CompareLabel.SHARPENED, ())
    return SeedsComparison(
        verdict=Verdict(label, ("both seeds are up",), "", "up", "equivalent"),
        settings=compared_with(),
        problems=len(P_BASE),
        delta=difference(),
        seeds=(TrainingSeed("a", each, at), TrainingSeed("b", each, at)),
        new=Novel(False, 0.8, 32.0, 3.1, 2),
        lost=Novel(False, 1.0, 32.0, 1.0, 0),
        notes=("a note",),
        base=curve(P_BASE),
        trained=curve(P_TRAINED),
    )


def sweep(label: SweepLabel = SweepLabel.COVERAGE_FALLS) -> Sweep:
    """Two checkpoints, coverage falling at the second."""
    rows = tuple(Difference(k, 0.5, 0.4, 0.6, -0.3, -0.1) for k in KS)
    fallen = Verdict(CompareLabel.NARROWED, ())
    return Sweep(
        verdict=Verdict(label, ("it falls",)),
        settings=compared_with(),
        problems=len(P_BASE),
        checkpoints=tuple(
            Checkpoint(step, "policy", fallen, curve(P_TRAINED), rows, rank)
            for rank, step in enumerate((10, 20), start=1)
        ),
        fall=Fall(10, 20, None, Difference(128, -0.2, -0.3, -0.1, -0.35, -0.05)),
        keep=Keep(
            10,
            "policy",
            Difference(2, 0.1, 0.0, 0.2, 0.0, 0.2),
            rows[-2],
            corrected=Estimate(0.08, -0.01, 0.17),
            alike=(20,),
        ),
        frontier=Frontier(
            128,
            (
                FrontierPoint(0, near(0.2), near(0.9), "on", ()),
                FrontierPoint(10, near(0.3), near(0.9), "open", ()),
                FrontierPoint(20, near(0.2), near(0.5), "behind", (10,)),
            ),
        ),
        rule="the rule",
        notes=("a note",),
        base=curve(P_BASE),
    )


def kept() -> Kept:
    """Three checkpoints, of which the second is kept and the third is like it."""
    rows = ((10, 8, 0.3, 0), (20, 64, 0.5, 8), (30, 64, 0.49, 2))
    return Kept(
        settings=KeepSettings(),
        problems=60,
        step=20,
        policy="policy",
        corrected=near(0.2),
        alike=(30,),
        base=near(0.25),
        checkpoints=tuple(
            Tried(step, "policy", draws, near(value), near(value - 0.25), folds)
            for step, draws, value, folds in rows
        ),
        draws=12_000,
        uniform=15_360,
        notes=("a note",),
    )


def reach(label: ReachLabel = ReachLabel.WITHIN_REACH) -> Reach:
    """One gained problem that the base can reach."""
    return Reach(
        verdict=Verdict(label, ("it is",)),
        settings=ReachedWith(),
        problems=60,
        rows=(ReachRow("p0", N, N, 9, 1e-4, 0.02, 4.0, "reachable"),),
        calibration=Calibration(0, 0, 0.0, None),
    )


def starts(label: StartsLabel = StartsLabel.ONE_STANDS_OUT) -> Starts:
    """Two starts, of which the first is ahead at the large k."""
    told = Forecast(Estimate(0.5, 0.3, 0.7, 0.9), None, 0.9, "from pairs")
    own = Verdict(ProbeLabel.RLVR_CAN_PAY, ())
    gap, share = Estimate(0.2, 0.1, 0.3), Estimate(0.4, 0.3, 0.5)
    rest = (len(P_BASE), 60 * N, own)
    return Starts(
        verdict=Verdict(label, ("it is ahead",)),
        settings=StartsWith(2, 20, 8, True, 0.95, 0),
        starts=(
            Start("sft", 1, *rest, curve(P_TRAINED), gap, share, Estimate(1.1, 1.0, 1.2), told),
            Start("base", 2, *rest, curve(P_BASE), gap, share, None, told),
        ),
        apart=(Apart("pass@20", "sft", "base", 0.1, 0.05, 0.15),),
        undistinguished=("base",) if label is StartsLabel.NONE_STANDS_OUT else (),
        rule="by the forecast",
        notes=("a note",),
    )


def result(label: Label) -> Probe | Comparison | Sweep | Reach | Starts:
    """A result of the question that the label answers, with this label.

    A new question is told here, by a test that fails, until it has a result.
    """
    match label:
        case ProbeLabel():
            return probe(label)
        case CompareLabel():
            return comparison(label)
        case SweepLabel():
            return sweep(label)
        case ReachLabel():
            return reach(label)
        case StartsLabel():
            return starts(label)
    raise NotImplementedError(f"no result is fabricated for a {type(label).__name__}")


# ------------------------------------------------------------------------------------- page


def problems() -> list[ProblemRow]:
    """A row per problem of both policies."""
    arms = zip(P_BASE, P_TRAINED, strict=True)
    return [
        ProblemRow(
            f"{i:016x}",
            Arm(N, round(N * b)),
            Arm(N, round(N * t)),
            f"{i}+{i}+3-1=",
            str(2 * i + 2),
        )
        for i, (b, t) in enumerate(arms)
    ]


def completions() -> list[CompletionRow]:
    """Two completions of each policy for the first six problems."""
    return [
        CompletionRow(
            problem_id=problem.problem_id,
            role=role,
            text=f"{2 * int(problem.problem_id, 16)},{problem.reference}",
            status="correct" if role == "trained" else "incorrect",
            extracted=problem.reference if role == "trained" else None,
            reason="" if role == "trained" else "no_answer",
        )
        for problem in problems()[:6]
        for role in ("base", "base", "trained", "trained")
    ]


def training() -> list[TrainingRow]:
    """What 200 steps logged."""
    rng = np.random.default_rng(0)
    return [
        TrainingRow(
            step=step,
            reward=float(0.2 + 0.5 * step / (step + 60) + 0.05 * rng.normal()),
            mixed_share=float(0.6 - 0.001 * step + 0.05 * rng.normal()),
            completion_length=float(24 - 0.02 * step + rng.normal()),
        )
        for step in range(1, 201)
    ]


def held_out() -> list[HeldOutRow]:
    """pass@k on held-out problems at four steps."""
    rows = []
    for step in (0, 50, 100, 200):
        found = curve(P_BASE ** (1 - 0.5 * step / 200), [1, 2, 4, 8, 16, 32, 64])
        points = zip(found.k.tolist(), found.value, found.low, found.high, strict=True)
        curve_points = tuple(
            CurvePoint(k=k, value=float(v), low=float(low), high=float(high))
            for k, v, low, high in points
        )
        rows.append(HeldOutRow(step=step, curve=curve_points))
    return rows


def runs() -> dict[str, RunAbout]:
    """Two manifests that differ in the policy."""
    base = RunAbout(
        policy="base",
        problem_set="lab:rare",
        temperature=1.0,
        settings={"policy.path": "lab/rare/base", "sampling.temperature": "1.0", "n": "256"},
        commands=("passgap sample lab:base lab:rare",),
    )
    differs = {**base.settings, "policy.path": "demo/trained"}
    return {"base": base, "trained": replace(base, policy="trained", settings=differs)}


def page_data(**more: object) -> PageData:
    """A page of a pair with everything a page can have but what training saw."""
    data = PageData(
        title="GRPO on lab:rare",
        probe=probe(),
        comparison=comparison(),
        training=training(),
        held_out=held_out(),
        problems=problems(),
        completions=completions(),
        runs=runs(),
        notes=["No cloned samples in 30,720.", "Both runs share prompt and verifier."],
        command="passgap report runs/base runs/trained --out report.html",
    )
    return replace(data, **more)
