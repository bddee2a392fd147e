"""The nouns of passgap: plain frozen values that every layer passes to the next.

Nothing here reads a file, loads a model or computes a statistic. Arrays are numpy, one entry a
problem unless said otherwise; probabilities lie in [0, 1], never in percent.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from passgap.display import Displayed
from passgap.errors import UsageError
from passgap.whole_numbers import whole_numbers

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Design = Literal["fixed", "adaptive"]
Status = Literal["correct", "incorrect", "unscored"]
AskedStatus = Literal["correct", "incorrect", "unscored", "no_answer"]
FinishReason = Literal["stop", "length"]


def digest(value: Any) -> str:
    """Sixteen hex digits of the SHA-256 of ``value`` as canonical JSON."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


# ---------------------------------------------------------------------------------- problems


@dataclass(frozen=True)
class Problem:
    """One question with the answer its verifier accepts.

    ``id`` is a hash of (question, reference, verifier): the same question asked under another
    prompt is the same problem, and another question at the same row is another problem.
    """

    question: str
    reference: str
    verifier: str = "math"
    metadata: Mapping[str, Any] = field(default_factory=dict)
    id: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", digest([self.question, self.reference, self.verifier]))


@dataclass(frozen=True)
class ProblemSet:
    """Distinct problems in a stable order; ``merged`` counts the duplicates left out."""

    name: str
    problems: tuple[Problem, ...]
    merged: int = 0

    @classmethod
    def of(cls, name: str, problems: Iterable[Problem]) -> ProblemSet:
        """Collect problems, merging those with equal ids (the first one stays)."""
        distinct: dict[str, Problem] = {}
        total = 0
        for problem in problems:
            total += 1
            distinct.setdefault(problem.id, problem)
        return cls(name, tuple(distinct.values()), merged=total - len(distinct))

    def without(self, other: ProblemSet) -> ProblemSet:
        """The problems that ``other`` does not hold; the name says how many were left out."""
        theirs = {problem.id for problem in other.problems}
        kept = tuple(problem for problem in self.problems if problem.id not in theirs)
        left_out = len(self.problems) - len(kept)
        name = f"{self.name} less {left_out} of {other.name}" if left_out else self.name
        return ProblemSet(name, kept, self.merged)

    @property
    def digest(self) -> str:
        """Identity of the set: the sorted problem ids, whatever their order."""
        return digest(sorted(problem.id for problem in self.problems))

    def __len__(self) -> int:
        return len(self.problems)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self.problems)


# ---------------------------------------------------------------------------------- policies


BY_DEFAULT = "stop_by_default"


@dataclass(frozen=True)
class PromptSettings:
    """How a question becomes a prompt; a trained policy inherits its base's.

    ``template`` is ``plain``, ``chat``, ``boxed`` or the text of a Jinja file (then
    ``template_name`` says which). ``shots`` are worked examples put before the question. ``stop``
    are the strings that end a completion; ``stop_by_default`` says that nobody named them and they
    follow from the format of the shots, which is no part of what the prompt is.
    """

    template: str = "plain"
    template_name: str = ""
    system: str | None = None
    shots: tuple[tuple[str, str], ...] = ()
    stop: tuple[str, ...] = ()
    stop_by_default: bool = False

    def to_dict(self) -> dict[str, Any]:
        by_default = {BY_DEFAULT: True} if self.stop_by_default else {}
        return self.identity() | by_default

    def identity(self) -> dict[str, Any]:
        """What the prompt is, without how its stop strings came about."""
        data = asdict(self) | {"shots": [list(s) for s in self.shots], "stop": list(self.stop)}
        del data[BY_DEFAULT]
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> PromptSettings:
        shots = tuple((str(q), str(a)) for q, a in data.get("shots", ()))
        names = ("template", "template_name", "system", BY_DEFAULT)
        known = {k: data[k] for k in names if k in data}
        return cls(**known, shots=shots, stop=tuple(data.get("stop", ())))

    def without_default_stop(self) -> PromptSettings:
        """The same prompt without stop strings that came by default."""
        return replace(self, stop=(), stop_by_default=False) if self.stop_by_default else self

    @property
    def digest(self) -> str:
        return digest(self.identity())


