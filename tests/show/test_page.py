import base64
import hashlib
import json
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import fabricated
import numpy as np
import pytest

from passgap.analysis.audit import audit
from passgap.data.counts import Counts
from passgap.data.journals import TrainingRow
from passgap.results.estimates import Curve, Estimate
from passgap.results.findings import Checks, Finding
from passgap.results.labels import CompareLabel, ProbeLabel
from passgap.results.probe import Gap
from passgap.results.verdict import Bound, Bounds, Verdict
from passgap.show.contents import comparison as after
from passgap.show.contents import probe as before
from passgap.show.contents.methods import METHODS, PAPERS, methods
from passgap.show.contents.problems import PAGE_CAP, ROWS_CAP, TEXT_CAP
from passgap.show.contents.report import page
from passgap.show.data import Arm, CompletionRow, PageData, ProblemRow, Stored
from passgap.show.page.page import json_for_html, render, write_page


def rendered(data: PageData) -> str:
    return render(page(data))


def sha256(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


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


def test_one_file_holds_every_part(data, tmp_path):
    out = write_page(page(data), tmp_path / "new" / "report.html")
    html = out.read_text(encoding="utf-8")
    assert out.stat().st_size < 5e6
    assert [p.name for p in out.parent.iterdir()] == ["report.html"]
    for heading in (
        "only the form of an answer",
        "tilt δ",
        "2.1 lost, 1.7 gained",
        "Which problems changed",
        "During training",
        "Before training",
        "completions",
        "The exact commands",
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
    html = rendered(PageData(title="probe", probe=data.probe, runs={"base": data.runs["base"]}))
    assert "rlvr_can_pay" in html
    assert "trained solves it" not in html


def test_a_comparison_alone_makes_a_page(data):
    html = rendered(PageData(title="compare", comparison=data.comparison))
    assert "sharpened_narrowed" in html
    assert "Before training" not in html


def test_chart_data_cannot_close_its_element():
    text = json_for_html({"x": "</script><!-- & \u2028"})
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == {"x": "</script><!-- & \u2028"}


def test_nothing_is_loaded(data):
    loading = {"src", "srcset", "data", "poster", "action", "background", "xlink:href"}
    html = rendered(data)
    for tag, attributes in elements(html):
        assert tag not in {"link", "iframe", "object", "embed", "base", "img", "form"}
        assert not loading & set(attributes), (tag, attributes)
        if "href" in attributes:
            assert tag == "a"
            assert attributes["href"].startswith((PAPERS, METHODS, "#only-"))


def test_every_page_of_the_methods_that_the_page_points_to_is_there():
    folder = Path(__file__).parents[2] / "docs" / "methods"
    links = [link for one in methods(paired=True) for _, link in one.links]
    pages = [link.removeprefix(METHODS) for link in links if link.startswith(METHODS)]
    assert pages
    assert all((folder / page).is_file() for page in pages), pages


def test_the_script_and_the_style_are_allowed_by_their_hashes_alone(data):
    html = rendered(data)
    style = re.search(r"<style>(.*?)</style>", html, re.S)[1]
    assert "url(" not in style
    assert "@import" not in style


def test_the_policy_names_the_only_script_and_style(data):
    html = rendered(data)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)[1].replace("&#39;", "'")
    script = re.search(r"<script>(.*?)</script>", html, re.S)[1]
    style = re.search(r"<style>(.*?)</style>", html, re.S)[1]
    assert f"script-src '{sha256(script)}';" in policy
    assert f"style-src '{sha256(style)}';" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "<!--" not in script
    assert " style=" not in html.split("<script", 1)[0]


def details_of(html: str) -> list:
    return json.loads(re.search(r'id="details">(.*?)</script>', html, re.S)[1])


def test_completions_fill_the_page_up_to_its_room_and_the_rest_is_named(data):
    rows = [
        replace(data.completions[0], problem_id=p.problem_id, draw=d, text="é" * 9_000)
        for d in range(10)
        for p in data.problems
    ]
    stored = {"base": Stored(5_000, "runs/base")}
    html = rendered(replace(data, completions=rows, stored=stored))
    draws = [draw for one in details_of(html) for draw in one["draws"]]
    assert 0 < len(draws) < len(rows)
    assert draws[0]["text"] == "é" * TEXT_CAP + "\n… 5,000 more characters"
    said = (
        f"This page contains {len(draws):,} of 5,000 completions; the other {5_000 - len(draws):,}"
    )
    assert f"{said} are in runs/base." in html
    assert len(html.encode()) < 5e6
    assert len(json.dumps(draws)) <= PAGE_CAP


def test_the_table_holds_what_changed_first_and_says_where_it_ends(data):
    ids = [f"p{i}" for i in range(ROWS_CAP + 5)]
    problems = [ProblemRow(i, Arm(8, 4), Arm(8, 4)) for i in ids]
    problems[-1] = ProblemRow(ids[-1], Arm(8, 1), Arm(8, 0))
    html = rendered(replace(data, problems=problems, completions=[]))
    found = details_of(html)
    assert len(found) == ROWS_CAP
    assert found[0]["id"] == ids[-1]
    assert f"the first {ROWS_CAP:,} of {ROWS_CAP + 5:,} problems" in html


def test_a_500_problem_pair_stays_under_five_megabytes(data):
    long = "Let us think. " * 600
    problems = [replace(data.problems[0], problem_id=f"{i:016x}") for i in range(500)]
    rows = [
        replace(data.completions[0], problem_id=p.problem_id, role=role, text=long)
        for p in problems
        for role in ("base", "base", "trained", "trained")
    ]
    html = rendered(replace(data, problems=problems, completions=rows))
    assert len(html.encode()) < 5e6


def evidence_of(data: PageData) -> list[str]:
    body = rendered(data).split("</main>")[0]
    return re.findall(r"<li>(.*?)</li>", body.split('class="sentence"')[1])[:3]


def test_the_verdict_stands_on_three_evidences(data):
    lines = [unescape(line).replace("\u00a0", " ") for line in evidence_of(data)]
    assert lines[0] == (
        "Where the gain in pass@1 comes from: +24.0 points on problems that the base also solves "
        "(96%, 94% to 98%), +1.0 on the rest."
    )
    assert lines[1] == (
        "According to the means alone, the base is ahead from k = 37 on, but the interval of "
        "that k (18 to beyond n) leaves it open."
    )
    assert lines[2] == (
        "Multiplying every problem's odds of a correct sample by 4.06 (3.32 to 4.95) explains the "
        "change: just sharpening."
    )


def test_without_a_gain_the_crossing_is_told(data):
    nothing = Estimate(float("nan"), float("nan"), float("nan"))
    source = replace(data.comparison.gain_source, share_reached=nothing)
    lines = evidence_of(replace(data, comparison=replace(data.comparison, gain_source=source)))
    said = "the base is ahead from k\u00a0=\u00a037 on, but the interval of that k (18 to"
    assert said in lines[0]


def test_sections_come_in_the_order_of_the_questions(data):
    html = rendered(data).split("<script", 1)[0]
    found = re.findall(r"<h2[^>]*>(.*?)</h2>", html)
    wanted = [
        "Before training: was there something to gain?",
        "During training",
        "How many problems are solved within k tries",
        "Which problems changed",
        "Notes",
        "Settings and versions",
        "How to read this, and when not to trust it",
    ]
    assert [name for name in found if name in wanted] == wanted


def test_marks_of_a_person_show_their_rates_and_the_corrected_curve(data):
    counts = Counts([f"p{i}" for i in range(40)], np.full(40, 32), np.arange(40) % 32)
    marks = {f"p{i}": "wrong" if i < 3 else "right" for i in range(1, 12)}
    found = audit(counts, marks)
    html = rendered(replace(data, audits={"base": found}))
    assert "11 completions that the verifier calls correct were marked by a person" in html
    assert "false positives" in html
    assert 'data-chart="audit_base"' in html


def test_what_could_not_be_computed_does_not_break_the_page(probe, comparison):
    unknown = fabricated.UNKNOWN
    nothing = fabricated.of_values(dict.fromkeys(fabricated.KS, float("nan")))
    bare = replace(
        probe,
        headroom=Gap(2, 20, unknown),
        signal=(),
        tilts=(),
        luck=None,
        curve=nothing,
        never_solved=before_never(),
    )
    poor = replace(
        comparison,
        verdict=Verdict(CompareLabel.INCONCLUSIVE, (), "n = 128"),
        base=nothing,
        trained=nothing,
        delta=nothing,
        crossover=None,
        tilt=None,
        answered=None,
        bands=(),
        speedup=(),
        area=unknown,
    )
    html = rendered(
        PageData(
            title="t",
            probe=bare,
            comparison=poor,
            training=[TrainingRow(step=1, reward=float("nan"), mixed_share=None)],
            problems=[ProblemRow("a", Arm(0, 0))],
            completions=[CompletionRow("a", "base", "x")],
        )
    )
    assert "n = 128" in html
    assert "the difference is not known" in html
    shown = html.split("<script", 1)[0]
    assert "None" not in shown
    assert not re.search(r"\bnan\b", shown.split("</style>")[1])


def before_never():
    return replace(fabricated.probe().never_solved, problems=0)


@pytest.mark.parametrize(
    ("small", "large", "said"),
    [
        ("unclear", "down", "Within 128 tries the trained policy is worse"),
        ("up", "unclear", "Within 2 tries the trained policy is better"),
        ("unclear", "unclear", "do not decide it yet"),
        ("up", "up", "No verdict is given: "),
    ],
)
def test_what_is_decided_in_part_is_said(comparison, small, large, said):
    verdict = Verdict(CompareLabel.INCONCLUSIVE, ("a reason",), "", small, large)
    assert said in after.sentence(replace(comparison, verdict=verdict))


def test_sharpened_says_when_the_base_is_not_exhausted(comparison):
    verdict = Verdict(CompareLabel.SHARPENED, (), "", "up", "up")
    assert "the base is not exhausted there" in after.sentence(replace(comparison, verdict=verdict))


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.01, 0.30, "a gain worth paying for and no gain at all are both possible"),
        (0.008, 0.065, "so headroom is at most 6.5 points, which excludes a large gain; whether"),
        (0.101, 0.232, "so headroom is at least 10.1 points: there is something to gain"),
        (0.20, 0.40, "no verdict is given: luck explains it"),
    ],
)
def test_undecided_says_which_threshold_is_open(probe, low, high, said):
    gap = replace(probe.headroom.estimate, value=(low + high) / 2, low=low, high=high)
    verdict = Verdict(ProbeLabel.UNDECIDED, ("a gap", "luck explains it"))
    assert said in before.sentence(replace(probe, verdict=verdict, headroom=Gap(2, 20, gap)))


