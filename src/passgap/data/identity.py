"""Identity in sixteen hex digits. In: a JSON-like value. Out: its digest."""

from __future__ import annotations

import hashlib
import json


def digest(value: object) -> str:
    """Sixteen hex digits of the SHA-256 of ``value`` as canonical JSON."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
