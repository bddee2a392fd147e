import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from passgap.reporting import PageData, write_page
from passgap.reporting.page import _sha256, json_for_html, render
from passgap.reporting.sections import TEXT_CAP
from passgap.reporting.words import COMPARE, PROBE, comparison_sentence, probe_sentence

HOSTILE = [
    "<script>window.hacked = 1</script>",
    "</script><script>window.hacked = 1</script>",
    '<img src=x onerror="window.hacked = 1">',
    '<a href="javascript:window.hacked=1">click</a>',
    "<svg/onload=window.hacked=1>",
    "</pre></details><h1>owned</h1>",
    '" onmouseover="window.hacked=1',
    "{{ 7 * 7 }}{% raw %}",
    "<!--<script>",
    "\x1b[2J\x1b]0;owned\x07",
    "user\u202etxt.exe\u2066 zero\u200bwidth",
    "lone surrogate \ud800, null \x00, return \r over",
    "<style>body{display:none}</style><meta http-equiv=refresh content='0;url=//evil'>",
]
PLACES = ("text", "question", "reference", "extracted", "reason", "status")


class Elements(HTMLParser):
    """Every element with its attributes, and the text of each script."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def elements(html: str) -> list[tuple[str, dict[str, str | None]]]:
    return Elements(html).found


def hostile(data: PageData, text: str) -> PageData:
    rows = [{**row, **dict.fromkeys(PLACES, text), "role": text} for row in data.completions[:1]]
    verdict = {**data.comparison["verdict"], "reasons": [text], "needs": text}
    run = {"policy": {"path": text}, "problem_set": {"name": text}, text: text}
    return replace(
        data,
        title=text,
        probe=None,
        training=(),
        held_out=(),
        comparison={**data.comparison, "verdict": verdict, "delta": []},
        completions=rows,
        problems=[],
        notes=[text],
        command=text,
        runs={"base": run},
    )


def test_one_file_holds_every_part(data, tmp_path):
    out = write_page(data, tmp_path / "new" / "report.html")
    html = out.read_text(encoding="utf-8")
    assert out.stat().st_size < 5e6
    assert [p.name for p in out.parent.iterdir()] == ["report.html"]
    for heading in (
        "only the form of an answer",
        "tilt δ",
        "would lose 2.1",
        "Which problems changed",
        "During training",
        "Before training",
        "completions",
    ):
        assert heading in html
    charts = {
        attributes["data-chart"] for _, attributes in elements(html) if "data-chart" in attributes
    }
    specs = json.loads(re.search(r'id="charts">(.*?)</script>', html, re.S)[1])
    assert (
        charts == set(specs) >= {"curves", "delta", "histogram", "held_out", "reward", "forecast"}
    )


def test_a_probe_alone_makes_a_page(data):
    html = render(PageData(title="probe", probe=data.probe, runs={"base": data.runs["base"]}))
    assert "rlvr_can_pay" in html
    assert "trained solves it" not in html


def test_a_comparison_alone_makes_a_page(data):
    html = render(PageData(title="compare", comparison=data.comparison))
    assert "sharpened_narrowed" in html
    assert "Before training" not in html


@pytest.fixture(scope="session")
def shape_of_harmless():
    shapes = {}

    def shape(data):
        return shapes.setdefault("it", shape_of(render(hostile(data, "harmless"))))

    return shape


def shape_of(html: str) -> list[tuple[str, list[str]]]:
    return [(tag, sorted(attributes)) for tag, attributes in elements(html)]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_and_does_nothing(data, text, shape_of_harmless):
    html = render(hostile(data, text))
    body = html.split("<script", 1)[0]
    assert shape_of(html) == shape_of_harmless(data)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069]", body)
    body.encode("utf-8")


def test_chart_data_cannot_close_its_element():
    text = json_for_html({"x": "</script><!-- & \u2028"})
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == {"x": "</script><!-- & \u2028"}


def test_nothing_is_loaded(data):
    loading = {"src", "srcset", "data", "poster", "action", "background", "xlink:href"}
    html = render(data)
    for tag, attributes in elements(html):
        assert tag not in {"link", "iframe", "object", "embed", "base", "img", "form"}
        assert not loading & set(attributes), (tag, attributes)
        if "href" in attributes:
            assert tag == "a"
            assert attributes["href"].startswith("https://arxiv.org/")
    style = re.search(r"<style>(.*?)</style>", html, re.S)[1]
    assert "url(" not in style
    assert "@import" not in style


def test_the_policy_names_the_only_script_and_style(data):
    html = render(data)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)[1].replace("&#39;", "'")
    script = re.search(r"<script>(.*?)</script>", html, re.S)[1]
    style = re.search(r"<style>(.*?)</style>", html, re.S)[1]
    assert f"script-src '{_sha256(script)}';" in policy
    assert f"style-src '{_sha256(style)}';" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "<!--" not in script
    assert " style=" not in html.split("<script", 1)[0]


def test_long_completions_are_cut_and_counted(data):
    rows = [
        {**data.completions[0], "problem_id": str(i), "text": "é" * 9_000} for i in range(1_000)
    ]
    html = render(replace(data, completions=rows))
    assert "5,000 more characters" in html
    assert "é" * (TEXT_CAP + 1) not in html
    assert "625 more were left out" in html
    assert len(html.encode()) < 5e6


def test_what_could_not_be_computed_does_not_break_the_page(probe, comparison):
    nothing = {"value": None, "low": None, "high": None}
    bare = {**probe, "headroom": None, "signal": None, "forecast": None, "curve": []}
    poor = {name: {"curve": [{"k": 1, **nothing}]} for name in ("base", "trained")}
    poor |= {"delta": [{"k": 1, **nothing}], "crossover": None, "coverage": None}
    poor["settings"] = {"k_small": 2, "k_large": None}
    verdict = {"label": "inconclusive", "reasons": [], "needs": "n = 128"}
    html = render(
        PageData(
            title="t",
            probe=bare,
            comparison={**comparison, **poor, "verdict": verdict},
            training=[{"step": 1, "reward": float("nan"), "mixed_share": None}],
            problems=[{"problem_id": "a", "base_n": 0, "base_c": 0, "trained_c": None}],
            completions=[{"problem_id": "a", "role": "base", "text": "x", "status": None}],
        )
    )
    assert "n = 128" in html
    assert "the difference is not known" in html
    assert "None" not in html.split("<script", 1)[0]


LABELS = [label for label in COMPARE if not label.endswith(("_up", "_k"))]


@pytest.mark.parametrize("label", LABELS)
def test_every_comparison_label_has_its_sentence(comparison, label):
    comparison["verdict"]["label"] = label
    sentence = comparison_sentence(comparison)
    assert "2 tries" in sentence
    assert "128" in sentence
    assert "–" not in sentence


@pytest.mark.parametrize(
    ("small", "large", "said"),
    [
        ("unclear", "down", "Within 128 tries the trained policy is worse"),
        ("up", "unclear", "Within 2 tries the trained policy is better"),
        ("unclear", "unclear", "do not decide it yet"),
        ("up", "up", "do not decide it yet"),
    ],
)
def test_what_is_decided_in_part_is_said(comparison, small, large, said):
    comparison["verdict"] |= {"label": "inconclusive", "at_small_k": small, "at_large_k": large}
    assert said in comparison_sentence(comparison)


def test_sharpened_says_when_the_base_is_not_exhausted(comparison):
    comparison["verdict"] |= {"label": "sharpened", "at_large_k": "up"}
    assert "no more than sharpening alone" in comparison_sentence(comparison)


@pytest.mark.parametrize("label", PROBE)
def test_every_probe_label_has_its_sentence(probe, label):
    probe["verdict"]["label"] = label
    assert "–" not in probe_sentence(probe)
