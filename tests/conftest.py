"""Shared by the tests: where real data lies, and small problem sets."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from passgap.data.problems import Problem, ProblemSet

settings.register_profile("passgap", deadline=None)  # a busy machine fails no test
settings.load_profile("passgap")

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    folder = Path(os.environ.get("PASSGAP_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; set PASSGAP_DATA to a folder that has it")
    return folder


@pytest.fixture
def twenty() -> ProblemSet:
    return ProblemSet.of(
        "twenty", [Problem(f"What is {i} + {i}?", str(2 * i), "numeric") for i in range(20)]
    )
