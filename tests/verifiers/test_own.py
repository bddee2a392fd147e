"""Rules of one's own: patterns, functions, plugins; and who may name them."""

import json
from pathlib import Path

import pytest

from passgap import mark
from passgap.data.outcomes import Failure, Outcome
from passgap.data.problems import Problem, ProblemSet
from passgap.errors import UsageError
from passgap.verifiers import Item, for_problems, get_verifier
from passgap.verifiers.failures import take_failures

PROBLEM = Problem("q", "42", "exact")

RULES = """
from passgap import Outcome
import os, time

def right(text, problem):
    return text == problem.reference and problem.metadata["level"] == 3

def odd(text, problem):
    if text == "none": return None
    if text == "float": return 0.5
    if text == "raise": raise RuntimeError("no")
    if text == "die": os._exit(3)
    if text == "sleep": time.sleep(60)
    return Outcome("incorrect", text, "because")

number = 7

def returns(text, problem):
    import decimal, fractions, numpy, torch
    return eval(text, vars(decimal) | vars(fractions) | {"np": numpy, "torch": torch})

def loose(text, problem):
    return Outcome(text, 5, None)

def like_math(text, problem):
    from passgap import mark
    return mark(problem.reference, text)[0]

def reward(completions, **kwargs):
    return [1.0 for _ in completions]

class Unspeakable(Exception):
    def __str__(self): raise RuntimeError("no")

def unspeakable(text, problem):
    if text == "exit": raise SystemExit(2)
    raise Unspeakable
"""


@pytest.fixture
def rules(tmp_path, monkeypatch):
    (tmp_path / "rules.py").write_text(RULES)
    monkeypatch.chdir(tmp_path)


def statuses(verifier, problem, *texts):
    outcomes = verifier.verify_all([Item(problem, text) for text in texts])
    verifier.close()
    return [(o.status, o.reason) for o in outcomes]


def test_a_pattern_gives_its_first_group_or_its_match():
    grouped = get_verifier(r"regex?pattern=Answer:\s*(\w%2B)")
    texts = ["Answer: 41\nAnswer: 42", "Answer: 7", "none"]
    assert statuses(grouped, PROBLEM, *texts) == [
        ("correct", ""),
        ("incorrect", ""),
        ("incorrect", "no_answer"),
    ]
    assert statuses(get_verifier(r"regex?pattern=\d%2B"), PROBLEM, "1 and 42") == [("correct", "")]


def test_a_pattern_that_explodes_is_unscored():
    verifier = get_verifier("regex?pattern=(a%2B)%2B$&timeout=0.5")
    found = statuses(verifier, Problem("q", "aaa", "exact"), "a" * 60 + "b", "aaa")
    assert found[0][0] == "unscored"
    assert found[1] == ("correct", "")


def test_a_pattern_is_needed_and_has_to_be_one():
    with pytest.raises(UsageError, match="needs pattern="):
        get_verifier("regex")
    with pytest.raises(UsageError, match="not a regular expression"):
        get_verifier("regex?pattern=(")


def test_a_function_sees_the_text_and_the_problem(rules):
    problem = Problem("q", "42", "exact", {"level": 3})
    verifier = get_verifier("python:rules:right")
    assert statuses(verifier, problem, "42", "41") == [("correct", ""), ("incorrect", "")]


def test_whatever_a_function_does_costs_its_own_mark_only(rules):
    verifier = get_verifier("python:rules:odd?timeout=0.5")
    texts = ["none", "float", "raise", "die", "sleep", "fine"]
    assert statuses(verifier, PROBLEM, *texts) == [
        ("unscored", "no_mark"),
        ("unscored", "error"),
        ("unscored", "error"),
        ("unscored", "crash"),
        ("unscored", "timeout"),
        ("incorrect", "because"),
    ]


RIGHT = ["True", "1", "1.0", "np.True_", "np.float32(1)", "np.int8(1)", "np.array(1.0)"]
RIGHT += ["torch.tensor(1.0)", "torch.tensor([True])", "Fraction(2, 2)", "Decimal('1.0')"]
WRONG = ["False", "0", "0.0", "-0.0", "np.False_", "np.float32(0)", "np.int8(0)", "np.array(0.0)"]
WRONG += ["torch.tensor(0.0)", "torch.tensor([False])", "Fraction(0, 2)", "Decimal('0.0')"]
NEITHER = {
    "0.5": "it returned 0.5",
    "2": "it returned 2",
    "-1": "it returned -1",
    "float('nan')": "it returned nan",
    "'correct'": "it returned 'correct'",
    "[1.0]": "it returned [1.0]",
    "np.float64(0.25)": "0.25",
    "torch.tensor([1.0, 0.0])": "tensor",
    "'\\ud800'": "it returned '",
}


