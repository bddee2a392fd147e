"""The glossary explains every word that results print. The words are found in the code, not listed.

Labels, states, classes and reason codes come from their enums and literals; heads of tables, key
figures and names of rows from the source of the painters (`passgap.show.contents`).
"""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import fields
from itertools import chain
from pathlib import Path
from typing import get_args

import pytest
from show.fabricated import page_data, result

from passgap.checks.style import MEASURES
from passgap.data import bands
from passgap.data import counts as data_counts
from passgap.data.outcomes import AskedStatus, Status
from passgap.results import labels
from passgap.results.audit import Mark
from passgap.results.comparison import TiltReading
from passgap.results.findings import Severity
from passgap.results.parts import Interval
from passgap.results.plan import Design
from passgap.results.reach import Class
from passgap.results.verified import WORDS
from passgap.show import text
from passgap.show.blocks import Figures, walk
from passgap.show.contents.dispatch import blocks_of
from passgap.show.contents.problems import CHANGES
from passgap.show.contents.report import page

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "passgap"
PAGE = (ROOT / "docs" / "glossary.md").read_text()
FIRST = re.compile(r"(?<=\n\n)(\S.*)\n(?=(?:\S.*\n)*:   )")
TERM = re.compile(r"^(\S.*)\n(?=(?:\S.*\n)*:   )", re.MULTILINE)
HOLE = "…"  # what stands for a number, or for anything that a template fills in


def key(term: str) -> str:
    """A term without marks, case, and numbers."""
    return re.sub(r"\d+(?:[.,]\d+)*", HOLE, re.sub(r"[`\\]", "", term)).strip().lower()


RAW = TERM.findall(PAGE)
TERMS = [key(term) for term in RAW]


def is_explained(word: str) -> bool:
    """Whether an entry has this word, or one that this template may become."""
    pattern = re.compile(".+".join(map(re.escape, key(word).split(HOLE))))
    return any(map(pattern.fullmatch, TERMS))


# ------------------------------------------------------------------------ reading the source


def called(tree: ast.AST, *names: str) -> Iterator[ast.Call]:
    """The calls of functions with these names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else None
            name = node.func.id if isinstance(node.func, ast.Name) else name
            if name in names:
                yield node


def templates(node: ast.AST, scopes: Sequence[ast.AST] = (), depth: int = 0) -> list[str]:
    """The texts that an expression may be, or holds; templates have a hole for each value.

    ``scopes`` are where names are looked for: the function, then the module.
    """
    assert depth < 9, f"cannot read the head in {ast.unparse(node)}"
    within = {"scopes": scopes, "depth": depth + 1}
    match node:
        case ast.Constant(value=str(said)):
            return [said]
        case ast.JoinedStr(values=parts):
            return ["".join(p.value if isinstance(p, ast.Constant) else HOLE for p in parts)]
        case ast.Tuple(elts=several) | ast.List(elts=several):
            return [word for one in several for word in templates(one, **within)]
        case ast.Starred(value=one):
            return templates(one, **within)
        case ast.GeneratorExp(elt=one, generators=loops) | ast.ListComp(elt=one, generators=loops):
            if isinstance(one, ast.Subscript):
                return templates(one.value, **within)
            return templates(loops[0].iter if isinstance(one, ast.Name) else one, **within)
        case ast.IfExp(body=first, orelse=second):
            return [*templates(first, **within), *templates(second, **within)]
        case ast.BinOp(left=first, right=second):
            return [*templates(first, **within), *templates(second, **within)]
        case ast.Name(id=name):
            found = next(filter(None, (values(scope, name) for scope in scopes)), [])
            return [word for value in found for word in templates(value, **within)]
    return []


def values(tree: ast.AST, name: str) -> list[ast.AST]:
    """What a function or a module gives to a name."""
    found: list[ast.AST] = []
    for node in ast.walk(tree):
        match node:
            case (
                ast.Assign(targets=[target], value=value)
                | ast.AugAssign(target=target, value=value)
            ):
                found += [value] if is_named(target, name) else []
            case (
                ast.For(target=target, iter=several)
                | ast.comprehension(target=target, iter=several)
            ):
                found += looped(target, several, name)
    return found


def is_named(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def looped(target: ast.AST, several: ast.AST, name: str) -> list[ast.AST]:
    """What a loop gives to a name: each of several values, or the parts of each in its place."""
    if is_named(target, name):
        return [several]
    if isinstance(target, ast.Tuple) and isinstance(several, ast.Tuple | ast.List):
        places = [i for i, one in enumerate(target.elts) if is_named(one, name)]
        parts = [one.elts for one in several.elts if isinstance(one, ast.Tuple)]
        return [part[place] for part in parts for place in places]
    return []


# ------------------------------------------------------------------- words of enums and literals


def codes() -> dict[str, list[str]]:
    questions = labels.Label.__subclasses__()
    literals = (
        Status,
        AskedStatus,
        TiltReading,
        Class,
        Severity,
        Interval,
        data_counts.Design,
        Mark,
    )
    return {
        "labels": [label.value for question in questions for label in question],
        "states": [*labels.STATES],
        "bands": [*bands.BANDS],
        "changes": [*CHANGES.values()],
        "literals": [word for literal in literals for word in get_args(literal)],
        "reasons": [*filter(None, WORDS), "truncated", "no_answer", "too_long"],
        "checks": sorted(found_checks()),
    }


def found_checks() -> set[str]:
    """The names of all data checks and early warnings; those of style have one per measure."""
    files = chain((SOURCE / "checks").glob("*.py"), (SOURCE / "analysis/watch").glob("*.py"))
    calls = chain.from_iterable(called(ast.parse(path.read_text()), "Finding") for path in files)
    names = set(chain.from_iterable(templates(call.args[0]) for call in calls))
    per_measure = {name for name in names if name.startswith("style")}
    return names - per_measure | {
        name.removesuffix(HOLE) + measure for name in per_measure for measure in MEASURES
    }


@pytest.mark.parametrize("kind", codes())
def test_every_code_has_an_entry(kind):
    words = codes()[kind]
    assert words
    assert [word for word in words if not is_explained(word)] == []


# ----------------------------------------------------------------------------- words of painters


def functions(tree: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Every function with its module, in which names are looked for in this order."""
    yield from ((node, tree) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def heads(scopes: tuple[ast.AST, ast.AST]) -> Iterator[str]:
    for call in called(scopes[0], "table", "Table", "Problems"):
        head = call.args[0] if call.args else None
        head = next((one.value for one in call.keywords if one.arg == "head"), head)
        if head is not None and not isinstance(head, ast.Starred):
            yield from templates(head, scopes)


def figures(scopes: tuple[ast.AST, ast.AST]) -> Iterator[str]:
    for call in called(scopes[0], "Figure"):
        yield from templates(call.args[0], scopes)


def rows(scopes: tuple[ast.AST, ast.AST]) -> Iterator[str]:
    """The names of rows: what a tuple that is yielded begins with."""
    for node in ast.walk(scopes[0]):
        if isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple):
            yield from templates(node.value.elts[0], scopes)


