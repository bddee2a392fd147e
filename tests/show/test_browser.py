"""The page in a real browser: read, switched, sorted, opened, saved and printed, in silence."""

import csv
import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect

AXE = Path(__file__).parents[2] / ".cache" / "axe.min.js"

CLIPPED = """() => {
    const wide = (one) => one.getBoundingClientRect().right > innerWidth + 1;
    const cut = (one) => one.scrollWidth > one.clientWidth + 1;
    return [...document.querySelectorAll("main :is(td, dd), main .four > *")]
        .filter((one) => one.offsetParent && (wide(one) || cut(one)))
        .map((one) => one.textContent.slice(0, 60));
}"""
CUT_LEGENDS = """() => [...document.querySelectorAll(".chart svg")].filter((svg) => {
    const end = Math.min(svg.getBoundingClientRect().right, innerWidth) + 1;
    const texts = [...svg.querySelectorAll(".role-legend text")];
    return texts.some((text) => text.getBoundingClientRect().right > end);
}).length"""
BROKEN = """() => {
    const number = "[+−]?\\\\d[\\\\d.,]*%?", space = "\\\\u00a0";
    const interval = new RegExp(`${number}${space}to${space}${number}`, "g");
    const lines = (node, found) => {
        const range = document.createRange();
        range.setStart(node, found.index);
        range.setEnd(node, found.index + found[0].length);
        return new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size;
    };
    return [...document.querySelectorAll("main *")].flatMap((one) => [...one.childNodes])
        .filter((node) => node.nodeType === Node.TEXT_NODE && node.parentElement.offsetParent)
        .flatMap((node) => [...node.data.matchAll(interval)]
            .filter((found) => lines(node, found) > 1).map((found) => found[0]));
}"""

pytestmark = pytest.mark.slow


def downloaded(page, chart, kind) -> tuple[str, bytes]:
    with page.expect_download() as waiting:
        page.locator(f"figure:has([data-chart={chart}]) [data-file={kind}]").click()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


def tooltip_at(page, chart, share, height=150) -> str:
    place = page.locator(f"[data-chart={chart}]")
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    for at in (share - 0.01, share):
        page.mouse.move(box["x"] + box["width"] * at, box["y"] + height)
    tooltip = page.locator("#vg-tooltip-element")
    tooltip.wait_for(state="visible")
    return tooltip.inner_text()


def titles(page) -> list[str]:
    rows = page.locator("#problems tbody tr:not(.opened):visible td:first-child")
    return [text.strip() for text in rows.all_inner_texts()]


@pytest.mark.parametrize("width", [1400, 420])
def test_every_chart_is_drawn_and_nothing_is_asked_of_the_network(opened, data, width):
    page, said, asked = opened(data, width)
    assert page.locator(".chart svg").count() >= 8
    assert (said, asked) == ([], [])


def test_a_phone_scrolls_one_way_whatever_the_names(opened, data):
    name = "gym:chain_sum?size=100&seed=1&max_terms=3&max_digits=2" * 3
    page, _, _ = opened(replace(data, title=name, notes=[name], command=name), 420)
    assert page.evaluate("document.documentElement.scrollWidth") <= 420


def test_hover_tells_value_and_interval_on_a_log_and_on_a_linear_axis(opened, data):
    page, said, asked = opened(data, 1400)
    assert "47.2% (42.2 to 52.2%)" in tooltip_at(page, "curves", 0.46), "k = 8"
    axis = page.locator("figure:has([data-chart=curves]) [data-axis]")
    ticks = page.locator("[data-chart=curves] .role-axis-label")
    before = ticks.all_inner_texts()
    axis.click()
    expect(page.locator("[data-chart=curves] svg")).to_contain_text("250")
    assert axis.get_attribute("aria-pressed") == "true"
    assert "128" in tooltip_at(page, "curves", 0.55), "k = 128 is half way to 256"
    axis.click()
    expect(page.locator("[data-chart=curves] svg")).not_to_contain_text("250")
    assert ticks.all_inner_texts() == before
    assert (said, asked) == ([], [])