def test_a_verdict_on_these_very_problems_says_so(probe):
    fixed = replace(probe, settings=replace(probe.settings, interval="fixed"))
    assert f"of these {probe.problems} problems" in before.sentence(fixed)


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (-0.2, 0.47, "no shift is shown"),
        (0.5, 0.9, "just sharpening"),
        (-0.9, -0.5, "just flattening"),
    ],
)
def test_a_tilt_is_read_by_its_interval(comparison, low, high, said):
    assert said in after.tilt_reading(replace(comparison.tilt, low=low, high=high))


def test_a_grave_finding_stands_above_the_verdict(data):
    found = Finding("copies", "error", "<b>cloned</b>", "x")
    html = rendered(replace(data, checks=[Checks(("a",), 5, (found,))]))
    body = html[html.index("<main>") :]
    assert body.index("Do not trust the verdict") < body.index('class="sentence"')
    assert "&lt;b&gt;cloned" in body


def test_findings_of_several_runs_name_their_run_and_come_worst_first(data):
    note = Finding("a", "note", "a note", "x")
    error = Finding("b", "error", "an error", "y")
    html = rendered(
        replace(data, checks=[Checks(("one",), 5, (note,)), Checks(("two",), 6, (error,))])
    )
    checks = html[html.index('id="checks"') :]
    assert "11 completions were checked" in checks
    assert checks.index("two: an error") < checks.index("one: a note")