UNKNOWN_POLICY = "unknown"  # the path of one that an imported log does not tell


@dataclass(frozen=True)
class Policy:
    """What is sampled: weights and the prompt they are given.

    ``path`` is a local folder or a hub id; ``weights_digest`` is filled in when the weights are
    found (a hash of the files, or the hub commit that ``revision`` resolves to).
    """

    path: str
    prompt: PromptSettings = PromptSettings()
    revision: str | None = None
    weights_digest: str = ""

    @property
    def name(self) -> str:
        return self.path.rstrip("/").rsplit("/", 1)[-1]


@dataclass(frozen=True)
class Prompt:
    """A rendered prompt: ``text`` as it stands, or chat ``messages`` for the policy's template."""

    text: str = ""
    messages: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class SamplingParams:
    """Every parameter that shapes the sampling distribution, always sent explicitly.

    ``temperature`` > 0, ``top_p`` in (0, 1], ``top_k`` 0 for off, ``max_tokens`` new tokens.
    """

    max_tokens: int
    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    stop: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        rules = {
            "max_tokens": (self.max_tokens >= 1, "an integer >= 1"),
            "temperature": (self.temperature > 0, "a number > 0 (1.0 samples the policy itself)"),
            "top_p": (0 < self.top_p <= 1, "a number in (0, 1]"),
            "top_k": (self.top_k >= 0, "an integer >= 0 (0 turns it off)"),
        }
        for name, (holds, allowed) in rules.items():
            if not holds:
                raise UsageError(f"{name} is {getattr(self, name)!r}; allowed: {allowed}")

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"stop": list(self.stop)}


@dataclass(frozen=True)
class Block:
    """The unit of owed work: draws ``first_draw .. first_draw + size - 1`` of some problems.

    One engine call computes one block with one seed, and its completions land together. Engines
    that take a seed for each request use ``draw_seed`` instead.
    """

    problem_ids: tuple[str, ...]
    first_draw: int
    size: int
    seed: int
    run_seed: int = 0

    @property
    def completions(self) -> int:
        """How many it holds."""
        return len(self.problem_ids) * self.size

    def draw_seed(self, problem_id: str, *, bits: int = 60) -> int:
        """The seed of this block's first draw of a problem, below ``2**bits``.

        The next draw's is one more, as servers count on from a request's seed: so all draws of a
        problem have seeds of their own, in whichever block or top-up they are drawn.
        """
        base = int(digest([self.run_seed, problem_id])[:15], 16) >> (60 - (bits - 4))
        return base + self.first_draw


