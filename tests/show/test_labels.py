"""Every label of every question, as each place shows it: its words, its sentence, its tone.

The labels are found, not listed: a new one is covered as soon as it stands in its enum.
"""

import io
import re
from html import unescape
from pathlib import Path

import fabricated
import pytest
from rich.console import Console
from rich.rule import Rule

from passgap.results.labels import Label, Tone
from passgap.show import html, print_result
from passgap.show.blocks import VerdictBlock, walk
from passgap.show.contents.dispatch import blocks_of
from passgap.show.markdown import paint as markdown
from passgap.show.page.painter import of_page
from passgap.show.terminal import paint
from passgap.show.theme import LIGHT

LABELS = [label for question in Label.__subclasses__() for label in question]
IDS = [f"{type(label).__name__}.{label}" for label in LABELS]
DOTS = {Tone.GOOD: "🟢", Tone.OPEN: "🟡", Tone.BAD: "🔴"}
COLOURS = {Tone.GOOD: "green", Tone.OPEN: "yellow", Tone.BAD: "red"}


def verdict_of(label: Label) -> VerdictBlock:
    blocks = walk(blocks_of(fabricated.result(label)))
    return next(block for block in blocks if isinstance(block, VerdictBlock))


def words(text: str) -> str:
    """A text without the line breaks, frames and backslashes that a place adds."""
    return " ".join(text.replace("│", " ").replace("\\", "").split())


def test_there_are_labels_of_four_questions():
    assert len(Label.__subclasses__()) >= 4
    assert all(len(question) > 1 for question in Label.__subclasses__())


@pytest.mark.parametrize("label", LABELS, ids=IDS)
def test_a_label_has_a_sentence_with_every_number_in_it(label):
    block = verdict_of(label)
    assert block.label is label
    assert len(block.sentence) > 20
    assert not set("{}") & set(block.sentence)
    assert "nan" not in block.sentence.split()
    assert isinstance(label.tone, Tone)
    assert bool(label.settles) <= (label.tone is Tone.OPEN), "what is decided needs nothing"
    assert label.settles in block.needs


@pytest.mark.parametrize("label", LABELS, ids=IDS)
def test_the_terminal_shows_it_in_its_colour(label):
    block = verdict_of(label)
    console = Console(file=io.StringIO(), width=100, color_system=None)
    print_result(fabricated.result(label), console)
    text = console.file.getvalue()
    assert label.value in text.splitlines()[0]
    assert words(block.sentence) in words(text)
    (heading,) = (part for part in paint([block]).renderables if isinstance(part, Rule))
    assert heading.style == COLOURS[label.tone]


@pytest.mark.parametrize("label", LABELS, ids=IDS)
def test_the_page_and_the_viewer_show_it_in_its_tone(label):
    block = verdict_of(label)
    shown = of_page({}).paint(blocks_of(fabricated.result(label)))
    assert f'<div class="verdict {label.tone.name.lower()}">' in shown
    assert f"<code>{label.value}</code>" in shown
    sentence = re.search(r'<p class="sentence">(.*?)</p>', shown, re.S)[1]
    assert unescape(sentence).replace("\u00a0", " ") == block.sentence


@pytest.mark.parametrize("label", LABELS, ids=IDS)
def test_a_notebook_shows_it_in_its_colour(label):
    block = verdict_of(label)
    shown = html(fabricated.result(label))
    assert f"{LIGHT[label.tone.name.lower()]}" in shown.split("</code>")[0]
    assert label.value in shown
    assert block.sentence.replace("'", "&#39;") in shown


@pytest.mark.parametrize("label", LABELS, ids=IDS)
def test_markdown_shows_it_with_its_dot(label):
    block = verdict_of(label)
    shown = markdown(blocks_of(fabricated.result(label)))
    assert shown.startswith(f"{DOTS[label.tone]} **{block.when}: `{label.value}`.**")
    assert words(block.sentence) in words(shown)


@pytest.mark.parametrize("label", LABELS, ids=IDS)
def test_the_page_on_verdicts_explains_it(label):
    page = Path(__file__).parents[2] / "docs" / "verdicts.md"
    assert f"`{label}`" in page.read_text(encoding="utf-8")


def test_a_label_without_sentence_or_tone_cannot_be_made():
    with pytest.raises(TypeError):
        Label("bare", {"TOY": "toy"})
    with pytest.raises(TypeError):
        Label("bare", {"TOY": ("toy", Tone.GOOD)})
