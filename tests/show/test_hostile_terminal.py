"""Hostile text in every view that a command prints: named, and never a terminal's command."""

import io
import json
import re
import subprocess
import sys

import pytest
from hostile_texts import HOSTILE, STEERS
from rich.console import Console

from passgap.plain import json_text
from passgap.show import (
    comparison_view,
    print_agreement,
    print_audit,
    print_case,
    print_checks,
    print_result,
    watching_view,
)


def printed(show) -> str:
    out = io.StringIO()
    show(Console(file=out, width=200, color_system=None))
    return out.getvalue()


@pytest.fixture
def views(comparison, probe, watched):
    """What is printed with one text in every place that outsiders fill."""

    def each(text):
        verdict = {**comparison["verdict"], "reasons": [text], "needs": text}
        dirty = {**comparison, "verdict": verdict, "notes": [text]}
        finding = {"severity": "note", "evidence": text, "remedy": text}
        seed = {"policy": text, "verdict": {"label": "sharpened"}, "delta": comparison["delta"][:1]}
        draw = dict.fromkeys(("problem_id", "status", "status_second", "extracted"), text)
        agreement = {
            "table": [
                {"first": a, "second": b, "draws": 1}
                for a in ("correct", "incorrect", "unscored")
                for b in ("correct", "incorrect", "unscored")
            ],
            "agreed": 3,
            "draws": 9,
            "kappa": None,
            "examples": [{**draw, "draw": 0, "extracted_second": text}],
        }
        case = dict.fromkeys(("problem_id", "question", "text", "extracted", "reference"), text)
        audit = {"marked": 0, "unsure": 0, "strata": [], "corrected": [], "notes": [text]}
        reach = {
            "verdict": {"label": "undecided", "reasons": [text], "needs": text},
            "settings": {"budget": 10},
            "gained": 1,
            "classes": {"reachable": 0, "beyond_budget": 0, "undecided": 1},
            "calibration": {"problems": 0},
            "amplification": {"mean_log_gain": {"value": None}},
            "rare_mass": {"trained": {"value": None}},
            "perplexity": [],
            "notes": [text],
            "rows": [
                {"problem_id": text, "class": "undecided", "low": 0, "high": 1, "trained_c": 1}
                | {"trained_n": 2, "base_n": 3}
            ],
        }
        strange = {**watched, "warnings": [finding], "notes": [text]}
        yield lambda console: console.print(comparison_view(dirty))
        yield lambda console: print_result({**dirty, "seeds": [seed]}, console)
        open_probe = {**probe, "verdict": {**verdict, "label": "undecided"}}
        yield lambda console: print_result(open_probe, console)
        yield lambda console: print_result(reach, console)
        yield lambda console: print_checks({"draws": 1, "findings": [finding]}, console)
        yield lambda console: print_agreement(agreement, console)
        yield lambda console: print_case({**case, "draw": 0, "c": 1, "n": 2}, "1 of 1", console)
        yield lambda console: print_audit(audit, console)
        yield lambda console: console.print(watching_view(strange))

    return each


@pytest.mark.parametrize("text", HOSTILE)
def test_no_view_lets_a_steering_character_through(views, text):
    for show in views(text):
        assert not re.search(STEERS, printed(show))


def test_markup_of_rich_is_printed_and_not_obeyed(views):
    text = "[bold red]markup[/bold red] [link=http://evil.example]here[/link] [/]"
    for show in views(text):
        assert "[bold red]markup[/bold red]" in printed(show)


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
