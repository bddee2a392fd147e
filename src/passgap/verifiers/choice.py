r"""``choice``: the letter of the option that a completion chooses.

In: problems whose reference is a letter (or several) and completions. Out: correct or incorrect;
never unscored. The letter is the one in the last ``\boxed{}``, ``<answer>`` or after ``####``, else
the last that the text says is the answer ("the answer is B", "option B is correct", "I choose B"),
else a last line that is a letter and nothing more. A completion that names several has chosen all
of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from passgap.data.identity import digest
from passgap.data.outcomes import Candidate, Outcome, Readings, Status
from passgap.verifiers.answers.spelling import spelled
from passgap.verifiers.base import Item, Verifier, nothing_said
from passgap.verifiers.candidates import EXPLICIT, visible
from passgap.verifiers.statements import statements
from passgap.verifiers.unmarked import WINDOW, last_line

Letters = frozenset[str]

# "A" and "I" are words too: as letters they are not followed by a noun
VERB = (
    r"(?:would|is|was|will|must|should|can|could|because|since|as|for|which|that|so|seems|fits"
    r"|works|matches|with|given|not|but|when|if|by|from|due|being|rather|instead|only|alone|based"
    r"|means|and|or)\b"
)
NOT_IN_WORD = r"(?!['’]?[A-Za-z])"
NOT_A_WORD = rf"{NOT_IN_WORD}(?!\s+(?!{VERB})[a-z])"
LETTER = rf"(?:[B-HJ-Z]{NOT_IN_WORD}|[AI]{NOT_A_WORD}|(?<=[(\[])[a-z](?=[)\]]))"
OPEN = r"(?:[\s*_`\"'“‘«$({\[<]|\\[(\[]|[^\w\s\x00-\x7f]|\\[a-z]{2,8}\s?\{){0,12}+"
SHUT = r"[)\]}\"'”’»*$`]*"
NOUN = r"(?i:option|choice|answer|alternative|letter|statement)"
BEFORE = "|".join(
    f"(?<={word} )"
    for word in ("but", "so", "only", "Only", "that", "and", "hence", "thus", "think", "believe")
)
VERDICT = (
    r"(?i:(?:indeed|clearly|therefore|thus|also|obviously)?\s*(?:the\s+)?(?:only\s+)?(?:correct|right"
    r"|best|answer|true))"
)
CHOICES = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        rf"(?<![A-Za-z]){NOUN}\s*{OPEN}([A-Z]){SHUT}\s+(?i:is|must be|should be|seems)\s+{VERDICT}",
        rf"(?<![A-Za-z'’.])(?:(?<![a-z] )|{BEFORE}){OPEN}([A-Z]){SHUT}\s+(?i:is)\s+{VERDICT}",
        r"(?<![A-Za-z])(?i:choose|choosing|chose|select|selecting|pick|picking|go with|going with"
        rf"|opt for|answering)\s+(?i:the\s+)?(?:{NOUN}\s*)?{OPEN}({LETTER})",
        rf"(?<![A-Za-z])(?i:correct|right|best|final|my)\s+(?:(?i:answer|multiple)\s+)?{NOUN}"
        rf"[^\n.:]{{0,30}}?(?i:\s+(?:is|would be|must be|should be)|:|\s+(?:is|would be)\s*:)"
        rf"{OPEN}(?:{NOUN}\s*)?{OPEN}({LETTER})",
        rf"(?<![A-Za-z])(?i:option|choice|pick|guess)[\"']?(?:\s*:|[^\n.:]{{0,30}}?\s(?i:is)\b\s*:?)"
        rf"{OPEN}(?:{NOUN}\s*)?{OPEN}({LETTER})",
        r"(?<![A-Za-z])(?i:it|this)\s+(?i:is|must be|should be|has to be)\s+"
        rf"{OPEN}([A-Z]){SHUT}\.?{SHUT}\s*$",
        rf"(?<![A-Za-z])(?i:correct|right)\s*[:=-]\s*{OPEN}(?:{NOUN}\s*)?{OPEN}({LETTER})",
        r"^\s*\*\*\(?([A-Z])\)?(?:[.:)]\*\*(?=\s|$)|\*\*(?=\s*[-–—:.]|\s*$|\s+[A-Z]))"
        r"(?=[^\n]*\n*\Z)",
        r"(?i:\b(?:therefore|thus|so|hence|this|which)\b)[^.\n]{0,40}?\b(?i:option|choice)\s*"
        rf"{OPEN}([A-Z]){SHUT}(?:\s+(?i:matches|fits|works|is the one|agrees)|\s*[.\n]|$)",
        rf"(?i:matches|corresponds to)\s+(?i:option|choice)\s*{OPEN}([A-Z]){NOT_IN_WORD}",
        rf"^{OPEN}([A-Z]){SHUT},?\s+(?i:because|since|as)\b",
        rf"(?:选项|選項|选择|選擇|选|選|보기)(?:是|为|為|：|:)?{OPEN}([A-Z]){NOT_IN_WORD}",
        r"(?<![A-Za-z])(?i:therefore|thus|hence|so|finally|clearly|obviously|it's),?\s*(?::|-)?\s*"
        rf"{OPEN}([A-Z]){SHUT}[.]?\s*$",
    )
)
ARTICLE = (
    r"(?:la|le|die|der|das|el|lo|il|a|o)(?:\s+(?:lettre|letra|opci[oó]n|opzione|opção|Option))?\s+"
    r"|l'"
)
HEAD = re.compile(
    rf"{OPEN}(?:(?i:the\s+)?(?:(?i:correct|right)\s+)?{NOUN}s?\s*:?\s*)?{OPEN}"
    rf"(?:(?:{ARTICLE})(?=[A-Z(]))?{OPEN}(?:({LETTER})|(?<=[(\[\"'`*${{])([a-z])(?=[)\]\"'`*$}}])|([a-z])(?=[.)]?\s*(?:$|\n)))"
)
MORE = re.compile(
    rf"{SHUT}\s*(?:,\s*(?:and|or)?|/|&|and|or)\s*{OPEN}(?:{NOUN}\s*)?{OPEN}([A-Z])(?!['’]?[A-Za-z])"
    r"(?!\s+(?:is|are|was|would|cannot|can't|isn't|does|has|gives|fails)\b)"
)
HEDGED = re.compile(r"\s*(?i:either|both|one of|between|any of|all of)\b")
DENIED = re.compile(
    r"(?i)\b(?:not|never|doubt|unlikely|wrong|incorrect|false|cannot|neither)\b|n't"
)
CLAUSE_END = re.compile(r"[.,;:\n]")
ALONE = re.compile(
    rf"(?:[>#-]{{1,6}}[ \t]{{1,8}})?{OPEN}(?:{NOUN}\s*)?{OPEN}"
    rf"([A-Z]|[a-z](?=[).])){SHUT}[.:]*{SHUT}\s*"
)
LONGEST_CONTENT = 1_000
LONGEST_LETTER = 80  # the longest line that is a letter with formatting around it
SEVERAL = re.compile(r"[A-Z](?:\s*+(?:[,;/&]\s*+(?:and|or)?|and|or)?\s*+[A-Z]){1,8}+")
MARKED = re.compile(
    rf"(?:{NOUN}\s*:?\s*)?[(\[]*([A-Za-z])[)\]]*(?:[.:,]+(?:\s|$)|\)\s*\S|\s*$|\s+[-–—]\s)"
)
OPTION = re.compile(
    r"^(?:[>#-]{1,6}[ \t]{1,8})?[ \t*_]{0,12}(?:\(([A-Z])\)|([A-Z])(?:[).:]| -(?= )))\s+\S",
    re.MULTILINE,
)
BEFORE_WORDS = re.compile(r"([B-HJ-Z])\s+\w")
NAMED = re.compile(rf"(?<![A-Za-z]){NOUN}\s*{OPEN}([A-Z])(?![A-Za-z])")


class ChoiceVerifier(Verifier):
    """Correct if the chosen letter is the reference's."""

    name = "choice"

    @property
    def digest(self) -> str:
        return digest([self.name, 2])

    def verify_all(self, items: Sequence[Item]) -> list[Outcome]:
        """Mark many completions, in their order."""
        return [self._mark(item) for item in items]

    def _mark(self, item: Item) -> Outcome:
        gold = letters_in(item.problem.reference) or frozenset(item.problem.reference.strip())
        seen = visible(item.text)
        found = list(choices(seen.text))
        final = _strongest(found)
        asked = final
        if item.asked:
            asked = _strongest([pair for pair in found if pair[0].rule == item.asked])
        right = any(letters == gold for _, letters in found)
        anywhere: Status = "correct" if right else "incorrect"
        in_form = _status(asked, gold) if asked else "no_answer"
        rule = final[0].rule if final else ""
        readings = Readings(in_form, anywhere, rule, seen.run_on, seen.thinking)
        if final is None:
            return Outcome("incorrect", None, nothing_said(item.finish_reason), readings)
        return Outcome(_status(final, gold), "".join(sorted(final[1])), "", readings)

    def read_as(self, answer: str) -> str | None:
        """The letters that an answer names."""
        letters = letters_in(answer)
        return f"letters: {', '.join(sorted(letters))}" if letters else None

    def candidates(self, item: Item) -> tuple[Candidate, ...]:
        """Every letter that the text could have chosen."""
        return tuple(candidate for candidate, _ in choices(visible(item.text).text))


