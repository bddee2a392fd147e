"""What came of an import: the run, and what its reader should know, as a table or as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from passgap.logs.base import LeftOut
from passgap.results.codec import HIDDEN, OR_NULL, SHOWN, Encoded, Named
from passgap.runs import Run


@dataclass(frozen=True)
class Imported(Encoded):
    """What came of an import.

    ``label`` is the source's marks, by which ``correct`` of the draws are right, empty where it
    marked nothing; ``least`` is the fewest scored draws of any problem; ``unknown`` are the
    settings that nobody said; ``anew`` says that a verifier can mark the draws again.
    """

    schema: ClassVar[str] = "passgap.import/1"

    run: Annotated[Run, HIDDEN]
    format: str
    files: int
    draws: int
    correct: int | None
    least: Annotated[int, HIDDEN]
    label: Annotated[str, OR_NULL]
    unknown: Annotated[tuple[str, ...], Named("settings_unknown")]
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]
    anew: Annotated[bool, HIDDEN] = True

    @property
    def place(self) -> Annotated[str, Named("run")]:
        """The run folder."""
        return str(self.run.place)

    @property
    def problems(self) -> Annotated[int, SHOWN]:
        """How many the run holds."""
        return len(self.run.problem_ids)

    @property
    def marked(self) -> bool:
        """Whether the source marked the draws."""
        return bool(self.label)

    def __str__(self) -> str:
        n = sorted(set(self.run.draws().values()))
        each = f"{n[0]}" if len(n) == 1 else f"{n[0]} to {n[-1]}"
        lines = [
            f"{self.run.place}: {self.draws:,} draws of {self.problems} problems, "
            f"n = {each}, from {self.files} file{'s' if self.files > 1 else ''} of {self.format}",
            f"  marked by {self.label}: {self.correct:,} correct"
            if self.label
            else "  not marked by the source",
        ]
        for one in self.left_out:
            some = ", ".join(map(repr, one.examples))
            lines.append(f"  left out: {one}{f' ({some})' if some else ''}")
        lines += [f"  note: {note}" for note in self.notes]
        if self.unknown:
            lines.append(f"  unknown settings: {', '.join(self.unknown)}")
        return "\n".join(lines)
