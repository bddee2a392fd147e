r"""Where answers are in a completion, and which of them is the answer.

In: the text of a completion. Out: a `Reading`: every candidate with its rule and position, the one
that counts, and the one that a grader looking only for the requested form would take. Time is
linear in the text.

=========  ==========================================================================
``boxed``  ``\boxed{..}``; boxes on one line, with nothing but commas between, are a list
``tagged`` ``<answer>..</answer>``
``hashes`` what follows ``####`` on its line
``stated`` what follows "the answer is", "Answer:" and the like, in some twenty languages
``bold``   bold text in the last line
``value``  a formula or number anywhere else; see `concluding` for the one that counts
=========  ==========================================================================

The answer is the last candidate of the first rule in this table that has one. Text inside a
thinking block is not a candidate; and if a model, having answered, continues with a question of
its own, only the text before that question is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from passgap.data.outcomes import Candidate
from passgap.latex import boxes
from passgap.verifiers.concluding import last_weak
from passgap.verifiers.run_on import run_on
from passgap.verifiers.statements import LONGEST_LINE, SAYS_VALUE, phrase, stated
from passgap.verifiers.thinking import split_thinking
from passgap.verifiers.unmarked import bold, values


@dataclass(frozen=True, slots=True)
class Reading:
    """How a completion was read.

    ``shown`` is the text that was read: thinking blanked out, a run-on removed.
    """

    shown: str
    final: Candidate | None
    asked: Candidate | None
    run_on: bool = False
    thinking: str = ""
    strongest: tuple[Candidate, ...] = ()  # all of the rule that has the final answer

    def texts(self) -> set[str]:
        """What the candidates say."""
        found = {candidate.text for candidate in self._marked()}
        return found | {c.text for c in (*bold(self.shown), *values(self.shown))}

    def _marked(self) -> list[Candidate]:
        known = self.strongest[0].rule if self.strongest else ""
        marked = list(self.strongest)
        for rule, find in EXPLICIT.items():
            if rule != known:
                marked += find(self.shown)
        return marked

    def candidates(self) -> tuple[Candidate, ...]:
        """All candidates in the order of the text, including values without a mark."""
        marked = self._marked()
        loose = [c for c in values(self.shown) if not any(_repeats(c, m) for m in marked)]
        found = [*marked, *bold(self.shown), *loose]
        return tuple(sorted(found, key=lambda candidate: (candidate.start, -candidate.end)))


def _repeats(value: Candidate, marked: Candidate) -> bool:
    """Whether a value is what a marked answer around it says."""
    return value.text == marked.text and marked.start <= value.start and value.end <= marked.end


@dataclass(frozen=True, slots=True)
class Visible:
    """The part of a completion that is read, and what was removed."""

    text: str
    run_on: bool = False
    thinking: str = ""


def visible(text: str) -> Visible:
    """A completion with thinking blanked out, up to where a question of its own begins."""
    shown, never_ends = split_thinking(text)
    thought = shown is not text
    if "<" in shown:
        shown = MARKUP.sub(lambda match: " " * len(match.group()), shown)
    thinking = "never_ends" if never_ends else "ended" if thought else ""
    end = run_on(shown, explicit_candidates)
    return Visible(shown if end is None else shown[:end], end is not None, thinking)


MARKUP = re.compile(
    r"</?(?:b|strong|i|em|p|span|u|mark|code|br|div|h[1-6]|center)(?:\s[^<>\n]{0,80})?/?>",
    re.IGNORECASE,
)


def read(text: str, asked: str = "") -> Reading:
    """Read a completion; ``asked`` is the rule whose form the prompt asked for, if any."""
    seen = visible(text)
    found = strongest(seen.text)
    final = settled(found) or last_weak(seen.text)
    wanted = final
    if asked in EXPLICIT and not (final is not None and final.rule == asked):
        wanted = settled(tuple(EXPLICIT[asked](seen.text)))
    return Reading(seen.text, final, wanted, seen.run_on, seen.thinking, found)


def strongest(text: str) -> tuple[Candidate, ...]:
    """The candidates of the first rule with a definite one, else of the first with any."""
    # The rules are ordered by how deliberate a mark is, and order beats position: a model boxes its
    # answer and goes on, and what it then says "is the answer" to a check is not meant. But
    # ``\boxed{x}`` or "the answer is unknown" do not win over a weaker mark with a value.
    doubtful: tuple[Candidate, ...] = ()
    for find in EXPLICIT.values():
        found = tuple(find(text))
        if any(is_sure(candidate) for candidate in found):
            return found
        doubtful = doubtful or found
    return doubtful


def settled(candidates: tuple[Candidate, ...]) -> Candidate | None:
    """The last definite candidate; "unknown" only if there is no other."""
    for candidate in reversed(candidates):
        if is_sure(candidate):
            return candidate
    return candidates[-1] if candidates else None


def is_sure(candidate: Candidate) -> bool:
    """Whether a candidate says something: not just a letter, not "unknown"."""
    return candidate.text[-1:].isdigit() or UNSURE.fullmatch(candidate.text) is None


def explicit_candidates(text: str) -> Iterator[Candidate]:
    """Candidates that the text marks as answers."""
    for find in EXPLICIT.values():
        yield from find(text)


PLACEHOLDER = re.compile(
    r"(?:\\text(?:bf|rm)?\{)?\s*[\[<(]?\s*(?:(?:your|the|my|final|correct|numerical|numeric)\s+)*"
    r"(?:answer|ans|result|solution|value|number|content|response|expression)"
    r"(?:\s+(?:goes\s+)?here)?\s*[\])>]?\s*\}?|[.…?_\s]*|\\(?:ldots|dots|cdots|square)|your_answer",
    re.IGNORECASE,
)
BETWEEN_BOXES = re.compile(
    r"(?:[\s,;$&.]|\\q?quad|\\[,;]|\\text\{\s*(?:and|or),?\s*\}|\b(?:and|or)\b|[a-zA-Z](?:_\w)?\s*=)*"
)
UNSURE = re.compile(
    r"[a-z]|(?:\\text\{)?\s*(?:unknown|n/a|i (?:do not|don't) know)\s*\}?", re.IGNORECASE
)


def _boxed(text: str) -> Iterator[Candidate]:
    """Real boxes; adjacent ones on one line make a list."""
    if "\\boxed" not in text and "\\fbox" not in text:
        return
    group: list[Candidate] = []
    for start, end, content in boxes(text)[-4 * MOST_MARKS :]:
        if not content or (not content[-1:].isdigit() and PLACEHOLDER.fullmatch(content)):
            continue
        found = Candidate("boxed", content, start, end)
        if group and not _beside(text, group[-1].end, start):
            yield _as_list(group)
            group = []
        group.append(found)
    if group:
        yield _as_list(group)


def _beside(text: str, end: int, start: int) -> bool:
    between = text[end:start]
    return len(between) <= 60 and "\n" not in between and bool(BETWEEN_BOXES.fullmatch(between))


def _as_list(group: list[Candidate]) -> Candidate:
    if len(group) == 1:
        return group[0]
    contents = list(dict.fromkeys(candidate.text for candidate in group))
    return Candidate("boxed", ", ".join(contents), group[0].start, group[-1].end)


TAG = re.compile(r"[<\[](/?)(?:final_)?answer[>\]]", re.IGNORECASE)
HASHES = re.compile(r"(?<!#)####(?!#)[ \t]*")
HEADING = re.compile(r"(?i)[\s*_]*(?:the |my )?(?:final |correct )?(?:answer|result)[\s*_:]*$")
MOST_MARKS = 50
LONGEST_TAGGED = 2_000


def _tagged(text: str) -> Iterator[Candidate]:
    """The text between tags; the last may be left open if a stop string ended the text."""
    if "<" not in text and "[" not in text:
        return
    opened: int | None = None
    for match in list(TAG.finditer(text))[-2 * MOST_MARKS :]:
        if not match.group(1):
            opened = match.end()
        elif opened is not None:
            yield from _content("tagged", text, opened, match.start())
            opened = None
    if opened is not None and len(text) - opened <= LONGEST_TAGGED:  # ended by a stop string
        yield from _content("tagged", text, opened, len(text))


def _content(rule: str, text: str, start: int, end: int) -> Iterator[Candidate]:
    content = text[start:end].strip()
    if content and not PLACEHOLDER.fullmatch(content[:100]):
        yield Candidate(rule, phrase(content) or content, start, end)


def _hashes(text: str) -> Iterator[Candidate]:
    """What follows ``####``; a heading of that level with a value below it does not count
    itself."""
    if "####" not in text:
        return
    for match in list(HASHES.finditer(text))[-MOST_MARKS:]:
        start, end = match.end(), _line_end(text, match.end())
        line = text[start:end].strip()
        if HEADING.fullmatch(line) or not line:
            start, end = _next_line(text, end)
            line = text[start:end].strip()
        last = not text[end : end + LONGEST_LINE].strip()
        if line and (last or SAYS_VALUE.search(line)) and not STEP.match(line):
            inner = next(stated(line), None)
            yield Candidate("hashes", inner.text if inner else phrase(line) or line, start, end)


STEP = re.compile(r"(?i)(?:step|part|case|section|method|solution|problem|question|example)\b")


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


def _next_line(text: str, end: int) -> tuple[int, int]:
    """The next line that is not blank."""
    found = re.compile(r"\s*").match(text, end)
    start = found.end() if found else end
    return start, _line_end(text, start)


EXPLICIT: dict[str, Callable[[str], Iterator[Candidate]]] = {
    "boxed": _boxed,
    "tagged": _tagged,
    "hashes": _hashes,
    "stated": stated,
}