def _status(found: tuple[Candidate, Letters] | None, gold: Letters) -> Status:
    return "correct" if found is not None and found[1] == gold else "incorrect"


def _strongest(found: list[tuple[Candidate, Letters]]) -> tuple[Candidate, Letters] | None:
    """The last of the first rule that has one; of several letters, the one chosen last."""
    for rule in (*EXPLICIT, "value"):
        mine = [pair for pair in found if pair[0].rule == rule]
        if mine:
            last = mine[-1]
            later = [p for p in found if p[0].start >= last[0].end and len(p[1]) == 1]
            return later[-1] if len(last[1]) > 1 and later else last
    return None


def choices(text: str) -> Iterator[tuple[Candidate, Letters]]:
    """Every candidate at the text's end, with the letters it names, rule by rule."""
    offset = max(0, len(text) - WINDOW)
    for candidate, letters in _choices(text[-WINDOW:]):
        start, end = candidate.start + offset, candidate.end + offset
        yield replace(candidate, start=start, end=end), letters


def _chosen(rule: str, letters: Letters, start: int, end: int) -> tuple[Candidate, Letters]:
    return Candidate(rule, "".join(sorted(letters)), start, end), letters


def _choices(text: str) -> Iterator[tuple[Candidate, Letters]]:
    for rule, find in EXPLICIT.items():
        if rule != "stated":
            for candidate in find(text):
                letters = letters_in(candidate.text)
                if letters:
                    yield candidate, letters
    yield from sorted(_stated(text), key=lambda pair: pair[0].start)
    first = text.lstrip().partition("\n")[0]
    alone = ALONE.fullmatch(first) if len(first) < LONGEST_LETTER else None
    if alone:
        at = len(text) - len(text.lstrip())
        yield _chosen("value", frozenset(alone.group(1).upper()), at, at + len(first))
    line, start = last_line(text)
    letter = _of_last_line(text, line)
    if letter:
        yield _chosen("value", frozenset(letter), start, start + len(line))


