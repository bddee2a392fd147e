"""Clusters that nobody named: templates are suspected, one form for all questions is not."""

import numpy as np
import pytest

import passgap
from passgap.checks import check
from passgap.checks.near_equal import matching, near_equal

NAMES = ("Anna", "Ben", "Carla", "Dev")
THINGS = [f"{first}{second}ing" for first in ("walk", "read", "farm") for second in "abcd"]
TEMPLATE = "{name} spends {n} hours {thing} near the river while nobody watches, how many are left?"


def templates(**metadata):
    """Twelve templates, four variants each, and as many questions of their own."""
    variants = [
        passgap.Problem(
            TEMPLATE.format(name=name, n=i * 10 + j, thing=thing),
            str(i),
            "exact",
            {name_: form.format(i=i, j=j) for name_, form in metadata.items()},
        )
        for i, thing in enumerate(THINGS)
        for j, name in enumerate(NAMES)
    ]
    words = np.array([f"{a}{b}{c}" for a in "bcdfg" for b in "aeiou" for c in "klmnp"])
    rng = np.random.default_rng(0)
    alone = [
        passgap.Problem(
            f"Say {' '.join(rng.choice(words, 9))} {i}",
            str(i),
            "exact",
            dict.fromkeys(metadata, f"alone {i}"),
        )
        for i in range(48)
    ]
    return passgap.ProblemSet.of("templates", [*variants, *alone])


def found_in(problems, out):
    run = passgap.sample(
        passgap.Policy("m"),
        problems,
        n=4,
        out=out,
        sampling=passgap.SamplingParams(max_tokens=8),
        engine="fake",
    )
    return [one for one in check(run).findings if one.check == "near_equal"]


def test_templates_are_suspected_and_the_field_that_names_them_is_told(tmp_path):
    problems = templates(row="{i}-{j}", template="t{i}", level="one")
    (found,) = found_in(problems, tmp_path / "run")
    assert found.severity == "warning"
    assert "48 of 96 questions" in found.evidence
    assert "(12 groups, e.g. " in found.evidence
    assert "--cluster template " in found.remedy
    assert len(found.problems) == 48


def test_without_a_field_it_says_how_to_name_clusters(tmp_path):
    (found,) = found_in(templates(row="{i}-{j}", level="one"), tmp_path / "run")
    assert found.remedy.startswith("name the clusters")


def test_named_clusters_are_not_suspected(tmp_path):
    assert found_in(templates(cluster="t{i}"), tmp_path / "run") == []


@pytest.mark.parametrize(
    "questions",
    [
        [f"What is {i} plus {i * 7 % 50}?" for i in range(200)],
        [TEMPLATE.format(name="Anna", n=i, thing="walking") for i in range(200)],
    ],
    ids=["arithmetic", "one long form"],
)
def test_one_form_for_all_questions_makes_no_group(questions):
    assert near_equal(questions) == []


def test_names_and_numbers_are_all_that_may_differ():
    one = "Anna has 1,200 red apples and she gives half of them to every friend nearby"
    two = "Ben has 35 red apples and he gives half of them to every friend nearby"
    other = "Ben has 35 green apples and he gives half of them to every friend nearby"
    rest = [f"{word} stands alone" for word in "abcdefghijklmnopqrst"]
    assert near_equal([one, other, two, *rest]) == [[0, 2]]


def test_a_field_matches_only_where_it_tells_groups_apart_and_holds_them_together():
    groups = [[0, 1], [2, 3], [4, 5]]
    columns = {
        "constant": ["x"] * 6,
        "own": list("abcdef"),
        "missing": ["a", "a", "b", "b", "c", None],
        "right": list("aabbcc"),
    }
    assert matching(groups, columns) == "right"
    assert (
        matching(groups, {name: columns[name] for name in ("constant", "own", "missing")}) is None
    )
