"""What sampling alone gives and the sweep, as shown: sentences, tables, and hostile names."""

import copy
import io

import pytest
from rich.console import Console

from passgap.show import print_result
from passgap.show.alone import alone_sentence, alone_table
from passgap.show.page.page import render
from passgap.show.sweeping import sweep_sentence, sweep_table

CI = {"value": 0.5, "low": 0.4, "high": 0.6}
HOSTILE = "\x1b[31m</script>[bold]"


def arm(name="base", **more):
    rows = [
        {"k": k, "tokens": {"value": 10.0 * k, "low": None, "high": None}, "pass_at_k": CI}
        | {"maj_at_k": CI}
        for k in (1, 2, 4)
    ]
    return {"name": name, "temperature": 0.7, "n": 4, "rows": rows, **more}


@pytest.fixture
def alone():
    reach = {"k": 16, "low": 10, "high": None, "n": 128, "tokens": 160.0}
    never = {"k": None, "low": None, "high": None, "n": 128, "tokens": None}
    none = {"value": None, "low": None, "high": None, "extra_tokens": None}
    even = {"value": 1234.4, "low": None, "high": 2000.0, "extra_tokens": 150.0}
    return {
        "arms": [
            arm(
                equal_tokens={"k": 1, "majority": CI, "best_of": CI},
                reaches={"majority": never, "best_of": reach},
                break_even={"majority": none, "best_of": even},
            )
        ],
        "trained": arm("trained"),
        "training": {"completions": 100, "mean_tokens": 10.0, "tokens": 1000.0},
        "notes": [f"a note {HOSTILE}"],
    }


def printed(show, result):
    console = Console(file=io.StringIO(), width=140)
    show(result, console)
    return console.file.getvalue()


def test_the_sentence_says_what_reaches_the_trained_policy_and_what_does_not(alone):
    said = alone_sentence(alone)
    assert "A majority vote among draws of the base does not reach that with up to 128" in said
    assert "reaches it with 16 (10 to > 128) draws, 160 tokens" in said
    assert "training drew 1,000 tokens, and is cheaper after 1,234 (– to 2,000) questions" in said
    rows = alone_table(alone)["rows"]
    assert rows[0][0] == "vote"
    assert rows[0][4:] == ["> 128", "–", "–"]


def test_page_and_terminal_show_it_after_and_before_training(data, comparison, probe, alone):
    comparison["sampling_alone"] = alone
    page = render(data)
    assert "What sampling alone gives" in page
    assert "does not reach that with up to 128" in page
    assert "</script>[bold]" not in page
    text = printed(print_result, comparison)
    assert "1,234" in text
    assert "\x1b[31m" not in text
    before = alone | {"trained": None, "training": None, "arms": [arm()]}
    shown = printed(print_result, probe | {"sampling_alone": before})
    assert "Sampling alone, without training" in shown
    assert "What sampling alone" not in render(type(data)(title="x", probe=probe))


def test_without_votes_or_tokens_there_are_dashes(alone):
    bare = copy.deepcopy(alone)
    one = bare["arms"][0]
    one |= {"equal_tokens": None, "temperature": None}
    one["reaches"]["majority"] = None
    (row,) = alone_table(bare)["rows"]
    assert row[:4] == ["best of k", "–", "–", "–"]


@pytest.fixture
def sweep(comparison):
    change = {**CI, "band_low": -0.3, "band_high": -0.1}
    curve = comparison["base"]["curve"]
    points = [
        {"step": step, "policy": HOSTILE, "verdict": {"label": "narrowed"}, "curve": curve}
        | {"delta": [{"k": row["k"], **change} for row in curve]}
        for step in (10, 20)
    ]
    return {
        "verdict": {"label": "coverage_falls", "reasons": [HOSTILE], "needs": None},
        "settings": {"k_small": 2, "k_large": 128},
        "base": {"curve": curve},
        "checkpoints": points,
        "fall": {"k": 128, "since": 10, "step": 20, "below_base": None},
        "keep": {"step": 10, "small": {"k": 2, "value": 0.1}, "alike": [20]},
        "rule": "the rule",
        "notes": ["a note"],
    }


def test_the_sweep_says_where_coverage_falls_and_what_to_keep(sweep):
    said = sweep_sentence(sweep)
    assert "begins to fall between step 10 and step 20" in said
    assert (
        "Keep step 10 (pass@2 +10.0 points on the base, not told apart there from step 20)" in said
    )
    rows = sweep_table(sweep)["rows"]
    assert [row[-1] for row in rows] == ["", "keep", "falls from here on"]
    text = printed(print_result, sweep)
    assert "\x1b[31m" not in text
    assert "The rule: the rule" in text
    nothing = sweep | {"fall": None, "keep": None}
    assert "Keep the base" in sweep_sentence(nothing)
    assert "neither shown nor excluded" in sweep_sentence(nothing)
