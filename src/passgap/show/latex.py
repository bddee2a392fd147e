"""Blocks in, LaTeX out: every table as a booktabs tabular, for a paper.

A verdict stands above as a comment. Texts are escaped, so that none can open a command.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from passgap.show import blocks as b
from passgap.show.text import visible

SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "−": "$-$",
    "→": r"$\rightarrow$",
    "δ": r"$\delta$",
    "–": "--",
    "“": "``",
    "”": "''",
    **{one: f"\\{one}" for one in "&%$#_{}"},
}
TABULAR = r"""\begin{{tabular}}{{{columns}}}
\toprule
{head}{rows}
\bottomrule
\end{{tabular}}"""


def paint(blocks: Sequence[b.Block]) -> str:
    """The tables among the blocks, each under a comment that says what it is."""
    return "\n\n".join(_all(blocks)) + "\n"


def escaped(text: str) -> str:
    """A text on one line that can open no command."""
    return "".join(SPECIAL.get(one, one) for one in " ".join(visible(text).split()))


def _all(blocks: Sequence[b.Block], title: str = "") -> Iterator[str]:
    for block in blocks:
        match block:
            case b.VerdictBlock():
                yield _comment(f"{block.when}: {block.label.value}. {block.sentence}")
            case b.Figures():
                rows = [[o.name, o.shown, o.note.replace("\n", ", ")] for o in block.figures]
                yield _tabular(b.Table(("", "", ""), rows, (0, 2)), title)
            case b.Table():
                yield _tabular(block, title)
            case b.Fourfold() | b.Problems():
                yield _tabular(block.table(), title)
            case b.Columns():
                yield from _all(block.blocks, title)
            case b.Folded():
                yield from _all(block.blocks, block.summary)
            case b.Section():
                yield from _all(block.blocks, block.title)
            case _:  # words and pictures have their own place in a paper
                pass


def _comment(text: str) -> str:
    return f"% {' '.join(visible(text).split())}"


def _tabular(block: b.Table, title: str) -> str:
    columns = "".join("l" if i in block.words else "r" for i in range(len(block.head)))
    head = f"{_row(block.head)}\n\\midrule\n" if any(block.head) else ""
    table = TABULAR.format(columns=columns, head=head, rows="\n".join(map(_row, block.rows)))
    return f"{_comment(title)}\n{table}" if title else table


def _row(cells: Sequence[str]) -> str:
    return f"{' & '.join(map(escaped, cells))} \\\\"
