"""Slices: a verdict in each, held to 5% over all of them, and two pooled lines."""

import itertools
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from commands import run

import passgap
from passgap import Counts
from passgap.analysis.compare.deciding import Deciding, both_ends
from passgap.analysis.compare.slicing import mean_of_slices
from passgap.errors import UsageError
from passgap.show.contents.dispatch import blocks_of
from passgap.show.markdown import paint
from passgap.stats import holm_levels, paired_interval, pass_at_k

SIZES = {"up": 100, "new": 80, "same": 60, "few": 4}
NAMES = [name for name, size in SIZES.items() for _ in range(size)]
IDS = [f"q{i}" for i in range(len(NAMES))]


def arms(n: int = 128, seed: int = 0) -> tuple[Counts, Counts]:
    """`up` is sharpened, half of `new` is solved only after training, the rest stays."""
    rng = np.random.default_rng(seed)
    p = rng.beta(0.5, 1.0, len(IDS))
    q = p.copy()
    q[:100] **= 0.5
    p[100:140], q[100:140] = 0.0, 0.5
    made = [Counts(IDS, np.full(len(IDS), n), rng.binomial(n, rate)) for rate in (p, q)]
    return made[0].clustered(NAMES), made[1].clustered(NAMES)


def as_frame(counts: Counts, kind: str = "kind") -> pl.DataFrame:
    return pl.DataFrame({"problem_id": IDS, kind: NAMES, "n": counts.n, "c": counts.c})


@pytest.fixture(scope="module")
def found():
    return passgap.compare_by(*map(as_frame, arms()), "kind")


def test_each_slice_has_its_own_label(found):
    labels = {one.name: one.verdict and str(one.verdict.label) for one in found.slices}
    assert labels["up"] == "sharpened"
    assert labels["new"] == "expanded"
    assert labels["same"] in ("unchanged", "inconclusive", "same_at_small_k", "same_at_large_k")
    assert labels["few"] is None


def test_slices_are_sorted_and_intervals_are_of_the_corrected_level(found):
    base, trained = arms()
    gains = [one.large.estimate.value for one in found.slices]
    assert gains == sorted(gains, reverse=True)
    assert found.slice_confidence_level == pytest.approx(1 - 0.05 / 3)
    d = pass_at_k(trained.n, trained.c, 64) - pass_at_k(base.n, base.c, 64)
    for one in found.slices:
        rows = np.array([name == one.name for name in NAMES])
        own = paired_interval(d[rows], confidence_level=1 - 0.05 / 3)
        assert (one.large.estimate.low, one.large.estimate.high) == (own.low, own.high)


def test_the_verdict_over_all_problems_is_that_of_compare(found):
    base, trained = (one.clustered(None) for one in arms())
    assert found.verdict == passgap.compare(base, trained).verdict
    assert found.by_problems.problems == len(IDS)


def test_an_effect_between_the_levels_is_not_told_in_one_of_many_slices():
    """A gain whose 95% interval excludes 0 and whose 99.5% one does not."""
    d = np.zeros(40)
    d[:8] = 1.0
    assert paired_interval(d).low > 0 > paired_interval(d, confidence_level=0.995).low
    ids = [f"q{i}" for i in range(400)]
    base = Counts(ids, np.full(400, 64), np.zeros(400, int))
    after = np.zeros(400, int)
    after[:8] = 2  # solved at the large k about every time, seldom at small k
    trained = Counts(ids, base.n, after)
    ten = [f"s{i // 40}" for i in range(400)]
    one = passgap.compare(base.take(range(40)), trained.take(range(40)), k_large=63)
    many = passgap.compare_by(base.clustered(ten), trained.clustered(ten), "cluster", k_large=63)
    (slice_,) = [part for part in many.slices if part.name == "s0"]
    assert one.verdict.at_large_k == "up"
    assert slice_.verdict.at_large_k == "unclear"
    assert "99.5%" in slice_.verdict.reasons[-1]


@pytest.mark.slow
def test_no_slice_is_up_or_down_by_chance():
    """Effects of mean 0 that spread widely, 10 slices of 50: any false one in 5% of 300 or less."""
    rng = np.random.default_rng(0)
    rule = Deciding(0.02, 2, 20, True, "population", 32.0)
    false = {1: 0, 10: 0}
    for _ in range(300):
        slices = rng.beta(0.4, 0.8, (10, 50)) - rng.beta(0.4, 0.8, (10, 50))
        for parts in false:
            own = replace(rule, slices=parts)
            stands = [both_ends(own, interval_of(d), len(d)).small.stands for d in slices]
            false[parts] += any(one in ("up", "down") for one in stands)
    assert false[10] <= 0.05 * 300
    assert false[1] > 0.1 * 300


