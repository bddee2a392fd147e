"""The page of a base's run, a pair, or several trained policies: its data in, a `Page` out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from passgap.results.codec import to_json
from passgap.results.comparison import ComparedWith
from passgap.results.probe import ProbedWith
from passgap.results.seeds import SeedsComparison
from passgap.results.slices import Slices
from passgap.results.sweep import Sweep
from passgap.results.unpaired import UnpairedComparison
from passgap.show import blocks as b
from passgap.show.contents import (
    audit,
    checks,
    comparison,
    curves,
    probe,
    reach,
    seeds,
    slices,
    sweep,
    trajectories,
    unpaired,
    watching,
)
from passgap.show.contents.alone import alone
from passgap.show.contents.methods import caveats, methods
from passgap.show.contents.parts import present
from passgap.show.contents.problems import histogram_picture, problem_by_problem, scatter_picture
from passgap.show.data import PageData
from passgap.show.text import ABSENT


def page(data: PageData) -> b.Page:
    """Everything that the data can fill, in the order of a reader's questions."""
    # The answer stands at the top. Below it the page follows the reader from before to after: was
    # there anything to gain, what happened in training, how large is the change, which problems,
    # could the base have done it. Doubts (checks, audits, notes) follow, then how it was made; what
    # makes the verdict worthless is not left to its place but said at the top (`grave`).
    result = data.comparison or data.probe
    pair = data.several if isinstance(data.several, UnpairedComparison) else data.comparison
    several: list[b.Section | None] = []
    if isinstance(data.several, SeedsComparison):
        several = [seeds.by_seed(data.several)]
    if isinstance(data.several, Sweep):
        several = [sweep.by_checkpoint(data.several), sweep.against_pass_at_1(data.several)]
    blocks = present(
        *_first_verdict(data),
        *several,
        *_moments(data),
        _problems(data),
        reach.section(data.reach),
        comparison.answered(pair) if pair else None,
        alone(result.sampling_alone) if result else None,
        checks.section(data.checks),
        *(audit.section(role, one) for role, one in data.audits.items()),
        b.Section("Notes", [b.Bullets(data.notes)]) if data.notes else None,
        _settings(data),
        _reading(data),
    )
    policies = [f"{role}: {run.policy}" for role, run in data.runs.items()]
    sets = {run.problem_set for run in data.runs.values()} - {""}
    subtitle = " · ".join([*policies, *sorted(sets)])
    return b.Page(data.title, subtitle, checks.grave(data.checks), blocks)


def _first_verdict(data: PageData) -> list[b.Block]:
    """The verdict that the page opens with, and its key figures."""
    if isinstance(data.several, Sweep):
        return [sweep.verdict(data.several)]
    if isinstance(data.several, Slices):
        grave = {name: "; ".join(checks.grave([one])) for one in data.checks for name in one.runs}
        return [slices.verdict(data.several), slices.by_slice(data.several, grave)]
    if isinstance(data.several, UnpairedComparison):
        return [unpaired.verdict(data.several), unpaired.figures(data.several)]
    if data.several:
        return [seeds.verdict(data.several), seeds.figures(data.several)]
    if data.comparison:
        return [comparison.verdict(data.comparison), comparison.figures(data.comparison)]
    if data.probe:
        return [probe.verdict(data.probe), probe.figures(data.probe)]
    return []


def _moments(data: PageData) -> list[b.Block]:
    """Before, during and after training; the curve of a base alone is what comes before."""
    before, during, solved = _before(data), watching.section(data), _solved_within(data)
    of_base = not data.comparison and not isinstance(
        data.several, SeedsComparison | UnpairedComparison
    )
    took = trajectories.section(data.probe.trajectories) if data.probe else None
    if data.comparison and data.comparison.trajectories:
        took = trajectories.compared(data.comparison.trajectories)
    ordered = (solved, took, before, during) if of_base else (before, during, solved, took)
    return present(*ordered)


