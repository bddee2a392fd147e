"""From what a user writes to the data types: policies and problem sets by their specs.

In: ``lab:base``, a folder or a hub id; ``lab:rare``, ``gym:NAME?..`` or a problem file. Out: a
Policy with its prompt, a ProblemSet.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from urllib.parse import parse_qsl

from passgap.data.policies import Policy, PromptSettings
from passgap.data.problems import ProblemSet
from passgap.errors import UsageError
from passgap.lab import lab_policy_path, lab_problems
from passgap.problems import Mapped, load_problems, next_question, read_template
from passgap.runs.policy import carried_prompt

LAB_MAX_TOKENS = 32


def resolve_problems(
    spec: str, mapping: Mapped | None = None, *, limit: int | None = None
) -> ProblemSet:
    """The problems a spec names; ``limit`` keeps only the first ones.

    ``lab:NAME?size=300&seed=0&split=held_out`` names the lab's families; everything else goes to
    ``passgap.problems.load_problems``.
    """
    problems = _lab(spec) if spec.startswith("lab:") else load_problems(spec, mapping)
    if limit is None:
        return problems
    if limit < 1:
        raise UsageError(f"limit is {limit}; allowed: an integer >= 1")
    return dataclasses.replace(problems, problems=problems.problems[:limit])


def resolve_policy(
    spec: str,
    *,
    revision: str | None = None,
    template: str | None = None,
    system: str | None = None,
    shots: str | None = None,
    stop: Sequence[str] = (),
    no_stop: bool = False,
    mapping: Mapped | None = None,
) -> Policy:
    """The policy a spec names, with its prompt.

    A folder trained by passgap includes its base's prompt; whatever is given here replaces that
    part of it. ``shots`` is a problem spec: its questions and references become worked examples. If
    no stop strings are given, what begins the shots' next question becomes one, except with
    ``no_stop`` and for a folder that includes exactly these shots.
    """
    path = str(lab_policy_path(spec.removeprefix("lab:"))) if spec.startswith("lab:") else spec
    plain = PromptSettings(template="plain", template_name="plain")
    prompt = carried = carried_prompt(path) or plain
    if template is not None:
        text, name = read_template(template)
        prompt = dataclasses.replace(prompt, template=text, template_name=name)
    if system is not None:
        prompt = dataclasses.replace(prompt, system=system)
    if shots is not None:
        examples = resolve_problems(shots, mapping)
        pairs = tuple((p.question, p.reference) for p in examples)
        prompt = dataclasses.replace(prompt, shots=pairs)
    if stop or no_stop:
        prompt = dataclasses.replace(prompt, stop=tuple(stop), stop_by_default=False)
    elif (prompt.template, prompt.shots) != (carried.template, carried.shots):
        prompt = with_default_stop(prompt)
    return Policy(path, prompt, revision)


def with_default_stop(prompt: PromptSettings) -> PromptSettings:
    """The prompt with the stop string from the format of its shots, if no other is given."""
    if prompt.stop and not prompt.stop_by_default:
        return prompt
    found = next_question(prompt)
    stop = () if found is None else (found,)
    return dataclasses.replace(prompt, stop=stop, stop_by_default=bool(stop))


def check_shots(policy: Policy, problems: ProblemSet) -> None:
    """Refuse worked examples that are among the problems."""
    asked = {problem.question for problem in problems}
    shared = [question for question, _ in policy.prompt.shots if question in asked]
    if shared:
        raise UsageError(
            f"{len(shared)} of the worked examples (--shots) are among the problems, e.g. "
            f"{shared[0][:60]!r}; take examples from other problems"
        )


def _lab(spec: str) -> ProblemSet:
    family, _, query = spec.removeprefix("lab:").partition("?")
    options = dict(parse_qsl(query))
    unknown = set(options) - {"size", "seed", "split"}
    if unknown:
        raise UsageError(f"{spec!r} has {', '.join(sorted(unknown))}; allowed: size, seed, split")
    try:
        size, seed = int(options.get("size", 300)), int(options.get("seed", 0))
    except ValueError:
        raise UsageError(f"{spec!r}: size and seed must be integers") from None
    return lab_problems(family, split=options.get("split", "held_out"), size=size, seed=seed)


def max_tokens(asked: int | None, problems: str, engine: str) -> int:
    """The completion limit: as given, or known for the lab and the fake engine."""
    if asked is not None:
        return asked
    if engine == "fake" or problems.startswith("lab:"):
        return LAB_MAX_TOKENS
    raise UsageError(
        "--max-tokens is missing; a real model needs a limit, e.g. 64 for short answers, 1024 for "
        "worked solutions"
    )
