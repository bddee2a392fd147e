"""Shared by the tests: where real data lies, and small problem sets."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
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


Points = Mapping[str, Mapping[str, str]]


@pytest.fixture
def install(tmp_path, monkeypatch) -> Iterator[Callable[..., Path]]:
    """Installs a distribution: modules by path, entry points by group; gone after the test."""
    before = set(sys.modules)

    def installed(files: Mapping[str, str], points: Points, name: str = "passgap-lab") -> Path:
        site = tmp_path / f"site-{name}"
        about = site / f"{name.replace('-', '_')}-1.0.dist-info"
        about.mkdir(parents=True)
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text(
            "\n".join(
                f"[{group}]\n" + "\n".join(f"{key} = {value}" for key, value in named.items())
                for group, named in points.items()
            )
        )
        for path, text in files.items():
            (site / path).parent.mkdir(parents=True, exist_ok=True)
            (site / path).write_text(text)
        monkeypatch.syspath_prepend(site)
        monkeypatch.setenv("PYTHONPATH", str(site), prepend=os.pathsep)
        return site

    yield installed
    for added in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[added], "__file__", "")):
            del sys.modules[added]
