"""What the fields of a table look like: ids, questions, texts, marks or counts.

In: some rows of a table with any names. Out: which fields have which meaning, by their usual names
and by their values; and, where that is not enough, a description with a command that works. The
usual names of every meaning stand here.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

Row = Mapping[str, object]
QUESTIONS = ("question", "problem", "prompt", "input")
OTHER_QUESTIONS = ("problem_text", "problem_statement", "instruction", "query", "question_text")
ANSWERS = ("reference", "expected_answer", "answer", "gold", "target", "gt", "final_answer")
OTHER_ANSWERS = (
    "ground_truth",
    "gold_answer",
    "reference_answer",
    "solution_answer",
    "label_answer",
)
IDS = ("problem_id", "task_id", "question_id", "unique_id", "id", "idx")
OTHER_IDS = ("qid", "uid", "problem_idx", "problem_index", "example_id", "item_id", "prompt_id")
SAID = ("completion", "response", "generation", "output", "text", "sample_text", "generated_text")
OTHER_TEXTS = (
    *("rollout", "solution", "model_response", "output_text", "raw_generation", "prediction"),
    *("generated_code", "generate_code", "generated_solution", "completions", "responses"),
    *("generations", "outputs", "texts", "samples", "rollouts", "answers", "raw_generations"),
)
TEXTS = (*SAID, "answer", "model_output", *OTHER_TEXTS)
LABELS = ("correct", "is_correct", "passed", "score", "reward", "label")
OTHER_LABELS = (  # taken only where their values are marks
    *("is_solved", "solved", "is_resolved", "resolved", "is_pass", "pass", "result", "success"),
    *("is_success", "is_passed", "passing", "acc", "accuracy", "grade", "graded", "verdict"),
    *("correctness", "outcome", "is_right", "right", "mark", "marks", "results", "scores"),
    *("raw_scored_generations", "graded_list", "rewards", "grades"),
)
TOTALS = (
    *("n", "num_samples", "n_samples", "samples", "n_rollouts", "num_rollouts", "rollouts"),
    *("attempts", "n_attempts", "num_attempts", "trials", "n_trials", "num_trials", "total"),
    *("n_total", "num_total", "tries", "n_draws", "draws", "num_generations", "n_generations"),
)
HITS = (
    *("c", "n_correct", "num_correct", "correct", "num_samples_correct", "n_pass", "num_pass"),
    *("n_passed", "num_passed", "passed", "solved", "n_solved", "num_solved", "successes"),
    *("n_success", "num_success", "num_successes", "correct_count", "count_correct", "hits"),
)
MISSES = (
    *("num_fail", "n_fail", "num_failed", "n_failed", "failed", "failures", "fails", "n_wrong"),
    *("num_wrong", "n_incorrect", "num_incorrect", "incorrect", "wrong"),
)
WORDS = {
    **dict.fromkeys(("true", "t", "pass", "passed", "correct", "yes", "success", "solved"), 1),
    **dict.fromkeys(("false", "f", "fail", "failed", "incorrect", "no", "failure", "wrong"), 0),
}
NOT_MARKED = (
    *("", "nan", "null", "none", "na", "n/a", "unscored", "error", "timeout", "timed_out"),
    *("infra_error", "infrastructure_error", "skipped", "cancelled", "not_run", "unknown"),
)
NUMBERS = frozenset(  # 0 and 1 in a field with one of these words in its name mark nothing
    {"sample", "i", "j", "k", "n", "c", "idx", "index", "draw", "seed", "run", "attempt", "id"}
    | {"attempts", "trial", "trials", "rollout", "num", "count", "step", "epoch", "turn", "turns"}
)
ASKING = frozenset(("prompt", "question", "query", "instruction", "problem", "input", "task"))
SAYING = frozenset(
    {"out", "output", "completion", "response", "generation", "generated", "reply", "said"}
    | {"prediction", "pred", "solution", "rollout", "hypothesis", "text"}
)
LOOKED_AT = 200
LONG = 12  # characters of a string from which it may be a text
LISTED = 12


def words_of(name: str) -> str:
    """A field's name as lower-case words between underscores: ``Num. Samples`` is num_samples."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")


def parts_of(name: str) -> list[str]:
    """The parts of a dotted name; a dot before a space (``Num. Samples``) divides nothing."""
    return re.split(r"(?<=[^\s.])\.(?=[^\s.])", name)


def leaf(name: str) -> str:
    """The last part of a dotted name, as `words_of` has it."""
    return words_of(parts_of(name)[-1])


def _is_message(value: Row) -> bool:
    """Whether an object is a message: its content, and who said it."""
    return "content" in value and value.keys() <= {"content", "role", "name", "tool_calls"}


def flat(row: Row, within: str = "", depth: int = 2) -> dict[str, object]:
    """The values of a row that are no objects; those of nested objects by their dotted names."""
    found: dict[str, object] = {}
    for name, value in row.items():
        if isinstance(value, dict) and depth and not _is_message(value):
            found |= flat(value, f"{within}{name}.", depth - 1)
        else:
            found[within + name] = value
    return found


