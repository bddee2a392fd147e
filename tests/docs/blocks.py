"""The documentation's runnable blocks. In: a Markdown page. Out: its blocks, as they are to be run.

A fenced block of ``shell`` or ``python`` has a comment above it: ``<!-- run -->``, what costs
minutes made small by ``<!-- run: this as that; this as that -->`` (each ``this`` has to occur), or
``<!-- not run: why -->``. What a reader has and the test has not is named by ``<!-- prepare: NAME
NAME -->``, from `prepared`.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from prepared import PREPARED

BLOCK = re.compile(
    r"^<!-- prepare: (?P<prepared>[\w ]+?) -->$"
    r"|^<!-- run(?:: (?P<changes>.*?))? -->\n```(?P<language>\w+)\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
MARK = re.compile("<!-- (run|prepare)")
FENCE = re.compile(r"^```(?:shell|python|bash|sh)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SAID = re.compile(r"<!-- (run(: [^\n]+)?|not run: [^\n]+) -->\n\Z")


@dataclass(frozen=True)
class Block:
    language: str
    text: str


def blocks(page: Path) -> list[Block]:
    markdown = page.read_text()
    found = [_block(page, match) for match in BLOCK.finditer(markdown)]
    assert len(found) == len(MARK.findall(markdown)), f"{page}: a mark without a block after it"
    return found


def unsaid(page: Path) -> list[str]:
    """The first lines of blocks that neither run nor say why they cannot."""
    markdown = page.read_text()
    return [
        match[1].partition("\n")[0]
        for match in FENCE.finditer(markdown)
        if not SAID.search(markdown[: match.start()])
    ]


def _block(page: Path, match: re.Match[str]) -> Block:
    if match["prepared"] is not None:
        return Block("shell", "\n".join(PREPARED[name] for name in match["prepared"].split()))
    text = match["text"]
    for change in (match["changes"] or "").split("; ") if match["changes"] else ():
        shown, run = change.split(" as ", 1)
        assert shown in text, f"{page}: {shown!r} is not in the block\n{text}"
        text = text.replace(shown, run)
    assert match["language"] in ("shell", "python"), f"{page}: {match['language']}"
    return Block(match["language"], text)
