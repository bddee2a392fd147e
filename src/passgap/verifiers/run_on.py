r"""Where a model that has answered continues with a question of its own.

In: a text, and a function that finds its explicit answers. Out: the position, or None. A base model
that was shown worked examples writes the next one; only the text before is its answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from passgap.data.outcomes import Candidate
from passgap.verifiers.statements import MATH, SAYS_VALUE
from passgap.verifiers.unmarked import values

Finder = Callable[[str], Iterator[Candidate]]
TURN = re.compile(
    r"<\|im_(?:start|end)\|>|<\|end_?of_?text\|>|<\|eot_id\|>|<\|start_header_id\|>|</s>|<\|user\|>"
    r"|\[INST\]|<(?:start|end)_of_turn>|<eos>|<\|EOT\|>|<｜(?:User|end▁of▁sentence)｜>|<\|end\|>"
)
QUESTION = re.compile(
    r"^[ \t]*(?:[#>*-]+[ \t]*|\d+[.)][ \t]*|\[)?(?:\*\*)?(?:(?:next|new|another|the next)[ \t]+)?"
    r"(?:Q|(?i:question|problem|exercise|example|task|instruction|human|user|student|input|prompt"
    r"|query|frage|pregunta|вопрос|задача|aufgabe|domanda|pergunta|teacher))"
    r"[ \t]*(?:#?\d{1,4}(?:\.\d+)?)?\]?(?:\*\*)?[ \t]*(?:[:：]|(?<=\d)[.)]|\n)"
    r"|^[ \t]*[\[<](?i:question|problem|instruction|input|user|human|task)[\]>]"
    r"|^[ \t]*(?:问题|問題|题目|題目|質問|문제)[ \t]*\d{0,3}[:：]",
    re.MULTILINE,
)
INLINE = re.compile(r"(?<=[.!?$}]) (?:Q|Question|Human|User|Problem)[ \t]?\d{0,3}:[ \t]")
ASKING = ("Q", "Human:", "User:", "Problem")
LISTED = re.compile(
    r"^[ \t]*\d{1,3}[.)][ \t]+(?:what|how|which|who|when|where|find|solve|compute|calculate|if|let"
    r"|given|evaluate|determine|a|an|the)\b[^\n]*\?[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)
FINAL = re.compile(r"(?i)\\boxed\s*\{|####|final answer|<answer>")
SHORT = 60
MOST_QUESTIONS = 20
LAST_LINES = 400
CONCLUSION = (
    r"(?i:\b(?:hence|therefore|thus|so|finally|in total|altogether|in all|the result|the value"
    r"|we get|we obtain|we find|we conclude|total|equals|leaves?|it follows)\b)"
)
CONCLUDED = re.compile(rf"{CONCLUSION}[^\n?]{{0,80}}\n?(?:[^\n?]*\d[^\n?]*|{MATH})\s*$", re.DOTALL)


def run_on(text: str, explicit: Finder) -> int | None:
    """Where a model that has answered continues with another turn or question; None if it does
    not."""
    if "<" in text or "[INST]" in text:
        turn = TURN.search(text)
        if turn and text[: turn.start()].strip():
            own = run_on(text[: turn.start()], explicit)
            return turn.start() if own is None else own
    for count, match in enumerate(QUESTION.finditer(text) if "\n" in text else ()):
        before = text[: match.start()]
        if count >= MOST_QUESTIONS:
            break
        if before.strip() and _answered(before, text[match.end() :], explicit):
            return match.start()
    inline = INLINE.search(text) if any(word in text for word in ASKING) else None
    if inline and next(explicit(text[: inline.start()]), None) is not None:
        return inline.start()
    if "\n" not in text:
        return None
    for match in LISTED.finditer(text) if "?" in text else ():
        if next(explicit(text[: match.start()]), None) is not None:
            return match.start()
        break
    return None


def _answered(before: str, after: str, explicit: Finder) -> bool:
    """Whether a text gives an answer: explicitly, as its whole content, or in its last line.

    If only the part that follows marks a final answer, both are one solution.
    """
    if any(SAYS_VALUE.search(c.text) or len(c.text) < SHORT for c in explicit(before)):
        return True
    if (
        len(before.strip()) <= SHORT
        and SAYS_VALUE.search(before)
        and not QUESTION.match(before.lstrip())
    ):
        return True
    if CONCLUDED.search(before[-LAST_LINES:]):
        return True
    if FINAL.search(after):
        return False
    last = before.rstrip().rpartition("\n")[2].strip()
    if len(before.strip()) <= SHORT:
        return QUESTION.match(before.lstrip()) is None
    return len(last) <= 300 and bool(values(last[-300:]))
