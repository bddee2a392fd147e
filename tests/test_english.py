"""Plain English: phrases that stumble are named with file, line and what to write instead.

Read are string literals, docstrings and comments of the source, its templates, the pages of the
docs, and the generated help of every command. Exempt by rule: code in backquotes and fences,
doctests, patterns (raw strings), Jinja's tags, URLs, quotations in a page, names of flags and
names in capitals.

One word for one thing, in texts for people:

=====================  ==========================================================================
sample                 a completion that was drawn ("n samples per problem"); code keeps ``draw``
tries                  the k of a sentence ("within 20 tries"); attempts on the axis of a chart
problem                what is asked; a question is its text; never a task
reference              the answer a problem comes with; ground-truth reference where it is defined
held-out               problems not used in training
verifier, to mark      what says correct or incorrect, and its doing so; re-score: once more
base, trained policy   the two roles; a checkpoint is a policy at a step
cut off                ended by max_tokens ("cut by max_tokens")
per                    "per problem", not "a problem"
confidence interval, equivalence margin, false discovery rate, odds: as in statistics
=====================  ==========================================================================
"""

import ast
import io
import re
import tokenize
from pathlib import Path
from typing import NamedTuple

import pytest
from cli.catalogue import commands
from typer.testing import CliRunner

import passgap
from passgap.cli import app

SOURCE = Path(passgap.__file__).parent
ROOT = Path(__file__).parents[1]
PAGES = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
TEMPLATES = sorted(SOURCE.rglob("*.j2"))
UNIT = r"(?:samples?|draws?|completions?|tokens|tries|rows?|lines?|numbers?|values?|entry|one)"
WHOLE = r"(?:problem|question|completion|draw|sample|row|column|step|seed|token|template|run|cell)"
BANNED = {
    r"\b(?:its|their) kin\b": "and similar methods (measures, files)",
    r"\banew\b|\bafresh\b": "again; re-score, refit, rerun",
    r"\bmend(?:s|ed|ing)?\b": "fix",
    r"\bsurely\b": "significantly, or: is shown to be",
    r"\d %(?!\w)": "95%, without a space",
    r"\btorn\b": "incomplete, corrupt",
    r"\bdrawn again\b": "resampled, sampled again",
    r"\bwhom\b": "another sentence",
    r"\bhad from\b": "loaded from, comes from",
    r"\bhad back\b": "recovered",
    r"\bto be had\b|\bcannot be had\b": "available, not available",
    r"\bonce ahead\b": "stays level or ahead",
    r"\b(?:is|are|was|were|be|been) told(?: apart)?\b": "is printed, reported, distinguished",
    r"\bat hand\b": "available, known, current",
    r"\bforet(?:ell|ells|old)\b": "predict",
    r"\bhangs? on\b": "depends on",
    r"\bhangs? together\b": "is related",
    r"\bheld against\b": "compared with",
    r"\bthese very\b|\bthis very\b": "exactly these, this same",
    r"\b(?:no|some)body\b": "the passive, or: someone, no one",
    r"\bthat is no\b|\bwhich is no\b": "that is not a",
    r"\bof (?:one's|somebody's) own\b": "your own, custom",
    rf"\b{UNIT} a {WHOLE}\b": "per problem, per row",
    r"\bnow and then\b": "occasionally",
    r"\bfor want of\b": "for lack of",
    r"\brightly\b": "correctly",
    r"\bwithout a word\b": "silently",
    r"\bgoes? by the\b|\bgone by\b": "uses",
    r"\btakes? for right\b": "accepts",
    r"(?<![\w@.,/=+-])(?<!>= )1 (?:problem|sample|run|file|completion|seed)s\b": "1 problem",
}
TO_PEOPLE = {  # in messages of errors and in help
    r"\bdraws\b|\ba draw\b": "samples",
    r"\bgolds?\b": "reference",
    r"\bblocks?\b": "batch",
    r"\bdecision \d+": "the reason itself, or nothing",
}
CODE = re.compile(
    r"``.+?``|`[^`\n]+`|https?://\S+|(?<!\w)--?[a-z][\w-]*|\b[A-Z_]{3,}\b|\{[%#].+?[%#]\}", re.S
)


