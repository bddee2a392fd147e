r"""Values that nothing marks as an answer: formulas, numbers, bold text.

In: a text. Out: candidates in the order of the text. Time is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from passgap.data.outcomes import Candidate
from passgap.verifiers.statements import (
    ENVIRONMENTS,
    MATH,
    SAYS_VALUE,
    is_formula,
    last_side,
    phrase,
)

MOST_VALUES = 64
WINDOW = 20_000  # where values without a mark are looked for: the end of the text
BOLD = re.compile(r"\*\*([^*\n]{1,200})\*\*")
NUMBER = (
    r"\d{1,3}(?: \d{3})++(?!\d)|\d++ \d{1,4}/\d{1,4}(?![\d/])"
    r"|(?:\d{1,3}(?:(?:,|\{,\})\d{3})++(?!\d)|\d++)(?:\.\d++)*+"
    r"(?:[eE][-+]?\d++(?![\w.]))?+|\.\d++"
)
ATOM = (
    rf"(?:{NUMBER}|\\(?:(?!begin|end|boxed)[a-zA-Z]++|[{{}}])(?:\s?(?:\{{(?:[^{{}}\n]|\{{(?:[^{{}}\n]|\{{[^{{}}\n]*\}})*\}})*\}}|\[\d+\]))*+"
    r"|(?<![A-Za-z\\])(?:sqrt|pi)(?![A-Za-z])|[ ]pi(?![A-Za-z])"
    r"|(?<![A-Za-z])[A-Za-z](?![A-Za-z])|[√∛π∞θαβ½-¾⅐-⅞²³°%!]|\([^()\n]{1,60}\)|\|[^|\n]{1,30}\|"
    r"|[\^_](?:\{[^{}\n]*\}|-?\w)|\[[^\[\]\n]{1,60}\])"
)
BETWEEN = r"(?:[-+*/=×·÷<>≤≥−:]|\\cdot|\\times|x(?= ?10 ?[\^⁰-⁹])|,(?= ?[A-Za-z]_?\d? ?=))"
COUNTED = r"(?:[ \t](?:hundred|thousand|million|billion|trillion)\b)?(?:[ \t]?[apAP]\.?[mM]\b\.?)?"
SIGN = r"(?:[-+−]|± ?)?"
RUN = rf"{SIGN}(?:{ATOM})++(?:[ \t]?{BETWEEN}[ \t]?{SIGN}(?:{ATOM})++)*+{COUNTED}"
FORMULA, RUNS = re.compile(MATH, re.DOTALL), re.compile(RUN)
ANCHOR = re.compile(r"[0-9$\\=^+√∛π∞½-¾⅐-⅞≤≥≠∅]")
BACK = 24
VALUABLE = re.compile(
    r"\d|\\(?:pi|infty|emptyset|varnothing|mathbb|frac|sqrt)|[π∞½-¾⅐-⅞∅]|[a-z]\^|[+*/<>≤≥≠]|\\(?:le|ge|ne)"
)
ASIDE = re.compile(r"(?<=[\w.$%]) \((?=[^()\n]{0,100}[A-Za-z]{3})[^()\n\\]{1,100}\)")
ROWS = re.compile(r"\\\\(?:\[[^\]]*\])?")
ENVIRONMENT = re.compile(rf"\\(?:begin|end)\{{{ENVIRONMENTS}\}}")


def bold(text: str) -> list[Candidate]:
    """Bold text in the last line that holds a value."""
    if "**" not in text:
        return []
    stripped = text[-WINDOW:].rstrip()
    offset = max(0, len(text) - WINDOW)
    line_start = stripped.rfind("\n") + 1
    return [
        Candidate("bold", _said_in_bold(m.group(1)), offset + m.start(), offset + m.end())
        for m in BOLD.finditer(stripped, line_start)
        if SAYS_VALUE.search(m.group(1))
    ]


def _said_in_bold(content: str) -> str:
    """What bold text says: itself, or the last value of a sentence."""
    found = list(_values(content, 0)) if SENTENCE.match(content) else []
    return found[-1].text if found else phrase(content)


SENTENCE = re.compile(r"[A-Za-z]+ [a-z]+ ")


def without_asides(text: str) -> list[Candidate]:
    """Values outside of asides, if there are any: 12 in "12 eggs (1 dozen)"."""
    offset, shown = max(0, len(text) - WINDOW), text[-WINDOW:]
    beside = ASIDE.sub(lambda m: " " * len(m.group()), shown) if " (" in shown else ""
    return list(_values(beside, offset)) or list(_values(shown, offset))


def values(text: str) -> list[Candidate]:
    """The last `MOST_VALUES` formulas and numbers."""
    return list(_values(text[-WINDOW:], max(0, len(text) - WINDOW)))[-MOST_VALUES:]


def _values(text: str, offset: int) -> Iterator[Candidate]:
    """Values in order; searched around signs that do not occur in prose, since prose is long."""
    at = 0
    while anchor := ANCHOR.search(text, at):
        start = anchor.start()
        formula = FORMULA.match(text, start) if anchor.group() in "$\\" else None
        read = _formula_read(formula.group()) if formula is not None else None
        if formula is not None and read is not None:
            match, said = formula, read
            if said == LETTER_ONLY:
                said = formula.group() if COPULA.search(text, max(0, start - 24), start) else ""
        else:
            found = RUNS.search(text, start if _after_word(text, start) else max(at, start - BACK))
            if found is None:
                return
            match, said = found, _value_said(found.group())
        at = max(match.end(), start + 1)
        if said:
            yield Candidate("value", said, offset + match.start(), offset + match.end())


@lru_cache(maxsize=50_000)
def _formula_read(formula: str) -> str | None:
    """What a formula is: a value or an equation, `LETTER_ONLY`, nothing; None for prose."""
    if not is_formula(formula):
        return None
    content = _last_row(formula)
    if LETTER.fullmatch(content.strip("$ ")):
        return LETTER_ONLY
    return _value_said(content) or (content if "=" in content else "")


LETTER_ONLY = "\0"  # a value if something is said to be this letter
LETTER = re.compile(r"[A-Za-z]|\\mathrm\{[a-z]\}")
COPULA = re.compile(r"\b(?:is|are|equals|equal to|be|get|obtain)\s*$")


def _after_word(text: str, at: int) -> bool:
    """Whether a word is before this position, so that nothing before belongs to the value."""
    return at > 2 and text[at - 1] == " " and text[at - 3 : at - 1].isalpha()


@lru_cache(maxsize=50_000)
def _value_said(content: str) -> str:
    """The final value of a formula or number; empty if it is not a value."""
    return last_side(content) if VALUABLE.search(content) else ""


def _last_row(formula: str) -> str:
    """The last row of an aligned formula."""
    if "\\begin" not in formula or "&" not in formula or ENVIRONMENT.search(formula) is None:
        return formula
    rows = [
        row for row in ROWS.split(ENVIRONMENT.sub("", formula).strip("$")) if row.strip(" \n[]\\")
    ]
    return rows[-1].replace("&", "") if rows else formula


def last_line(text: str) -> tuple[str, int]:
    """The last line that is not blank, and where it starts."""
    stripped = text[-WINDOW:].rstrip()
    start = max(stripped.rfind("\n"), stripped.rfind("\r")) + 1
    line = stripped[start:]
    start += len(line) - len(line.lstrip())
    return line.strip(), max(0, len(text) - WINDOW) + start
