"""What begins the next question in the format of worked examples: a base model runs on into it."""

import pytest

from passgap.data.policies import PromptSettings
from passgap.data.problems import Problem
from passgap.problems import next_question, render

SHOTS = (("1+1?", "2"), ("2+2?", "4"))


def jinja(text):
    return PromptSettings(template=text, template_name="own", shots=SHOTS)


ONE = "{% for q, a in shots %}"
END = "{% endfor %}"


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (ONE + "Q: {{ q }}\nA: {{ a }}\n\n" + END + "Q: {{ question }}\nA:", "\nQ:"),
        (ONE + "[Q] {{ q }} [A] {{ a }} " + END + "[Q] {{ question }} [A]", "[Q]"),
        (
            ONE + "### Problem {{ loop.index }}\n{{ q }}\nAnswer: {{ a }}\n\n" + END
            + "### Problem\n{{ question }}\nAnswer:",
            "\n### Problem",
        ),
        (
            ONE + "Task: {{ q }}\n<answer>{{ a }}</answer>\n\n" + END + "Task: {{ question }}\n",
            "\nTask:",
        ),
        (ONE + "{{ q }}\n{{ a }}\n\n" + END + "{{ question }}\n", None),
        (ONE + "{{ loop.index }}. {{ q }}\n{{ a }}\n" + END + "{{ question }}", None),
        (ONE + "Q{{ loop.index }}: {{ q }}\n{{ a }}\n" + END + "{{ question }}", None),
        (ONE + "{{ q|upper }}: {{ a|upper }}\n" + END + "{{ question }}", None),
        ("{{ shots|length }} examples are not shown. {{ question }}", None),
    ],
)  # fmt: skip
def test_the_stop_follows_from_the_rendered_shots(template, expected):
    assert next_question(jinja(template)) == expected


def test_the_plain_format_gives_its_question_line():
    settings = PromptSettings(shots=SHOTS)
    stop = next_question(settings)
    assert stop == "\nQuestion:"
    text = render(Problem("3+3?", "6"), settings).text
    for answer in ("2", "4"):
        assert text.partition(f"Answer: {answer}")[2].lstrip("\n").startswith(stop.lstrip("\n"))
    run_on = "6\n\nQuestion: 4+4?\nAnswer: 8"
    assert run_on.partition(stop)[0].strip() == "6"


@pytest.mark.parametrize("template", ["chat", "boxed"])
def test_messages_end_by_themselves(template):
    assert next_question(PromptSettings(template=template, shots=SHOTS)) is None


def test_without_examples_there_is_no_format():
    assert next_question(PromptSettings()) is None


def test_an_answer_that_holds_it_is_not_cut():
    shots = (("Ask me something.", "Sure.\nQuestion: how old are you?"),)
    assert next_question(PromptSettings(shots=shots)) is None
