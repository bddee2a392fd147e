"""Report: a base's run, and those of trained policies, in; one self-contained page out.

Gathers what the page shows: the analyses' results, problems with their counts, some completions,
what training logged, the manifests. Counts files stand for runs as everywhere, and have less to
show. The page itself computes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar, Unpack

import msgspec

from passgap.analysis.compare.benchmarks import joined
from passgap.analysis.probe.extrapolation import forecast_curve
from passgap.checks import accepted, check
from passgap.data.counts import Counts
from passgap.data.journals import HeldOutRow, StepRow, TrainingRow
from passgap.data.policies import UNKNOWN_POLICY
from passgap.errors import UsageError
from passgap.evidence.auditing import result as audit_of
from passgap.evidence.benchmarks import is_folder_of_benchmarks, matched, pairs_of
from passgap.evidence.doors import compare, compare_benchmarks, probe
from passgap.evidence.evidence import Evidence
from passgap.evidence.options import CompareOptions, ProbeOptions
from passgap.evidence.reaching import is_scored_across, reach_runs
from passgap.evidence.watching import watch_of_training
from passgap.plain import shareable
from passgap.results.comparison import Comparison
from passgap.results.probe import Probe, TiltedCurve
from passgap.results.reach import Reach
from passgap.results.seeds import SeedsComparison
from passgap.results.settings import K_LARGE, CompareSettings
from passgap.results.sweep import Sweep
from passgap.results.unpaired import UnpairedComparison
from passgap.runs import Run, is_run, is_watch
from passgap.runs.journal import read_journal
from passgap.runs.lineage import policy_folder
from passgap.runs.names import HELD_OUT_FILE, POLICY_FILE, TRAINING_FILE, WATCH
from passgap.show.charts import check_charts
from passgap.show.charts.figures import write_figures
from passgap.show.contents.report import flat, page
from passgap.show.data import PageData, RunAbout, Stored
from passgap.show.page.page import write_page
from passgap.show.page.rows import completion_rows, problem_rows, significant
from passgap.show.text import known
from passgap.stats import fit_mixture

Logged = TypeVar("Logged", bound=StepRow)


def report(
    base: Path | str,
    trained: Path | str | None = None,
    *,
    out: Path | str = "report.html",
    figures: Path | str | None = None,
    title: str | None = None,
    command: str = "",
    cluster: str | None = None,
    unpaired: bool = False,
    **settings: Unpack[CompareOptions],
) -> Path:
    """Write the page of a base's run, or of a base's and a trained policy's run.

    Parameters
    ----------
    base, trained
        Verified run folders, or counts files, on the same problems; or folders that hold one per
        benchmark, as in `passgap.compare_benchmarks`.
    out
        The HTML file.
    figures
        A folder for the same charts as PDF, SVG and PNG, one and two columns of a paper wide.
    cluster, unpaired
        As in `passgap.compare`.
    settings
        Keyword arguments of `passgap.compare`; those that a probe has too hold for it.

    Returns
    -------
    Path
        The file written.
    """
    check_charts()
    if trained is not None and any(map(is_folder_of_benchmarks, (base, trained))):
        if unpaired:
            raise UsageError("unpaired with a folder of benchmarks; leave one of the two out")
        data = _benchmarks_data(base, trained, title, command, cluster, settings)
        return _written(data, out, figures)
    if unpaired and trained is not None:
        result = compare(Evidence.read(base, trained, cluster=cluster), unpaired=True, **settings)
        data = _several_data(result, base, [trained], title, command, cluster, settings)
        return _written(data, out, figures)
    data = page_data(base, trained, title=title, command=command, cluster=cluster, **settings)
    return _written(data, out, figures)


def _written(data: PageData, out: Path | str, figures: Path | str | None) -> Path:
    made = page(data)
    place = write_page(made, out)
    if figures is not None:
        write_figures(made.blocks, figures)
    return place


def report_several(
    result: Sweep | SeedsComparison,
    base: Path | str,
    trained: Sequence[Path | str],
    *,
    out: Path | str = "report.html",
    figures: Path | str | None = None,
    command: str = "",
    cluster: str | None = None,
    **settings: Unpack[CompareOptions],
) -> Path:
    """Write the page of a base and several trained policies, whose result is given; as `report`."""
    check_charts()
    title = f"{_policy(base)} and {len(trained)} trained policies{_on_problems(base)}"
    data = _several_data(result, base, trained, title, command, cluster, settings)
    return _written(data, out, figures)


def _several_data(
    result: Sweep | SeedsComparison | UnpairedComparison,
    base: Path | str,
    trained: Sequence[Path | str],
    title: str | None,
    command: str,
    cluster: str | None,
    settings: CompareOptions,
) -> PageData:
    """Everything that the page of such a result shows."""
    names = _names(trained)
    arms = {"base": base} | dict(zip(names, trained, strict=True))
    runs = {role: Run(path) for role, path in arms.items() if is_run(path)}
    if isinstance(result, SeedsComparison):
        pairs = zip(result.seeds, names, strict=True)
        result = replace(result, seeds=tuple(replace(seed, policy=name) for seed, name in pairs))
    evidence = Evidence.read(base, cluster=cluster)
    before, counts = probe(evidence, **_of_probe(settings)), {"base": evidence.base.counts}
    drawn = {"base": runs["base"]} if "base" in runs else {}
    paired = not isinstance(result, UnpairedComparison)  # whose ids may be ranks of a histogram
    return PageData(
        title=title or _titled(base, *trained),
        probe=before,
        several=result,
        problems=problem_rows(drawn.get("base"), counts) if paired else (),
        completions=completion_rows(drawn, counts) if paired else (),
        stored=_stored(drawn, counts),
        runs={role: _about(run) for role, run in runs.items()},
        checks=[replace(check(run), runs=(name,)) for name, run in runs.items()],
        notes=list(dict.fromkeys([*before.notes, *result.notes])),
        command=command,
    )


def _titled(base: Path | str, *trained: Path | str) -> str:
    return f"{' → '.join(map(_policy, (base, *trained)))}{_on_problems(base)}"


def _benchmarks_data(
    base: Path | str,
    trained: Path | str,
    title: str | None,
    command: str,
    cluster: str | None,
    settings: CompareOptions,
) -> PageData:
    """Everything that the page of several benchmarks shows."""
    result = compare_benchmarks(base, trained, cluster=cluster, **settings)
    both, _ = matched(base, trained, intersect=settings.get("intersect", False))
    arms = pairs_of(both, cluster, None)
    counts = {
        "base": joined({name: pair.base for name, pair in arms.items()}),
        "trained": joined({name: pair.trained for name, pair in arms.items()}),
    }
    pairs = {
        name: [Run(str(one)) for one in pair if is_run(str(one))] for name, pair in both.items()
    }
    return PageData(
        title=title or f"{shareable(str(base))} → {shareable(str(trained))}",
        comparison=result.by_problems,
        several=result,
        problems=problem_rows(None, counts),
        significant=significant(counts, result.by_problems),
        benchmarks={
            name: frozenset(f"{name}/{one}" for one in pair.base.problem_id)
            for name, pair in arms.items()
        },
        checks=[
            replace(check(*runs, accept=_accepted(settings)), runs=(name,))
            for name, runs in pairs.items()
            if runs
        ],
        notes=list(dict.fromkeys([*result.notes, *result.by_problems.notes])),
        command=command,
    )


def _accepted(settings: CompareOptions) -> set[str]:
    return accepted(
        intersect=settings.get("intersect", False),
        allow_different_prompts=settings.get("allow_different_prompts", False),
    )


def _of_probe(settings: CompareOptions) -> ProbeOptions:
    """Those of a comparison's settings that a probe has too."""
    shared = [
        "interval",
        "seed",
        "accept_unscored",
        "accept_luck",
        "drop_short",
        "false_positive_rate",
    ]
    kept = {name: value for name, value in settings.items() if name in shared}
    return msgspec.convert(kept, ProbeOptions)


