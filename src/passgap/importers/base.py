"""What every importer shares: the record of one draw, what was asked, what the log told.

In: a value that a log calls score, reward, correct. Out: a status, or a refusal of partial credit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from passgap.errors import UsageError
from passgap.importers.conditions import Condition
from passgap.types import ProblemSet, Status

EXAMPLES = 3
WORDS: dict[str, Status] = {
    **dict.fromkeys(("true", "pass", "passed", "correct", "yes", "1", "1.0"), "correct"),
    **dict.fromkeys(("false", "fail", "failed", "incorrect", "no", "0", "0.0"), "incorrect"),
}


class Record(NamedTuple):
    """One draw as a log tells it.

    ``question``, or else the rendered ``prompt``, or else the source's ``key`` says which problem
    it is of. ``order`` sorts the draws of a problem (a seed, an epoch) before the order of reading.
    ``status`` is the source's label, None where it gives none; ``finish_reason`` None where it
    does not say; ``metadata`` is the problem's.
    """

    text: str
    question: str = ""
    reference: str = ""
    prompt: str = ""
    key: str = ""
    order: int = 0
    status: Status | None = None
    extracted: str | None = None
    reason: str = ""
    finish_reason: str | None = None
    tokens: int = 0
    metadata: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Asked:
    """The import's settings: fields are the command's flags.

    Parameters
    ----------
    problems
        The problems that the log's draws are of; None takes them from the log.
    leave_out_unmatched
        Leave out draws of no problem in ``problems``; else they are refused.
    id_field, question_field, answer_field, text_field, label
        Which field (dotted) holds the source's id, the question, the reference, the completion,
        and the label (a scorer's, metric's, reward's or field's name); None takes the usual one.
    correct_if
        What makes a number correct.
    filter
        Of lm-eval: the filter whose rows are read.
    where
        ``(field, value)`` pairs that a row has to have.
    step
        Of training dumps: the step that is read.
    verifier
        The verifier that the problems name.
    policy
        What was sampled; None takes what the log says.
    sampling
        Settings that the log does not say: temperature, top_p, top_k, max_tokens.
    """

    problems: ProblemSet | None = None
    leave_out_unmatched: bool = False
    id_field: str | None = None
    question_field: str | None = None
    answer_field: str | None = None
    text_field: str | None = None
    label: str | None = None
    correct_if: Condition | None = None
    filter: str | None = None
    where: tuple[tuple[str, str], ...] = ()
    step: int | None = None
    verifier: str | None = None
    policy: str | None = None
    sampling: Mapping[str, Any] = field(default_factory=dict)

    def given(self) -> list[str]:
        """The names of the fields that differ from their default."""
        default = Asked()
        return [name for name in vars(self) if getattr(self, name) != getattr(default, name)]


@dataclass
class Told:
    """What a log tells besides its draws, and what the importer left out; filled while reading.

    ``label`` names what marked the draws; ``chat`` says that prompts are messages; ``left_out``
    counts rows by the reason, with examples; ``notes`` are what the reader of the run should know.
    """

    label: str = ""
    policy: str = ""
    version: str = ""
    chat: bool = False
    sampling: dict[str, Any] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)

    def leave_out(self, reason: str, example: str = "") -> None:
        """Count a row that is not imported."""
        self.left_out[reason] = self.left_out.get(reason, 0) + 1
        shown = self.examples.setdefault(reason, [])
        if example and len(shown) < EXAMPLES and example not in shown:
            shown.append(example[:80])

    def note(self, text: str) -> None:
        """Say something once."""
        self.notes[text] = None

    def set_policy(self, name: str) -> None:
        """Note what was sampled, where the log says it.

        Raises
        ------
        UsageError
            If it said another before: draws of several policies are not pooled.
        """
        if name and self.policy and name != self.policy:
            raise UsageError(
                f"the log holds draws of several policies ({self.policy}, {name}), which are not "
                "pooled; give the files of one"
            )
        self.policy = name or self.policy

    def set_sampling(self, **values: Any) -> None:
        """Note the settings that are known; None is not.

        Raises
        ------
        UsageError
            If one of them was another before: draws of several settings are not pooled.
        """
        for name, value in values.items():
            before = self.sampling.get(name)
            if value is not None and before is not None and value != before:
                raise UsageError(
                    f"the log holds draws at {name} {before} and {value}, which are not pooled; "
                    "give the files of one"
                )
            if value is not None:
                self.sampling[name] = value


@dataclass(frozen=True)
class Peek:
    """The first file of a log and its first row, for guessing the format."""

    files: tuple[Path, ...]
    row: Mapping[str, Any]

    @property
    def name(self) -> str:
        return self.files[0].name

    def has(self, *names: str) -> bool:
        """Whether the row has all these fields."""
        return all(name in self.row for name in names)


Reader = Callable[[Sequence[Path], Asked, Told], Iterator[Record]]


@dataclass(frozen=True)
class Format:
    """One format: what it is called, which files it has, how it is told and read.

    Parameters
    ----------
    name, summary
        As typed, and in a line of help.
    patterns
        File names looked for in a folder, the first pattern with any file wins.
    claims
        Whether a log is of this format.
    read
        Yields the records.
    takes
        The flags beside the shared ones that mean something here (fields of `Asked`).
    verifier
        The verifier that its problems name unless asked otherwise.
    many
        Whether the several files of a folder are one log.
    """

    name: str
    summary: str
    patterns: tuple[str, ...]
    claims: Callable[[Peek], bool]
    read: Reader
    takes: frozenset[str] = frozenset()
    verifier: str = "math"
    many: bool = False


def status_of(value: Any, asked: Asked, label: str, where: str) -> Status:
    """The status that a source's label means.

    Parameters
    ----------
    value
        A truth value, a number, or the word for one; None and nan are unscored.
    asked
        With the condition that numbers have to fulfil.
    label, where
        What the value is called, and which draw it is of, for the error.

    Raises
    ------
    UsageError
        For partial credit without a condition, and for what is no label.
    """
    if value is None:
        return "unscored"
    if isinstance(value, bool):
        return "correct" if value else "incorrect"
    if isinstance(value, str):
        word = value.strip().lower()
        if asked.correct_if is None and word in WORDS:
            return WORDS[word]
        value = _number(value, label, where)
    if not isinstance(value, int | float):
        raise UsageError(
            f"{label} is {str(value)[:60]!r} in {where}; allowed: a truth value or a number; name "
            "another label with --label"
        )
    if math.isnan(value):
        return "unscored"
    if asked.correct_if is not None:
        return "correct" if asked.correct_if.holds(value) else "incorrect"
    if value not in (0, 1):
        raise UsageError(
            f"{label} is {value:g} in {where}, neither 0 nor 1; say which count as correct, as "
            f"--correct-if '{label.rpartition('.')[2]}>=1'"
        )
    return "correct" if value else "incorrect"


def said(label: str, asked: Asked) -> str:
    """What marks the draws, with the condition on it.

    Raises
    ------
    UsageError
        If the condition is on another field.
    """
    condition = asked.correct_if
    if condition is None:
        return label
    if condition.field not in ("score", label, label.rpartition(".")[2]):
        raise UsageError(
            f"--correct-if {condition} names {condition.field!r}; allowed here: score or {label}"
        )
    return f"{label}{condition.sign}{condition.bound:g}"


def _number(text: str, label: str, where: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError(
            f"{label} is {text[:60]!r} in {where}; allowed: a truth value or a number; name "
            "another label with --label"
        ) from None


def plain(value: Any) -> str:
    """A question or answer as text: messages and lists by their texts, None as nothing."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return f"{value:g}" if isinstance(value, float) else str(value)
    if isinstance(value, Mapping):
        for name in ("content", "text", "prompt"):
            if name in value:
                return plain(value[name])
        return ""
    if isinstance(value, Sequence):
        return "\n".join(filter(None, map(plain, value)))
    return str(value)


