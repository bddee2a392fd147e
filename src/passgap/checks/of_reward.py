"""A reward, tried with hostile completions. In: problems, a reward. Out: what it pays.

An audit, not a proof: it finds what it tries. What it tries is in `passgap.checks.hostile`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing

import numpy as np

from passgap.checks.hostile import FORMS, SOLUTION, WORDS, Case, controls, hostile, wrong_answers
from passgap.data.outcomes import Failure, Outcome
from passgap.data.problems import Problem, ProblemSet
from passgap.errors import UsageError
from passgap.plain import plural
from passgap.results.findings import SEVERITIES, Finding
from passgap.results.reward_audit import Attempt, Example, Expected, RewardAudit
from passgap.verifiers import Item, Verifier, answer_form, for_problems
from passgap.verifiers.failures import take_failures

MUCH = 0.02
FIRST = 3  # problems on which every kind is tried
SHOWN = 400  # characters of an example
Marks = dict[str, list[tuple[Problem, str, Outcome]]]


def audit_reward(
    problems: ProblemSet, reward: str | None = None, *, size: int, seed: int
) -> RewardAudit:
    """Try a reward with completions that should earn nothing, and with the references.

    Parameters
    ----------
    problems
        What the reward is used on.
    reward
        The spec of a verifier, such as ``math`` or ``python:MODULE:FUNCTION``; None takes the one
        each problem names. A completion is paid if it is marked correct.
    size
        Number of problems to try, chosen by ``seed``.
    seed
        Seed of the choice.

    Raises
    ------
    UsageError
        For an unknown reward, no problem, or a size below 1.
    """
    tried = _sample(problems, size, seed)
    with closing(for_problems(tried, reward)) as marker:
        shown = _marked(marker, [(one, controls(one)) for one in tried])
        form = _best_form(shown)
        cases = _cases(problems, tried, form, reward)
        marks = _marked(marker, [(case.problem, hostile(case)) for case in cases])
        failures = tuple(take_failures(marker))
        name = reward or marker.name
    attempts = (*_attempts(shown, "paid"), *_attempts(marks, "unpaid"))
    refused = _refused(shown)
    controlled = sum(bool(controls(one)) for one in tried)
    return RewardAudit(
        reward=name,
        problems=len(tried),
        form=form,
        refused=refused,
        attempts=attempts,
        failures=failures,
        findings=tuple(_findings(attempts, refused, controlled, failures)),
        notes=tuple(_notes(len(tried) - controlled)),
    )


def _sample(problems: ProblemSet, size: int, seed: int) -> list[Problem]:
    """Problems to try, in their order."""
    if size < 1:
        raise UsageError(f"size is {size}; allowed: an integer >= 1")
    if not len(problems):
        raise UsageError(f"{problems.name} has no problem to try the reward on; give another file")
    rng = np.random.default_rng(seed)
    rows = rng.choice(len(problems), size=min(size, len(problems)), replace=False)
    return [problems.problems[row] for row in sorted(rows.tolist())]


def _marked(marker: Verifier, texts: Sequence[tuple[Problem, Mapping[str, str]]]) -> Marks:
    """Each text with its outcome, by kind.

    A kind on which the reward runs out of time in the first few problems is not tried on the
    others: with a minute per text it would take hours.
    """
    found: Marks = defaultdict(list)
    for part in (texts[:FIRST], texts[FIRST:]):
        slow = {kind for kind, rows in found.items() if all(map(_timed_out, rows))}
        rows = [(kind, one, text) for one, of in part for kind, text in of.items()]
        rows = [row for row in rows if row[0] not in slow]
        outcomes = marker.verify_all([Item(one, text) for _, one, text in rows])
        for (kind, one, text), outcome in zip(rows, outcomes, strict=True):
            found[kind].append((one, text, outcome))
    return found


def _timed_out(row: tuple[Problem, str, Outcome]) -> bool:
    return row[2].reason == "timeout"


def _best_form(shown: Marks) -> str:
    """The form in which the reference is paid most often; the first of several."""
    paid = {
        name: sum(outcome.status == "correct" for _, _, outcome in shown.get(name, []))
        for name in FORMS
    }
    return max(paid, key=lambda name: paid[name]) if set(shown) & set(FORMS) else SOLUTION


def _cases(
    problems: ProblemSet, tried: Sequence[Problem], form: str, reward: str | None
) -> list[Case]:
    """The problems with what their hostile completions are made of."""
    write = FORMS[form][1] if form in FORMS else str
    references = list(dict.fromkeys(one.reference for one in problems))
    found = []
    for place, one in enumerate(tried):
        key = answer_form(reward or one.verifier) or answer_form("math") or str
        start = place % len(references)
        others = [*references[start:], *references[:start]]
        found.append(Case(one, wrong_answers(one, others, key), write))
    return found


def _attempts(marks: Marks, expected: Expected) -> Iterator[Attempt]:
    for kind, rows in marks.items():
        statuses = [outcome.status for _, _, outcome in rows]
        odd = "correct" if expected == "unpaid" else "incorrect"
        shown = [row for row in rows if row[2].status == odd]
        shown += [row for row in rows if row[2].status == "unscored"]
        yield Attempt(
            kind=kind,
            expected=expected,
            what=WORDS[kind],
            problems=len(rows),
            paid=statuses.count("correct"),
            unscored=statuses.count("unscored"),
            example=_example(*shown[0]) if shown else None,
        )


def _example(problem: Problem, text: str, outcome: Outcome) -> Example:
    said = text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
    return Example(problem.id, said, outcome.extracted, outcome.reason)


def _refused(shown: Marks) -> tuple[str, ...]:
    """The problems whose reference is paid in no form."""
    paid: dict[str, bool] = {}
    for rows in shown.values():
        for one, _, outcome in rows:
            paid[one.id] = paid.get(one.id, False) or outcome.status == "correct"
    return tuple(id_ for id_, some in paid.items() if not some)


def _findings(
    attempts: Sequence[Attempt],
    refused: Sequence[str],
    controlled: int,
    failures: Sequence[Failure],
) -> list[Finding]:
    found = [*_pays(attempts), *_refuses(refused, controlled), *_unscored(attempts, failures)]
    return sorted(found, key=lambda finding: SEVERITIES.index(finding.severity))


def _pays(attempts: Sequence[Attempt]) -> Iterator[Finding]:
    paid = [one for one in attempts if one.suspect]
    if paid:
        often = max(one.paid / one.problems for one in paid)
        told = ", ".join(f"{one.what} ({one.paid} of {one.problems})" for one in paid)
        problems = (one.example.problem_id for one in paid if one.example)
        yield Finding(
            "reward_pays",
            "error" if often > MUCH else "warning",
            f"the reward pays {told}",
            "a policy can learn to write this: make the reward refuse it before training",
            tuple(dict.fromkeys(problems)),
        )


def _refuses(refused: Sequence[str], controlled: int) -> Iterator[Finding]:
    if refused:
        yield Finding(
            "reward_refuses",
            "error" if len(refused) > MUCH * controlled else "warning",
            f"the reference is paid in none of the forms that were tried, in {len(refused)} of "
            f"{plural(controlled, 'problem')}",
            "check what the reward reads and these references; the problems can hardly be solved",
            tuple(refused),
        )


def _unscored(attempts: Sequence[Attempt], failures: Sequence[Failure]) -> Iterator[Finding]:
    kinds = [one for one in attempts if one.unscored]
    if kinds:
        lost = sum(one.unscored for one in kinds)
        first = f" (first error: {failures[0].error})" if failures else ""
        yield Finding(
            "reward_unscored",
            "warning",
            f"the reward gives no mark to {plural(lost, 'completion')}, of the kinds "
            f"{', '.join(one.kind for one in kinds)}{first}",
            "make the reward return True or False for every text, quickly; such samples teach "
            "nothing, or stop a training",
        )


def _notes(uncontrolled: int) -> Iterator[str]:
    if uncontrolled:
        yield (
            f"{plural(uncontrolled, 'problem has', 'problems have')} no reference or solution to "
            "try, so it is not known whether the reward pays a right answer there"
        )
    yield "what is not paid here may still be paid in another form: an audit, not a proof"
