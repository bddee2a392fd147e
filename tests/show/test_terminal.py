import io
import re
from dataclasses import replace

import fabricated
import pytest
from rich.console import Console

from passgap.cli.flags import OutputFlags
from passgap.cli.printing import show
from passgap.results.estimates import Estimate
from passgap.results.findings import Checks, Finding
from passgap.results.labels import Label
from passgap.show import as_latex, print_result
from passgap.show.text import between, estimated, interval, number, p_value, points, visible


def printed(result, width=120) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    print_result(result, console)
    return console.file.getvalue()


def test_a_probe_shows_verdict_headroom_and_curve(probe):
    text = printed(probe)
    for part in ("rlvr_can_pay", "36-point gap", "+31.0 to +41.0", "15.5 to 25.5%"):
        assert part in text


def test_a_comparison_shows_both_arms_and_the_difference(comparison):
    text = printed(comparison)
    for part in (
        "sharpened_narrowed",
        "29.2% → 45.4%",
        "+16.1 points (+13.1 to +19.1)",
        "−4.8",
        "answered samples",
        "12.0%",
    ):
        assert part in text


def test_what_is_to_be_printed_stands_under_its_title_and_nothing_under_none(comparison):
    lines = printed(comparison).splitlines()
    assert "How many problems are solved within k tries" in lines
    at = lines.index("How large, how certain, and only sharpening?")
    assert lines[at - 1] == ""
    assert lines[at + 2].startswith("new problems: largest factor of the")
    assert any(line.startswith("tilt δ") for line in lines[at:])
    bare = replace(comparison, answered=None)
    assert "Did it learn to answer" in printed(comparison)
    assert "Did it learn to answer" not in printed(bare)


def test_a_recipe_and_a_sweep_show_their_rows():
    text = printed(fabricated.seeds())
    assert "Seed by seed" in text
    assert "+10.0 (+5.0 to +15.0)" in text
    assert "Ranked by this rule: the rule" in printed(fabricated.sweep())


def test_hostile_text_reaches_the_terminal_as_text(comparison):
    verdict = replace(
        comparison.verdict,
        reasons=("\x1b[2Jgone \x07 [red]markup[/red] [link=http://x]y[/link] \u202eback",),
        needs="\x9b31m more",
    )
    text = printed(replace(comparison, verdict=verdict))
    assert not set("\x1b\x07\x9b\u202e") & set(text)
    assert "‹U+001B›[2Jgone ‹U+0007› [red]markup[/red]" in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\tb\nc\r\nd", "a\tb\nc\nd"),
        ("\x00\r\x7f", "‹U+0000›‹U+000D›‹U+007F›"),
        ("\u200b\u2028\ud800\U000e0041", "‹U+200B›‹U+2028›‹U+D800›‹U+E0041›"),
        ("naïve 数学 √2 ≤ π", "naïve 数学 √2 ≤ π"),
    ],
)
def test_visible(text, shown):
    assert visible(text) == shown


def test_numbers_read_well():
    assert points(-0.0004) == "0.0"
    assert points(0.123) == "+12.3"
    assert interval(Estimate(0.2, 0.1, 0.25)) == "10.0 to 25.0%"
    assert between(None, 0.25) == "–"
    assert estimated(Estimate(0.2, 0.1, 0.25)) == "20.0% (10.0 to 25.0%)"
    assert estimated(Estimate(0.2, float("nan"), 0.25)) == "20.0%"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(-0.001, "0.00"), (-0.87, "\u22120.87"), (-0.0, "0.00"), (1234, "1,234"), (None, "–")],
)
def test_a_number_has_no_sign_where_it_rounds_to_nothing(value, shown):
    assert number(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(0.0004, "p < 0.001"), (0.03, "p = 0.030"), (None, "p = –")]
)
def test_a_p_value_is_never_nought(value, shown):
    assert p_value(value) == shown


# ------------------------------------------------------------------------------- one screen


LABELS = [label for question in Label.__subclasses__() for label in question]


def one_screen(result) -> str:
    console = Console(file=io.StringIO(), width=80, color_system=None)
    print_result(result, console, full=False)
    return console.file.getvalue()


@pytest.mark.parametrize("label", LABELS, ids=str)
def test_every_verdict_is_answered_on_one_screen(label):
    result = fabricated.result(label)
    text = one_screen(result)
    assert len(text.splitlines()) <= 40
    assert label.value in text.splitlines()[0]
    heading = text.partition(":")[0]
    assert heading in ("Before training", "After training", "Across checkpoints", "Could the base")


@pytest.mark.parametrize("make", [fabricated.comparison, fabricated.probe, fabricated.sweep])
@pytest.mark.parametrize("width", [60, 80])
def test_no_line_breaks_inside_an_interval(make, width):
    text = printed(make(), width)
    assert text.count(" to ") >= 5
    for line in text.splitlines():
        assert not re.search(r"[\d%] to *$|^ *(to )?[+−]?[\d.]+%?\)", line), line


def test_one_screen_names_what_it_leaves_out_and_full_shows_it(comparison):
    notes = tuple(f"note {i}" for i in range(5))
    text = one_screen(replace(comparison, notes=notes))
    assert "note 2" in text
    assert "note 3" not in text
    last = " ".join(text.split("--full shows all: ")[1].split())
    assert last.endswith("2 more notes.")
    left = last.removesuffix("; 2 more notes.").split("; ")
    assert "Which problems changed" in left
    whole = printed(comparison)
    for title in left:
        assert title not in text.split("--full")[0]
        assert title in whole


def test_latex_has_every_table_and_no_command_of_a_text(comparison):
    hostile = replace(comparison.verdict, reasons=(r"\input{secret} 100% & more",))
    text = as_latex(replace(comparison, verdict=hostile, notes=(r"\write18{x}",)))
    assert text.startswith("% After training: sharpened_narrowed.")
    assert text.count(r"\begin{tabular}") == text.count(r"\end{tabular}") >= 4
    assert r"29.2\% $\rightarrow$ 45.4\%" in text
    assert r"\input" not in text
    assert r"\write18" not in text


@pytest.mark.parametrize("language", ["markdown", "latex"])
def test_data_checks_are_told_beside_a_text_for_elsewhere(probe, capsys, language):
    finding = Finding("copies", "error", "half of them are copies", "sample again")
    show(probe, OutputFlags(**{language: True}), None, Checks(("base",), 10, (finding,)))
    told = capsys.readouterr()
    assert "half of them are copies" in told.err
    assert "copies" not in told.out
    assert "rlvr" in told.out
