"""The pictures of the methods, drawn by passgap's own charts.

In: simulated problem sets (`worlds`). Out: one SVG a picture beside this file, always the same.

    python docs/pictures/draw.py             # all
    python docs/pictures/draw.py tilt luck   # these
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import altair as alt
import numpy as np
import worlds

import passgap
from passgap.analysis.alone.voting import Answers, majority
from passgap.data.arrays import FloatArray
from passgap.show.blocks import pictures
from passgap.show.charts.figures import write_picture
from passgap.show.charts.lazy import Chart
from passgap.show.charts.parts import layered, shares
from passgap.show.contents.dispatch import blocks_of
from passgap.show.theme import LIGHT
from passgap.stats import (
    betting_lower_bound,
    binomial_upper,
    fit_mixture,
    mean_interval,
    paired_interval,
)

HERE = Path(__file__).parent
COLOURS = [LIGHT["base"], LIGHT["trained"], LIGHT["ink"], LIGHT["muted"]]
DASHES = [[1, 0], [1, 0], [6, 5], [1, 0]]
Series = dict[str, Sequence[tuple[float, float]]]


def lines(
    series: Series,
    title: str,
    x: str,
    *,
    log: bool = False,
    unit: bool = True,
    ticks: Sequence[float] = (),
) -> Chart:
    """Named lines of (x, y), the first two in the colours of base and trained, the third dashed."""
    rows = [
        {"x": a, "value": b, "series": name} for name, points in series.items() for a, b in points
    ]
    scale = alt.Scale(type="log", base=2, nice=False) if log else alt.Scale(nice=False)
    axis = alt.Axis(values=list(ticks), format="~g") if ticks else alt.Axis(format="~g")
    colour = alt.Scale(domain=list(series), range=COLOURS[: len(series)])
    dash = alt.Scale(domain=list(series), range=DASHES[: len(series)])
    y = shares()
    plot = alt.Chart(alt.InlineData(values=rows)).encode(
        alt.X("x:Q", scale=scale, axis=axis, title=x),
        y if unit else alt.Y("value:Q", title=None),
        alt.Color(
            "series:N",
            scale=colour,
            legend=alt.Legend(title=None, labelLimit=320, symbolType="stroke"),
        ),
        alt.StrokeDash("series:N", scale=dash, title=None),
    )
    return layered([plot.mark_line(strokeWidth=2.5)], title)


def estimator() -> Chart:
    """The unbiased estimator against 1 - (1 - c/n)^k, over many runs of n = 16."""
    p, n, ks = worlds.difficulty(1), 16, range(1, 17)
    rng = np.random.default_rng(2)
    runs = [rng.binomial(n, p) for _ in range(200)]
    plug_in = {k: np.mean([np.mean(1 - (1 - c / n) ** k) for c in runs]) for k in ks}
    unbiased = {k: np.mean([passgap.pass_at_k(n, c, k).mean() for c in runs]) for k in ks}
    truth = {k: np.mean(1 - (1 - p) ** k) for k in ks}
    series = {"unbiased": unbiased, "biased, 1 − (1 − c/n)ᵏ": plug_in, "truth": truth}
    points = {name: [(k, float(v)) for k, v in by_k.items()] for name, by_k in series.items()}
    return lines(
        points, "Mean estimate of pass@k over 200 runs of 16 samples", "tries, k", unit=False
    )


def coverage() -> Chart:
    """How often an interval holds the truth when 3% of the problems gain."""
    rng, sizes, share = np.random.default_rng(3), (20, 30, 50, 100, 200, 500), 0.03
    held: dict[str, list[tuple[float, float]]] = {"passgap": [], "plain normal": [], "nominal": []}
    for size in sizes:
        sets = rng.random((1500, size)) < share
        ours = [paired_interval(d.astype(float)) for d in sets]
        plain = 1.96 * sets.std(1, ddof=1) / np.sqrt(size)
        off = np.abs(sets.mean(1) - share)
        held["passgap"].append((size, float(np.mean([e.low <= share <= e.high for e in ours]))))
        held["plain normal"].append((size, float(np.mean(off <= plain))))
        held["nominal"].append((size, 0.95))
    title = "Coverage of the interval when 3% of the problems gain"
    return lines(held, title, "problems", log=True, ticks=sizes)


def _comparison(base: FloatArray, trained: FloatArray) -> passgap.Comparison:
    return passgap.compare(worlds.drawn(base, 5), worlds.drawn(trained, 6))


def _curves(result: passgap.Comparison, label: str) -> Chart:
    assert result.verdict.label == label, result
    return _picture(result, "curves")


def _picture(result: object, name: str) -> Chart:
    """One of the pictures that passgap itself shows of a result."""
    return next(one for one in pictures(blocks_of(result)) if one.name == name).draw()


def _narrowed() -> passgap.Comparison:
    base = worlds.reachable(4)
    return _comparison(base, worlds.narrowed(base, 7))


def sharpened() -> Chart:
    """A pure tilt of a base that is exhausted at the large k."""
    base = worlds.reachable(4)
    return _curves(_comparison(base, worlds.tilted(base, 2.0)), "sharpened")


def narrowed() -> Chart:
    """Found sooner, and half of the hard problems given up."""
    return _curves(_narrowed(), "sharpened_narrowed")


def expanded() -> Chart:
    """Problems learnt that the base never solves."""
    base = worlds.difficulty(4)
    return _curves(_comparison(base, worlds.expanded(base, 8)), "expanded")


def difference() -> Chart:
    """The narrowed pair's difference at every k."""
    return _picture(_narrowed(), "delta")


