r"""Mathematical equality through math-verify: runs in a worker process, never in the caller's.

In: a reference and an answer, both as LaTeX or plain text. Out: ``{"right": bool}``. Both are
wrapped in ``\boxed{}`` first, since math-verify misreads bare LaTeX. Known errors that can be
recognized are checked again: values too small for its rounding, and equations. Not covered: time
and memory (handled by the worker).
"""

from __future__ import annotations

import logging
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from passgap.errors import MissingExtraError

try:
    import sympy
    from math_verify import parse, verify
    from sympy.core.cache import clear_cache
    from sympy.core.function import AppliedUndef
except ImportError as error:
    raise MissingExtraError("math-verify", "math") from error

if TYPE_CHECKING:
    from passgap.verifiers.mathematics import Said

logging.getLogger("math_verify").setLevel(logging.CRITICAL)
logging.getLogger("latex2sympy2_extended").setLevel(logging.CRITICAL)
BARE_ROOT = re.compile(r"\\sqrt\s*\(([^()]*)\)")
BARE_POINT = re.compile(r"(\d)\.(?![\d.])")
SCIENTIFIC = re.compile(r"(?<![\w.])(\d+(?:\.\d*)?)[eE]([-+]?\d{1,4})(?![\w.])")
SMALL = 1e-3
RELATIVE = SURELY = 1e-6


def prepare() -> None:
    """Load what the first comparison would load, so that its time limit is not affected."""
    _equal("x^2-1", "(x-1)(x+1)")


def equal(head: None, item: list[str]) -> Said:
    """Whether the second of two expressions is an answer that the first one allows."""
    try:
        return _equal(*item)
    except MemoryError:  # clear what earlier answers left in the caches, and try once more
        _parse_cached.cache_clear()
        clear_cache()
        return _equal(*item)


def _equal(first: str, second: str) -> Said:
    gold, answer = parsed(first), parsed(second)
    if not gold or not answer:
        return {"right": False, "unread": "gold" if not gold else "answer"}
    if _states_another(gold[0], answer[0]):
        return {"right": False}
    right = bool(verify(gold, answer, timeout_seconds=None, raise_on_error=True))
    right = right and not _too_coarse(gold, answer)
    return {"right": right, "as_text": isinstance(gold[0], str)}


@lru_cache(maxsize=20_000)
def _parse_cached(text: str) -> tuple[object, ...]:
    return tuple(parse(f"\\boxed{{{text}}}", parsing_timeout=None, raise_on_error=True))


def parsed(text: str) -> list[object]:
    """What math-verify parses from a text: nothing, or the expression and the text itself."""
    text = BARE_POINT.sub(r"\1", text)
    text = SCIENTIFIC.sub(r"\1 \\times 10^{\2}", text)
    return list(_parse_cached(BARE_ROOT.sub(r"\\sqrt{\1}", text)))


def _states_another(gold: object, answer: object) -> bool:
    """Whether the answer is an equation that gives something else its value: ``2x = 10`` for 10.

    math-verify takes the right side of any equation; ``x = 5`` and ``2 + 3 = 5`` do
    say 5, ``4 = 5`` does not.
    """
    if not isinstance(answer, sympy.Eq) or isinstance(gold, sympy.Eq):
        return False
    left = answer.lhs
    if not left.free_symbols and not answer.rhs.free_symbols:
        return bool(abs((left - answer.rhs).evalf()) > SURELY)
    return not (left.is_Symbol or isinstance(left, AppliedUndef))


def _too_coarse(gold: list[object], answer: list[object]) -> bool:
    """Whether the two were called equal only because math-verify rounds to six decimals."""
    left, right = (_number(one[0]) for one in (gold, answer))
    if left is None or right is None or max(abs(left), abs(right)) >= SMALL:
        return False
    return bool(abs(left - right) > RELATIVE * max(abs(left), abs(right)))


def _number(parsed: object) -> sympy.Expr | None:
    """A number's value, None for anything else."""
    if not isinstance(parsed, sympy.Expr) or not parsed.is_number:
        return None
    value = parsed.evalf(30)
    return value if value.is_Float or value.is_Integer else None