@dataclass(frozen=True)
class Completion:
    """One draw. ``token_ids`` holds the end token when it was drawn; ``logprob`` (nats) is the
    log-probability of the whole sequence under the settings used, nan where unknown. A server that
    tells no ids leaves them empty and says ``token_count``, 0 where it says neither."""

    problem_id: str
    draw: int
    text: str
    token_ids: tuple[int, ...]
    finish_reason: FinishReason
    logprob: float = float("nan")
    token_count: int = -1

    def __post_init__(self) -> None:
        if self.token_count < 0:
            object.__setattr__(self, "token_count", len(self.token_ids))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A piece of a completion that could be its answer: it stands in ``text[start:end]``.

    ``rule`` says how it was found: ``boxed``, ``tagged``, ``hashes``, ``stated``, ``bold`` or
    ``value``.
    """

    rule: str
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Readings:
    """What a completion's mark would be under each reading of its text.

    ``asked`` takes the answer in the form that the prompt asked for (the answer that counts where
    it asked for none; ``no_answer`` where there is none in that form), ``any`` whatever in the
    text equals the reference; the reading between them, which counts, is the outcome's own
    status. ``form`` is the rule that found the answer, ``run_on`` says that a question of the
    model's own follows it, ``thinking`` is ``ended``, ``never_ends`` or empty. ``candidates`` are
    kept in memory only.
    """

    asked: AskedStatus
    any: Status
    form: str = ""
    run_on: bool = False
    thinking: str = ""
    candidates: tuple[Candidate, ...] = field(default=(), compare=False, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """What a run keeps of it."""
        return {
            "asked": self.asked,
            "any": self.any,
            "form": self.form,
            "run_on": self.run_on,
            "thinking": self.thinking,
        }


@dataclass(frozen=True)
class Outcome:
    """What a verifier says of one completion.

    ``unscored`` is neither right nor wrong: the verifier itself failed. ``reason`` is empty, or
    one of ``no_answer``, ``truncated``, ``too_long`` (incorrect), ``timeout``, ``error``
    (unscored), or the verifier's own. ``readings`` are there where a text can be read in several
    ways.
    """

    status: Status
    extracted: str | None = None
    reason: str = ""
    readings: Readings | None = field(default=None, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Status, answer, reason, the mark under each reading, and every candidate."""
        data: dict[str, Any] = {
            "status": self.status,
            "extracted": self.extracted,
            "reason": self.reason,
            "readings": None,
            "candidates": [],
        }
        if self.readings is not None:
            data["readings"] = self.readings.to_dict() | {"final": self.status}
            data["candidates"] = [asdict(candidate) for candidate in self.readings.candidates]
        return data

    def __str__(self) -> str:
        said = "" if self.extracted is None else f": {self.extracted}"
        lines = [f"{self.status}{f' ({self.reason})' if self.reason else ''}{said}"]
        if self.readings is not None:
            lines.append(
                f"  asked {self.readings.asked}, final {self.status}, any {self.readings.any}"
            )
            lines += [
                f"  {c.rule} at {c.start} to {c.end}: {c.text}" for c in self.readings.candidates
            ]
        return "\n".join(lines)


# ------------------------------------------------------------------------------------ counts


def _column(name: str, values: Any, ids: tuple[str, ...]) -> IntArray:
    """One column of counts, an entry per problem; None stands for zeros."""
    if values is None:
        return np.zeros(len(ids), np.int64)
    if not hasattr(values, "dtype") and np.iterable(values):
        values = list(values)
    shape = (len(values),) if isinstance(values, list) else np.shape(values)
    if shape != (len(ids),):
        raise UsageError(f"{name} has shape {shape}; expected ({len(ids)},), one a problem")
    return whole_numbers(name, values, lambda i: f"problem {ids[i]!r}")


