"""Hostile text in every view that a command prints: named, and never a terminal's command."""

import io
import json
import re
import subprocess
import sys
from dataclasses import replace

import fabricated
import pytest
from hostile_texts import HOSTILE, STEERS
from rich.console import Console

from passgap.data.outcomes import Candidate, Outcome, Readings
from passgap.evidence.auditing import Case
from passgap.plain import json_text
from passgap.results.audit import Audit
from passgap.results.findings import Checks, Finding
from passgap.results.reach import ReachRow
from passgap.results.tried import MarkedCandidate, ReadAs, Tried
from passgap.results.verified import STATUSES, Agreement, Difference, MarkedBoth
from passgap.show import print_blocks
from passgap.show.contents import marks
from passgap.show.contents.dispatch import blocks_of

pytestmark = pytest.mark.slow


def printed(blocks) -> str:
    out = io.StringIO()
    print_blocks(blocks, Console(file=out, width=200, color_system=None))
    return out.getvalue()


@pytest.fixture
def views(watched):
    """What is printed with one text in every place that outsiders fill."""

    def each(text):
        def verdict(result):
            return replace(result.verdict, reasons=(text,), needs=text)

        pair, probe, recipe = fabricated.comparison(), fabricated.probe(), fabricated.seeds()
        row = ReachRow(text, 3, 2, 1, 0.0, 1.0, 1.0, "undecided")
        reached = fabricated.reach()
        seeds = tuple(replace(seed, policy=text) for seed in recipe.seeds)
        finding = Finding("check", "note", text, text)
        table = tuple(MarkedBoth(a, b, 1) for a in STATUSES for b in STATUSES)
        example = Difference(text, 0, text, text, text, text, text, text)
        outcome = Outcome("correct", text, text, Readings("correct", "correct"))
        results = [
            replace(pair, verdict=verdict(pair), notes=(text,)),
            replace(recipe, verdict=verdict(recipe), seeds=seeds, notes=(text,)),
            replace(probe, verdict=verdict(probe)),
            replace(reached, verdict=verdict(reached), rows=(row,), notes=(text,)),
            Checks((text,), 1, (finding,)),
            Audit(0, 0, fabricated.UNKNOWN, (), (), (text,)),
            replace(watched, warnings=(finding,), notes=(text,)),
        ]
        yield from map(blocks_of, results)
        yield marks.agreement(Agreement(text, text, table, (example,)))
        yield marks.case(Case(text, 0, text, text, text, text, 1, 2), "1 of 1")
        candidate = MarkedCandidate(Candidate("value", text, 0, 1), "correct")
        yield marks.tried(Tried("math", text, outcome, (candidate,), ReadAs(text, text)))

    return each


@pytest.mark.parametrize("text", HOSTILE)
def test_no_view_lets_a_steering_character_through(views, text):
    for blocks in views(text):
        assert not re.search(STEERS, printed(blocks))


def test_markup_of_rich_is_printed_and_not_obeyed(views):
    text = "[bold red]markup[/bold red] [link=http://evil.example]here[/link] [/]"
    for blocks in views(text):
        assert "[bold red]markup[/bold red]" in printed(blocks)


@pytest.mark.parametrize("text", HOSTILE)
def test_json_is_the_same_data_without_a_steering_character(text):
    value = {text: [text], "π": 1}
    shown = json_text(value)
    assert not re.search(STEERS, shown)
    assert json.loads(shown) == value
    assert "π" in shown


def test_an_error_about_a_hostile_name_is_inert(tmp_path):
    name = str(tmp_path / "\x1b[2Jgone\u202e\x9b.csv")
    found = subprocess.run(
        [sys.executable, "-m", "passgap", "probe", name], capture_output=True, text=True
    )
    assert found.returncode == 2
    assert "‹U+001B›[2Jgone‹U+202E›‹U+009B›" in found.stderr
    assert not re.search(STEERS, found.stderr)
