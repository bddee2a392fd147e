"""What is shown, whoever paints it: a result becomes blocks once, and painters know only blocks.

In: nothing. Out: the kinds of block. A painter handles each kind and ends in `assert_never`, so
that a kind it does not know is an error of the type checker. Texts are plain; the painter makes
them visible and escapes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from string import Formatter
from typing import TYPE_CHECKING, Literal

from passgap.results.findings import Finding
from passgap.results.labels import Label

if TYPE_CHECKING:
    from passgap.show.charts.lazy import Chart


@dataclass(frozen=True)
class Count:
    """A number of problems; ``group`` names them in the table of problems."""

    number: int
    group: str

    def __str__(self) -> str:
        return f"{self.number:,}"


class Counted(str):
    """A text in which counts of problems lead to these problems, where a page has their table.

    Elsewhere it is the plain text that it is. ``parts`` are its pieces, in order.
    """

    parts: tuple[str | Count, ...]

    def __new__(cls, *parts: str | Count) -> Counted:
        text = super().__new__(cls, "".join(map(str, parts)))
        text.parts = parts
        return text


def joined(*texts: str) -> str:
    """Texts with a space between; counts of problems stay what they are, empty ones go."""
    parts: list[str | Count] = []
    for text in filter(None, texts):
        parts += [" "] * bool(parts)
        parts += text.parts if isinstance(text, Counted) else [text]
    return Counted(*parts)


def filled(template: str, fields: Mapping[str, object]) -> str:
    """A template of `str.format` with its fields; counts of problems stay what they are."""
    parts: list[str | Count] = []
    for literal, name, form, _ in Formatter().parse(template):
        parts.append(literal)
        if name is not None:
            value = fields[name]
            parts.append(value if isinstance(value, Count) else format(value, form or ""))
    return Counted(*parts)


@dataclass(frozen=True)
class VerdictBlock:
    """A label with its sentence, the numbers that bear it out, how it follows, what it needs.

    ``evidence`` is empty where the key figures say it all, None where the reasons are all there is.
    """

    label: Label
    when: str
    sentence: str
    evidence: Sequence[str] | None = None
    reasons: Sequence[str] = ()
    needs: str = ""


@dataclass(frozen=True)
class Figure:
    """One key number; ``after`` is its value after training."""

    name: str
    value: str
    note: str = ""
    after: str = ""

    @property
    def shown(self) -> str:
        """Its value, and where it went."""
        return f"{self.value} → {self.after}" if self.after else self.value


@dataclass(frozen=True)
class Figures:
    """The key numbers."""

    figures: Sequence[Figure]


@dataclass(frozen=True)
class Table:
    """Rows under a head; the columns in ``words`` hold words, the others numbers.

    The rows in ``marked`` stand out. ``narrow`` says the same where 80 columns are all there is.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: Sequence[int] = (0,)
    marked: Sequence[int] = ()
    narrow: Table | None = None


@dataclass(frozen=True)
class Fourfold:
    """How many problems the base and the trained policy solve, by both, one or neither.

    Whole numbers are counts of problems; where the runs differ in n they are expectations.
    """

    both: str | Count
    lost: str | Count
    gained: str | Count
    neither: str | Count

    def table(self) -> Table:
        """The same as a table."""
        rows = [
            ["base solves it", str(self.both), str(self.lost)],
            ["base never does", str(self.gained), str(self.neither)],
        ]
        return Table(("", "trained solves it", "trained never does"), rows)


@dataclass(frozen=True)
class Picture:
    """A chart, made when it is needed; ``name`` is that of its file."""

    name: str
    draw: Callable[[], Chart]
    caption: str = ""


@dataclass(frozen=True)
class Text:
    """A paragraph; strong where it carries the message, quiet where it explains."""

    text: str
    tone: Literal["plain", "strong", "quiet"] = "plain"


@dataclass(frozen=True)
class Bullets:
    """Sentences, one beside the other."""

    lines: Sequence[str]


@dataclass(frozen=True)
class Notes:
    """What to keep in mind."""

    lines: Sequence[str]


@dataclass(frozen=True)
class Findings:
    """What data checks or early warnings found, worst first."""

    findings: Sequence[Finding]


@dataclass(frozen=True)
class Term:
    """A name explained, with links (words, address) to where it comes from."""

    name: str
    text: str
    links: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Terms:
    """Names explained."""

    terms: Sequence[Term]


@dataclass(frozen=True)
class Commands:
    """What was typed, in order."""

    lines: Sequence[str]


@dataclass(frozen=True)
class Drawn:
    """One completion: whose it is, how it was marked, its text."""

    role: str
    mark: str
    text: str


@dataclass(frozen=True)
class Problem:
    """One line of the table of problems, and what it opens to.

    ``cells`` hold each arm's counts, then the difference and what changed of a pair; ``numbers``
    what the first of them are sorted by. ``groups`` are what the table is filtered by; ``arms``
    say the shares by role. ``images`` are the names of those that `Problems` holds; ``unseen`` says
    how many it does not.
    """

    problem_id: str
    title: str
    cells: Sequence[str]
    numbers: Sequence[float | None]
    groups: Sequence[str]
    question: str
    reference: str
    arms: Sequence[tuple[str, str]]
    draws: Sequence[Drawn]
    images: Sequence[str] = ()
    unseen: str = ""


