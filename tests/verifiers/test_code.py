"""The code verifier: real solutions pass, real failures fail, tests of every kind run sandboxed."""

import base64
import gzip
import json
import pickle
import shutil
import zlib

import pytest

from passgap.data.problems import Problem
from passgap.errors import UsageError
from passgap.problems import load_problems
from passgap.problems.tests import assert_tests, check_tests, code_problem, livecodebench_tests
from passgap.verifiers import Item, get_verifier
from passgap.verifiers.programs import program
from passgap.verifiers.workers import sandbox

pytestmark = pytest.mark.skipif(
    shutil.which("bwrap") is None, reason="bubblewrap is missing: apt-get install bubblewrap"
)
PROMPT = 'import math\n\n\ndef area(r):\n    """The area of a circle."""\n'
CHECK = "def check(candidate):\n    assert abs(candidate(2) - 12.566370614) < 1e-6\n"
AREA = code_problem(PROMPT, check_tests(PROMPT, CHECK, "area"))
RIGHT = "    return math.pi * r ** 2\n"


@pytest.fixture(scope="module")
def verifier():
    found = get_verifier("code?timeout=2")
    yield found
    found.close()


def marks(verifier, problem, *texts):
    outcomes = verifier.verify_all([Item(problem, text) for text in texts])
    return [(outcome.status, outcome.reason) for outcome in outcomes]


CORRECT = ("correct", "")


def test_a_completion_may_continue_the_prompt_or_hold_the_whole(verifier):
    fenced = f"Here:\n```python\nimport math\ndef area(r):\n{RIGHT}```\nDone."
    head = f"Sure.\n```python\ndef area(r):\n{RIGHT}```"
    assert marks(verifier, AREA, RIGHT, fenced, head, f"def area(r):\n{RIGHT}") == [CORRECT] * 4


def test_every_way_to_fail_has_its_reason(verifier):
    texts = {
        "    return math.pi * r\n": "",
        "    return math.pi * (r\n": "syntax",
        "    return undefined\n": "exception",
        "    while True:\n        pass\n": "timeout",
        "    return 'x' * (1 << 40)\n": "memory",
        "    import os\n    os._exit(0)\n": "exited",
        "    raise SystemExit\n": "exited",
        "   ": "no_answer",
    }
    assert marks(verifier, AREA, *texts) == [("incorrect", reason) for reason in texts.values()]


def test_a_truncated_program_is_called_truncated(verifier):
    assert verifier.verify(AREA, "    return math.pi * (r", "length").reason == "truncated"


def test_asserts_find_the_functions_they_name(verifier):
    tests = assert_tests(["assert add(1, 2) == 3", "assert Pair(1, 2).__class__ is not None"])
    problem = code_problem("q", tests)
    source = "class Pair:\n    def __init__(self, a, b): pass\ndef add(a, b): return a + b"
    assert marks(verifier, problem, source, "def add(a, b): return a") == [
        CORRECT,
        ("incorrect", ""),
    ]


def test_arguments_changed_in_place_come_back(verifier):
    tests = assert_tests(["x = [3, 1, 2]", "order(x)", "assert x == [1, 2, 3]"])
    problem = code_problem("q", tests)
    assert marks(verifier, problem, "def order(x): x.sort()", "def order(x): sorted(x)") == [
        CORRECT,
        ("incorrect", ""),
    ]


def test_expected_exceptions_reach_the_test(verifier):
    lines = ["try:", "    f(-1)", "    assert False", "except ValueError:", "    pass"]
    problem = code_problem("q", assert_tests(["\n".join(lines)]))
    right = "def f(x):\n    raise ValueError('negative')"
    wrong = "def f(x):\n    raise TypeError('negative')"
    assert marks(verifier, problem, right, wrong) == [CORRECT, ("incorrect", "exception")]


def test_tests_may_use_numpy_and_programs_too(verifier):
    problem = code_problem("q", assert_tests(["import numpy as np", "assert np.sum(f(3)) == 3"]))
    assert marks(verifier, problem, "import numpy\ndef f(n): return numpy.ones(n)") == [CORRECT]
    assert marks(verifier, problem, "import pandas\ndef f(n): return [1] * n") == [
        ("incorrect", "exception")
    ]


def test_objects_that_are_no_plain_data_stay_in_the_program(verifier):
    """An object that claims to equal everything is equal to nothing outside."""
    problem = code_problem("q", assert_tests(["assert f() == 3"]))
    liar = "class Liar:\n    def __eq__(self, other): return True\ndef f(): return Liar()"
    assert marks(verifier, problem, liar) == [("incorrect", "")]
    handed = code_problem("q", assert_tests(["assert f(lambda x: x) == 3"]))
    assert marks(verifier, handed, "def f(g): return g(3)") == [("unscored", "error")]


def packed(cases):
    return base64.b64encode(zlib.compress(pickle.dumps(json.dumps(cases)))).decode()