@pytest.mark.slow
def test_a_function_may_say_right_and_wrong_in_any_number(rules):
    verifier = get_verifier("python:rules:returns")
    found = statuses(verifier, PROBLEM, *RIGHT, *WRONG, "None")
    assert dict(zip(RIGHT, found, strict=False)) == dict.fromkeys(RIGHT, ("correct", ""))
    assert dict(zip(WRONG, found[len(RIGHT) :], strict=False)) == dict.fromkeys(
        WRONG, ("incorrect", "")
    )
    assert found[-1] == ("unscored", "no_mark")


def test_what_says_neither_is_unscored_and_named(rules):
    verifier = get_verifier("python:rules:returns")
    for value, told in NEITHER.items():
        (outcome,) = verifier.verify_all([Item(PROBLEM, value)])
        assert (outcome.status, outcome.reason) == ("unscored", "error"), value
        (failure,) = take_failures(verifier)
        assert told in failure.error
        assert "; allowed: True, False, 1, 0, None" in failure.error
    verifier.close()


def test_an_outcome_is_taken_as_far_as_it_is_one(rules):
    verifier = get_verifier("python:rules:loose")
    outcomes = verifier.verify_all([Item(PROBLEM, "correct"), Item(PROBLEM, "right")])
    verifier.close()
    assert outcomes[0] == Outcome("correct", "5", "")
    assert outcomes[1].status == "unscored"
    (failure,) = take_failures(verifier)
    assert "the status 'right'; allowed: correct, incorrect, unscored" in failure.error


def test_the_readings_of_an_outcome_are_kept(rules):
    verifier = get_verifier("python:rules:like_math")
    (outcome,) = verifier.verify_all([Item(PROBLEM, "It is \\boxed{42}.")])
    verifier.close()
    (direct,) = mark("42", "It is \\boxed{42}.")
    assert outcome.readings is not None
    assert outcome.to_dict() | {"candidates": []} == direct.to_dict() | {"candidates": []}


def test_an_exception_is_named_once_with_its_place_and_how_often(rules):
    verifier = get_verifier("python:rules:odd")
    other = Problem("other", "1", "exact")
    verifier.verify_all([Item(other, "fine"), *[Item(PROBLEM, "raise")] * 40, Item(other, "raise")])
    verifier.close()
    line = RULES.splitlines().index('    if text == "raise": raise RuntimeError("no")') + 1
    assert take_failures(verifier) == [
        Failure("RuntimeError", f"RuntimeError: no at rules.py line {line}", 41, PROBLEM.id)
    ]
    assert take_failures(verifier) == [], "they are taken once"


def test_an_exception_without_words_and_an_exit_are_named_too(rules):
    verifier = get_verifier("python:rules:unspeakable")
    assert statuses(verifier, PROBLEM, "exit", "x") == [("unscored", "error")] * 2
    kinds = {failure.kind: failure.error for failure in take_failures(verifier)}
    assert kinds["SystemExit"].startswith("SystemExit: 2")
    assert kinds["Unspeakable"].startswith("Unspeakable: (no message)")


def test_a_reward_of_trl_is_told_how_to_be_wrapped(rules):
    verifier = get_verifier("python:rules:reward")
    with pytest.raises(UsageError, match=r"\(completions, \*\*kwargs\) does not take \(text, prob"):
        verifier.verify(PROBLEM, "42")
    verifier.close()


@pytest.mark.parametrize(
    ("code", "told"), [("1 / 0", "ZeroDivisionError"), ("def f(:", "SyntaxError")]
)
def test_a_module_that_cannot_be_imported_is_told(rules, code, told):
    Path("broken.py").write_text(code)
    verifier = get_verifier("python:broken:f")
    with pytest.raises(UsageError, match=f"cannot be called: {told}"):
        verifier.digest  # noqa: B018
    verifier.close()


@pytest.mark.parametrize("spec", ["python:rules:number", "python:rules:absent", "python:nope:f"])
def test_what_cannot_be_called_is_told(rules, spec):
    verifier = get_verifier(spec)
    with pytest.raises(UsageError, match="cannot be called"):
        verifier.verify(PROBLEM, "42")
    verifier.close()


def test_a_changed_function_is_another_verifier(rules):
    first = get_verifier("python:rules:right")
    before = first.digest
    first.close()
    Path("rules.py").write_text(RULES.replace("== 3", "== 4"))
    second = get_verifier("python:rules:right")
    assert second.digest != before
    second.close()


