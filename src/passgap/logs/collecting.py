"""From records to problems and sorted draws: the part of an import that reads the log once.

A problem's identity is its question, reference and verifier, so different questions at one index
stay apart, and a log's own names of problems do not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from passgap.data.identity import digest
from passgap.data.policies import PromptSettings
from passgap.data.problems import Problem, ProblemSet
from passgap.errors import UsageError
from passgap.logs.base import EXAMPLES, Asked, Record, Told
from passgap.logs.sorting import Sorter
from passgap.plain import plural

SLOT = "{{ question }}"
NOT_LOGGED = "not in the log"
OWN_NAMES = ("problem_id", "id", "task_id", "unique_id", "question_id")


class Matcher:
    """Finds problems by question, by the question within a prompt, or (no text at all) by id.

    A prompt may contain other questions as worked examples: the one that ends last is asked.
    """

    def __init__(self, problems: ProblemSet) -> None:
        self._problems = tuple(problems)
        self._by_question = {p.question.strip(): p for p in problems}
        self._by_name = dict(_names(problems))
        self._found: dict[str, Problem | None] = {}

    def find(self, record: Record) -> Problem | None:
        """The problem that a record belongs to."""
        text = record.question or record.prompt
        if not text:
            return self._by_name.get(record.key)
        if text not in self._found:
            self._found[text] = self._by_question.get(text.strip()) or self._contained(
                record.prompt or text
            )
        return self._found[text]

    def _contained(self, prompt: str) -> Problem | None:
        ends = [
            (at + len(question), len(question), problem)
            for question, problem in self._by_question.items()
            if (at := prompt.rfind(question)) >= 0
        ]
        return max(ends, key=lambda end: end[:2])[2] if ends else None


def _names(problems: ProblemSet) -> Iterator[tuple[str, Problem]]:
    for problem in problems:
        yield problem.id, problem
        for name in OWN_NAMES:
            if problem.metadata.get(name) is not None:
                yield str(problem.metadata[name]), problem


class Collected:
    """What was read: distinct ``problems`` in the order they came, the ``draws`` of each."""

    def __init__(self, sorter: Sorter, asked: Asked, told: Told, verifier: str) -> None:
        self.sorter = sorter
        self._asked, self._told, self._verifier = asked, told, verifier
        self._matcher = Matcher(asked.problems) if asked.problems is not None else None
        self.problems: list[Problem] = []
        self.draws: list[int] = []
        self.scored_of: list[int] = []
        self.labelled = self.unlabelled = self.answered = 0
        self.scored = self.correct = self.failed = 0
        self._row_of: dict[str, int] = {}
        self._cache: dict[tuple[str, str], int] = {}
        self._prompts: list[str] = []
        self._asked_otherwise = 0
        self._other_references: dict[str, None] = {}
        self._questions_of: dict[str, set[str]] = {}
        self._unmatched: dict[str, None] = {}

    def take(self, records: Iterable[Record]) -> None:
        """Read all records.

        Raises UsageError if no draw is left, or draws belong to no problem in the given file.
        """
        for record in map(self._encodable, records):
            row = self.row(record)
            if row < 0:
                continue
            self.draws[row] += 1
            self.labelled += record.status is not None
            scored = record.status in ("correct", "incorrect")
            self.scored += scored
            self.scored_of[row] += scored
            self.correct += record.status == "correct"
            self.failed += record.reason.startswith("error")
            self.unlabelled += record.status is None
            self.answered += record.extracted is not None
            self.sorter.add(row, record)
        self.sorter.finish()
        self.end()
        if len(set(self.draws)) > 1:
            self._told.note(f"problems have {min(self.draws)} to {max(self.draws)} samples")

    def end(self) -> None:
        """Everything is read: report what a reader should know. Raises UsageError as `take`."""
        self._refuse_unmatched()
        if not self.problems:
            left = "; ".join(f"{count} {why}" for why, count in self._told.left_out.items())
            raise UsageError(
                f"the log has no samples{f' ({left})' if left else ''}; give another log"
            )
        self._say()

    def _encodable(self, record: Record) -> Record:
        """The record without lone surrogates, which JSON can escape but no file can hold."""
        texts = (record.text, record.question, record.reference, record.prompt, record.key)
        if all(map(_is_whole, texts)) and _is_whole(record.extracted or ""):
            return record
        self._told.note(
            "some texts have invalid characters (lone surrogates), each replaced by a question mark"
        )
        names = ("text", "question", "reference", "prompt", "key", "extracted")
        values = {name: getattr(record, name) for name in names}
        return record._replace(
            **{n: v.encode("utf-8", "replace").decode() for n, v in values.items() if v}
        )

    def row(self, record: Record) -> int:
        """The row of the draw's problem, -1 where it is left out."""
        identity = (record.question or record.prompt or record.key, record.reference)
        row = self._cache.get(identity)
        if row is None:
            row = self._cache[identity] = self._new(record)
        if row < 0:
            self._told.leave_out("samples of no problem in --problems", _name(record))
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
        if problem.id in self._row_of:
            return self._row_of[problem.id]
        self._row_of[problem.id] = len(self.problems)
        self.problems.append(problem)
        self.draws.append(0)
        self.scored_of.append(0)
        self._prompts.append(record.prompt)
        return len(self.problems) - 1

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
        if not record.question:
            said = "rendered prompts" if record.prompt else "ids"
            self._told.note(
                f"the log has no questions, so its {said} are used instead, which match only "
                "another log with the same ones; --problems FILE adds the questions"
            )
        if not record.reference:
            self._told.note(
                "the log has no reference answers, so it cannot be re-scored by another "
                "verifier; --problems FILE adds them"
            )
        metadata = dict(record.metadata or {}) | ({"id": record.key} if record.key else {})
        verifier = self._asked.verifier or self._verifier
        return Problem(question, record.reference, verifier, metadata)

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


def _name(record: Record) -> str:
    return " ".join((record.key or record.question or record.prompt).split())[-80:]
