"""Data and a reward file, without a launch script: trainers that users start by themselves.

Each has the columns that it reads, the file that holds the reward, and the lines of its README that
say where both go. The reward gets the whole problem: as columns, or in the one field that reaches
it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import polars as pl

from passgap.errors import UsageError
from passgap.launch.base import (
    KNOWN,
    MESSAGES,
    SPECIAL_FILE,
    Job,
    Launcher,
    Split,
    rendered,
    write_jsonl,
    write_parquet,
)
from passgap.launch.rows import Row
from passgap.launch.settings import OF_REWARD
from passgap.launch.tokenizers import special_tokens
from passgap.training.foreign import CARRIED

Columns = Callable[[Row, Split], dict[str, object]]


def _problem(row: Row, split: Split) -> dict[str, object]:
    return {"split": split, **row.carried, **row.known}


def _slime(row: Row, split: Split) -> dict[str, object]:
    return {
        "input": row.messages if row.prompt.messages else row.prompt.text,
        "label": row.problem.reference,
        "metadata": _problem(row, split),
    }


def _skyrl(row: Row, split: Split) -> dict[str, object]:
    return {"prompt": row.messages, "env_class": "passgap", **_problem(row, split)}


def _messages(row: Row, split: Split) -> dict[str, object]:
    return {"messages": row.messages, **_problem(row, split)}


def _nemo_rl(row: Row, split: Split) -> dict[str, object]:
    if len(row.messages) > 1:
        raise UsageError(
            f"a prompt has {len(row.messages)} messages; nemo-rl takes one, and a system prompt by "
            "its setting data.default.system_prompt_file: export without --system"
        )
    label = json.dumps(_problem(row, split), ensure_ascii=False)
    return {"input": row.messages[0]["content"], "output": label}


def _verifiers(row: Row, split: Split) -> dict[str, object]:
    return {"prompt": row.messages, **_problem(row, split)}


def _launcher(
    trainer: str,
    columns: Columns,
    reward: str,
    *,
    schema: Mapping[str, type[pl.DataType] | pl.DataType] | None = None,
    special: bool = False,
    plain: bool = False,
) -> Launcher:
    """JSONL, or Parquet in a ``schema``; ``special``: the texts that a reward gets have special
    tokens; ``plain``: prompts may be texts."""

    def data(rows: Sequence[Row], folder: Path, name: str, split: Split, source: str) -> list[Path]:
        given = [columns(row, split) for row in rows]
        if schema is None:
            return [write_jsonl(given, folder / f"{name}.jsonl")]
        return [write_parquet(pl.DataFrame(given, schema=schema), folder / f"{name}.parquet")]

    def files(job: Job) -> Mapping[str, str]:
        texts = rendered(trainer, job, reward, "README.md")
        if special:
            texts[SPECIAL_FILE] = json.dumps(special_tokens(job.policy)) + "\n"
        return texts

    return Launcher(data, files, begins_texts=plain, only_chat=not plain, uses=OF_REWARD)


_TEXTS = dict.fromkeys(("env_class", "split", *CARRIED), pl.String)
SLIME = _launcher("slime", _slime, "reward.py", special=True, plain=True)
SKYRL = _launcher("skyrl", _skyrl, "env.py", schema={"prompt": MESSAGES, **_TEXTS, **KNOWN})
MS_SWIFT = _launcher("ms-swift", _messages, "plugin.py")
AREAL = _launcher("areal", _messages, "reward.py", special=True)
NEMO_RL = _launcher("nemo-rl", _nemo_rl, "environment.py")
VERIFIERS = _launcher("verifiers", _verifiers, "passgap_problems.py")
