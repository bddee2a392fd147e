"""Counts of any size: what is computed for large n agrees with what is added up for small n."""

import time

import numpy as np
import pytest

from passgap import Counts, compare, probe
from passgap.stats import fisher_exact, fit_tilt, pass_at_k, passk


def test_stirling_agrees_with_the_product(monkeypatch):
    rng = np.random.default_rng(0)
    n = rng.integers(1_000, 60_000, 100)
    c = (n * rng.random(100) ** 4).astype(int)
    k = [1, 2, 7, 100, 999, 20_000, 60_000]
    exact = pass_at_k(n, c, k)
    for name, value in (("LONGEST", 0), ("FACTORS", 40)):
        monkeypatch.setattr(passk, name, value)
    np.testing.assert_allclose(pass_at_k(n, c, k), exact, rtol=1e-10, atol=0)


@pytest.mark.parametrize("n", [10**7, 10**9, 10**12])
def test_pass_at_k_of_few_hits_at_large_n(n):
    found = pass_at_k([n, n, n], [1, 0, n], [1, n // 2, n - 1, n])
    assert found[0] == pytest.approx([1 / n, 0.5, 1 - 1 / n, 1], rel=1e-9)
    assert not found[1].any()
    assert (found[2] == 1).all()


def test_fisher_of_many_splits_agrees_with_the_sum(monkeypatch):
    arms = (
        [60_000] * 4,
        [5_000, 30_000, 29_000, 31_000],
        [50_000] * 4,
        [4_300, 25_100, 25_100, 24_000],
    )
    exact = fisher_exact(*arms)
    monkeypatch.setattr(passk, "LONGEST", 3_000)
    np.testing.assert_allclose(fisher_exact(*arms), exact, rtol=0.05)  # 0.3% with the real LONGEST


def test_a_tilt_is_fitted_at_any_n():
    p = np.linspace(0.05, 0.9, 40)
    odds = p / (1 - p) * np.e
    for n in (10**7, 10**9):
        c, moved = (n * p).astype(int), (n * odds / (1 + odds)).astype(int)
        assert fit_tilt(n, c, n, moved).delta.value == pytest.approx(1, abs=0.1)


@pytest.mark.slow
def test_a_probe_takes_no_longer_for_a_larger_n():
    p = np.linspace(0.02, 0.9, 30)
    seconds = []
    for n in (10**5, 10**9):
        start = time.process_time()
        probe(Counts([f"q{i}" for i in range(30)], n=[n] * 30, c=(n * p).astype(int)))
        seconds.append(time.process_time() - start)
    assert seconds[1] < 4 * seconds[0] + 2


def test_a_comparison_at_large_n_ends():
    n, p = 10**9, np.array([0.1, 0.4, 0.6, 0.8, 0.3])
    base = Counts(list("abcde"), n=[n] * 5, c=(n * p).astype(int))
    after = Counts(list("abcde"), n=[n] * 5, c=(n * p**0.7).astype(int))
    found = compare(base, after)
    assert found.speedup[0].base_k > 1
    assert found.coverage.certain.better == 5
