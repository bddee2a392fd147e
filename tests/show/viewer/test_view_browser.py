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

from passgap.data.problems import ProblemSet
from passgap.runs import Run, WatchLog
from passgap.show.viewer.app import build
from passgap.show.viewer.finding import root_of
from passgap.show.viewer.guard import Access
from passgap.show.viewer.library import Library
from passgap.show.viewer.links import diff_path, problem_path, sample_path
from tests.pictures import GIF, png, shown

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


def follow(page, link):
    """Click a link; its page and its scripts are loaded then."""
    with page.expect_navigation():
        link.click()


def press(page, key):
    """Press a key once the page's script listens."""
    page.wait_for_load_state("load")
    page.keyboard.press(key)


def test_from_the_list_to_a_lost_problem_and_on_by_keyboard(opened, served, folder):
    page, heard = opened(served(folder))
    follow(page, page.get_by_role("link", name="base", exact=True))
    with page.expect_navigation(url="**with=**"):
        page.get_by_label("side by side with").select_option(
            label="deep/trained as the trained run"
        )
    follow(page, page.get_by_role("link", name="change"))
    expect(page.locator("th[aria-sort=ascending]")).to_have_text("change ↑")
    expect(page.locator("tbody .row").first).to_contain_text("What is \\(1 + 1")
    page.get_by_label("change").select_option("lost")
    expect(page.locator("#count")).to_have_text("1 of 70 problems")
    follow(page, page.locator("tbody .row"))
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
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "sample 1"
    press(page, "k")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "sample 0"
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
    follow(page, page.get_by_role("link", name="base", exact=True))
    expect(page.get_by_role("button", name="light")).to_be_visible()
    assert page.evaluate(paper) == dark
    assert heard == []


def test_an_audit_row_is_marked_and_the_rate_moves(opened, served, tmp_path):
    run = write_run(tmp_path / "mine", sums(12), solved_by(lambda i: i))
    page, heard = opened(served(tmp_path))
    follow(page, page.get_by_role("link", name="mine", exact=True))
    follow(page, page.get_by_role("link", name="Audit mine"))
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


def choose(page, base, trained):
    page.locator("select[name=base]").select_option(label=base)
    page.locator("select[name=trained]").select_option(label=trained)
    page.get_by_role("button", name="Compare").click()


def test_a_comparison_is_drawn_in_the_app(opened, served, folder):
    page, heard = opened(served(folder))
    choose(page, "base", "deep/trained")
    page.wait_for_selector(".chart svg")
    assert page.locator(".verdict").count() >= 1
    follow(page, page.get_by_role("link", name="All runs"))
    expect(page.locator("h1")).to_have_text("Runs")
    assert heard == []


