"""The rows of the journals: what training, a sampling call and a person record line by line.

A value is None where it was not measured. ``runs.journal`` reads and writes the files.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a journal; a value that is not finite is written as null."""

    def to_dict(self) -> dict[str, object]:
        """As JSON, by the names in the file."""
        found: dict[str, object] = msgspec.to_builtins(self)
        return found


class StepRow(Row, frozen=True, kw_only=True):
    """What was recorded at a training step."""

    step: int


class TrainingRow(StepRow, frozen=True, kw_only=True):
    """One step of a training: a row of ``training.jsonl``.

    ``entropy`` is the mean over the sampled tokens, in nats; ``logp_difference`` the mean distance
    of the log-probabilities that sampler and trainer give them.
    """

    reward: float | None = None
    reward_std: float | None = None
    mixed_share: float | None = None
    completion_length: float | None = None
    truncated_share: float | None = None
    no_answer_share: float | None = None
    unscored: float | None = None
    entropy: float | None = None
    logp_difference: float | None = None
    kl: float | None = None
    loss: float | None = None
    token_accuracy: float | None = None
    grad_norm: float | None = None
    seconds: float | None = None


class CurvePoint(msgspec.Struct, frozen=True, kw_only=True):
    """pass@k at one k, with its interval and, where there is one, the band over all k."""

    k: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    band_low: float | None = None
    band_high: float | None = None


class HeldOutRow(StepRow, frozen=True, kw_only=True):
    """One measurement on held-out problems: a row of ``held_out.jsonl``.

    ``n`` and ``c`` are the scored and correct samples of each problem, in the order of their ids.
    """

    problems: int | None = None
    draws: int | None = None
    unscored: int | None = None
    left_out: int | None = None
    curve: tuple[CurvePoint, ...] = ()
    n: tuple[int, ...] = ()
    c: tuple[int, ...] = ()
    entropy: float | None = None
    answer_entropy: float | None = None
    completion_length: float | None = None
    truncated_share: float | None = None


class Call(Row, frozen=True, kw_only=True):
    """What one sampling call did, and how: a row of ``calls.jsonl``."""

    began: str = ""
    ended: str = ""
    command: str = ""
    blocks: int = 0
    tokens: int = 0
    engine: Mapping[str, object] = {}
    versions: Mapping[str, str] = {}


class AuditMark(Row, frozen=True, kw_only=True):
    """A person's mark of a completion that a verifier called correct: right, wrong or unsure."""

    problem_id: str
    draw: int
    mark: str
