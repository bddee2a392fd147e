"""What a manifest says, in a reader's words.

In: a manifest. Out: what the pages show of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from passgap.runs import Manifest


def described(manifest: Manifest) -> dict[str, Any]:
    """What a run is."""
    policy, problems = manifest.policy, manifest.problem_set
    return {
        "policy": PurePath(policy["path"]).name,
        "policy_path": policy["path"],
        "weights": policy["weights_digest"],
        "problems": problems["name"],
        "set": problems["digest"],
        "size": problems["size"],
        "n": manifest.n,
        "settings": _settings(manifest.sampling),
        "template": manifest.prompt["template_name"] or "own template",
        "engine": manifest.engine["name"],
        "created": manifest.created[:16].replace("T", " "),
        "command": manifest.command,
        "design": manifest.design,
    }


def _settings(sampling: Mapping[str, Any]) -> str:
    """The settings in a line; those that an imported log does not tell are named."""
    forms = {
        "temperature": "temperature {:g}",
        "top_p": "top-p {:g}",
        "top_k": "top-k {:d}",
        "max_tokens": "{:,d} tokens",
    }
    told = {name: sampling[name] for name in forms}
    shown = [
        forms[name].format(value)
        for name, value in told.items()
        if value is not None and not (name == "top_k" and value == 0)
    ]
    untold = [name.replace("_", "-") for name, value in told.items() if value is None]
    return ", ".join([*shown, *([f"{', '.join(untold)} not in the log"] if untold else [])])
