"""The light core: sampling, counts, probe and compare work without any extra.

CI also runs this file in an environment that has only ``pip install passgap``; there the last test
checks that what needs an extra says which.
"""

import importlib.util
import subprocess
import sys

import numpy as np
import pytest

import passgap

CODE = """
import sys
import numpy as np
import passgap
counts = passgap.Counts([str(i) for i in range(80)], np.full(80, 32), np.arange(80) % 33)
probe = passgap.probe(counts)
comparison = passgap.compare(counts, counts)
assert probe.to_dict()["schema"] == "passgap.probe/2"
assert comparison.to_dict()["schema"] == "passgap.compare/1"
assert passgap.pass_at_k(10, 3, 1) == 0.3
print(*sorted(sys.modules))
"""


def test_probe_and_compare_load_no_model_library():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert not {"torch", "transformers", "trl", "datasets"} & loaded
    assert "scipy.stats" not in loaded  # takes longer to import than all the rest


def test_a_run_of_known_p_goes_all_the_way(tmp_path):
    problems = passgap.ProblemSet.of(
        "light", [passgap.Problem(f"q{i}", str(i), "exact") for i in range(80)]
    )
    run = passgap.sample(
        passgap.Policy("known"),
        problems,
        n=32,
        out=tmp_path / "run",
        sampling=passgap.SamplingParams(max_tokens=8),
        engine="fake",
    )
    passgap.verify(run)
    counts = passgap.count(run)
    assert np.all(counts.n == 32)
    assert passgap.probe(counts).to_dict()["schema"] == "passgap.probe/2"


@pytest.mark.skipif(
    importlib.util.find_spec("torch") is not None, reason="torch is installed: the full install"
)
def test_a_missing_extra_names_its_pip_line(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    problems = passgap.ProblemSet.of("light", [passgap.Problem("q", "1", "exact")])
    with pytest.raises(passgap.PassgapError, match=r"pip install 'passgap\[lm\]'"):
        passgap.sample(
            passgap.Policy(str(tmp_path)),
            problems,
            n=2,
            out=tmp_path / "run",
            sampling=passgap.SamplingParams(max_tokens=8),
        )
