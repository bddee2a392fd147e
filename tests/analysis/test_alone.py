"""Sampling alone: votes against the exact chance, equal tokens, and the question that breaks even.

`Answers` are made from known answer distributions, so that the k a vote needs is known too.
"""

import itertools
import json
import time

import numpy as np
import pytest
from drawing import ids
from scipy import stats

import passgap
from passgap.analysis.alone.sampling_alone import NOT_AT_HAND, Arms, Training, alone, alone_against
from passgap.analysis.alone.voting import Answers, ladder, majority
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.results.codec import to_json
from passgap.results.sampling_alone import Reaches
from passgap.stats import maj_at_k


def answers(right, n, tokens=10.0, name="base", wrong=None, temperature=1.0):
    """Every wrong draw says the same, unless ``wrong`` says how they split."""
    right = np.asarray(right)
    split = wrong or tuple((int(n - r),) if n > r else () for r in right)
    size = len(right)
    return Answers(
        name, temperature, tuple(ids(size)), np.full(size, n), right, split, np.full(size, tokens)
    )


def test_votes_agree_with_the_exact_chance():
    cases = [(5, (4, 3, 1), 3), (2, (7,), 0), (9, (1,) * 7, 0), (3, (3, 3), 1), (0, (7,), 2)]
    ks = [1, 2, 3, 5, 8]
    for right, wrong, silent in cases:
        n = right + sum(wrong) + silent
        one = Answers("x", 1.0, ("p",), np.array([n]), np.array([right]), (wrong,), np.array([1.0]))
        found = majority(one, ks, seed=0, orders=20_000)[0]
        exact = maj_at_k(right, wrong, ks, silent=silent)
        assert found == pytest.approx(exact, abs=0.015)
        assert found[:2] == pytest.approx(exact[:2], abs=1e-12), "k <= 2 is exact"


def test_a_vote_of_all_draws_is_the_most_frequent_answer():
    one = answers([5, 5, 5, 0, 9], 9, wrong=((4,), (1, 3), (2, 2), (9,), ()))
    assert majority(one, [9], seed=3)[:, 0].tolist() == [1, 1, 1, 0, 1]
    tie = answers([3], 9, wrong=((3, 3),))
    assert majority(tie, [9], seed=0)[0, 0] == pytest.approx(1 / 3)


def test_three_hundred_problems_of_256_draws_are_voted_on_in_seconds():
    rng = np.random.default_rng(0)
    said = [rng.multinomial(256, rng.dirichlet(np.full(40, 0.2))) for _ in range(300)]
    wrong = tuple(tuple(int(c) for c in one[1:] if c) for one in said)
    many = answers([int(one[0]) for one in said], 256, wrong=wrong)
    start = time.process_time()
    assert majority(many, ladder(256), seed=0).shape == (300, len(ladder(256)))
    assert time.process_time() - start < 10


def test_the_ladder_is_fine_and_holds_every_power_of_two():
    ks = ladder(300)
    assert ks[:8] == list(range(1, 9))
    assert {2**i for i in range(9)} <= set(ks)
    assert all(later <= 1.25 * sooner for sooner, later in itertools.pairwise(ks[7:]))
    assert ladder(5) == [1, 2, 3, 4, 5]


def held_against(p_base, p_trained, n=128, size=150, tokens=(10.0, 10.0), training=None):
    rng = np.random.default_rng(0)
    base = answers(rng.binomial(n, p_base, size), n, tokens[0])
    trained = answers(rng.binomial(n, p_trained, size), n, tokens[1], "trained")
    return alone_against(Arms((base,), trained, training))


