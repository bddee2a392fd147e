"""The gallery: a real page for each verdict label. In: simulated counts. Out: HTML pages and CSV.

Each page is what `passgap report` writes of the counts beside it. A page whose verdict is not the
label that it stands for fails the build.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from gallery_worlds import Example, examples
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from passgap import compare_sweep, write_counts
from passgap.analysis.reach import reach
from passgap.results.labels import CompareLabel, Label, ProbeLabel, ReachLabel, SweepLabel
from passgap.show.blocks import VerdictBlock, walk
from passgap.show.contents.dispatch import blocks_of
from passgap.show.contents.report import page
from passgap.show.page.gathering import page_data, report_several
from passgap.show.page.page import write_page

PAGE = "gallery.md"
FOLDER = "gallery"
TITLES: Mapping[type[Label], tuple[str, str]] = {
    ProbeLabel: ("probe", "Before training: `passgap probe`"),
    CompareLabel: ("compare", "After training: `passgap compare`"),
    SweepLabel: ("sweep", "Several checkpoints: `passgap compare BASE STEP...`"),
    ReachLabel: ("reach", "Could the base have done it: `passgap reach`"),
}


@dataclass(frozen=True)
class Shown:
    """An example with its verdict, and the files that were made of it, by name."""

    example: Example
    verdict: VerdictBlock
    files: Mapping[str, str]


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages and the counts, and keep what the page of cards says of them."""
    shown = [made(one) for one in examples()]
    for one in shown:
        for name, content in one.files.items():
            files.append(File.generated(config, f"{FOLDER}/{name}", content=content))
    config.extra["gallery"] = cards(shown)
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put the cards at the end of the gallery."""
    return markdown + config.extra["gallery"] if page.file.src_uri == PAGE else markdown


def made(example: Example) -> Shown:
    """The page of an example, and its counts."""
    name = place(example.label)
    with TemporaryDirectory() as folder:
        out = Path(folder, f"{name}.html")
        arms = {"base": example.base}
        several = len(example.trained) > 1
        for i, one in enumerate(example.trained, 1):
            arms[f"trained-{i}" if several else "trained"] = one
        paths = [write_counts(one, Path(folder, f"{name}-{arm}.csv")) for arm, one in arms.items()]
        result = _written(example, paths, out)
        block = next(one for one in walk(blocks_of(result)) if isinstance(one, VerdictBlock))
        if block.label is not example.label:
            raise PluginError(
                f"the gallery's example of {example.label!r} got the verdict {block.label!r}; "
                "change its world in docs/hooks/gallery_worlds.py"
            )
        return Shown(example, block, {path.name: path.read_text() for path in (out, *paths)})


def place(label: Label) -> str:
    """The name of a label's page, without its ending."""
    return f"{TITLES[type(label)][0]}-{label.value}"


def _written(example: Example, paths: list[Path], out: Path) -> object:
    """Write the page, and return the result that the label belongs to."""
    base, trained = paths[0], paths[1:]
    command = " ".join(["passgap report", *(path.name for path in paths)])
    if isinstance(example.label, SweepLabel):
        steps = [(100 * i, counts) for i, counts in enumerate(example.trained, 1)]
        sweep = compare_sweep(example.base, steps)
        report_several(sweep, base, trained, out=out, command=command)
        return sweep
    after = trained[0] if trained else None
    data = page_data(base, after, title=f"Gallery: {example.label.words}", command=command)
    if example.log_ratios:
        reached = reach(example.base, example.trained[0], example.log_ratios)
        data = replace(data, reach=reached)
    write_page(page(data), out)
    return data.reach or data.comparison or data.probe


def cards(shown: list[Shown]) -> str:
    """The Markdown of all cards, a section for each question."""
    parts = []
    for kind, (_, title) in TITLES.items():
        parts.append(f"## {title}")
        parts += [_card(one) for one in shown if isinstance(one.example.label, kind)]
    return "\n\n" + "\n\n".join(parts) + "\n"


def _card(one: Shown) -> str:
    example, name = one.example, place(one.example.label)
    html, *counts = [f"{FOLDER}/{file}" for file in one.files]
    links = ", ".join(f"[{Path(file).stem.removeprefix(f'{name}-')}]({file})" for file in counts)
    sizes = sorted({*example.base.n.tolist()})
    samples = " or ".join(f"{n:,}" for n in sizes)
    reasons = "".join(f"\n- {reason}" for reason in one.verdict.reasons)
    return (
        f"### {example.label.value} {{ #{name} }}\n\n{one.verdict.sentence}\n\n"
        f"[Open the page]({html}){{ .md-button }}\n\n"
        f"Simulated, {len(example.base):,} problems with {samples} samples each: {example.world}. "
        f"Counts: {links}.\n\nWhat decides:\n{reasons}"
    )