# ---------------------------------------------------------------------------- what decides


def tiles(result) -> dict[str, tuple[str, str]]:
    return {one.name: (one.value, one.note) for one in after.figures(result).figures}


def test_what_decides_stands_at_the_top(comparison):
    found = tiles(comparison)
    small, large = found["Solved within 2 tries"][1], found["Solved within 128 tries"][1]
    assert small == "+16.1 points (+13.1 to +19.1)\nbetter"
    assert large == "−4.8 points (−7.8 to −1.8)\nworse"
    said = (
        "1 solved by the trained policy only; a change of the odds of up to 32-fold can "
        "explain that"
    )
    assert found["New problems"] == ("none shown", f"{said} (p = 0.800)")
    said = "no change of the odds by up to 88-fold explains them (p = 0.004 for 32-fold)"
    assert found["Lost problems"] == ("7", said)


@pytest.mark.parametrize(
    ("state", "low", "high", "said"),
    [
        (
            "equivalent",
            -0.03,
            0.02,
            "the same within 2 points: a change of 1.8 or more is excluded",
        ),
        ("unclear", -0.03, 0.02, "open: neither a change nor equivalence within 2 points is shown"),
        ("unclear", 0.001, 0.06, "open: with two values of k, one 97.5% interval has to exclude 0"),
    ],
)
def test_no_word_contradicts_the_interval_beside_it(comparison, state, low, high, said):
    bounds = Bounds(Bound(0.02, 0.03, 0.018), Bound(0.02, 0.03, 0.018))
    verdict = replace(comparison.verdict, at_small_k=state, bounds=bounds)
    one = Curve(np.array([2, 128]), np.zeros(2), np.full(2, low), np.full(2, high))
    changed = replace(comparison, verdict=verdict, delta=one)
    assert tiles(changed)["Solved within 2 tries"][1].endswith(said)