STRINGS = {tokenize.STRING, getattr(tokenize, "FSTRING_START", tokenize.STRING)}  # 3.12 splits f""


class Prose(NamedTuple):
    """A text that people read, and where its first line stands."""

    place: str
    line: int
    text: str


def _offences(texts, banned):
    """``place:line: "phrase": write ...`` for every banned phrase; code within a text aside."""
    for place, line, text in texts:
        prose = CODE.sub(lambda code: re.sub(r"[^\n]", "\0", code[0]), text)
        for phrase, instead in banned.items():
            for found in re.finditer(phrase, prose, re.IGNORECASE):
                at = line + prose.count("\n", 0, found.start())
                yield f'{place}:{at}: "{found[0]}": write {instead}'


def _source():
    """Strings, docstrings and comments of the source."""
    for path in sorted(SOURCE.rglob("*.py")):
        source = path.read_text()
        place = str(path.relative_to(SOURCE.parent))
        raw = set()  # lines with patterns
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                yield Prose(place, token.start[0], token.string)
            elif token.type in STRINGS and re.match(r'(?i)f?rf?["\'](?!"")', token.string):
                raw.add(token.start[0])
        for node in ast.walk(ast.parse(source)):
            text = node.value if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and " " in text.strip() and node.lineno not in raw:
                yield Prose(place, node.lineno, _without_doctests(text))


def _without_doctests(text):
    """The text with its examples and what they print blanked out."""
    return re.sub(r"^ *>>>.*(?:\n(?! *$).*)*", lambda m: "\n" * m[0].count("\n"), text, flags=re.M)


def _pages():
    """The pages without code, quotations, comments and what a link points to."""
    kept_out = re.compile(
        r"^( *)(`{3,}|~{3,}).*?^\1\2[`~]* *$|<!--.*?-->|^ *>.*?$|\]\([^)\s]*\)|\"[^\"\n]{1,200}\"",
        re.M | re.S,
    )
    for path in PAGES:
        text = kept_out.sub(lambda out: re.sub(r"[^\n]", " ", out[0]), path.read_text())
        yield Prose(str(path.relative_to(ROOT)), 1, text)


def _templates():
    for path in TEMPLATES:
        yield Prose(str(path.relative_to(SOURCE.parent)), 1, path.read_text())


def _help():
    """What ``--help-all`` prints for every command."""
    for name, _ in commands():
        shown = CliRunner().invoke(app, [*name.split(), "--help-all"])
        assert shown.exit_code == 0, name
        yield Prose(f"passgap {name} --help-all", 1, shown.stdout)


def _messages():
    """What is raised on purpose, as it stands in the source."""
    for path in sorted(SOURCE.rglob("*.py")):
        for raised in ast.walk(ast.parse(path.read_text())):
            if isinstance(raised, ast.Raise) and isinstance(raised.exc, ast.Call):
                for node in ast.walk(raised.exc):
                    if isinstance(node, ast.Constant) and isinstance(node.value, str):
                        place = str(path.relative_to(SOURCE.parent))
                        yield Prose(place, node.lineno, node.value)


@pytest.mark.parametrize(
    ("texts", "banned"),
    [
        pytest.param(_source, BANNED, id="source"),
        pytest.param(_templates, BANNED, id="templates"),
        pytest.param(_pages, BANNED, id="pages"),
        pytest.param(_help, BANNED | TO_PEOPLE, id="help"),
        pytest.param(_messages, TO_PEOPLE, id="messages"),
    ],
)
def test_no_banned_phrase(texts, banned):
    found = list(_offences(texts(), banned))
    assert not found, "\n" + "\n".join(sorted(set(found)))


@pytest.mark.parametrize("phrase", ["whom it was had from", "95 % of them", "one row a problem"])
def test_a_banned_phrase_is_found(phrase):
    first, *_ = _offences([Prose("here", 1, f"first line\n{phrase}")], BANNED)
    assert first.startswith("here:2: ")


def test_code_is_exempt():
    text = "As `torn` in ``Run(whom)``, https://anew.example/x or --at-hand says.\n"
    assert not list(_offences([Prose("here", 1, text)], BANNED))
    assert not _without_doctests(">>> surely()\n95 %\n").strip()