def test_from_the_verdict_to_two_samples_that_differ(opened, served, related):
    root = served(related)
    page, heard = opened(root)
    follow(page, page.get_by_role("row", name="a-trained").locator("a.tag"))
    page.wait_for_selector(".chart svg")
    expect(page).to_have_url(re.compile(r"/compare/\w+/\w+$"))
    link = page.get_by_role("link", name="All samples of problem").first
    problem = link.get_attribute("aria-label").removeprefix("All samples of problem ")
    page.locator("#problems tbody button").first.click()
    expect(page.locator(".sheet").get_by_text("All samples of this problem")).to_be_visible()
    follow(page, link)
    expect(page.locator("h1")).to_contain_text(f"Problem {problem}")
    expect(page.locator(".arm h3").nth(0)).to_have_text("base z-base")
    expect(page.locator(".arm h3").nth(1)).to_have_text("trained a-trained")

    group = page.locator(".answers tbody tr").first
    answer = group.locator("code").inner_text()
    follow(page, group.get_by_role("link"))
    expect(page.locator(".answers tr.on")).to_contain_text(answer)
    assert {one.inner_text() for one in page.locator(".draw .mark code").all()} == {answer}
    follow(page, page.get_by_role("link", name=re.compile("^sample ")).first)
    expect(page.locator("h1")).to_contain_text("of z-base")
    follow(page, page.get_by_role("button", name="Show the differences"))
    expect(page.locator("h1")).to_contain_text("Differences between two samples")
    page.get_by_label("sample").nth(1).fill("7")
    page.get_by_role("button", name="Show", exact=True).click()
    page.wait_for_url("**against=7")
    marked = page.locator(".apart ins, .apart del, [role=status]")
    expect(marked.first).to_be_visible()
    page.set_viewport_size({"width": 420, "height": 900})
    expect(page.locator(".apart")).to_be_hidden()
    expect(page.locator(".merged")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 420
    assert heard == []


def test_the_list_fills_in_its_verdicts(opened, served, related):
    page, heard = opened(served(related))
    verdict = page.get_by_role("row", name="a-trained").locator("a.tag")
    expect(verdict).not_to_have_text("working")
    assert verdict.get_attribute("class").split()[1] in ("good", "open", "bad")
    assert heard == []


def test_what_is_opened_stays_open_while_a_training_goes_on(opened, served, tmp_path):
    log = WatchLog(tmp_path / "w", about={"group_size": 4})

    def call(step):
        for i in range(6):
            status = ["correct", "incorrect", "incorrect", "correct"]
            log.append(step, {"problem_id": [f"p{i}"] * 4, "status": status})

    call(0)
    call(1)
    page, heard = opened(served(tmp_path))
    follow(page, page.get_by_role("link", name="w", exact=True))
    steps = page.locator("[data-part=told] details").first
    steps.locator("summary").click()
    expect(page.locator("[data-part=told]")).to_contain_text("Step 1")
    call(2)
    expect(page.locator("[data-part=told]")).to_contain_text("Step 2")
    expect(steps).to_have_attribute("open", "")
    assert heard == []


def test_a_link_is_copied(opened, served, folder):
    root = served(folder)
    page, heard = opened(root)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    follow(page, page.get_by_role("link", name="base", exact=True))
    follow(page, page.locator("tbody .row").first)
    button = page.get_by_role("button", name="copy link")
    address = button.get_attribute("data-copy")
    button.click()
    expect(page.locator(".copy")).to_have_text("copied")
    assert page.evaluate("navigator.clipboard.readText()") == f"{root}{address}"
    assert heard == []


def test_no_word_is_broken(opened, served, folder):
    """Each word of the list is on one line, at a width that needs to wrap."""
    page, _ = opened(served(folder), 1000)
    broken = page.evaluate(
        """() => {
          const main = document.querySelector("main");
          const walk = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
          const found = [];
          for (let node = walk.nextNode(); node; node = walk.nextNode()) {
            if (!node.parentElement.offsetParent) continue;
            for (const match of node.data.matchAll(/[^\\s/_.:-]+/g)) {
              const range = document.createRange();
              range.setStart(node, match.index);
              range.setEnd(node, match.index + match[0].length);
              if (new Set([...range.getClientRects()].map((one) => one.top)).size > 1)
                found.push(match[0]);
            }
          }
          return found;
        }"""
    )
    assert broken == []


def test_an_open_page_follows_a_run_in_progress(opened, served, tmp_path):
    problems, draws = sums(20), solved_by(lambda i: 12)
    run = write_run(tmp_path / "r", problems, draws, block=120)
    names = list(run.blocks)
    for name in names[1:]:
        for part in ("completions", f"outcomes/{VERIFIER}"):
            (run.path / part / name).unlink()
    page, heard = opened(served(tmp_path))
    state = page.locator("[data-value$='.progress']")
    expect(state).to_have_text("sampling, 25% done")
    place = {problem.id: i for i, problem in enumerate(problems)}
    with run.writing():
        add_block(run, names[1], place, draws)
    expect(state).to_have_text("sampling, 50% done")
    assert heard == []


def test_an_open_page_follows_a_training_run(opened, served, tmp_path):
    folder = tmp_path / "policy"
    (folder / "trainer").mkdir(parents=True)
    (folder / "trainer" / "request.json").write_text('{"config": {"steps": 9}}')
    log = folder / "training.jsonl"
    log.write_text("".join(json.dumps({"step": s, "reward": s / 9}) + "\n" for s in (1, 2)))
    measured = folder / "held_out.jsonl"
    row = '{"step": %d, "curve": [{"k": 1, "value": %s, "low": 0.1, "high": 0.9}]}\n'
    measured.write_text(row % (0, 0.2) + row % (2, 0.4))
    page, heard = opened(served(tmp_path))
    follow(page, page.get_by_role("link", name="policy"))
    chart = page.locator("[data-chart=held_out]")
    expect(chart.locator("svg")).to_be_visible()
    for words in ("Held-out problems solved within k tries", "pass@1", "training step", "40%"):
        expect(chart.locator("svg")).to_contain_text(words)
    before = chart.inner_html()
    with measured.open("a") as file:
        file.write(row % (3, 0.6))
    with log.open("a") as file:
        file.write('{"step": 3, "reward": 0.1}\n{"step": 4, "rew')
    expect(page.locator("[data-value=step]")).to_have_text("3 of 9")
    expect(page.locator("[data-value=held_out]")).to_contain_text("pass@1 60.0%")
    page.wait_for_function(
        "before => document.querySelector('[data-chart=held_out]').innerHTML !== before", arg=before
    )
    page.locator("summary", has_text="The last").click()
    expect(page.locator("[data-part=steps] tbody tr")).to_have_count(3)
    assert heard == []


TOO_NARROW = """() => [...document.querySelectorAll("table.list td, table.answers td")]
  .filter((cell) => cell.scrollWidth > cell.clientWidth + 1).map((cell) => cell.innerText)"""


@pytest.mark.parametrize("width", [1400, 420])
def test_no_page_scrolls_sideways_and_every_cell_has_room(opened, served, folder, width):
    root = served(folder)
    page, heard = opened(root, width)
    urls = ["/", *pages_of(page, root)]
    for url in urls:
        page.goto(f"{root}{url}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, url
        assert page.evaluate(TOO_NARROW) == [], url
    assert heard == []


def pages_of(page, root):
    """A run beside another, a problem, a sample, two of them, audit, checks, a training folder."""
    page.goto(root)
    run, second = (
        page.get_by_role("link", name=name, exact=True).get_attribute("href")
        for name in ("base", "deep/trained")
    )
    training = page.get_by_role("link", name="policy").get_attribute("href")
    key, other = run.rpartition("/")[2], second.rpartition("/")[2]
    both = f"{run}?with={other}"
    page.goto(f"{root}{both}")
    one = page.locator("tbody .row").first.get_attribute("href")
    problem = one.partition("?")[0].rpartition("/")[2]
    for slow in (f"{run}/audit", f"{run}/checks"):
        page.goto(f"{root}{slow}")
        expect(page.locator("[role=status]")).to_have_count(0)
    sample, diff = sample_path(key, problem, 2), diff_path(problem, key, 2, other, 5)
    return [
        both,
        one,
        f"{one}&status=correct",
        sample,
        diff,
        f"{run}/audit",
        f"{run}/checks",
        training,
    ]


def test_hostile_completions_run_nothing(opened, served, tmp_path):
    texts = [text[:4_000] for text in HOSTILE.values()]
    write_run(
        tmp_path / "r",
        sums(4),
        lambda i, d: (texts[(i * N + d) % len(texts)], "correct"),
    )
    root = served(tmp_path)
    page, heard = opened(root)
    follow(page, page.get_by_role("link", name="r", exact=True))
    expect(page.locator("tbody .row")).to_have_count(4)
    hrefs = [row.get_attribute("href") for row in page.locator("tbody .row").all()]
    seen = set()
    for href in hrefs:
        run, problem = href.split("/")[2], href.rpartition("/")[2]
        shown = [f"{href}?draws={number}" for number in (1, 2, 3)]
        shown += [diff_path(problem, run, i, run, i + 1) for i in range(0, N - 1, 4)]
        for url in shown:
            page.goto(f"{root}{url}")
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
    choose(page, "base", "deep/trained")
    page.wait_for_selector(".chart svg")
    for url in ["/", "/nothing", page.url.removeprefix(root), *urls]:
        page.goto(f"{root}{url}")
        page.wait_for_load_state("load")
        for place in page.locator(".chart").all():
            place.locator("svg").wait_for()
        page.evaluate(AXE.read_text(encoding="utf-8"))  # by the debugger, past the page's policy
        result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        found += [
            (url, rule["id"], rule["nodes"][0]["html"][:120])
            for rule in result["violations"]
            if rule["impact"] in ("serious", "critical")
        ]
    assert found == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_images_of_a_problem_are_shown_and_described(opened, served, tmp_path, scheme):
    problem = shown(1, [png(1, 90), GIF])
    problems = ProblemSet.of("squares", [problem])
    write_run(tmp_path / "base", problems, solved_by(lambda i: 5))
    root = served(tmp_path)
    page, heard = opened(root, width=420, scheme=scheme)
    run = page.get_by_role("link", name="base", exact=True).get_attribute("href").split("/")[-1]
    page.goto(root + problem_path(run, problem.id))
    for i, width in ((1, 90), (2, 1)):
        picture = page.get_by_role("img", name=f"Image {i} of 2 of the question")
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("naturalWidth", width)
    if AXE.is_file():
        page.evaluate(AXE.read_text(encoding="utf-8"))
        result = page.evaluate("axe.run('.asked', {resultTypes: ['violations']})")
        assert [rule["id"] for rule in result["violations"]] == []
    assert heard == []
