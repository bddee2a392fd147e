"""Problems that hang together count together: coverage, labels, and where clusters come from."""

import json

import numpy as np
import polars as pl
import pytest

import passgap
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.stages.fields import field_of
from passgap.stats import mean_curve, mean_interval, paired_interval, seeds_interval

TEMPLATES, VARIANTS = 40, 5
PLACE = np.repeat(np.arange(TEMPLATES), VARIANTS)


def draws(rng, n=64):
    """c of 40 templates with 5 variants each, before and after a change of mean 0."""
    p = rng.beta(1, 1, TEMPLATES)
    after = np.clip(p + rng.choice([-0.3, 0.3], TEMPLATES), 0.01, 0.99)
    return rng.binomial(n, p[PLACE]), rng.binomial(n, after[PLACE])


def test_intervals_over_clusters_cover_and_those_over_problems_do_not():
    held = {"clusters": 0, "problems": 0}
    for seed in range(200):
        c, _ = draws(np.random.default_rng(seed))
        for name, clusters in (("clusters", PLACE), ("problems", None)):
            found = mean_interval(c / 64, clusters=clusters)
            held[name] += found.low <= 0.5 <= found.high
    assert held["clusters"] >= 182  # P(181 or fewer) < .01 at 95 %
    assert held["problems"] < 150


def test_the_value_is_the_plain_mean_also_where_clusters_differ_in_size():
    rng = np.random.default_rng(0)
    x, clusters = rng.random(50), rng.integers(0, 7, 50)
    assert mean_interval(x, clusters=clusters).value == pytest.approx(x.mean())
    curve = mean_curve(x[:, None], [1], clusters=clusters)
    assert curve.at(1).value == pytest.approx(x.mean())
    d = 2 * x - 1
    assert paired_interval(d, clusters=clusters).value == pytest.approx(d.mean())
    rows = np.stack([d, d / 2])
    assert seeds_interval(rows, clusters=clusters).value == pytest.approx(rows.mean())


def test_clusters_of_one_change_nothing():
    x = np.random.default_rng(0).random(30)
    assert mean_interval(x, clusters=np.arange(30)) == mean_interval(x)


def test_clusters_of_another_length_are_refused():
    with pytest.raises(UsageError, match=r"clusters has shape \(3,\); needed: \(4,\)"):
        mean_interval([0, 1, 1, 0], clusters=np.arange(3))


def frames(rng):
    ids = [str(i) for i in range(len(PLACE))]
    before, after = draws(rng)
    base = {"problem_id": ids, "n": [64] * len(ids), "c": before, "template": PLACE}
    return pl.DataFrame(base), pl.DataFrame(base | {"c": after})


def test_a_column_names_the_clusters_for_every_way_to_a_verdict():
    base, trained = frames(np.random.default_rng(3))
    alone = passgap.compare(base, trained)
    together = passgap.compare(base, trained, cluster="template")
    k = alone.settings.k_large
    assert together.delta.at(k).value == pytest.approx(alone.delta.at(k).value)
    wide, narrow = (r.delta.at(k).high - r.delta.at(k).low for r in (together, alone))
    assert wide > 1.4 * narrow
    wider, plain = (width_of_headroom(double(base), cluster) for cluster in ("template", None))
    assert wider > 1.4 * plain
    named = base.rename({"template": "cluster"}), trained.rename({"template": "cluster"})
    assert passgap.compare(*named).to_dict() == together.to_dict()


def double(base):
    """The same counts once more, of 40 other templates."""
    again = base.with_columns(pl.col("problem_id") + "b", pl.col("template") + TEMPLATES)
    return pl.concat([base, again])


def width_of_headroom(base, cluster):
    probed = passgap.probe(base, cluster=cluster)
    assert probed.settings.interval == "population"
    return probed.headroom.estimate.high - probed.headroom.estimate.low


def test_few_clusters_leave_a_probe_to_these_very_problems():
    base, _ = frames(np.random.default_rng(3))
    assert passgap.probe(base).settings.interval == "population"  # 200 problems
    found = passgap.probe(base, cluster="template")
    assert found.settings.interval == "fixed"
    assert any(note.startswith("fewer than 72 clusters of problems") for note in found.notes)


def test_a_field_that_is_not_there_is_refused_with_those_that_are():
    base, trained = frames(np.random.default_rng(3))
    with pytest.raises(UsageError, match="'level' for no problem; its fields: problem"):
        passgap.compare(base, trained, cluster="level")
    counts = Counts(["a"], [2], [1])
    with pytest.raises(UsageError, match="its fields: cluster"):
        passgap.probe(counts, cluster="level")


def test_a_run_takes_them_from_its_problems(tmp_path):
    problems = passgap.ProblemSet.of(
        "templates",
        [
            passgap.Problem(f"q{i}", str(i), "exact", {"cluster": f"t{i // 4}", "level": i % 2})
            for i in range(24)
        ],
    )
    sampling = passgap.SamplingParams(max_tokens=8)
    run = passgap.sample(
        passgap.Policy("m"), problems, n=8, out=tmp_path / "r", sampling=sampling, engine="fake"
    )
    passgap.verify(run)
    counts = passgap.count(run)
    assert counts.independent == 6
    assert set(field_of(run, "level").values()) == {"0", "1"}
    with pytest.raises(UsageError, match="its fields: cluster, level"):
        field_of(run, "subject")
    passgap.stages.counting.write_counts(counts, tmp_path / "c.csv")
    assert passgap.read_counts(tmp_path / "c.csv").cluster == counts.cluster


def test_a_gym_set_of_templates_names_them():
    pytest.importorskip("reasoning_gym", reason="needs passgap[gym]")
    from passgap.problems import load_problems

    found = load_problems("gym:gsm_symbolic?size=30&seed=1")
    clusters = {problem.cluster for problem in found}
    assert 1 < len(clusters) <= 30
    assert None not in clusters
    plain = load_problems("gym:basic_arithmetic?size=3&seed=1")
    assert {problem.cluster for problem in plain} == {None}
    json.dumps([dict(problem.metadata) for problem in found])
