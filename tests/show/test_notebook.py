"""Results in a notebook: IPython's own formatter asks them, static HTML and altair come back."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from types import SimpleNamespace

import altair as alt
import fabricated
import numpy as np
import polars as pl
import pytest
from hostile_texts import HOSTILE, STEERS

import passgap
from passgap.analysis.audit import audit
from passgap.analysis.backtest import backtest, pair_of_counts
from passgap.analysis.watch.groups import Groups
from passgap.analysis.watch.watching import watching
from passgap.errors import UsageError
from passgap.evidence.doors import compare_seeds, compare_sweep
from passgap.results.findings import Checks, Finding
from passgap.results.labels import ProbeLabel, ReachLabel
from passgap.results.reach import ReachRow
from passgap.results.verdict import Verdict

pytestmark = pytest.mark.slow

formatters = pytest.importorskip("IPython.core.formatters")
N, P = 128, 60


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found, self.text = [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, sorted(name for name, _ in attrs)))

    def handle_data(self, data):
        self.text += data


def counts(p, policy="base", seed=0):
    ids = [f"p{i}" for i in range(P)]
    c = np.random.default_rng(seed).binomial(N, p)
    return passgap.Counts(ids, np.full(P, N), c, provenance={"policy": policy})


@pytest.fixture(scope="module")
def results():
    p = np.linspace(0, 1, P) ** 4
    base, trained = counts(p), counts(p**0.5, "a", 1)
    again = counts(p**0.5, "b", 2)
    groups = Groups.of(
        {
            "step": np.arange(40) // 4,
            "problem_id": np.array([f"p{i % 20}" for i in range(40)]),
            **{name: np.full(40, 8) for name in ("completions", "n", "rewards")},
            **{name: np.arange(40) % 9 for name in ("c", "reward_sum")},
            **{name: np.full(40, 80.0) for name in ("tokens", "token_sum")},
            "endings": np.full(40, 8),
            "cut": np.zeros(40, int),
        }
    )
    probed = passgap.probe(base)
    pairs = [
        pair_of_counts("x", f"m{i % 4}", counts(p ** (1 + i / 5)), counts(p**0.5)) for i in range(6)
    ]
    sliced = [one.clustered([f"kind {i % 3}" for i in range(P)]) for one in (base, trained)]
    adaptive = passgap.adaptive_probe(
        lambda more: np.random.default_rng(int(more.sum())).binomial(more, p), base.problem_id
    )
    return SimpleNamespace(
        probe=probed,
        comparison=passgap.compare(base, trained),
        seeds=compare_seeds(base, [trained, again]),
        sweep=compare_sweep(base, [(10, trained), (20, again)]),
        adaptive=adaptive,
        plan=passgap.plan(base, half_width=0.03),
        plan_of_seeds=passgap.plan(base, goal="difference", delta=3.0, k_large=4, seed_spread=0.01),
        watching=watching(groups, base=base),
        reach=fabricated.reach(),
        audit=audit(base, {"p40": "right", "p41": "wrong"}),
        counts=base,
        curve=probed.curve,
        estimate=probed.headroom.estimate,
        verdict=probed.verdict,
        slices=passgap.compare_by(*sliced, "cluster"),
        unpaired=passgap.compare(base, trained, unpaired=True),
        selection=passgap.select(base),
        backtest=backtest(pairs),
        checks=Checks(("runs/a",), 12, (Finding("clones", "error", "2 samples", "look"),)),
    )


NAMES = [
    "probe",
    "comparison",
    "seeds",
    "sweep",
    "adaptive",
    "plan",
    "plan_of_seeds",
    "watching",
    "reach",
]
NAMES += ["audit", "counts", "curve", "estimate", "verdict", "slices", "unpaired", "selection"]
NAMES += ["backtest", "checks"]
CHARTLESS = {"verdict", "checks"}
TABLELESS = {"verdict", "checks", "counts"}


@pytest.mark.parametrize("name", NAMES)
def test_ipython_shows_a_table_and_a_picture_without_script(results, name):
    shown, _ = formatters.DisplayFormatter().format(getattr(results, name))
    tags = Tags(shown["text/html"])
    names = {tag for tag, _ in tags.found}
    assert not names & {"script", "style", "iframe", "link", "img", "form", "object"}
    assert not [a for _, attributes in tags.found for a in attributes if a.startswith("on")]
    assert ("svg" in names) == (name not in CHARTLESS)
    assert names & {"table", "p"}
    assert "text/plain" in shown


@pytest.mark.parametrize("name", [name for name in NAMES if name not in CHARTLESS])
def test_the_chart_is_an_altair_object_to_build_on(results, name):
    chart = getattr(results, name).chart()
    more = alt.layer(chart, alt.Chart().mark_rule(color="red").encode(y=alt.datum(0.5)))
    assert more.properties(width=300).to_dict()["width"] == 300
    assert passgap.chart(getattr(results, name)).to_dict() == chart.to_dict()


@pytest.mark.parametrize("name", sorted(CHARTLESS))
def test_what_has_no_chart_says_so(results, name):
    with pytest.raises(UsageError, match="has no chart: it contains no numbers to draw; print it"):
        getattr(results, name).plot()


@pytest.mark.parametrize("name", [name for name in NAMES if name not in CHARTLESS])
def test_a_plot_is_the_chart_at_a_size(results, name):
    plot = getattr(results, name).plot(width=300, height=200).to_dict()
    assert (plot["width"], plot["height"]) == (300, 200)


@pytest.mark.parametrize("name", NAMES)
def test_the_repr_is_one_line_that_says_what_it_is(results, name):
    shown = repr(getattr(results, name))
    assert re.fullmatch(rf"<{type(getattr(results, name)).__name__}: [^\n]{{4,120}}>", shown)


@pytest.mark.parametrize("name", NAMES)
def test_a_result_is_markdown_latex_and_a_frame(results, name):
    result = getattr(results, name)
    assert result.to_markdown().strip()
    assert ("tabular" in result.to_latex()) == (name not in TABLELESS)
    assert len(result.to_frame())


def test_the_frame_of_a_comparison_holds_its_curves(results):
    frame, comparison = results.comparison.to_frame(), results.comparison
    assert frame["k"].to_list() == comparison.base.k.tolist()
    for name in ("base", "trained", "delta"):
        curve = getattr(comparison, name)
        assert frame[name].to_list() == curve.value.tolist()
        assert frame[f"{name}_low"].to_list() == curve.low.tolist()


def test_the_frame_of_a_sweep_has_a_row_per_step_and_k(results):
    frame, ks = results.sweep.to_frame(), len(results.sweep.base.k)
    assert frame["step"].to_list() == [0] * ks + [10] * ks + [20] * ks
    assert frame["delta"][:ks].null_count() == ks
    at = results.sweep.checkpoints[1].at(2)
    row = frame.row(by_predicate=(pl.col("step") == 20) & (pl.col("k") == 2), named=True)
    assert (row["delta"], row["delta_band_high"]) == (at.value, at.band_high)


def test_the_frame_of_counts_is_a_counts_file(results, tmp_path):
    results.counts.to_frame().write_csv(tmp_path / "counts.csv")
    again = passgap.read_counts(tmp_path / "counts.csv")
    assert again.problem_id == results.counts.problem_id
    assert again.c.tolist() == results.counts.c.tolist()


def test_the_frame_of_a_selection_says_what_was_chosen(results):
    frame = results.selection.to_frame()
    assert len(frame) == P
    assert frame["chosen"].sum() == len(results.selection.chosen)


def test_numbers_of_the_table_are_the_numbers_of_the_result(results):
    text = Tags(results.comparison._repr_html_()).text
    value = results.comparison.trained.at(2).value
    assert f"{100 * value:.1f}%" in text
    assert results.comparison.verdict.label in text


def test_two_charts_of_one_notebook_share_no_id(results):
    shown = [result._repr_html_() for result in (results.probe, results.comparison)]
    ids = [set(re.findall(r'\bid="([^"]+)"', html)) for html in shown]
    assert not ids[0] & ids[1]
    for html, own in zip(shown, ids, strict=True):
        assert set(re.findall(r"url\(#([^)]+)\)", html)) <= own


def test_hostile_text_stays_text_in_a_notebook(results):
    harmless = None
    for text in ["harmless", *HOSTILE]:
        verdict = Verdict(ReachLabel.WITHIN_REACH, (text,), needs=text)
        row = ReachRow(text, 8, 8, 2, 0.1, 0.2, 3.0, "reachable")
        reach = replace(fabricated.reach(), verdict=verdict, rows=(row,), notes=(text,))
        for result in (reach, Verdict(ProbeLabel.UNDECIDED, (text,), needs=text)):
            tags = Tags(result._repr_html_())
            assert not {"script", "img", "iframe", "form", "a"} & {tag for tag, _ in tags.found}
            assert not [a for _, names in tags.found for a in names if a.startswith("on")]
            assert not re.search(STEERS, tags.text), text
        shape = Tags(Verdict(ProbeLabel.UNDECIDED, (text,), needs=text)._repr_html_()).found
        harmless = harmless or shape
        assert shape == harmless, text
