"""Hostile text is shown and never run: in the viewer, in the report, in the terminal."""

import io
import re
import sys
import time
from html.parser import HTMLParser

import pytest
from hostile import EVERY, HOSTILE
from known_runs import N, client_of, settled, write_run
from latex2mathml.converter import convert
from rich.console import Console

from passgap.data.problems import Problem, ProblemSet
from passgap.evidence.auditing import Case
from passgap.show import print_blocks
from passgap.show.contents import marks
from passgap.show.contents.report import page as page_of
from passgap.show.data import CompletionRow, PageData
from passgap.show.page.page import render
from passgap.show.text import visible
from passgap.show.viewer.links import diff_path
from passgap.show.viewer.mathml import ATTRIBUTES, ELEMENTS, OutOfTime, mathml, within
from passgap.show.viewer.showing import Budget, raw, rendered

pytestmark = pytest.mark.slow

TEXTS = list(HOSTILE.values())
SHOWN = {"span", "code", *ELEMENTS}
NAMES = {"class", *ATTRIBUTES}
PAGES = {"html", "head", "meta", "title", "link", "script", "body", "header", "nav", "strong"} | {
    *("a", "span", "button", "main", "h1", "h2", "dl", "div", "dt", "dd", "p", "form", "label"),
    *("wbr", "ins", "del", "br", "h3"),
    *("input", "select", "option", "table", "thead", "tbody", "tr", "th", "td", "svg", "rect"),
    *(
        "footer",
        "section",
        "ul",
        "li",
        "code",
        "fieldset",
        "legend",
        "article",
        "details",
        "summary",
        "pre",
    ),
    *ELEMENTS,
}
SCRIPTS = ['<script src="/static/theme.js">', '<script src="/static/view.js" defer>']
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


