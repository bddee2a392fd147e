"""The documentation's examples run: every marked block of a page, in order, in one folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from blocks import Block, blocks, unsaid

DOCS = Path(__file__).parents[2] / "docs"
ALL = [DOCS.parent / "README.md", *sorted(DOCS.rglob("*.md"))]
PAGES = [page for page in ALL if blocks(page)]
IDS = [str(page.relative_to(DOCS.parent)) for page in PAGES]
HISTORY = {"decisions", "results"}  # what was chosen, and what was measured by which command


def run(block: Block, folder: Path) -> None:
    command = (
        ["bash", "-euo", "pipefail", "-c"] if block.language == "shell" else [sys.executable, "-c"]
    )
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [*command, block.text],
        cwd=folder,
        env=os.environ | {"PATH": path, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{block.text}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"


@pytest.mark.slow  # make test-slow and CI run it: a minute on two idle cores
@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_the_examples_of_a_page_run(page, tmp_path):
    for block in blocks(page):
        run(block, tmp_path)


def test_the_pages_that_promise_examples_have_them():
    wanted = {f"docs/start/{name}.md" for name in ("nothing", "model", "logs", "trainer")}
    wanted |= {"README.md", "docs/tutorial.md", "docs/recipes.md"}
    assert wanted <= set(IDS)


def test_every_block_runs_or_says_why_it_does_not():
    pages = [page for page in ALL if page.parent.name not in HISTORY]
    assert {
        str(page.relative_to(DOCS.parent)): unsaid(page) for page in pages if unsaid(page)
    } == {}


def test_the_readme_fits_its_bound():
    assert len((DOCS.parent / "README.md").read_text().splitlines()) < 150


def test_a_block_that_fails_is_told(tmp_path):
    with pytest.raises(AssertionError, match="No such option"):
        run(Block("shell", "passgap probe --no-such-flag"), tmp_path)


def test_a_change_that_no_longer_fits_is_told(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("<!-- run: -n 128 as -n 8 -->\n```shell\npassgap sample -n 64\n```\n")
    with pytest.raises(AssertionError, match="'-n 128' is not in the block"):
        blocks(page)
