"""Problem families and small policies whose truth is known."""

from __future__ import annotations

from passgap.lab.folders import lab_policy_path
from passgap.lab.world import FAMILIES, lab_problems

__all__ = ["FAMILIES", "lab_policy_path", "lab_problems"]
