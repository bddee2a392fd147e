"""Problem sources and prompts."""

import json

import pytest

from passgap.data.policies import PromptSettings
from passgap.data.problems import Problem, ProblemSet
from passgap.errors import UsageError
from passgap.problems import Mapped, load_problems, read_template, render


def write(path, rows):
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return str(path)


def test_a_line_separator_inside_a_question_ends_no_row(tmp_path):
    path = tmp_path / "p.jsonl"
    path.write_bytes('{"question": "a\u2028b\x85c", "answer": "1"}\r\n\n'.encode())
    (problem,) = load_problems(str(path))
    assert problem.question == "a\u2028b\x85c"


def test_jsonl_csv_and_parquet_give_the_same_problems(tmp_path):
    import polars as pl

    rows = [{"question": f"q{i}", "answer": str(i), "level": i} for i in range(3)]
    frame = pl.DataFrame(rows)
    frame.write_csv(tmp_path / "p.csv")
    frame.write_parquet(tmp_path / "p.parquet")
    sets = [load_problems(write(tmp_path / "p.jsonl", rows))]
    sets += [load_problems(str(tmp_path / name)) for name in ("p.csv", "p.parquet")]
    assert len({s.digest for s in sets}) == 1
    assert [p.reference for p in sets[0]] == ["0", "1", "2"]


def test_duplicates_are_merged_and_counted(tmp_path):
    spec = write(tmp_path / "p.jsonl", [{"question": "q", "answer": "1"}] * 3)
    problems = load_problems(spec)
    assert (len(problems), problems.merged) == (1, 2)


def test_gsm8k_answers_lose_their_working(shared_data):
    problems = load_problems(str(shared_data / "problems" / "gsm8k_test.jsonl.gz"))
    assert len(problems) == 1319
    assert problems.problems[0].reference == "18"


def test_the_mapping_is_honoured(tmp_path):
    spec = write(tmp_path / "p.jsonl", [{"Q": "a?", "A": "7", "question": "no", "answer": "no"}])
    problem = load_problems(spec, Mapped("Q", "A", "numeric")).problems[0]
    assert (problem.question, problem.reference, problem.verifier) == ("a?", "7", "numeric")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "has no problems"),
        ([{"question": "q", "answer": ""}], "problem 1 has no answer"),
        ([{"question": "q", "answer": "1"}, {"question": "r"}], "problem 2 has no answer"),
        ([{"text": "q", "answer": "1"}], "no field 'question'.*--question-field"),
    ],
)
def test_bad_files_are_told(tmp_path, rows, message):
    with pytest.raises(UsageError, match=message):
        load_problems(write(tmp_path / "p.jsonl", rows))


def test_bad_json_names_the_line(tmp_path):
    (tmp_path / "p.jsonl").write_text('{"question": "q", "answer": "1"}\n{oops')
    with pytest.raises(UsageError, match="line 2 is not JSON"):
        load_problems(str(tmp_path / "p.jsonl"))


def test_a_missing_file_names_what_is_allowed(tmp_path):
    with pytest.raises(UsageError, match="not found; allowed"):
        load_problems(str(tmp_path / "none.jsonl"))


def test_gym_problems_pass_their_own_checker():
    from passgap.verifiers import get_verifier

    problems = load_problems("gym:chain_sum?size=5&seed=3")
    verifier = get_verifier("gym")
    assert len(problems) == 5
    for problem in problems:
        assert verifier.verify(problem, problem.reference, "stop").status == "correct"
        assert verifier.verify(problem, "-1234567", "stop").status == "incorrect"
    assert load_problems("gym:chain_sum?size=5&seed=3").digest == problems.digest


@pytest.mark.parametrize("spec", ["gym:no_such_set", "gym:chain_sum?size=many"])
def test_bad_gym_specs_are_told(spec):
    with pytest.raises(UsageError, match=r"not a reasoning-gym|allowed: an integer"):
        load_problems(spec)


PROBLEM = Problem("What is 1 + 1?", "2")


def test_plain_is_the_question_itself_and_shots_make_a_dialogue():
    assert render(PROBLEM, PromptSettings()).text == "What is 1 + 1?"
    shots = PromptSettings(shots=(("What is 2 + 2?", "4"),))
    assert render(PROBLEM, shots).text == (
        "Question: What is 2 + 2?\nAnswer: 4\n\nQuestion: What is 1 + 1?\nAnswer:"
    )


def test_chat_and_boxed_are_messages():
    chat = render(PROBLEM, PromptSettings(template="chat", system="Be brief."))
    assert chat.messages == (("system", "Be brief."), ("user", "What is 1 + 1?"))
    boxed = render(PROBLEM, PromptSettings(template="boxed", shots=(("q", "4"),)))
    assert boxed.messages[1] == ("assistant", "\\boxed{4}")
    assert boxed.messages[-1][1].endswith("within \\boxed{}.")


def test_jinja_files_render_and_their_mistakes_are_told(tmp_path):
    (tmp_path / "t.jinja").write_text("Q: {{ question }} A:")
    text, name = read_template(str(tmp_path / "t.jinja"))
    assert render(PROBLEM, PromptSettings(text, name)).text == "Q: What is 1 + 1? A:"
    with pytest.raises(UsageError, match="does not render"):
        render(PROBLEM, PromptSettings("{{ nonsense }}", "t.jinja"))
    with pytest.raises(UsageError, match="does not render"):
        render(PROBLEM, PromptSettings("{{ question.__class__.mro() }}", "t.jinja"))
    with pytest.raises(UsageError, match="not found; allowed: "):
        read_template(str(tmp_path / "none.jinja"))


def test_the_id_ignores_the_prompt_and_knows_the_verifier():
    assert PROBLEM.id == Problem("What is 1 + 1?", "2", metadata={"x": 1}).id
    assert PROBLEM.id != Problem("What is 1 + 1?", "2", "numeric").id


def test_problems_held_elsewhere_are_left_out_and_told_in_the_name():
    ten = ProblemSet.of("ten", [Problem(f"q{i}", str(i)) for i in range(10)])
    four = ProblemSet.of("four", ten.problems[3:7])
    rest = ten.without(four)
    assert [p.question for p in rest] == ["q0", "q1", "q2", "q7", "q8", "q9"]
    assert rest.name == "ten less 4 of four"
    assert four.without(rest) == four


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("p.csv", b'question,answer\n"x,1\n', "cannot be read as its suffix says"),
        ("p.jsonl", b'{"question": "\xff", "answer": 1}', "cannot be read as its suffix says"),
        ("p.jsonl.gz", b"no gzip", "cannot be read as its suffix says"),
        ("p.parquet", b"no parquet", "cannot be read as its suffix says"),
        ("p.jsonl", b'{"question": {"a": 1}, "answer": 1}', "is an object with the keys a"),
    ],
)
def test_a_damaged_file_is_told_in_one_line(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=said) as told:
        load_problems(str(tmp_path / name))
    assert "\n" not in str(told.value)
