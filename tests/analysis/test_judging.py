"""What a label hangs on: cuts, marks, a stated false-positive rate; and where a gain comes from."""

import numpy as np
import pytest
from scipy.special import expit, logit

from passgap.analysis.compare.deciding import Deciding, both_ends
from passgap.data.counts import Counts
from passgap.evidence.doors import compare, compare_seeds
from passgap.stats import paired_interval

N, P = 128, 300


def counts(c, **known):
    size = len(c)
    return Counts([str(i) for i in range(size)], np.full(size, N), c, **known)


def same_ability(rng):
    p = np.clip(rng.beta(0.8, 1.2, P), 0.02, 0.98)
    return rng.binomial(N, p), rng.binomial(N, p)


def test_a_base_that_was_cut_off_is_no_expansion():
    """No ability changed; on 12 % of the problems all of the base's draws were cut."""
    rng = np.random.default_rng(0)
    before, after = same_ability(rng)
    cut = np.where(rng.random(P) < 0.12, N, 0)
    base = counts(rng.hypergeometric(before, N - before, N - cut), no_answer=cut, truncated=cut)
    plain = compare(counts(base.c), counts(after)).verdict
    assert plain.label == "expanded", "what was said of it before"
    assert plain.robust.answered is None
    verdict = compare(base, counts(after, no_answer=np.zeros(P, int))).verdict
    assert verdict.label == "depends_on_cuts"
    assert not verdict.settled
    assert verdict.robust.final == "expanded"
    assert verdict.robust.answered != "expanded"
    assert "as marked, it is expanded" in verdict.reasons[-1]
    assert "among samples with an answer" in verdict.reasons[-1]


@pytest.mark.parametrize("reading", ["c_asked", "c_any"])
def test_an_answer_read_in_one_form_only_is_no_gain(reading):
    """The trained policy boxes its answers on a quarter of the problems, the base does not."""
    rng = np.random.default_rng(1)
    before, after = same_ability(rng)
    misread = rng.random(P) < 0.25
    final = np.where(misread, 0, before)
    base = counts(final, **{reading: before})
    trained = counts(after, **{reading: after})
    verdict = compare(base, trained).verdict
    assert verdict.label == "depends_on_marks"
    assert getattr(verdict.robust, reading.removeprefix("c_")) != verdict.robust.final
    other = {"c_asked": "any", "c_any": "asked"}[reading]
    assert getattr(verdict.robust, other) is None


def test_a_verdict_that_holds_everywhere_says_so():
    rng = np.random.default_rng(2)
    p = np.clip(rng.beta(0.8, 1.2, 400), 0.02, 0.98)
    before, after = rng.binomial(N, p), rng.binomial(N, expit(logit(p) + 2))
    nothing = np.zeros(400, int)
    known = {"no_answer": nothing}
    arms = [counts(c, c_asked=c, c_any=c, **known) for c in (before, after)]
    verdict = compare(*arms).verdict
    assert verdict.label == "sharpened"
    assert set(vars(verdict.robust).values()) == {"sharpened"}


def test_a_stated_false_positive_rate_that_moves_the_label_is_told():
    """Nothing solved, but the trained policy's wrong answers pass in 3 of 100."""
    rng = np.random.default_rng(3)
    base, trained = counts(np.zeros(P, int)), counts(rng.binomial(N, 0.03, P))
    assert compare(base, trained, accept_luck=True).verdict.label not in (
        "unchanged",
        "depends_on_marks",
    )
    verdict = compare(base, trained, accept_luck=True, false_positive_rate=0.03).verdict
    assert verdict.label == "depends_on_marks"
    assert "false positives (0.03 of the wrong answers)" in verdict.reasons[-1]


def test_few_answered_draws_that_merely_show_less_change_nothing():
    """Half of both arms' wrong draws have no answer: what is left shows the same, less surely."""
    rng = np.random.default_rng(4)
    p = np.clip(rng.beta(0.8, 1.2, P), 0.05, 0.95)
    arms = []
    for chance in (p, expit(logit(p) + 1.5)):
        c = rng.binomial(N, chance)
        arms.append(counts(c, no_answer=rng.binomial(N - c, 0.1)))
    assert compare(*arms).verdict.label in ("sharpened", "up_at_small_k")


def test_the_gain_is_split_by_what_the_base_reaches():
    rng = np.random.default_rng(5)
    p = np.where(np.arange(P) < 60, 0.0, rng.beta(2, 3, P))
    after = np.where(np.arange(P) < 60, 0.5, expit(logit(np.maximum(p, 1e-9)) + 1))
    source = compare(counts(rng.binomial(N, p)), counts(rng.binomial(N, after))).gain_source
    truth = {"reached": np.mean((after - p)[60:]) * 240 / P, "not_reached": 0.5 * 60 / P}
    for name, value in truth.items():
        found = getattr(source, name)
        assert found.low < value < found.high
    share = truth["reached"] / sum(truth.values())
    assert source.share_reached.low < share < source.share_reached.high