def test_the_difference_tells_its_band(opened, data):
    page, _, _ = opened(data, 1400)
    text = tooltip_at(page, "delta", 0.46)
    assert "at this k" in text
    assert "all k at once" in text


def test_problems_are_sorted_filtered_and_opened_by_key(opened, data):
    page, said, asked = opened(data, 1400)
    assert len(titles(page)) == len(data.problems)
    base = page.locator("#problems thead button", has_text="Base")
    base.click()
    assert titles(page)[0] == "0+0+3-1="
    base.click()
    assert titles(page)[0] == "59+59+3-1="
    solved_by = page.get_by_label("Solved by")
    solved_by.select_option("lost")
    lost = [p for p in data.problems if p.base.c and not p.trained.c]
    assert sorted(titles(page)) == sorted(p.question for p in lost)
    status = f"{len(lost)} of {len(data.problems)} problems shown (Solved by: the base only)"
    assert page.locator("#shown [role=status]").inner_text() == status
    solved_by.select_option("")
    page.fill("[data-filter=text]", "5+3-1")
    assert set(titles(page)) == {f"{i}+{i}+3-1=" for i in range(5, 60, 10)}
    page.fill("[data-filter=text]", "")
    base.click()
    order = titles(page)
    page.locator("#problems tbody button", has_text=re.compile("^3\\+3")).click()
    opened_row = page.locator(".opened")
    assert "correct, read as 8" in opened_row.inner_text(), "the trained policy's answer"
    at = order.index("3+3+3-1=")
    page.keyboard.press("n")
    assert order[at + 1] in opened_row.inner_text()
    page.keyboard.press("p")
    assert order[at] in opened_row.inner_text()
    page.get_by_role("button", name="Next").click()
    assert order[at + 1] in opened_row.inner_text()
    page.keyboard.press("Escape")
    assert opened_row.count() == 0
    assert (said, asked) == ([], [])


@pytest.mark.parametrize("width", [1400, 420])
def test_a_count_leads_to_its_problems_and_the_back_button_takes_it_back(opened, data, width):
    page, said, asked = opened(data, width)
    status = page.locator("#shown [role=status]")
    clear = page.get_by_role("link", name="Show all problems")
    everything = len(data.problems)
    links = page.locator("a.count:not([href='#only-all'])")
    assert links.count() >= 5
    for i in range(links.count()):
        link = links.nth(i)
        count, group = int(link.inner_text()), link.get_attribute("href").removeprefix("#only-")
        link.click()
        expect(status).to_contain_text(f"{count} of {everything} problems shown")
        rows = page.locator("#problems tbody tr:visible")
        assert rows.count() == count == page.locator(f"#problems [data-groups~={group}]").count()
        expect(status).to_be_in_viewport()
        expect(clear).to_be_visible()
    page.go_back()
    last = links.nth(links.count() - 2).inner_text()
    expect(status).to_contain_text(f"{last} of {everything} problems shown")
    clear.click()
    expect(status).to_have_text(f"{everything} of {everything} problems shown")
    expect(clear).to_be_hidden()
    assert (said, asked) == ([], [])


def test_a_count_is_followed_by_key_and_kept_in_the_address(opened, data):
    page, said, _ = opened(data, 1400)
    link = page.locator("a.count[href='#only-never']").first
    count = int(link.inner_text())
    link.focus()
    page.keyboard.press("Enter")
    assert len(titles(page)) == count
    assert page.evaluate("document.activeElement.id") == "shown"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Show all problems"
    assert page.url.endswith("#only-never")
    page.reload()
    assert len(titles(page)) == count
    page.fill("[data-filter=text]", "no such problem")
    assert titles(page) == []
    link.click()
    assert len(titles(page)) == count, "the same link again puts the choice right"
    page.go_back()
    assert len(titles(page)) == len(data.problems)
    assert said == []