def difficulty() -> Chart:
    """The fitted difficulty distribution beside the true one, as shares below p."""
    p = worlds.difficulty(9)
    counts = worlds.drawn(p, 10, n=8)
    fit, at = fit_mixture(counts.n, counts.c), np.linspace(0, 1, 201)
    series: Series = {
        "fitted to the counts": [(x, float(fit.weights[fit.p <= x].sum())) for x in at],
        "c / n": [(x, float(np.mean(counts.c / counts.n <= x))) for x in at],
        "truth": [(x, float(np.mean(p <= x))) for x in at],
    }
    return lines(series, "Share of problems with a success probability of at most p", "p")


def beyond() -> Chart:
    """pass@k beyond 32 samples, with the range that the counts leave open."""
    p, ks = worlds.difficulty(11), (64, 128, 256, 512, 1024, 2048)
    chart = _picture(passgap.probe(worlds.drawn(p, 12, n=32), beyond=ks), "curves")
    truth = [{"k": 2**i, "value": float(np.mean(1 - (1 - p) ** 2**i))} for i in range(12)]
    line = alt.Chart(alt.InlineData(values=[row | {"series": "truth"} for row in truth])).mark_line(
        color=LIGHT["ink"], strokeWidth=2, strokeDash=[6, 5]
    )
    chart.layer.append(line.encode(alt.X("k:Q"), alt.Y("value:Q")))
    return chart


def reach() -> Chart:
    """Bounds on the base's p = 0.001 from its own zeros and from the trained policy's samples."""
    rng, p = np.random.default_rng(13), 1e-3
    draws = [2**i for i in range(4, 12)]  # 4,096 samples without a correct one would be a rare set
    weights = np.log(p) - 0.5 + rng.normal(0, 1, draws[-1])
    lower = [(n, float(np.exp(betting_lower_bound(weights[:n])))) for n in draws]
    upper = [(n, binomial_upper(0, n)) for n in draws]
    series: Series = {
        "lower bound": lower,
        "upper bound": upper,
        "truth": [(n, p) for n in draws],
    }
    chart = lines(
        series,
        "Bounds on the base's success probability",
        "samples",
        log=True,
        ticks=draws,
        unit=False,
    )
    chart.layer[0].encoding.y.scale = alt.Scale(type="log")
    chart.layer[0].encoding.y.axis = alt.Axis(format=".0e", values=[1e-4, 1e-3, 1e-2, 1e-1])
    return chart


def tilt() -> Chart:
    """The forecast fan."""
    return _picture(passgap.probe(worlds.drawn(worlds.difficulty(14), 15)), "forecast")


def signal() -> Chart:
    """mixed@G over the group size."""
    return _picture(passgap.probe(worlds.drawn(worlds.difficulty(14), 15)), "signal")


