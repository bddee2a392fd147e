"""The site builds with every link checked, reads nothing from elsewhere, and lacks no page."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

import passgap.stats
from passgap.cli import SECTIONS
from passgap.logs import FORMATS
from passgap.results.labels import Label, StartsLabel

ROOT = Path(__file__).parents[2]
CHROMIUM, AXE = shutil.which("chromium"), ROOT / ".cache" / "axe.min.js"
SEEN = (  # a page of each kind
    "index",
    "methods/intervals",
    "reference/commands/compare",
    "reference/python/analyses",
    "glossary",
    "gallery",
    "results/calibration",
)
FETCHED = re.compile(
    r"<(?:script|img|iframe|source|video)\b[^>]*?\ssrc=[\"']?((?:https?:)?//[^\"'\s>]+)"
    r"|<link\b(?=[^>]*\brel=[\"']?(?:stylesheet|icon|preload|preconnect|dns-prefetch))"
    r"[^>]*?\shref=[\"']?((?:https?:)?//[^\"'\s>]+)",
    re.IGNORECASE,
)
IN_STYLES = re.compile(r"(?:url\(|@import)\s*[\"']?((?:https?:)?//[^\"')\s]+)", re.IGNORECASE)


built = pytest.mark.slow  # the whole site is built, which make docs does as well


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@built
def test_nothing_is_fetched_from_elsewhere(site):
    pages = list(site.rglob("*.html"))
    assert len(pages) > 40
    for page in pages:
        assert FETCHED.findall(page.read_text()) == [], page
    for style in site.rglob("*.css"):
        assert IN_STYLES.findall(style.read_text()) == [], style


def test_what_would_be_fetched_is_seen():
    script = '<script defer src="https://cdn.example/x.js"></script>'
    font = '<link rel="stylesheet" href="//fonts.example/css?family=Roboto">'
    assert [any(found) for found in FETCHED.findall(script + font)] == [True, True]
    assert IN_STYLES.findall("@font-face{src:url(https://x.example/a.woff2)}")
    assert FETCHED.findall('<a href="https://arxiv.org/abs/2504.13837">paper</a>') == []


@built
def test_formulas_are_mathml(site):
    text = (site / "methods" / "pass-at-k.html").read_text()
    assert text.count("<math") > 10
    for page in (site / "methods").glob("*.html"):
        assert "arithmatex" not in page.read_text(), page


@built
def test_every_command_has_its_page(site):
    folder = site / "reference" / "commands"
    overview = (folder / "index.html").read_text()
    names = [name for section in SECTIONS.values() for name in section]
    for name in names:
        assert f'href="{name}.html"' in overview, name
        assert f'id="passgap-{name}"' in (folder / f"{name}.html").read_text(), name
    assert {path.stem for path in folder.glob("*.html")} == {*names, "index"}
    for page, below in (("export", "export-verl"), ("lab", "lab-pretrain")):
        assert f'id="passgap-{below}"' in (folder / f"{page}.html").read_text(), below
    assert ">--false-positive-rate</code>" in (folder / "compare.html").read_text()


@built
def test_every_public_name_has_its_place(site):
    pages = "".join(page.read_text() for page in (site / "reference" / "python").glob("*.html"))
    for name in (*passgap.__all__, *passgap.stats.__all__):
        if not name.startswith("_"):
            assert re.search(rf'id="passgap\.[\w.]*\b{name}"', pages), name


@built
def test_the_gallery_has_a_page_for_every_label(site):
    cards = (site / "gallery.html").read_text()
    titles = {"ProbeLabel": "probe", "CompareLabel": "compare", "SweepLabel": "sweep"}
    questions = [one for one in Label.__subclasses__() if one is not StartsLabel]  # has no page
    for question in questions:
        for label in question:
            name = f"{titles.get(question.__name__, 'reach')}-{label.value}"
            assert f'href="gallery/{name}.html"' in cards, name
            page = (site / "gallery" / f"{name}.html").read_text()
            assert f"<code>{label.value}</code>" in page, name
            assert (site / "gallery" / f"{name}-base.csv").read_text().startswith("problem_id,n,c")
    assert cards.count("Simulated, ") == sum(map(len, questions))


@built
def test_decisions_are_for_developers(site):
    home = (site / "index.html").read_text()
    assert "For developers" in home
    assert home.index('href="cite.html"') < home.index('href="decisions/index.html"')


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 420])
def test_pages_fit_and_axe_finds_nothing_serious(site, scheme, width):
    if CHROMIUM is None or not AXE.is_file():
        pytest.skip("needs chromium on the path, and .cache/axe.min.js by tools/fetch_axe.sh")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        viewport = {"width": width, "height": 900}
        page = browser.new_context(viewport=viewport, color_scheme=scheme).new_page()
        for name in SEEN:
            page.goto((site / f"{name}.html").as_uri())
            page.locator(".md-search[aria-label]").wait_for(state="attached")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name
            page.evaluate(AXE.read_text(encoding="utf-8"))
            found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
            serious = [v for v in found["violations"] if v["impact"] in ("serious", "critical")]
            said = [(one["id"], one["nodes"][0]["html"][:160]) for one in serious]
            assert said == [], name
        browser.close()


@built
def test_the_notebook_is_a_page(site):
    text = (site / "notebooks" / "from_counts_to_verdict.html").read_text()
    assert "sharpened_narrowed" in text


def test_every_format_of_import_is_listed():
    page = (ROOT / "docs" / "start" / "logs.md").read_text()
    assert re.findall(r"^\| `([a-z0-9][a-z0-9-]*)` \|", page, re.MULTILINE) == sorted_like(
        page, FORMATS
    )


def sorted_like(page: str, formats: dict[str, object]) -> list[str]:
    """The formats in the page's own order; one that it lacks comes last."""
    return sorted(formats, key=lambda name: page.find(f"| `{name}` |") % 10**9)


def test_pictures_are_drawn_by_the_script_and_used():
    folder = ROOT / "docs" / "pictures"
    drawn = set(re.findall(r"^def ([a-z]+)\(\) -> Chart", (folder / "draw.py").read_text(), re.M))
    files = {path.stem for path in folder.glob("*.svg")}
    pages = "".join(page.read_text() for page in (ROOT / "docs" / "methods").glob("*.md"))
    assert files == drawn == set(re.findall(r"pictures/(\w+)\.svg", pages))
    assert all(path.stat().st_size < 200_000 for path in folder.glob("*.svg"))