def interval_of(d: np.ndarray):
    """What the two ends ask for: the interval at (k, level), here the same at each k."""
    return lambda k, level: paired_interval(d, confidence_level=level)


def test_holm_is_the_definition():
    """The i-th smallest rejects at .05 / (S - i + 1), to the first that does not."""
    rng = np.random.default_rng(0)
    for p in rng.uniform(0, 0.05, (200, 6)):
        passing = np.sort(p) <= 0.05 / np.arange(6, 0, -1)
        rejected = sum(1 for _ in itertools.takewhile(bool, passing))
        assert np.sum(p <= holm_levels(p)) == rejected
    with pytest.raises(UsageError, match="allowed: one or more"):
        holm_levels([])


def test_slices_alike_cover_their_mean():
    """Three slices of different size and gain; 95% intervals hold in 93% or more of 400."""
    rng = np.random.default_rng(0)
    sizes, gains = (8, 30, 120), (0.3, 0.0, 0.1)
    held = 0

    def solved(size: int, share: float) -> np.ndarray:
        return np.where(rng.random(size) < share, rng.choice([1.0, 0.5], size), 0.0)

    for _ in range(400):
        each = [
            paired_interval(solved(size, 0.2 + gain) - solved(size, 0.2))
            for size, gain in zip(sizes, gains, strict=True)
        ]
        one = mean_of_slices(each)
        held += one.low <= 0.75 * np.mean(gains) <= one.high
    assert held >= 0.93 * 400


def test_slices_alike_are_the_mean_of_means_and_wider_where_clusters_span(found):
    judged = [one.small.estimate for one in found.slices if one.verdict]
    pooled = found.by_slices
    assert pooled.small.estimate.value == pytest.approx(np.mean([one.value for one in judged]))
    assert (pooled.slices, pooled.problems) == (3, 240)
    apart, together = mean_of_slices(judged), mean_of_slices(judged, overlap=True)
    assert together.low < apart.low < apart.high < together.high


def test_it_prints_and_is_a_table(found):
    assert "equal weights" in str(found)
    page = paint(blocks_of(found))
    lines = [line for line in page.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    assert cells[0][1] == "rank"
    assert cells[0][-1] == "doubt"
    judged = [one.name for one in found.slices if one.verdict]
    few = [one.name for one in found.slices if not one.verdict]
    assert [row[0] for row in cells[2:]] == [
        *judged,
        *few,
        "equal weights, 95%",
        "by problems, 95%",
    ]
    assert [row[1] for row in cells[2:]] == [*"123"[: len(judged)], *"–" * len(few), "", ""]
    doubts = {row[0]: row[-1] for row in cells[2:]}
    assert all(doubts[name] == "too few problems for a verdict" for name in few)
    open_ones = [one.name for one in found.slices if one.verdict and not one.verdict.settled]
    assert all(doubts[name] for name in open_ones)
    assert few


def test_training_on_the_problems_leaves_every_slice_open():
    made = map(as_frame, arms())
    known = passgap.compare_by(*made, "kind", trained_on=True)
    assert {str(one.verdict.label) for one in known.slices if one.verdict} == {"inconclusive"}
    assert str(known.by_slices.verdict.label) == "inconclusive"


def test_fields_that_make_no_slices_are_refused():
    base, trained = map(as_frame, arms())
    with pytest.raises(UsageError, match=r"for no problem; its fields: .*kind"):
        passgap.compare_by(base, trained, "level")
    with pytest.raises(UsageError, match="'problem_id' has 244 values, none of them with 5"):
        passgap.compare_by(base, trained, "problem_id")


def test_the_command_line(tmp_path: Path):
    for name, counts in zip("ab", arms(), strict=True):
        as_frame(counts).write_csv(tmp_path / f"{name}.csv")
    done = run("compare", "a.csv", "b.csv", "--by", "kind", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["schema"] == "passgap.compare_by/1"
    assert result["slices"][0]["name"] == "new"
    done = run("compare", "a.csv", "b.csv", "b.csv", "--by", "kind", cwd=tmp_path)
    assert done.returncode == 2
    assert "--by kind with 2 TRAINED; allowed: one" in done.stderr
