"""Verifying: outcomes for a run's completions; the completions stay unchanged.

Outcomes are stored in a folder named by the verifier's digest, one shard for each completion shard,
so another verifier gives another set of outcomes and an interrupted call continues where it
stopped. If no draw could be scored, the next call marks all of them again: the cause may have been
outside the verifier's code, such as a missing file or package. `agreement` compares two sets of
outcomes of one run.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from functools import cached_property
from pathlib import Path

import polars as pl

from passgap.data.completions import REFUSALS
from passgap.data.counts import Counts
from passgap.data.identity import digest
from passgap.data.outcomes import Failure, Outcome
from passgap.data.policies import PromptSettings
from passgap.data.problems import Problem
from passgap.errors import UsageError
from passgap.plain import shareable
from passgap.problems import render
from passgap.results.verified import STATUSES, Agreement, Difference, MarkedBoth, Verified
from passgap.runs import Run, opened
from passgap.runs.outcomes import OutcomesAbout
from passgap.runs.spreading import spread
from passgap.stages.unscored import all_unscored, keep_failures, unscored
from passgap.verifiers import Item, Verifier, answer_form, for_problems
from passgap.verifiers.asked import asked_form
from passgap.verifiers.failures import take_failures

SHOWN = 5
AT_ONCE = 1024  # completions that a verifier gets in one call
SOURCE = "source"
Marked = tuple[str, int, Outcome]


def verify(
    run: Run | Path | str,
    *,
    verifier: str | None = None,
    progress: Callable[[int, int], None] | None = None,
    command: str = "",
) -> str:
    """Mark every completion that has no outcome yet; returns the verifier's digest.

    A verifier of the reasoning (``judge``) marks the completions that are correct by the outcomes
    that count, and its marks are stored beside them; any other verifier's marks become the ones
    that count.

    Parameters
    ----------
    run
        The run to mark, or its folder.
    verifier
        The spec of one verifier for all problems; None takes the one each problem names. For an
        imported run, ``source`` makes the labels of its log count again.
    progress
        Called with (completions marked so far, completions in total).
    command
        The command line, kept with the outcomes.

    Raises
    ------
    UsageError
        For problems without a reference that the verifier compares with; for ``source`` where a run
        has no source labels.
    """
    run = opened(run)
    if verifier == SOURCE:
        return _by_its_source(run)
    problems = {problem.id: problem for problem in run.problems()}
    _refuse_without_references(run, problems, verifier)
    with closing(for_problems(problems.values(), verifier)) as marker, run.writing():
        correct_by = run.verifier_digest() if marker.of_reasoning else None
        key = digest([marker.digest, correct_by]) if correct_by else marker.digest
        shards = run.completion_names()
        for name in run.bad_outcomes(key):
            run.reject_outcomes(key, name)
        done = set() if all_unscored(run, key) else run.outcome_names(key)
        if run.outcomes_about(key).faults is None:
            faults = marker.faults(list(problems.values()))
            about = OutcomesAbout(
                verifier=verifier, faults=faults, correct_by=correct_by, command=shareable(command)
            )
            run.set_outcomes_about(key, about)
        take_failures(marker)  # references that raised are reported as faults
        sizes = {name: run.blocks[name].completions for name in shards}
        total = sum(sizes.values())
        before = sum(sizes[name] for name in shards if name in done)
        owed = [name for name in shards if name not in done]
        marking = _Marking(run, verifier, correct_by)
        marking.use(marker, lambda count: progress and progress(before + count, total))
        for name, (marks, failures) in zip(owed, spread(marking, owed), strict=True):
            keep_failures(run, key, name, failures)
            run.add_outcomes(key, name, marks)
            before += sizes[name]
            if progress:
                progress(before, total)
        run.set_verifier_digest(key, of_reasoning=marker.of_reasoning)
        return key


def _asked_forms(run: Run, problems: dict[str, Problem]) -> dict[str, str]:
    """The form of answer that each problem's prompt asks for; for a log, its question."""
    if run.manifest.imported:
        return {i: asked_form(problem.question) for i, problem in problems.items()}
    settings = PromptSettings.from_dict(run.manifest.prompt)
    prompts = {i: render(problem, settings) for i, problem in problems.items()}
    return {
        i: asked_form("\n".join([prompt.text, *(text for _, text in prompt.messages)]))
        for i, prompt in prompts.items()
    }


def _source_key(run: Run) -> str:
    """The digest of the outcomes that come from an imported run's log."""
    return digest(["source", run.manifest.engine["args"]["label"]])


def _by_its_source(run: Run) -> str:
    """Make the labels of an imported run's log count."""
    imported = run.manifest.imported
    key = _source_key(run) if imported else ""
    if not imported or set(run.completion_names()) - run.outcome_names(key):
        raise UsageError(
            f"--verifier {SOURCE}: {run.place} has no labels from its source; allowed only for an "
            "imported run whose log marks its samples"
        )
    with run.writing():
        run.set_verifier_digest(key)
    return key


