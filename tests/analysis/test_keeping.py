"""The checkpoint to keep, in rounds: it finds the best, spends little, and its gain is unbiased."""

import numpy as np
import pytest
from drawing import ids

import passgap
from passgap.analysis.sweep.corrected import folds
from passgap.analysis.sweep.keeping import better_half, rounds_of
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.results.settings import KeepSettings
from passgap.stats import pass_at_k

P, MOST = 60, 32


class Drawn:
    """Policies whose draws are made beforehand; remembers what was asked of it."""

    def __init__(self, rates, seed=0, size=P, unscored=0, cluster=None):
        rng = np.random.default_rng(seed)
        p = np.asarray(rates, float).reshape(len(rates), -1)
        self.right = rng.random((len(rates), size, MOST)) < p[:, :, None]
        self.asked, self.ids, self.unscored, self.cluster = [], ids(size), unscored, cluster

    def __call__(self, places, n):
        self.asked.append((list(places), n))
        drop = np.zeros(len(self.ids), np.int64)
        drop[0] = min(self.unscored, n)
        return [
            Counts(
                self.ids,
                n=n - drop,
                c=np.minimum(self.right[i, :, :n].sum(1), n - drop),
                unscored=drop,
                cluster=self.cluster,
            )
            for i in places
        ]


def kept(draw, steps, **settings):
    return passgap.keep(draw, steps, **{"first": 4, "most": MOST} | settings)


def test_the_best_of_clearly_different_checkpoints_is_kept_for_half_of_the_samples():
    draw = Drawn([0.2, 0.2, 0.3, 0.4, 0.7, 0.5, 0.3, 0.2, 0.1])
    result = kept(draw, [10 * i for i in range(1, 9)])
    assert result.step == 40
    assert [one.folds for one in result.checkpoints] == [0, 0, 0, 10, 0, 0, 0, 0]
    assert result.draws < 0.5 * result.uniform == 0.5 * 9 * P * MOST
    assert result.corrected.low > 0.3
    assert "keep step 40" in str(result)


def test_each_round_doubles_the_draws_of_the_base_and_of_at_least_half():
    draw = Drawn([0.2, *np.linspace(0.1, 0.8, 8)])
    result = kept(draw, range(1, 9), first=3, most=20)
    assert [n for _, n in draw.asked] == [3, 6, 12, 20] == rounds_of(result.settings)
    assert draw.asked[0][0] == list(range(9))
    for (before, _), (after, _) in zip(draw.asked, draw.asked[1:], strict=False):
        assert after[0] == 0
        assert set(after) < set(before)
    spent = {i: n for places, n in draw.asked for i in places}
    assert result.draws == P * sum(spent.values())
    assert [one.draws for one in result.checkpoints] == [spent[i] for i in range(1, 9)]


def test_the_better_half_is_that_of_the_mean_and_the_earlier_of_two_that_tie():
    passes = [np.array(one) for one in ([0.5, 0.5], [1.0, 0.2], [0.5, 0.5], [0.1, 0], [0, 0.1])]
    assert better_half(passes) == [1, 0, 2]
    assert better_half(passes[3:]) == [0]
    assert better_half(passes[:1]) == [0]


