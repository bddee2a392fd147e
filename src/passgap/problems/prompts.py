"""From a problem to the prompt a policy is given.

In: a problem and the policy's prompt settings. Out: a Prompt (text, or chat messages that the
engine passes through the model's own chat template).
"""

from __future__ import annotations

from pathlib import Path

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from passgap.errors import UsageError
from passgap.types import Problem, Prompt, PromptSettings

TEMPLATES = ("plain", "chat", "boxed")
BOXED = "Please reason step by step, and put your final answer within \\boxed{}."
_ENVIRONMENT = ImmutableSandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=False)


def render(problem: Problem, settings: PromptSettings) -> Prompt:
    """Render one problem.

    ``plain``: the question as it stands; with shots, ``Question: ... Answer: ...`` pairs before it.
    ``chat``: messages for the model's chat template. ``boxed``: the same with the request to put
    the answer within ``\\boxed{}``. Anything else is the text of a Jinja template, which sees
    ``question``, ``system`` and ``shots`` (pairs of question and answer).
    """
    if settings.template == "plain":
        return Prompt(text=_plain(problem.question, settings))
    if settings.template in ("chat", "boxed"):
        return Prompt(messages=_messages(problem.question, settings))
    return Prompt(text=_jinja(problem.question, settings))


def read_template(spec: str) -> tuple[str, str]:
    """(template, template_name) of ``plain``, ``chat``, ``boxed`` or the path of a Jinja file."""
    if spec in TEMPLATES:
        return spec, spec
    path = Path(spec)
    if not path.is_file():
        raise UsageError(
            f"template {spec!r} is neither one of {', '.join(TEMPLATES)} nor an existing Jinja file"
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
            f"the Jinja template {name!r} does not render ({error}); it may use question, system, "
            "shots"
        ) from error
