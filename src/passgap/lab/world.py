"""The lab's world: string rewriting with habits, whose truth is known.

A question names two or three operations and a string of six letters; the completion writes the
string after every operation, one per line, and the last line is the answer::

    RU:cabfde=      reverse, then every letter one up
    edfbac          step 1
    fegcbd          step 2, the answer

There are 12 letters, so an answer is one of 12^6, about 3.0 million.

Four families for the policy ``base``:

- ``mastered``: operations with one meaning, frequent in the base's corpus.
- ``rare``: operations with two meanings. The right one is a habit of the corpus: at each step it is
  chosen independently, with a probability specific to the operation (.85, .5, .35, .25, .2);
  otherwise the corpus shows the usual, wrong meaning. So p is known: the product over the steps.
  No other choice of meanings leads to the same answer (a test proves it). Sequences with a product
  of at least .05 are used, with an equal share of problems from each of five bands of p.
- ``absent``: one operation that the base's corpus never shows (letters mirrored, a <-> l) and one
  mastered operation. The teacher's corpus shows it.
- ``ambiguous``: rare operations. The right meanings count on most problems and the usual ones on
  the rest, the exceptions (``EXCEPTIONS``); a hash of the question decides, so nothing that a
  policy can read tells them apart. The base finds both. RLVR keeps one: a world that narrows.

Two families for the policy ``novice``, whose corpus shows the right meaning of every rare operation
with probability ``NOVICE_HABIT``:

- ``edge``: one or two rare operations, which the novice gets right occasionally.
- ``far``: three rare operations, which it practically never does. RLVR on ``edge`` composes what it
  teaches, so that ``far`` is solved: a world that teaches (after arXiv 2512.07783).

Train and held-out questions never overlap, whatever the seeds: a hash of the question decides
which side it is on, and the corpus uses train-side questions only.

Not covered: anything that needs language. The world is a wind tunnel: it tests whether the
instrument reads a known truth, not what a large model would do.
"""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from passgap.data.problems import Problem, ProblemSet
from passgap.errors import UsageError

LETTERS = "abcdefghijkl"
LENGTH = 6
Split = Literal["train", "held_out"]
HELD_OUT_SHARE = 0.25
LEAST_P = 0.05
DIFFICULTY = (LEAST_P, 0.08, 0.15, 0.3, 0.5, 1.0)
EXCEPTIONS = 0.25
NOVICE_HABIT = 0.05


def _moved(by: int) -> Callable[[str], str]:
    return lambda s: "".join(LETTERS[(LETTERS.index(x) + by) % len(LETTERS)] for x in s)


MEANINGS: dict[str, Callable[[str], str]] = {
    "reverse": lambda s: s[::-1],
    "rotate_left": lambda s: s[1:] + s[:1],
    "rotate_right": lambda s: s[-1:] + s[:-1],
    "swap_pairs": lambda s: s[1] + s[0] + s[3] + s[2] + s[5] + s[4],
    "swap_halves": lambda s: s[3:] + s[:3],
    "up": _moved(1),
    "down": _moved(-1),
    "mirror": lambda s: "".join(LETTERS[-1 - LETTERS.index(x)] for x in s),
}


@dataclass(frozen=True)
class Operation:
    """What a symbol means: the right meaning, and the usual, wrong one."""

    symbol: str
    right: str
    usual: str = ""
    habit: float = 1.0

    def apply(self, text: str, *, rightly: bool = True) -> str:
        return MEANINGS[self.right if rightly else self.usual](text)


MASTERED = tuple(
    Operation(*pair)
    for pair in (("R", "reverse"), ("L", "rotate_left"), ("S", "swap_pairs"), ("U", "up"))
)
RARE = (
    Operation("A", "up", "rotate_right", 0.85),
    Operation("B", "swap_halves", "down", 0.50),
    Operation("C", "rotate_left", "swap_pairs", 0.35),
    Operation("D", "rotate_right", "down", 0.25),
    Operation("E", "down", "reverse", 0.20),
)
ABSENT = (Operation("M", "mirror"),)
OPERATIONS = {operation.symbol: operation for operation in (*MASTERED, *RARE, *ABSENT)}
FAMILIES = ("rare", "mastered", "absent", "ambiguous", "edge", "far")
STEPS = {"edge": (1, 2), "far": (3,)}  # of the others: 2 and 3
SYMBOLS = "".join(OPERATIONS)


def base_of(family: str) -> str:
    """The lab policy that a family was made for."""
    return "novice" if family in STEPS else "base"


def taught_by(family: str) -> str:
    """The family whose problems train for this one: its own, but ``edge`` for ``far``."""
    return "edge" if family == "far" else family


def nominal_p(symbols: str, *, rightly: bool = True) -> float:
    """The chance that a policy with exactly the base's habits gives every step one meaning."""
    habits = (OPERATIONS[symbol].habit for symbol in symbols)
    return math.prod(habit if rightly else 1 - habit for habit in habits)


def solve(symbols: str, text: str, *, rightly: bool = True) -> list[str]:
    """The string after every step, all meanings right (or all usual)."""
    return [text := OPERATIONS[symbol].apply(text, rightly=rightly) for symbol in symbols]