def test_the_corrected_gain_is_that_of_the_rounds_repeated_without_each_fold():
    draw = Drawn([0.3, *[0.35] * 7], seed=5)
    result = kept(draw, range(1, 8))
    fold = folds(draw([0], 4)[0], 0)
    gains, chosen = np.zeros(P), []
    for one in range(10):
        stay, outside = list(range(1, 8)), fold != one
        for n in rounds_of(result.settings):
            rate = {i: draw.right[i, outside, :n].mean() for i in stay}
            stay = sorted(stay, key=lambda i: (-rate[i], i))[: -(-len(stay) // 2)]
        chosen.append(stay[0])
        rate = draw.right[:, ~outside].mean(axis=2)
        gains[~outside] = rate[stay[0]] - rate[0]
    assert len(set(chosen)) > 1, "a case in which the folds differ"
    assert [one.folds for one in result.checkpoints] == [chosen.count(i) for i in range(1, 8)]
    assert result.corrected.value == pytest.approx(gains.mean())


def test_the_corrected_gain_has_no_optimism_where_all_checkpoints_are_the_same():
    own, corrected = [], []
    for seed in range(60):
        result = kept(Drawn([0.3] * 9, seed=seed), range(1, 9))
        best = next(one for one in result.checkpoints if one.step == result.step)
        own.append(best.gain.value)
        corrected.append(result.corrected.value)
        assert not result.is_better or result.corrected.low > 0
    error = np.std(corrected) / np.sqrt(len(corrected))
    assert np.mean(own) > 3 * error, "the kept one looks better than it is"
    assert abs(np.mean(corrected)) < 3 * error


def test_where_none_is_better_it_says_keep_the_base():
    result = kept(Drawn([0.6, 0.3, 0.3, 0.2]), [5, 10, 15])
    assert not result.is_better
    assert result.headline().startswith("keep the base: step ")
    assert result.corrected.high < 0


def test_those_that_cannot_be_told_apart_at_the_end_are_named():
    result = kept(Drawn([0.1, 0.5, 0.5, 0.5, 0.5]), [1, 2, 3, 4])
    last = {one.step for one in result.checkpoints if one.draws == MOST}
    assert set(result.alike) == last - {result.step}
    apart = kept(Drawn([0.1, 0.9, 0.1, 0.1, 0.1]), [1, 2, 3, 4])
    assert apart.alike == ()


def test_unscored_draws_are_spent_but_not_counted():
    result = kept(Drawn([0.2, 0.3, 0.5], unscored=2), [1, 2])
    assert [one.draws for one in result.checkpoints] == [4, MOST]
    with pytest.raises(UsageError, match=r"'p0000' has 0 scored samples and k is 1.*--first"):
        kept(Drawn([0.2, 0.3, 0.5], unscored=9), [1, 2])


def test_more_than_two_percent_unscored_are_refused_unless_accepted():
    few = [0.2, 0.3, 0.5]
    assert "6 samples are unscored" in kept(Drawn(few, unscored=2), [1, 2]).notes
    with pytest.raises(UsageError, match=r"5\.0% of the samples are unscored.*--accept-unscored"):
        kept(Drawn(few, size=20, unscored=4), [1, 2])
    asked = {"first": 8, "accept_unscored": True}
    assert kept(Drawn(few, size=20, unscored=4), [1, 2], **asked).step == 2


def test_problems_of_one_cluster_are_in_one_fold():
    cluster = [str(i // 5) for i in range(P)]
    result = kept(Drawn([0.2, 0.3, 0.5], cluster=cluster), [1, 2])
    alone = kept(Drawn([0.2, 0.3, 0.5]), [1, 2])
    assert result.corrected.high - result.corrected.low > alone.corrected.high - alone.corrected.low
    with pytest.raises(UsageError, match="related"):
        kept(Drawn([0.2, 0.3, 0.5], cluster=["a"] * P), [1, 2])


@pytest.mark.parametrize(
    ("steps", "settings", "said"),
    [
        ([1], {}, "1 checkpoint given; needed: 2 or more"),
        ([1, 1], {}, "steps 1, 1; allowed: distinct"),
        ([0, 1], {}, "steps 0, 1; allowed"),
        ([1, 2], {"k": 5}, "k=5, first=4, most=32; allowed: 1 <= k <= first <= most"),
        ([1, 2], {"first": 64}, "first=64, most=32"),
    ],
)
def test_what_cannot_be_done_is_refused_before_a_draw(steps, settings, said):
    draw = Drawn([0.2, 0.3, 0.5])
    with pytest.raises(UsageError, match=said):
        kept(draw, steps, **settings)
    assert not draw.asked


def test_problems_that_were_trained_on_need_a_flag():
    draw = Drawn([0.2, 0.3, 0.5])
    with pytest.raises(UsageError, match=r"remembers most.*--accept-trained-on"):
        passgap.keep(draw, [1, 2], trained_on=True)
    assert not draw.asked
    accepted = kept(draw, [1, 2], accept_trained_on=True)
    assert any("not known whether" in note for note in accepted.notes)


def test_counts_of_other_problems_are_refused():
    def draw(places, n):
        return [Counts([f"{i}-{j}" for j in range(5)], n=[n] * 5, c=[0] * 5) for i in places]

    with pytest.raises(UsageError, match="different problems"):
        kept(draw, [1, 2])


def test_rounds_end_at_the_most_draws():
    for first, most in ((8, 64), (8, 8), (1, 100), (5, 7)):
        found = rounds_of(KeepSettings(first=first, most=most))
        assert found[0] == first
        assert found[-1] == most
        assert found == sorted(set(found))


def test_its_numbers_are_those_of_the_definition():
    draw = Drawn([0.2, 0.3, 0.5])
    result = kept(draw, [1, 2], k=2)
    (base, second) = (draw.right[i].sum(1) for i in (0, 2))
    passes = [pass_at_k(np.full(P, MOST), c, 2) for c in (base, second)]
    assert result.base.value == pytest.approx(passes[0].mean())
    assert result.checkpoints[1].passes.value == pytest.approx(passes[1].mean())
    assert result.corrected.value == pytest.approx((passes[1] - passes[0]).mean())
