"""Which verifier fits references that name none. In: references. Out: the name of a verifier."""

from __future__ import annotations

import re
from collections.abc import Sequence

SHARE = 0.9  # of the references that have to be of a kind
_LETTER = re.compile(r"\(?[A-J]\)?\.?")
_MATHEMATICS = re.compile(r"[0-9\\=^]|^[a-zA-Z]$|pi\b|sqrt")


def fitting(references: Sequence[str]) -> str:
    """``choice`` for letters of options, ``exact`` for words such as Yes and No, else ``math``."""
    known = [one.strip() for one in references if one.strip()]
    if not known:
        return "math"
    letters = sum(bool(_LETTER.fullmatch(one)) for one in known) / len(known)
    if letters >= SHARE:
        return "choice"
    words = sum(not _MATHEMATICS.search(one) for one in known) / len(known)
    return "exact" if words >= SHARE else "math"
