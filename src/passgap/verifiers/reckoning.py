"""What an answer is worth as a number, at sight: a reader of the plainest LaTeX.

In: an answer. Out: its value, with every letter standing for a fixed number of its own, or None for
anything that is not read with certainty: percent, mixed numbers, functions, what is ambiguous;
units only where both have the same. Equal expressions have equal values, so two that differ are
surely different; that spares most wrong answers a symbolic comparison. Nothing is ever called equal
here.
"""

from __future__ import annotations

import cmath
import math
import re
from zlib import crc32

from passgap.verifiers.answers import as_decimal, tidy

LONGEST = 200
SURELY = 0.01
TOKEN = re.compile(r"\d+(?:\.\d+)?(?:[eE][-+]?\d{1,3})?|\.\d+|\\[a-zA-Z]+|.")
TIMES = ("\\cdot", "\\times", "*")
CLOSING = {"(": ")", "[": "]"}
AROUND = (("(", ")"), ("(", "]"), ("[", ")"), ("[", "]"), ("\\{", "\\}"))
MATRIX = re.compile(r"\\begin\{([pb]matrix)\}(.*)\\end\{\1\}")
CELL_END = re.compile(r"\\\\|&")
PREFIX = re.compile(r"\\\$|[a-z]=")
SUFFIX = re.compile(
    r"(?:\^\{?\\circ\}?|\\(?:text|mbox|mathrm)\{[^{}]*\}(?:\^\{?\d\}?)?|_\{?\d{1,2}\}?)$"
)
WORDS = re.compile(r"\\text\{[^{}\d]*\}")
CONSTANTS: dict[str, complex] = {"e": math.e, "i": 1j}
SYMBOLS: dict[str, complex] = {"\\pi": math.pi, "\\infty": 1.2345e6}


def surely_different(gold: str, answer: str) -> bool:
    """Whether two answers have values that no rounding makes equal, or are a word and a number.

    Of two tuples, intervals or matrices of one shape, two entries at one place; of two lists or
    sets of one length, two entries in order of size.
    """
    if max(len(gold), len(answer)) > LONGEST:
        return False
    if WORDS.fullmatch(gold.strip()) and as_decimal(answer) is not None:
        return True
    left, right = map(values, _bare(tidy(gold), tidy(answer)))
    if left is None or right is None or left[0] != right[0] or len(left[1]) != len(right[1]):
        return False
    pairs = zip(left[1], right[1], strict=True)
    return any(abs(a - b) > SURELY * max(abs(a), abs(b)) for a, b in pairs)


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
    shape, parts = _entries(text)
    try:
        found = [_Reader(part).value() for part in parts]
    except (_UnreadError, ArithmeticError, ValueError, RecursionError):
        return None
    if shape in ("list", "\\{\\}"):
        found.sort(key=lambda value: (value.real, value.imag))
    return (shape, found) if all(map(cmath.isfinite, found)) else None


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

    def __init__(self, text: str) -> None:
        self._tokens = TOKEN.findall(text)
        self._at = 0

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
        while self._peek() in ("+", "-") and self._peek():
            sign = 1 if self._take() == "+" else -1
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
                if token == "\\frac" and before[-1].isdigit():  # a mixed number or a product
                    raise _UnreadError
                if token[0].isdigit() or (before.isalpha() and token == "("):
                    raise _UnreadError
                total *= self._power()
            else:
                return total
            before = self._tokens[self._at - 1]

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
            return CONSTANTS.get(token, 0.4 + crc32(token.encode()) / 2**32)
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
