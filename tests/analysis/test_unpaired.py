"""Runs that are not paired: what two samples of problems allow, and ids that are ranks."""

import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from commands import run
from scipy.special import expit, logit

import passgap
from passgap import Counts
from passgap.analysis.compare.pairing import are_ranks
from passgap.analysis.verdicts import compare_label, unpaired_label
from passgap.errors import MismatchError, UsageError
from passgap.results.labels import STATES
from passgap.show.contents.dispatch import blocks_of
from passgap.show.markdown import paint
from passgap.stats import mean_interval, pass_at_k
from passgap.stats.combining import difference_of

N = 64


def drawn(p: np.ndarray, rng: np.random.Generator, name: str = "", **known: object) -> Counts:
    ids = [f"{name}{i}" for i in range(len(p))]
    return Counts(ids, np.full(len(p), N), rng.binomial(N, p), **known)


def arms(sizes: tuple[int, int] = (400, 300), tilt: float = 2.0, seed: int = 0) -> list[Counts]:
    """Two samples of problems of one kind; the trained policy's odds are multiplied."""
    rng = np.random.default_rng(seed)
    p, q = (np.clip(rng.beta(0.5, 1.2, size), 1e-3, 1 - 1e-3) for size in sizes)
    return [drawn(p, rng, "a"), drawn(expit(logit(q) + tilt), rng, "b")]


def histogram(counts: Counts) -> Counts:
    """The same counts as a histogram leaves them: sorted, numbered."""
    order = np.argsort(counts.c)
    return Counts([str(i) for i in range(len(order))], counts.n[order], counts.c[order])


@pytest.fixture(scope="module")
def found():
    return passgap.compare(*arms(), unpaired=True)


def test_both_ends_are_told_with_bounds(found):
    assert found.verdict.at_small_k == "up"
    assert found.verdict.bounds.small.max_gain > 0.2
    assert found.verdict.bounds.small.max_loss == 0
    assert (found.problems.base, found.problems.trained) == (400, 300)
    d = found.trained.at(32).value - found.base.at(32).value
    assert found.delta.at(32).value == pytest.approx(d)


def test_the_order_and_the_names_of_problems_mean_nothing(found):
    base, trained = arms()
    again = passgap.compare(base, histogram(trained), unpaired=True)
    assert again.to_dict()["delta"] == found.to_dict()["delta"]
    assert again.verdict == found.verdict


def test_new_problems_are_neither_claimed_nor_denied():
    """Curves that stay or rise settle nothing, whatever hides in them; a net loss is a loss."""
    told = {
        (small, large): unpaired_label(small, large, enough_draws=True)
        for small, large in product(STATES, STATES)
    }
    settled = {ends: str(label) for ends, label in told.items() if label.settled}
    assert settled == {
        ("up", "down"): "sharpened_narrowed",
        ("equivalent", "down"): "narrowed",
        ("down", "equivalent"): "degraded",
        ("down", "down"): "degraded",
    }
    assert told["up", "equivalent"] == "up_at_small_k"
    assert told["unclear", "unclear"] == "inconclusive"
    for ends in settled:
        assert told[ends] == compare_label(*ends, new=False, lost=False, enough_draws=True)


def test_an_exchange_of_abilities_is_not_called_sharpening():
    """A tenth new, a tenth lost: at large k pass@k stays, and only pairs could tell."""
    rng = np.random.default_rng(1)
    p = np.clip(rng.beta(0.5, 1.2, 9_000), 1e-3, 1 - 1e-3)
    q = p.copy()
    p[:900], q[:900] = 0.0, 0.4
    p[900:1800], q[900:1800] = 0.4, 0.0
    base, trained = drawn(p, rng), drawn(q, rng)
    assert passgap.compare(base, trained).verdict.label == "reshuffled"
    verdict = passgap.compare(base, trained, unpaired=True).verdict
    assert (verdict.at_small_k, verdict.at_large_k) == ("equivalent", "equivalent")
    assert verdict.label == "same_at_small_k"
    assert verdict.needs.startswith("the same problems with their own ids in both runs")


def test_of_the_same_problems_fixed_intervals_lose_nothing():
    rng = np.random.default_rng(2)
    p = rng.beta(0.5, 1.2, 30)
    pair = drawn(p, rng), drawn(p**0.5, rng)
    apart = passgap.compare(*pair, unpaired=True, interval="fixed").delta.at(2)
    paired = passgap.compare(*pair, interval="fixed").delta.at(2)
    assert (apart.low, apart.high) == pytest.approx((paired.low, paired.high))


@pytest.mark.parametrize("sizes", [(30, 30), (30, 300), (100, 30)])
@pytest.mark.parametrize("new", [0.0, 0.03])
def test_two_samples_cover_their_difference(sizes, new):
    """Nothing changed, or 3% new in a world of rare successes; 93% or more of 600 hold."""
    rng = np.random.default_rng([*sizes, int(100 * new)])
    held, k = 0, 16
    crowd = rng.beta(0.3, 3, 400_000)
    truth = new * (1 - 0.5**k - np.mean(1 - (1 - crowd) ** k))
    for _ in range(600):
        p, q = (rng.beta(0.3, 3, size) for size in sizes)
        q = np.where(rng.random(sizes[1]) < new, 0.5, q)
        x = [pass_at_k(np.full(len(one), N), rng.binomial(N, one), k) for one in (p, q)]
        one = difference_of(*map(mean_interval, x))
        held += one.low <= truth <= one.high
    assert held >= 0.93 * 600


