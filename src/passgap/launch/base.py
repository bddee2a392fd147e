"""The interface of every launcher. In: rows and a Job. Out: the files of one trainer.

What reaches a reward function differs. TRL, ms-swift, SkyRL and AReaL hand it every column. verl
hands it ``extra_info`` and the ground truth, slime ``metadata``. OpenRLHF and NeMo-RL hand it one
label string, so there the whole problem is in the label, as JSON.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import polars as pl
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from passgap._version import __version__
from passgap.errors import UsageError
from passgap.launch.rows import Row
from passgap.launch.settings import JobSettings
from passgap.launch.tokenizers import leading_tokens
from passgap.runs import write_from, write_text

TEMPLATES = Path(__file__).parent / "templates"
SPECIAL_FILE = "special_tokens.json"  # a tokenizer may have thousands
KNOWN: dict[str, type[pl.DataType]] = {"pass_rate": pl.Float64, "n": pl.Int64, "c": pl.Int64}
MESSAGES = pl.List(pl.Struct({"role": pl.String, "content": pl.String}))

Split = Literal["train", "held_out"]


@dataclass(frozen=True)
class Job:
    """What a trainer's files are made from.

    ``policy`` is an absolute path or a hub id; ``source`` names the problem set. ``verifier`` is
    the spec of one verifier for all problems, None takes the one each problem names. ``stop`` ends
    what the reward reads. ``chat`` says that prompts are messages, not texts; ``problems`` and
    ``held_out`` are counts.
    """

    policy: str
    source: str
    verifier: str | None
    stop: tuple[str, ...]
    chat: bool
    problems: int
    held_out: int
    settings: JobSettings

    @cached_property
    def leading(self) -> str:
        """The special tokens that the policy's tokenizer puts before a plain text."""
        return "" if self.chat else leading_tokens(self.policy)

    @property
    def shown(self) -> str:
        """The source's name, safe within any quotes."""
        return "".join(c if c.isprintable() and c not in '"\\`' else "_" for c in self.source)

    @property
    def steps_a_pass(self) -> int:
        """Whole steps in one pass over the problems; the remainder is not drawn."""
        return self.problems // self.settings.prompts_per_step

    @property
    def passes(self) -> int:
        """Passes over the problems that the requested steps take."""
        return math.ceil(self.settings.steps / self.steps_a_pass)


@dataclass(frozen=True)
class Launcher:
    """One trainer.

    Parameters
    ----------
    data
        Writes rows: called with the rows, a folder, a file name, the split that a reward sees, and
        the problem set's name; returns the files.
    files
        The texts of a job's other files, by name.
    validates
        The trainer needs problems that are held out.
    begins_texts
        A plain prompt has to begin with what the tokenizer would add (`Job.leading`).
    only_chat
        The trainer shows every prompt through the policy's chat template.
    uses
        The settings that its files use; None: all.
    """

    data: Callable[[Sequence[Row], Path, str, Split, str], list[Path]]
    files: Callable[[Job], Mapping[str, str]]
    validates: bool = False
    begins_texts: bool = False
    only_chat: bool = False
    uses: Collection[str] | None = None


def rendered(trainer: str, job: Job, *names: str, **more: object) -> dict[str, str]:
    """The templates of a trainer, filled in with the job and more values by name."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # shell and Python, quoted by the filters below
    )
    environment.filters |= {"python": repr, "shell": _shell, "hydra": _hydra}
    told = {"job": job, "s": job.settings, "version": __version__, **more}
    return {name: environment.get_template(f"{trainer}/{name}.j2").render(told) for name in names}


def _shell(value: object) -> str:
    """A value inside double quotes of a shell."""
    text = str(value)
    for char in ("\\", '"', "$", "`"):
        text = text.replace(char, f"\\{char}")
    return text


def _hydra(value: object) -> str:
    """A value inside single quotes of a Hydra override, inside double quotes of a shell."""
    text = str(value)
    if text.endswith("\\"):
        raise UsageError(
            f"{text!r} ends in a backslash, which a launch script cannot contain; remove it"
        )
    return _shell(text.replace("'", "\\'"))


def write_jsonl(rows: Sequence[Mapping[str, object]], path: Path) -> Path:
    """One line per row."""
    write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), path)
    return path


def write_parquet(frame: pl.DataFrame, path: Path) -> Path:
    """A Parquet file, written atomically."""
    write_from(path, frame.write_parquet)
    return path
