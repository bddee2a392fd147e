"""q-values against scipy's, and by the definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from passgap.stats import false_discovery_rates

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=40)


@given(P_VALUES)
def test_they_are_scipys(p):
    np.testing.assert_allclose(
        false_discovery_rates(p), stats.false_discovery_control(p), rtol=1e-12, atol=0
    )


@given(P_VALUES, st.floats(0.01, 0.99))
def test_the_step_up_procedure_rejects_what_they_allow(p, level):
    ordered = sorted(p)
    passing = [i for i, one in enumerate(ordered, 1) if one <= level * i / len(p)]
    most = ordered[passing[-1] - 1] if passing else -1.0
    q = false_discovery_rates(p)
    near = np.isclose(q, level, rtol=1e-9)
    assert ((q <= level) | near).tolist() == ((np.asarray(p) <= most) | near).tolist()


def test_an_example():
    assert false_discovery_rates([0.01, 0.02, 0.03]) == pytest.approx([0.03] * 3)