def test_ranks_of_a_histogram_are_refused_with_what_works(tmp_path: Path):
    for name, counts in zip("ab", map(histogram, arms()), strict=True):
        passgap.write_counts(counts, tmp_path / f"{name}.csv")
    done = run("compare", "a.csv", "b.csv", cwd=tmp_path)
    assert done.returncode == 2
    assert (
        "ids of the base are the numbers 0 to 399 in the order of the share correct" in done.stderr
    )
    assert "--unpaired" in done.stderr
    done = run("compare", "a.csv", "b.csv", "--unpaired", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["schema"] == "passgap.compare_unpaired/1"
    assert result["verdict"]["label"] == passgap.compare(*arms(), unpaired=True).verdict.label


def test_one_arm_of_ranks_is_enough_to_refuse():
    base, trained = arms((300, 300))
    named = Counts([str(i) for i in range(300)], base.n, base.c)
    with pytest.raises(MismatchError, match="ids of the trained policy are the numbers 0 to 299"):
        passgap.compare(named, histogram(trained))
    with pytest.raises(MismatchError, match=r"give the problems' own ids$"):
        passgap.compare_seeds(named, [histogram(trained)] * 2)


@pytest.mark.parametrize(
    ("ids", "c", "ranks"),
    [
        (range(12), range(12), True),
        (range(1, 13), range(12, 0, -1), True),
        (range(12), [0] * 6 + [12] * 6, False),  # two values: in order once in 462 times
        (range(12), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 10], False),
        (range(5, 17), range(12), False),
        ([f"q{i}" for i in range(12)], range(12), False),
        (range(6), range(6), False),  # in order once in 360 times
    ],
)
def test_what_counts_as_ranks(ids, c, ranks):
    assert are_ranks(Counts(list(map(str, ids)), [12] * len(c), list(c))) is ranks


def test_no_common_problem_names_the_way_out_where_there_is_one():
    base, trained = arms()
    with pytest.raises(MismatchError, match=r"on the same problem set, or compare .*--unpaired"):
        passgap.compare(base, trained)
    with pytest.raises(MismatchError, match=r"on the same problem set$"):
        passgap.compare_seeds(base, [trained, trained])


def test_what_goes_problem_by_problem_is_not_shown(found):
    page = paint(blocks_of(found))
    assert "not paired" in page
    for absent in ("Which problems changed", "gained", "Solved by", "k*", "tilt"):
        assert absent not in page
    assert "400 / 300" in page


def test_a_cut_base_is_seen_without_pairs():
    """No ability changed; on a third of the problems all of the base's draws were cut."""
    rng = np.random.default_rng(3)
    p = np.clip(rng.beta(0.8, 1.2, 600), 0.02, 0.98)
    cut = np.where(rng.random(600) < 0.33, N, 0)
    right = np.where(cut > 0, 0, rng.binomial(N, p))
    base = Counts([f"a{i}" for i in range(600)], np.full(600, N), right, no_answer=cut)
    trained = drawn(p, rng, "b", no_answer=np.zeros(600, int))
    found = passgap.compare(base, trained, unpaired=True)
    assert found.verdict.at_large_k == "up"
    assert found.verdict.label == "depends_on_cuts"
    assert found.answered is not None
    assert found.answered.delta.problems_left_out > 100


def test_short_problems_are_left_out_of_each_run_by_itself():
    base, trained = arms((60, 40))
    n = trained.n.copy()
    n[0] = 4
    unscored = N - n
    short = Counts(trained.problem_id, n, np.minimum(trained.c, n), unscored)
    found = passgap.compare(base, short, unpaired=True, drop_short=True, accept_unscored=True)
    assert (found.problems.base, found.problems.trained) == (60, 39)
    assert "1 of 40 problems left out" in found.notes[0]


def test_flags_that_need_pairs_are_refused(tmp_path: Path):
    for name, counts in zip("ab", arms(), strict=True):
        passgap.write_counts(counts, tmp_path / f"{name}.csv")
    for flags in (("--seeds",), ("--by", "cluster"), ("--intersect",)):
        done = run("compare", "a.csv", "b.csv", "--unpaired", *flags, cwd=tmp_path)
        assert done.returncode == 2
        assert flags[0] in done.stderr
    done = run("compare", "a.csv", "b.csv", "b.csv", "--unpaired", cwd=tmp_path)
    assert "--unpaired with 2 TRAINED; allowed: one" in done.stderr
    with pytest.raises(UsageError, match="--intersect and --unpaired exclude each other"):
        passgap.compare(*arms(), unpaired=True, intersect=True)


def test_the_page_of_runs_that_are_not_paired(tmp_path: Path):
    for name, counts in zip("ab", arms(), strict=True):
        passgap.write_counts(counts, tmp_path / f"{name}.csv")
    page = passgap.report(
        tmp_path / "a.csv", tmp_path / "b.csv", unpaired=True, out=tmp_path / "page.html"
    ).read_text()
    assert "a.csv → b.csv" in page
    assert "After training, not paired" in page
    assert "Problem by problem" not in page
