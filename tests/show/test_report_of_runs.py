"""`passgap report` on runs of the fake engine, whose truth is known."""

import json
import re

import pytest
from typer.testing import CliRunner

import passgap
from passgap.cli import app
from passgap.evidence.auditing import cases, keep_marks
from passgap.show.page.gathering import page_data
from passgap.show.page.rows import spread

pytestmark = pytest.mark.slow

P, N = 64, 128


def drawn(folder, name, delta, seed):
    problems = passgap.ProblemSet.of(
        "sums", [passgap.Problem(f"{i} + {i} =", str(2 * i), "exact") for i in range(P)]
    )
    run = passgap.sample(
        passgap.Policy(f"policies/{name}"),
        problems,
        n=N,
        out=folder / name,
        sampling=passgap.SamplingParams(max_tokens=8),
        engine="fake",
        engine_args={"alpha": 0.4, "beta": 2.0, "delta": delta},
        seed=seed,
        command=f"passgap sample {name}",
    )
    passgap.verify(run)
    return run


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    found = {"base": drawn(folder, "base", 0.0, 0)}
    return found | {f"step{s}": drawn(folder, f"step{s}", s / 20, s) for s in (20, 40)}


@pytest.fixture(scope="module")
def pair(runs):
    return page_data(runs["base"].path, runs["step40"].path, title=None, command="passgap report")


def test_each_problem_brings_its_first_right_and_its_first_wrong_completion(runs, pair):
    counts = passgap.count(runs["base"])
    mine = [row for row in pair.completions if row.role == "base"]
    for problem_id, c, n in zip(counts.problem_id, counts.c, counts.n, strict=True):
        right = [r.status == "correct" for r in mine if r.problem_id == problem_id]
        assert right.count(True) == (c > 0)
        assert right.count(False) == (c < n)
    first = next(row for row in mine if row.status == "correct")
    outcomes = runs["base"].scan_outcomes(counts.provenance["verifier"]).collect()
    same = outcomes.filter(problem_id=first.problem_id, status="correct")
    assert first.draw == same["draw"].min()


def test_problems_that_changed_are_embedded_first(pair):
    changed = {row.problem_id for row in pair.problems if (row.base.c > 0) != (row.trained.c > 0)}
    order = list(dict.fromkeys(row.problem_id for row in pair.completions))
    assert changed
    assert set(order[: len(changed)]) == changed


def test_the_fitted_tilt_meets_the_trained_curve_that_one_tilt_made(pair):
    trained, fitted = pair.comparison.trained, pair.fitted.curve
    for k in map(int, fitted.k):
        before, after = fitted.at(k), trained.at(k)
        assert before.low <= after.high, k
        assert before.high >= after.low, k
        assert abs(before.value - after.value) < 0.1, k
    assert trained.at(1).value > pair.comparison.base.at(1).value + 0.1, "the tilt is no small one"


def test_shares_have_exact_intervals(pair):
    for row in pair.problems:
        assert row.base.low <= row.base.c / row.base.n <= row.base.high
    never = next(row for row in pair.problems if row.base.c == 0)
    assert never.base.high == pytest.approx(1 - 0.025 ** (1 / N))


@pytest.mark.parametrize("length", [0, 1, 2, 3, 17, 64])
def test_even_steps_name_every_place_once(length):
    assert sorted(spread(length)) == list(range(length))


def test_marks_of_an_audited_run_reach_the_page(tmp_path):
    run = drawn(tmp_path, "audited", 0.0, 3)
    found = cases(run, size=12)
    marks = {(c.problem_id, c.draw): "wrong" if i < 2 else "right" for i, c in enumerate(found)}
    keep_marks(run, marks)
    page = passgap.report(run.path, out=tmp_path / "page.html").read_text(encoding="utf-8")
    assert "Base: 12 completions that the verifier calls correct were marked" in page
    assert 'data-chart="audit_base"' in page


def page_of(tmp_path, *arguments):
    out = tmp_path / "page.html"
    found = CliRunner().invoke(app, ["report", *map(str, arguments), "--out", str(out)])
    assert found.exit_code == 0, found.output
    text = out.read_text(encoding="utf-8")
    return text, json.loads(re.search(r'id="charts">(.*?)</script>', text, re.S)[1])


def test_several_checkpoints_make_the_page_of_a_sweep(runs, tmp_path):
    paths = [runs[name].path for name in ("base", "step20", "step40")]
    text, charts = page_of(tmp_path, *paths, "--step", "20", "--step", "40")
    assert "Checkpoint by checkpoint" in text
    assert "Keep step 40" in text
    assert {"sweep", "frontier", "curves"} <= set(charts)


def test_several_seeds_make_the_page_of_a_recipe(runs, tmp_path):
    paths = [runs[name].path for name in ("base", "step20", "step40")]
    text, charts = page_of(tmp_path, "--seeds", *paths)
    assert "Across 2 training seeds" in text
    assert set(re.findall(r">(step[24]0)</td>", text)) == {"step20", "step40"}
    assert all(f">{name}<" in text for name in ("rank", "verdict", "doubt"))
    assert {"curves", "delta"} <= set(charts)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--seeds", "a", "b"], "--seeds with 1 trained policy; needed: a base and 2 or more"),
        (["a", "b", "--step", "3"], "--step is only for the checkpoints of a sweep"),
    ],
)
def test_what_makes_no_page_is_refused_before_anything_is_read(arguments, said):
    found = CliRunner().invoke(app, ["report", *arguments])
    assert said in str(found.exception)
