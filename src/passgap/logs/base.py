"""What every importer shares: the record of one draw, the settings, what the log says.

In: nothing. Out: the types that formats yield and fill in.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from passgap.data.images import Image
from passgap.data.outcomes import Status
from passgap.data.problems import ProblemSet
from passgap.errors import UsageError

_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}
_FORM = re.compile(
    r"\s*([^\s<>=!]+)\s*(>=|<=|==|>|<)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)\s*"
)


@dataclass(frozen=True)
class Condition:
    """Which numbers count as correct: ``field operator bound``."""

    field: str
    sign: str
    bound: float

    def holds(self, value: float) -> bool:
        """Whether the value satisfies it."""
        return _OPERATORS[self.sign](value, self.bound)

    def __str__(self) -> str:
        return f"{self.field}{self.sign}{self.bound:g}"


def parse_condition(text: str) -> Condition:
    """Read ``FIELD OPERATOR NUMBER``.

    Raises UsageError for anything else.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise UsageError(
            f"--correct-if {text!r}; allowed: a field, one of {' '.join(_OPERATORS)} and a "
            "number, such as 'score>=1'"
        )
    return Condition(match[1], match[2], float(match[3]))


EXAMPLES = 3
LIMITS: dict[str, tuple[Callable[[float], bool], str]] = {
    "temperature": (lambda value: value >= 0, "a number >= 0 (0: greedy)"),
    "top_p": (lambda value: 0 < value <= 1, "a number in (0, 1]"),
    "top_k": (lambda value: value >= -1, "an integer >= 0 (0 or -1: off)"),
    "max_tokens": (lambda value: value >= 1, "an integer >= 1"),
}


class Record(NamedTuple):
    """One draw as recorded in a log.

    Its problem is identified by ``question``, or else the rendered ``prompt``, or else the source's
    ``key``, and by the ``images`` that the log holds. ``order`` sorts the draws of a problem (a
    seed, an epoch) before the order of reading. ``status`` is the source's label, None if it has
    none; ``finish_reason`` None if unknown; ``turns`` are the policy's own in a trajectory and
    ``cost`` its price in US dollars, None if unknown; ``metadata`` is the problem's; ``fields`` are
    the other fields of the row, by which policies are distinguished.
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
    turns: int | None = None
    cost: float | None = None
    metadata: Mapping[str, object] | None = None
    fields: Mapping[str, object] | None = None
    images: tuple[Image, ...] = ()


@dataclass(frozen=True)
class Asked:
    """The import's settings: fields are the command's flags.

    Parameters
    ----------
    problems
        The problems of the log's draws; None takes them from the log.
    leave_out_unmatched
        Leave out draws that belong to none of ``problems``; otherwise they are refused.
    id_field, question_field, answer_field, text_field, label
        Which field (dotted) holds the source's id, the question, the reference, the completion,
        and the label (a scorer's, metric's, reward's or field's name); None takes the usual one.
    correct_if
        Which numbers count as correct.
    filter
        For lm-eval: the filter whose rows are read.
    n_field, c_field, failed_field
        For counts: which fields hold n and c, or the number of failures where there is no n.
    rows
        For tables: the (dotted) key under which one JSON object has its rows.
    where
        ``(field, value)`` pairs that a row must have.
    pool
        Fields whose values are all of one policy though they look as if they told policies apart.
    step
        For training dumps: the step that is read.
    verifier
        The verifier that the problems name.
    policy
        The policy that was sampled; None takes what the log says.
    sampling
        Settings that the log does not record: temperature, top_p, top_k, max_tokens.
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
    n_field: str | None = None
    c_field: str | None = None
    failed_field: str | None = None
    rows: str | None = None
    where: tuple[tuple[str, str], ...] = ()
    pool: tuple[str, ...] = ()
    step: int | None = None
    verifier: str | None = None
    policy: str | None = None
    sampling: Mapping[str, float | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, (holds, allowed) in LIMITS.items():
            value = self.sampling.get(name)
            if value is not None and not holds(value):
                raise UsageError(f"{name} is {value}; allowed: {allowed}")

    def given(self) -> list[str]:
        """The names of the fields that differ from their default."""
        default = Asked()
        return [name for name in vars(self) if getattr(self, name) != getattr(default, name)]


@dataclass(frozen=True)
class LeftOut:
    """Rows that an import left out for one reason, with examples."""

    reason: str
    count: int
    examples: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.count:,} {self.reason}"