def _of_last_line(text: str, line: str) -> str:
    """A letter by itself, or before its option if no other option is listed."""
    alone = ALONE.fullmatch(line) if len(line) < LONGEST_LETTER else None
    if alone:
        return alone.group(1).upper()
    option = OPTION.match(line)
    listed = {match.group(1) or match.group(2) for match in OPTION.finditer(text)}
    return listed.pop() if option and len(listed) == 1 else ""


def _stated(text: str) -> Iterator[tuple[Candidate, Letters]]:
    for start, line in statements(text):
        letters = _at_head(line)
        if letters:
            yield _chosen("stated", letters, start, start + len(line))
    for pattern in CHOICES:
        for match in pattern.finditer(text):
            before = CLAUSE_END.split(text[max(0, match.start() - 30) : match.start()])[-1]
            if DENIED.search(match.group()) or DENIED.search(before):
                continue
            letters = frozenset(match.group(1).upper()) | _more(text, match.end(1))
            yield _chosen("stated", letters, match.start(1), match.end(1))


def _at_head(line: str) -> Letters:
    """The letters that a line begins with, after "the answer is"."""
    if HEDGED.match(line):
        return frozenset(re.findall(r"(?<![A-Za-z])[A-Z](?![A-Za-z])", line.partition(".")[0]))
    found = HEAD.match(line)
    if found is None or DENIED.match(line.strip()):
        return frozenset()
    at = max(found.end(i) for i in (1, 2, 3))
    letter = next(group for group in found.groups() if group).upper()
    return frozenset(letter) | _more(line, at)


def _more(text: str, at: int) -> Letters:
    """Further letters joined to the one that ends here: ``A or B``."""
    found = set()
    while match := MORE.match(text, at):
        found.add(match.group(1))
        at = match.end(1)
    return frozenset(found)


def letters_in(content: str) -> Letters | None:
    """The letters that a reference or a marked answer names; None if it names none."""
    if len(content) > LONGEST_CONTENT:
        return None
    plain = re.sub(r"\\text\{([^{}]*)\}", r" \1 ", spelled(content)) if "\\" in content else content
    plain = plain.strip().strip("\"'“”‘’`*_$ ").strip()
    if SEVERAL.fullmatch(plain.strip("()[]. ")):
        return frozenset(re.findall(r"(?<![a-z])[A-Z](?![a-z])", plain))
    found = MARKED.match(plain) or BEFORE_WORDS.match(plain) or NAMED.search(plain)
    if found is None or DENIED.search(plain):
        return None
    return frozenset(found.group(1).upper()) | _more(plain, found.end(1))


def key(answer: str) -> str:
    """The form in which answers are counted: the letters, in capitals and in order."""
    letters = letters_in(answer)
    return "".join(sorted(letters)) if letters else answer.strip()
