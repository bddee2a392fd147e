"""The temperature study over runs: resumable, checked first, its page and figure beside it."""

import json
from contextlib import nullcontext

import pytest

from passgap.data.policies import Policy, PromptSettings, SamplingParams
from passgap.data.problems import Problem, ProblemSet
from passgap.errors import UsageError
from passgap.runs import Run
from research.temperature import study_temperature, write_temperature


@pytest.fixture
def eighty():
    return ProblemSet.of("eighty", [Problem(f"q{i}", str(i), "exact") for i in range(80)])


def silent(title):
    return nullcontext(lambda *_: None)


def study(problems, out, *, trained="trained", prompt=None, **settings):
    chosen = {"temperatures": [1.0, 0.5], "n": 16, "engine": "fake"} | settings
    return study_temperature(
        Policy("base"),
        Policy(trained, prompt or PromptSettings()),
        problems,
        out=out,
        sampling=SamplingParams(max_tokens=8),
        bar=silent,
        command="python -m research temperature",
        **chosen,
    )


def test_every_arm_is_a_run_and_the_same_command_draws_nothing_twice(eighty, tmp_path):
    found = study(eighty, tmp_path / "s")
    names = {path.name for path in (tmp_path / "s").iterdir()}
    assert names == {"base-T1", "base-T0.5", "trained-T1", "trained-T0.5", "temperature.json"}
    cold = Run(tmp_path / "s" / "trained-T0.5")
    assert cold.manifest.sampling["temperature"] == 0.5
    assert cold.manifest.policy["path"] == "trained"
    assert found.temperatures == (0.5, 1.0)
    calls = len(cold.calls())
    again = study(eighty, tmp_path / "s")
    assert len(cold.calls()) == calls
    assert again.to_dict() == found.to_dict()
    written = json.loads((tmp_path / "s" / "temperature.json").read_text())
    assert written == found.to_dict()
    assert written["delta"][0]["value"] == 0, "the fake engine knows no temperature"


def test_the_page_stands_beside_its_figure(eighty, tmp_path):
    found = study(eighty, tmp_path / "s")
    page, figure = write_temperature(
        found, tmp_path / "docs" / "temperature.md", out=tmp_path / "s", command="the command"
    )
    assert figure.read_bytes().startswith(b"\x89PNG")
    text = page.read_text()
    for part in (
        "(temperature/envelope.png)",
        "Made by:\n\n    the command",
        "eighty",
        "n = 16",
        "| 0.5 |",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"temperatures": [1.0]}, "two or more"),
        ({"temperatures": [1.0, 1.0]}, "distinct"),
        ({"temperatures": [1.0, 0.0]}, "> 0"),
        ({"ks": [32]}, "1 to n, 16"),
        ({"prompt": PromptSettings(system="Think.")}, "different prompts"),
        ({"n": 0}, "n >= 1"),
    ],
)
def test_what_cannot_be_studied_is_told_before_anything_is_drawn(eighty, tmp_path, settings, said):
    with pytest.raises(UsageError, match=said):
        study(eighty, tmp_path / "s", **settings)
    assert not (tmp_path / "s").exists()
