"""Pages that a folder adds by itself. In: ``docs/results``, ``docs/decisions``. Out: their
places.

A new page of results needs no entry in ``mkdocs.yml`` and has room for wide tables; the list of
decisions is made from its pages.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

HEAD = """# Decisions

One page per hard choice: the question, what was chosen, and why.
"""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put pages of results that the navigation does not name at the end of its Results."""
    results: list[Any] = next(part["Results"] for part in config.nav if "Results" in part)
    found = {f"results/{path.name}" for path in Path(config.docs_dir, "results").glob("*.md")}
    results += sorted(found - set(_named(results)))
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the list of decisions."""
    pages = sorted(Path(config.docs_dir, "decisions").glob("0*.md"))
    files.append(File.generated(config, "decisions/index.md", content=HEAD + _listed(pages)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Give the wide tables of the results the room of the table of contents."""
    if page.file.src_uri.startswith("results/"):
        page.meta.setdefault("hide", ["toc"])
    return markdown


def _named(part: Any) -> Iterator[str]:
    """Every page that a part of the navigation names, at any depth."""
    if isinstance(part, str):
        yield part
    else:
        for one in part.values() if isinstance(part, dict) else part:
            yield from _named(one)


def _listed(pages: list[Path]) -> str:
    titles = {path: path.read_text().splitlines()[0].removeprefix("# ") for path in pages}
    return "".join(f"\n- {path.name[:4]}: [{title}]({path.name})" for path, title in titles.items())