def readings(symbols: str, text: str) -> list[list[str]]:
    """The strings after every step, for every choice of a meaning per step."""
    found: list[list[str]] = [[]]
    for symbol in symbols:
        operation = OPERATIONS[symbol]
        meanings = (True, False) if operation.usual else (True,)
        found = [
            [*lines, operation.apply(lines[-1] if lines else text, rightly=rightly)]
            for lines in found
            for rightly in meanings
        ]
    return found


def sequences(family: str) -> tuple[str, ...]:
    """The operation sequences a family uses."""
    if family not in FAMILIES:
        raise UsageError(f"lab family {family!r} is unknown; allowed: {', '.join(FAMILIES)}")
    if family == "absent":
        mastered = [operation.symbol for operation in MASTERED]
        return tuple(s for m in mastered for s in (f"M{m}", f"{m}M"))
    members = [operation.symbol for operation in (MASTERED if family == "mastered" else RARE)]
    lengths = STEPS.get(family, (2, 3))
    made = ("".join(s) for n in lengths for s in itertools.product(members, repeat=n))
    if family in STEPS:
        return tuple(made)
    likely = (s for s in made if nominal_p(s) >= LEAST_P)
    if family != "ambiguous":
        return tuple(likely)
    return tuple(s for s in likely if nominal_p(s, rightly=False) >= LEAST_P)


def difficulty_bands(family: str) -> list[list[str]]:
    """The family's sequences by nominal p, hardest first; a band without any is left out."""
    asked = sequences(family)
    if family in STEPS:  # for the novice all sequences of one length are as hard
        return [[s for s in asked if len(s) == n] for n in reversed(STEPS[family])]
    edges = list(itertools.pairwise(DIFFICULTY))
    bands = [[s for s in asked if low <= nominal_p(s) < high] for low, high in edges[:-1]]
    bands.append([s for s in asked if nominal_p(s) >= edges[-1][0]])
    return [band for band in bands if band]


def is_held_out(question: str) -> bool:
    """Which side of the split a question is on, always."""
    return hashlib.sha256(question.encode()).digest()[0] < 256 * HELD_OUT_SHARE


def is_exception(question: str) -> bool:
    """Whether the usual meanings count, in the family ``ambiguous``."""
    return hashlib.sha256(question.encode()).digest()[1] < 256 * EXCEPTIONS


def lab_problems(
    family: str, *, split: Split | str = "held_out", size: int = 300, seed: int = 0
) -> ProblemSet:
    """``size`` distinct problems of one family (``FAMILIES``).

    The splits ``train`` and ``held_out`` never share a question; ``seed`` says which ones.
    """
    if split not in ("train", "held_out"):
        raise UsageError(f"split is {split!r}; allowed: train, held_out")
    if size < 1:
        raise UsageError(f"size is {size}; allowed: an integer >= 1")
    bands = difficulty_bands(family)
    rng = np.random.default_rng([seed, FAMILIES.index(family), split == "train"])
    problems: dict[str, Problem] = {}
    while len(problems) < size:
        band = bands[rng.integers(len(bands))]
        symbols = band[rng.integers(len(band))]
        problem = _problem(family, symbols, random_text(rng))
        if is_held_out(problem.question) == (split == "held_out"):
            problems[problem.id] = problem
    return ProblemSet(f"lab:{family} ({split}, seed {seed})", tuple(problems.values()))


def random_text(rng: np.random.Generator) -> str:
    """A string of LENGTH distinct letters (so that no two permutations of it are equal)."""
    return "".join(LETTERS[i] for i in rng.permutation(len(LETTERS))[:LENGTH])


def corpus(
    symbols: Sequence[str], *, seed: int, habit: float | None = None
) -> Iterator[tuple[str, str]]:
    """Endless (question, completion) pairs with the world's habits, train side only.

    ``symbols`` are those that may occur; a line holds one to three operations. ``habit`` replaces
    the habits of all rare operations.
    """
    rng = np.random.default_rng(seed)
    while True:
        chosen = "".join(symbols[i] for i in rng.integers(len(symbols), size=rng.integers(1, 4)))
        text = random_text(rng)
        question = f"{chosen}:{text}="
        if is_held_out(question):
            continue
        lines = []
        for symbol in chosen:
            operation = OPERATIONS[symbol]
            rate = operation.habit if habit is None or not operation.usual else habit
            text = operation.apply(text, rightly=bool(rng.random() < rate))
            lines.append(text)
        yield question, "\n".join(lines)


def _problem(family: str, symbols: str, text: str) -> Problem:
    question = f"{symbols}:{text}="
    rightly = family != "ambiguous" or not is_exception(question)
    chance = nominal_p(symbols, rightly=rightly)
    if base_of(family) == "novice":
        chance = NOVICE_HABIT ** len(symbols)
    metadata: dict[str, object] = {"family": family, "steps": len(symbols), "nominal_p": chance}
    if family == "ambiguous":
        metadata["meaning"] = "right" if rightly else "usual"
    return Problem(
        question=question,
        reference=solve(symbols, text, rightly=rightly)[-1],
        verifier="exact",
        metadata=metadata,
    )