@dataclass(frozen=True, eq=False, init=False)
class Counts(Displayed):
    """How often each problem was answered correctly: all that most of the mathematics needs.

    Parameters
    ----------
    problem_id
        Distinct ids, length P.
    n, c
        Scored draws and correct draws a problem, 0 <= c <= n; whole numbers, as 16, 16.0 or "16".
    unscored
        Draws the verifier could not score, not part of n.
    no_answer, truncated
        Incorrect draws without an extractable answer, and incorrect draws cut by max_tokens;
        None where the source does not say.
    c_reasoned
        Correct draws whose reasoning a judge or a person found right too (CoT-pass@k, arXiv
        2506.14245), 0 <= c_reasoned <= c; None where nobody looked.
    guess_rate
        How often somebody who is wrong says this problem's answer, in [0, 1); None where not
        measured.
    design
        ``fixed`` when n was chosen beforehand, ``adaptive`` when it depended on outcomes.
    provenance
        What has to agree before two counts are compared (``prompt``, ``verifier``,
        ``sampling``), what names them (``policy``, ``problem_set``), and why draws are unscored
        (``unscored``), where that is known.
    """

    problem_id: tuple[str, ...]
    n: IntArray
    c: IntArray
    unscored: IntArray
    no_answer: IntArray | None
    truncated: IntArray | None
    c_reasoned: IntArray | None
    guess_rate: FloatArray | None
    design: Design
    provenance: Mapping[str, str]

    def __init__(
        self,
        problem_id: Sequence[str],
        n: ArrayLike,
        c: ArrayLike,
        unscored: ArrayLike | None = None,
        no_answer: ArrayLike | None = None,
        truncated: ArrayLike | None = None,
        c_reasoned: ArrayLike | None = None,
        guess_rate: ArrayLike | None = None,
        design: Design = "fixed",
        provenance: Mapping[str, str] | None = None,
    ) -> None:
        ids = tuple(str(i) for i in problem_id)
        values: dict[str, Any] = {"problem_id": ids, "design": design}
        for name, column in {"n": n, "c": c, "unscored": unscored}.items():
            values[name] = _column(name, column, ids)
        optional = {"no_answer": no_answer, "truncated": truncated, "c_reasoned": c_reasoned}
        for name, column in optional.items():
            values[name] = None if column is None else _column(name, column, ids)
        rates = None if guess_rate is None else np.asarray(guess_rate, np.float64)
        values["guess_rate"] = rates
        values["provenance"] = dict(provenance or {})
        for name, value in values.items():
            object.__setattr__(self, name, value)
        self._check(ids)

    def _check(self, ids: tuple[str, ...]) -> None:
        if not ids:
            raise UsageError("the counts hold no problem; at least one row is needed")
        if len(set(ids)) < len(ids):
            twice = next(i for i in ids if ids.count(i) > 1)
            raise UsageError(
                f"problem_id {twice!r} occurs more than once; ids must be distinct "
                "(rows of one policy: passgap import counts FILE --where FIELD=VALUE --out ONE.csv)"
            )
        bad = np.flatnonzero((self.c < 0) | (self.c > self.n) | (self.unscored < 0))
        if bad.size:
            i = int(bad[0])
            raise UsageError(
                f"problem {ids[i]!r} has n={self.n[i]}, c={self.c[i]}, unscored="
                f"{self.unscored[i]}; needed: 0 <= c <= n and unscored >= 0"
            )
        reasoned = self.c if self.c_reasoned is None else self.c_reasoned
        bad = np.flatnonzero((reasoned < 0) | (reasoned > self.c))
        if bad.size:
            i = int(bad[0])
            raise UsageError(
                f"problem {ids[i]!r} has c={self.c[i]}, c_reasoned={reasoned[i]}; needed: "
                "0 <= c_reasoned <= c"
            )
        rates = self.guess_rate
        if rates is not None and (
            rates.shape != (len(ids),) or not np.all((rates >= 0) & (rates < 1))
        ):
            raise UsageError("guess_rate needs one number in [0, 1) a problem")
        if self.design not in ("fixed", "adaptive"):
            raise UsageError(f"design is {self.design!r}; allowed: 'fixed', 'adaptive'")

    def __len__(self) -> int:
        return len(self.problem_id)

    def __str__(self) -> str:
        n, c = self.n, self.c
        each = f"{n.min()}" if n.min() == n.max() else f"{n.min()} to {n.max()}"
        return (
            f"{len(self)} problems, {each} scored draws each ({self.design}): {c.sum():,} of "
            f"{n.sum():,} correct; problems never solved: {int(np.sum(c == 0))}, always: "
            f"{int(np.sum(c == n))}; draws unscored: {int(self.unscored.sum()):,}"
        )

    def take(self, rows: Sequence[int] | IntArray) -> Counts:
        """The same counts for the given rows only, in the given order."""
        index = np.asarray(rows, np.int64)

        def pick(column: IntArray | None) -> IntArray | None:
            return None if column is None else column[index]

        return Counts(
            problem_id=[self.problem_id[int(i)] for i in index],
            n=self.n[index],
            c=self.c[index],
            unscored=self.unscored[index],
            no_answer=pick(self.no_answer),
            truncated=pick(self.truncated),
            c_reasoned=pick(self.c_reasoned),
            guess_rate=None if self.guess_rate is None else self.guess_rate[index],
            design=self.design,
            provenance=self.provenance,
        )


