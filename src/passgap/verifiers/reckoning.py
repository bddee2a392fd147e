"""What an answer is worth as a number, at sight: a reader of the plainest LaTeX.

In: an answer. Out: its value, with every letter standing for a fixed number of its own, or None for
anything that is not read with certainty: percent, functions, what is ambiguous; units only where
both have the same. Equal expressions have equal values, so two that differ are
surely different; that spares most wrong answers a symbolic comparison. Nothing is ever called equal
here.
"""

from __future__ import annotations

import cmath
import math
import re
from itertools import pairwise
from zlib import crc32

from passgap.verifiers.answers import as_decimal, tidy

LONGEST = 200
SURELY = 1e-4
ROUNDING = 2e-6  # math-verify compares to six decimals
TOKEN = re.compile(r"\d+(?:\.\d+)?(?:[eE][-+]?\d{1,3})?|\.\d+|\\[a-zA-Z]+|.")
TIMES = ("\\cdot", "\\times", "*")
CLOSING = {"(": ")", "[": "]"}
AROUND = (("(", ")"), ("(", "]"), ("[", ")"), ("[", "]"), ("\\{", "\\}"))
MATRIX = re.compile(r"\\begin\{([pb]matrix)\}(.*)\\end\{\1\}")
CELL_END = re.compile(r"\\\\|&")
PREFIX = re.compile(r"\\\$|[a-z](?:=|\\in ?)")
SUFFIX = re.compile(
    r"(?:\^\{?\\circ\}?|\\(?:text|mbox|mathrm)\{[^{}]*\}(?:\^\{?\d\}?)?|_\{?\d{1,2}\}?)$"
)
WORDS = re.compile(r"\\text\{[^{}\d]*\}")
CONSTANTS: dict[str, complex] = {"e": math.e, "i": 1j}
SYMBOLS: dict[str, complex] = {"\\pi": math.pi, "\\infty": 1.2345e6}
BOTH_SIGNS = "\\pm"
LINEAR = re.compile(r"(?:[-+]?(?:\d+(?:\.\d+)?[a-z]?|[a-z]))+")


def surely_different(gold: str, answer: str) -> bool:
    """Whether two answers have values that no rounding makes equal, or are a word and a number.

    Of two tuples, intervals or matrices of one shape, two entries at one place; of two lists or
    sets of one length, two entries in order of size. Two linear equations differ when no factor
    makes one of them the other.
    """
    if max(len(gold), len(answer)) > LONGEST:
        return False
    if WORDS.fullmatch(gold.strip()) and as_decimal(answer) is not None:
        return True
    gold, answer = _bare(tidy(gold), tidy(answer))
    if "=" in gold and "=" in answer:
        return _other_lines(gold, answer)
    left, right = values(gold), values(answer)
    if left is None or right is None or left[0] != right[0] or len(left[1]) != len(right[1]):
        return False
    return any(map(_far, left[1], right[1]))


def _far(a: complex, b: complex) -> bool:
    return abs(a - b) > max(SURELY * max(abs(a), abs(b)), ROUNDING)


def _other_lines(gold: str, answer: str) -> bool:
    """Whether two linear equations, as values at several points, are no multiples of each other."""
    sides = [text.split("=") for text in (gold, answer)]
    if not all(len(two) == 2 and all(map(LINEAR.fullmatch, two)) for two in sides):
        return False
    ours, theirs = (
        [_Reader(left, seed).value() - _Reader(right, seed).value() for seed in range(3)]
        for left, right in sides
    )
    return any(_far(ours[0] * theirs[i], ours[i] * theirs[0]) for i in (1, 2))


def _bare(gold: str, answer: str) -> tuple[str, str]:
    """Both without the unit, the currency or the ``y=`` that they share."""
    for pattern in (PREFIX, SUFFIX):
        ours, theirs = pattern.search(gold), pattern.search(answer)
        if ours and theirs and ours.group() == theirs.group():
            at_end = pattern is SUFFIX
            if at_end or (ours.start() == theirs.start() == 0):
                gold = gold[: ours.start()] if at_end else gold[ours.end() :]
                answer = answer[: theirs.start()] if at_end else answer[theirs.end() :]
    return gold, answer


def values(text: str) -> tuple[str, list[complex]] | None:
    """The shape of a tidy answer and the value of each entry; None where one is not read."""
    pieces = text.split("\\cup")
    try:
        found = [_values_of_one(piece.strip()) for piece in pieces]
        if len(found) > 1:
            return _union(found)
    except (_UnreadError, ArithmeticError, ValueError, RecursionError):
        return None
    return found[0]


def _values_of_one(text: str) -> tuple[str, list[complex]]:
    shape, parts = _entries(text)
    found = []
    for part in parts:
        found += [_Reader(part, sign=sign).value() for sign in _signs(part)]
    if BOTH_SIGNS in text:
        shape = shape or "list"
        if shape not in ("list", "\\{\\}"):
            raise _UnreadError
    if shape in ("list", "\\{\\}"):
        found.sort(key=lambda value: (value.real, value.imag))
    if not all(map(cmath.isfinite, found)):
        raise _UnreadError
    return shape, found


def _signs(text: str) -> tuple[int, ...]:
    return (1, -1) if BOTH_SIGNS in text else (1,)