def _refuse_without_references(
    run: Run, problems: dict[str, Problem], verifier: str | None
) -> None:
    """An imported log may have no reference answers; a verifier would find all samples wrong."""
    empty = [
        p for p in problems.values() if not p.reference and answer_form(verifier or p.verifier)
    ]
    if empty:
        raise UsageError(
            f"{len(empty)} of {len(problems)} problems of {run.place} have no reference answer "
            f"for {verifier or empty[0].verifier} to compare with; import the log again with "
            "--problems FILE, which has them"
        )


class _Marking:
    """Marks one shard after the other; another process makes a verifier of its own for it."""

    def __init__(self, run: Run, verifier: str | None, correct_by: str | None) -> None:
        self._run, self._spec, self._correct_by = run, verifier, correct_by
        self._tell: Callable[[int], object] = lambda count: None

    def __reduce__(self) -> tuple[type[_Marking], tuple[Run, str | None, str | None]]:
        return _Marking, (self._run, self._spec, self._correct_by)

    def use(self, marker: Verifier, tell: Callable[[int], object]) -> None:
        """Mark with this verifier; ``tell`` gets the number marked of a shard so far."""
        self.__dict__["_marker"], self._tell = marker, tell

    def __call__(self, name: str) -> tuple[list[Marked], list[Failure]]:
        frame = self._run.read_completions(name, ["problem_id", "draw", "text", "finish_reason"])
        if self._correct_by is not None:
            marks = self._run.read_outcomes(self._correct_by, name)
            right = marks.filter(pl.col("status") == "correct").select("problem_id", "draw")
            frame = frame.join(right, on=["problem_id", "draw"])
        refused = pl.col("finish_reason").is_in(REFUSALS).fill_null(value=False)
        rows = list(frame.filter(~refused).iter_rows())
        outcomes: list[Outcome] = []
        for first in range(0, len(rows), AT_ONCE):
            part = rows[first : first + AT_ONCE]
            outcomes += self._marker.verify_all(
                [Item(self._problems[i], text, end, self._asked[i]) for i, _, text, end in part]
            )
            self._tell(len(outcomes))
        failed = _failed_at_source(self._run, name)
        unanswered = [
            (i, draw, Outcome("unscored", None, why))
            for i, draw, _, why in frame.filter(refused).iter_rows()
        ]
        return unanswered + [
            (i, draw, Outcome("unscored", None, "error") if (i, draw) in failed else outcome)
            for (i, draw, _, _), outcome in zip(rows, outcomes, strict=True)
        ], take_failures(self._marker)

    @cached_property
    def _problems(self) -> dict[str, Problem]:
        return {problem.id: problem for problem in self._run.problems()}

    @cached_property
    def _asked(self) -> dict[str, str]:
        return _asked_forms(self._run, self._problems)

    @cached_property
    def _marker(self) -> Verifier:
        return for_problems(self._problems.values(), self._spec)


def _failed_at_source(run: Run, name: str) -> set[tuple[str, int]]:
    """Draws of an imported log that failed before there was an answer: wrong for no verifier."""
    if not run.manifest.imported:
        return set()
    key = _source_key(run)
    if name not in run.outcome_names(key):
        return set()
    failed = run.read_outcomes(key, name).filter(
        (pl.col("status") == "unscored") & pl.col("reason").str.starts_with("error")
    )
    return set(failed.select("problem_id", "draw").iter_rows())


def agreement(run: Run, first: str, second: str) -> Agreement:
    """Compare the outcomes of two verifiers, given by their digests.

    Raises
    ------
    UsageError
        When one of them has not marked every shard of the run.
    """
    for chosen in (first, second):
        missing = set(run.completion_names()) - run.outcome_names(chosen)
        if missing:
            raise UsageError(
                f"{run.place}: {len(missing)} shards are not marked by verifier {chosen}; run "
                "passgap verify with it first"
            )
    table = {(a, b): 0 for a in STATUSES for b in STATUSES}
    examples: list[Difference] = []
    for name in run.completion_names():
        both = run.read_outcomes(first, name).join(
            run.read_outcomes(second, name), on=["problem_id", "draw"], suffix="_second"
        )
        for a, b, count in both.group_by("status", "status_second").len().iter_rows():
            table[a, b] += count
        differing = both.drop("readings", "readings_second").filter(
            pl.col("status") != pl.col("status_second")
        )
        rows = differing.head(SHOWN - len(examples)).iter_rows(named=True)
        examples += [Difference(**row) for row in rows]
    pairs = tuple(MarkedBoth(a, b, draws) for (a, b), draws in table.items())
    return Agreement(first, second, pairs, tuple(examples))


def verified(run: Run, counts: Counts, marked: str, *, place: str, before: str | None) -> Verified:
    """The result of marking a run.

    Parameters
    ----------
    run, counts, marked
        The run, its counts, and the digest that `verify` gave.
    place
        What to call it.
    before
        The digest of the outcomes that counted before; None where it was not marked.
    """
    after = run.verifier_digest()
    return Verified(
        run=place,
        problems=len(counts),
        draws=int((counts.n + counts.unscored).sum()),
        correct=int(counts.c.sum()),
        unscored=int(counts.unscored.sum()),
        unscored_reasons=tuple(unscored(run, marked)),
        verifier=after,
        reasoned=None if counts.c_reasoned is None else int(counts.c_reasoned.sum()),
        marked_by=run.marked_by(after),
        agreement=agreement(run, before, after) if before not in (None, after) else None,
    )