def _names(paths: Sequence[Path | str]) -> list[str]:
    """Folder names, or whole paths where two folders, or one and the base's role, bear the same."""
    names = [Path(path).name for path in paths]
    distinct = len({"base", *names}) > len(names)
    return names if distinct else [shareable(str(path)) for path in paths]


def _policy(arm: Path | str) -> str:
    """What a run was drawn from, by the last part of its path; a counts file's own name."""
    path = str(Run(arm).manifest.policy["path"]) if is_run(arm) else str(arm)
    return Path(str(arm) if path == UNKNOWN_POLICY else path).name


def _on_problems(arm: Path | str) -> str:
    return f" on {Run(arm).manifest.problem_set['name']}" if is_run(arm) else ""


def page_data(
    base: Path | str,
    trained: Path | str | None,
    *,
    title: str | None,
    command: str,
    cluster: str | None = None,
    **settings: Unpack[CompareOptions],
) -> PageData:
    """Everything that the page of a base, or of a pair, shows."""
    arms = {"base": base} | ({"trained": trained} if trained is not None else {})
    evidence = Evidence.read(*arms.values(), cluster=cluster)
    sides = dict(zip(arms, (evidence.base, *evidence.trained), strict=True))
    runs = {role: side.run for role, side in sides.items() if side.run is not None}
    counts = {role: side.counts for role, side in sides.items()}
    comparison = compare(evidence, **settings) if evidence.trained else None
    before = _before(evidence, settings)
    training = _training_folder(runs.get("trained"))
    notes = [note for one in (before, comparison) if one for note in one.notes]
    return PageData(
        title=title or _titled(*arms.values()),
        probe=before,
        comparison=comparison,
        training=_logged(training, TRAINING_FILE, TrainingRow),
        held_out=_logged(training, HELD_OUT_FILE, HeldOutRow),
        watching=None if training is None else watch_of_training(training, counts["base"]),
        fitted=_fitted(counts["base"], comparison),
        problems=problem_rows(runs.get("base"), counts),
        significant=significant(counts, comparison),
        completions=completion_rows(runs, counts),
        stored=_stored(runs, counts),
        audits={
            role: audit_of(run)
            for role, run in runs.items()
            if run.audit_marks(run.verifier_digest())
        },
        runs={role: _about(run) for role, run in runs.items()},
        reach=_reach(runs, settings),
        checks=[check(*runs.values(), accept=_accepted(settings))] if runs else [],
        notes=list(dict.fromkeys(notes)),
        command=command,
    )


