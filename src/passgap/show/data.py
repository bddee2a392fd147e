"""What a page is made of: typed results, and rows of what the runs hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from passgap.data.journals import HeldOutRow, TrainingRow
from passgap.results.audit import Audit
from passgap.results.comparison import Comparison
from passgap.results.findings import Checks
from passgap.results.probe import Forecast, Probe
from passgap.results.reach import Reach
from passgap.results.seeds import SeedsComparison
from passgap.results.sweep import Sweep
from passgap.results.watching import Watching

Role = Literal["base", "trained"]


@dataclass(frozen=True)
class Arm:
    """One policy's samples of a problem, scored and correct; ends of the share's interval."""

    n: int
    c: int
    unscored: int = 0
    low: float | None = None
    high: float | None = None

    @property
    def share(self) -> float | None:
        """The share that is correct; None where nothing was scored."""
        return self.c / self.n if self.n else None


@dataclass(frozen=True)
class ProblemRow:
    """One problem and what each policy made of it; None for a policy that was not asked it."""

    problem_id: str
    base: Arm | None
    trained: Arm | None = None
    question: str = ""
    reference: str = ""


@dataclass(frozen=True)
class CompletionRow:
    """One completion to embed: hostile text, shown and never run."""

    problem_id: str
    role: str
    text: str
    status: str | None = None
    draw: int | None = None
    extracted: str | None = None
    reason: str = ""


@dataclass(frozen=True)
class Stored:
    """How many completions a run holds, and where."""

    completions: int
    place: str


@dataclass(frozen=True)
class RunAbout:
    """What a run's manifest says, for readers elsewhere: settings by dotted name, and commands."""

    policy: str
    problem_set: str
    temperature: float | None
    settings: Mapping[str, str]
    commands: Sequence[str] = ()


@dataclass(frozen=True)
class PageData:
    """Everything a page can show; whatever is empty is left out of it.

    Parameters
    ----------
    title
        Heading of the page.
    probe, comparison
        What the base, and the pair, were judged to be.
    several
        A sweep or training seeds, in place of a comparison.
    training, held_out
        What the steps of the training logged, and pass@k on held-out problems meanwhile.
    watching
        What the reward calls of the training saw.
    fitted
        What the tilt fitted to both runs makes of the base's curve.
    problems
        One row per problem.
    completions
        The ones to embed first come first.
    stored, audits, runs
        By role: what the run holds, what a person's marks say of it, what its manifest says.
    reach
        Where the runs have been scored under each other.
    checks
        Of the runs as a pair, or of each by itself.
    notes
        Whatever else a reader has to know.
    command
        The exact command that made the page.
    """

    title: str
    probe: Probe | None = None
    comparison: Comparison | None = None
    several: Sweep | SeedsComparison | None = None
    training: Sequence[TrainingRow] = ()
    held_out: Sequence[HeldOutRow] = ()
    watching: Watching | None = None
    fitted: Forecast | None = None
    problems: Sequence[ProblemRow] = ()
    completions: Sequence[CompletionRow] = ()
    stored: Mapping[str, Stored] = field(default_factory=dict)
    audits: Mapping[str, Audit] = field(default_factory=dict)
    runs: Mapping[str, RunAbout] = field(default_factory=dict)
    reach: Reach | None = None
    checks: Sequence[Checks] = ()
    notes: Sequence[str] = ()
    command: str = ""
