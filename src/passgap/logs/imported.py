"""What came of an import: the run, and what its reader should know, as a table or as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from passgap.runs import Run


@dataclass(frozen=True)
class Imported:
    """What came of an import.

    ``label`` is the source's marks, by which ``correct`` of the draws are right, empty where it
    marked nothing; ``least`` is the fewest scored draws of any problem; ``unknown`` are the
    settings that nobody said; ``anew`` says that a verifier can mark the draws again.
    """

    run: Run
    format: str
    files: int
    draws: int
    correct: int
    least: int
    label: str
    unknown: tuple[str, ...]
    left_out: Mapping[str, int]
    examples: Mapping[str, Sequence[str]]
    notes: tuple[str, ...]
    anew: bool = True

    @property
    def place(self) -> str:
        """The run folder."""
        return str(self.run.place)

    @property
    def marked(self) -> bool:
        """Whether the source marked the draws."""
        return bool(self.label)

    def to_dict(self) -> dict[str, Any]:
        """By JSON names."""
        return {
            "schema": "passgap.import/1",
            "run": str(self.run.place),
            "format": self.format,
            "files": self.files,
            "problems": len(self.run.problem_ids),
            "draws": self.draws,
            "correct": self.correct if self.marked else None,
            "label": self.label or None,
            "settings_unknown": list(self.unknown),
            "left_out": [
                {"reason": why, "count": count, "examples": list(self.examples.get(why, ()))}
                for why, count in self.left_out.items()
            ],
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        n = sorted(set(self.run.draws().values()))
        each = f"{n[0]}" if len(n) == 1 else f"{n[0]} to {n[-1]}"
        lines = [
            f"{self.run.place}: {self.draws:,} draws of {len(self.run.problem_ids)} problems, "
            f"n = {each}, from {self.files} file{'s' if self.files > 1 else ''} of {self.format}",
            f"  marked by {self.label}: {self.correct:,} correct"
            if self.label
            else "  not marked by the source",
        ]
        for why, count in self.left_out.items():
            some = ", ".join(repr(example) for example in self.examples.get(why, ()))
            lines.append(f"  left out: {count:,} {why}{f' ({some})' if some else ''}")
        lines += [f"  note: {note}" for note in self.notes]
        if self.unknown:
            lines.append(f"  unknown settings: {', '.join(self.unknown)}")
        return "\n".join(lines)
