"""From records to problems and sorted draws: the part of an import that reads the log once.

A problem's identity is its question, reference and verifier, so different questions at one index
stay apart, and a log's own names of problems matter only where several share all of these.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from passgap.data.identity import digest
from passgap.data.policies import PromptSettings
from passgap.data.problems import TOLD_APART, Problem, ProblemSet
from passgap.errors import UsageError
from passgap.logs.base import EXAMPLES, Asked, Record, Told
from passgap.logs.sorting import Sorter
from passgap.plain import plural
from passgap.stages.policies import Splits

SLOT = "{{ question }}"
NOT_LOGGED = "not in the log"
OWN_NAMES = ("problem_id", "id", "task_id", "unique_id", "question_id", "index", "pid")


class Matcher:
    """Finds problems by question, by the question within a prompt, or (no text at all) by id.

    A prompt may contain other questions as worked examples: the one that ends last is asked. Where
    several problems ask it, about different images, the id, the place in the set or the images say
    which one it is.
    """

    def __init__(self, problems: ProblemSet) -> None:
        self._by_question: dict[str, list[Problem]] = {}
        for problem in problems:
            self._by_question.setdefault(problem.question.strip(), []).append(problem)
        self._by_name = dict(_names(problems))
        self._found: dict[str, list[Problem]] = {}

    def find(self, record: Record) -> Problem | None:
        """The problem that a record belongs to."""
        if not (record.question or record.prompt):
            return self._by_name.get(record.key)
        asked = self._asked(record)
        if len(asked) < 2:
            return asked[0] if asked else None
        named = [self._by_name.get(name) for name in _told(record)]
        return next(
            (p for p in asked if p in named or (record.images and p.images == record.images)), None
        )

    def beside(self, record: Record) -> tuple[str, ...]:
        """What distinguishes the records of a question that several problems ask."""
        return _told(record) if len(self._asked(record)) > 1 else ()

    def _asked(self, record: Record) -> list[Problem]:
        """The problems that ask a record's question."""
        text = record.question or record.prompt
        if text not in self._found:
            whole = self._by_question.get(text.strip())
            self._found[text] = whole or self._contained(record.prompt or text)
        return self._found[text]

    def _contained(self, prompt: str) -> list[Problem]:
        ends = [
            (at + len(question), len(question), asked)
            for question, asked in self._by_question.items()
            if (at := prompt.rfind(question)) >= 0
        ]
        return max(ends, key=lambda end: end[:2])[2] if ends else []


def _told(record: Record) -> tuple[str, ...]:
    """The names of a record's problem: its id in the log, and its place if the log numbers them."""
    place = (record.metadata or {}).get("doc_id")
    return (record.key, f"#{place + 1}") if isinstance(place, int) else (record.key,)


def _names(problems: ProblemSet) -> Iterator[tuple[str, Problem]]:
    for number, problem in enumerate(problems, start=1):
        yield f"#{number}", problem  # of a log that only keeps their order
        yield problem.id, problem
        for name in OWN_NAMES:
            if problem.metadata.get(name) is not None:
                yield str(problem.metadata[name]), problem


