"""The algorithms study: one base of the lab, trained in many ways with several seeds, one page.

In: a folder (finished parts are kept) and which of the studies to run. Out: a Markdown page in the
layout of the six-algorithm table of arXiv 2504.13837 (pass@1, pass@n and the sampling-efficiency
gap on problems trained on, held out, and of another family), the same for steps, group size,
temperature and KL weight, and a figure of each. Steps and KL weight are studied where training
narrows too, since nothing can be lost where the base's pass@n is all that a policy keeps.

Of passgap's inner modules it uses `demo` and `lab` (the base and its problems), and `stats` for
intervals of differences that no verdict shows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from passgap import Counts, Policy, ProblemSet, TrainConfig, compare_seeds, count, pass_at_k, train
from passgap.demo import HELD_OUT_SEED, TRAIN_SIZE, Bar, measured
from passgap.errors import UsageError
from passgap.lab import lab_problems
from passgap.show.charts.figures import write_picture
from passgap.stages.resolving import LAB_MAX_TOKENS, resolve_policy
from passgap.stats import mean_curve, seeds_interval
from research.known_worlds import RECIPE as NARROWING
from research.pages import markdown_table, write_sections
from research.plain_loop import train_plain
from research.study_chart import efficiency_gaps

FAMILY, OTHER_FAMILY, NARROWED = "rare", "mastered", "ambiguous"
PLAIN = TrainConfig(
    max_tokens=LAB_MAX_TOKENS,
    steps=80,
    learning_rate=1e-4,
    group_size=16,
    prompts_per_step=8,
    num_iterations=2,
    eval_every=0,
    resume_every=40,
)
LEARNED: dict[str, Any] = {"num_iterations": 1, "steps": 300, "learning_rate": 1e-3}


@dataclass(frozen=True)
class Study:
    """The rows of one table: what each changes of ``plain``, which is trained on ``family``."""

    rows: Mapping[str, Mapping[str, Any]]
    family: str = FAMILY
    plain: TrainConfig = PLAIN

    @property
    def about(self) -> str:
        """What the head of the page does not say of it."""
        if self.family == FAMILY:
            return ""
        named = {name for changes in self.rows.values() for name in changes}
        common = [name for name in SETTINGS if name not in named]
        settings = json.dumps({name: getattr(self.plain, name) for name in common})
        return (
            f"Family *{self.family}*, on which training loses some of what the base had "
            f"([worlds](worlds.md)); {settings}."
        )


SETTINGS = ("steps", "learning_rate", "group_size", "prompts_per_step")
STUDIES: Mapping[str, Study] = {
    "algorithms": Study(
        {
            "GRPO": {},
            "Dr. GRPO": {"algorithm": "dr_grpo"},
            "DAPO (loss, clip-higher)": {"algorithm": "dapo"},
            "GSPO": {"algorithm": "gspo"},
            "CISPO": {"algorithm": "cispo"},
            "RLOO": {"algorithm": "rloo"},
            "PPO": {"plain": "ppo"},
            "ReMax": {"plain": "remax"},
            "REINFORCE++": {"plain": "reinforce_plus_plus"},
            "pass@4 training": {"algorithm": "pass_at_k", "pass_k": 4},
            "rejection sampling": {"algorithm": "rft", **LEARNED, "learning_rate": 3e-4},
            "distillation": {"algorithm": "distill", **LEARNED},
            "GRPO, random reward": {"reward": "random"},
            "GRPO, format reward": {"reward": "format"},
        }
    ),
    "steps": Study({f"{n}": {"steps": 240, "save_every": 20} for n in (20, 40, 80, 160, 240)}),
    "steps where training narrows": Study(
        {f"{n}": {"steps": 60, "save_every": 5} for n in (5, 10, 20, 30, 60)}, NARROWED, NARROWING
    ),
    "group size": Study(
        {f"{n}": {"group_size": n, "prompts_per_step": 128 // n} for n in (4, 8, 16, 32)}
    ),
    "KL weight where training narrows": Study(
        {f"{beta:g}": {"beta": beta} for beta in (0.0, 0.01, 0.1, 1.0)}, NARROWED, NARROWING
    ),
    "temperature": Study({f"{t:g}": {"temperature": t} for t in (0.7, 1.0, 1.3)}),
}
COLUMNS = {"train": "trained on", "held_out": "held out", "other": "other family"}


@dataclass(frozen=True)
class Size:
    """How large a study is: training seeds, problems of each set, draws per problem."""

    seeds: int = 3
    train: int = 60
    held_out: int = 300
    other: int = 40
    n: int = 256

    def problem_sets(self, family: str, which: Sequence[str]) -> dict[str, ProblemSet]:
        """The sets that are measured, by their names."""
        trained = training_set(family)
        found = {
            "train": replace(trained, problems=trained.problems[: self.train]),
            "held_out": lab_problems(family, size=self.held_out, seed=HELD_OUT_SEED),
            "other": lab_problems(OTHER_FAMILY, size=self.other, seed=HELD_OUT_SEED),
        }
        return {name: found[name] for name in which}


def training_set(family: str) -> ProblemSet:
    """What every arm is trained on."""
    return lab_problems(family, split="train", size=TRAIN_SIZE, seed=0)


def write_algorithms(
    out: Path | str,
    page: Path | str,
    *,
    progress: Bar,
    size: Size | None = None,
    studies: Sequence[str] = tuple(STUDIES),
    command: str = "",
) -> Path:
    """Run the studies and write their page, with one figure each in the folder named after it.

    A page that is there keeps the sections of other studies, and its head unless the algorithms
    are among ``studies``.

    Raises
    ------
    UsageError
        For a study that is not known, or fewer than two seeds.
    """
    size = size or Size()
    unknown = set(studies) - set(STUDIES)
    if unknown:
        raise UsageError(f"study {sorted(unknown)[0]!r}; allowed: {', '.join(STUDIES)}")
    if size.seeds < 2:
        raise UsageError(f"seeds is {size.seeds}; allowed: an integer >= 2, for intervals")
    page = Path(page)
    parts = [header(size, command)] if "algorithms" in studies or not page.is_file() else []
    for study in studies:
        which = tuple(COLUMNS) if study == "algorithms" else ("held_out",)
        rows = list(study_rows(study, Path(out), size, which, progress, command))
        figure = page.with_suffix("") / f"{slug(study)}.png"
        write_picture(efficiency_gaps(rows, study), figure, height=60 + 30 * len(rows))
        drawn = f"![{study}]({page.stem}/{figure.name})\n"
        parts.append("\n".join([section(study, size, rows, which, command), drawn]))
    return write_sections(parts, page)


def study_rows(
    study: str,
    out: Path,
    size: Size,
    which: Sequence[str],
    progress: Bar,
    command: str,
) -> Iterator[dict[str, Any]]:
    """One row a way of training: for each set pass@1, pass@n, the efficiency gap, the verdict.

    The first row is the base's.
    """
    family = STUDIES[study].family
    sets = size.problem_sets(family, which)
    base = resolve_policy("lab:base")
    place = out if family == FAMILY else out / family
    before = {
        name: count(measured(base, problems, place / f"base-{name}", size.n, progress, command))
        for name, problems in sets.items()
    }
    yield {"row": "base", **{name: base_cell(counts) for name, counts in before.items()}}
    for row, changes in STUDIES[study].rows.items():
        policies = [trained(study, row, changes, seed, out, progress) for seed in range(size.seeds)]
        cells = {}
        for name, problems in sets.items():
            runs = (
                measured(
                    policy,
                    problems,
                    arm(out, study, row, changes) / f"seed{seed}-{name}",
                    size.n,
                    progress,
                    command,
                )
                for seed, policy in enumerate(policies)
            )
            cells[name] = trained_cell(
                before[name], [count(run) for run in runs], judged=name == "held_out"
            )
        yield {"row": row, **cells}


def trained(
    study: str, row: str, changes: Mapping[str, Any], seed: int, out: Path, progress: Bar
) -> Policy:
    """The policy of one row and seed; the steps are checkpoints of one training."""
    plan = STUDIES[study]
    method, config = config_of(changes, seed, plan.plain)
    place = out / slug(study) if config.save_every else arm(out, study, row, changes)
    folder = place / f"seed{seed}-policy"
    if method is not None:
        with progress(f"training {row}, seed {seed}") as update:
            return train_plain(
                method,
                resolve_policy("lab:base"),
                training_set(plan.family),
                folder,
                config=config,
                progress=update,
            )
    with progress(f"training {study} {row}, seed {seed}") as update:
        policy = train(
            resolve_policy("lab:base"),
            training_set(plan.family),
            folder,
            config=config,
            teacher=resolve_policy("lab:teacher") if config.algorithm == "distill" else None,
            progress=update,
        )
    if config.save_every and int(row) != config.steps:
        return replace(policy, path=str(folder / f"checkpoint-{row}"))
    return policy


def config_of(
    changes: Mapping[str, Any], seed: int = 0, plain: TrainConfig = PLAIN
) -> tuple[str | None, TrainConfig]:
    """The method of a row that TRL has no trainer for, if it is one, and the row's settings."""
    settings = dict(changes)
    method = settings.pop("plain", None)
    return method, replace(plain, seed=seed, **settings)