class Elements(HTMLParser):
    """All elements of a page, with their attributes."""

    def __init__(self, text):
        super().__init__()
        self.found, self.comments = [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_comment(self, data):
        self.comments.append(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def assert_inert(text):
    """A viewer's page holds its own elements only, its own scripts, and no handler."""
    parsed = Elements(text.removeprefix("<!doctype html>"))
    assert {tag for tag, _ in parsed.found} <= PAGES
    assert parsed.comments == []
    assert re.findall(r"<script[^>]*>", text) == SCRIPTS
    for _, attributes in parsed.found:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        for name in ("href", "src", "action"):
            assert (attributes.get(name) or "/").startswith(("/", "data:,"))
    assert not STEERING.search(text)


@pytest.mark.parametrize("name", EVERY)
def test_a_completion_becomes_text_mathml_and_spans(name):
    for shown in (rendered(EVERY[name], Budget()), raw(EVERY[name])):
        parsed = Elements(str(shown))
        assert {tag for tag, _ in parsed.found} <= SHOWN
        assert {key for _, attributes in parsed.found for key in attributes} <= NAMES
        assert parsed.comments == []
        assert not STEERING.search(str(shown))
        shown.encode()


@pytest.mark.parametrize("name", EVERY)
def test_a_page_is_not_held_up(name):
    budget, start = Budget(), time.perf_counter()
    for _ in range(20):
        rendered(EVERY[name], budget)
    assert time.perf_counter() - start < 5, "generous: the machine may be busy"


@pytest.mark.parametrize("name", EVERY)
def test_raw_text_is_exact_but_for_what_steers(name):
    parts = []
    parser = HTMLParser()
    parser.handle_data = parts.append
    parser.feed(str(raw(EVERY[name])))
    parser.close()
    assert "".join(parts) == visible(EVERY[name])


@pytest.fixture(scope="module")
def attacked(tmp_path_factory):
    """A run whose every text is hostile, in a folder of a hostile name."""
    root = tmp_path_factory.mktemp("attacked") / "<img src=x onerror=alert(1)>\x1b"
    small = [text[:3_000] for text in TEXTS]
    problems = ProblemSet.of(
        small[0],
        [Problem(text or "empty", text, "exact", {text: text, "a": text}) for text in small],
    )
    write_run(
        root / "a\"'><script>alert(1)</script>",
        problems,
        lambda i, d: (TEXTS[(i + d) % len(TEXTS)], ["correct", "incorrect", "unscored"][d % 3]),
        policy=small[5],
    )
    write_run(root / "b", problems, lambda i, d: (TEXTS[i], "correct"), policy=small[0])
    client, library = client_of(root)
    yield client
    library.stop()


def test_every_page_of_the_viewer_is_inert(attacked):
    home = settled(attacked, "/").text
    assert_inert(home)
    first, second = re.findall(r'class="row" href="(/run/\w+)"', home)
    both = f"{first}?with={second.rpartition('/')[2]}"
    pages = [settled(attacked, both).text, attacked.get(f"{both}&page=2").text]
    urls = re.findall(r'href="(/run/\w+/problem/\w+)[?"]', "".join(pages))
    assert len(urls) >= 60
    pages += [attacked.get(f"{url}?with={second.rpartition('/')[2]}").text for url in urls[::4]]
    pages += [attacked.get(f"{url}?raw=1&draws=2").text for url in urls[::9]]
    run, other = (one.rpartition("/")[2] for one in (first, second))
    for url in urls[::7]:
        problem = url.rpartition("/")[2]
        pages.append(attacked.get(f"{first}/sample/{len(pages) % N}/{problem}").text)
        pages.append(attacked.get(diff_path(problem, run, 3, other, 4)).text)
        keys = re.findall(r"answer=(\w+)", attacked.get(url).text)
        pages += [attacked.get(f"{url}?answer={key}").text for key in keys[:3]]
    for page in pages:
        assert_inert(page)
    assert_inert(settled(attacked, f"{first}/checks").text)
    assert_inert(settled(attacked, f"{first}/audit").text)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_query_comes_back_as_text(attacked, name):
    first = re.search(r'class="row" href="(/run/\w+)"', attacked.get("/").text).group(1)
    text = HOSTILE[name][:1_500]
    answer = attacked.get(first, params={"q": text, "meta.a": text, text or "x": text})
    assert_inert(answer.text)
    assert_inert(attacked.get(first, params={"band": text or "x"}).text)
    assert_inert(attacked.get(f"{first}/problem/x", params={"status": text}).text)


def report_of(texts: list[str]) -> Elements:
    rows = [
        CompletionRow(f"q{i}", "base", text, "correct", 0, text, text)
        for i, text in enumerate(texts)
    ]
    data = PageData(title=texts[0], completions=rows, notes=texts, command=texts[0])
    page = render(page_of(data))
    page.encode()
    return Elements(page.removeprefix("<!doctype html>"))


def test_the_report_holds_the_same_elements_whatever_the_texts():
    texts = [text[:5_000] for text in EVERY.values() if text]
    hostile, harmless = report_of(texts), report_of(["harmless"] * len(texts))
    assert [tag for tag, _ in hostile.found] == [tag for tag, _ in harmless.found]
    assert [sorted(given) for _, given in hostile.found] == [
        sorted(given) for _, given in harmless.found
    ]


@pytest.mark.parametrize("name", EVERY)
def test_the_terminal_is_not_steered(name):
    text, out = EVERY[name][:3_000], io.StringIO()
    case = Case(text[:50], 0, text, text, text, text, 1, N)
    console = Console(file=out, width=100, color_system=None)
    print_blocks(marks.case(case, "1 of 1"), console)
    assert not STEERING.search(out.getvalue())
    assert "\x1b" not in out.getvalue()


@pytest.mark.parametrize(
    ("latex", "shown"),
    [
        (r"x^2", "<msup><mi>x</mi><mn>2</mn></msup>"),
        (r"\boxed{7}", '<mrow class="box">'),
        (r"\text{&lt;b&gt;}", "<mtext>&lt;b&gt;</mtext>"),
        (r"\href{javascript:alert(1)}{x}", "<mi>x</mi>"),
        (r"\hspace{9999em}", "<mspace></mspace>"),
    ],
)
def test_formulas(latex, shown):
    assert shown in mathml(latex)


@pytest.mark.parametrize(
    "latex",
    [
        "x" * 2_001,
        r"\newcommand{\a}{\a\a}\a",
        r"\def\a{\a\a}\a",
        "{" * 900 + "}" * 900,
        r"\sqrt" * 400,
        r"\frac{1}{",
        r"\begin{matrix} a",
    ],
)
def test_what_cannot_be_read_stays_text(latex):
    start = time.perf_counter()
    assert mathml(latex) is None
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize(
    ("text", "formulas"),
    [
        ("It costs $5 and then $6.", 0),
        (r"so \(a\), $b$, \[c\] and $$d$$", 4),
        (r"an escaped \$5 and \\(x\\)", 0),
        ("$a$5", 0),
        ("$ a $", 0),
        ("$a\n\nb$", 0),
        (r"\boxed{\frac{1}{2}}", 1),
        (r"\boxed{1", 0),
        (r"\begin{align*} a &= b \\ c &= d \end{align*}", 1),
        (r"\begin{align} a &= b", 0),
        (r"\[\begin{aligned} a &= b \end{aligned}\]", 1),
    ],
)
def test_what_counts_as_a_formula(text, formulas):
    assert rendered(text, Budget()).count("<math") == formulas


def test_a_spent_budget_shows_the_rest_as_text():
    assert "<math" not in rendered(r"\(x\)", Budget(0))
    assert r"\(x\)" in rendered(r"\(x\)", Budget(0))


def test_code_is_coloured_by_class():
    assert '<span class="tk">def</span>' in rendered("```python\ndef f(): pass\n```", Budget())


def test_the_clock_stops_what_takes_long_and_nothing_else():
    start = time.perf_counter()
    with pytest.raises(OutOfTime):
        within(0.05, lambda: [convert("x" * 1_900) for _ in range(99)])
    assert time.perf_counter() - start < 3
    assert sys.getprofile() is None
    assert within(1.0, lambda: 7) == 7
