"""Text that is safe to show: untrusted strings made visible, JSON, and counted nouns.

Every string from a model, a data file or a folder's name passes here before it is printed.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
KEYS = re.compile(
    r"(?<=://)[^/\s@'\"]+(?=@)"
    r"|(?<![^\s?&'\"])(?P<name>[\w.-]*(?:token|key|secret|signature|password)=)[^&\s'\"]+",
    re.IGNORECASE,
)
HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def visible(text: object) -> str:
    r"""Replace every character that steers instead of showing: controls, bidi marks, zero widths.

    Each becomes its code point, ``‹U+001B›`` for escape; line feeds and tabs stay. The result is
    safe for a terminal; HTML needs escaping on top.

    Examples
    --------
    >>> visible("a\x1b[31mb\u202ec")
    'a‹U+001B›[31mb‹U+202E›c'
    """
    said = str(text).replace("\r\n", "\n")
    if said.isprintable() or not any(map(_steers, set(said))):
        return said
    return "".join(map(_shown, said))


def shareable(text: str) -> str:
    """Text for a file that others may get: the home folder is ``~``, a key in an address
    ``[key]``.

    Examples
    --------
    >>> shareable("s3://me:sesame@host/x?api_key=sesame&api_key_env=KEY")
    's3://[key]@host/x?api_key=[key]&api_key_env=KEY'
    """
    home = str(Path.home()).rstrip("/")
    short = re.sub(rf"(?<![\w.~/-]){re.escape(home)}(?=/|$|[\s'\"])", "~", text) if home else text
    return KEYS.sub(lambda found: f"{found['name'] or ''}[key]", short)


def at_home(path: str) -> Path:
    """The inverse for a path: ``~/models/base`` in this user's home folder."""
    return Path.home() / path[2:] if path.startswith("~/") else Path(path)


def _shown(char: str) -> str:
    return f"‹U+{ord(char):04X}›" if _steers(char) else char


def json_text(value: Json, indent: int | None = 2) -> str:
    r"""Readable JSON in which every steering character is a ``\u`` escape.

    It means the same as without the escapes; a lone surrogate, which no file can hold, is escaped
    too.

    Examples
    --------
    >>> print(json_text({"π": "a\x9b31m"}, indent=None))
    {"π": "a\u009b31m"}
    """
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    return "".join(_escaped(char) if _steers(char) else char for char in text)


def _escaped(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))


def _steers(char: str) -> bool:
    return char not in "\n\t" and unicodedata.category(char) in HIDDEN


def factor(value: float) -> str:
    """A factor with three digits, its thousands apart: 5.86, 32, 2,210."""
    return f"{float(f'{value:.3g}'):,g}" if value < 1e6 else f"{value:.3g}"


def plural(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun, in the singular or the plural; ``many`` is ``one`` with an s.

    Examples
    --------
    >>> plural(1, "problem"), plural(2000, "problem"), plural(1, "sample is", "samples are")
    ('1 problem', '2,000 problems', '1 sample is')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"