def _solved_within(data: PageData) -> b.Section | None:
    luck = data.probe.luck.curve if data.probe and data.probe.luck else None
    if data.comparison:
        return comparison.solved_within(data.comparison, luck, data.fitted)
    if isinstance(data.several, SeedsComparison | UnpairedComparison):
        return curves.of_pair(data.several, luck)
    if data.probe:
        return curves.of_one(data.probe, present(histogram_picture(data.problems)))
    return None


def _problems(data: PageData) -> b.Section | None:
    """Which problems changed, or of a base alone which there are."""
    table = problem_by_problem(data)
    if not data.comparison:
        return b.Section("The problems", [table]) if table else None
    drawn = present(scatter_picture(data.problems), histogram_picture(data.problems))
    blocks = [*comparison.changes(data.comparison), *([b.Columns(drawn)] if drawn else [])]
    return b.Section("Which problems changed", [*blocks, *present(table)])


def _before(data: PageData) -> b.Section | None:
    """What training could gain; beside a later verdict the probe's own comes first."""
    if not data.probe:
        return None
    gains = probe.gains(data.probe)
    if not data.comparison and not data.several:
        return b.Section("What training could gain", gains)
    figures = b.Figures(probe.figures(data.probe).figures[:-1])  # the size is shown at the top
    first: list[b.Block] = [probe.verdict(data.probe), figures]
    return b.Section("Before training: was there something to gain?", [*first, *gains])


# --------------------------------------------------------------------------------- settings


def _settings(data: PageData) -> b.Section:
    """The commands, the settings of the analyses, and the runs' manifests side by side."""
    made = [line for run in data.runs.values() for line in run.commands]
    commands = [line for line in dict.fromkeys([*made, data.command]) if line]
    asked: dict[str, ProbedWith | ComparedWith] = {}
    if data.probe:
        asked["probe"] = data.probe.settings
    if compared := data.comparison or data.several:
        asked["compare"] = compared.settings
    analyses = _side_by_side({name: flat(to_json(one)) for name, one in asked.items()})
    runs = _side_by_side({role: run.settings for role, run in data.runs.items()})
    marked = [i for i, row in enumerate(runs.rows) if len(set(row[1:])) > 1]
    runs = replace(runs, marked=marked)
    differ = f" ({len(marked)} of the settings differ, in bold)" if marked else ""
    return b.Section(
        "Settings and versions",
        present(
            b.Text("The exact commands, in order", "quiet") if commands else None,
            b.Commands(commands) if commands else None,
            b.Folded("Analysis", [analyses], is_open=True) if asked else None,
            b.Folded(f"Runs{differ}", [runs]) if data.runs else None,
        ),
    )


def _side_by_side(columns: Mapping[str, Mapping[str, str]]) -> b.Table:
    """A row per setting, one column each."""
    keys = dict.fromkeys(key for column in columns.values() for key in column)
    rows = [[key, *(column.get(key, ABSENT) for column in columns.values())] for key in keys]
    return b.Table(("setting", *columns), rows, range(1 + len(columns)))


def flat(value: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    """Nested settings as dotted names and short text."""
    lines: dict[str, str] = {}
    for key, item in value.items():
        if isinstance(item, Mapping):
            lines |= flat(item, f"{prefix}{key}.")
        elif isinstance(item, list | tuple) and any(isinstance(one, Mapping) for one in item):
            numbered = {str(i): one for i, one in enumerate(item, start=1)}
            lines |= flat(numbered, f"{prefix}{key}.")
        elif isinstance(item, list | tuple):
            lines[f"{prefix}{key}"] = ", ".join(map(str, item)) or ABSENT
        else:
            lines[f"{prefix}{key}"] = ABSENT if item is None or item == "" else str(item)
    return lines


def _reading(data: PageData) -> b.Section:
    paired = bool(data.comparison or data.several)
    found = [run.temperature for run in data.runs.values() if run.temperature is not None]
    return b.Section(
        "How to read this, and when not to trust it",
        [
            b.Terms(caveats(found, paired=paired)),
            b.Section("The methods", [b.Terms(methods(paired=paired))]),
        ],
    )