@dataclass(frozen=True)
class Group:
    """Some of the problems: its name in links, what it is called, how many there are in all."""

    name: str
    title: str
    count: int


@dataclass(frozen=True)
class Problems:
    """The table of problems, a line each, with its filters: groups under a name.

    ``total`` is how many problems there are; the table may hold fewer. ``images`` are data URLs by
    name, each once.
    """

    head: Sequence[str]
    problems: Sequence[Problem]
    filters: Sequence[tuple[str, Sequence[Group]]]
    total: int
    images: Mapping[str, str] = field(default_factory=dict)

    def counts(self) -> dict[str, int]:
        """How many problems each group has; ``all`` is every one."""
        groups = (group for _, found in self.filters for group in found)
        return {"all": self.total} | {group.name: group.count for group in groups}

    def table(self) -> Table:
        """The same as a plain table."""
        return Table(self.head, [[one.title, *one.cells] for one in self.problems])


@dataclass(frozen=True)
class Columns:
    """Blocks side by side, as wide as they need to be."""

    blocks: Sequence[Block]
    width: Literal["wide", "half", "third"] = "half"


@dataclass(frozen=True)
class Folded:
    """The second look: what can be folded away under a line of words."""

    summary: str
    blocks: Sequence[Block]
    is_open: bool = False


@dataclass(frozen=True)
class Section:
    """Blocks under a title; ``lead`` says how to read them.

    The tables of one that ``answers`` belong to the answer: one screen shows them, too.
    """

    title: str
    blocks: Sequence[Block]
    lead: str = ""
    anchor: str = ""
    answers: bool = False


Block = (
    VerdictBlock
    | Figures
    | Table
    | Fourfold
    | Picture
    | Text
    | Bullets
    | Notes
    | Findings
    | Terms
    | Commands
    | Problems
    | Columns
    | Folded
    | Section
)


@dataclass(frozen=True)
class Page:
    """A whole page; ``grave`` says why its verdict is not to be trusted, empty where nothing is."""

    title: str
    subtitle: str
    grave: Sequence[str]
    blocks: Sequence[Block]


# Depth first: the first picture of a result is the one that a notebook shows and `chart()` gives,
# so contents put the picture that carries the verdict before all others.
def walk(blocks: Sequence[Block]) -> Iterator[Block]:
    """Every block, those inside others after them."""
    for block in blocks:
        yield block
        if isinstance(block, Columns | Folded | Section):
            yield from walk(block.blocks)


MOST_ROWS, MOST_LINES = 12, 3


def brief(blocks: Sequence[Block], whole: str) -> list[Block]:
    """What answers on one screen: the verdict, its numbers, what it rests on and would take.

    Of long tables and lists the beginning is shown. What stands in sections is named, after
    ``whole``, which says how all of it is shown.
    """
    shown: list[Block] = []
    after: list[Block] = []
    left: list[str] = []
    for block in blocks:
        if isinstance(block, VerdictBlock):
            lines = (block.reasons if block.evidence is None else block.evidence)[:MOST_LINES]
            shown.append(replace(block, reasons=(), evidence=None, needs=""))
            after = [Bullets(lines)] * bool(lines)
            after += [Text(f"What it would take: {block.needs}")] * bool(block.needs)
        elif isinstance(block, Section) and block.answers:
            tables = (one for one in block.blocks if isinstance(one, Table))
            cuts = [_cut(one.narrow or one) for one in tables]
            shown += [Text(""), *(cut for cut, _ in cuts)]
            left += [more for _, more in cuts if more]
        elif isinstance(block, Section | Folded):
            left.append(block.title if isinstance(block, Section) else block.summary)
        elif not isinstance(block, Picture | Columns | Problems | Terms | Commands):
            cut, more = _cut(block)
            shown += [*after, cut] if isinstance(block, Notes) else [cut]
            after = [] if isinstance(block, Notes) else after
            left += [more] * bool(more)
    return [*shown, *after, *([Text(f"{whole}: {'; '.join(left)}.", "quiet")] if left else [])]


def _cut(block: Block) -> tuple[Block, str]:
    """A block as long as one screen has room for, and what is left out, in words."""
    match block:
        case Table(rows=rows) if len(rows) > MOST_ROWS:
            kept = [i for i in range(len(rows)) if i < MOST_ROWS - len(block.marked)]
            kept += [i for i in block.marked if i not in kept]
            marked = tuple(place for place, i in enumerate(kept) if i in block.marked)
            table = replace(block, rows=[rows[i] for i in kept], marked=marked)
            return table, _more(len(rows) - len(kept), "row")
        case Notes(lines=lines) if len(lines) > MOST_LINES:
            return Notes(lines[:MOST_LINES]), _more(len(lines) - MOST_LINES, "note")
        case Findings(findings=found) if len(found) > MOST_LINES:
            more = _more(len(found) - MOST_LINES, "finding")
            return Findings(found[:MOST_LINES]), more
    return block, ""


def _more(count: int, what: str) -> str:
    return f"{count} more {what}{'s' * (count > 1)}"


def pictures(blocks: Sequence[Block]) -> list[Picture]:
    """Every picture, the main one first."""
    return [block for block in walk(blocks) if isinstance(block, Picture)]
