"""Trajectories are shown turn by turn, as text: in the viewer and on the page."""

import json
import re

import pytest
from hostile_texts import HOSTILE
from show.fabricated import page_data

from passgap.logs.values import completed
from passgap.show.contents.report import page
from passgap.show.data import Arm, CompletionRow, PageData, ProblemRow
from passgap.show.page.page import render
from passgap.show.text import turns_of
from passgap.show.viewer.showing import CAP, Budget, shown_text

SPOKEN = [
    {"role": "user", "content": "Book a room."},
    {"role": "assistant", "content": "I look.\n\nOne moment."},
    {"role": "tool", "content": '{"free": 2}'},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "1", "name": "book", "arguments": {"room": 2}}],
    },
    {"role": "user", "content": "Thanks."},
]


def test_turns_come_back_from_the_text_that_an_import_writes():
    assert turns_of(completed(SPOKEN)) == [
        ("assistant", "I look.\n\nOne moment."),
        ("tool", '{"free": 2}'),
        ("assistant", 'book({"room": 2})'),
        ("user", "Thanks."),
    ]


@pytest.mark.parametrize(
    "text", ["", "The answer is 4.", "assistant: alone", "user: 1\nassistant: 2", "a\nuser: b"]
)
def test_other_texts_have_no_turns(text):
    assert turns_of(text) == []


def test_calls_as_openai_writes_them_are_named():
    call = {"function": {"name": "search", "arguments": '{"q": 1}'}}
    said = [{"role": "assistant", "tool_calls": [call]}, {"role": "tool", "content": "none"}]
    assert completed(said) == 'assistant: search({"q": 1})\ntool: none'


@pytest.mark.parametrize("said", HOSTILE)
def test_the_viewer_shows_hostile_turns_as_text(said):
    text = f"assistant: {said}\nuser: {said}"
    shown = str(shown_text(text, Budget(), False))
    assert shown.count('<p class="role">') >= 2
    assert not re.search(r"<(script|img|svg|iframe|a|style)\b", shown, re.IGNORECASE)
    inert = str(shown_text(text, Budget(), True))
    assert '<div class="turn"' not in inert


def test_a_long_trajectory_is_cut():
    long = "assistant: " + "x" * CAP + "\nuser: never shown"
    assert "never shown" not in str(shown_text(long, Budget(), False))
    many = str(shown_text("assistant: a\nuser: b\n" * CAP, Budget(), False))
    assert len(many) < 8 * CAP


def test_the_page_holds_the_turns():
    row = CompletionRow("q", "base", completed(SPOKEN), "correct", 0, None, "")
    problems = [ProblemRow("q", Arm(4, 1), Arm(4, 0), "Book?", "")]
    data = PageData("t", probe=page_data().probe, problems=problems, completions=[row])
    html = render(page(data))
    details = json.loads(re.search(r'id="details"[^>]*>(.*?)</script>', html, re.DOTALL)[1])
    (draw,) = next(one for one in details if one["id"] == "q")["draws"]
    assert draw["turns"][2] == ["assistant", 'book({"room": 2})']
    assert "text" not in draw