@dataclass
class Told:
    """What a log says besides its draws, and what the importer left out; filled while reading.

    ``label`` names what marked the draws; ``chat`` says that prompts are messages; ``left_out``
    counts rows by the reason, with examples; ``notes`` are for the reader of the run; ``unnamed``
    says that a row had no field to which --correct-if could apply; ``found`` are the values of the
    fields that --where names; ``here`` is what the log says of the samples that follow, by the
    names that --where and --pool take: their policy and settings.
    """

    label: str = ""
    policy: str = ""
    version: str = ""
    chat: bool = False
    sampling: dict[str, object] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    unnamed: bool = False
    found: dict[str, dict[str, None]] = field(default_factory=dict)
    here: dict[str, Any] = field(default_factory=dict)

    def rows_left_out(self) -> tuple[LeftOut, ...]:
        """What was left out, by reason."""
        return tuple(
            LeftOut(reason, count, tuple(self.examples.get(reason, ())))
            for reason, count in self.left_out.items()
        )

    def leave_out(self, reason: str, example: str = "") -> None:
        """Count a row that is not imported."""
        self.left_out[reason] = self.left_out.get(reason, 0) + 1
        shown = self.examples.setdefault(reason, [])
        if example and len(shown) < EXAMPLES and example not in shown:
            shown.append(example[:80])

    def note(self, text: str) -> None:
        """Add a note, once."""
        self.notes[text] = None

    def set_policy(self, name: str, **also: object) -> None:
        """Say what policy the samples that follow are of, and what else tells it apart."""
        model = name.encode("utf-8", "replace").decode() or None
        self.here = {**self.here, "model": model, **also}

    def set_sampling(self, stop: object = None, **values: object) -> None:
        """Say how the samples that follow were drawn; what is no such setting is unknown."""
        known = {name: _setting(name, value) for name, value in values.items()}
        texts = tuple(stop) if isinstance(stop, list) else ()
        ends = texts if texts and all(isinstance(one, str) for one in texts) else None
        self.here = {**self.here, **known, "stop_sequences": ends}

    def keep(self, pooled: Collection[str]) -> None:
        """A sample of what is described here is imported: its policy and settings are the run's.

        Those of ``pooled`` fields stay unknown, for they may have several values.
        """
        known = {k: v for k, v in self.here.items() if v is not None and k not in pooled}
        self.policy = self.policy or str(known.get("model", ""))
        for name in LIMITS.keys() & known:
            self.sampling.setdefault(name, known[name])
        if "stop_sequences" in known:
            self.sampling.setdefault("stop", list(known["stop_sequences"]))


def _setting(name: str, value: object) -> float | None:
    """The value of a setting, None where it is not one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if LIMITS[name][0](value) else None


@dataclass(frozen=True)
class Peek:
    """The first file of a log and its first row, for guessing the format.

    ``asked`` is what the user says about it.
    """

    files: tuple[Path, ...]
    row: Mapping[str, object]
    asked: Asked = Asked()

    @property
    def name(self) -> str:
        return self.files[0].name

    def has(self, *names: str) -> bool:
        """Whether the row has all these fields."""
        return all(name in self.row for name in names)


def one_log(path: Path) -> str:
    """What all files of a folder share where they are one log: only the folder."""
    return ""


class Mean(NamedTuple):
    """What a log says about all draws of a problem together: the share of ``draws`` that is right.

    ``record`` names the problem and has no text; ``where`` is for error messages.
    """

    record: Record
    draws: int
    share: float
    where: str


Reader = Callable[[Sequence[Path], Asked, Told], Iterator[Record]]
MeansReader = Callable[[Sequence[Path], Asked, Told], Iterator[Mean]]


@dataclass(frozen=True)
class Has:
    """The claim of a format whose rows have all these fields; other processes can be given it."""

    names: tuple[str, ...]

    def __call__(self, peek: Peek) -> bool:
        return peek.has(*self.names)


def has(*names: str) -> Callable[[Peek], bool]:
    """The claim of a format whose rows have all these fields."""
    return Has(names)


def _never(peek: Peek) -> bool:
    return False


def _parent(path: Path) -> Path:
    return path.parent


def _always(path: Path) -> bool:
    return True


@dataclass(frozen=True)
class Format:
    """One format: its name, its files, how it is recognized and read.

    Parameters
    ----------
    name, summary
        As typed, and a line of help.
    patterns
        File names looked for in a folder; the first pattern with any file wins.
    read
        Yields the records.
    claims
        Whether a log has this format; used only for built-in formats, when none was named.
    takes
        The flags besides the shared ones that apply here (fields of `Asked`).
    verifier
        The verifier that its problems name unless another is requested.
    means
        Yields the shares of correct draws, where a log has nothing but these.
    log_of
        What the files of one log in a folder share; None where each is a separate log.
    folder_of
        The folder of the log that a file belongs to.
    holds
        Whether a file found in a folder has samples.
    """

    name: str
    summary: str
    patterns: tuple[str, ...]
    read: Reader
    claims: Callable[[Peek], bool] = _never
    takes: frozenset[str] = frozenset()
    verifier: str = "math"
    means: MeansReader | None = None
    log_of: Callable[[Path], str] | None = None
    folder_of: Callable[[Path], Path] = _parent
    holds: Callable[[Path], bool] = _always
