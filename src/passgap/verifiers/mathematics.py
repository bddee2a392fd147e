r"""``math``: mathematical equality, compared here, or by math-verify where algebra is needed.

In: problems and completions. Out: correct, incorrect, or unscored with the reason if the comparison
took too long (``timeout``), too much memory (``memory``) or failed (``error``, ``crash``). A
completion is read by `candidates`, an answer is compared by `answers`; only pairs without a value
that is understood there go, each distinct pair once, to a worker process that can be killed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Required, TypedDict

from passgap.data.identity import digest
from passgap.data.outcomes import Candidate, Outcome, Readings
from passgap.data.problems import Problem
from passgap.errors import MissingExtraError
from passgap.latex import last_boxed
from passgap.verifiers.answers.compare import Algebra, Pair, equal
from passgap.verifiers.answers.forms import Nothing, Opaque
from passgap.verifiers.answers.parse import described, form
from passgap.verifiers.base import Item, Mark, Verifier, nothing_said, positive
from passgap.verifiers.candidates import Reading, read
from passgap.verifiers.concluding import concludes
from passgap.verifiers.copied import without_copies
from passgap.verifiers.workers.child import function_pool
from passgap.verifiers.workers.pool import Lost

EQUAL = "passgap.verifiers.equality:equal"
LONGEST_ANSWER = 2_000
REMEMBERED = 500_000


class Said(TypedDict, total=False):
    """What math-verify says about a pair.

    ``unread`` names the side that it cannot parse; with ``as_text`` the reference is not
    mathematics to it, and only the same letters match.
    """

    right: Required[bool]
    as_text: bool
    unread: str


WRONG, RIGHT, TOO_LONG = Mark("incorrect"), Mark("correct"), Mark("incorrect", "too_long")


class MathVerifier(Verifier):
    r"""Correct when the answer equals the reference as mathematics.

    The answer is the last ``\boxed{}``, else the last ``<answer>``, else what follows ``####``,
    else what the text says the answer is, else its last value; see `candidates`. One comparison by
    math-verify may take ``timeout`` seconds of CPU time.
    """

    name = "math"

    def __init__(self, timeout: str = "5") -> None:
        self._timeout = positive("timeout", timeout)
        self._algebra = algebra_version()
        self._known: dict[Pair, Mark] = {}
        self._pool = function_pool(EQUAL, Said, seconds=self._timeout, of_processor=True)

    @property
    def digest(self) -> str:
        return digest([self.name, 4, self._algebra, self._timeout])

    def verify_all(self, items: Sequence[Item]) -> list[Outcome]:
        """Mark many completions, in their order."""
        readings = [answer_of(item) for item in items]
        golds = [reference_of(item.problem) for item in items]
        pairs = dict.fromkeys(
            (gold, candidate.text)
            for gold, reading in zip(golds, readings, strict=True)
            for candidate in (reading.final, reading.asked)
            if candidate is not None
        )
        self._compare(pairs)
        found = map(self._outcome, items, golds, readings)
        return list(found)

    def _outcome(self, item: Item, gold: str, reading: Reading) -> Outcome:
        final, asked = self._mark(gold, reading.final), self._mark(gold, reading.asked)
        anywhere = final.status
        if anywhere != "correct" and (asked == RIGHT or self._somewhere(gold, reading)):
            anywhere = "correct"
        rule = reading.final.rule if reading.final else ""
        in_form = asked.status if reading.asked else "no_answer"
        readings = Readings(in_form, anywhere, rule, reading.run_on, reading.thinking)
        if reading.final is None:
            return Outcome("incorrect", None, nothing_said(item.finish_reason), readings)
        return Outcome(final.status, reading.final.text, final.reason, readings)

    def _mark(self, gold: str, candidate: Candidate | None) -> Mark:
        return WRONG if candidate is None else self._known[gold, candidate.text]

    def _somewhere(self, gold: str, reading: Reading) -> bool:
        """Whether a candidate equals the reference as far as it is understood here."""
        texts = reading.texts() - {c.text for c in (reading.final, reading.asked) if c}
        return any(len(text) <= LONGEST_ANSWER and equal(gold, text) for text in texts)

    def read_as(self, answer: str) -> str:
        """The form of an answer and what it says."""
        return described(answer)

    def candidates(self, item: Item) -> tuple[Candidate, ...]:
        """Every piece of the text that could be its answer."""
        return answer_of(item).candidates()

    def faults(self, problems: Sequence[Problem]) -> dict[str, str]:
        """References that no answer could match, by the code that marks completions.

        A reference understood neither here nor by math-verify is one: only a verbatim copy would
        pass.
        """
        found = {}
        owed: dict[str, list[Problem]] = {}
        for problem in problems:
            gold = reference_of(problem)
            said = read(f"\\boxed{{{gold}}}").final
            if not gold or isinstance(form(gold), Nothing) or said is None:
                found[problem.id] = f"no answer could match {gold[:60]!r}"
            elif said.text != gold and equal(gold, said.text) is not True:
                found[problem.id] = f"{gold[:60]!r} in a box is read as {said.text[:60]!r}"
            elif isinstance(form(gold), Opaque):
                owed.setdefault(gold, []).append(problem)
        replies = self._pool.run(None, [[gold, gold] for gold in owed]) if owed else []
        for (gold, those), reply in zip(owed.items(), replies, strict=True):
            if isinstance(reply, Lost) or not reply["right"] or reply["as_text"]:
                fault = f"{gold[:60]!r} is not understood as mathematics or words"
                found |= {problem.id: fault for problem in those}
        return found

    def _compare(self, pairs: Iterable[Pair]) -> None:
        """Fill in the marks of distinct (reference, answer) pairs that are not known yet."""
        if len(self._known) > REMEMBERED:
            self._known.clear()
        waiting: dict[Pair, Algebra] = {}
        for pair in pairs:
            if pair not in self._known:
                algebra = Algebra()
                mark = at_sight(*pair, algebra)
                if mark is None:
                    waiting[pair] = algebra
                else:
                    self._known[pair] = mark
        if waiting:
            self._ask(waiting)

    def _ask(self, waiting: dict[Pair, Algebra]) -> None:
        """Settle the pairs that need algebra."""
        asked = list(dict.fromkeys(pair for algebra in waiting.values() for pair in algebra.asked))
        replies = self._pool.run(None, [list(pair) for pair in asked])
        said = dict(zip(asked, map(_mark, replies), strict=True))
        for pair, algebra in waiting.items():
            algebra.known = {p: said[p].status == "correct" for p in algebra.asked}
            lost = [said[p] for p in algebra.asked if said[p].status == "unscored"]
            right = equal(*pair, algebra)
            self._known[pair] = RIGHT if right else lost[0] if lost else WRONG

    def close(self) -> None:
        """End the worker processes."""
        self._pool.close()


def algebra_version() -> str:
    """The installed version of math-verify; without one, half the marks would be guesses.

    It is loaded only by the worker processes.
    """
    try:
        return version("math-verify")
    except PackageNotFoundError as error:
        raise MissingExtraError("math-verify", "math") from error


def at_sight(gold: str, answer: str, algebra: Algebra | None = None) -> Mark | None:
    """The mark of a pair, None if algebra has to decide; ``algebra`` is then asked."""
    if gold == answer:
        return RIGHT
    if len(answer) > LONGEST_ANSWER:
        return TOO_LONG
    found = equal(gold, answer, algebra)
    return None if found is None else RIGHT if found else WRONG


def answer_of(item: Item) -> Reading:
    """How a completion is read: apart from copies of its question.

    One that was cut off before its conclusion has no answer.
    """
    reading = read(without_copies(item.text, item.problem.question), item.asked)
    final, cut = reading.final, item.finish_reason == "length" and not reading.run_on
    weak = final if final is not None and final.rule in ("bold", "value") else None
    if cut and weak is not None and not concludes(reading.shown, weak):
        return Reading(reading.shown, None, None, thinking=reading.thinking)
    return reading


def reference_of(problem: Problem) -> str:
    """The answer in a reference, which may be a whole solution."""
    return _answer_in(problem.reference)


@lru_cache(maxsize=100_000)
def _answer_in(reference: str) -> str:
    boxed = last_boxed(reference)
    if boxed:
        return boxed
    _, marked, tail = reference.rpartition("####")
    return tail.strip() if marked and tail.strip() else reference.strip()


def _mark(reply: Said | Lost) -> Mark:
    if isinstance(reply, Lost):
        return Mark("unscored", reply.reason)
    return RIGHT if reply["right"] else WRONG
