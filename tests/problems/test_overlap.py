"""Exact and near duplicates: what is planted is found, variants and forms are no duplicates."""

import random

import numpy as np
import pytest

from passgap.data.problems import TOLD_APART, Problem, ProblemSet
from passgap.problems.overlap import (
    FORM,
    GRAM,
    LEAST,
    NEAR,
    leave_out,
    overlap,
    same_questions,
)

DUCKS = (
    "Janet’s ducks lay 16 eggs per day. She eats three for breakfast every morning and bakes "
    "muffins for her friends every day with four. She sells the remainder at the market daily for "
    "$2 per fresh duck egg. How much in dollars does she make every day at the market?"
)
POLAR = (
    r"Convert the point $(0,3)$ in rectangular coordinates to polar coordinates. Enter your answer "
    r"in the form $(r,\theta),$ where $r > 0$ and $0 \le \theta < 2 \pi.$"
)
WORDS = [a + b + c for a in "bdfgk" for b in "aeiou" for c in "lmnprst"]


def problems(*questions, name="p"):
    return ProblemSet.of(name, [Problem(question, "1", "exact") for question in questions])


def kind(question, other):
    """How a question is found in a set with another one, and how similar they are."""
    found = overlap(problems(question), problems("Is this another question?", other)).matches
    return (found[0].kind, found[0].similarity) if found else None


def made_up(seed, number, *, words=30):
    rng = random.Random(seed)
    return [" ".join(rng.choices(WORDS, k=words)) for _ in range(number)]


@pytest.mark.parametrize(
    "other",
    [
        DUCKS.upper(),
        DUCKS.replace(" ", "\n  "),
        DUCKS.replace("a", "\uff41"),  # full-width
        f"  {DUCKS}\t",
    ],
)
def test_case_spaces_and_unicode_forms_do_not_matter(other):
    assert kind(DUCKS, other) == ("exact", 1.0)


@pytest.mark.parametrize(
    "other",
    [
        DUCKS.replace("’", "'").replace("$2", "2"),
        DUCKS.replace(".", " ;").replace("?", ""),
    ],
)
def test_other_punctuation_is_a_near_duplicate_with_similarity_1(other):
    assert kind(DUCKS, other) == ("near", 1.0)


def test_short_questions_are_compared_as_a_whole():
    assert kind("What is $2+2$?", "What is 2 + 2") == ("near", 1.0)
    assert (
        kind("Name the capital city of France now.", "Name the capital city of Spain now.") is None
    )


@pytest.mark.parametrize(
    "other",
    [
        DUCKS.replace("muffins", "cakes"),
        f"Question 12: {DUCKS} Let's think step by step.",
        DUCKS.replace("16", "sixteen"),
        DUCKS.replace(" She eats three for breakfast every morning and", " She"),
    ],
)
def test_a_reworded_question_is_a_near_duplicate(other):
    found, similarity = kind(DUCKS, other)
    assert found == "near"
    assert NEAR <= similarity < 1


def test_a_similarity_is_the_jaccard_of_four_grams_and_no_estimate():
    mine = made_up(0, 1)[0].split()
    theirs = [*mine[:11], "other", *mine[12:]]
    own, other = ({tuple(w[i : i + 4]) for i in range(len(w) - 3)} for w in (mine, theirs))
    assert kind(" ".join(mine), " ".join(theirs)) == (
        "near",
        len(own & other) / len(own | other),
    )


def test_the_same_text_with_other_numbers_is_told_apart():
    assert kind(DUCKS, DUCKS.replace("16", "18")) == ("other_numbers", 1.0)
    assert kind(POLAR, POLAR.replace("(0,3)", "(0,5)")) == ("other_numbers", 1.0)
    assert kind("Calculate 3 + 4.", "Calculate 5 + 60.") == ("other_numbers", 1.0)
    found, similarity = kind(DUCKS, DUCKS.replace("16", "18").replace("muffins", "cakes"))
    assert found == "other_numbers"
    assert NEAR < similarity < 1


def test_other_signs_make_another_problem():
    assert kind("Calculate 3 + 4.", "Calculate 3 - 4.") is None
    assert kind("Compute 5!", "Compute 5.") is None


def test_text_without_spaces_is_compared_character_by_character():
    chinese = "小明有十六只鸭子，每天下蛋。他早餐吃三个，其余的在市场上出售，他每天赚多少钱？"
    found, similarity = kind(chinese, chinese.replace("早餐", "晚上"))
    assert found == "near"
    assert NEAR <= similarity < 1