PLUGINS = """
from passgap.verifiers import Outcome, TextVerifier, Verifier

class Always(TextVerifier):
    name = digest = "always"

    def mark(self, problem, text, finish_reason):
        return Outcome("correct", text)

class Moody(Verifier):
    "Raises for one text, and says too little for another."
    name = digest = "moody"

    def verify_all(self, items):
        texts = [item.text for item in items]
        if "raise" in texts:
            raise ValueError("cannot")
        return [text == "42" for text in texts if text != "short"]

class Mute(Moody):
    def candidates(self, item):
        raise KeyError("place")

    def faults(self, problems):
        raise RuntimeError("no table")

def unmade():
    raise KeyError("token")

def seven():
    return 7
"""


@pytest.fixture
def plugins(install):
    names = ("Always", "Moody", "Mute", "unmade", "seven")
    points = {name.lower(): f"plugins_of_mine:{name}" for name in names}
    install({"plugins_of_mine.py": PLUGINS}, {"passgap.verifiers": points})


def test_a_plugin_is_an_entry_point(plugins):
    assert get_verifier("plugin:always").verify(PROBLEM, "x").status == "correct"
    with pytest.raises(UsageError, match=r"'plugin:other' is unknown; allowed: .*plugin:always"):
        get_verifier("plugin:other")


def test_whatever_a_plugin_raises_costs_its_own_mark_only(plugins):
    verifier = get_verifier("plugin:moody")
    assert statuses(verifier, PROBLEM, "42", "raise", "41", "raise", "short") == [
        ("correct", ""),
        ("unscored", "error"),
        ("incorrect", ""),
        ("unscored", "error"),
        ("unscored", "error"),
    ]
    found = {failure.kind: (failure.error, failure.draws) for failure in take_failures(verifier)}
    assert found == {
        "ValueError": ("ValueError: cannot", 2),
        "returned": ("it returned 0 outcomes for 1 completions", 1),
    }


def test_a_plugin_that_raises_at_a_reference_says_so(plugins):
    verifier = get_verifier("plugin:moody")
    raising = Problem("q", "raise", "exact")
    faults = verifier.faults([PROBLEM, raising])
    assert list(faults) == [raising.id]
    assert "ValueError: cannot" in faults[raising.id]


def test_a_plugin_whose_reasons_raise_is_told_and_its_marks_stand(plugins, caplog):
    verifier = get_verifier("plugin:mute")
    assert verifier.candidates(Item(PROBLEM, "42")) == ()
    assert verifier.faults([PROBLEM]) == {}
    told = [record.getMessage() for record in caplog.records]
    assert told == [
        "moody names no candidates: KeyError: 'place'",
        "moody leaves the references unchecked: RuntimeError: no table",
    ]


def test_a_plugin_that_cannot_be_made_is_told(plugins):
    with pytest.raises(UsageError, match=r"'plugin:unmade' \(.*\) cannot be loaded: KeyError"):
        get_verifier("plugin:unmade")
    with pytest.raises(UsageError, match="'plugin:seven' makes a int instead of a Verifier"):
        get_verifier("plugin:seven")


def test_what_a_checker_of_the_gym_raises_is_named():
    verifier = get_verifier("gym")
    entry = {"metadata": {"source_dataset": "no_such_set"}, "answer": "1"}
    problem = Problem("q", "1", "gym", {"entry": entry})
    assert statuses(verifier, problem, "1") == [("unscored", "error")]
    (failure,) = take_failures(verifier)
    assert "no_such_set" in failure.error


@pytest.mark.parametrize(
    "spec", ["python:rules:right", "plugin:always", "judge?base_url=http://x/v1&model=m"]
)
def test_data_cannot_name_what_runs_code_or_asks_a_server(rules, spec):
    problems = ProblemSet.of("p", [Problem("q", "42", spec)])
    with pytest.raises(UsageError, match="only from the command line"):
        for_problems(problems)
    if spec.startswith("python"):
        for_problems(problems, spec).close()


@pytest.mark.slow
def test_game_of_24_labels_are_reproduced(shared_data, monkeypatch):
    """All 20,000 published labels, by a rule of twenty lines in exact fractions."""
    monkeypatch.chdir(Path(__file__).parent)
    folder = shared_data / "outcomes" / "game24_gpt4" / "orig"
    puzzles = [line.split(",")[1] for line in (folder / "24.csv").read_text().splitlines()]
    verifier = get_verifier("python:game24:check")
    items, labels = [], []
    for file in folder.glob("*.json"):
        for row in json.loads(file.read_text()):
            problem = Problem(puzzles[row["idx"] + 1], "24", "exact")
            items += [Item(problem, text) for text in row["ys"]]
            labels += [bool(m) for m in row.get("accs") or [i["r"] for i in row["infos"]]]
    outcomes = verifier.verify_all(items)
    verifier.close()
    assert len(items) == 20_000
    assert [outcome.status == "correct" for outcome in outcomes] == labels