def _union(pieces: list[tuple[str, list[complex]]]) -> tuple[str, list[complex]]:
    """Intervals in order. Only where they do not meet is a union written in one way."""
    pieces = sorted(pieces, key=lambda piece: piece[1][0].real)
    for shape, ends in pieces:
        if shape not in ("()", "(]", "[)", "[]") or len(ends) != 2 or ends[0].real >= ends[1].real:
            raise _UnreadError
    for (before, left), (after, right) in pairwise(pieces):
        meet = left[1] == right[0] and (before.endswith("]") or after.startswith("["))
        if left[1].real > right[0].real or meet:
            raise _UnreadError
    return "∪".join(shape for shape, _ in pieces), [end for _, ends in pieces for end in ends]


def _entries(text: str) -> tuple[str, list[str]]:
    """What is around an answer's entries, and the entries."""
    matrix = MATRIX.fullmatch(text)
    if matrix:
        rows = [row.count("&") for row in matrix.group(2).split("\\\\")]
        return f"{matrix.group(1)} {rows}", CELL_END.split(matrix.group(2))
    if "," not in text:
        return "", [text]
    for opening, closing in AROUND:
        if text.startswith(opening) and text.endswith(closing):
            return opening + closing, text[len(opening) : -len(closing)].split(",")
    return "list", text.split(",")


class _UnreadError(Exception):
    """The text is more than this reader knows."""


class _Reader:
    """Recursive descent over the tokens of one expression."""

    def __init__(self, text: str, seed: int = 0, sign: int = 1) -> None:
        self._tokens = TOKEN.findall(text)
        self._at = 0
        self._seed = seed
        self._sign = sign  # what \\pm stands for

    def value(self) -> complex:
        """The value of the whole text."""
        found = self._sum()
        if self._at < len(self._tokens):
            raise _UnreadError
        return found

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self, wanted: str = "") -> str:
        token = self._peek()
        if not token or (wanted and token != wanted):
            raise _UnreadError
        self._at += 1
        return token

    def _sum(self) -> complex:
        total = self._product()
        while self._peek() in ("+", "-", BOTH_SIGNS):
            sign = {"+": 1, "-": -1}.get(self._take(), self._sign)
            self._pass_space()
            total += sign * self._product()
        return total

    def _product(self) -> complex:
        total = self._signed()
        before = self._tokens[self._at - 1]
        while True:
            token = self._peek()
            if token in TIMES:
                self._take()
                total *= self._signed()
            elif token == "/":
                self._take()
                total /= self._signed()
                if self._starts_factor():  # a/bc is read in two ways
                    raise _UnreadError
            elif self._starts_factor():
                if token == "\\frac" and before[-1].isdigit():
                    total += self._mixed(total)
                    before = ""
                    continue
                if token[0].isdigit() or (before.isalpha() and token == "("):
                    raise _UnreadError
                total *= self._power()
            else:
                return total
            before = self._tokens[self._at - 1]

    def _mixed(self, whole: complex) -> complex:
        """The fraction of a mixed number that stands alone: 2\\frac{1}{3}."""
        rest = self._tokens[self._at + 1 :]
        if (
            self._at != 1
            or whole != int(whole.real)
            or not all(t in "{}" or t.isdigit() for t in rest)
        ):
            raise _UnreadError
        return self._atom()

    def _pass_space(self) -> None:
        if self._peek() == " ":
            self._take()

    def _signed(self) -> complex:
        sign = 1
        while self._peek() in ("+", "-") and self._peek():
            sign = -sign if self._take() == "-" else sign
        return sign * self._power()

    def _power(self) -> complex:
        base = self._atom()
        if self._peek() != "^":
            return base
        self._take()
        found = base ** self._argument()
        if self._peek() in ("^", "!"):
            raise _UnreadError
        return found

    def _atom(self) -> complex:
        token = self._take()
        if token[0].isdigit() or (token[0] == "." and len(token) > 1):
            return float(token)
        if token in CLOSING:
            found = self._sum()
            self._take(CLOSING[token])
            return found
        if token == "{":
            found = self._sum()
            self._take("}")
            return found
        if token == "\\frac":
            over = self._argument()
            return over / self._argument()
        if token == "\\sqrt":
            return cmath.sqrt(self._argument())
        if token in SYMBOLS:
            return SYMBOLS[token]
        if len(token) == 1 and token.isascii() and token.isalpha():
            name = f"{token.lower()}{self._seed}"  # math-verify takes A for a
            return CONSTANTS.get(token, 0.4 + crc32(name.encode()) / 2**32)
        raise _UnreadError

    def _argument(self) -> complex:
        """What a command or a power takes: a group, or the one character after it."""
        if self._peek() == "{":
            return self._atom()
        token = self._peek()
        if token.isdigit():  # \\frac14 is a quarter
            self._tokens[self._at : self._at + 1] = [token[0], *filter(None, [token[1:]])]
        elif len(token) != 1 or not token.isalpha():
            raise _UnreadError
        return self._atom()

    def _starts_factor(self) -> bool:
        token = self._peek()
        return bool(token) and (
            token[0].isalnum() or token in ("(", "{", "\\frac", "\\sqrt", *SYMBOLS)
        )
