"""Hostile text in every place that outsiders fill: the page as a document, and in a browser."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hostile_texts import HOSTILE, STEERS

from passgap.results.findings import Checks, Finding
from passgap.show.contents.report import flat, page
from passgap.show.data import Arm, CompletionRow, PageData, ProblemRow, RunAbout, Stored
from passgap.show.page.page import render

pytestmark = pytest.mark.slow


class Document(HTMLParser):
    """Every element with the names of its attributes, and the text outside scripts and styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.shape: list[tuple[str, list[str]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.shape.append((tag, sorted(name for name, _ in attrs)))

    def handle_data(self, data):
        if self.shape and self.shape[-1][0] not in ("script", "style"):
            self.text += data


def completion_of(problem_id: str, text: str) -> CompletionRow:
    return CompletionRow(problem_id, "base", text, text, 0, text, text)


def hostile(data: PageData, text: str) -> PageData:
    """The page of a pair whose names, words, problems and completions are all this text."""
    completion = completion_of(text, text)
    verdict = replace(data.comparison.verdict, reasons=(text,), needs=text)
    settings = flat({"policy": {"path": text}, "problem_set": {"name": text}, text: text})
    run = RunAbout(text, text, None, settings, (text,))
    found = Finding("check", "note", text, text)
    return replace(
        data,
        title=text,
        probe=None,
        training=(),
        held_out=(),
        watching=None,
        comparison=replace(data.comparison, verdict=verdict),
        completions=[replace(completion, role=text), completion],
        problems=[ProblemRow(text, Arm(4, 1), Arm(4, 0), text, text)],
        stored={"base": Stored(8, text)},
        checks=[Checks((text,), 8, (found,))],
        notes=[text],
        command=text,
        runs={"base": run},
    )


@pytest.fixture(scope="module")
def shape_of_harmless():
    shapes = {}

    def shape(data):
        if "it" not in shapes:
            shapes["it"] = Document(render(page(hostile(data, "harmless")))).shape
        return shapes["it"]

    return shape


def test_there_are_forty_of_them():
    assert len(set(HOSTILE)) >= 40


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_adds_no_element_and_no_steering_character(data, text, shape_of_harmless):
    html = render(page(hostile(data, text)))
    document = Document(html)
    assert document.shape == shape_of_harmless(data)
    assert not re.search(STEERS, document.text)
    html.encode("utf-8")
    inside = re.search(r'id="details">(.*?)</script>', html, re.S)[1]
    assert not set("<>&") & set(inside), "what opens is data that no markup can leave"
    (one,) = json.loads(inside)
    assert not re.search(STEERS, json.dumps(one, ensure_ascii=False))


def test_a_browser_shows_all_of_it_and_runs_none(opened, data):
    ids = [str(i) for i in range(len(HOSTILE))]
    texts = list(zip(ids, HOSTILE, strict=True))
    problems = [ProblemRow(i, Arm(4, 1), Arm(4, 0), text, text) for i, text in texts]
    rows = [completion_of(i, text) for i, text in texts]
    shown, said, asked = opened(
        replace(hostile(data, "".join(HOSTILE[:20])), problems=problems, completions=rows), 1400
    )
    dialogs = []
    shown.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    for button in shown.locator("#problems tbody tr:not(.opened) button[aria-expanded]").all():
        button.click()
    assert shown.locator(".opened pre").count() == 2, "the question and one completion"
    opened_text = shown.locator(".opened pre").last.inner_text()
    assert opened_text.startswith(r"\[\frac{")
    for kind in ("csv", "svg", "png"):
        with shown.expect_download():
            shown.locator(f"figure:has([data-chart=scatter]) [data-file={kind}]").click()
    assert shown.evaluate("window.hacked") is None
    assert shown.locator("main").is_visible()
    assert (said, asked, dialogs) == ([], [], [])
