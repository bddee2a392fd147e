"""Report: a base's run, and those of trained policies, in; one self-contained page out.

Gathers what the page shows: the analyses' results, problems with their counts, some completions,
what training logged, the manifests. Counts files stand for runs as everywhere, and have less to
show. The page itself computes nothing.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from passgap.analysis.probe.extrapolation import forecast_curve
from passgap.checks import accepted, check
from passgap.data.counts import Counts
from passgap.data.journals import HeldOutRow, StepRow, TrainingRow
from passgap.data.policies import UNKNOWN_POLICY
from passgap.evidence.auditing import result
from passgap.evidence.doors import compare, probe
from passgap.evidence.evidence import Evidence
from passgap.evidence.reaching import is_scored_across, reach_runs
from passgap.evidence.watching import watch_of_training
from passgap.results.probe import K_LARGE
from passgap.runs import Run, is_run, is_watch
from passgap.runs.journal import read_journal
from passgap.runs.lineage import policy_folder
from passgap.runs.names import HELD_OUT_FILE, POLICY_FILE, TRAINING_FILE, WATCH
from passgap.show import PageData
from passgap.show.page.rows import completion_rows, problem_rows
from passgap.stats import fit_mixture

PROBE_SETTINGS = (
    "interval",
    "seed",
    "accept_unscored",
    "accept_luck",
    "false_positive_rate",
)


def report(
    base: Path | str,
    trained: Path | str | None = None,
    *,
    out: Path | str = "report.html",
    figures: Path | str | None = None,
    title: str | None = None,
    command: str = "",
    **settings: Any,
) -> Path:
    """Write the page of a base's run, or of a base's and a trained policy's run.

    Parameters
    ----------
    base, trained
        Verified run folders, or counts files, on the same problems.
    out
        The HTML file.
    figures
        A folder for the same charts as PDF, SVG and PNG.
    settings
        Keyword arguments of `passgap.compare`; those that a probe has too hold for it.

    Returns
    -------
    Path
        The file written.
    """
    _check_charts()
    data = page_data(base, trained, title=title, command=command, **settings)
    return _written(data, out, figures)


def _check_charts() -> None:
    """Say which extra is missing, before anything is worked out."""
    importlib.import_module("passgap.show.charts")


def _written(data: PageData, out: Path | str, figures: Path | str | None) -> Path:
    from passgap.show import write_figures, write_page

    page = write_page(data, out)
    if figures is not None:
        write_figures(data, figures)
    return page


def report_several(
    result: dict[str, Any],
    base: Path | str,
    trained: Sequence[Path | str],
    *,
    out: Path | str = "report.html",
    figures: Path | str | None = None,
    command: str = "",
    **settings: Any,
) -> Path:
    """Write the page of a base and several trained policies: a sweep, or training seeds.

    Parameters
    ----------
    result
        ``Sweep.to_dict()`` or ``SeedsComparison.to_dict()`` of these runs.
    base, trained
        Verified run folders, or counts files, on the same problems.
    out, figures
        As in `report`.
    settings
        Keyword arguments of `passgap.probe`, for the base.

    Returns
    -------
    Path
        The file written.
    """
    _check_charts()
    names = _names(trained)
    runs = _runs({"base": base} | dict(zip(names, trained, strict=True)))
    if "seeds" in result:
        rows = zip(result["seeds"], names, strict=True)
        result = {**result, "seeds": [{**row, "policy": name} for row, name in rows]}
    of_probe = {name: settings[name] for name in PROBE_SETTINGS if name in settings}
    before = probe(base, **of_probe).to_dict()
    data = PageData(
        title=f"{_policy(base)} and {len(trained)} trained policies{_on_problems(base)}",
        probe=before,
        several=result,
        runs={role: _settings(run) for role, run in runs.items()},
        checks=_checks_of_each(runs) if runs else None,
        notes=list(dict.fromkeys([*before["notes"], *result["notes"]])),
        command=command,
    )
    return _written(data, out, figures)


def _checks_of_both(runs: dict[str, Run], settings: dict[str, Any]) -> dict[str, Any] | None:
    """The data checks, as the settings accept them; None where there is no run."""
    if not runs:
        return None
    names = ("intersect", "allow_different_prompts")
    accept = accepted(**{name: bool(settings.get(name)) for name in names})
    return check(*runs.values(), accept=accept).to_dict()


def _checks_of_each(runs: dict[str, Run]) -> dict[str, Any]:
    """The data checks of each run alone, its name before what was found."""
    found = {name: check(run).to_dict() for name, run in runs.items()}
    return {
        "draws": sum(one["draws"] for one in found.values()),
        "findings": [
            {**finding, "evidence": f"{name}: {finding['evidence']}"}
            for name, one in found.items()
            for finding in one["findings"]
        ],
    }


def _names(paths: Sequence[Path | str]) -> list[str]:
    """Folder names, or whole paths where two folders, or one and the base's role, bear the same."""
    names = [Path(path).name for path in paths]
    distinct = len({"base", *names}) > len(names)
    return names if distinct else [_short(str(path)) for path in paths]


