"""A folder that another trainer runs: data, the reward file, the launch script, a README.

In: rows to train on and to hold out, the policy, the settings. Out: on disk, all paths in it
relative to the folder ::

    train.parquet, val.parquet   or .jsonl, as the trainer reads them
    reward.py or train.py        evaluation's verifier, imported from passgap and recorded; named
                                 as the trainer calls such a file: env.py, plugin.py ..
    launch.sh                    the trainer's own command (verl, OpenRLHF)
    special_tokens.json          special tokens in a trainer's texts, not in evaluation's
    settings.json, README.md     the settings; the commands

The settings mean the same as in ``passgap train``: an algorithm as published (GRPO, and for verl
others), on policy, with nothing but the temperature shaping the distribution.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from passgap.data.images import refuse_images
from passgap.data.policies import Policy
from passgap.errors import UsageError
from passgap.launch.base import Job, Launcher, Split
from passgap.launch.rows import Row
from passgap.launch.settings import JobSettings
from passgap.plain import plural
from passgap.registry import Registry
from passgap.runs import write_text
from passgap.training.folder import refuse_shared


def _accept(made: object, package: str) -> Launcher | None:
    return made if isinstance(made, Launcher) else None


LAUNCHERS = Registry(
    "trainer",
    "a passgap Launcher",
    "passgap.launchers",
    {
        "trl": "passgap.launch.trl:LAUNCHER",
        "verl": "passgap.launch.verl:LAUNCHER",
        "openrlhf": "passgap.launch.openrlhf:LAUNCHER",
        "slime": "passgap.launch.rewarded:SLIME",
        "skyrl": "passgap.launch.rewarded:SKYRL",
        "ms-swift": "passgap.launch.rewarded:MS_SWIFT",
        "areal": "passgap.launch.rewarded:AREAL",
        "nemo-rl": "passgap.launch.rewarded:NEMO_RL",
        "verifiers": "passgap.launch.rewarded:VERIFIERS",
    },
    _accept,
)
FORMS = ("trl", "verl", "openrlhf")  # what select writes unless it is asked for others
ONLY_JSONL = "passgap select writes them as JSONL, without --format"


def check_forms(forms: Sequence[str]) -> None:
    """Refuse a format that no launcher writes."""
    for form in forms:
        LAUNCHERS[form]


def write_format(
    form: str, rows: Sequence[Row], folder: Path, name: str, *, split: Split, source: str
) -> list[Path]:
    """Write rows as ``folder/name.parquet`` or ``.jsonl``, as the format needs; returns the files.

    Either all rows have a text, or all have messages. ``split`` is what a reward sees; ``source``,
    the problem set's name, is what the trainer groups its metrics by.

    Raises UsageError for an unknown format, and for problems with images, which none of them holds.
    """
    refuse_images([row.problem.images for row in rows], f"the format {form}", ONLY_JSONL)
    return LAUNCHERS[form].data(rows, folder, name, split, source)


def check_job(
    trainer: str, train: Sequence[Row], held_out: Sequence[Row], settings: JobSettings
) -> None:
    """Refuse what the trainer could not run, before anything is written.

    Raises UsageError for too few problems, some with images, none to validate on if the trainer
    validates, or plain prompts if it shows messages only. Raises MismatchError for held-out
    problems that are also trained on.
    """
    if len(train) < settings.prompts_per_step:
        raise UsageError(
            f"prompts_per_step is {settings.prompts_per_step} for "
            f"{plural(len(train), 'problem')}; allowed: at most as many prompts per step as "
            "problems"
        )
    launcher = LAUNCHERS[trainer]
    if launcher.validates and not held_out:
        raise UsageError(f"{trainer} validates during training: give --held-out PROBLEMS")
    if launcher.only_chat and not train[0].prompt.messages:
        raise UsageError(
            f"{trainer} shows every prompt through the policy's chat template, and these prompts "
            "are plain texts; give --template chat (a run: sample it with that)"
        )
    images = [row.problem.images for row in (*train, *held_out)]
    refuse_images(images, "a job for a trainer", ONLY_JSONL)
    refuse_shared([row.problem for row in train], [row.problem for row in held_out])


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
    """Write everything a training run elsewhere needs; returns the files.

    ``held_out`` may be empty unless the trainer validates. The policy's stop strings end what the
    reward reads. ``source`` is the problem set's name, for the trainer's metrics; ``verifier`` the
    spec of one verifier for all problems, None takes the one each problem names.

    Raises UsageError or MismatchError as `check_job`, and where a plain prompt needs the tokenizer
    of a policy that is not a folder.
    """
    check_job(trainer, train, held_out, settings)
    local = Path(policy.path).is_dir()
    job = Job(
        policy=str(Path(policy.path).resolve()) if local else policy.path,
        source=source,
        verifier=verifier,
        stop=tuple(policy.prompt.stop),
        chat=bool(train[0].prompt.messages),
        problems=len(train),
        held_out=len(held_out),
        settings=settings,
    )
    launcher = LAUNCHERS[trainer]
    if launcher.begins_texts:
        train, held_out = _begun(train, job.leading), _begun(held_out, job.leading)
    used = {
        name: value
        for name, value in asdict(settings).items()
        if launcher.uses is None or name in launcher.uses
    }
    asked = {
        "schema": "passgap.export/1",
        "trainer": trainer,
        "policy": job.policy,
        "source": source,
        "verifier": verifier,
        "stop": list(job.stop),
        "settings": used,
    }
    texts = {"settings.json": json.dumps(asked, indent=2, ensure_ascii=False) + "\n"}
    texts |= launcher.files(job)
    written = write_format(trainer, train, folder, "train", split="train", source=source)
    if held_out:
        written += write_format(trainer, held_out, folder, "val", split="held_out", source=source)
    for name, text in texts.items():
        write_text(text, folder / name)
        written.append(folder / name)
    return written


def _begun(rows: Sequence[Row], leading: str) -> list[Row]:
    """Plain prompts with what the tokenizer would put before them."""
    return [
        replace(row, prompt=replace(row.prompt, text=leading + row.prompt.text)) for row in rows
    ]