def arm(out: Path, study: str, row: str, changes: Mapping[str, Any]) -> Path:
    """The folder of a row; one that changes nothing is the plain algorithm's."""
    plan = STUDIES[study]
    if plan.family == FAMILY and config_of(changes, plain=plan.plain) == (None, plan.plain):
        return out / "algorithms" / "grpo"
    return out / slug(study) / slug(row)


def base_cell(counts: Counts) -> dict[str, Any]:
    """pass@1, pass@n and the gap between them, with intervals over problems."""
    n = int(counts.n.min())
    curve = mean_curve(pass_at_k(counts.n, counts.c, [1, n]), [1, n]).rows()
    gap = pass_at_k(counts.n, counts.c, n) - pass_at_k(counts.n, counts.c, 1)
    return {"one": curve[0], "all": curve[1], "gap": interval(gap[None]), "label": ""}


def trained_cell(base: Counts, arms: Sequence[Counts], *, judged: bool) -> dict[str, Any]:
    """The same of a recipe, over problems and training seeds; ``judged``: with the verdict."""
    n = int(min(counts.n.min() for counts in (base, *arms)))
    one, whole = (np.stack([pass_at_k(arm.n, arm.c, k) for arm in arms]) for k in (1, n))
    return {
        "one": share(interval(one)),
        "all": share(interval(whole)),
        "gap": interval(pass_at_k(base.n, base.c, n) - one),
        "label": _judged(base, arms) if judged else "",
    }


