"""The viewer in a real browser: clicked through, silent, self-contained, accessible."""

import json
import re
import shutil
import socket
import threading
import time
from pathlib import Path

import pytest
import uvicorn
from hostile import HOSTILE
from known_runs import VERIFIER, N, add_block, solved_by, sums, write_run
from playwright.sync_api import expect, sync_playwright

from passgap.runs import Run
from passgap.show.viewer.app import build
from passgap.show.viewer.finding import root_of
from passgap.show.viewer.guard import Access
from passgap.show.viewer.library import Library

CHROMIUM = shutil.which("chromium")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
AXE = Path(__file__).parents[3] / ".cache" / "axe.min.js"
PATIENCE = 60_000

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None, reason="no chromium on the path; Debian: apt-get install chromium"
    ),
]


@pytest.fixture(scope="module")
def browser():
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def served():
    """Serve a folder; its address comes back."""
    running = []

    def serve(root):
        bound = socket.socket()
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        library = Library(root_of(root))
        config = uvicorn.Config(
            build(library, Access.of("127.0.0.1", port)), log_level="error", lifespan="off"
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        running.append((server, thread, library, bound))
        return f"http://127.0.0.1:{port}"

    yield serve
    for server, thread, library, bound in running:
        server.should_exit = True
        thread.join(timeout=20)
        library.stop()
        bound.close()


@pytest.fixture
def opened(browser):
    """A page; what it said on the console, asked off the machine or opened comes beside it."""
    contexts = []

    def open_page(url, width=1400, scheme="light"):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        page, heard = context.new_page(), []
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda message: heard.append(message.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("dialog", lambda dialog: (heard.append(dialog.message), dialog.dismiss()))
        origin = "/".join(url.split("/")[:3])
        page.on(
            "request",
            lambda request: (
                heard.append(request.url) if not request.url.startswith((origin, "data:")) else None
            ),
        )
        page.goto(url)
        return page, heard

    yield open_page
    for context in contexts:
        context.close()


def press(page, key):
    """Press a key once the page's script listens."""
    page.wait_for_load_state("load")
    page.keyboard.press(key)


def test_from_the_list_to_a_lost_problem_and_on_by_keyboard(opened, served, folder):
    page, heard = opened(served(folder))
    page.get_by_role("link", name="base", exact=True).click()
    page.wait_for_load_state("load")  # its script listens to the choice only then
    page.get_by_label("beside").select_option(label="deep/trained")
    page.wait_for_url("**with=**")
    page.get_by_role("link", name="change").click()
    expect(page.locator("th[aria-sort=ascending]")).to_have_text("change ↑")
    expect(page.locator("tbody .row").first).to_contain_text("What is \\(1 + 1")
    page.get_by_label("change").select_option("lost")
    expect(page.locator("#count")).to_have_text("1 of 70 problems")
    page.locator("tbody .row").click()
    expect(page.locator(".arm")).to_have_count(2)
    expect(page.locator(".heading .pager")).to_contain_text("1 of 1")
    assert page.locator(".text math").first.bounding_box()["width"] > 10, "LaTeX is drawn"

    page.goto(re.sub("change=lost&?", "", page.url))
    expect(page.locator(".heading .pager")).to_contain_text("1 of 70")
    press(page, "ArrowRight")
    expect(page.locator(".heading .pager")).to_contain_text("2 of 70")
    press(page, "ArrowLeft")
    expect(page.locator(".heading .pager")).to_contain_text("1 of 70")
    press(page, "j")
    press(page, "j")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "draw 1"
    press(page, "k")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "draw 0"
    press(page, "x")
    expect(page.locator(".text").nth(1)).to_contain_text("\\(x_{0}")
    press(page, "u")
    page.wait_for_url("**/run/*?*")
    press(page, "/")
    page.keyboard.type("(7 +")
    press(page, "Enter")
    expect(page.locator("#count")).to_have_text("1 of 70 problems")
    assert heard == []


def test_dark_is_kept_from_page_to_page(opened, served, folder):
    page, heard = opened(served(folder))
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.get_by_role("button", name="dark").click()
    dark = page.evaluate(paper)
    assert dark != light
    page.get_by_role("link", name="base", exact=True).click()
    expect(page.get_by_role("button", name="light")).to_be_visible()
    assert page.evaluate(paper) == dark
    assert heard == []


def test_an_audit_row_is_marked_and_the_rate_moves(opened, served, tmp_path):
    run = write_run(tmp_path / "mine", sums(12), solved_by(lambda i: i))
    page, heard = opened(served(tmp_path))
    page.get_by_role("link", name="mine", exact=True).click()
    page.get_by_role("link", name="Audit mine").click()
    rate = page.locator("#rate")
    expect(rate).to_have_text("– (0.0 to 100.0%)")
    page.get_by_role("button", name="wrong").click()
    expect(page.locator("#marked")).to_have_text("1")
    expect(page.locator(".heading .pager")).to_contain_text("2 of 11, 1 marked")
    press(page, "r")
    expect(page.locator("#marked")).to_have_text("2")
    marks = [row.mark for row in Run(run.path).audit_marks(run.verifier_digest())]
    assert marks == ["wrong", "right"]
    assert heard == []


def test_a_comparison_is_drawn_in_the_app(opened, served, folder):
    page, heard = opened(served(folder))
    page.get_by_role("button", name="Compare").click()
    page.wait_for_selector(".chart svg")
    assert page.locator(".verdict").count() >= 1
    page.get_by_role("link", name="All runs").click()
    expect(page.locator("h1")).to_have_text("Runs")
    assert heard == []


def test_an_open_page_follows_a_run_in_progress(opened, served, tmp_path):
    problems, draws = sums(20), solved_by(lambda i: 12)
    run = write_run(tmp_path / "r", problems, draws, block=120)
    names = list(run.blocks)
    for name in names[1:]:
        for part in ("completions", f"outcomes/{VERIFIER}"):
            (run.path / part / name).unlink()
    page, heard = opened(served(tmp_path))
    state = page.locator("[data-value$='.progress']")
    expect(state).to_have_text("1 of 4 blocks drawn")
    place = {problem.id: i for i, problem in enumerate(problems)}
    with run.writing():
        add_block(run, names[1], place, draws)
    expect(state).to_have_text("2 of 4 blocks drawn")
    assert heard == []


def test_an_open_page_follows_a_training_run(opened, served, tmp_path):
    folder = tmp_path / "policy"
    (folder / "trainer").mkdir(parents=True)
    (folder / "trainer" / "request.json").write_text('{"config": {"steps": 9}}')
    log = folder / "training.jsonl"
    log.write_text("".join(json.dumps({"step": s, "reward": s / 9}) + "\n" for s in (1, 2)))
    page, heard = opened(served(tmp_path))
    page.get_by_role("link", name="policy").click()
    line = page.locator("polyline")
    before = line.get_attribute("points")
    with log.open("a") as file:
        file.write('{"step": 3, "reward": 0.1}\n{"step": 4, "rew')
    expect(page.locator("[data-value=step]")).to_have_text("3 of 9")
    assert line.get_attribute("points") != before
    assert heard == []


@pytest.mark.parametrize("width", [1400, 420])
def test_no_page_scrolls_sideways(opened, served, folder, width):
    root = served(folder)
    page, heard = opened(root, width)
    urls = ["/", *pages_of(page, root)]
    for url in urls:
        page.goto(f"{root}{url}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, url
    assert heard == []


def pages_of(page, root):
    """A run beside another, one of its problems, its audit, its checks, a training folder."""
    page.goto(root)
    run, second = (
        page.get_by_role("link", name=name, exact=True).get_attribute("href")
        for name in ("base", "deep/trained")
    )
    training = page.get_by_role("link", name="policy").get_attribute("href")
    both = f"{run}?with={second.rpartition('/')[2]}"
    page.goto(f"{root}{both}")
    one = page.locator("tbody .row").first.get_attribute("href")
    for slow in (f"{run}/audit", f"{run}/checks"):
        page.goto(f"{root}{slow}")
        expect(page.locator("[role=status]")).to_have_count(0)
    return [both, one, f"{run}/audit", f"{run}/checks", training]


def test_hostile_completions_run_nothing(opened, served, tmp_path):
    texts = [text[:4_000] for text in HOSTILE.values()]
    write_run(
        tmp_path / "r",
        sums(4),
        lambda i, d: (texts[(i * N + d) % len(texts)], "correct"),
    )
    root = served(tmp_path)
    page, heard = opened(root)
    page.get_by_role("link", name="r", exact=True).click()
    expect(page.locator("tbody .row")).to_have_count(4)
    hrefs = [row.get_attribute("href") for row in page.locator("tbody .row").all()]
    seen = set()
    for href in hrefs:
        for draws in (1, 2, 3):
            page.goto(f"{root}{href}?draws={draws}")
            seen |= {row.inner_text() for row in page.locator(".draw .text").all()}
            page.mouse.move(300, 500)
            for link in page.locator(".text a, .text img, .text script, .text [onclick]").all():
                pytest.fail(f"an element from a completion: {link.evaluate('e => e.outerHTML')}")
            assert page.evaluate("window.hacked") is None
            assert page.locator("#theme").count() == 1
    assert len(seen) > 55
    assert heard == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_finding_of_axe(opened, served, folder, scheme):
    if not AXE.is_file():
        pytest.skip(f"no {AXE.name} in {AXE.parent.name}/; fetch it with tools/fetch_axe.sh")
    root = served(folder)
    page, _ = opened(root, scheme=scheme)
    found = []
    urls = pages_of(page, root)
    page.goto(root)
    page.get_by_role("button", name="Compare").click()
    page.wait_for_selector(".chart svg")
    for url in ["/", "/nothing", page.url.removeprefix(root), *urls]:
        page.goto(f"{root}{url}")
        page.evaluate(AXE.read_text(encoding="utf-8"))  # by the debugger, past the page's policy
        result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        found += [
            (url, rule["id"], rule["nodes"][0]["html"][:120])
            for rule in result["violations"]
            if rule["impact"] in ("serious", "critical")
        ]
    assert found == []
