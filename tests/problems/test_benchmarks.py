"""The named benchmarks: real rows where they are at hand, rows of the hub's form where not."""

import json
import shutil

import pytest

from passgap.errors import UsageError
from passgap.problems import BENCHMARKS, Mapped, load_problems
from passgap.verifiers import get_verifier
from tests.pictures import png


@pytest.mark.parametrize(
    ("name", "size", "reference"),
    [
        ("gsm8k", 1319, "18"),
        ("math500", 500, "\\left( 3, \\frac{\\pi}{2} \\right)"),
        ("aime24", 30, "204"),
        ("amc23", 40, "27.0"),
        ("minerva", 272, "1.6"),
        ("humaneval", 164, None),
        ("mbpp", 427, None),
    ],
)
def test_real_rows(name, size, reference, shared_data, monkeypatch):
    monkeypatch.setenv("PASSGAP_DATA", str(shared_data))
    problems = load_problems(name)
    assert (len(problems), problems.merged, problems.name) == (size, 0, name)
    first = problems.problems[0]
    assert reference is None or first.reference == reference
    assert first.verifier == ("math" if reference else "code")
    assert "answer" not in first.metadata


ROWS = {
    "aime25": ({"problem": "q", "answer": "070", "id": "1"}, "\\boxed{70}"),
    "olympiadbench": (
        {"question": "q", "final_answer": ["$2$", "$-\\frac{1}{2}$"], "is_multiple_answer": True},
        "\\boxed{-0.5, 2}",
    ),
    "humanevalplus": (
        {
            "task_id": "HumanEval/0",
            "prompt": "def f(x):\n",
            "entry_point": "f",
            "canonical_solution": "    return x + 0.1\n",
            "test": "import numpy as np\n\ndef assertion(out, exp, atol):\n"
            "    assert np.allclose(out, exp, rtol=1e-07, atol=atol)\n\n"
            "def check(candidate):\n    for i, e in zip([[1], [2]], [1.1, 2.1]):\n"
            "        assertion(candidate(*i), e, 1e-6)\n",
        },
        "    return x + .1",
    ),
    "mbppplus": (
        {
            "task_id": 2,
            "prompt": "Write f.",
            "code": "def f(a, b):\n    return set(a) & set(b)",
            "test_imports": [],
            "test_list": ["assert f([1], [1]) == {1}"],
            "test": "import numpy as np\ninputs = [[[1, 2], [2]]]\nresults = [{2}]\n"
            "for i, (inp, exp) in enumerate(zip(inputs, results)):\n"
            "    assert f(*inp) == exp\n",
        },
        "```python\ndef f(a, b):\n    return {x for x in a if x in b}\n```",
    ),
    "mbpp": (
        {
            "task_id": 1,
            "text": "Write f.",
            "code": "def f():\n    return 1",
            "test_list": ["assert f() == 1"],
            "test_setup_code": "",
        },
        "def f(): return 1",
    ),
    "livecodebench": (
        {
            "question_content": "Add.",
            "question_id": "a",
            "starter_code": "",
            "metadata": "{}",
            "public_test_cases": json.dumps([{"input": "1 2", "output": "3", "testtype": "stdin"}]),
            "private_test_cases": "",
        },
        "print(sum(map(int, input().split())))",
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_rows_as_the_hub_has_them(name):
    row, right = ROWS[name]
    problem = BENCHMARKS[name].problem(row)
    if problem.verifier == "code" and shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is missing: apt-get install bubblewrap")
    verifier = get_verifier(problem.verifier)
    assert verifier.verify(problem, right).status == "correct"
    assert verifier.verify(problem, "print(7)").status == "incorrect"
    assert verifier.faults([problem]) == {}
    verifier.close()


def test_other_tests_make_another_problem():
    row, _ = ROWS["humanevalplus"]
    harder = {**row, "test": row["test"].replace("2.1", "2.2")}
    make = BENCHMARKS["humaneval"].problem
    assert make(row).id != make(harder).id


def test_a_file_with_a_benchmarks_rows(tmp_path):
    file = tmp_path / "mine.jsonl"
    file.write_text(json.dumps(ROWS["mbpp"][0]) + "\n")
    assert load_problems(str(file), Mapped(benchmark="mbpp")).problems[0].verifier == "code"
    with pytest.raises(UsageError, match="has no field 'final_answer'"):
        load_problems(str(file), Mapped(benchmark="olympiadbench"))
    with pytest.raises(UsageError, match="mapping 'nope' is unknown; allowed: gsm8k"):
        Mapped(benchmark="nope")


def test_a_path_is_looked_up_under_the_data_folder_too(tmp_path, monkeypatch):
    (tmp_path / "problems").mkdir()
    (tmp_path / "problems" / "mine.jsonl").write_text('{"question": "q", "answer": "1"}\n')
    monkeypatch.setenv("PASSGAP_DATA", str(tmp_path))
    assert len(load_problems("mine.jsonl")) == 1


def test_without_file_and_hub_the_benchmark_is_told(monkeypatch):
    datasets = pytest.importorskip("datasets", reason="needs passgap[lm]")
    monkeypatch.delenv("PASSGAP_DATA", raising=False)

    def unreachable(*arguments, **options):
        raise ConnectionError("offline")

    monkeypatch.setattr(datasets, "load_dataset", unreachable)
    monkeypatch.setattr("passgap.problems.hub.load_dataset", unreachable)
    with pytest.raises(UsageError, match="'openai/gsm8k' cannot be loaded from the hub"):
        load_problems("gsm8k")


def test_hub_rows_become_problems(monkeypatch):
    datasets = pytest.importorskip("datasets", reason="needs passgap[lm]")
    monkeypatch.delenv("PASSGAP_DATA", raising=False)
    asked = []

    def load(hub, config, split):
        asked.append((hub, config, split))
        return datasets.Dataset.from_list([{"question": "1 + 1?", "answer": "2\n#### 2"}])

    monkeypatch.setattr("passgap.problems.hub.load_dataset", load)
    assert load_problems("gsm8k").problems[0].reference == "2"
    assert asked == [("openai/gsm8k", "main", "test")]


def test_images_of_the_hub_come_as_they_are_stored(monkeypatch):
    datasets = pytest.importorskip("datasets", reason="needs passgap[lm]")
    from passgap.problems.hub import hub_rows

    held = {"bytes": png(1), "path": "1.png"}
    rows = datasets.Dataset.from_dict({"one": [held], "several": [[held, held]], "text": ["a"]})
    rows = rows.cast_column("one", datasets.Image())
    rows = rows.cast_column("several", datasets.List(datasets.Image()))
    monkeypatch.setattr("passgap.problems.hub.load_dataset", lambda *_, **__: rows)
    (row,) = hub_rows("a/b", None, "test")
    assert row == {"one": held, "several": [held, held], "text": "a"}
