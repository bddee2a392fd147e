"""Which fields of a log's rows tell policies apart: samples of several policies are never pooled.

In: the problem and the fields of every sample. Out: a refusal that names the field, its values and
the flag that chooses. A field with a known name (a step, a checkpoint, a model, a temperature)
tells policies apart wherever it has two values. Any other field does where it splits the samples of
every problem alike, more evenly than chance would; what numbers or describes one sample (a seed, a
finish reason, a token count) never does.
"""

from __future__ import annotations

import math
import re
import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from passgap.errors import UsageError
from passgap.stages.looks import flat, leaf, parts_of, words_of

MOST_VALUES = 64  # more values than this are no policies
LISTED = 5
FILE = "file"  # what --pool calls the files that were given
STEP = "--step"
EACH = "make each a run of its own with --each (without --trained)"
RARE = 0.05  # probability below which chance does not explain a split
EVEN = -3.0  # normal score below which a split is more even than chance
KNOWN = frozenset(  # of these, two values are two policies
    {"step", "global_step", "train_step", "training_step", "gen_step", "iteration", "iter"}
    | {"checkpoint", "max_tokens", "stop_sequences"}
    | {"ckpt", "checkpoint_path", "ckpt_path", "checkpoint_name", "revision", "model_revision"}
    | {"model", "model_name", "model_id", "model_path", "model_name_or_path", "policy"}
    | {"policy_name", "policy_version", "weights", "adapter", "adapter_path", "lora"}
    | {"lora_path", "temperature", "top_p", "top_k", "min_p", "system_prompt", "prompt_template"}
)
OWN = frozenset(  # a field with one of these words in its name is about one sample
    {"sample", "samples", "draw", "seed", "attempt", "attempts", "trial", "rollout", "repeat"}
    | {"repetition", "replica", "generation", "gen", "completion", "completions", "index", "idx"}
    | {"num", "number", "nth", "worker", "rank", "gpu", "device", "node", "host", "hostname"}
    | {"shard", "batch", "finish", "finished", "stop", "token", "tokens", "length", "len", "chars"}
    | {"words", "time", "timestamp", "date", "created", "duration", "latency", "elapsed"}
    | {"seconds", "cost", "price", "usage", "logprob", "logprobs", "extracted", "extraction"}
    | {"pred", "prediction", "parsed", "error", "errors", "exception", "failure", "status"}
    | {"uuid", "uid", "hash", "turn", "turns", "steps", "advantage", "reward", "rewards"}
    | {"score", "scores", "truncated"}
)
JUDGES = frozenset(["judge", "judges", "grader", "scorer", "verifier", "evaluator", "reviewer"])
_STEP = re.compile(r"(?:step|ckpt|checkpoint|iter|iteration)s?[-_=]?(\d+)(?!\d)", re.IGNORECASE)


def scalars(row: Mapping[str, object]) -> dict[str, object]:
    """The single values of a row, those of nested objects by their dotted names."""
    return {
        name: value
        for name, value in flat(row).items()
        if value is None or isinstance(value, str | int | float)
    }


def policy_fields(row: Mapping[str, object]) -> dict[str, object]:
    """The fields of a row that tell policies apart by their names."""
    return {
        name: row[name]
        for name in _policy_names(tuple(row))
        if row[name] is None or isinstance(row[name], str | int | float)
    }


