"""MathVista, MathVision and Geometry3K, from files in the data sets' own columns."""

import json

import numpy as np
import polars as pl
import pytest

from passgap.data.completions import Completion
from passgap.data.policies import Policy, PromptSettings, SamplingParams
from passgap.engines.fake import FakeEngine
from passgap.errors import UsageError
from passgap.problems import Mapped, load_problems
from passgap.stages.guessing import guess_rates
from passgap.stages.sampling import sample
from passgap.stages.verifying import verify
from passgap.verifiers import get_verifier
from tests.pictures import png


def held(number):
    return {"bytes": png(number), "path": None}


def vista(number, **more):
    """A row as in AI4Math/MathVista, testmini."""
    row = {
        "pid": str(number),
        "question": "How long is it?",
        "image": f"images/{number}.jpg",
        "decoded_image": held(number),
        "choices": None,
        "unit": None,
        "precision": None,
        "answer": "7",
        "question_type": "free_form",
        "answer_type": "integer",
        "metadata": {"category": "math-targeted-vqa", "grade": "college", "skills": ["algebra"]},
        "query": "Hint: ...",
    }
    return row | more


MATHVISTA = [
    vista(1),
    vista(2, precision=1.0, answer="1.2", answer_type="float", unit="cm"),
    vista(
        3,
        choices=["larger than", "equal to", "smaller than"],
        answer="equal to",
        question_type="multi_choice",
        answer_type="text",
    ),
    vista(4, answer="[0, 7]", answer_type="list"),
    vista(5, precision=1.0, answer="0.0", answer_type="float"),
]
OPTIONS = ["90", "60", "45", "30", "15"]
MATHVISION = [
    {
        "id": str(number),
        "question": "Which angle is it?\n<image1>",
        "options": options,
        "image": f"images/{number}.jpg",
        "decoded_image": held(number),
        "answer": answer,
        "solution": None,
        "level": 3,
        "subject": "angle",
    }
    for number, options, answer in ((1, OPTIONS, "B"), (2, list("ABCDE"), "D"), (3, [], "60"))
]
GEOMETRY3K = [
    {"images": [held(1)], "problem": "<image>Find $x$.", "answer": "2 \\sqrt { 3 }"},
    {"images": [held(2)], "problem": "<image>Find $x$.", "answer": "7"},
]


def loaded(tmp_path, name, rows):
    path = tmp_path / f"{name}-00000-of-00001.parquet"
    pl.DataFrame(rows).write_parquet(path)
    return load_problems(str(path), Mapped(benchmark=name)).problems


def marks(problem, *texts):
    verifier = get_verifier(problem.verifier)
    return [verifier.verify(problem, text).status == "correct" for text in texts]


def test_mathvista(tmp_path):
    whole, rounded, choice, several, zero = loaded(tmp_path, "mathvista", MATHVISTA)
    assert [p.images[0].read() for p in (whole, rounded, choice)] == [png(1), png(2), png(3)]
    assert marks(whole, "It is 7.", "It is 7.5.") == [True, False]
    assert rounded.question == "How long is it? (Unit: cm) Give the answer to 1 decimal place."
    assert marks(rounded, r"\boxed{1.24}", r"\boxed{1.16}", r"\boxed{1.26}") == [True, True, False]
    assert choice.question.splitlines()[1:] == [
        "(A) larger than",
        "(B) equal to",
        "(C) smaller than",
        "Answer with the letter of the right choice.",
    ]
    assert marks(choice, "The answer is (B).", "The answer is (A).") == [True, False]
    assert marks(several, r"\boxed{[0, 7]}", r"\boxed{[7, 0]}", r"\boxed{7}") == [
        True,
        False,
        False,
    ]
    assert marks(zero, r"\boxed{0}", r"\boxed{0.1}") == [True, False]
    assert whole.metadata["grade"] == "college"
    assert "decoded_image" not in json.dumps(dict(whole.metadata))


def test_mathvision(tmp_path):
    listed, shown, free = loaded(tmp_path, "mathvision", MATHVISION)
    assert "(B) 60" in listed.question
    assert "(" not in shown.question
    assert marks(listed, r"\boxed{B}", r"\boxed{60}") == [True, False]
    assert marks(shown, r"\boxed{D}", r"\boxed{A}") == [True, False]
    assert (free.verifier, free.reference) == ("math", "60")
    assert listed.metadata == {"id": "1", "level": 3, "subject": "angle"}


def test_geometry3k(tmp_path):
    one, two = loaded(tmp_path, "geometry3k", GEOMETRY3K)
    assert one.question == two.question == "Find $x$."
    assert one.id != two.id
    assert marks(one, r"\boxed{2\sqrt{3}}", r"\boxed{\sqrt{12}}", r"\boxed{3}") == [
        True,
        True,
        False,
    ]


def test_a_name_finds_its_file_and_the_images_beside_it(tmp_path, monkeypatch):
    (tmp_path / "images").mkdir()
    rows = []
    for number in (1, 2):
        (tmp_path / "images" / f"{number}.jpg").write_bytes(png(number))
        row = vista(number)
        del row["decoded_image"]
        rows.append(row)
    (tmp_path / "mathvista.jsonl").write_text("\n".join(map(json.dumps, rows)))
    monkeypatch.setenv("PASSGAP_DATA", str(tmp_path))
    problems = load_problems("mathvista")
    assert [p.images[0].read() for p in problems] == [png(1), png(2)]


def test_a_row_without_its_image_is_refused(tmp_path):
    rows = [vista(1, decoded_image=None, image=None)]
    with pytest.raises(UsageError, match="problem 1 has no field 'decoded_image or image'"):
        loaded(tmp_path, "mathvista", rows)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            {"question_type": "multi_choice", "answer": "9", "choices": ["7", "8"]},
            "'9' is not in list",
        ),
        ({"answer_type": "float", "precision": "two"}, "could not convert string to float: 'two'"),
        ({"decoded_image": {"bytes": b"<svg/>", "path": None}}, "are no image"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(tmp_path, more, said):
    with pytest.raises(UsageError, match="problem 1 is not as rows of mathvista are") as told:
        loaded(tmp_path, "mathvista", [vista(1, **more)])
    assert said in str(told.value)


def test_choices_are_controlled_for_guessing(tmp_path, monkeypatch):
    rows = [
        dict(MATHVISION[0], id=str(i), decoded_image=held(i), answer="ABCDE"[i % 5])
        for i in range(40)
    ]
    problems = load_problems(
        str(_written(tmp_path / "mathvision.parquet", rows)), Mapped(benchmark="mathvision")
    )

    def guess(self, block, prompts):
        rng = np.random.default_rng(block.seed)
        return [
            Completion(i, block.first_draw + j, f"The answer is ({rng.choice(list('ABCDE'))}).",
                       (1,), "stop")
            for i in block.problem_ids
            for j in range(block.size)
        ]  # fmt: skip

    monkeypatch.setattr(FakeEngine, "complete", guess)
    run = sample(
        Policy("p", PromptSettings("chat")),
        problems,
        n=60,
        out=tmp_path / "run",
        sampling=SamplingParams(8),
        engine="fake",
    )
    verify(run)
    luck = guess_rates(run)
    assert luck is not None
    # a wrong answer is one of four letters; 32 of the 39 other problems have another reference
    assert luck.rates == pytest.approx(np.full(40, 32 / 39 / 4), abs=0.02)


def _written(path, rows):
    pl.DataFrame(rows).write_parquet(path)
    return path
