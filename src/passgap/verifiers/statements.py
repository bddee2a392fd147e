r"""What a completion says its answer is: "the answer is", "Answer:", in some twenty languages.

In: a text. Out: the positions, and what is stated there: the value at the start of a phrase,
without the reasons that follow. Time is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from passgap.data.outcomes import Candidate

LONGEST_LINE = 1_000
MOST_STATEMENTS = 50
BEFORE_BOX = 12  # signs and the word itself
SAYS_VALUE = re.compile(r"\d|\\[a-zA-Z]|[πθ∞√½-¾⅐-⅞]")
IS = (
    r"(?:is|are|was|would (?:\w+ )?be|will be|should be|must be|comes out to be|comes out to"
    r"|becomes|equals|lies|=)"
)
ENGLISH = (
    rf"answers?(?![^\W_])(?:[^\n.;:=：]{{0,60}}?[ \t](?:{IS})(?:[ \t]*:)?(?=[ \t\n*$\\(])|"
    r"[ \t*_]{0,4}(?:\([^()\n]{0,40}\))?[ \t*_\"']{0,4}"
    r"(?:[:=：](?!//)|[-–—](?=[ \t]))|[ \t*_:]{0,6}(?=\n))"
)
LANGUAGES = {
    "答": r"(?:答案|答え|解答|答)(?:应该|應該|应)?(?:是|为|為|は|:|：)+",
    "正解": r"正解(?:は|是|:|：)+",
    "답": r"(?:정답|답)(?:은|는|:|：)+",
    "antwort": r"\bantwort\b[^\n.:=]{0,30}?(?:[ \t](?:ist|lautet|beträgt)\b|:)",
    "ergebnis": r"\bergebnis\b[^\n.:=]{0,30}?(?:[ \t](?:ist|lautet|beträgt)\b|:)",
    "lösung": r"\blösung\b[^\n.:=]{0,30}?(?:[ \t](?:ist|lautet|beträgt)\b|:)",
    "réponse": r"\bréponse\b[^\n.:=]{0,30}?(?:[ \t](?:est|vaut)\b|[ \t]?:)",
    "résultat": r"\brésultat\b[^\n.:=]{0,30}?(?:[ \t](?:est|vaut)\b|[ \t]?:)",
    "reponse": r"\breponse\b[^\n.:=]{0,30}?(?:[ \t](?:est|vaut)\b|[ \t]?:)",
    "respuesta": r"\brespuesta\b[^\n.:=]{0,30}?(?:[ \t](?:es|será)\b|:)",
    "resultado": r"\bresultado\b[^\n.:=]{0,30}?(?:[ \t](?:es|é)\b|:)",
    "solución": r"\bsolución\b[^\n.:=]{0,30}?(?:[ \t](?:es|será)\b|:)",
    "risposta": r"\brisposta\b[^\n.:=]{0,30}?(?:[ \t](?:è|e')[ \t]|:)",
    "risultato": r"\brisultato\b[^\n.:=]{0,30}?(?:[ \t](?:è|e')[ \t]|:)",
    "resposta": r"\bresposta\b[^\n.:=]{0,30}?(?:[ \t](?:é|eh)[ \t]|:)",
    "ответ": r"\bответ\b[^\n.:=]{0,30}?(?::|[ \t]?[—–-]|[ \t](?:равен|есть|это))",
    "відповідь": r"\bвідповідь\b[^\n.:=]{0,30}?(?::|[ \t]?[—–-])",
    "odpowied": r"\bodpowied[źz]\b[^\n.:=]{0,30}?(?:[ \t](?:to|brzmi)\b|:)",
    "odpověď": r"\bodpověď\b[^\n.:=]{0,30}?(?:[ \t]je\b|:)",
    "antwoord": r"\bantwoord\b[^\n.:=]{0,30}?(?:[ \t]is\b|:)",
    "svar": r"\bsvare?t?\b[^\n.:=]{0,30}?(?:[ \t](?:är|er)\b|:)",
    "cevap": r"\bcevap\b[^\n.:=]{0,30}?:?(?=[ \t])",
    "jawaban": r"\bjawaban\w*\b[^\n.:=]{0,30}?(?:[ \t]adalah\b|:)",
    "đáp": r"\bđáp (?:án|số)\b[^\n.:=]{0,30}?(?:[ \t]là\b|:)",
    "válasz": r"\bválasz\b[^\n.:=]{0,30}?:",
    "vastaus": r"\bvastaus\b[^\n.:=]{0,30}?(?:[ \t]on\b|:)",
    "răspuns": r"\brăspuns\w*\b[^\n.:=]{0,30}?(?:[ \t]este\b|:)",
    "الإجابة": r"الإجابة[^\n.:=]{0,20}?(?:هي|هو|:)",
    "الجواب": r"الجواب[^\n.:=]{0,20}?(?:هي|هو|:)",
    "उत्तर": r"उत्तर[^\n:=]{0,20}?(?:है|:)",
}
LANGUAGES["ans"] = r"\bans\b\.?[ \t]{0,4}[:=]"
STATED = {word: re.compile(pattern) for word, pattern in {"answer": ENGLISH, **LANGUAGES}.items()}
ASCII_WORDS = tuple(word for word in STATED if word.isascii())
FILLER = re.compile(
    r"(?:\n[ \t]*[-+•#][ \t]+|\n[-=]{3,}[ \t]*(?=\n)|[\s*_:：}>=\"]"
    r"|(?:therefore|thus|hence|so|simply|just|then|also|indeed|clearly|still|now|exactly"
    r"|definitely|actually|equal to|given by|going to be|option|choice)\b[ ,:]*){1,12}",
    re.IGNORECASE,
)
SENTENCE_END = re.compile(
    r"[.!?](?=\s|$|\*|<)|[。；！？（]|;\s|<(?:/|br|\|)|\s(?:—|–|--)\s|\n"
    r"|(?<=[\d}$%])\s?(?=[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af])"
)
CONNECTIVE = re.compile(
    r"[,;]?\s+(?:because|since|as|so|which|when|where|whereas|if|for|after|with|given|but|from|by"
    r"|assuming|rather|instead|i\.e\.|e\.g\.|that|meaning|at which|not|unless|though|although|while"
    r"|obtained|found|rounded|in total|altogether|weil|da|car|porque|perché)\b.*"
    r"|[,:]?\s+\((?=[^()]*[A-Za-z]{2}).*|,\s*[\"'].*|,\s+(?=[A-Za-z]{2,}\b)(?!(?:and|or|und|oder|et|ou)\s+(?:[A-Za-z]\w?\s*=\s*)?[-\d$\\a-z]\S*\s*$).*",
    re.DOTALL,
)
NOT_SAID = re.compile(
    r"(?i)(?:not|clear|obvious|correct|right|wrong|incorrect|in\b|that\b|found|obtained|as follows"
    r"|below|above|boxed|unique|known|independent|written|expressed|reasonable|consistent|yet\b"
    r"|still unknown|to\b|what|which|whether)"
)
DENIED = re.compile(r"\b(?:not|isn't|never)\b")
ENVIRONMENTS = r"(?:align|aligned|gather|gathered|equation|split|eqnarray|multline)\*?"
MATH = (
    rf"\\begin\{{{ENVIRONMENTS}\}}(?:(?!\\end\{{{ENVIRONMENTS}\}}).){{1,1500}}\\end\{{{ENVIRONMENTS}\}}|"
    r"\$\$[^$]{1,400}\$\$|\$(?:\\\$|[^$\n]){1,300}\$|\\\((?:(?!\\\)).){1,300}\\\)|\\\[(?:(?!\\\]).){1,400}\\\]"
)
FORMULAS = re.compile(
    rf"\s*((?:{MATH})(?:\s*(?:,|and|or|,\s*and|,\s*or|;)\s*(?:{MATH}))*)([ \t]*%)?", re.DOTALL
)
PROSE = re.compile(r"(?<![\\A-Za-z{])[A-Za-z]{3,}\s+[A-Za-z]{2,}")
WORDS_IN_MATH = re.compile(r"\\text\w*\{[^{}]*\}")
DELIMITERS = re.compile(r"\\[()\[\]]|(?<!\\)\$")
EQUALS = re.compile(r"(?<![<>!\\])=(?!=)")
SEVERAL = re.compile(r"\b(?:and|or)\b|,(?!\d{3})|;|\\begin")
NO_NAME = re.compile(
    r"\\(?:text|mathrm)\{[^{}]*\}|\\[a-zA-Z]+|(?<=\d)\s*[A-Za-z]{2,}|[ei](?![A-Za-z])"
)
NAMES = re.compile(r"[A-Za-z]")


def _small(text: str) -> str:
    """The text in small letters, place by place."""
    small = text.lower()
    if len(small) == len(text):
        return small
    return "".join(low if len(low := char.lower()) == 1 else char for char in text)


def statements(text: str) -> Iterator[tuple[int, str]]:
    """Where "the answer is" and the like end, each with the rest of its line."""
    small = _small(text)
    matches = [m for word in _words_for(small) for m in STATED[word].finditer(small)]
    for match in sorted(matches, key=re.Match.start)[-MOST_STATEMENTS:]:
        inside = text[match.start() - 1 : match.start()].isalnum() and match.group()[0] == "a"
        if inside or DENIED.search(match.group()):
            continue
        start = match.end()
        filler = FILLER.match(text, start)
        start = filler.end() if filler else start
        yield start, text[start : start + LONGEST_LINE].partition("\n")[0]


def _words_for(small: str) -> tuple[str, ...]:
    """The words for "answer" in a text; an ASCII text with the English one has no other."""
    if small.isascii():
        return ("answer",) if "answer" in small else tuple(w for w in ASCII_WORDS if w in small)
    return tuple(word for word in STATED if word in small)


def stated(text: str) -> Iterator[Candidate]:
    """What the text says the answer is."""
    for start, line in statements(text):
        if line[:BEFORE_BOX].lstrip("$\\([ ").startswith("boxed"):  # the box has it
            continue
        said = phrase(line)
        if said and not (NOT_SAID.match(said) and not SAYS_VALUE.search(said[:40])):
            yield Candidate("stated", said, start, start + len(line))


def phrase(line: str) -> str:
    """The value at the start of a phrase, or the phrase: ``18`` of ``18, since 9*2 = 18.``"""
    line = line.strip().replace("**", "").replace("__", "").strip('*_ \t`"“”')
    line = NOT_BUT.sub("", line)
    if line.endswith("}") and "{" not in line:  # the end of an object
        line = line.rstrip("}").rstrip()
    formulas = FORMULAS.match(line)
    if formulas and is_formula(formulas.group(1)):
        return last_side(formulas.group(1) + (formulas.group(2) or ""))
    end = SENTENCE_END.search(line)
    while end and end.group()[:1] in (".", "!") and _goes_on(line, end):
        end = SENTENCE_END.search(line, end.end())
    said = (line[: end.start()] if end else line).strip()
    if SAYS_VALUE.search(said):
        cut = CONNECTIVE.search(said)
        head = said[: cut.start()] if cut else said
        said = head if SAYS_VALUE.search(head) else said
    return last_side(SYMBOLS.sub("", said.strip().strip('*_`"“”,:=')))


SYMBOLS = re.compile(r"[\s…\ufe0f\u2500-\u27bf\U0001f000-\U0001faff∎]+$")


NOT_BUT = re.compile(r"^not\b[^.\n]{1,60}?,?\s+but\s+(?:rather\s+|actually\s+)?")


def _goes_on(line: str, end: re.Match[str]) -> bool:
    """Whether a full stop is part of the value: ``p.m.``; ``5!`` is not an end either."""
    return (
        re.search(r"\b(?:[ap]\.m|Dr|Mr|Mrs|St|vs|approx|No|Rs|ca)$", line[: end.start()])
        is not None
    )


def is_formula(text: str) -> bool:
    """Whether the text between dollars is a formula, not the words between two amounts."""
    if not text.startswith("$") or " " not in text:
        return True
    return PROSE.search(WORDS_IN_MATH.sub("", text)) is None


def last_side(text: str) -> str:
    """The last side of a chain that starts with numbers: ``18`` of ``9 \\cdot 2 = 18``."""
    if "=" not in text or len(text) > LONGEST_LINE or SEVERAL.search(text):
        return text
    sides = [side.strip() for side in EQUALS.split(DELIMITERS.sub("", text))]
    if len(sides) < 2 or not sides[-1] or NAMES.search(NO_NAME.sub("", sides[-1])):
        return text
    named = NAMES.search(NO_NAME.sub("", sides[0]))
    return text if named and len(sides) == 2 else sides[-1]
