"""What sampling alone gives and the sweep, as shown: sentences, tables, and hostile names."""

import io
from dataclasses import replace

import fabricated
import pytest
from rich.console import Console

from passgap.results.estimates import Estimate
from passgap.results.labels import SweepLabel
from passgap.results.sampling_alone import (
    AgainstTrained,
    AloneArm,
    AloneAt,
    AloneBase,
    BreakEven,
    ByMethod,
    EqualTokens,
    Reaches,
    SamplingAlone,
    TrainingTokens,
)
from passgap.show import print_result
from passgap.show.contents.alone import against_trained, alone_sentence
from passgap.show.contents.report import page
from passgap.show.contents.sweep import sweep_table
from passgap.show.contents.sweep import verdict as sweep_verdict
from passgap.show.data import PageData
from passgap.show.page.page import render

CI = Estimate(0.5, 0.4, 0.6)
HOSTILE = "\x1b[31m</script>[bold]"
ROWS = tuple(AloneAt(k, Estimate(10.0 * k, *[float("nan")] * 2), CI, CI) for k in (1, 2, 4))
NEVER = Reaches(None, None, None, 128, None)
REACHES = Reaches(16, 10, None, 128, 160.0)
AGAINST = AgainstTrained(
    EqualTokens(1, CI, CI),
    ByMethod(REACHES, NEVER),
    ByMethod(BreakEven(1234.4, None, 2000.0, 150.0), BreakEven(None, None, None, None)),
)


@pytest.fixture
def alone() -> SamplingAlone:
    return SamplingAlone(
        (AloneBase("base", 0.7, 4, ROWS, AGAINST),),
        AloneArm("trained", 0.7, 4, ROWS),
        TrainingTokens(100, 10.0, 1000.0),
        (f"a note {HOSTILE}",),
    )


def printed(result):
    console = Console(file=io.StringIO(), width=140)
    print_result(result, console)
    return console.file.getvalue()


def test_the_sentence_says_what_reaches_the_trained_policy_and_what_does_not(alone):
    said = alone_sentence(alone, alone.trained)
    assert "A majority vote among samples of the base does not reach that with up to 128" in said
    assert "reaches it with 16 (10 to > 128) samples, 160 tokens" in said
    assert (
        "training sampled 1,000 tokens, and is cheaper after 1,234 (– to 2,000) questions" in said
    )
    rows = against_trained(alone).rows
    assert rows[0][0] == "vote"
    assert rows[0][4:] == ["> 128", "–", "–"]


def test_page_and_terminal_show_it_after_and_before_training(data, comparison, probe, alone):
    after = replace(comparison, sampling_alone=alone)
    shown = render(page(replace(data, comparison=after)))
    assert "What sampling alone gives" in shown
    assert "does not reach that with up to 128" in shown
    assert "</script>[bold]" not in shown
    text = printed(after)
    assert "1,234" in text
    assert "\x1b[31m</script>" not in text
    arms = tuple(replace(arm, against=None) for arm in alone.arms)
    before = replace(alone, trained=None, training=None, arms=arms)
    told = printed(replace(probe, sampling_alone=before))
    assert "What sampling alone gives" in told
    assert "best of k, by the verifier" in told
    assert "What sampling alone" not in render(page(PageData(title="x", probe=probe)))


def test_without_votes_or_tokens_there_are_dashes(alone):
    bare = replace(
        AGAINST,
        equal_tokens=None,
        reaches=ByMethod(REACHES, None),
        break_even=ByMethod(AGAINST.break_even.best_of, None),
    )
    arm = replace(alone.arms[0], temperature=None, against=bare)
    (row,) = against_trained(replace(alone, arms=(arm,))).rows
    assert row[:4] == ["best of k", "–", "–", "–"]


def test_what_has_no_price_is_not_shown(comparison, alone):
    free = tuple(replace(row, tokens=fabricated.UNKNOWN) for row in ROWS)
    arm = replace(alone.arms[0], rows=free)
    unpriced = replace(comparison, sampling_alone=replace(alone, arms=(arm,)))
    assert "What sampling alone" not in printed(unpriced)


def test_the_sweep_says_where_coverage_falls_and_what_to_keep():
    sweep = fabricated.sweep()
    dirty = tuple(replace(one, policy=HOSTILE) for one in sweep.checkpoints)
    reasons = replace(sweep.verdict, reasons=(HOSTILE,))
    sweep = replace(sweep, checkpoints=dirty, verdict=reasons)
    said = sweep_verdict(sweep).sentence
    assert "begins to fall between step 10 and step 20" in said
    kept = "Keep step 10 (pass@2 +10.0 points compared with the base, +8.0 (−1.0 to +17.0) "
    kept += "corrected for the choice; step 20 cannot be distinguished from it there)"
    assert kept in said
    table = sweep_table(sweep)
    notes = [row[-1] for row in table.narrow.rows]
    assert notes == ["base", "", "narrowed", "keep", "narrowed", "falls from here on"]
    assert [row[:2] for row in table.rows] == [["10", "1"], ["20", "2"], ["0", "–"]]
    assert table.head[-1] == "doubt"
    text = printed(sweep)
    assert "\x1b[31m</script>" not in text
    assert "Ranked by this rule: the rule" in text
    assert "1 is shown to be on the frontier" in text
    assert "behind step 10" in text
    nothing = replace(fabricated.sweep(SweepLabel.NO_FALL_SHOWN), fall=None, keep=None)
    assert "Keep the base" in sweep_verdict(nothing).sentence
    assert "neither shown nor excluded" in sweep_verdict(nothing).sentence
