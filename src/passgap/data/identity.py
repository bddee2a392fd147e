"""What a thing is, in sixteen hex digits: a JSON-like value in, its digest out."""

from __future__ import annotations

import hashlib
import json


def digest(value: object) -> str:
    """Sixteen hex digits of the SHA-256 of ``value`` as canonical JSON."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