def is_mark(value: object) -> bool:
    """Whether a value marks one sample: a truth value, 0 or 1, or the word for one."""
    if isinstance(value, str):
        return value.strip().lower() in WORDS or value.strip() in ("0", "1", "0.0", "1.0")
    return isinstance(value, bool | int | float) and value in (0, 1)


def is_whole(value: object) -> bool:
    """Whether a value is a number of samples, such as 16, 16.0 or their texts."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return False
    text = str(value).strip()
    return re.fullmatch(r"\d+(\.0*)?", text) is not None


@dataclass(frozen=True)
class Looks:
    """Some rows of a table: their fields, and what these look like."""

    columns: dict[str, list[object]]

    @classmethod
    def of(cls, rows: Sequence[Row]) -> Looks:
        """The fields of some rows, in the order they come."""
        columns: dict[str, list[object]] = {}
        for row in rows[:LOOKED_AT]:
            for name, value in flat(row).items():
                columns.setdefault(name, []).append(value)
        return cls(columns)

    def values(self, name: str) -> list[object]:
        """The values of a field that are there; of lists, their elements."""
        found: list[object] = []
        for value in self.columns[name]:
            found += value if isinstance(value, list | tuple) else [value]
        return [one for one in found if one is not None and str(one).strip().lower() != "nan"]

    def all_are(self, name: str, test: Callable[[object], bool]) -> bool:
        """Whether a field has values, all of which pass a test."""
        values = self.values(name)
        return bool(values) and all(map(test, values))

    def named(self, names: Sequence[str], test: Callable[[str], bool]) -> str | None:
        """The first field with one of these names (nested ones last) that passes a test."""
        here = [name for name in self.columns if len(parts_of(name)) == 1]
        nested = [name for name in self.columns if len(parts_of(name)) > 1]
        for fields in (here, nested):
            for wanted in names:
                for name in fields:
                    if wanted in (name, leaf(name)) and test(name):
                        return name
        return None

    @property
    def marks(self) -> list[str]:
        """Fields whose values mark samples, truth values and usual names first."""
        usual = (*LABELS, *OTHER_LABELS)
        found = [name for name in self.columns if self.all_are(name, _marks)]
        found = [name for name in found if self._varies_as_mark(name)]
        return sorted(found, key=lambda name: leaf(name) not in usual)

    def _varies_as_mark(self, name: str) -> bool:
        if self.all_are(name, _is_truth):
            return True
        known = leaf(name) in (*LABELS, *OTHER_LABELS)
        return known or not NUMBERS & set(leaf(name).split("_"))

    @property
    def texts(self) -> list[str]:
        """Fields with a text of their own in most rows."""
        return [name for name in self.columns if self._is_text(name)]

    def _is_text(self, name: str) -> bool:
        values = [one for one in self.values(name) if isinstance(one, str)]
        if not values or len(values) < len(self.values(name)) or name in self.ids:
            return False
        mean = sum(map(len, values)) / len(values)
        known = leaf(name) in (*TEXTS, *QUESTIONS, *OTHER_QUESTIONS) or self._says(name)
        return (mean > LONG or known) and not self.all_are(name, is_mark)

    @property
    def ids(self) -> list[str]:
        """Fields that name problems, those with a usual name first."""
        usual = (*IDS, *OTHER_IDS)
        found = [
            name
            for name in self.columns
            if leaf(name) in usual
            or (
                leaf(name).split("_")[-1] in ("id", "idx", "key", "name", "index")
                and self.all_are(name, lambda one: isinstance(one, str | int))
            )
        ]
        return sorted(found, key=lambda name: leaf(name) not in usual)

    def count(self, names: Sequence[str]) -> str | None:
        """The field with one of these names that has a number of samples in every row."""
        return self.named(
            names,
            lambda name: (
                self.all_are(name, is_whole)
                and not any(isinstance(one, list) for one in self.columns[name])
            ),
        )

    @property
    def counts(self) -> tuple[str, str, str | None] | None:
        """The fields of n and c, or of failures and c (then the third is that of failures)."""
        total, hits, misses = self.count(TOTALS), self.count(HITS), self.count(MISSES)
        if hits is None or (total is None and misses is None):
            return None
        if hits != "c" and self.all_are(hits, lambda one: float(str(one)) <= 1):
            return None  # marks: a c of 1 at most, everywhere, may be whether it was solved
        return (total or "", hits, None if total else misses)

    @property
    def hits(self) -> list[str]:
        """Fields of a table with n that could be a c: whole numbers, none above n."""
        total = self.count(TOTALS)
        if total is None:
            return []
        n = [float(str(one)) for one in self.columns[total]]
        return [
            name
            for name in self.columns
            if name not in (total, *self.ids)
            and not (NUMBERS - {"num", "count", "c"}) & set(leaf(name).split("_"))
            and len(self.columns[name]) == len(n)
            and all(map(is_whole, self.columns[name]))
            and all(float(str(c)) <= one for c, one in zip(self.columns[name], n, strict=True))
        ]

    def __str__(self) -> str:
        parts = [f"its fields are {_list(self.columns)}"]
        for what, names in (("marks", self.marks), ("texts", self.texts), ("ids", self.ids)):
            parts.append(f"look like {what}: {_list(names) if names else 'none'}")
        if hits := self.hits:
            parts.append(f"look like numbers of correct samples: {_list(hits)}")
        return "; ".join(parts)

    def command(self, path: Path | str) -> str | None:
        """A command that imports the table, with the fields that it has; None if there is none."""
        ids = self.ids  # one that is new in every row names samples, not problems
        name = next(filter(self._repeats, ids), next(iter(ids), None))
        out = Path(str(path).removesuffix(".gz")).stem
        mark = next(iter(self.marks), None)
        # truth values in several rows of a problem mark its samples, whatever else is a number
        by_sample = name and mark and self._repeats(name) and self.all_are(mark, _is_truth)
        counted = self.counts
        if counted is None and not self.texts and self.hits:
            counted = (self.count(TOTALS) or "n", self.hits[0], None)
        if name and counted and not by_sample:
            flags = [f"--id-field {shlex.quote(name)}", *_counting(counted)]
            return _typed("counts", path, flags, f"{out}-counts.csv")
        text = self.named(TEXTS, lambda one: one in self.texts)
        said = [one for one in self.texts if not self._asks(one)]
        text = text or next(iter(sorted(said, key=lambda one: not self._says(one))), None)
        question = self.named((*QUESTIONS, *OTHER_QUESTIONS), lambda one: one != text)
        question = question or next((one for one in self.texts if self._asks_by_words(one)), None)
        flags = [f"--id-field {shlex.quote(name)}"] if name and name not in IDS else []
        if question and question not in QUESTIONS:
            flags.append(f"--question-field {shlex.quote(question)}")
        if not (name or question) or not (text or mark):
            return None
        if text and text not in SAID:
            flags.append(f"--text-field {shlex.quote(text)}")
        if mark and mark not in LABELS:
            flags.append(f"--label {shlex.quote(mark)}")
        return _typed("table", path, flags, f"runs/{out}" if text else f"{out}-counts.csv")

    def _repeats(self, name: str) -> bool:
        values = self.values(name)
        return len(set(map(str, values))) < len(values)

    def _asks(self, name: str) -> bool:
        known = leaf(name) in (*QUESTIONS, *OTHER_QUESTIONS, *ANSWERS, *OTHER_ANSWERS)
        return known or self._asks_by_words(name)

    def _asks_by_words(self, name: str) -> bool:
        words = set(leaf(name).split("_"))
        return bool(words & ASKING) and name not in self.ids and not words & (SAYING - {"text"})

    def _says(self, name: str) -> bool:
        words = set(leaf(name).split("_"))
        return bool(words & SAYING) and not words & ASKING

    def described(self, path: Path | str) -> str:
        """The fields and the command in one line."""
        command = self.command(path)
        return f"{self}; try: {command}" if command else str(self)


def choices(rows: Sequence[Row], used: Sequence[str]) -> str:
    """Flags that choose among rows with one id: a value of each field that tells them apart."""
    other = {
        name: sorted(values)
        for name in rows[0]
        if name not in used and 1 < len(values := {str(row.get(name)) for row in rows}) < len(rows)
    }
    return "; ".join(
        f"--where {shlex.quote(f'{name}={values[0]}')} (of {_list(values[:5])})"
        for name, values in other.items()
    )


def other_names(place: str, rows: Sequence[Row]) -> str:
    """What to do about a table with other names: the command that reads a file, if one does."""
    if not Path(place).is_file():
        return ": rename its columns"
    command = Looks.of(rows).command(place)
    other = "passgap import table FILE --id-field NAME --label NAME --out counts.csv"
    return f"; this reads it: {command}" if command else f". For other names: {other}"


def _is_truth(value: object) -> bool:
    return isinstance(value, bool) or str(value).strip().lower() in WORDS


def _marks(value: object) -> bool:
    return is_mark(value) or (isinstance(value, str) and value.strip().lower() in NOT_MARKED)


def _counting(found: tuple[str, str, str | None]) -> Iterator[str]:
    total, hits, misses = found
    if total and total != "n":
        yield f"--n-field {shlex.quote(total)}"
    if hits != "c":
        yield f"--c-field {shlex.quote(hits)}"
    if misses:
        yield f"--failed-field {shlex.quote(misses)}"


def _typed(form: str, path: Path | str, flags: Sequence[str], out: str) -> str:
    return " ".join(
        ["passgap import", form, shlex.quote(str(path)), *flags, "--out", shlex.quote(out)]
    )


def _list(names: Sequence[str] | Mapping[str, object]) -> str:
    listed = list(names)
    more = f" and {len(listed) - LISTED} more" if len(listed) > LISTED else ""
    return ", ".join(listed[:LISTED]) + more
