r"""One spelling for an answer: formatting is removed, meaning is kept.

In: an answer as LaTeX, plain text or Unicode. Out: the same answer in plain LaTeX: ``×`` as ``*``,
``½`` and ``\dfrac12`` as ``\frac``, ``\left(`` as ``(``, thousands without their separators, words
in ``\text{}``. No mathematics is done. Time is linear in the text.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from passgap.verifiers.answers.vocabulary import FUNCTIONS, GREEK, LOWER_GREEK

SIGNS = {
    "−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "×": "*", "·": "*", "⋅": "*", "∙": "*",
    "÷": "/", "∕": "/", "⁄": "/", "≤": "\\le ", "⩽": "\\le ", "≥": "\\ge ", "⩾": "\\ge ",
    "≠": "\\ne ", "≈": "\\approx ", "∞": "\\infty ", "π": "\\pi ", "∪": "\\cup ", "∩": "\\cap ",
    "∈": "\\in ", "∅": "\\emptyset ", "⌀": "\\emptyset ", "±": "\\pm ", "∓": "\\mp ", "º": "°",
    "˚": "°", "ℝ": "\\mathbb{R}", "ℤ": "\\mathbb{Z}", "ℕ": "\\mathbb{N}", "ℚ": "\\mathbb{Q}",
    "∶": ":", "⟨": "\\langle ", "⟩": "\\rangle ", "…": "...", "，": ",", "、": ", ", "。": ".",
    "；": ";", "：": ":", "∖": "\\setminus ", "→": "\\to ", "“": '"', "”": '"', "’": "'", "‘": "'",
    "ⅈ": "i", "ⅇ": "e", "µ": "μ", "⌊": "\\lfloor ",
    "⌋": "\\rfloor ", "⌈": "\\lceil ", "⌉": "\\rceil ", "∣": "|", "．": ".",
}  # fmt: skip
SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿⁱ", "0123456789+-ni", strict=True))
SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True))
LETTERS = {chr(0x3B1 + at): name for at, name in enumerate(LOWER_GREEK)} | {
    "Δ": "Delta", "Σ": "Sigma", "Ω": "Omega", "Φ": "Phi", "Γ": "Gamma", "Θ": "Theta",
    "Λ": "Lambda", "Π": "Pi", "Ψ": "Psi", "ϕ": "phi", "ϵ": "epsilon",
}  # fmt: skip
LETTERS.pop("π")

HIDDEN = re.compile(
    r"[\u200b-\u200f\u2060-\u2064\ufeff\u00ad\u202a-\u202e\ufe0f\u2500-\u27bf\U0001f000-\U0001faff∎]"
)
RAISED = re.compile(f"[{''.join(SUPERSCRIPTS)}]+")
LOWERED = re.compile(f"[{''.join(SUBSCRIPTS)}]+")
ROOT = re.compile(r"(√|∛|∜)\s*(\d+(?:\.\d+)?|[A-Za-z])?")
FRACTION_SIGN = re.compile(r"[¼-¾⅐-⅞]")
MATH_SIGNS = re.compile(r"\\\(|\\\)|\\\[|\\\]|(?<!\\)\$\$?")
FONTS = (
    r"text|textbf|textit|textrm|texttt|textsf|textnormal|emph|mbox|hbox|mathrm|mathbf|mathit|mathsf"
    r"|mathtt|mathnormal|operatorname\*?|boldsymbol|bm|pmb|bold|underline|fbox|boxed|ensuremath"
    r"|textcolor\{\w+\}|color\{\w+\}|mathord|mathstrut|smash|phantom|vphantom|hphantom"
)
FONT = re.compile(rf"\\({FONTS})\s*\{{((?:[^{{}}]|\{{[^{{}}]*\}})*)\}}")
POWER_IN_WORDS = re.compile(r"\^\{(-?\d+)\}")
FONT_SWITCH = re.compile(
    r"\\(?:rm|bf|it|sf|tt|cal|displaystyle|textstyle|scriptstyle|limits|tiny|small|normalsize|large"
    r"|Large|LARGE|huge|Huge)(?![a-zA-Z])\s?"
)
TAG = re.compile(r"\\(?:tag|label|hspace|vspace|color)\*?\s*\{[^{}]*\}")
SIZES = re.compile(r"\\(?:left|right|middle|[bB]igg?[lrm]?)(?![a-zA-Z])\s?\.?")
THOUSANDS = re.compile(r"(?<=\d)(?:\{,\}|,\\!|\\[,!; ]|~|[\u2009\u202f\u00a0])(?=\d{3}(?!\d))")
SPACES = re.compile(r"(?<!\\)\\[,;:!> ]|\\q?quad(?![a-zA-Z])|~|\\(?:thinspace|enspace|space)\b|\s+")
UNIT_WORDS = r"\\\x1e?text\{[^{}]*\}[^{}]{0,4}"
SAME = (
    (re.compile(r"\\[dtc]frac(?![a-zA-Z])"), r"\\frac"),
    (re.compile(r"\\[dt]binom(?![a-zA-Z])"), r"\\binom"),
    (re.compile(r"\\(?:leqslant|leqq|leq)(?![a-zA-Z])"), r"\\le "),
    (re.compile(r"\\(?:geqslant|geqq|geq)(?![a-zA-Z])"), r"\\ge "),
    (re.compile(r"\\neq(?![a-zA-Z])|\\not\s*="), r"\\ne "),
    (re.compile(r"\\lt(?![a-zA-Z])"), "<"),
    (re.compile(r"\\gt(?![a-zA-Z])"), ">"),
    (re.compile(r"\\(?:times|cdot|ast|bullet)(?![a-zA-Z])"), "*"),
    (re.compile(r"\\div(?![a-zA-Z])"), "/"),
    (re.compile(r"\\(?:colon|ratio)(?![a-zA-Z])|\{:\}"), ":"),
    (re.compile(r"\\lbrace(?![a-zA-Z])"), r"\\{"),
    (re.compile(r"\\rbrace(?![a-zA-Z])"), r"\\}"),
    (re.compile(r"\\(?:lvert|rvert|vert|mid)(?![a-zA-Z])"), "|"),
    (re.compile(r"\\(?:varnothing|O)(?![a-zA-Z])"), r"\\emptyset "),
    (re.compile(r"\\(?:Reals?|R)(?![a-zA-Z])|\\mathbb\s*R|\\mathbf\{R\}"), r"\\mathbb{R}"),
    (re.compile(r"\\(?:land|wedge)(?![a-zA-Z])|\\&"), " and "),
    (re.compile(r"\\(?:lor|vee)(?![a-zA-Z])"), " or "),
    (re.compile(r"\^\s*(?:\{\s*\\circ\s*\}|\\circ(?![a-zA-Z]))|\\degrees?(?![a-zA-Z])|\^°"), "°"),
    (re.compile(r"°\s*\\\x1e?text\{\s*([CF])\s*\}"), r"°\1"),
    (re.compile(r"(?<=\d)\s*[xX]\s*(?=10\s*(?:\^|\*\*))"), "*"),
    (re.compile(r"\\(?:blacksquare|square|Box|qed|checkmark)(?![a-zA-Z])"), " "),
    (re.compile(r"\*\*"), "^"),
    (re.compile(r"\\(bar|dot|overline)\s+(\d)"), r"\\\1{\2}"),
    (re.compile(r"\\(?:percent|%)"), "%"),
    (re.compile(r"\\(?:ldots|dots|cdots|dotsc)(?![a-zA-Z])"), "..."),
    (re.compile(r"\\(?:overrightarrow|vec|overset\{\\to\})(?![a-zA-Z])"), r"\\vec"),
    (re.compile(r"\\infin(?![a-zA-Z])|\binfinity\b"), r"\\infty "),
    (re.compile(r"\\(?:simeq|sim|cong)(?![a-zA-Z])"), r"\\approx "),
    (re.compile(r"\\pounds(?![a-zA-Z])"), "£"),
    (re.compile(r"\\euro?(?![a-zA-Z])"), "€"),
    (re.compile(r"\\yen(?![a-zA-Z])"), "¥"),
    (re.compile(r"\{([^{}]*)\\choose\s*([^{}]*)\}"), r"\\binom{\1}{\2}"),
    (re.compile(r"\\frac\s*(\d)\s*(?=[\da-zA-Z{\\])"), r"\\frac{\1}"),
    (re.compile(r"(\\frac\s*\{[^{}]*\})\s*([\da-zA-Z])"), r"\1{\2}"),
    (re.compile(rf"\\frac\{{({UNIT_WORDS})\}}\{{({UNIT_WORDS})\}}"), r"\1/\2"),
    (re.compile(r"\\implies(?![a-zA-Z])|\\Rightarrow(?![a-zA-Z])"), r"\\to "),
)  # fmt: skip
PLAIN_FUNCTION = re.compile(
    rf"(?<![A-Za-z\\{{])({'|'.join(FUNCTIONS)}|pi|{'|'.join(g for g in GREEK if len(g) > 3)})"
    r"(?![A-Za-z}])"
)
CONNECTOR = re.compile(r"\s*,?\s*(and|or|und|oder|et|ou|y|o)\s*", re.IGNORECASE)
AFTER_COMMAND = re.compile(r"(?<=[}A-Za-z])\s+(?=\{)")
COMMA = re.compile(r"\s*,\s+")
PLAIN_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
ENDING = re.compile(r"(?<![\s.,;:])(?:\s*(?!\.{3}$)[.,;:])+$|\s+$|\\\\$")
LONGEST = 2_000


@lru_cache(maxsize=100_000)
def spelled(answer: str) -> str:
    r"""The answer in one spelling.

    >>> spelled(r"$\left( 3, \dfrac{\pi}{2} \right)$")
    '(3,\\frac{\\pi}{2})'
    >>> spelled("1{,}234 km²")
    '1234 km^2'
    """
    text = answer.strip()
    if text.endswith("\\") and not text.endswith("\\\\"):  # what is left of a space at the end
        text = text[:-1].rstrip()
    if PLAIN_NUMBER.fullmatch(text):
        return text
    text = _plain_latex(_ascii(text[:LONGEST]))
    text = _spaced(text)
    while (shorter := ENDING.sub("", text)) != text:
        text = shorter
    return text


def squeezed(text: str) -> str:
    """Without spaces that separate nothing: ``2 1/2`` keeps its space."""
    return NEEDLESS.sub("", text)


NEEDLESS = re.compile(r"(?<!\d)\s+|\s+(?!\d)")


def _ascii(text: str) -> str:
    """Unicode signs as LaTeX or ASCII."""
    if text.isascii():
        return text
    text = HIDDEN.sub("", text)
    text = FRACTION_SIGN.sub(_fraction, text)
    text = RAISED.sub(_raised, text)
    text = LOWERED.sub(lambda m: f"_{{{''.join(map(SUBSCRIPTS.__getitem__, m.group()))}}}", text)
    text = ROOT.sub(_root, text)
    return "".join(map(_one, text))


def _raised(match: re.Match[str]) -> str:
    digits = "".join(map(SUPERSCRIPTS.__getitem__, match.group()))
    return f"^{digits}" if len(digits) == 1 else f"^{{{digits}}}"


def _one(char: str) -> str:
    if char.isascii():
        return char
    if char in SIGNS:
        return SIGNS[char]
    if char in LETTERS:
        return f"\\{LETTERS[char]} "
    return unicodedata.normalize("NFKC", char)


def _fraction(match: re.Match[str]) -> str:
    over, _, under = unicodedata.normalize("NFKC", match.group()).partition("⁄")
    return f"\\frac{{{over}}}{{{under}}}"


def _root(match: re.Match[str]) -> str:
    command = {"√": "\\sqrt", "∛": "\\sqrt[3]", "∜": "\\sqrt[4]"}[match.group(1)]
    return command + (f"{{{match.group(2)}}}" if match.group(2) else "")


def _plain_latex(text: str) -> str:
    text = text.replace("\\$", "\x1f")
    text = _without_math_signs(text).replace("\x1f", "\\$")
    if "\\" in text or "{" in text or "~" in text or "\xa0" in text:
        text = TAG.sub(" ", text)
        text = SIZES.sub("", text)
        text = THOUSANDS.sub("", text)
        text = FONT_SWITCH.sub("", text)
        for _ in range(3):
            text, changed = FONT.subn(_font, text)
            if not changed:
                break
        text = text.replace("{,}", ",")
    if not text.isalnum():
        for pattern, other in SAME:
            text = pattern.sub(other, text)
    return PLAIN_FUNCTION.sub(r"\\\1 ", text)


def _without_math_signs(text: str) -> str:
    """Without ``$``, ``\\(`` and similar marks; a dollar before an amount stays as currency."""
    if text.count("$") % 2 and re.match(r"\s*(?:US|AU|CA)?\$\s*[\d.]", text):
        head, _, rest = text.partition("$")
        return f"{head}\\${MATH_SIGNS.sub(' ', rest)}"
    return MATH_SIGNS.sub(" ", text)


UNITS_OF_ONE_LETTER = "mgsNVJLAWCKTFHhl"


def _font(match: re.Match[str]) -> str:
    """The content of a font command: words stay words, a letter or a number loses the font."""
    command, inside = match.group(1).rstrip("*"), match.group(2)
    content = inside.strip()
    if command.endswith("phantom") or not content:
        return " "
    if CONNECTOR.fullmatch(inside):
        return f" {content} "
    if content in FUNCTIONS:
        return f"\\{content} "
    if len(content) == 1 or not re.search(r"[A-Za-z]", content):
        as_unit = content in UNITS_OF_ONE_LETTER and command in ("text", "textrm", "mbox", "mathrm")
        return f"\\\x1etext{{{content}}}" if as_unit else inside
    if command in ("boxed", "fbox", "ensuremath", "underline") or re.search(r"\\[a-zA-Z]", content):
        return inside
    inside = POWER_IN_WORDS.sub(r"^\1", inside)
    if command.startswith("math") or command in ("boldsymbol", "bm"):
        inside = SPACES.sub(" ", inside)
    if "{" in inside:
        return inside
    return f"\\\x1etext{{{inside}}}"


def _spaced(text: str) -> str:
    """Spaces only where they separate something: words, numbers, the entries of a list."""
    text = SPACES.sub(" ", text.replace("\x1e", ""))
    text = AFTER_COMMAND.sub("", text)
    text = COMMA.sub(", ", text).strip()
    pieces, end = [], 0
    for match in re.finditer(" ", text):
        at = match.start()
        before, after = text[at - 1 : at], text[at + 1 : at + 2]
        pieces.append(text[end:at])
        keeps = after.isalnum() or after in "\\(€£¢°" or (after in "-+" and before.isalpha())
        command = after == "\\" and not text.startswith("\\text", at + 1)
        if not command and (before == "," or (_parts(before) and keeps)):
            pieces.append(" ")
        end = at + 1
    return "".join(pieces) + text[end:]


def _parts(char: str) -> bool:
    return char.isalnum() or char in "})%°.]'\""
