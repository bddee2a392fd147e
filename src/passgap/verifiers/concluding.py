r"""The answer of a text that marks none: what its last sentence concludes.

In: a text without a box, tag, ``####`` or "the answer is". Out: a candidate, or None if the text
says that it has no answer. It is the last bold value of the last line, else the last value; with
what commas and "and" join to it (``2 and 7``), without what only qualifies it (``$64 for 16
glasses``), before an explanation that follows.
"""

from __future__ import annotations

import re

from passgap.data.outcomes import Candidate
from passgap.verifiers.run_on import CONCLUSION, LAST_LINES
from passgap.verifiers.statements import SENTENCE_END
from passgap.verifiers.unmarked import bold, without_asides

REFUSAL = re.compile(
    r"\b(?:cannot|can't|can not|unable to|not possible to|impossible to|could not|couldn't"
    r"|not able to|no way to)\b[^.\n]{0,60}"
    r"\b(?:determin|find|solv|answer|comput|calculat|tell|know|evaluat|help)"
    r"|(?:not|n't|lack of) (?:(?:enough|sufficient) )?(?:information|data|details)\b"
    r"|\binsufficient\b|\binfinitely many\b|\b(?:do not|don't) know\b|\bnot sure\b|\bno idea\b",
    re.IGNORECASE,
)
LAST_WORDS = 400
EXPLANATION = re.compile(
    r"^\W{0,6}(?:explanation|check|note|verification|reason(?:ing)?|justification|remark|proof)\b",
    re.MULTILINE | re.IGNORECASE,
)
ADJUNCT = re.compile(
    r"\b(?:for|over|in|on|per|after|during|among|within|every|where|when|if)\s+"
    r"(?:(?:the|all|these|those|his|her|their|every|each|any|real)\s+){0,2}\$?$"
)
RATIO = re.compile(r"\bratio\b[^.\n]{0,60}?(\d[\d,.]*(?: to \d+){1,3})(?!\d)")
JOINED = re.compile(r"\s*(?:,\s*(?:and|or)?|;|and|or)\s*")
JOINED_LAST = re.compile(r"\s*,?\s*(?:and|or)\s*")
ASSIGNED = re.compile(r"\$?\s*[A-Za-z]\w?\s*=")
RECKONED = re.compile(r"\d\s*=")


def last_weak(text: str) -> Candidate | None:
    """The answer of a text that marks none."""
    shown = _unexplained(text)
    if REFUSAL.search(shown[-LAST_WORDS:]):
        return None
    marked = bold(shown)
    found = marked or without_asides(shown)
    if not found:
        return None
    if not marked:
        found = _without_adjuncts(shown, found)
        ratio = RATIO.search(shown, _sentence_start(shown, found[-1].start))
        if ratio and ratio.end() >= found[-1].end:
            return Candidate("value", ratio.group(1), ratio.start(1), ratio.end(1))
    return _with_those_before(shown, found)


def _unexplained(text: str) -> str:
    """The text up to an explanation that follows a line with a value."""
    for match in EXPLANATION.finditer(text):
        line = text[: match.start()].rstrip().rpartition("\n")[2]
        if without_asides(line[-LAST_WORDS:]):
            return text[: match.start()]
    return text


def _sentence_start(text: str, place: int) -> int:
    return 1 + max(text.rfind(end, 0, place) for end in (". ", "\n", "; "))


def _without_adjuncts(text: str, found: list[Candidate]) -> list[Candidate]:
    """Without what only qualifies a value before it in the sentence: ``for 16 glasses``."""
    start = _sentence_start(text, found[-1].start)
    kept = list(found)
    while len(kept) > 1 and kept[-2].start >= start and _is_adjunct(text, kept[-1]):
        kept.pop()
    return found if _is_adjunct(text, kept[-1]) else kept


def _is_adjunct(text: str, candidate: Candidate) -> bool:
    return ADJUNCT.search(text[max(0, candidate.start - 30) : candidate.start]) is not None


def _with_those_before(text: str, found: list[Candidate]) -> Candidate:
    """The last value, with those that commas and "and" join to it."""
    first, *before = reversed(found)
    parts, either = [first.text], False
    for candidate in before:
        between = text[candidate.end : first.start]
        assigned = ASSIGNED.match(candidate.text) and ASSIGNED.match(first.text)
        joined = JOINED if len(parts) > 1 or assigned else JOINED_LAST
        if not joined.fullmatch(between) or RECKONED.search(text, first.start, first.end):
            break
        parts.append(candidate.text)
        either |= "or" in between
        first = candidate
    if len(parts) > 1:
        parts = [part.strip("$") for part in parts]
    whole = (" or " if either else ", ").join(reversed(parts))
    return Candidate(found[-1].rule, whole, first.start, found[-1].end)


def concludes(text: str, candidate: Candidate) -> bool:
    """Whether a text that was cut off had reached this value: its sentence draws a conclusion."""
    before = text[max(0, candidate.start - LAST_LINES // 4) : candidate.start]
    sentence = SENTENCE_END.split(before.rstrip())[-1] if before.strip() else ""
    after = text[candidate.end :]
    return re.search(CONCLUSION, sentence) is not None and after.strip(" .\n*$)") != ""
