"""The Python reference. In: ``passgap.__all__`` and where each name lives. Out: a page per theme.

Every public name is shown with its docstring. A name that no theme lists fails the build.
"""

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

import passgap
from passgap.errors import UsageError

FOLDER = "reference/python"
Groups = Mapping[str, Sequence[str]]
# page: title, what it says first, sections of names; a name with a dot is not of the public face
THEMES: Mapping[str, tuple[str, str, Groups]] = {
    "counts": (
        "Counts and pass@k",
        "Read counts, write them, and compute pass@k from them.",
        {"": ["Counts", "read_counts", "write_counts", "pass_at_k", "count", "outcome_matrix"]},
    ),
    "analyses": (
        "Analyses",
        "Each function takes paths, runs, counts, data frames or matrices of 0 and 1, and returns "
        "a [typed result](results.md).",
        {
            "Before training": [
                "probe",
                "adaptive_probe",
                "probe_starts",
                "forecast",
                "plan",
                "select",
            ],
            "Published pairs": ["pairs", "forecast_scores"],
            "After training": [
                "compare",
                "compare_by",
                "compare_benchmarks",
                "compare_seeds",
                "compare_sweep",
                "keep",
                "reach",
                "reach_runs",
                "score_across",
            ],
            "What a verdict is based on": ["Evidence"],
            "Audits of a reward": ["audit_reward", "audit_features", "audit_proxy"],
        },
    ),
    "results": (
        "Results",
        "What the [analyses](analyses.md) return. Results print as tables, show in notebooks, and "
        "have `to_dict()`, whose names are described under [JSON of the results](../json.md).",
        {
            "Numbers": ["Estimate", "Curve", "Verdict"],
            "Before training": [
                "Probe",
                "AdaptiveProbe",
                "Starts",
                "Forecast",
                "RunForecast",
                "Plan",
            ],
            "Published pairs": ["TrainingPair", "TrainingPairs", "ForecastScores"],
            "After training": [
                "Comparison",
                "UnpairedComparison",
                "Slices",
                "SeedsComparison",
                "Sweep",
                "Kept",
            ],
            "During training": ["Watching"],
            "Charts": ["chart"],
        },
    ),
    "runs": (
        "Problems, policies and runs",
        "Load problems, sample a policy, verify its completions, and read or merge what is there.",
        {
            "Problems and policies": [
                "load_problems",
                "read_image",
                "Problem",
                "Image",
                "ProblemSet",
                "Policy",
                "PromptSettings",
                "SamplingParams",
            ],
            "Runs": ["sample", "verify", "mark", "Outcome", "import_log", "check", "merge", "Run"],
            "Pages": ["report"],
            "Errors": ["PassgapError"],
        },
    ),
    "training": (
        "Training",
        "Train with TRL, or watch any other trainer.",
        {"": ["train", "TrainConfig", "Watch", "watch_folder"]},
    ),
    "settings": (
        "Settings",
        "The keyword arguments of each analysis, with their defaults. The flags of the command "
        "line are the same fields. Import them from `passgap.results.settings`.",
        {
            "": [
                f"passgap.results.settings.{name}Settings"
                for name in (
                    "Probe",
                    "Adaptive",
                    "Compare",
                    "Reach",
                    "Plan",
                    "Select",
                    "Watch",
                    "Audit",
                    "Backtest",
                    "Forecast",
                )
            ]
        },
    ),
    "statistics": (
        "Statistics",
        "The mathematics behind the analyses: arrays in, results out, with only numpy and scipy. "
        "Import these from `passgap.stats`. What each assumes is described under "
        "[Methods](../../methods/index.md).",
        {},  # see _statistics()
    ),
}
MODULES = {
    "passk": "pass@k and similar measures",
    "intervals.population": "Intervals for a population of problems",
    "intervals.fixed": "Intervals for exactly these problems",
    "intervals.curves": "Intervals along a curve",
    "intervals.shares": "Proportions",
    "ratios": "Ratios of means",
    "intervals.unseen": "Problems that were not seen",
    "betabinomial": "The Beta-binomial fit",
    "mixture": "The difficulty distribution",
    "tilt": "The tilt",
    "odds": "New and lost problems",
    "multiplicity": "Multiple tests",
    "guessing": "Luck",
    "importance": "Reach",
    "votes": "Majority votes",
    "association": "Association within problems",
    "exchange": "Whether two sets of samples come from one policy",
}
# of a run the commands and the functions of its page are the face, not its methods
WITHOUT_MEMBERS = {"Run": "\n    options:\n      members: false"}
HEAD = """# Python

Everything on these pages is `passgap.NAME`, except [settings](settings.md) and
[statistics](statistics.md). A name is loaded when it is first used: `import passgap` loads nothing
heavy.
"""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages."""
    for place, text in pages().items():
        files.append(File.generated(config, place, content=text))
    return files


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the pages into the navigation, below the overview."""
    reference = next(part["Reference"] for part in config.nav if "Reference" in part)
    python = next(part["Python"] for part in reference if "Python" in part)
    python += [{title: f"{FOLDER}/{name}.md"} for name, (title, _, _) in THEMES.items()]
    return config


def pages() -> dict[str, str]:
    """The Markdown of each page, by its place."""
    grouped = {name: _groups(name, groups) for name, (_, _, groups) in THEMES.items()}
    listed = {one for groups in grouped.values() for names in groups.values() for one in names}
    missing = {one for one in passgap.__all__ if not one.startswith("_")} - listed
    if missing:
        raise UsageError(
            f"no page of the Python reference lists {', '.join(sorted(missing))}; add each to a "
            "theme in docs/hooks/python_names.py"
        )
    shown = {f"{FOLDER}/{name}.md": _page(name, groups) for name, groups in grouped.items()}
    return {f"{FOLDER}/index.md": HEAD + "".join(map(_entry, grouped.items()))} | shown


def _groups(theme: str, groups: Groups) -> Groups:
    return _statistics() if theme == "statistics" else groups


def _statistics() -> Groups:
    """The other names of ``passgap.stats``, under the titles of the modules they stand in."""
    stats = importlib.import_module("passgap.stats")
    found: dict[str, list[str]] = {title: [] for title in MODULES.values()}
    for name in sorted(set(stats.__all__) - set(passgap.__all__)):  # those have a page of theirs
        module = getattr(stats, name).__module__
        found[MODULES[module.removeprefix("passgap.stats.")]].append(f"{module}.{name}")
    return found


def _entry(one: tuple[str, Groups]) -> str:
    """A page of the overview, with the names on it."""
    theme, groups = one
    names = [name.rpartition(".")[2] for group in groups.values() for name in group]
    links = ", ".join(f"[`{name}`][{_place(name, groups)}]" for name in names)
    return f"\n## [{THEMES[theme][0]}]({theme}.md)\n\n{links}\n"


def _page(theme: str, groups: Groups) -> str:
    title, about, _ = THEMES[theme]
    parts = [f"# {title}", about]
    for section, names in groups.items():
        parts += [f"## {section}"] if section else []
        parts += [f"::: {_place(name, groups)}{WITHOUT_MEMBERS.get(name, '')}" for name in names]
    return "\n\n".join(parts) + "\n"


def _place(name: str, groups: Groups) -> str:
    """Where the name is defined, so that its own docstring is found."""
    whole = [one for names in groups.values() for one in names if one.endswith(f".{name}")]
    if "." in name or whole:
        return whole[0] if whole else name
    value: Any = getattr(passgap, name)
    module = importlib.import_module(value.__module__)
    assert getattr(module, value.__name__) is value
    return f"{value.__module__}.{value.__name__}"