def _stored(runs: Mapping[str, Run], counts: Mapping[str, Counts]) -> dict[str, Stored]:
    """How many completions each run holds, and where."""
    return {
        role: Stored(int((c.n + c.unscored).sum()), shareable(str(runs[role].place)))
        for role, c in counts.items()
        if role in runs
    }


def _before(evidence: Evidence, settings: CompareOptions) -> Probe | None:
    """The probe of the base; None for a comparison that has too few draws for one."""
    asked = _of_probe(settings)
    if not evidence.trained:
        asked["k_small"] = settings.get("k_small", 2)
        asked["k_large"] = settings.get("k_large") or K_LARGE
    elif int(evidence.base.counts.n.min()) < K_LARGE:
        return None
    return probe(Evidence(evidence.base), answers=evidence.base_answers, **asked)


def _reach(runs: Mapping[str, Run], settings: CompareOptions) -> Reach | None:
    """What `passgap reach` said of these two, if they were scored under each other."""
    if len(runs) < 2 or not is_scored_across(runs["base"], runs["trained"]):
        return None
    return reach_runs(
        runs["base"], runs["trained"], budget=settings.get("budget", CompareSettings().budget)
    )


def _about(run: Run) -> RunAbout:
    """The manifest for readers elsewhere: paths under the home folder start with ~."""
    manifest = run.manifest
    path = shareable(str(manifest.policy["path"]))
    marked = run.outcomes_about(run.verifier_digest()).command or ""
    commands = {"command": shareable(manifest.command), "marked_command": shareable(marked)}
    return RunAbout(
        policy=path.rstrip("/").rsplit("/", 1)[-1],
        problem_set=str(manifest.problem_set["name"]),
        temperature=manifest.sampling["temperature"],
        settings=flat(
            {**manifest.to_dict(), "policy": {**manifest.policy, "path": path}, **commands}
        ),
        commands=[line for line in commands.values() if line],
    )


def _training_folder(run: Run | None) -> Path | None:
    folder = run and policy_folder(run)
    if folder and ((folder / POLICY_FILE).is_file() or is_watch(folder / WATCH)):
        return folder
    return None


def _logged(folder: Path | None, name: str, kind: type[Logged]) -> list[Logged]:
    return [] if folder is None else read_journal(folder / name, kind)


def _fitted(base: Counts, comparison: Comparison | None) -> TiltedCurve | None:
    """The base's curve after the tilt that fits both runs; None where none could be fitted."""
    if comparison is None or comparison.tilt is None or not known(comparison.tilt.delta):
        return None
    delta = float(comparison.tilt.delta)
    ks = [k for k in comparison.base.k.tolist() if k <= int(base.n.min())]
    return TiltedCurve(delta, forecast_curve(base, fit_mixture(base.n, base.c), delta, ks))