@lru_cache(256)
def _policy_names(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(filter(names_a_policy, names))


@lru_cache(4096)
def names_a_policy(name: str) -> bool:
    """Whether a field with this (dotted) name tells policies apart wherever it varies."""
    return leaf(name) in KNOWN and not is_own(name)


def is_own(name: str) -> bool:
    """Whether a name says that the value is one sample's, or about who marked it."""
    parts = [set(words_of(part).split("_")) for part in parts_of(name)]
    if any(part & JUDGES for part in parts):
        return True
    return leaf(name) not in KNOWN and bool(parts[-1] & OWN)


class SeveralPoliciesError(UsageError):
    """Samples of several policies: the ``field`` that tells them apart, and its ``values``.

    ``field`` is FILE if each policy has files of its own, STEP if ``--step`` chooses one.
    """

    def __init__(self, told: str, field: str, values: tuple[object, ...]) -> None:
        super().__init__(told, field, values)  # all of them: another process sends it
        self.field, self.values = field, values

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True)
class Several:
    """A field that tells policies apart: its values, and whether its name or its values say so."""

    name: str
    values: tuple[object, ...]
    also: tuple[str, ...]
    known: bool

    @property
    def where(self) -> str:
        """The flag that chooses the first of them."""
        return f"--where {shlex.quote(f'{self.name}={self.values[0]}')}"

    def __str__(self) -> str:
        said = f" (so {'does' if len(self.also) == 1 else 'do'} {', '.join(self.also)})"
        alike = "" if self.known else ", each for the same share of every problem's samples"
        return (
            f"the field {self.name} tells several policies apart{said * bool(self.also)}: it is "
            f"{_listed(self.values)}{alike}; policies are not pooled"
        )


class Splits:
    """Counts how each field splits the samples of the problems.

    ``pooled`` are the fields whose values the user says are of one policy: other fields are judged
    within each of their values.
    """

    def __init__(self, pooled: Sequence[str]) -> None:
        self._pooled = tuple(pooled)
        self._totals: Counter[object] = Counter()
        self._first: dict[str, object] = {}
        self._values: dict[str, dict[object, None]] = {}
        self._counts: dict[str, dict[object, Counter[object]]] = {}
        self._last: dict[tuple[str, object], object] = {}
        self._scattered: set[str] = set()
        self._ignored: set[str] = set(pooled)
        self._before: Mapping[str, object] | None = None

    def add(self, problem: int, fields: Mapping[str, object]) -> None:
        """Take one sample of a problem."""
        group = (problem, *(fields.get(name) for name in self._pooled)) if self._pooled else problem
        before = self._totals
        if not self._counts and fields == self._before:
            before[group] += 1  # all are constants so far
            return
        self._before = fields
        absent = [name for name in self._first if name not in fields] if before else []
        for name in (*fields, *absent):
            if name not in self._ignored:
                self._take(name, group, fields.get(name))
        before[group] += 1

    def _take(self, name: str, group: object, value: object) -> None:
        if name not in self._first:
            if is_own(name):
                self._ignored.add(name)
                return
            self._first[name] = None if self._totals else value
        counts = self._counts.get(name)
        if counts is None:
            if value == self._first[name]:
                return  # a constant so far
            counts = {
                known: Counter({self._first[name]: total}) for known, total in self._totals.items()
            }
            self._counts[name] = counts
            self._values[name] = {self._first[name]: None} if counts else {}
        self._values[name][value] = None
        if len(self._values[name]) > MOST_VALUES and not names_a_policy(name):
            self._ignored.add(name)
            del self._counts[name], self._values[name], self._first[name]
            return
        seen = counts.setdefault(group, Counter())
        last = self._last.get((name, group), self._first[name] if seen else value)
        if seen[value] and last != value:
            self._scattered.add(name)
        self._last[name, group] = value
        seen[value] += 1

    def found(self) -> Several | None:
        """The field that tells policies apart, if there is one; that with the fewest values."""
        known = {name: self._several(name) for name in self._counts if names_a_policy(name)}
        known = {name: values for name, values in known.items() if len(values) > 1}
        other = {
            name: self._several(name)
            for name, counts in self._counts.items()
            if not names_a_policy(name)
            and splits_evenly(counts, blocks=name not in self._scattered)
        }
        found = known or other
        if not found:
            return None
        name, values = min(found.items(), key=lambda one: len(one[1]))
        also = tuple(other for other in found if other != name)
        return Several(name, tuple(values), also, known=bool(known))

    def refuse(self) -> None:
        """Refuse (UsageError) samples of several policies, naming the flags that choose."""
        found = self.found()
        if found is not None:
            raise SeveralPoliciesError(
                f"{found}: choose one with {found.where}, {EACH}, or, if all are samples of one "
                f"policy, add --pool {shlex.quote(found.name)}",
                found.name,
                tuple(found.values) + (None,) * (None in self._values[found.name]),
            )

    def _several(self, name: str) -> list[object]:
        """The values of a field that say something."""
        if self._pooled:  # only what varies within a pooled value
            return list(
                max(
                    (counts for counts in self._counts[name].values()),
                    key=lambda counts: len([one for one in counts if one is not None]),
                )
            )
        return [one for one in self._values[name] if one is not None]