def asked_text(messages: Any) -> str:
    """The last thing a user says in messages; any other value as text."""
    if isinstance(messages, Sequence) and not isinstance(messages, str):
        said = [
            m for m in messages if isinstance(m, Mapping) and m.get("role") in ("user", "HUMAN")
        ]
        if said:
            return plain(said[-1])
    return plain(messages)


def shown(messages: Any) -> str:
    """A whole prompt as text; messages with their roles."""
    if isinstance(messages, Sequence) and not isinstance(messages, str):
        return "\n".join(
            f"{m.get('role', '')}: {plain(m)}" if isinstance(m, Mapping) else plain(m)
            for m in messages
        )
    return plain(messages)


def final(reference: Any) -> str:
    """A reference as its verifier reads it: GSM8K's worked solution ends in ``#### answer``."""
    text = plain(reference).strip()
    if "####" in text:
        return text.rpartition("####")[2].strip().replace(",", "")
    return text


def ended(reason: Any) -> str | None:
    """A finish reason as ``stop`` or ``length``; None where it says neither."""
    known = {
        "stop": "stop",
        "eos": "stop",
        "end_turn": "stop",
        "stop_sequence": "stop",
        "length": "length",
        "max_tokens": "length",
        "model_length": "length",
    }
    return known.get(str(reason).lower()) if reason is not None else None
