"""Shared by the tests of analyses: comparisons without the costly part that decides nothing."""

import numpy as np
import pytest
from drawing import drawn, tilted

from passgap.analysis.compare import comparison


@pytest.fixture
def one_tilt(monkeypatch):
    """Every comparison reads the tilt of one pair: it says which change it was, not whether."""
    rng = np.random.default_rng(0)
    p = rng.beta(0.5, 3, 40)
    read = comparison.sharpening(drawn(p, 128, rng), drawn(tilted(p, 1.0), 128, rng), 64)
    monkeypatch.setattr(comparison, "sharpening", lambda *given: read)
