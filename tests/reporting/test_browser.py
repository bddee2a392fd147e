"""The page in a real browser: drawn, silent, self-contained, and it fits a phone."""

import shutil
from dataclasses import replace

import pytest
from playwright.sync_api import sync_playwright

from passgap.reporting.page import render

CHROMIUM = shutil.which("chromium")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium on the path; Debian: apt-get install chromium"
)


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def opened(browser, tmp_path):
    """Open a page; what it asked the network for and said on the console comes beside it."""
    pages = []

    def open_page(data, width):
        file = tmp_path / "report.html"
        file.write_text(render(data), encoding="utf-8")
        page = browser.new_page(viewport={"width": width, "height": 900})
        pages.append(page)
        said, asked = [], []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(file.as_uri())
        page.wait_for_selector(".chart svg")
        return page, said, [url for url in asked if not url.startswith(("file:", "data:"))]

    yield open_page
    for page in pages:
        page.close()


@pytest.mark.parametrize("width", [1400, 420])
def test_every_chart_is_drawn_and_nothing_is_asked_of_the_network(opened, data, width):
    page, said, asked = opened(data, width)
    places = page.locator(".chart").count()
    page.wait_for_function(f"document.querySelectorAll('.chart svg').length === {places}")
    assert places >= 5
    assert (said, asked) == ([], [])


def test_a_phone_scrolls_one_way_whatever_the_names(opened, data):
    name = "gym:chain_sum?size=100&seed=1&max_terms=3&max_digits=2" * 3
    page, _, _ = opened(replace(data, title=name, notes=[name], command=name), 420)
    assert page.evaluate("document.documentElement.scrollWidth") <= 420


def test_a_point_of_the_curve_tells_its_value(opened, data):
    page, _, _ = opened(data, 1400)
    chart = page.locator("[data-chart=curves]")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    for step in (0.45, 0.47):
        page.mouse.move(box["x"] + box["width"] * step, box["y"] + 150)
    tooltip = page.locator("#vg-tooltip-element")
    tooltip.wait_for(state="visible")
    assert "47.2% (42.2 to 52.2%)" in tooltip.inner_text(), "value and interval at k = 8"


def test_hostile_completions_stay_text(opened, data):
    text = '</script><script>window.hacked = 1</script><img src=x onerror="window.hacked = 1">'
    rows = [{**row, "question": text, "text": text} for row in data.completions]
    page, said, asked = opened(replace(data, completions=rows, title=text), 1400)
    for summary in page.locator("details > summary").all():
        summary.click()
    assert page.evaluate("window.hacked") is None
    assert (said, asked) == ([], [])
