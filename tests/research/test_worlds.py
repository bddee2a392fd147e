"""Small versions of the lab's worlds read as their truth is; full size: research worlds."""

from contextlib import contextmanager

import pytest

pytest.importorskip("trl", reason="needs passgap[lm]")

import passgap
from passgap.data.policies import SamplingParams
from passgap.demo import run_demo
from passgap.errors import UsageError
from passgap.lab import lab_problems
from passgap.runs import Run
from passgap.stages import counting as counts
from passgap.stages import sampling, verifying
from passgap.stages.guessing import guess_rates
from passgap.stages.resolving import resolve_policy

SMALL = {"size": 150, "n": 128}


@contextmanager
def silent(_title):
    yield lambda *_: None


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("worlds")


@pytest.mark.slow
def test_rare_can_pay_and_grpo_finds_it_sooner(folder):
    demo = run_demo(folder, progress=silent, family="rare", steps=12, train_size=300, **SMALL)
    assert demo.probe.verdict.label == "rlvr_can_pay"
    assert demo.comparison.verdict.at_small_k == "up"
    assert demo.comparison.settings.trained_on is False
    page = demo.page.read_text(encoding="utf-8")
    assert "Headroom" in page
    assert len(page) < 5e6
    luck = guess_rates(Run(demo.base_run))
    assert luck.wrong > 5000
    assert luck.at(1024) < 0.01


@pytest.mark.slow
def test_mastered_is_saturated(folder):
    run = sampling.sample(
        resolve_policy("lab:base"),
        lab_problems("mastered", size=150),
        n=40,
        out=folder / "mastered",
        sampling=SamplingParams(max_tokens=32),
        engine_args={"batch_size": "512"},
    )
    verifying.verify(run)
    assert passgap.probe(counts.count(run)).verdict.label == "saturated"


@pytest.mark.soak
def test_absent_is_out_of_reach_and_grpo_brings_nothing(folder):
    demo = run_demo(folder, progress=silent, family="absent", steps=2, train_size=64, **SMALL)
    assert demo.probe.verdict.label == "out_of_reach"
    assert demo.comparison.verdict.label == "unchanged"


@pytest.mark.soak
def test_absent_distilled_from_the_teacher_is_expanded(folder):
    demo = run_demo(
        folder,
        progress=silent,
        family="absent",
        algorithm="distill",
        steps=90,
        train_size=400,
        **SMALL,
    )
    verdict = demo.comparison.verdict
    assert (verdict.at_small_k, verdict.at_large_k) == ("up", "up")
    assert verdict.label == "expanded"
    assert demo.comparison.new.excluded_odds > 32


@pytest.mark.parametrize("wrong", [{"family": "common"}, {"algorithm": "magic"}])
def test_wrong_names_are_told(wrong, tmp_path):
    with pytest.raises(UsageError, match="allowed: "):
        run_demo(tmp_path / "d", progress=silent, **wrong)
    assert not (tmp_path / "d").exists()