# ----------------------------------------------------------------------------------- results


def _short(value: float) -> str:
    """Three decimals; what could not be computed is said in words."""
    return f"{value:.3f}" if math.isfinite(value) else "unknown"


def _json_number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


@dataclass(frozen=True)
class Estimate(Displayed):
    """A number with what is needed to doubt it. A bound that cannot be had is nan, with a note."""

    value: float
    low: float
    high: float
    confidence_level: float = 0.95
    method: str = ""
    standard_error: float = float("nan")
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """``value``, ``low``, ``high`` (null where not computable) and how they were made."""
        return {
            "value": _json_number(self.value),
            "low": _json_number(self.low),
            "high": _json_number(self.high),
            "confidence_level": self.confidence_level,
            "method": self.method,
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        how = f"{self.confidence_level:.0%} {self.method}".rstrip()
        line = f"{_short(self.value)} ({_short(self.low)} to {_short(self.high)}; {how})"
        return "\n".join([line, *(f"  note: {note}" for note in self.notes)])


@dataclass(frozen=True, eq=False)
class Curve(Displayed):
    """Estimates over k.

    ``low``/``high`` are pointwise, ``band_low``/``band_high`` simultaneous. All arrays have the
    length of ``k``. Notes say why an entry is nan.
    """

    k: IntArray
    value: FloatArray
    low: FloatArray
    high: FloatArray
    band_low: FloatArray | None = None
    band_high: FloatArray | None = None
    confidence_level: float = 0.95
    method: str = ""
    notes: tuple[str, ...] = ()

    def at(self, k: int) -> Estimate:
        """The estimate at one listed k."""
        where = np.flatnonzero(self.k == k)
        if not where.size:
            raise UsageError(f"k={k} is not on this curve; listed: {self.k.tolist()}")
        i = int(where[0])
        return Estimate(
            float(self.value[i]),
            float(self.low[i]),
            float(self.high[i]),
            self.confidence_level,
            self.method,
            notes=self.notes,
        )

    def rows(self) -> list[dict[str, Any]]:
        """One dict a k, by its JSON names, ready for JSON (nan becomes null)."""
        columns = {"value": self.value, "low": self.low, "high": self.high}
        if self.band_low is not None and self.band_high is not None:
            columns |= {"band_low": self.band_low, "band_high": self.band_high}
        return [
            {"k": int(k)} | {name: _json_number(column[i]) for name, column in columns.items()}
            for i, k in enumerate(self.k)
        ]

    def to_dict(self) -> dict[str, Any]:
        """The rows under ``curve``, and how they were made."""
        return {
            "curve": self.rows(),
            "confidence_level": self.confidence_level,
            "method": self.method,
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        head = f"  k      value  {self.confidence_level:.0%} {self.method}".rstrip()
        columns = zip(self.k, self.value, self.low, self.high, strict=True)
        lines = [
            f"  {k:<6} {_short(value):<6} {_short(low)} to {_short(high)}"
            for k, value, low, high in columns
        ]
        return "\n".join([head, *lines, *(f"  note: {note}" for note in self.notes)])


@dataclass(frozen=True)
class Verdict(Displayed):
    """One decision with its reasons; ``needs`` says what an open one would take."""

    label: str
    reasons: tuple[str, ...]
    needs: str = ""
    at_small_k: str = ""
    at_large_k: str = ""

    def to_dict(self) -> dict[str, Any]:
        data = {"label": self.label, "reasons": list(self.reasons), "needs": self.needs or None}
        if self.at_small_k:
            data |= {"at_small_k": self.at_small_k, "at_large_k": self.at_large_k}
        return data