def test_the_split_is_of_the_problems_that_the_interval_is_of():
    """Of these very problems only the draws are random: far less is open than of others like them.

    The values are the same.
    """
    rng = np.random.default_rng(5)
    p = rng.beta(1, 2, 30)
    arms = counts(rng.binomial(N, p)), counts(rng.binomial(N, expit(logit(p) + 1)))
    of_others = compare(*arms).gain_source.reached
    of_these = compare(*arms, interval="fixed").gain_source.reached
    assert of_these.value == pytest.approx(of_others.value)
    assert of_these.high - of_these.low < 0.5 * (of_others.high - of_others.low)


def test_luck_in_choosing_the_reached_problems_is_no_gain():
    """Equal rare abilities: problems with a hit in one half regress in the other; none gains."""
    rng = np.random.default_rng(6)
    for _ in range(5):
        p = np.full(P, 0.01)
        source = compare(counts(rng.binomial(N, p)), counts(rng.binomial(N, p))).gain_source
        assert source.reached.low < 0 < source.reached.high
        assert source.not_reached.low < 0 < source.not_reached.high
        assert np.isnan(source.share_reached.value)


def test_where_equivalence_is_out_of_reach_the_split_leads():
    rng = np.random.default_rng(7)
    p = np.clip(rng.beta(0.8, 1.2, 30), 0.02, 0.98)
    arms = counts(rng.binomial(N, p)), counts(rng.binomial(N, expit(logit(p) + 2)))
    verdict = compare(*arms).verdict
    assert verdict.reasons[0].startswith("of the change in pass@1, ")
    assert verdict.label in ("up_at_small_k", "sharpened")


@pytest.mark.slow
def test_seeds_are_tested_one_by_one_and_a_mixture_is_not_new():
    """Each seed sharpens other problems by a lot; pooled, no one tilt explains the draws."""
    rng = np.random.default_rng(8)
    p = np.clip(rng.beta(0.5, 1.2, P), 1e-3, 0.98)
    base = counts(rng.binomial(N, p))
    arms = []
    for _ in range(3):
        moved = rng.random(P) < 0.5
        arms.append(counts(rng.binomial(N, expit(logit(p) + np.where(moved, 3, 0)))))
    found = compare_seeds(base, arms)
    assert found.verdict.label in ("sharpened", "up_at_small_k")
    assert not found.new.shown
    new = np.where(np.arange(P) < 40, 0.0, p)
    learnt = np.where(np.arange(P) < 40, 0.4, expit(logit(p) + 1))
    taught = [counts(rng.binomial(N, learnt)) for _ in range(3)]
    start = counts(rng.binomial(N, new))
    assert compare_seeds(start, taught).verdict.label == "expanded"
    two = compare_seeds(start, taught[:2])
    assert not two.verdict.settled
    one_of_three = compare_seeds(start, [taught[0], counts(start.c), counts(start.c)])
    assert not one_of_three.new.shown
    assert one_of_three.new.p_value > 0.05


# ------------------------------------------------------------------------- two looks, one level


def ends_of(small: np.ndarray, large: np.ndarray):
    """Both ends for the differences d_i at either k, shape (P,)."""
    rule = Deciding(0.02, 2, 64, True, "population", 32.0)
    d = {2: small, 64: large}
    return both_ends(
        rule, lambda k, level: paired_interval(d[k], confidence_level=level), len(small)
    )


def test_a_rise_at_one_of_two_k_has_to_hold_at_half_the_level():
    """95%: 0.2 to 4.0 points. Alone it is one of two looks; beside a certain rise it is enough."""
    rng = np.random.default_rng(5)
    d = rng.normal(0, 0.2, 400)
    just = d - d.mean() + 0.021
    flat, sure = rng.uniform(-0.8, 0.8, 400), just + 0.1
    flat -= flat.mean()
    alone, beside = ends_of(just, flat), ends_of(just, sure)
    assert paired_interval(just).low > 0
    assert alone.small.stands == "unclear"
    assert alone.small.wide.low <= 0 <= alone.small.wide.high
    assert "97.5%, for one of two values of k): unclear" in alone.reasons()[0]
    assert beside.small.stands == beside.large.stands == "up"
    assert beside.small.wide.confidence_level == 0.95


@pytest.mark.slow
def test_two_null_ends_are_told_apart_in_five_of_a_hundred():
    rng = np.random.default_rng(0)
    moved = 0
    for _ in range(1500):
        ends = ends_of(*rng.uniform(-0.5, 0.5, (2, 300)))
        moved += "up" in (ends.small.stands, ends.large.stands)
        moved += "down" in (ends.small.stands, ends.large.stands)
    assert moved <= 0.065 * 1500  # 5%, and 2.5 standard deviations; without the halving 9%