def test_a_phone_keeps_labels_legends_and_numbers_whole(opened, data):
    page, _, _ = opened(data, 420)
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    assert page.evaluate("document.documentElement.scrollWidth") <= 420
    assert page.evaluate(CLIPPED) == []
    assert page.evaluate(CUT_LEGENDS) == 0
    heads = page.locator(".four .head").filter(visible=True).all_inner_texts()
    assert {"base solves it", "base never does", "trained solves it"} <= set(heads)
    assert page.evaluate(BROKEN) == []
    whole = page.locator("main").inner_text()
    assert len(re.findall("\u00a0to\u00a0", whole)) > 20


def test_a_chart_downloads_as_data_and_picture(opened, data):
    page, said, asked = opened(data, 1400, scheme="dark")
    page.locator("details:has([data-chart])").evaluate_all("all => all.forEach(d => d.open = true)")
    places = page.locator("[data-chart]")
    buttons = page.locator(".tools [data-file]").filter(visible=True)
    expect(buttons).to_have_count(3 * places.count())
    for chart in ("delta", "histogram", "reward"):  # a browser lets a page save ten files in a row
        name, table = downloaded(page, chart, "csv")
        assert name == f"{chart}.csv"
        assert len(list(csv.DictReader(io.StringIO(table.decode())))) > 1, chart
    for chart in ("curves", "scatter"):
        _, svg = downloaded(page, chart, "svg")
        assert svg.startswith(b"<svg"), chart
        assert b"var(" not in svg, f"{chart} keeps a colour that only the page knows"
        _, png = downloaded(page, chart, "png")
        assert png.startswith(b"\x89PNG"), chart
        assert len(png) > 5_000, chart
    curves = downloaded(page, "curves", "csv")[1].decode()
    rows = list(csv.DictReader(io.StringIO(curves)))
    found = {row["k"]: float(row["value"]) for row in rows if row["series"] == "trained"}
    trained = data.comparison.trained
    wanted = {str(k): value for k, value in zip(trained.k, trained.value, strict=True)}
    assert found == pytest.approx(wanted)
    assert (said, asked) == ([], [])


def test_dark_follows_the_system_until_switched_and_stays_so(opened, data):
    page, said, _ = opened(data, 1400, scheme="dark")
    paper = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(paper) == "rgb(20, 24, 31)"
    toggle = page.locator("#theme")
    assert toggle.inner_text() == "Light"
    toggle.click()
    assert page.evaluate(paper) == "rgb(255, 255, 255)"
    page.reload()
    assert page.evaluate(paper) == "rgb(255, 255, 255)"
    page.emulate_media(color_scheme="light")
    toggle.click()
    assert page.evaluate(paper) == "rgb(20, 24, 31)"
    assert said == []


def test_print_is_light_without_controls_and_whole(opened, data, tmp_path):
    page, _, _ = opened(data, 1400, scheme="dark")
    file = tmp_path / "report.pdf"
    page.pdf(path=file, format="A4")
    assert file.read_bytes().startswith(b"%PDF")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator(".tools, #filters, #theme").filter(visible=True).count()
    assert page.locator("#problems tbody tr:visible").count() == 40


@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (1400, "light"),
        (420, "dark"),
        pytest.param(1400, "dark", marks=pytest.mark.slow),
        pytest.param(420, "light", marks=pytest.mark.slow),
    ],
)
def test_no_serious_finding_of_axe(opened, data, width, scheme):
    if not AXE.is_file():
        pytest.skip(f"no {AXE.name} in {AXE.parent.name}/; fetch it with tools/fetch_axe.sh")
    page, _, _ = opened(data, width, scheme=scheme)
    page.locator("a.count").first.click()
    page.locator("#problems tbody button").first.click()
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    page.evaluate(AXE.read_text(encoding="utf-8"))  # by the debugger, past the page's policy
    result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    found = [
        (rule["id"], rule["nodes"][0]["html"][:160], len(rule["nodes"]))
        for rule in result["violations"]
        if rule["impact"] in ("serious", "critical")
    ]
    assert found == []
