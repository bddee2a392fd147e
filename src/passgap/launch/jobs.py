"""A folder that another trainer runs: data, the reward file, the launch script, a README.

In: rows to train on and to hold out, the policy, the settings. Out: on disk, all paths in it
relative to the folder ::

    train.parquet, val.parquet (verl)   or train.jsonl, val.jsonl (OpenRLHF, TRL)
    reward.py or train.py               evaluation's verifier, imported from passgap and recorded
    launch.sh (verl, OpenRLHF)          the trainer's own command
    special_tokens.json (OpenRLHF)      what its texts hold and evaluation's do not
    settings.json, README.md            what was asked; three commands

The settings mean what they mean in ``passgap train``: GRPO as published, on policy, nothing that
shapes the distribution but the temperature.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from passgap._version import __version__
from passgap.data.policies import Policy
from passgap.errors import MismatchError, UsageError
from passgap.launch.formats import write_format
from passgap.launch.rows import Row
from passgap.launch.settings import JobSettings
from passgap.launch.tokenizers import leading_tokens, special_tokens
from passgap.runs import write_text

TEMPLATES = Path(__file__).parent / "templates"
FILES = {
    "verl": ("reward.py", "launch.sh", "README.md"),
    "openrlhf": ("reward.py", "launch.sh", "README.md"),
    "trl": ("train.py", "README.md"),
}
SPECIAL_FILE = "special_tokens.json"  # a tokenizer may have thousands


def check_job(
    trainer: str, train: Sequence[Row], held_out: Sequence[Row], settings: JobSettings
) -> None:
    """Refuse what the trainer could not run, before anything is written.

    Raises
    ------
    UsageError
        For too few problems, or verl without problems to validate on.
    MismatchError
        For held-out problems that are trained on.
    """
    if len(train) < settings.prompts_per_step:
        raise UsageError(
            f"prompts_per_step is {settings.prompts_per_step} and there are {len(train)} problems; "
            "allowed: at most as many prompts a step as problems"
        )
    if trainer == "verl" and not held_out:
        raise UsageError("verl validates while it trains: give --held-out PROBLEMS")
    trained = {row.problem.id for row in train}
    shared = [row.problem.id for row in held_out if row.problem.id in trained]
    if shared:
        raise MismatchError(
            f"{len(shared)} of the {len(held_out)} held-out problems are trained on, e.g. "
            f"{shared[0]}; hold out others, or leave them out of training (--leave-out-held-out)"
        )


def write_job(
    trainer: str,
    train: Sequence[Row],
    held_out: Sequence[Row],
    policy: Policy,
    folder: Path,
    *,
    settings: JobSettings,
    source: str,
    verifier: str | None = None,
) -> list[Path]:
    """Write everything a training run elsewhere needs.

    Parameters
    ----------
    trainer
        ``verl``, ``openrlhf`` or ``trl``.
    train, held_out
        Rows; none held out is allowed but for verl.
    policy
        What is trained; its stop strings end what the reward reads.
    folder
        Where to; the files named in this module's docstring are written whole.
    settings
        What is asked of the trainer.
    source
        The problem set's name, for the trainer's metrics.
    verifier
        The spec of one verifier for all problems; None: the one each problem names.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    UsageError, MismatchError
        As `check_job`; or when a plain prompt needs the tokenizer of a policy that is no folder.
    """
    check_job(trainer, train, held_out, settings)
    facts = _facts(trainer, train, held_out, policy, settings, source, verifier)
    rows = {"train": _begun(train, facts), "val": _begun(held_out, facts)}
    written: list[Path] = []
    for name, given in rows.items():
        if given:
            split: Any = "train" if name == "train" else "held_out"
            written += write_format(trainer, given, folder, name, split=split, source=source)
    asked = {name: facts[name] for name in ("trainer", "policy", "source", "verifier", "stop")}
    asked |= {"schema": "passgap.export/1", "settings": asdict(settings)}
    texts = {"settings.json": json.dumps(asked, indent=2, ensure_ascii=False) + "\n"}
    if trainer == "openrlhf":
        texts[SPECIAL_FILE] = json.dumps(special_tokens(facts["policy"])) + "\n"
    texts |= {name: _rendered(trainer, name, facts) for name in FILES[trainer]}
    for name, text in texts.items():
        write_text(text, folder / name)
        written.append(folder / name)
    return written


def _facts(
    trainer: str,
    train: Sequence[Row],
    held_out: Sequence[Row],
    policy: Policy,
    settings: JobSettings,
    source: str,
    verifier: str | None,
) -> dict[str, Any]:
    """What the templates say of this job."""
    chat = bool(train[0].prompt.messages)
    local = Path(policy.path).is_dir()
    path = str(Path(policy.path).resolve()) if local else policy.path
    needs_leading = trainer != "trl" and not chat
    steps_a_pass = len(train) // settings.prompts_per_step  # what is left over is not drawn
    return {
        "trainer": trainer,
        "policy": path,
        "source": source,
        "verifier": verifier,
        "stop": list(policy.prompt.stop),
        "chat": chat,
        "leading": leading_tokens(path) if needs_leading else "",
        "shown": "".join(c if c.isprintable() and c not in '"\\`' else "_" for c in source),
        "problems": len(train),
        "held_out": len(held_out),
        "steps_a_pass": steps_a_pass,
        "passes": math.ceil(settings.steps / steps_a_pass),
        "s": settings,
        "version": __version__,
    }


def _begun(rows: Sequence[Row], facts: dict[str, Any]) -> list[Row]:
    """For OpenRLHF a plain prompt begins with what the tokenizer would put there."""
    if facts["trainer"] != "openrlhf" or not facts["leading"]:
        return list(rows)
    return [
        replace(row, prompt=replace(row.prompt, text=facts["leading"] + row.prompt.text))
        for row in rows
    ]


def _rendered(trainer: str, name: str, facts: dict[str, Any]) -> str:
    environment = Environment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # shell and Python, quoted by the filters below
    )
    environment.filters |= {"python": repr, "shell": _shell, "hydra": _hydra}
    text = (TEMPLATES / trainer / f"{name}.j2").read_text(encoding="utf-8")
    return environment.from_string(text).render(facts)


def _shell(value: Any) -> str:
    """A value inside double quotes of a shell."""
    text = str(value)
    for char in ("\\", '"', "$", "`"):
        text = text.replace(char, f"\\{char}")
    return text


def _hydra(value: Any) -> str:
    """A value inside single quotes of a Hydra override, inside double quotes of a shell."""
    text = str(value)
    if text.endswith("\\"):
        raise UsageError(f"{text!r} ends in a backslash, which a launch script cannot carry")
    return _shell(text.replace("'", "\\'"))