def splits_evenly(counts: Mapping[object, Counter[object]], *, blocks: bool) -> bool:
    """Whether a field splits the samples of all problems alike, as policies do.

    Each value has to stand for two samples or more of a problem. The split is the same in every
    problem, where chance would hardly give that, or hardly give ``blocks`` (each value's samples
    stand one after the other); or Pearson's statistic against the same shares is far below what
    chance gives.
    """
    groups = [Counter({v: n for v, n in one.items() if n}) for one in counts.values()]
    groups = [one for one in groups if one.total() > 1]
    cells = [n for one in groups for n in one.values()]
    values = {value for one in groups for value in one}
    if len(groups) < 2 or len(values) < 2 or sum(cells) < 1.5 * len(cells):
        return False
    if all(one == groups[0] for one in groups) and len(groups[0]) > 1:
        alike = sum(map(_ways, groups)) - _ways(sum(groups, Counter()))
        in_blocks = sum(math.lgamma(len(one) + 1) - _ways(one) for one in groups)
        return min(alike, in_blocks if blocks else 0.0) < math.log(RARE)
    return _score(groups, values) < EVEN


def _ways(counts: Counter[object]) -> float:
    """The logarithm of the number of orders that samples with these values can have."""
    return math.lgamma(counts.total() + 1) - sum(math.lgamma(n + 1) for n in counts.values())


def _score(groups: Sequence[Counter[object]], values: set[object]) -> float:
    """Pearson's statistic as a normal score (Wilson and Hilferty): far below 0 is too even."""
    total = sum(one.total() for one in groups)
    shares = {value: sum(one[value] for one in groups) / total for value in values}
    found = sum(
        (one[value] - one.total() * share) ** 2 / (one.total() * share)
        for one in groups
        for value, share in shares.items()
    )
    free = (len(groups) - 1) * (len(values) - 1)
    spread = 2 / (9 * free)
    return float(((found / free) ** (1 / 3) - (1 - spread)) / spread**0.5)


def refuse_steps(files: Sequence[Path], pooled: Sequence[str]) -> None:
    """Refuse (UsageError) files whose names are of several steps or checkpoints."""
    steps = {path: step[0] for path in files if (step := step_named(path))}
    there = dict.fromkeys(steps.values())
    if len(there) > 1 and FILE not in pooled:
        first, *others = {step: path for path, step in reversed(steps.items())}.values()
        rest = " ".join(f"--trained {shlex.quote(str(path))}" for path in others[:LISTED])
        raise SeveralPoliciesError(
            f"the files are of several checkpoints ({_listed(list(there))}), each a policy of its "
            f"own; import one of them, {EACH}, or compare them: {shlex.quote(str(first))} {rest}; "
            f"if all are samples of one policy, add --pool {FILE}",
            FILE,
            tuple(there),
        )


def step_named(path: Path) -> re.Match[str] | None:
    """The step that a path names, and its number as group 1: ``step-100/a.csv``, ``ckpt_20.csv``.

    It is that of the file, else of the nearest folder that has one.
    """
    return next((match for part in reversed(path.parts) if (match := _STEP.search(part))), None)


def _listed(values: Sequence[object]) -> str:
    shown = ", ".join(" ".join(str(value).split())[:40] for value in values[:LISTED])
    return f"{shown} and {len(values) - LISTED} more" if len(values) > LISTED else shown