def luck() -> Chart:
    """A base that solves some problems and guesses four-letter answers on the others."""
    p = worlds.difficulty(16)
    counts = worlds.drawn(p + (1 - p) * 0.02, 17)
    guessed = passgap.Counts(
        counts.problem_id, counts.n, counts.c, guess_rate=np.full(len(p), 0.02)
    )
    return _picture(passgap.probe(guessed, accept_luck=True), "curves")


def _half_width(p: FloatArray, n: int, rng: np.random.Generator) -> float:
    found = mean_interval(passgap.pass_at_k(n, rng.binomial(n, p), 20))
    return (found.high - found.low) / 2


def plan() -> Chart:
    """Half-width of the interval of pass@20 against samples, for three numbers of problems."""
    p, ns = worlds.difficulty(18), (20, 32, 64, 128, 256)
    rng = np.random.default_rng(19)
    series: Series = {}
    for size in (100, 300, 1000):
        widths = [[_half_width(rng.choice(p, size), n, rng) for n in ns] for _ in range(20)]
        series[f"{size} problems"] = list(zip(ns, np.mean(widths, 0).tolist(), strict=True))
    return lines(
        series,
        "Half-width of the interval of pass@20",
        "samples per problem, n",
        log=True,
        ticks=ns,
        unit=False,
    )


def sweep() -> Chart:
    """Coverage that rises and then falls over training."""
    base, rng = worlds.difficulty(20), np.random.default_rng(21)
    order, checkpoints = rng.random(len(base)), []
    for i, step in enumerate((50, 100, 150, 200, 250, 300)):
        gone = (base < 0.15) & (order < 0.09 * max(0, i - 1))
        p = np.where(gone, 0.0, worlds.tilted(base, 0.5 * (i + 1)))
        checkpoints.append((step, worlds.drawn(p, 22 + i)))
    return _picture(passgap.compare_sweep(worlds.drawn(base, 30), checkpoints), "sweep")


def votes() -> Chart:
    """Majority vote and best of k, as far as tokens go."""
    p, rng, n = worlds.difficulty(31), np.random.default_rng(32), 64
    right = rng.binomial(n, p)
    wrong = tuple(
        tuple(int(x) for x in rng.multinomial(n - r, [0.5, 0.2, 0.1, 0.1, 0.1])) for r in right
    )
    ids, many = tuple(f"q{i}" for i in range(len(p))), np.full(len(p), n)
    answers = Answers("base", 1.0, ids, many, right, wrong, np.full(len(p), 500.0))
    ks = [2**i for i in range(7)]
    maj, best = majority(answers, ks, seed=0).mean(0), passgap.pass_at_k(n, right, ks).mean(0)
    trained = float(worlds.tilted(p, 1.5).mean())
    series: Series = {
        "majority vote of k": [(k * 500, float(v)) for k, v in zip(ks, maj, strict=True)],
        "best of k, by the verifier": [(k * 500, float(v)) for k, v in zip(ks, best, strict=True)],
        "one try of the trained policy": [(500, trained), (500 * ks[-1], trained)],
    }
    return lines(
        series,
        "Share of questions answered",
        "tokens per question",
        log=True,
        ticks=[500 * k for k in ks],
    )


def mixed() -> Chart:
    """The chance that a group of G is mixed, by p."""
    at = np.linspace(0, 1, 201)
    series: Series = {
        f"G = {g}": [(x, float(1 - x**g - (1 - x) ** g)) for x in at] for g in (4, 8, 16, 64)
    }
    return lines(
        series,
        "Probability that a group of G has correct and incorrect completions",
        "p of the problem",
    )


PICTURES: dict[str, Callable[[], Chart]] = {
    picture.__name__: picture
    for picture in (
        estimator, coverage, sharpened, narrowed, expanded, difference, difficulty, beyond, reach,
        tilt, signal, luck, plan, sweep, votes, mixed,
    )
}  # fmt: skip


if __name__ == "__main__":
    for name in sys.argv[1:] or PICTURES:
        write_picture(PICTURES[name](), HERE / f"{name}.svg", height=300)
