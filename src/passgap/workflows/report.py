"""Report: one or two runs in, one self-contained page out.

Gathers what the page shows: the analyses' results, problems with their counts, some completions,
what training logged, the manifests. The page itself computes nothing.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from passgap.analysis import compare, probe
from passgap.checks import check
from passgap.counts import count
from passgap.reporting import PageData, write_figures, write_page
from passgap.store import Run, is_run, is_watch
from passgap.types import Counts
from passgap.workflows.alone import arms_of, base_answers
from passgap.workflows.reaching import is_scored_across, reach_runs
from passgap.workflows.resolve import POLICY_FILE
from passgap.workflows.watching import WATCH, watch_of_training

PROBE_SETTINGS = (
    "interval",
    "seed",
    "accept_unscored",
    "accept_luck",
    "false_positive_rate",
)
SHOWN_PROBLEMS = 12
SHOWN_DRAWS = 2


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
        Verified run folders on the same problems.
    out
        The HTML file.
    figures
        A folder for the same charts as PNG and SVG.
    settings
        Keyword arguments of `passgap.compare`; those that a probe has too hold for it.

    Returns
    -------
    Path
        The file written.
    """
    data = page_data(base, trained, title=title, command=command, **settings)
    page = Path(out)
    page.parent.mkdir(parents=True, exist_ok=True)
    write_page(data, page)
    if figures is not None:
        write_figures(data, Path(figures))
    return page


def page_data(
    base: Path | str,
    trained: Path | str | None,
    *,
    title: str | None,
    command: str,
    **settings: Any,
) -> PageData:
    """Everything the page shows, as the JSON-like values it takes."""
    runs = {"base": Run(base)} | ({"trained": Run(trained)} if trained is not None else {})
    counts = {role: count(run) for role, run in runs.items()}
    comparison, arms = None, None
    if trained is not None:
        arms = arms_of(str(base), str(trained))
        comparison = compare(
            counts["base"],
            counts["trained"],
            trained_on=trained_on(trained),
            answers=arms,
            **settings,
        ).to_dict()
    of_probe = {name: settings[name] for name in PROBE_SETTINGS if name in settings}
    answers = arms.base if arms else base_answers(str(base))
    before = probe(counts["base"], answers=answers, **of_probe).to_dict()
    training = _training_folder(runs.get("trained"))
    return PageData(
        title=title or _title(runs),
        probe=before,
        comparison=comparison,
        training=_json_lines(training, "training.jsonl"),
        held_out=_json_lines(training, "held_out.jsonl"),
        watching=_watching(training, counts["base"]),
        problems=_problem_rows(runs["base"], counts),
        completions=_completion_rows(runs, counts),
        runs={role: _settings(run) for role, run in runs.items()},
        reach=_reach(runs, settings),
        checks=check(*runs.values()).to_dict(),
        notes=list(dict.fromkeys([*before["notes"], *(comparison or {"notes": []})["notes"]])),
        command=command,
    )


def _reach(runs: dict[str, Run], settings: dict[str, Any]) -> dict[str, Any] | None:
    """What `passgap reach` said of these two, if they were scored under each other."""
    if "trained" not in runs or not is_scored_across(runs["base"], runs["trained"]):
        return None
    budget = {name: settings[name] for name in ("budget",) if name in settings}
    return reach_runs(runs["base"], runs["trained"], **budget).to_dict()


def trained_on(run: Path | str) -> bool | None:
    """Whether the policy of a run was trained on that run's problems; None where unknown."""
    if not is_run(run):
        return None
    opened = Run(run)
    file = Path(str(opened.manifest.policy["path"])) / POLICY_FILE
    if not file.is_file():
        return None
    learnt = set(json.loads(file.read_text(encoding="utf-8"))["train_problem_ids"])
    return any(problem.id in learnt for problem in opened.problems())


def _settings(run: Run) -> dict[str, Any]:
    """The manifest for readers elsewhere: paths under the home folder start with ~."""
    data, home = run.manifest.to_dict(), f"{Path.home()}{os.sep}"
    short = f"~{os.sep}"
    policy = {**data["policy"], "path": str(data["policy"]["path"]).replace(home, short)}
    return {**data, "policy": policy, "command": str(data["command"]).replace(home, short)}


def _title(runs: dict[str, Run]) -> str:
    names = [Path(str(run.manifest.policy["path"])).name for run in runs.values()]
    problems = runs["base"].manifest.problem_set["name"]
    return f"{' → '.join(names)} on {problems}"


def _training_folder(run: Run | None) -> Path | None:
    if run is None:
        return None
    folder = Path(str(run.manifest.policy["path"]))
    return folder if (folder / POLICY_FILE).is_file() or is_watch(folder / WATCH) else None


def _watching(folder: Path | None, base: Counts) -> dict[str, Any] | None:
    """What the reward calls of the training saw, where they were recorded."""
    found = None if folder is None else watch_of_training(folder, base)
    return None if found is None else found.to_dict()


def _json_lines(folder: Path | None, name: str) -> list[dict[str, Any]]:
    if folder is None or not (folder / name).is_file():
        return []
    return [json.loads(line) for line in (folder / name).read_text().splitlines() if line]


def _problem_rows(run: Run, counts: dict[str, Counts]) -> list[dict[str, Any]]:
    hits = {role: dict(zip(c.problem_id, c.c.tolist(), strict=True)) for role, c in counts.items()}
    drawn = {role: dict(zip(c.problem_id, c.n.tolist(), strict=True)) for role, c in counts.items()}
    return [
        {"problem_id": p.id, "question": p.question, "reference": p.reference}
        | {f"{role}_n": drawn[role].get(p.id) for role in counts}
        | {f"{role}_c": hits[role].get(p.id) for role in counts}
        for p in run.problems()
    ]


def _completion_rows(runs: dict[str, Run], counts: dict[str, Counts]) -> list[dict[str, Any]]:
    shown = _shown_ids(counts)
    problems = {p.id: p for p in runs["base"].problems()}
    rows = []
    for role, run in runs.items():
        first = run.manifest.first_draw
        frame = (
            run.scan_completions()
            .filter(pl.col("problem_id").is_in(shown) & (pl.col("draw") < first + SHOWN_DRAWS))
            .join(
                run.scan_outcomes(counts[role].provenance["verifier"]),
                on=["problem_id", "draw"],
                how="left",
            )
            .select("problem_id", "draw", "text", "finish_reason", "status", "extracted", "reason")
            .collect()
        )
        for row in frame.iter_rows(named=True):
            problem = problems[row["problem_id"]]
            rows.append(
                {"role": role, "question": problem.question, "reference": problem.reference} | row
            )
    return sorted(rows, key=lambda r: (shown.index(r["problem_id"]), r["role"], r["draw"]))


def _shown_ids(counts: dict[str, Counts]) -> list[str]:
    """Problems spread over the base's difficulty, the hardest and the easiest among them."""
    base = counts["base"]
    ease = base.c / np.maximum(base.n, 1)
    order = np.argsort(ease, kind="stable").tolist()
    step = max(1, (len(order) - 1) / (SHOWN_PROBLEMS - 1))
    picked = dict.fromkeys(
        order[min(len(order) - 1, round(j * step))] for j in range(SHOWN_PROBLEMS)
    )
    return [base.problem_id[i] for i in picked]
