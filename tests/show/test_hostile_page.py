"""Hostile text in every place that outsiders fill: the page as a document, and in a browser."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hostile_texts import HOSTILE, STEERS

from passgap.show import PageData
from passgap.show.page.page import render

PLACES = ("text", "question", "reference", "extracted", "reason", "status", "role")


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


def hostile(data: PageData, text: str) -> PageData:
    """The page of a pair whose names, words, problems and completions are all this text."""
    completion = {**dict.fromkeys(PLACES, text), "problem_id": text, "draw": 0}
    verdict = {**data.comparison["verdict"], "reasons": [text], "needs": text}
    run = {"policy": {"path": text}, "problem_set": {"name": text}, "command": text, text: text}
    found = {"severity": "note", "evidence": text, "remedy": text}
    problem = {"problem_id": text, "question": text, "reference": text}
    return replace(
        data,
        title=text,
        probe=None,
        training=(),
        held_out=(),
        watching=None,
        comparison={**data.comparison, "verdict": verdict},
        completions=[completion, {**completion, "role": "base"}],
        problems=[{**problem, "n": 4, "base_c": 1, "trained_c": 0}],
        stored={"base": {"completions": 8, "place": text}},
        checks={"draws": 8, "findings": [found]},
        notes=[text],
        command=text,
        runs={"base": run},
    )


@pytest.fixture(scope="module")
def shape_of_harmless():
    shapes = {}

    def shape(data):
        if "it" not in shapes:
            shapes["it"] = Document(render(hostile(data, "harmless"))).shape
        return shapes["it"]

    return shape


def test_there_are_forty_of_them():
    assert len(set(HOSTILE)) >= 40


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_adds_no_element_and_no_steering_character(data, text, shape_of_harmless):
    html = render(hostile(data, text))
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
    problems = [
        {"problem_id": i, "question": t, "reference": t, "n": 4, "base_c": 1, "trained_c": 0}
        for i, t in zip(ids, HOSTILE, strict=True)
    ]
    rows = [
        {**dict.fromkeys(PLACES, text), "role": "base", "problem_id": i, "draw": 0}
        for i, text in zip(ids, HOSTILE, strict=True)
    ]
    page, said, asked = opened(
        replace(hostile(data, "".join(HOSTILE[:20])), problems=problems, completions=rows), 1400
    )
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    for button in page.locator("#problems tbody tr:not(.opened) button[aria-expanded]").all():
        button.click()
    assert page.locator(".opened pre").count() == 2, "the question and one completion"
    opened_text = page.locator(".opened pre").last.inner_text()
    assert opened_text.startswith(r"\[\frac{")
    for kind in ("csv", "svg", "png"):
        with page.expect_download():
            page.locator(f"figure:has([data-chart=scatter]) [data-file={kind}]").click()
    assert page.evaluate("window.hacked") is None
    assert page.locator("main").is_visible()
    assert (said, asked, dialogs) == ([], [], [])