def painters() -> dict[str, ast.AST]:
    paths = sorted((SOURCE / "show" / "contents").glob("*.py"))
    return {path.name: ast.parse(path.read_text()) for path in paths}


def shown() -> set[str]:
    """The names of key figures as results of every label show them."""
    results = [result(label) for question in labels.Label.__subclasses__() for label in question]
    blocks = chain.from_iterable(map(walk, [*map(blocks_of, results), page(page_data()).blocks]))
    found = (block.figures for block in blocks if isinstance(block, Figures))
    return {figure.name for figure in chain.from_iterable(found)}


PRINTED = (
    {
        (name, word)
        for name, tree in painters().items()
        for scopes in functions(tree)
        for word in chain(heads(scopes), figures(scopes), rows(scopes))
        if re.search("[a-zA-Z]", word.replace(HOLE, ""))
    }
    | {("a result", name) for name in shown()}
    | {("plan.py", head) for head in Design(*[None] * len(fields(Design))).cells()}
)


def test_the_painters_heads_are_seen():
    seen = {key(word) for _, word in PRINTED}
    assert {"majority vote", "headroom", "problem", "half-width, points", "reward"} <= seen
    assert "k*: base tries worth one trained try" in seen
    assert len(seen) > 80


def test_every_printed_name_has_an_entry():
    missing = sorted({(name, word) for name, word in PRINTED if not is_explained(word)})
    assert missing == []


# ------------------------------------------------------------------------------------ the page


def test_entries_are_in_order_and_say_something():
    assert len(set(RAW)) == len(RAW)
    first = [re.sub("[^a-z0-9 ]", "", term.lower()).strip() for term in FIRST.findall(PAGE)]
    assert first == sorted(first)
    said = re.findall(r"^:   (.+(?:\n    .+)*)", PAGE, re.MULTILINE)
    assert len(said) > 100
    assert all(len(one.split()) > 1 for one in said)


def test_the_bands_have_their_titles():
    assert set(text.BANDS) == set(bands.BANDS)
