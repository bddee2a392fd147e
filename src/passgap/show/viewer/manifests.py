"""What a manifest says, checked: a viewer opens folders that anybody may have written.

In: a manifest, or its values. Out: what the pages show of it, or an error that names what is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from passgap.errors import RunError
from passgap.runs import Manifest

MOST_BLOCKS = 1_000_000


def described(manifest: Manifest) -> dict[str, Any]:
    """What a run is, in a reader's words.

    Raises
    ------
    RunError
        If a value is missing or none that could be, or the blocks are more than MOST_BLOCKS.
    """
    try:
        _check_blocks(manifest)
        return _described(manifest)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise RunError(
            f"manifest.json holds what none of passgap does ({error!r}); it was changed, or "
            "written by something else"
        ) from error


def _described(manifest: Manifest) -> dict[str, Any]:
    sampling, policy = manifest.sampling, manifest.policy
    return {
        "policy": PurePath(str(policy["path"])).name,
        "policy_path": str(policy["path"]),
        "weights": str(policy["weights_digest"]),
        "problems": str(manifest.problem_set["name"]),
        "set": str(manifest.problem_set["digest"]),
        "size": int(manifest.problem_set["size"]),
        "n": int(manifest.n),
        "settings": _settings(sampling),
        "template": str(manifest.prompt["template_name"] or "own template"),
        "engine": str(manifest.engine["name"]),
        "created": str(manifest.created)[:16].replace("T", " "),
        "command": str(manifest.command),
        "design": str(manifest.design),
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


def _check_blocks(manifest: Manifest) -> None:
    size = int(manifest.problem_set["size"])
    blocks = 0
    for part in manifest.rounds:
        if min(part.draws, part.block_problems, part.block_draws) < 1 or part.first_draw < 0:
            raise ValueError(f"a round of {part.draws} draws in blocks of {part.block_draws}")
        rows = size if part.problems is None else len(part.problems)
        blocks += -(-rows // part.block_problems) * -(-part.draws // part.block_draws)
    if blocks > MOST_BLOCKS:
        raise ValueError(f"{blocks:,} blocks")
