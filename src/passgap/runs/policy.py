"""The policy file: what a trained policy was trained from and on, and by what.

In: a policy's folder, possibly from a stranger. Out: `PolicyFile`, whose fields are None where the
file does not give them. ``trainer/request.json`` holds the same for an unfinished training
(`Request`), and is written first. A damaged file, or one that passgap did not write, is a RunError.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from passgap.data.policies import Policy, PromptSettings
from passgap.data.problems import ProblemSet
from passgap.errors import RunError
from passgap.plain import shareable
from passgap.runs.documents import decoded, write_json
from passgap.runs.names import POLICY_FILE, REQUEST_FILE

SCHEMA = "passgap.policy/1"
REPAIR = (
    "copy it again from where the policy was trained, or move it away to treat the policy as not "
    "trained by passgap"
)


class Weights(msgspec.Struct, frozen=True):
    """Where weights were found, and their digest."""

    path: str
    revision: str | None = None
    weights_digest: str = ""

    @classmethod
    def of(cls, policy: Policy) -> Weights:
        return cls(shareable(policy.path), policy.revision, policy.weights_digest)


class SetName(msgspec.Struct, frozen=True):
    """Which problems."""

    name: str
    digest: str = ""
    size: int = 0

    @classmethod
    def of(cls, problems: ProblemSet) -> SetName:
        return cls(problems.name, problems.digest, len(problems))


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of a training: two equal requests are one training run."""

    schema: str = SCHEMA
    algorithm: str | None = None
    base: Weights | None = None
    teacher: Weights | None = None
    prompt: PromptSettings | None = None
    config: Mapping[str, object] = {}
    problem_set: SetName | None = None
    held_out: SetName | None = None
    verifier: str | None = None

    def setting(self, name: str) -> int | None:
        """An integer of the config, None if it has none by that name."""
        value = self.config.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def to_dict(self) -> dict[str, object]:
        data: dict[str, object] = msgspec.to_builtins(self)
        return data if self.prompt is None else {**data, "prompt": self.prompt.to_dict()}


class PolicyFile(Request, frozen=True, kw_only=True):
    """What ``passgap_policy.json`` says about the weights beside it."""

    step: int | None = None
    seconds: float | None = None
    stopped_by: str | None = None  # an early warning
    train_problem_ids: tuple[str, ...] | None = None
    versions: Mapping[str, str] = {}


def read_policy(folder: Path | str) -> PolicyFile | None:
    """The policy file of a folder; None if there is none, as for a policy not trained here."""
    return _read(Path(folder) / POLICY_FILE, PolicyFile)


def carried_prompt(folder: Path | str) -> PromptSettings | None:
    """The prompt of a trained policy; None for a policy that was not trained here."""
    trained = read_policy(folder)
    if trained is not None and trained.prompt is None:
        raise RunError(
            f"{Path(folder) / POLICY_FILE} does not record the prompt that the policy was trained "
            "with; copy the file again from where the policy was trained"
        )
    return None if trained is None else trained.prompt


def read_request(folder: Path | str) -> Request | None:
    """The settings of a training run, None if the folder has none."""
    return _read(Path(folder) / REQUEST_FILE, Request)


def write_policy(folder: Path, asked: Request, extra: Mapping[str, object]) -> None:
    """Write the policy file atomically; its existence means that the weights are complete."""
    write_json(folder / POLICY_FILE, asked.to_dict() | dict(extra))


def write_request(folder: Path, asked: Request) -> None:
    """Record the settings, completely or not at all."""
    write_json(folder / REQUEST_FILE, asked.to_dict())


Read = TypeVar("Read", bound=Request)


def _read(file: Path, kind: type[Read]) -> Read | None:
    if not os.path.isfile(file):  # Path.is_file raises at a name that is too long
        return None
    try:
        data = file.read_bytes()
    except OSError as error:
        raise RunError(f"{file} cannot be read: {error.strerror}; fix the permissions") from error
    return decoded(data, file, kind, SCHEMA, REPAIR, unsaid=SCHEMA)