def _judged(base: Counts, arms: Sequence[Counts]) -> str:
    """The verdict on a recipe, and what it rests on at the small and the large k."""
    verdict = compare_seeds(base, arms).verdict
    return f"{verdict.label.words}: {verdict.at_small_k}, {verdict.at_large_k}"


def share(found: Mapping[str, float]) -> dict[str, float]:
    """An interval within [0, 1]."""
    return {name: min(max(value, 0.0), 1.0) for name, value in found.items()}


def interval(differences: Any) -> dict[str, float]:
    """The mean of (seeds, problems) differences with its 95% interval."""
    if len(differences) == 1:
        curve = mean_curve(differences.T, [1]).rows()[0]
        return {name: curve[name] for name in ("value", "low", "high")}
    found = seeds_interval(differences)
    return {"value": found.value, "low": found.low, "high": found.high}


def slug(row: str) -> str:
    """A row's name as a folder's."""
    kept = "".join(letter if letter.isalnum() or letter == "." else "-" for letter in row.lower())
    return "-".join(filter(None, kept.split("-")))


def section(
    study: str, size: Size, rows: Sequence[Mapping[str, Any]], which: Sequence[str], command: str
) -> str:
    """A study's section: heading, what is special to it, its table."""
    about = STUDIES[study].about
    made = f"{size.seeds} training seeds per row; {date.today().isoformat()}; `{command}`.\n"
    said = [f"{about} {made}"] if about else []
    heading = f"## {study[0].upper()}{study[1:]}\n"
    return "\n".join([heading, *said, table(study, rows, which)])


def table(study: str, rows: Sequence[Mapping[str, Any]], which: Sequence[str]) -> str:
    """A study's rows as Markdown; their column is headed by the first words of its name."""
    head = [study.partition(" where ")[0]]
    for name in which:
        head += [f"{COLUMNS[name]}: pass@1", "pass@n", "gap"]
    head.append("verdict, held out: at small k, at large k")
    cells = [
        [
            row["row"],
            *(in_words(row[name][part]) for name in which for part in ("one", "all", "gap")),
            row["held_out"]["label"],
        ]
        for row in rows
    ]
    return markdown_table(head, cells)


def in_words(found: Mapping[str, Any]) -> str:
    """A share in per cent with its interval."""
    value, low, high = (100 * found[name] for name in ("value", "low", "high"))
    return f"{value:.1f} ({low:.1f} to {high:.1f})"


def header(size: Size, command: str) -> str:
    """What the page is about, and how it was made."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("torch", "transformers", "trl"))
    plain = json.dumps({name: getattr(PLAIN, name) for name in (*SETTINGS, "num_iterations")})
    return f"""# One base trained in many ways

The lab's *{FAMILY}* family, if nothing else is said: {size.seeds} training seeds per row,
n = {size.n} samples per problem at temperature 1, {size.held_out} problems held out, {size.train}
of the {TRAIN_SIZE} trained on, {size.other} of the family *{OTHER_FAMILY}*;
{date.today().isoformat()}; {versions}, CPU. Made by `{command}`.
Every arm but the two that learn completions samples 128 completions at a time and takes two
optimizer steps on them ({plain}); rows change what they name. PPO, ReMax and
REINFORCE++, for which TRL has no trainer, are the plain PyTorch loop of `research/plain_loop.py`.

Values are percentages with 95% intervals over problems and training seeds (of the base: over
problems). `gap` is the sampling-efficiency gap of arXiv 2504.13837: the base's pass@n minus the
row's pass@1. The verdict compares the recipe with the base on held-out problems; beside it stand
its two ends. That two policies are equal to within two points takes 149 problems or more.
"""
