"""A few unscored draws block no verdict: own n, or left out by name where that is asked for."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from commands import run

import passgap
from passgap import Counts
from passgap.errors import UsageError

IDS = [f"t{i}" for i in range(40)]


def counts(n: int = 128, short: int = 1, scored: int = 0, seed: int = 0) -> Counts:
    """40 problems of n draws; of the first few only so many are scored."""
    rng = np.random.default_rng(seed)
    each = np.full(40, n)
    each[:short] = scored
    p = np.random.default_rng(9).beta(0.6, 1.0, 40) ** (0.5 if seed else 1.0)
    return Counts(IDS, each, rng.binomial(each, p), unscored=n - each)


@pytest.mark.parametrize(
    ("ask", "scored", "k"),
    [(passgap.probe, 1, 2), (lambda c, **s: passgap.compare(c, c, **s), 5, 20)],
)
def test_the_refusal_names_the_flags_that_work(ask, scored, k):
    few = counts(128, short=2, scored=scored)
    with pytest.raises(UsageError) as told:
        ask(few, k_large=20)
    (said,) = re.findall(
        r"add (--\S+ --\S+), which leaves out 2 of 40 problems and keeps 38", str(told.value)
    )
    settings = {flag.strip("-").replace("-", "_"): True for flag in said.split()}
    result = ask(few, k_large=20, **settings)
    assert result.problems == 38
    # where all others have the draws for the large k, these are left out, too
    said = "2 of 40 problems left out for having fewer than 20 scored samples (t0, t1)"
    assert said in result.notes[0]
    assert f"k={k} scored samples" in str(told.value)
    assert result.settings.drop_short


def test_what_is_left_out_is_as_if_it_had_never_been_there():
    base, trained = counts(128, 3, 7), counts(128, 3, 7, seed=1)
    rows = range(3, 40)
    left = passgap.compare(base, trained, drop_short=True, accept_unscored=True)
    alone = passgap.compare(base.take(rows), trained.take(rows))
    assert left.verdict == alone.verdict
    assert left.delta.rows() == alone.delta.rows()
    assert left.settings.k_large == alone.settings.k_large == 64


def test_a_problem_that_is_short_in_one_arm_is_left_out_of_both():
    base, trained = counts(128, 1, 40), counts(128, 0, seed=1)
    assert passgap.compare(base, trained, drop_short=True).problems == 39
    assert passgap.compare_seeds(base, [trained, trained], drop_short=True).problems == 39
    sweep = passgap.compare_sweep(base, [(1, trained), (2, trained)], drop_short=True)
    assert sweep.problems == 39
    assert "(t0)" in sweep.notes[0]


def test_one_unscored_draw_does_not_lower_the_large_k():
    base, trained = counts(40, 1, 39), counts(40, 0, seed=1)
    assert passgap.compare(base, trained).settings.k_large == 20
    assert passgap.compare(base, trained).problems == 40


def test_a_large_k_that_few_problems_keep_small_is_told():
    base, trained = counts(128, 1, 30), counts(128, 0, seed=1)
    found = passgap.compare(base, trained)
    assert found.settings.k_large == 8
    assert any(
        "for k=64, add --drop-short, which leaves out 1 of 40" in note for note in found.notes
    )


def test_many_unscored_draws_still_need_to_be_accepted():
    many = counts(128, short=10, scored=3)
    with pytest.raises(UsageError, match=r"24\.4% of the samples are unscored"):
        passgap.probe(many, drop_short=True)


def test_leaving_out_all_is_refused():
    few = counts(8, 0)
    with pytest.raises(UsageError, match="none of the 40 problems has k=20"):
        passgap.compare(few, few, k_large=20, drop_short=True)
    with pytest.raises(UsageError) as told:
        passgap.compare(few, few, k_large=20)
    assert "--drop-short" not in str(told.value)


def test_the_command_line_takes_the_flag(tmp_path: Path):
    lines = ["problem_id,n,c,unscored", "a,2,1,6", *(f"q{i},8,{i % 9},0" for i in range(79))]
    (tmp_path / "counts.csv").write_text("\n".join(lines) + "\n")
    done = run("probe", "counts.csv", "--k-large", "8", "--drop-short", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["problems"] == 79