class Collected:
    """What was read: distinct ``problems`` in the order they came, the ``draws`` of each.

    While reading, a row stands for a question with its reference under one id of the log; at the
    end, ``final`` gives each of these rows the row of its problem. ``texts`` says whether there are
    any, to be verified again.
    """

    def __init__(
        self, sorter: Sorter, asked: Asked, told: Told, verifier: str, *, texts: bool = True
    ) -> None:
        self.sorter = sorter
        self._texts = texts
        self._asked, self._told, self._verifier = asked, told, verifier
        self._matcher = Matcher(asked.problems) if asked.problems is not None else None
        self._splits = Splits(asked.pool)
        self._here: dict[str, object] = {}
        self.problems: list[Problem] = []
        self.final: list[int] = []
        self.draws: list[int] = []
        self.scored_of: list[int] = []
        self.correct_of: list[int] = []
        self.labelled = self.unlabelled = self.answered = 0
        self.scored = self.correct = self.failed = 0
        self._named: list[Problem] = []  # by question and reference, as first read
        self._keys: list[tuple[int, str]] = []  # of each row: which of these, and the log's id
        self._named_of: dict[tuple[str, ...], int] = {}
        self._number_of: dict[str, int] = {}
        self._row_of: dict[tuple[int, str], int] = {}
        self._drawn: Counter[object] = Counter()
        self._prompts: list[str] = []
        self._asked_otherwise = 0
        self._other_references: dict[str, None] = {}
        self._questions_of: dict[str, set[str]] = {}
        self._unmatched: dict[str, None] = {}

    def take(self, records: Iterable[Record]) -> None:
        """Read all records.

        Raises UsageError if no draw is left, draws belong to no problem in the given file, or they
        are of several policies.
        """
        for record in map(self._encodable, records):
            row = self.row(record)
            if row < 0:
                continue
            self.tell_apart(row, record)
            if self._is_copy(row):
                continue
            self.draws[row] += 1
            self.scored_of[row] += record.status in ("correct", "incorrect")
            self.correct_of[row] += record.status == "correct"
            self.failed += record.reason.startswith("error")
            self.unlabelled += record.status is None
            self.answered += record.extracted is not None
            self.sorter.add(row, record)
        self.labelled = sum(self.draws) - self.unlabelled
        self.scored, self.correct = sum(self.scored_of), sum(self.correct_of)
        self.sorter.finish()
        self.end()
        if len(set(self.draws)) > 1:
            self._told.note(f"problems have {min(self.draws)} to {max(self.draws)} samples")

    def tell_apart(self, row: int, record: Record) -> None:
        """Take what the log says of the policy of a draw."""
        if self._told.here is not self._here:
            self._here = self._told.here
            self._told.keep(self._asked.pool)
        fields = {**self._here, **record.fields} if record.fields else self._here
        if fields:
            self._splits.add(self._keys[row][0], fields)

    def end(self) -> None:
        """Everything is read: settle what a problem is, and report what a reader should know.

        Raises UsageError as `take`.
        """
        self._refuse_unmatched()
        if not self._keys:
            raise UsageError(f"the log has no samples{self._why_none()}; give another log")
        self._splits.refuse()
        self._settle()
        self._say()

    def _why_none(self) -> str:
        left = "; ".join(f"{count} {why}" for why, count in self._told.left_out.items())
        there = "; ".join(
            f"{name} is {', '.join(values)}" for name, values in self._told.found.items()
        )
        return f" ({'; '.join(filter(None, (left, there)))})" if left or there else ""

    def _is_copy(self, row: int) -> bool:
        """Whether a greedy policy has answered the problem before: it repeats itself."""
        known = self._here.get("temperature", self._told.sampling.get("temperature"))
        if self._asked.sampling.get("temperature", known) != 0:
            return False
        named, key = self._keys[row]
        self._drawn[one := (named, key if self._asked.id_field else "")] += 1
        if self._drawn[one] > 1:
            self._told.leave_out("samples at temperature 0 after the first of their problem")
        return self._drawn[one] > 1

    def _encodable(self, record: Record) -> Record:
        """The record without lone surrogates, which JSON can escape but no file can hold."""
        texts = (record.text, record.question, record.reference, record.prompt, record.key)
        if _is_whole("".join((*texts, record.reason, record.extracted or ""))):
            return record
        self._told.note(
            "some texts have invalid characters (lone surrogates), each replaced by a question mark"
        )
        names = ("text", "question", "reference", "prompt", "key", "extracted", "reason")
        values = {name: getattr(record, name) for name in names}
        return record._replace(
            **{n: v.encode("utf-8", "replace").decode() for n, v in values.items() if v}
        )

    def row(self, record: Record) -> int:
        """The row of the draw while reading, -1 where it is left out."""
        text = record.question or record.prompt
        beside = self._matcher.beside(record) if self._matcher is not None else ()
        shown = tuple(image.name for image in record.images)
        identity = (text or record.key, record.reference, *shown, *beside)
        named = self._named_of.get(identity)
        if named is None:
            named = self._named_of[identity] = self._new(record)
        if named < 0:
            self._told.leave_out("samples of no problem in --problems", _name(record))
            return -1
        key = (named, record.key if text and self._matcher is None else "")
        row = self._row_of.get(key)
        if row is None:
            row = self._row_of[key] = len(self._keys)
            self._keys.append(key)
            self.draws.append(0)
            self.scored_of.append(0)
            self.correct_of.append(0)
            self._prompts.append(record.prompt)
        elif record.prompt and record.prompt != self._prompts[row]:
            self._asked_otherwise += 1
        if record.key and record.question:
            self._questions_of.setdefault(record.key, set()).add(record.question[:200])
        return row

    def _new(self, record: Record) -> int:
        problem = self._problem(record)
        if problem is None:
            self._unmatched[_name(record)] = None
            return -1
        same = self._number_of.setdefault(problem.id, len(self._named))
        if same == len(self._named):
            self._named.append(problem)
        return same

    def _settle(self) -> None:
        """One row per problem: ids that share a question are problems, or number its samples."""
        sharing: dict[int, list[int]] = {}
        for row, (named, _) in enumerate(self._keys):
            sharing.setdefault(named, []).append(row)
        shared = {named: rows for named, rows in sharing.items() if len(rows) > 1}
        alike = [row for rows in shared.values() for row in rows]
        apart = bool(self._asked.id_field) or sum(self._sizes(alike)) > 1.5 * len(alike)
        if shared:
            self._say_shared([self._keys[row][1] for row in alike], apart)
        place: dict[tuple[int, str], int] = {}
        for named, key in self._keys:
            one = (named, key if apart and named in shared else "")
            if one not in place:
                place[one] = len(self.problems)
                self.problems.append(_told_apart(self._named[named], one[1]))
            self.final.append(place[one])
        self._merge_rows()

    def _sizes(self, rows: Iterable[int]) -> list[int]:
        return [self.draws[row] for row in rows]

    def _merge_rows(self) -> None:
        """The numbers of each problem from those of its rows."""
        prompts, self._prompts = self._prompts, [""] * len(self.problems)
        self.draws, self.scored_of, self.correct_of = (
            self._summed(each) for each in (self.draws, self.scored_of, self.correct_of)
        )
        for row, final in enumerate(self.final):
            known = self._prompts[final]
            self._asked_otherwise += bool(known and prompts[row] and known != prompts[row])
            self._prompts[final] = known or prompts[row]
        if self.final != list(range(len(self.problems))):
            self.sorter.merge(self.final)

    def _summed(self, each: Sequence[int]) -> list[int]:
        """Numbers of the rows, as numbers of the problems."""
        sums = [0] * len(self.problems)
        for row, final in enumerate(self.final):
            sums[final] += each[row]
        return sums

    def _say_shared(self, keys: Sequence[str], apart: bool) -> None:
        some = ", ".join(map(repr, keys[:EXAMPLES]))
        if apart:
            self._told.note(
                f"{len(keys)} ids share their question and reference with another ({some}): each "
                "is a problem of its own, and only a log with the same ids has the same problems"
            )
        else:
            self._told.note(
                f"the log's ids ({some}) are new for every sample, so the question tells the "
                "problems apart; if they are ids of problems, name their field with --id-field"
            )

    def _problem(self, record: Record) -> Problem | None:
        if self._matcher is not None:
            found = self._matcher.find(record)
            if found is not None and record.reference not in ("", found.reference):
                self._other_references[found.reference[:40]] = None
            return found
        question = record.question or record.prompt or record.key
        if not question:
            raise UsageError(
                "a sample has no question, prompt or id; name its field with --id-field or "
                "--question-field, or give the problems with --problems FILE"
            )
        if not record.question and self._texts:
            said = "rendered prompts" if record.prompt else "ids"
            self._told.note(
                f"the log has no questions, so its {said} are used instead, which match only "
                "another log with the same ones; --problems FILE adds the questions"
            )
        if not record.reference and self._texts:
            self._told.note(
                "the log has no reference answers, so it cannot be re-scored by another "
                "verifier; --problems FILE adds them"
            )
        metadata = dict(record.metadata or {}) | ({"id": record.key} if record.key else {})
        verifier = self._asked.verifier or self._verifier
        return Problem(question, record.reference, verifier, metadata, record.images)

    def _refuse_unmatched(self) -> None:
        if self._unmatched and not self._asked.leave_out_unmatched:
            some = "; ".join(repr(name) for name in list(self._unmatched)[:EXAMPLES])
            unmatched = len(self._unmatched)
            raise UsageError(
                f"{plural(unmatched, 'question of the log is', 'questions of the log are')} not in "
                f"--problems, e.g. {some}; give the file with these questions, or leave them out "
                "(--leave-out-unmatched)"
            )

    def _say(self) -> None:
        note = self._told.note
        if self.failed:
            note(
                f"{plural(self.failed, 'sample')} failed at the source: unscored under any verifier"
            )
        if self._other_references:
            note(
                f"{plural(len(self._other_references), 'reference differs', 'references differ')} "
                "between the log and --problems (--problems is used), e.g. "
                f"{next(iter(self._other_references))!r}"
            )
        twice = [key for key, questions in self._questions_of.items() if len(questions) > 1]
        if twice:
            note(
                f"{plural(len(twice), 'id of the log is', 'ids of the log are')} used for "
                f"different questions, which are kept apart, e.g. {twice[0]!r}"
            )
        if self._asked_otherwise:
            note(
                f"{plural(self._asked_otherwise, 'sample has', 'samples have')} another prompt "
                "than the first sample of their problem"
            )

    def problem_set(self, name: str) -> ProblemSet:
        """The problems, with the name of the file they came from."""
        given = self._asked.problems
        return ProblemSet(given.name if given is not None else name, tuple(self.problems))

    def prompt(self) -> PromptSettings:
        """The template that all prompts share, or else one that no engine renders."""
        if not any(self._prompts):
            return PromptSettings(template="{{ unknown_prompt }}", template_name=NOT_LOGGED)
        pairs = list(zip(self.problems, self._prompts, strict=True))
        shapes = {prompt.replace(p.question.strip(), SLOT) for p, prompt in pairs}
        shape = shapes.pop() if len(shapes) == 1 else ""
        if SLOT in shape:
            known = _chat(shape) if self._told.chat else _text(shape)
            if known is not None:
                return known
        key = digest(sorted([p.id, prompt] for p, prompt in pairs))
        return PromptSettings(template=f"{{{{ prompts_{key} }}}}", template_name="as logged")


def _chat(shape: str) -> PromptSettings | None:
    """Messages that are only a system text and the question."""
    head, _, rest = shape.rpartition(f"user: {SLOT}")
    system = head.removeprefix("system: ").removesuffix("\n")
    if rest or (head and not head.startswith("system: ")) or "\nuser: " in system:
        return None
    return PromptSettings(template="chat", template_name="chat", system=system or None)


def _text(shape: str) -> PromptSettings:
    """A text that contains the question, as a Jinja template; Jinja syntax in it is escaped."""
    if shape == SLOT:
        return PromptSettings(template="plain", template_name="plain")
    parts = (
        f"{{% raw %}}{part}{{% endraw %}}" if "{" in part else part for part in shape.split(SLOT)
    )
    return PromptSettings(template=SLOT.join(parts), template_name="as logged")


def _is_whole(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _told_apart(problem: Problem, key: str) -> Problem:
    """The problem, told apart from others with its question and reference by the log's id."""
    if not key:
        return problem
    metadata = {**problem.metadata, "id": key, TOLD_APART: key}
    return replace(problem, metadata=metadata)


def _name(record: Record) -> str:
    return " ".join((record.key or record.question or record.prompt).split())[-80:]
