"""The lab's world is what it says it is."""

import itertools

import numpy as np
import pytest

from passgap.errors import UsageError
from passgap.lab import FAMILIES, lab_policy_path, lab_problems
from passgap.lab.world import (
    ABSENT,
    EXCEPTIONS,
    LEAST_P,
    LENGTH,
    LETTERS,
    MASTERED,
    NOVICE_HABIT,
    OPERATIONS,
    RARE,
    STEPS,
    SYMBOLS,
    corpus,
    is_held_out,
    nominal_p,
    readings,
    sequences,
    solve,
)


@pytest.mark.parametrize("family", FAMILIES)
def test_references_follow_from_the_question(family):
    for problem in lab_problems(family, size=200):
        symbols, text = problem.question.rstrip("=").split(":")
        rightly = problem.metadata.get("meaning", "right") == "right"
        assert problem.reference == solve(symbols, text, rightly=rightly)[-1]
        assert len(symbols) == problem.metadata["steps"]
        assert problem.metadata["steps"] in STEPS.get(family, (2, 3))


def test_solve_by_hand():
    assert solve("RU", "cabfde") == ["edfbac", "fegcbd"]
    assert solve("ME", "abcdef") == ["lkjihg", "kjihgf"]


def test_the_answer_space_is_large_enough():
    assert len(LETTERS) ** LENGTH >= 10**6


@pytest.mark.parametrize("family", FAMILIES)
def test_train_and_held_out_never_overlap_whatever_the_seeds(family):
    held_out = {p.id for seed in range(3) for p in lab_problems(family, size=300, seed=seed)}
    train = {
        p.id for seed in range(3) for p in lab_problems(family, split="train", size=300, seed=seed)
    }
    assert not held_out & train


def test_the_corpus_is_on_the_train_side_and_hides_the_absent_operation_from_the_base():
    hidden = {operation.symbol for operation in ABSENT}
    lines = list(itertools.islice(corpus([s for s in SYMBOLS if s not in hidden], seed=1), 2000))
    assert not any(is_held_out(question) for question, _ in lines)
    assert not any(set(question) & hidden for question, _ in lines)


@pytest.mark.parametrize("own", [None, NOVICE_HABIT])
def test_the_corpus_shows_each_habit_at_its_rate(own):
    shown = {operation.symbol: [] for operation in (*RARE, *MASTERED)}
    for question, completion in itertools.islice(corpus("ABCDERLSU", seed=2, habit=own), 30_000):
        symbols, text = question.rstrip("=").split(":")
        for symbol, after in zip(symbols, completion.split("\n"), strict=True):
            shown[symbol].append(after == OPERATIONS[symbol].apply(text))
            text = after
    for symbol, hits in shown.items():
        habit = OPERATIONS[symbol].habit
        habit = own if own is not None and habit < 1 else habit
        error = max(np.sqrt(habit * (1 - habit) / len(hits)), 1e-9)
        assert abs(np.mean(hits) - habit) <= 5 * error, symbol


@pytest.mark.parametrize("family", ["rare", "ambiguous", "edge", "far"])
def test_no_other_choice_of_meanings_gives_the_answer(family):
    text = "hcaklf"
    for symbols in sequences(family):
        ends = []
        for choice in itertools.product((True, False), repeat=len(symbols)):
            after = text
            for symbol, rightly in zip(symbols, choice, strict=True):
                after = OPERATIONS[symbol].apply(after, rightly=rightly)
            ends.append(after)
        assert [lines[-1] for lines in readings(symbols, text)] == ends
        assert ends.count(solve(symbols, text)[-1]) == 1, symbols
        if family == "ambiguous":
            assert ends.count(solve(symbols, text, rightly=False)[-1]) == 1, symbols


def test_nothing_in_an_ambiguous_question_tells_its_meaning():
    problems = lab_problems("ambiguous", size=3000)
    usual = np.array([problem.metadata["meaning"] == "usual" for problem in problems])
    assert abs(usual.mean() - EXCEPTIONS) < 5 * np.sqrt(EXCEPTIONS * (1 - EXCEPTIONS) / 3000)
    for signs in (("A", "B"), ("a", "b")):  # operations, letters
        for sign in signs:
            has = np.array([sign in problem.question for problem in problems])
            spread = np.sqrt(EXCEPTIONS * (1 - EXCEPTIONS) / has.sum())
            assert abs(usual[has].mean() - EXCEPTIONS) < 5 * spread, sign
    assert min(problem.metadata["nominal_p"] for problem in problems) >= LEAST_P


def test_far_problems_are_made_of_the_steps_of_the_edge():
    steps = {problem.metadata["steps"] for problem in lab_problems("edge", size=100)}
    assert steps == {1, 2}
    assert {problem.metadata["steps"] for problem in lab_problems("far", size=100)} == {3}
    singles = {s for s in sequences("edge") if len(s) == 1}
    assert {symbol for s in sequences("far") for symbol in s} == singles
    assert lab_problems("far", size=1).problems[0].metadata["nominal_p"] == pytest.approx(0.05**3)


def test_difficulty_is_spread_and_bounded_below():
    p = np.array([problem.metadata["nominal_p"] for problem in lab_problems("rare", size=1000)])
    assert p.min() >= LEAST_P
    assert np.all(np.histogram(p, [0.05, 0.08, 0.15, 0.3, 0.5, 1])[0] > 150)
    assert nominal_p("AE") == pytest.approx(0.17)


def test_the_same_seed_gives_the_same_problems():
    assert lab_problems("rare", size=50).digest == lab_problems("rare", size=50).digest
    assert lab_problems("rare", size=50).digest != lab_problems("rare", size=50, seed=1).digest


def test_wrong_names_are_told():
    with pytest.raises(UsageError, match="'common' is unknown; allowed: rare, mastered, absent"):
        lab_problems("common")
    with pytest.raises(UsageError, match="'dev'; allowed: train, held_out"):
        lab_problems("rare", split="dev")
    with pytest.raises(UsageError, match="allowed: base, teacher"):
        lab_policy_path("student")
