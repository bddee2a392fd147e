"""Fabricated results as fixtures, and a browser that opens the page made of them."""

import shutil

import fabricated
import numpy as np
import pytest
from playwright.sync_api import expect, sync_playwright

from passgap.analysis.watch.groups import Groups
from passgap.analysis.watch.watching import watching
from passgap.data.counts import Counts
from passgap.results.comparison import Comparison
from passgap.results.probe import Probe
from passgap.results.watching import Watching
from passgap.show.contents.report import page as page_of
from passgap.show.data import PageData
from passgap.show.page.page import render

CHROMIUM = shutil.which("chromium")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
PATIENCE = 60_000


@pytest.fixture
def probe() -> Probe:
    return fabricated.probe()


@pytest.fixture
def comparison() -> Comparison:
    return fabricated.comparison()


@pytest.fixture(scope="session")
def watched() -> Watching:
    """The record of a run of 60 steps: ever longer completions, and one problem lost."""
    rng = np.random.default_rng(1)
    p = np.linspace(0.01, 0.95, 60)
    rows = []
    for step in range(60):
        for i in [0, *rng.choice(np.arange(1, 60), 15, replace=False)]:
            now = p[i] ** (1 - step / 100)
            c = rng.binomial(8, now if i else 0.6 * (step < 40))
            rows.append((step, f"{i:016x}", 8, c, (20 + step) * 8 + rng.normal()))
    step, problem, n, c, tokens = (np.array(column) for column in zip(*rows, strict=True))
    zero = np.zeros(len(n), int)
    columns = {"step": step, "problem_id": problem, "completions": n, "n": n, "c": c}
    columns |= {"rewards": n, "reward_sum": c, "tokens": n, "token_sum": tokens}
    groups = Groups.of(columns | {"endings": n, "cut": zero})
    base = Counts([f"{i:016x}" for i in range(60)], np.full(60, 64), rng.binomial(64, p))
    return watching(groups, base=base)


@pytest.fixture
def data(watched) -> PageData:
    return fabricated.page_data(watching=watched)


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("no chromium on the path; Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def opened(browser, tmp_path):
    """Open a page; what it said on the console and asked the network for comes beside it."""
    contexts = []

    def open_page(data, width, scheme="light"):
        file = tmp_path / "report.html"
        file.write_text(render(page_of(data)), encoding="utf-8")
        viewport = {"width": width, "height": 900}
        contexts.append(browser.new_context(viewport=viewport, color_scheme=scheme))
        page = contexts[-1].new_page()
        page.set_default_timeout(PATIENCE)
        said, asked = [], []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(file.as_uri())
        charts = page.locator(".chart svg")
        expect(charts).to_have_count(page.locator(".chart").count(), timeout=PATIENCE)
        local = ("file:", "data:", "blob:")
        return page, said, _Elsewhere(asked, local)

    yield open_page
    for context in contexts:
        context.close()


class _Elsewhere:
    """The requests so far that left the machine, looked up when compared."""

    def __init__(self, asked: list[str], local: tuple[str, ...]) -> None:
        self._asked, self._local = asked, local

    def __eq__(self, other: object) -> bool:
        return [url for url in self._asked if not url.startswith(self._local)] == other

    __hash__ = None
