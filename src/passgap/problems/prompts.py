"""From a problem to the prompt a policy is given.

In: a problem and the policy's prompt settings. Out: a Prompt (text, or chat messages that the
engine passes through the model's own chat template), and what ends a completion by default.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from passgap.data.policies import Prompt, PromptSettings
from passgap.data.problems import Problem
from passgap.errors import UsageError

TEMPLATES = ("plain", "chat", "boxed")
LEAST_MARK, LEAST_WORD = 2, 4  # characters: "Q:" is not an answer, "Q" may be one
BOXED = "Please reason step by step, and put your final answer within \\boxed{}."
IMAGE_MARK = re.compile(r"<image>\s*")  # of data sets that say where an image belongs
_ENVIRONMENT = ImmutableSandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=False)


def render(problem: Problem, settings: PromptSettings) -> Prompt:
    """Render one problem.

    ``plain``: the question as it is; with shots, ``Question: ... Answer: ...`` pairs before it.
    ``chat``: messages for the model's chat template. ``boxed``: the same, asking for the
    answer within ``\\boxed{}``. Anything else is the text of a Jinja template, which sees
    ``question``, ``system`` and ``shots`` (pairs of question and answer).

    Images come before the question, whose marks ``<image>`` are left out.
    """
    asked = IMAGE_MARK.sub("", problem.question).strip() if problem.images else problem.question
    if settings.template == "plain":
        return Prompt(text=_plain(asked, settings), images=problem.images)
    if settings.template in ("chat", "boxed"):
        return Prompt(messages=_messages(asked, settings), images=problem.images)
    return Prompt(text=_jinja(asked, settings), images=problem.images)


def next_question(settings: PromptSettings) -> str | None:
    r"""What begins a question after a worked example: a base model continues with one of its own.

    That is the beginning of the line that starts a new question in the rendered prompt, without its
    number; None for chat messages, without shots, where questions begin with nothing that
    distinguishes them from an answer, and where an example's answer contains it.

    >>> next_question(PromptSettings(shots=(("1+1?", "2"),)))
    '\nQuestion:'
    """
    between = _between_shots(settings) if settings.shots else None
    if between is None:
        return None
    rest, line_end, after = between.partition("\n")
    begins = (after if line_end else rest).strip().partition("\n")[0].rstrip()
    word = re.split(r"\d", begins)[0].rstrip()
    if len(word) < (LEAST_WORD if word != begins else LEAST_MARK):
        return None
    found = line_end + word
    return None if any(found in f"\n{answer}" for _, answer in settings.shots) else found


def _between_shots(settings: PromptSettings) -> str | None:
    """The text between an example's answer and the next one's question, as rendered."""
    marks = [f"passgap{part}" for part in ("asksone", "saysone", "askstwo", "saystwo", "asksnow")]
    shots = ((marks[0], marks[1]), (marks[2], marks[3]))
    prompt = render(Problem(marks[4], ""), replace(settings, shots=shots))
    places = [prompt.text.find(mark) for mark in marks]
    if -1 in places or places != sorted(places):
        return None
    return prompt.text[places[1] + len(marks[1]) : places[2]]


def read_template(spec: str) -> tuple[str, str]:
    """(template, template_name) of ``plain``, ``chat``, ``boxed`` or the path of a Jinja file."""
    if spec in TEMPLATES:
        return spec, spec
    path = Path(spec)
    if not path.is_file():
        raise UsageError(
            f"template {spec!r} not found; allowed: {', '.join(TEMPLATES)}, or a Jinja file"
        )
    return path.read_text(encoding="utf-8"), path.name


def _plain(question: str, settings: PromptSettings) -> str:
    head = f"{settings.system}\n\n" if settings.system else ""
    if not settings.shots:
        return head + question
    shots = "".join(f"Question: {q}\nAnswer: {a}\n\n" for q, a in settings.shots)
    return f"{head}{shots}Question: {question}\nAnswer:"


def _messages(question: str, settings: PromptSettings) -> tuple[tuple[str, str], ...]:
    suffix = f"\n{BOXED}" if settings.template == "boxed" else ""
    messages = [("system", settings.system)] if settings.system else []
    for shot, answer in settings.shots:
        shown = f"\\boxed{{{answer}}}" if suffix else answer
        messages += [("user", shot + suffix), ("assistant", shown)]
    return (*messages, ("user", question + suffix))


def _jinja(question: str, settings: PromptSettings) -> str:
    try:
        return _ENVIRONMENT.from_string(settings.template).render(
            question=question, system=settings.system, shots=settings.shots
        )
    except TemplateError as error:
        name = settings.template_name or "given"
        raise UsageError(
            f"the Jinja template {name!r} does not render ({error}); it may use question, system "
            "and shots"
        ) from error
