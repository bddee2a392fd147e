r"""The value of an expression: exact if it is rational, else to a hundred digits.

In: the spelled text of a scalar. Out: its value, with every letter replaced by its own fixed
rational number, or `UnreadError` for whatever is not understood with certainty (sums, integrals,
ambiguous notation). Expressions whose values differ are different; expressions that agree to fifty
digits at three points, letters positive and negative, are equal (Schwartz, Zippel). ``\log`` has
the base that the caller gives. Nothing here can hang: length and depth are bounded.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from zlib import crc32

from passgap.verifiers.answers.arithmetic import (
    FUNCTIONS,
    MP,
    Number,
    UndefinedError,
    UnreadError,
    applied,
    approximate,
    binomial,
    factorial,
    number,
    power,
    quotient,
    root,
    rounded,
)
from passgap.verifiers.answers.vocabulary import GREEK

LONGEST = 400
DEEPEST = 40
TOKEN = re.compile(
    r"\d*\.\d*\\dot\{?\d\}?\d*\\dot\{?\d\}?"
    r"|\d*\.\d*\\(?:overline|bar|dot)(?:\{\d{1,60}\}|\d)"
    r"|\d+\.\d*\(\d{1,60}\)(?!\d)"
    r"|\d+\.\d+\.\.\."
    r"|\d+(?:\.\d*)?(?:[eE][-+]?\d{1,4}(?![\d.]))?|\.\d+"
    r"|\\text\{[^{}]*\}|\\[a-zA-Z]+|\\[{}|]|."
)
LETTERED = re.compile(r"[A-Za-df-hj-z]")
WHOLE = re.compile(r"\d+")
PLAIN_FRACTION = re.compile(r"(-?)\\frac\{(-?\d{1,99})\}\{(\d{1,99})\}")
TIMES = ("*", "\\cdot", "\\times")
CLOSING = {"(": ")", "[": "]", "{": "}", "\\{": "\\}", "\\lfloor": "\\rfloor", "\\lceil": "\\rceil"}
VARIABLES = frozenset(f"\\{name}" for name in (*GREEK, "Pi", "ell", "hbar"))
LETTER = re.compile(r"[A-Za-z]|\\text\{.\}", re.DOTALL)
STARTS = VARIABLES.union(
    FUNCTIONS, ("(", "{", "\\frac", "\\sqrt", "\\pi", "\\binom", "\\lfloor", "\\lceil")
)
INVERSE = {"\\sin": "\\arcsin", "\\cos": "\\arccos", "\\tan": "\\arctan"}
SEEDS = 3


def value(text: str, seed: int = 0, log_base: int | None = None) -> Number:
    r"""The value of an expression as returned by `spelled`.

    ``seed`` is the point: letters lie in (1, 2) at 0, in (0, 1) at 1, in (-2, -1) at 2. A ``\log``
    without a base has ``log_base``, None for the natural logarithm. Raises UnreadError for what is
    not understood with certainty, UndefinedError for a division by zero.
    """
    found = _cached(text, seed, log_base)
    if isinstance(found, Exception):
        raise found
    return found


def known_value(text: str) -> Number | None:
    """The value of a spelled expression; None if it is not understood, or undefined."""
    found = _cached(text, 0, None)
    return None if isinstance(found, Exception) else found


def readable(text: str) -> bool:
    """Whether a spelled expression is understood here, with a value or undefined."""
    return not isinstance(_cached(text, 0, None), UnreadError)


@lru_cache(maxsize=200_000)
def _cached(text: str, seed: int, log_base: int | None) -> Number | Exception:
    if WHOLE.fullmatch(text) and len(text) < LONGEST:
        return Fraction(int(text))
    plain = PLAIN_FRACTION.fullmatch(text)
    if plain and int(plain.group(3)):
        found = Fraction(int(plain.group(2)), int(plain.group(3)))
        return -found if plain.group(1) else found
    if not text or len(text) > LONGEST:
        return UnreadError(text[:20])
    try:
        return _Reader(text, seed, log_base).value()
    except UndefinedError as error:
        return error
    except ZeroDivisionError:
        return UndefinedError(text)
    except (UnreadError, ArithmeticError, ValueError, TypeError, RecursionError, MemoryError):
        return UnreadError(text)


@lru_cache(maxsize=200_000)
def has_letters(text: str) -> bool:
    """Whether a value depends on letters, apart from constants and functions."""
    if LETTERED.search(text) is None:
        return False
    return any(
        token in VARIABLES or (len(token) == 1 and token.isalpha() and token not in "ei")
        for token in TOKEN.findall(text)
    )


def letter(name: str, seed: int) -> Fraction:
    """The number that a letter stands for."""
    part = Fraction(1 + crc32(f"{name}{seed}".encode()) % 9973, 9974)
    return (1 + part, part, -1 - part)[seed]


class _Reader:
    """Recursive descent over the tokens of one expression."""

    def __init__(self, text: str, seed: int, log_base: int | None) -> None:
        self._tokens = TOKEN.findall(text)
        self._at = self._depth = 0
        self._seed, self._log_base = seed, log_base

    def value(self) -> Number:
        """The value of the whole text."""
        found = self._sum()
        self._spaces()
        if self._at < len(self._tokens):
            raise UnreadError
        return found

    # -- tokens

    def _spaces(self) -> None:
        while self._at < len(self._tokens) and self._tokens[self._at] == " ":
            self._at += 1

    def _peek(self) -> str:
        """The next token; a space is one only between two numbers."""
        at = self._at
        if at < len(self._tokens) and self._tokens[at] == " ":
            before = self._tokens[at - 1] if at else ""
            after = self._tokens[at + 1] if at + 1 < len(self._tokens) else ""
            if before[-1:].isdigit() and after[:1].isdigit():
                return " "
            self._spaces()
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self, wanted: str = "") -> str:
        token = self._peek()
        if not token or (wanted and token != wanted):
            raise UnreadError
        self._at += 1
        return token

    def _skip(self, token: str) -> bool:
        """Whether this token comes next; then it is taken."""
        found = self._peek() == token
        self._at += found
        return found

    # -- grammar

    def _sum(self) -> Number:
        self._depth += 1
        if self._depth > DEEPEST:
            raise UnreadError
        total = self._product()
        while self._peek() in ("+", "-"):
            term = self._product() if self._take() == "+" else -self._product()
            total = total + term
        self._depth -= 1
        return total

    def _product(self) -> Number:
        total = self._signed()
        divided = False
        while True:
            token = self._peek()
            if token in TIMES:
                self._take()
                total, divided = total * self._signed(), False
            elif self._skip("/"):
                total, divided = quotient(total, self._signed()), True
            elif token == " ":
                total = self._mixed(total)
            elif self._starts_factor(token):
                if divided:  # a/bc is ambiguous
                    raise UnreadError
                if token == "\\frac" and WHOLE.fullmatch(self._tokens[self._at - 1]):
                    total = self._mixed(total)
                    continue
                total = total * self._power()
            else:
                return total

    def _mixed(self, whole: Number) -> Number:
        """A mixed number: ``2\\frac{1}{3}``, ``2 1/3``."""
        start = self._at
        before = ["", *self._tokens[:start]][-2:]
        if self._skip(" "):
            over, slash, under = self._tokens[self._at : self._at + 3] or ("", "", "")
            self._at += 3
            if slash != "/":
                raise UnreadError
        else:
            self._take()
            over, under = self._plain_argument(), self._plain_argument()
        alone = before[-1:] and WHOLE.fullmatch(before[-1]) and before[0] not in (".", "^", "/")
        if not alone or not (WHOLE.fullmatch(over) and WHOLE.fullmatch(under)):
            if self._tokens[start] != "\\frac":
                raise UnreadError
            self._at = start
            return whole * self._power()
        if int(over) >= int(under):
            raise UnreadError
        part = Fraction(int(over), int(under))
        return whole - part if whole < 0 else whole + part

    def _plain_argument(self) -> str:
        """The digits in the next argument; anything else is not a plain number."""
        if self._peek() == "{":
            end = self._at
            while end < len(self._tokens) and self._tokens[end] != "}":
                end += 1
            found = "".join(self._tokens[self._at + 1 : end])
            self._at = end + 1
            return found
        self._split_digits()
        return self._take() if self._peek() else ""

    def _signed(self) -> Number:
        if self._peek() in ("+", "-"):
            return -self._signed() if self._take() == "-" else self._signed()
        return self._power()

    def _power(self) -> Number:
        base = self._postfix()
        if not self._skip("^"):
            return base
        exponent = self._exponent()
        if self._peek() in ("^", "!"):
            raise UnreadError
        return power(base, exponent)

    def _exponent(self) -> Number:
        if self._peek() in ("-", "+"):
            return -self._exponent() if self._take() == "-" else self._exponent()
        return self._atom()

    def _postfix(self) -> Number:
        found = self._atom()
        if self._skip("°"):
            return approximate(found) * MP.pi / 180
        if self._skip("!"):
            if self._skip("!"):
                return letter(f"!!{found}", self._seed)
            return factorial(found)
        return found

    def _atom(self) -> Number:
        token = self._take()
        if token[0].isdigit() or (token[0] == "." and len(token) > 1):
            return number(token)
        if token in CLOSING:
            found = self._sum()
            self._take(CLOSING[token])
            if token in ("\\lfloor", "\\lceil"):
                return rounded(found, up=token == "\\lceil")
            return found
        if token == "|":
            found = self._sum()
            self._take("|")
            return abs(found)
        if token == "\\pi":
            return +MP.pi
        if token in VARIABLES or LETTER.fullmatch(token):
            return self._letter(token.removeprefix("\\text{").removesuffix("}"))
        return self._command(token)

    def _letter(self, token: str) -> Number:
        if token == "e" and self._peek() != "_":
            return +MP.e
        if token == "i" and self._peek() != "_":
            return MP.mpc(0, 1)
        if self._peek() == "'":
            raise UnreadError
        name = token + self._subscript()
        if self._peek() == "(":
            name += self._applied_to(always=token in "fghFGHP")
        return letter(name, self._seed)

    def _applied_to(self, *, always: bool) -> str:
        """The argument of an undefined function: ``(0)`` of ``f(0)``, but not of ``n(n+1)``."""
        start = self._at
        closing = (i for i, token in enumerate(self._tokens) if i > start and token == ")")
        end = next(closing, start)
        inside = self._tokens[start + 1 : end]
        flat = bool(inside) and "(" not in inside
        if flat and (always or (inside[0].isdigit() and len(inside) == 1)):
            self._at = end + 1
            return "".join(self._tokens[start : end + 1])
        if always:
            raise UnreadError
        return ""

    def _subscript(self) -> str:
        if not self._skip("_"):
            return ""
        if self._peek() != "{":
            return "_" + self._take()
        start = self._at
        while self._take() != "}":
            pass
        return "_" + "".join(t for t in self._tokens[start + 1 : self._at - 1] if t != " ")

    def _command(self, token: str) -> Number:
        if token == "\\frac":
            over = self._argument()
            return quotient(over, self._argument())
        if token == "\\binom":
            over = self._argument()
            return binomial(over, self._argument())
        if token == "\\sqrt":
            return self._root()
        if token in FUNCTIONS:
            return self._function(token)
        raise UnreadError

    def _root(self) -> Number:
        degree: Number = Fraction(2)
        if self._skip("["):
            degree = self._sum()
            self._take("]")
        return root(self._argument(), degree)

    def _function(self, name: str) -> Number:
        base: Number | None = None
        exponent: Number = Fraction(1)
        if name == "\\log" and self._skip("_"):
            base = self._argument()
        if self._skip("^"):
            exponent = self._exponent()
            if exponent == -1 and name in INVERSE:
                name, exponent = INVERSE[name], Fraction(1)
        argument = self._bare_argument()
        if name == "\\log" and base is None and self._log_base:
            base = Fraction(self._log_base)
        found = applied(name, argument)
        if base is not None:
            found = quotient(found, applied("\\ln", base))
        return power(found, exponent)

    def _bare_argument(self) -> Number:
        """What a function without brackets takes: ``2x`` in ``\\sin 2x \\cos x``."""
        self._spaces()
        if self._peek() in ("(", "{", "["):
            return self._atom()
        if self._peek() in FUNCTIONS:
            return self._function(self._take())
        found = self._power()
        while self._starts_factor(self._peek()) and self._peek() not in (*FUNCTIONS, "("):
            found = found * self._power()
        if self._peek() == "/":  # \sin x/2 is ambiguous
            raise UnreadError
        return found

    def _argument(self) -> Number:
        """The argument of a command: a group, or the one character after it."""
        if self._peek() in ("{", "("):
            return self._atom()
        self._split_digits()
        token = self._peek()
        if len(token) == 1 and token.isalnum():
            return self._letter(self._take()) if token.isalpha() else self._atom()
        if token == "\\pi" or token in VARIABLES or token in ("\\frac", "\\sqrt"):
            return self._atom()
        raise UnreadError

    def _split_digits(self) -> None:
        """TeX takes one digit where no brace stands: ``\\frac14`` is a quarter."""
        token = self._peek()
        if token[:1].isdigit() and len(token) > 1 and token.isdigit():
            self._tokens[self._at : self._at + 1] = [token[0], token[1:]]

    def _starts_factor(self, token: str) -> bool:
        if not token:
            return False
        if token[0].isdigit() or token[0] == ".":
            return self._tokens[self._at - 1] in (")", "}", "!")
        return token in STARTS or LETTER.fullmatch(token) is not None