def test_contest_problems_read_standard_input(verifier):
    public = json.dumps([{"input": "1 2\n", "output": "3", "testtype": "stdin"}])
    private = packed([{"input": "5 6\n", "output": "11.0\n", "testtype": "stdin"}])
    problem = code_problem("q", livecodebench_tests(public, private, None))
    texts = [
        "```python\na, b = map(int, input().split())\nprint(a + b)\n```",
        "import sys\nprint(sum(map(int, sys.stdin.read().split())))\nexit(0)",
        "print(3)",
        "print(1 / 0)",
        "while True: print('x' * 10000)",
        "input(); input()",
    ]
    found = marks(verifier, problem, *texts)
    assert found[:4] == [CORRECT, CORRECT, ("incorrect", ""), ("incorrect", "exception")]
    assert found[4][0] == "incorrect"
    assert found[5] == ("incorrect", "exception")


def test_contest_problems_name_a_method(verifier):
    cases = [{"input": "[1, 2]\n3", "output": "[4, 5]", "testtype": "functional"}]
    tests = livecodebench_tests(json.dumps(cases), "", "shift")
    problem = code_problem("q", tests)
    solution = "class Solution:\n    def shift(self, xs, by):\n        return [x + by for x in xs]"
    assert marks(verifier, problem, solution, solution.replace("+", "-")) == [
        CORRECT,
        ("incorrect", ""),
    ]


def test_pickled_tests_that_hold_code_are_not_run(verifier, tmp_path):
    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "opened"), "w"))

    bomb = base64.b64encode(zlib.compress(pickle.dumps(Bomb()))).decode()
    problem = code_problem("q", livecodebench_tests("", bomb, None))
    assert marks(verifier, problem, "print(1)") == [("unscored", "error")]
    assert not (tmp_path / "opened").exists()


def test_nothing_is_left_for_the_next_program():
    alone = get_verifier("code?workers=1&timeout=2")
    leave = "    open('/tmp/left', 'w').write('x')\n    import math\n    math.pi = 3\n" + RIGHT
    look = "    import os\n    assert not os.path.exists('/tmp/left')\n" + RIGHT
    assert marks(alone, AREA, leave, look, RIGHT) == [("incorrect", ""), CORRECT, CORRECT]
    alone.close()


def refused(name, shared_data, monkeypatch):
    """How many problems a benchmark has, and whose own solution the verifier refuses."""
    monkeypatch.setenv("PASSGAP_DATA", str(shared_data))
    patient = get_verifier("code?timeout=10")
    problems = {problem.id: problem for problem in load_problems(name)}
    found = [problems[i].metadata["task_id"] for i in patient.faults(list(problems.values()))]
    patient.close()
    return len(problems), found


@pytest.mark.slow
def test_solutions_of_humaneval_pass(shared_data, monkeypatch):
    assert refused("humaneval", shared_data, monkeypatch) == (164, [])


@pytest.mark.slow  # all of a benchmark
def test_solutions_of_mbpp_pass_but_one_that_cannot(shared_data, monkeypatch):
    """MbppEval/56 calls its function ``check``, as its test is called."""
    assert refused("mbpp", shared_data, monkeypatch) == (427, ["MbppEval/56"])


@pytest.mark.slow
@pytest.mark.parametrize(
    "draws", [range(2), pytest.param(range(2, 10), marks=pytest.mark.slow)], ids=str
)
def test_published_labels_of_real_completions(verifier, shared_data, monkeypatch, draws):
    """Ten completions a problem of CodeGen-16B, cut where their publishers cut them."""
    monkeypatch.setenv("PASSGAP_DATA", str(shared_data))
    folder = shared_data / "outcomes" / "codegen16b_humaneval"
    labels = {
        row["task_id"]: row["passed"]
        for row in json.loads((folder / "per_sample_passed.json").read_text())
    }
    tasks = {problem.metadata["task_id"]: problem for problem in load_problems("humaneval")}
    names = {row["prompt"]: row["task_id"] for row in lines(folder, "*generation.jsonl.gz")}
    items, theirs = [], []
    for row in lines(folder, "*solution.jsonl.gz"):
        name = names[row["prompt"]]
        for draw in draws:
            text = row["samples"][draw]
            stops = ("\nclass", "\ndef", "\n#", "\nif", "\nprint")
            end = min([text.find(s) for s in stops if s in text], default=len(text))
            items.append(Item(tasks[name], text[:end]))
            theirs.append(bool(labels[name][draw]))
    outcomes = verifier.verify_all(items)
    assert len(items) == 164 * len(draws)
    assert [o.status == "correct" for o in outcomes] == theirs


def lines(folder, pattern):
    (file,) = (folder / "orig").glob(pattern)
    with gzip.open(file, "rt") as opened:
        return [json.loads(line) for line in opened]


def test_the_last_fence_that_defines_the_function_counts():
    text = "```python\ndef area(r): return 1\n```\n```python\nprint(area(2))\n```"
    assert program(AREA, text).strip().endswith("def area(r): return 1")
    assert program(AREA, "```python\ndef area(r):\n    return 2").endswith("return 2")


def test_problems_without_tests_and_machines_without_bubblewrap_are_told(verifier, monkeypatch):
    with pytest.raises(UsageError, match="no tests"):
        verifier.verify(Problem("q", "r", "code"), "print(1)")
    monkeypatch.setattr(sandbox.shutil, "which", lambda *a, **k: None)
    with pytest.raises(UsageError, match="apt-get install bubblewrap"):
        get_verifier("code")