def _runs(arms: dict[str, Path | str]) -> dict[str, Run]:
    """Those of the arms that are run folders; a counts file has no more than its counts."""
    return {role: Run(path) for role, path in arms.items() if is_run(path)}


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
    **settings: Any,
) -> PageData:
    """Everything the page shows, as the JSON-like values it takes."""
    arms = {"base": base} | ({"trained": trained} if trained is not None else {})
    evidence = Evidence.read(*arms.values())
    sides = dict(zip(arms, (evidence.base, *evidence.trained), strict=True))
    runs = {role: side.run for role, side in sides.items() if side.run is not None}
    counts = {role: side.counts for role, side in sides.items()}
    comparison = compare(evidence, **settings).to_dict() if evidence.trained else None
    before = _before(evidence, settings)
    training = _training_folder(runs.get("trained"))
    return PageData(
        title=title or f"{' → '.join(map(_policy, arms.values()))}{_on_problems(base)}",
        probe=before,
        comparison=comparison,
        training=_logged(training, TRAINING_FILE, TrainingRow),
        held_out=_logged(training, HELD_OUT_FILE, HeldOutRow),
        watching=_watching(training, counts["base"]),
        fitted=_fitted(counts["base"], comparison),
        problems=problem_rows(runs.get("base"), counts),
        completions=completion_rows(runs, counts),
        stored={role: _stored(run, counts[role]) for role, run in runs.items()},
        audits=_audits(runs),
        runs={role: _settings(run) for role, run in runs.items()},
        reach=_reach(runs, settings),
        checks=_checks_of_both(runs, settings),
        notes=list(
            dict.fromkeys(note for one in (before, comparison) if one for note in one["notes"])
        ),
        command=command,
    )


def _before(evidence: Evidence, settings: dict[str, Any]) -> dict[str, Any] | None:
    """The probe of the base; None beside a comparison that has too few draws for one."""
    asked = {name: settings[name] for name in PROBE_SETTINGS if name in settings}
    if not evidence.trained:
        ks = {name: settings.get(name) for name in ("k_small", "k_large")}
        asked |= {name: k for name, k in ks.items() if k is not None}
    elif int(evidence.base.counts.n.min()) < K_LARGE:
        return None
    return probe(Evidence(evidence.base), **asked).to_dict()


def _reach(runs: dict[str, Run], settings: dict[str, Any]) -> dict[str, Any] | None:
    """What `passgap reach` said of these two, if they were scored under each other."""
    if len(runs) < 2 or not is_scored_across(runs["base"], runs["trained"]):
        return None
    budget = {name: settings[name] for name in ("budget",) if name in settings}
    return reach_runs(runs["base"], runs["trained"], **budget).to_dict()


def _settings(run: Run) -> dict[str, Any]:
    """The manifest for readers elsewhere: paths under the home folder start with ~."""
    data = run.manifest.to_dict()
    policy = {**data["policy"], "path": _short(str(data["policy"]["path"]))}
    marked = run.outcomes_about(run.verifier_digest()).command or ""
    commands = {"command": data["command"], "marked_command": marked}
    return {**data, "policy": policy, **{name: _short(str(c)) for name, c in commands.items()}}


def _short(text: str) -> str:
    return text.replace(f"{Path.home()}{os.sep}", f"~{os.sep}")


def _training_folder(run: Run | None) -> Path | None:
    if run is None:
        return None
    folder = policy_folder(run)
    return folder if (folder / POLICY_FILE).is_file() or is_watch(folder / WATCH) else None


def _watching(folder: Path | None, base: Counts) -> dict[str, Any] | None:
    """What the reward calls of the training saw, where they were recorded."""
    found = None if folder is None else watch_of_training(folder, base)
    return None if found is None else found.to_dict()


def _logged(folder: Path | None, name: str, kind: type[StepRow]) -> list[dict[str, Any]]:
    rows = [] if folder is None else read_journal(folder / name, kind)
    return [row.to_dict() for row in rows]


def _fitted(base: Counts, comparison: dict[str, Any] | None) -> dict[str, Any] | None:
    """The base's curve after the tilt that fits both runs; None where none could be fitted."""
    delta = ((comparison or {}).get("tilt") or {}).get("delta")
    if comparison is None or delta is None:
        return None
    ks = [row["k"] for row in comparison["base"]["curve"] if row["k"] <= int(base.n.min())]
    curve = forecast_curve(base, fit_mixture(base.n, base.c), float(delta), ks)
    return {"delta": float(delta), "curve": curve.rows()}


def _stored(run: Run, counts: Counts) -> dict[str, Any]:
    """How many completions a run holds, and where, for readers elsewhere."""
    return {
        "completions": int(counts.n.sum() + counts.unscored.sum()),
        "place": _short(str(run.place)),
    }


def _audits(runs: dict[str, Run]) -> dict[str, dict[str, Any]]:
    """What a person's marks say, for the runs that have some."""
    return {
        role: result(run).to_dict()
        for role, run in runs.items()
        if run.audit_marks(run.verifier_digest())
    }
