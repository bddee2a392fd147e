"""The worlds with a known answer: rows say what is true, and a killed study goes on."""

from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("trl", reason="needs passgap[lm]")
pytest.importorskip("altair", reason="needs passgap[charts]")

import passgap
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.lab import lab_problems
from passgap.lab.world import base_of
from passgap.results.comparison import Crossover
from passgap.show.charts.figures import write_picture
from passgap.stages.resolving import resolve_policy
from research import known_worlds
from research.known_worlds import (
    WORLDS,
    Seed,
    holds,
    section,
    study_world,
    trained,
    write_known_worlds,
)
from research.pages import write_sections
from research.truth import Truth, true_p
from research.worlds_chart import crossing_chart

N = 128


@contextmanager
def silent(_title):
    yield lambda *_: None


def drawn(base, after):
    """A seed whose counts were drawn from known probabilities."""
    rng = np.random.default_rng(1)
    ids = [f"p{i}" for i in range(len(base))]
    arms = [Counts(ids, np.full(len(p), N), rng.binomial(N, p)) for p in (base, after)]
    c = int(arms[1].c.sum())
    truth = Truth(base, after)
    return Seed(3, passgap.compare(*arms), truth, truth, c, float(N * after.sum()))


@pytest.fixture(scope="module")
def narrowed():
    base = np.full(60, 0.2)
    return drawn(base, np.array([0.9] * 45 + [1e-6] * 15))


def test_a_row_says_what_was_read_and_what_is_true(narrowed):
    assert narrowed.reads_true
    assert narrowed.crossover(narrowed.truth) == 7  # .75 (1 - .1^k) < 1 - .8^k from 7 on
    assert narrowed.holds_crossover(narrowed.truth)
    problems = lab_problems("ambiguous", size=60)
    text = section(WORLDS["narrowing"], problems, [narrowed], "worlds/ambiguous.svg", "a command")
    assert text.startswith("## A world that narrows\n")
    assert 'passgap train lab:base "lab:ambiguous?split=train&size=2000"' in text
    assert "| read as `sharpened_narrowed` | 1 of 1 |" in text.replace("\\", "")
    row = next(line for line in text.splitlines() if line.startswith("| 3 |"))
    assert row.count("sharpened\\_narrowed") == 2
    assert f"{narrowed.found:,} ({narrowed.expected:,.0f})" in row


def test_a_label_that_is_not_true_is_counted_so(narrowed):
    same = Truth(narrowed.truth.base, narrowed.truth.base)
    wrong = replace(narrowed, truth=same, family=same)
    assert not wrong.reads_true
    assert not wrong.holds_crossover(same)
    problems = lab_problems("ambiguous", size=60)
    text = section(WORLDS["narrowing"], problems, [wrong, narrowed], "x.svg", "c")
    assert "| the label read is the true one | 1 of 2 |" in text
    assert "| the crossover's interval holds the true one | 1 of 2 |" in text


@pytest.mark.parametrize(
    ("interval", "true", "held"),
    [
        (Crossover(9, 5, 12), 5, True),
        (Crossover(9, 5, 12), 13, False),
        (Crossover(9, 5, 12), 4, False),
        (Crossover(9, 5, None), 500, True),
        (Crossover(9, 5, None), None, False),
        (None, None, True),
        (None, 7, False),
    ],
)
def test_whether_an_interval_holds_the_true_crossover(interval, true, held):
    assert holds(interval, true) is held


def test_the_picture_has_the_band_and_the_truth(narrowed, tmp_path):
    path = write_picture(crossing_chart(narrowed.read, narrowed.truth), tmp_path / "c.svg")
    drawing = path.read_text()
    assert "the truth is dashed" in drawing
    assert 'stroke-dasharray="5,4"' in drawing
    assert "mark-area" in drawing


def test_sections_are_replaced_and_the_rest_stays(tmp_path):
    page = tmp_path / "page.md"
    write_sections(["# Page\n\nabout\n", "## One\n\n1\n"], page)
    write_sections(["## Two\n\n2"], page)
    write_sections(["## One\n\nanew\n"], page)
    assert page.read_text() == "# Page\n\nabout\n\n## One\n\nanew\n\n## Two\n\n2\n"


def test_a_world_that_is_not_known_is_told(tmp_path):
    with pytest.raises(UsageError, match="world 'flat'; allowed: narrowing, teaching"):
        write_known_worlds(
            tmp_path, tmp_path / "p.md", worlds=["flat"], seeds=1, size=4, n=8, progress=silent,
            command="",
        )  # fmt: skip


@pytest.mark.slow
def test_a_killed_study_goes_on_and_finds_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(known_worlds, "RECIPE", replace(known_worlds.RECIPE, steps=2))
    asked = {"seeds": 2, "size": 10, "n": 40, "progress": silent, "command": "c"}
    page = tmp_path / "page.md"
    calls, measured = [], known_worlds.measured

    def killed_at_the_third(*arguments):
        calls.append(arguments)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return measured(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(known_worlds, "measured", killed_at_the_third)
        with pytest.raises(KeyboardInterrupt):
            study_world("teaching", tmp_path / "a", page, **asked)
    weights = tmp_path / "a" / "far" / "seed0" / "policy" / "model.safetensors"
    before = weights.stat().st_mtime_ns
    resumed = study_world("teaching", tmp_path / "a", page, **asked)
    assert weights.stat().st_mtime_ns == before
    assert resumed == study_world("teaching", tmp_path / "b", page, **asked)


@pytest.mark.slow
@pytest.mark.parametrize("name", WORLDS)
def test_the_recipe_does_in_truth_what_the_world_is_for(name, tmp_path):
    world = WORLDS[name]
    problems = lab_problems(world.family, size=100, seed=5)
    base = resolve_policy(f"lab:{base_of(world.family)}")
    policy = trained(world, tmp_path / "p", 77, silent)
    truth = Truth(true_p(base, problems), true_p(policy, problems))
    assert truth.label(64) == world.label
    assert (truth.crossover(64) is not None) == (name == "narrowing")
