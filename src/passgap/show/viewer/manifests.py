"""What a manifest says, in a reader's words.

In: a manifest. Out: what the pages show of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from passgap.data.counts import Design
from passgap.runs import Manifest
from passgap.runs.manifest import SamplingEntry
from passgap.show.viewer.finding import Found


@dataclass(frozen=True)
class About:
    """What a run is: its place below the root, and what its manifest says."""

    id: str
    name: str
    policy: str
    policy_path: str
    weights: str
    problems: str
    problem_set: str
    size: int
    n: int
    settings: str
    template: str
    engine: str
    created: str
    command: str
    design: Design


def about(found: Found, manifest: Manifest) -> About:
    """What the pages say of a run."""
    policy, problems = manifest.policy, manifest.problem_set
    return About(
        id=found.id,
        name=found.name,
        policy=PurePath(policy["path"]).name,
        policy_path=policy["path"],
        weights=policy["weights_digest"],
        problems=problems["name"],
        problem_set=problems["digest"],
        size=problems["size"],
        n=manifest.n,
        settings=_settings(manifest.sampling),
        template=manifest.prompt["template_name"] or "own template",
        engine=manifest.engine["name"],
        created=manifest.created[:16].replace("T", " "),
        command=manifest.command,
        design=manifest.design,
    )


def _settings(sampling: SamplingEntry) -> str:
    """The settings in a line; those that an imported log does not tell are named."""
    told = {
        "temperature {:g}": sampling["temperature"],
        "top-p {:g}": sampling["top_p"],
        "top-k {:d}": sampling["top_k"],
        "{:,d} tokens": sampling["max_tokens"],
    }
    names = {"{:,d} tokens": "max-tokens"}
    shown = [
        form.format(value)
        for form, value in told.items()
        if value is not None and not (form.startswith("top-k") and value == 0)
    ]
    untold = [names.get(form) or form.split()[0] for form, value in told.items() if value is None]
    return ", ".join([*shown, *([f"{', '.join(untold)} not in the log"] if untold else [])])