def test_problems_of_one_generator_are_no_duplicates():
    rng = np.random.default_rng(0)
    form = "Sort these words in ascending order, and return them as a list with commas: {}"
    lists = [form.format(" ".join(rng.choice(WORDS, 9))) for _ in range(8 * FORM)]
    assert overlap(problems(*lists[:FORM]), problems(*lists[FORM:])).matches == ()
    sums = [f"Calculate {a} + {b}." for a, b in rng.integers(1, 10**6, (200, 2))]
    found = overlap(problems(*sums[:100]), problems(*sums[100:]))
    assert {match.kind for match in found.matches} == {"other_numbers"}
    assert len(found.matches) == 100


def test_a_long_instruction_makes_no_duplicates_and_hides_none():
    form = "Reason step by step and put the final answer in a box at the end of it. "
    asked, others = made_up(0, 40, words=12), made_up(1, 40, words=12)
    others[7] = asked[3]
    found = overlap(
        problems(*(form + one for one in asked)),
        problems(*(f"{form}Thanks. {one}" for one in others)),
    )
    assert [(match.kind, match.similarity > NEAR) for match in found.matches] == [("near", True)]
    assert found.matches[0].problem == problems(form + asked[3]).problems[0].id


def test_small_sets_have_forms_too():
    form = "Sort these words in ascending order, and return them as a list with commas: {}"
    lists = [form.format(" ".join(made_up(i, 1, words=2))) for i in range(8)]
    assert overlap(problems(*lists[:4]), problems(*lists[4:])).matches == ()


def test_every_near_duplicate_is_found_as_by_brute_force():
    """Each pair of sets of 4-grams, from the definition."""
    asked, others = made_up(0, 60), made_up(1, 90)
    rng = random.Random(2)
    for i in range(0, 60, 2):
        words = asked[i].split()
        for _ in range(i // 8):
            words[rng.randrange(len(words))] = rng.choice(WORDS)
        others[i] = " ".join(words)
    grams = [
        {tuple(words[i : i + GRAM]) for i in range(len(words) - GRAM + 1)}
        for words in map(str.split, [*asked, *others])
    ]
    assert min(map(len, grams)) >= LEAST
    expected = {}
    for i, mine in enumerate(grams[:60]):
        best = max(len(mine & theirs) / len(mine | theirs) for theirs in grams[60:])
        if best >= NEAR:
            expected[i] = best
    found = overlap(problems(*asked), problems(*others))
    ids = [problem.id for problem in problems(*asked)]
    assert {ids.index(match.problem): match.similarity for match in found.matches} == expected
    assert 10 < len(expected) < 30


def test_the_best_match_is_given_and_the_sizes():
    near = DUCKS.replace("muffins", "cakes")
    nearer = DUCKS.replace("at the market?", "at the fair?")
    others = problems(DUCKS.replace("16", "17"), near, nearer, name="others")
    found = overlap(problems(DUCKS, "Who are you?"), others)
    assert (found.name, found.problems, found.others) == ("others", 2, 3)
    assert [match.other for match in found.matches] == [others.problems[2].id]
    exact = problems(near, DUCKS.lower())
    assert overlap(problems(DUCKS), exact).matches[0].other == exact.problems[1].id


def test_another_reference_does_not_make_another_question():
    again = ProblemSet.of("again", [Problem(DUCKS.lower(), "18 dollars", "math")])
    (match,) = same_questions(problems(DUCKS), again)
    assert (match.kind, match.other) == ("exact", again.problems[0].id)
    assert same_questions(problems(DUCKS), problems(DUCKS.replace("16", "17"))) == ()


def test_questions_with_an_image_that_is_not_logged_are_equal_by_their_declared_id():
    def pictured(*named):
        made = [Problem(DUCKS, "1", "exact", {TOLD_APART: one}) for one in named]
        return ProblemSet.of("pictures", made)

    found = overlap(pictured("a", "b"), pictured("b", "c"))
    assert [match.kind for match in found.matches] == ["exact"]
    assert found.matches[0].problem == pictured("b").problems[0].id


def test_what_is_held_out_exactly_or_nearly_is_left_out_and_variants_stay():
    variant = DUCKS.replace("16", "18")
    training = problems(DUCKS.upper(), DUCKS.replace("muffins", "cakes"), variant, POLAR)
    kept, found = leave_out(training, problems(DUCKS, name="held"))
    assert [problem.question for problem in kept] == [variant, POLAR]
    assert kept.name == "p less 2 of held"
    assert [match.kind for match in found.matches] == ["exact", "near", "other_numbers"]


def test_empty_sets_and_empty_questions_have_no_matches():
    assert overlap(problems(), problems(DUCKS)).matches == ()
    assert overlap(problems(DUCKS), problems()).matches == ()
    assert overlap(problems("...", DUCKS), problems("???")).matches == ()
