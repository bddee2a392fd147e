"""What a page is made of: typed results, and rows of what the runs hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

from passgap.data.images import Image
from passgap.data.journals import HeldOutRow, TrainingRow
from passgap.results.audit import Audit
from passgap.results.comparison import Comparison
from passgap.results.findings import Checks
from passgap.results.probe import Probe, TiltedCurve
from passgap.results.reach import Reach
from passgap.results.seeds import SeedsComparison
from passgap.results.slices import Slices
from passgap.results.sweep import Sweep
from passgap.results.unpaired import UnpairedComparison
from passgap.results.watching import Watching
from passgap.show.text import ABSENT, between, percent

Several = Sweep | SeedsComparison | UnpairedComparison | Slices


@dataclass(frozen=True)
class Arm:
    """One policy's samples of a problem, scored and correct; ends of the share's interval."""

    n: int
    c: int
    unscored: int = 0
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class ProblemRow:
    """One problem and what each policy made of it; None for a policy that was not asked it."""

    problem_id: str
    base: Arm | None
    trained: Arm | None = None
    question: str = ""
    reference: str = ""
    images: tuple[Image, ...] = ()

    @property
    def change(self) -> str:
        """``lost``, ``gained``, ``both``, ``neither`` or ``unscored``: who had a correct sample."""
        base, trained = share_of(self.base), share_of(self.trained)
        if base is None or trained is None:
            return "unscored"
        if base > 0:
            return "both" if trained > 0 else "lost"
        return "gained" if trained > 0 else "neither"

    @property
    def moved(self) -> float | None:
        """The trained policy's share minus the base's."""
        base, trained = share_of(self.base), share_of(self.trained)
        return None if base is None or trained is None else trained - base


def share_of(arm: Arm | None) -> float | None:
    """An arm's share of correct samples; None where nothing was scored."""
    return arm.c / arm.n if arm and arm.n else None


def share_in_words(arm: Arm | None) -> str:
    """``12 of 64, 18.8% (10.1 to 30.5%)``."""
    if arm is None or not arm.n:
        return "not scored"
    ends = between(arm.low, arm.high)
    sure = "" if ends == ABSENT else f" ({ends})"
    return f"{arm.c} of {arm.n}, {percent(arm.c / arm.n)}{sure}"


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
    """How many completions there are per run, and where."""

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

    ``several`` is a sweep, training seeds or runs that are not paired, in place of a comparison, or
    benchmarks, with the comparison over all their problems;
    ``fitted`` the base's curve after the tilt that fits both runs. ``significant`` holds the ids of
    the problems that became significantly ``better`` and ``worse``, ``benchmarks`` those of each.
    ``stored``, ``audits`` and
    ``runs`` are by role. The first ``completions`` are embedded first. ``checks`` are of the runs
    as a pair, or of each separately; ``command`` is what made the page.
    """

    title: str
    probe: Probe | None = None
    comparison: Comparison | None = None
    several: Several | None = None
    training: Sequence[TrainingRow] = ()
    held_out: Sequence[HeldOutRow] = ()
    watching: Watching | None = None
    fitted: TiltedCurve | None = None
    problems: Sequence[ProblemRow] = ()
    significant: Mapping[str, Set[str]] = field(default_factory=dict)
    benchmarks: Mapping[str, Set[str]] = field(default_factory=dict)
    completions: Sequence[CompletionRow] = ()
    stored: Mapping[str, Stored] = field(default_factory=dict)
    audits: Mapping[str, Audit] = field(default_factory=dict)
    runs: Mapping[str, RunAbout] = field(default_factory=dict)
    reach: Reach | None = None
    checks: Sequence[Checks] = ()
    notes: Sequence[str] = ()
    command: str = ""
