"""Which part of a completion is the program.

In: a problem with ``tests`` and the text of a completion. Out: the source to run, or None if the
text has none. The rules, in the order they are tried (decision 27 has the reasons):

    1  thinking, anything after an end token, and a run-on with a new question are not the answer 2
    ``[BEGIN]..[DONE]``, ``<answer>..</answer>`` and similar marks hold the answer 3  the last block
    that defines most of what the tests call; for problems that read standard
       input, the last block that reads, else the last that writes
    4  the last block labelled Python, then the last that looks like it; never one labelled as
    another language, output or shell
"""

from __future__ import annotations

import builtins
import re
import textwrap
from collections.abc import Callable, Sequence
from typing import NamedTuple

from passgap.data.problems import Problem, Tests
from passgap.verifiers.blocks import PROGRAM, Block, blocks
from passgap.verifiers.thinking import without_thinking

LONGEST_PROGRAM = 1 << 20
MOST_BLOCKS = 64
END = re.compile(
    r"<\|(?:im_end|endoftext|eot_id|eom_id|end_of_text|end|return)\|>|<end_of_turn>"
    r"|<｜end▁of▁sentence｜>|</s>\s*\Z"
)
RUN_ON = re.compile(
    r"^(?:#{2,6}[ \t]*)?\**(?:(?:User|Human|Question|Instruction|Q)[ \t]?\d{0,4}\**:"
    r"|You are an expert Python programmer)",
    re.MULTILINE,
)
WRAPS = (
    ("[BEGIN]", "[DONE]"),
    ("[PYTHON]", "[/PYTHON]"),
    ("<answer>", "</answer>"),
    ("<solution>", "</solution>"),
    ("<python>", "</python>"),
    ("<code>", "</code>"),
)
# labels of fences that are not Python programs
LABELS = """
text txt plaintext plain output out stdout stdin input console terminal log result example none
bash sh shell zsh fish cmd bat powershell ps dos pycon doctest repl diff patch json yaml yml toml
ini csv xml html css markdown md latex tex math mermaid dot sql makefile dockerfile c cpp c++ cc
cxx h hpp cs csharp c# java javascript js jsx typescript ts tsx go golang rust rs ruby rb php perl
r kotlin kt swift scala haskell hs lua julia jl matlab pascal fortran lisp scheme clojure elixir
erlang ocaml dart pseudocode algorithm
"""
OTHER = frozenset(LABELS.split())
MADE = re.compile(r"^(?:(?:async[ \t]+)?def|class)[ \t]+(\w+)", re.MULTILINE)
SET = re.compile(r"^([A-Za-z_]\w*)[ \t]*(?::[^=\n]*)?=(?!=)", re.MULTILINE)
METHODS = re.compile(r"^[ \t]+(?:async[ \t]+)?def[ \t]+(\w+)", re.MULTILINE)
CALLED = re.compile(r"(?<![\w.])([A-Za-z_]\w*)[ \t]*\(")
READS = re.compile(
    r"\binput[ \t]*\(|\bstdin\b(?![ \t]*=[ \t]*(?:io\.)?StringIO)|\bopen\([ \t]*0\b|\bfileinput\b"
    r"|\bos\.read\([ \t]*0\b|/dev/stdin|=[ \t]*input\b|\(input\b"
)
FAKES = re.compile(r"\bstdin[ \t]*=[ \t]*(?:io\.)?StringIO\b|\bsubprocess\b")
WRITES = re.compile(r"\bprint\b|\bwrite(?:lines)?\(|\bstdout\b")
TRIES = re.compile(r"^[ \t]*(?:assert\b|def test_|class Test|import (?:unittest|pytest))", re.M)
# at the margin it is in no function: then it is the body of the requested function
RETURN = re.compile(r"^return\b", re.MULTILINE)
FUTURE = re.compile(r"^from[ \t]+__future__[ \t]+import\b[^\n]*\n?", re.MULTILINE)


Rule = Callable[[Block], bool]


class Asked(NamedTuple):
    """What a problem's program must have."""

    names: frozenset[str]
    continues: bool
    scripts: bool


def program(problem: Problem, text: str) -> str | None:
    """The program in a completion; None if it has none.

    If the problem gives the head of a function, a text that continues it is put after it, and one
    that defines the function itself is put after the head's imports.
    """
    tests = problem.tests or {}
    asked = what_is_asked(tests)
    code = _found(answering(text), asked)
    if code is None or not code.strip() or len(code) > LONGEST_PROGRAM:
        return None
    head = str(tests.get("setup") or "") if asked.continues else ""
    return _joined(head, code, str(tests.get("entry_point"))) if head else code


def what_is_asked(tests: Tests) -> Asked:
    """The names that the tests call, and whether the program continues a head or is a script."""
    entry, kind = tests.get("entry_point"), tests.get("kind")
    names = {entry} if entry else set()
    if not entry and kind == "functions":
        known = set(CALLED.findall(str(tests.get("setup") or "")))
        names = set(CALLED.findall(str(tests.get("test") or ""))) - known
        names = {name for name in names if not hasattr(builtins, name)}
    scripts = kind == "stdio" or (kind == "livecodebench" and not entry)
    return Asked(frozenset(names), bool(tests.get("continues")), scripts)