def test_the_k_at_which_a_vote_reaches_the_trained_policy():
    result = held_against(0.6, 0.9, training=Training(50_000, 20.0))
    arm = result.arms[0].against
    truth = next(k for k in range(1, 129, 2) if stats.binom.cdf(k // 2, k, 0.6) <= 0.1)
    reach = arm.reaches.majority
    assert reach.low <= truth <= reach.high * 1.2  # the ladder's steps are a fifth
    assert 0.7 * truth < reach.k < 1.4 * truth
    assert reach.tokens == pytest.approx(10 * reach.k)
    best = arm.reaches.best_of.k
    assert best == next(k for k in range(1, 20) if 1 - 0.4**k >= 0.9)
    even = arm.break_even
    assert even.majority.value == pytest.approx(1e6 / (10 * reach.k - 10))
    assert even.best_of.value == pytest.approx(1e6 / (10 * best - 10))
    assert even.majority.low < even.majority.value < even.majority.high


@pytest.mark.parametrize("size", [50, 149, 150, 333])
def test_one_draw_reaches_what_it_equals(size):
    """A vote's chance and pass@1 are computed in two ways that agree up to rounding."""
    rng = np.random.default_rng(size)
    base = answers(rng.binomial(128, 0.1, size), 128)
    trained = answers(base.right, 128, name="trained")
    reaches = alone_against(Arms((base,), trained, None)).arms[0].against.reaches
    assert (reaches.majority.k, reaches.best_of.k) == (1, 1)


def test_a_vote_for_a_wrong_answer_never_reaches_it():
    result = held_against(0.4, 0.9, training=Training(50_000, 20.0))
    arm = result.arms[0].against
    assert arm.reaches.majority == Reaches(k=None, low=None, high=None, n=128, tokens=None)
    assert arm.break_even.majority.value is None
    assert arm.break_even.best_of.value > 0
    json.dumps(to_json(result), allow_nan=False)


def test_at_equal_tokens_a_trained_policy_that_writes_more_meets_more_draws():
    result = held_against(0.6, 0.7, tokens=(10.0, 55.0))
    equal = result.arms[0].against.equal_tokens
    assert equal.k == 5
    vote = 1 - stats.binom.cdf(2, 5, 0.6)
    assert equal.majority.low < 0.7 - vote < equal.majority.high
    assert equal.best_of.value == pytest.approx(0.7 - (1 - 0.4**5), abs=0.02)
    shorter = held_against(0.6, 0.7, tokens=(10.0, 5.0)).arms[0].against
    assert shorter.equal_tokens.k == 1


def test_no_break_even_where_drawing_costs_no_more_than_the_trained_policy():
    result = held_against(0.6, 0.7, tokens=(10.0, 500.0), training=Training(1000, 20.0))
    even = result.arms[0].against.break_even.majority
    assert even.extra_tokens < 0
    assert even.value is None


def test_runs_are_paired_by_problem_id():
    rng = np.random.default_rng(1)
    base = answers(rng.binomial(32, 0.5, 40), 32)
    trained = answers(rng.binomial(32, 0.7, 40), 32, name="trained")
    turned = base.on(base.problem_id[::-1])
    one = to_json(alone_against(Arms((base,), trained)))
    other = to_json(alone_against(Arms((turned,), trained)))
    assert one == other
    with pytest.raises(UsageError, match="base lacks 20 of the 40 problems"):
        alone_against(Arms((base.on(base.problem_id[:20]),), trained))


def test_programs_are_not_voted_on_and_unknown_tokens_are_said():
    rng = np.random.default_rng(2)
    hits = rng.binomial(32, 0.5, 40)
    program = Answers(
        "code", None, tuple(ids(40)), np.full(40, 32), hits, None, np.full(40, np.nan)
    )
    result = alone([program])
    row = result.arms[0].rows[0]
    assert row.maj_at_k is None
    assert row.pass_at_k.value == pytest.approx(hits.mean() / 32)
    assert to_json(row)["tokens"]["value"] is None
    assert any("cannot be put to a vote" in note for note in result.notes)
    assert any("token counts of code" in note for note in result.notes)
    after = alone_against(Arms((program,), program)).arms[0].against
    assert after.reaches.majority is None
    assert after.equal_tokens is None


def test_probe_and_compare_show_it_or_say_why_not():
    rng = np.random.default_rng(3)
    hits = [rng.binomial(128, p, 80) for p in (0.3, 0.5)]
    base, trained = (Counts(ids(80), [128] * 80, c) for c in hits)
    without = passgap.probe(base).to_dict()
    assert without["sampling_alone"] is None
    assert NOT_AT_HAND in without["notes"]
    said = [answers(c, 128, name=name) for c, name in zip(hits, ("base", "trained"), strict=True)]
    cold = answers(hits[0], 128, name="cold", temperature=0.5)
    shown = passgap.probe(base, answers=[said[0], cold]).to_dict()
    assert [arm["temperature"] for arm in shown["sampling_alone"]["arms"]] == [1.0, 0.5]
    assert NOT_AT_HAND not in shown["notes"]
    half = passgap.compare(
        base.take(range(40)), trained, intersect=True, answers=Arms((said[0],), said[1])
    ).to_dict()
    row = half["sampling_alone"]["arms"][0]["rows"][0]
    assert row["pass_at_k"]["value"] == pytest.approx(hits[0][:40].mean() / 128)
