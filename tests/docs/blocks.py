"""The documentation's runnable blocks. In: a Markdown page. Out: its blocks, as they are to be run.

A fenced block of ``shell`` or ``python`` right after ``<!-- run -->`` is run; what costs minutes is
made small by ``<!-- run: this as that; this as that -->``, and each ``this`` has to occur. What a
reader has and the test has not is made by the shell lines of a ``<!-- prepare`` comment.
"""

import re
from dataclasses import dataclass
from pathlib import Path

BLOCK = re.compile(
    r"^<!-- prepare\n(?P<prepared>.*?)^-->$"
    r"|^<!-- run(?:: (?P<changes>.*?))? -->\n```(?P<language>\w+)\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)

MARK = re.compile("<!-- (run|prepare)")


@dataclass(frozen=True)
class Block:
    language: str
    text: str


def blocks(page: Path) -> list[Block]:
    markdown = page.read_text()
    found = [_block(page, match) for match in BLOCK.finditer(markdown)]
    assert len(found) == len(MARK.findall(markdown)), f"{page}: a mark without a block after it"
    return found


def _block(page: Path, match: re.Match[str]) -> Block:
    if match["prepared"] is not None:
        return Block("shell", match["prepared"])
    text = match["text"]
    for change in (match["changes"] or "").split("; ") if match["changes"] else ():
        shown, run = change.split(" as ", 1)
        assert shown in text, f"{page}: {shown!r} is not in the block\n{text}"
        text = text.replace(shown, run)
    assert match["language"] in ("shell", "python"), f"{page}: {match['language']}"
    return Block(match["language"], text)