def answering(text: str) -> str:
    """A text with only line feeds, without thinking and anything after an end token."""
    shown = without_thinking(text.removeprefix("\ufeff"))
    if "\r" in shown:
        shown = shown.replace("\r\n", "\n").replace("\r", "\n")
    end = END.search(shown) if "<" in shown else None
    return shown[: end.start()] if end and shown[: end.start()].strip() else shown


def _found(text: str, asked: Asked) -> str | None:
    """The program in a text: in a wrapper, else before a run-on, else in the whole text."""
    parts = _wrapped(text)
    run_on = RUN_ON.search(text) if ":" in text or "You are" in text else None
    if run_on:
        parts.append(text[: run_on.start()])
    for part in parts:
        code = chosen(blocks(part), asked)
        if code is not None and PROGRAM.search(code):
            return code
    return chosen(blocks(text), asked)


def _wrapped(text: str) -> list[str]:
    """The text between marks; for ``[DONE]`` the first end counts, since base models go on with a
    task of their own after it; for the others the last."""
    found = []
    for opening, closing in WRAPS:
        if opening not in text and closing not in text:
            continue
        end = _line_with(text, closing, first=closing == "[DONE]")
        upto = text if end is None else text[:end]
        start = _line_with(upto, opening, first=False)
        if start is not None:
            found.append(upto[start + len(opening) :])
        elif end is not None and closing[0] == "[":
            found.append(upto)
    return found


def _line_with(text: str, mark: str, *, first: bool) -> int | None:
    """Where the first or last line that begins or ends with a mark has it."""
    pattern = rf"^[ \t]*({re.escape(mark)})|({re.escape(mark)})[ \t]*$"
    places = [m.start(m.lastindex or 0) for m in re.finditer(pattern, text, re.MULTILINE)]
    return None if not places else places[0 if first else -1]


def chosen(found: Sequence[Block], asked: Asked) -> str | None:
    """The code of the block that is the program, by the rules above."""
    able = [block for block in found if block.label not in OTHER][-MOST_BLOCKS:]
    if not able:  # perhaps one with a wrong label
        able = [block for block in found if block.like_code and defines(block, asked)]
    if len(able) == 1 and not able[0].fenced:
        return _as_it_runs(able[0], asked)
    sure, likely = _rules(asked, max((defines(block, asked) for block in able), default=0))
    for rule in sure + likely:
        for i in range(len(able) - 1, -1, -1):
            if rule(able[i]) and (rule in sure or not _is_quoted(able[i], able[:i])):
                return _as_it_runs(able[i], asked)
    return None


def _rules(asked: Asked, most: int) -> tuple[list[Rule], list[Rule]]:
    """What identifies a whole program, as opposed to a part that is shown again.

    ``most`` is the largest number of requested names that a block defines.
    """
    sure: list[Rule] = [lambda block: most > 0 and defines(block, asked) == most]
    likely: list[Rule] = []
    if asked.continues:
        sure.append(lambda block: block.code.strip("\n")[:1].isspace())
    if asked.scripts:
        sure.append(lambda block: _reads(block) and _writes(block))
        likely += [_reads, _writes]
    likely.append(lambda block: block.python and block.like_code and not TRIES.search(block.code))
    likely.append(lambda block: block.like_code)
    likely.append(lambda block: block.python or not block.fenced)
    return sure, likely


def _is_quoted(block: Block, before: Sequence[Block]) -> bool:
    """Whether a block only repeats some lines of an earlier one, to explain them."""
    part = _lines(block)
    return any(len(whole := _lines(b)) > len(part) and part in whole for b in before)


def _lines(block: Block) -> str:
    return "\n".join(["", *map(str.strip, block.code.strip().split("\n")), ""])


def defines(block: Block, asked: Asked) -> int:
    """How many of the names asked for a block defines; methods of a class ``Solution`` count."""
    if not any(name in block.code for name in asked.names):
        return 0
    code = _as_it_runs(block, asked)
    return len((made(code) | set(SET.findall(code))) & asked.names)


def made(code: str) -> set[str]:
    """The functions and classes at a program's margin, and the methods of its ``Solution``."""
    own = set(MADE.findall(code))
    return own | set(METHODS.findall(code)) if "Solution" in own else own


def _as_it_runs(block: Block, asked: Asked) -> str:
    """A block at the margin, where it stands further in and does not go on with a function."""
    if block.code.lstrip("\n")[:1] not in (" ", "\t"):
        return block.code
    if asked.continues and not block.fenced:
        return block.code
    flush = textwrap.dedent(block.code)
    if asked.continues:
        return flush if made(flush) & asked.names else block.code
    return flush.lstrip()  # a blank before the first line


def _reads(block: Block) -> bool:
    """Whether it reads standard input, rather than a stand-in for it."""
    return READS.search(block.code) is not None and not FAKES.search(block.code)


def _writes(block: Block) -> bool:
    return WRITES.search(block.code) is not None and block.like_code


def _joined(head: str, code: str, entry: str) -> str:
    """A head and its continuation, or only its imports and helpers before the whole program."""
    if code[0].isspace() or entry not in made(code):
        return head + (textwrap.indent(code, "    ") if RETURN.search(code) else code)
    found = re.search(rf"^(?:async\s+)?def\s+{re.escape(entry)}\b", head, re.MULTILINE)
    before = head[: found.start()] if found else ""
    if "__future__" not in code:
        return before + code
    return "".join(FUTURE.findall(code)) + before + FUTURE.sub("", code)