# ----------------------------------------------------------------- counts and their problems


def links_of(html: str) -> list[tuple[str, int]]:
    found = re.findall(r'href="#only-(\w+)"[^>]*>([\d,]+)</a>', html)
    return [(group, int(count.replace(",", ""))) for group, count in found]


def members_of(html: str) -> list[set[str]]:
    return [set(groups.split()) for groups in re.findall(r'data-groups="([^"]*)"', html)]


def test_a_count_that_is_a_link_is_the_number_of_rows_that_it_leads_to(data):
    better = frozenset(one.problem_id for one in data.problems if (one.moved or 0) > 0.2)
    sure = replace(data.comparison.coverage.certain, better=len(better))
    coverage = replace(data.comparison.coverage, certain=sure)
    found = replace(
        data,
        comparison=replace(data.comparison, coverage=coverage),
        significant={"better": better, "worse": frozenset()},
    )
    html = rendered(found)
    links, rows = links_of(html), members_of(html)
    assert {"better", "never", "all", "trained_never", "more", "less"} <= {
        name for name, _ in links
    }
    for group, count in links:
        assert count > 0
        assert count == (len(rows) if group == "all" else sum(group in row for row in rows)), group


def test_a_count_without_its_problems_is_no_link(data):
    coverage = replace(data.comparison.coverage, lost=data.comparison.coverage.lost + 1)
    html = rendered(replace(data, comparison=replace(data.comparison, coverage=coverage)))
    lost = sum("lost" in row for row in members_of(html))
    assert coverage.lost != lost
    assert ("lost", coverage.lost) not in links_of(html)
    bare = rendered(replace(data, problems=[]))
    assert links_of(bare) == []


def test_the_problems_of_a_test_are_those_solved_at_the_highest_rate(data):
    shown = replace(data.comparison.lost, shown=True, problems=2)
    html = rendered(replace(data, comparison=replace(data.comparison, lost=shown)))
    gone = [row for row in members_of(html) if "gone" in row]
    assert len(gone) == 2
    assert all("lost" in row for row in gone)
    assert ("gone", 2) in links_of(html)


def test_hostile_names_make_no_group(data):
    bad = '"><script>alert(1)</script>'
    problems = [replace(one, problem_id=f"{bad}{i}") for i, one in enumerate(data.problems)]
    html = rendered(replace(data, problems=problems))
    assert all(re.fullmatch(r"[a-z_0-9 ]*", " ".join(row)) for row in members_of(html))
