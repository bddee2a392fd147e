"""Results in a notebook: IPython's own formatter asks them, static HTML and altair come back."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from types import SimpleNamespace

import altair as alt
import fabricated
import numpy as np
import pytest
from hostile_texts import HOSTILE, STEERS

import passgap
from passgap.analysis.audit import audit
from passgap.analysis.watch.groups import Groups
from passgap.analysis.watch.watching import watching
from passgap.errors import UsageError
from passgap.evidence.doors import compare_seeds, compare_sweep
from passgap.results.labels import ProbeLabel, ReachLabel
from passgap.results.reach import ReachRow
from passgap.results.verdict import Verdict

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
NAMES += ["audit", "counts", "curve", "estimate", "verdict"]
CHARTLESS = {"estimate", "verdict"}


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


def test_what_has_no_chart_says_so(results):
    with pytest.raises(UsageError, match="Estimate has no chart here; print it"):
        results.estimate.chart()


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
