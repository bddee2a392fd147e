"""Thinking blocks: what a model wrote to itself is not an answer.

In: a completion. Out: the same text with every thinking block blanked out, character by character,
and whether one of them never ended. Time is linear in the text.

Known are tags (``<think>``, ``<thinking>``, ``<reasoning>``, ``[THINK]``, ``◁think▷``,
``<|begin_of_thought|>``, ..) and channels (``<|channel|>analysis<|message|>``). A closing tag
without an opening one ends a block that the prompt opened. A tag that is only mentioned ("use
<think> tags") opens nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache

WORDS = (
    "think|thinking|thought|thoughts|reasoning|reason|reflection|scratchpad|analysis|"
    "inner_monologue|seed:think|longcat_think|cot"
)
# an opening and a closing mark for each family; the name is the same in both
FAMILIES = (
    (rf"<\s*({WORDS})\s*>", r"<\s*/\s*{}\s*>"),
    (r"(?<![\w)\]])\[(THINK|THINKING|REASONING|think|thinking|reasoning)\]", r"\[/{}\]"),
    (r"◁(think|thinking)▷", r"◁/{}▷"),
    (r"<\|begin_of_(thought|thinking|reasoning)\|>", r"<\|end_of_{}\|>"),
    (r"<\|(?:START_|start_)(THINKING|thinking)\|>", r"<\|(?:END_|end_){}\|>"),
    (r"<\|(think|thinking|thought|reasoning)\|>", r"<\|(?:/|end_?of_|end_?){}\|>"),
    (r"<(unused94)>", r"<unused95>"),
)
PLAIN_WORD = re.compile(r"reason|analysis|reflect|cot\b|thoughts?\b", re.IGNORECASE)
SPOKEN_OF = re.compile(
    r"\s*(?:tags?|blocks?|sections?|parts?|steps?|phase|process|mode|tokens?|markers?|and|or|\.\.\.|…|[,.;)\"'`])"
)
CHANNEL = re.compile(r"<\|channel\|>\s*(\w{1,20})[^<\n]{0,60}<\|message\|>")
CHANNEL_END = re.compile(r"<\|(?:end|return|call|start)\|>|<\|channel\|>")
STRIPPED_CHANNEL = re.compile(r"\A\s*(analysis)(?=[A-Z\s])")
STRIPPED_FINAL = re.compile(r"assistant\s?final(?=[^a-z]|[A-Z])")
SPECIAL = re.compile(r"<\|(?:begin|end)_of_solution\|>|<\|(?:START|END)_RESPONSE\|>|</?response>")
SIGNS = ("<", "◁", "[THINK", "[REASON", "[think", "[reason", "[/think", "[/THINK")


def without_thinking(text: str) -> str:
    """The text with thinking replaced by line feeds."""
    return split_thinking(text)[0]


def split_thinking(text: str) -> tuple[str, bool]:
    """The blanked text, of the same length, and whether a block never ended.

    >>> shown, cut = split_thinking("<think>5?</think>6")
    >>> shown.strip(), cut
    ('6', False)
    """
    bracketed = "<" in text or "[" in text or "◁" in text
    thinks = bracketed and any(sign in text for sign in SIGNS)
    if not thinks and text.lstrip()[:8] != "analysis":
        return text, False
    spans, cut = _blocks(text)
    if not spans:
        return text, cut
    pieces, end = [], 0
    for start, stop in _merged(spans):
        pieces += [text[end:start], "\n" * (stop - start)]
        end = stop
    return "".join([*pieces, text[end:]]), cut


def _blocks(text: str) -> tuple[list[tuple[int, int]], bool]:
    spans, cut = _channels(text)
    for opening, closing in _families():
        found, never = _tagged(text, opening, closing)
        spans += found
        cut |= never
    spans += [match.span() for match in SPECIAL.finditer(text)]
    return spans, cut


@lru_cache(maxsize=1)
def _families() -> list[tuple[re.Pattern[str], re.Pattern[str]]]:
    found = []
    for opening, closing in FAMILIES:
        names = re.search(r"\(((?!\?)[^)]*)\)", opening)
        assert names is not None
        ends = closing.format(f"(?:{names.group(1)})")
        found.append((re.compile(opening, re.IGNORECASE), re.compile(ends, re.IGNORECASE)))
    return found


def _tagged(
    text: str, opening: re.Pattern[str], closing: re.Pattern[str]
) -> tuple[list[tuple[int, int]], bool]:
    """Blocks of one family, nested ones with their outermost."""
    starts = [m.span() for m in opening.finditer(text)]
    ends = [m.span() for m in closing.finditer(text)]
    if not starts and not ends:
        return [], False
    marks = sorted([(a, b, True) for a, b in starts] + [(a, b, False) for a, b in ends])
    # An opening mark with a closing one anywhere after it is trusted; one without has to look like
    # the start of a block, since people also write about these tags, and blanking the rest of a
    # text loses its answer. A closing mark that nothing opened means that the prompt's template had
    # opened the block: everything before it is thinking.
    last = max((a for a, _ in ends), default=-1)
    spans: list[tuple[int, int]] = []
    opened, inner = None, 0
    for start, stop, opens in marks:
        if opens and opened is None:
            if start < last or _opens(text, start, stop):
                opened, inner = start, 0
        elif opens:
            inner += 1
        elif opened is not None:
            spans.append((opened, stop))
            opened = None
        elif inner and spans:  # the end of a block that held another
            spans.append((spans[-1][0], stop))
            inner -= 1
        elif not _quoted(text, start, stop):
            spans.append((start if spans else 0, stop))
    if opened is not None:
        spans.append((opened, len(text)))
    return spans, opened is not None


def _opens(text: str, start: int, stop: int) -> bool:
    """Whether a mark without a closing one begins a block and is not just mentioned."""
    if _quoted(text, start, stop):
        return False
    at_line_start = not text[max(0, start - 200) : start].rpartition("\n")[2].strip()
    if at_line_start:
        return True
    return SPOKEN_OF.match(text, stop) is None and PLAIN_WORD.search(text, start, stop) is None


def _quoted(text: str, start: int, stop: int) -> bool:
    return text[start - 1 : start] in ("`", '"', "'", "“") and text[stop : stop + 1] in tuple(
        "`\"'”"
    )


def _channels(text: str) -> tuple[list[tuple[int, int]], bool]:
    """Every channel but ``final``, and the marks themselves."""
    heads = list(CHANNEL.finditer(text))
    if not heads:
        return _stripped_channels(text)
    spans, cut = [], False
    if any(head.group(1) == "final" for head in heads):  # the prompt may have opened the first
        spans.append((0, heads[0].start()))
    for head in heads:
        end = CHANNEL_END.search(text, head.end())
        stop = len(text) if end is None else end.start()
        if head.group(1) == "final":
            spans.append(head.span())
        else:
            spans.append((head.start(), stop))
            cut |= end is None
    spans += [m.span() for m in re.finditer(r"<\|start\|>\w{0,20}|<\|(?:end|return|call)\|>", text)]
    return spans, cut


def _stripped_channels(text: str) -> tuple[list[tuple[int, int]], bool]:
    """Channels whose marks a tokenizer left out: ``analysis..assistantfinal..``."""
    if STRIPPED_CHANNEL.match(text) is None:
        return [], False
    finals = list(STRIPPED_FINAL.finditer(text))
    return ([(0, finals[-1].end())], False) if finals else ([], False)


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for start, stop in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(stop, found[-1][1]))
        else:
            found.append((start, stop))
    return found
