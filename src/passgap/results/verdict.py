"""The verdict: one decision with its reasons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from passgap.display import Displayed


@dataclass(frozen=True)
class Verdict(Displayed):
    """One decision with its reasons; ``needs`` says what an open one would take."""

    label: str
    reasons: tuple[str, ...]
    needs: str = ""
    at_small_k: str = ""
    at_large_k: str = ""

    def to_dict(self) -> dict[str, Any]:
        data = {"label": self.label, "reasons": list(self.reasons), "needs": self.needs or None}
        if self.at_small_k:
            data |= {"at_small_k": self.at_small_k, "at_large_k": self.at_large_k}
        return data
