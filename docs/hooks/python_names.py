"""The Python reference. In: ``passgap.__all__`` and where each name lives. Out: one page.

Every public name is shown with its docstring, under the part of passgap it comes from.
"""

import importlib
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

import passgap

PAGE = "reference/python.md"
GROUPS = {
    "Counts and pass@k": ["Counts", "read_counts", "write_counts", "pass_at_k"],
    "Verdicts": [
        "probe",
        "Probe",
        "adaptive_probe",
        "AdaptiveProbe",
        "compare",
        "Comparison",
        "UnpairedComparison",
        "compare_by",
        "compare_benchmarks",
        "Slices",
        "compare_seeds",
        "SeedsComparison",
        "compare_sweep",
        "Sweep",
        "reach",
        "reach_runs",
        "score_across",
    ],
    "Planning and selecting": ["plan", "Plan", "select"],
    "Runs": ["sample", "verify", "count", "outcome_matrix", "check", "merge", "report", "Run"],
    "Training": ["train", "TrainConfig", "Watch", "watch_folder", "Watching"],
    "Problems, policies and settings": [
        "load_problems",
        "Problem",
        "ProblemSet",
        "Policy",
        "PromptSettings",
        "SamplingParams",
    ],
    "Numbers and errors": ["Estimate", "Curve", "Verdict", "PassgapError"],
}
# of a run the commands and the functions of this page are the face, not its methods
WITHOUT_MEMBERS = {"Run": "\n    options:\n      members: false"}
HEAD = """# Python

Everything here is `passgap.NAME`. A name is loaded when it is first used: `import passgap` loads
nothing heavy. Results print as tables, show in notebooks, and have `to_dict()`, whose names are
on the page [JSON of the results](json.md).
"""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the page."""
    files.append(File.generated(config, PAGE, content=page()))
    return files


def page() -> str:
    """The page's Markdown; a public name that no group lists stands under Others."""
    listed = {name for names in GROUPS.values() for name in names}
    others = [n for n in passgap.__all__ if n not in listed and not n.startswith("_")]
    parts = [HEAD]
    for title, names in (GROUPS | ({"Others": others} if others else {})).items():
        parts.append(f"## {title}")
        parts += [f"::: {_place(name)}{WITHOUT_MEMBERS.get(name, '')}" for name in names]
    return "\n\n".join(parts) + "\n"


def _place(name: str) -> str:
    """Where the name is defined, so that its own docstring is found."""
    value: Any = getattr(passgap, name)
    module = importlib.import_module(value.__module__)
    assert getattr(module, value.__name__) is value
    return f"{value.__module__}.{value.__name__}"
