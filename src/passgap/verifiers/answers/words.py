r"""Answers in words: ``\text{east}``, ``No``, ``five``, ``\text{91 mL}``, ``(B)\ 12``.

In: a spelled text. Out: a form, or None if the text is not words.
"""

from __future__ import annotations

import re

from passgap.verifiers.answers.brackets import SEPARATOR, split
from passgap.verifiers.answers.forms import Either, Form, Nothing, Reader, Scalar, Words
from passgap.verifiers.answers.spelling import spelled
from passgap.verifiers.answers.vocabulary import NUMBER_WORDS, SHORT_WORDS

# possessive: prose of any length is decided in linear time
ALL_WORDS = re.compile(r"(?:\\text\{[^{}\d]*\}|[^\W\d_]|[\s,.()?!\"'’&-])++")
HAS_LETTER = re.compile(r"[^\W\d_]")
LEADING_WORDS = re.compile(
    r"\\text\{([^{}]*[A-Za-z]{2}[^{}]*)\}\s?(?=[-\d\\$.]|\((?![A-Za-z]\)))(.+)"
)
LABELLED = re.compile(r"(?:\\text\{)?\(([A-J])\)(?:\s*\})?[ .:]*(?=[-\d\\$.(A-Za-z])(.{1,200})")
ASIDE = re.compile(r"(?<=[\d)}%a-z]) ?\((?:\\text\{)?[A-Za-z][A-Za-z ,.'-]{2,60}\}?\)$")
REASONED = re.compile(
    r"(.*?[\d}])\s*\\text\{\s*[(,]?\s*(?:since|because|as|where|for|when)\b.*", re.DOTALL
)
SPELLED_OUT = re.compile(r"[A-Za-z]{3,}[A-Za-z -]* \((\d[\d,.]*)\)")
RECKONED = re.compile(r"(-?\d[\d,.]*) \([\d\s.]+[-+*/=][-+*/=\d\s.]*\)")
SAYING = re.compile(r"[A-Za-z][A-Za-z',’ ]{1,80}? (?=[-$\\\d(])", re.IGNORECASE)
SENTENCE = re.compile(
    r"(?:the |our |so |thus |hence |therefore,? )?[A-Za-z' ]{2,60}? (?:is|are|equals|was) (?=.*\d)",
    re.IGNORECASE,
)
SAYS = re.compile(r"[^\W_]|\\[a-zA-Z{]")
SET_SIGN = re.compile(r"\\mathbb\{[A-Z]\}(?:\^[+*\d])?")


def words(text: str, read: Reader) -> Form | None:
    """Words, or the number that a word names; not a product of letters."""
    if SET_SIGN.fullmatch(text):
        return Words(text.lower())
    if not SAYS.search(text):
        return Nothing(text)
    if not ALL_WORDS.fullmatch(text) or not HAS_LETTER.search(text):
        return None
    if "\\text{" not in text:
        bare = text.strip(" ().,'\"?!")
        letters = re.sub(r"[^A-Za-z]", "", text)
        if "!" in text and len(letters) < 3:
            return None
        if len(bare) == 1 and bare != text:
            return Words(bare.lower())
        if " " not in bare and len(letters) < 4 and bare.lower() not in SHORT_WORDS:
            return None
        if (" and " in text or " or " in text or "," in text) and not _one_phrase(text):
            return None
        if re.search(r"(?<![A-Za-z])[A-Za-z](?![A-Za-z])", bare) and " " not in bare:
            return None
    elif re.match(r"[A-Za-z](?:\\text|[ ,])", text) and len(text.split("\\text")[0].strip()) == 1:
        return None
    said = plain_words(text)
    number = number_word(said)
    if number is not None:
        return Scalar(str(number), whole=text)
    return Words(said) if said else None


def _one_phrase(text: str) -> bool:
    """Whether commas and connectors separate words, not the entries of a list."""
    parts = split(text, SEPARATOR)
    return all(len(re.sub(r"[^A-Za-z]", "", part)) > 2 for part in parts)


def plain_words(text: str) -> str:
    """Words without LaTeX, case, punctuation and article."""
    text = re.sub(r"\\text\{([^{}]*)\}", r" \1 ", text)
    text = re.sub(r"[^\w\s+-]|_", " ", text).lower()
    text = re.sub(r"\s+", " ", text).strip()
    return re.sub(r"^(?:the|an|a) (?=\w{2})", "", text)


def number_word(said: str) -> int | None:
    """The number that a word up to ninety-nine names."""
    said = said.strip()
    if said in NUMBER_WORDS:
        return NUMBER_WORDS[said]
    tens, _, ones = said.replace("-", " ").partition(" ")
    if NUMBER_WORDS.get(tens, 0) >= 20 and 1 <= NUMBER_WORDS.get(ones, 0) <= 9:
        return NUMBER_WORDS[tens] + NUMBER_WORDS[ones]
    return None


def in_words(text: str, read: Reader) -> Form | None:
    """``\\text{91 mL}``, ``\\text{The answer is }13``."""
    whole = re.fullmatch(r"\\text\{([^{}]*\d[^{}]*)\}", text)
    if whole:
        return read(spelled(whole.group(1)))
    twice = SPELLED_OUT.fullmatch(text) or RECKONED.fullmatch(text)
    if twice:
        return read(twice.group(1))
    found = LEADING_WORDS.fullmatch(text)
    if found is None or re.search(
        r"(?i)\b(?:not|or|and|if|least|most|than|up to)\b", found.group(1)
    ):
        return None
    return read(found.group(2).strip())


def labelled(text: str, read: Reader) -> Form | None:
    """A choice with its letter: ``(B)\\ 12``."""
    found = LABELLED.fullmatch(text)
    if found is None or found.group(2).strip() in ("", "}"):
        return None
    rest = found.group(2).strip()
    return Either(text, (Words(found.group(1).lower()), read(rest)))


def sentence(text: str, read: Reader) -> Form | None:
    """``The answer is 18``, ``18 (dollars)``: a value with words around it."""
    shorter = ASIDE.sub("", text)
    if shorter != text:
        return read(shorter)
    reasoned = REASONED.match(text)
    if reasoned:
        return read(reasoned.group(1))
    found = SENTENCE.match(text)
    if found:
        return read(text[found.end() :])
    found = SAYING.match(text)
    if found is None or re.search(
        r"(?i)\b(?:not|or|and|if|than|between|least|most|but|except|anything|up to)\b|n't",
        found.group(),
    ):
        return None
    inner = read(text[found.end() :])
    return inner if isinstance(inner, Scalar) else None
