"""The reward that exported files call inside the trainers that passgap exports for.

In: a completion as the trainer passes it, and the row that passgap exported. Out: the reward in the
trainer's form. The verifier is the one of evaluation, so the reward agrees with evaluation: correct
1, incorrect 0. An unscored completion has no reward in TRL; the others need a number and get 0, and
the watch folder records which those were.

Imports neither torch nor a trainer: passgap's core dependencies are enough, inside the trainer's
own environment. Rewards are called from threads and processes there, one completion at a time.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import SupportsInt

from passgap.data.completions import FinishReason, cut_at_stop
from passgap.data.outcomes import Outcome, Status
from passgap.data.problems import Problem
from passgap.errors import MismatchError
from passgap.training.calls import State
from passgap.training.reward import RaisedOnce
from passgap.training.watch import Watch
from passgap.verifiers import Item, Verifier, for_problems

CARRIED = ("problem_id", "question", "reference", "verifier", "metadata")
Messages = Sequence[Mapping[str, str]]
REWARDS: dict[Status, float] = {"correct": 1.0, "incorrect": 0.0, "unscored": 0.0}


class ExportedReward:
    """Marks what a trainer sampled for exported rows, and records it for ``passgap watch``.

    Parameters
    ----------
    watch
        The watch folder of the training rows; held-out rows are recorded beside it, in the folder
        of the same name with ``_held_out``.
    group_size, held_out_draws
        Completions per problem in one step, in training and in validation.
    verifier
        The spec of one verifier for all problems, including ``python:``, ``plugin:`` and ``judge``;
        None takes the one each row names, which may be none of those.
    stop
        Strings that end a completion: anything after them is ignored, as in evaluation.
    special
        Texts of special tokens to leave out, if the trainer does not (OpenRLHF, slime, AReaL).
    max_tokens, end_tokens
        If given, a completion of ``max_tokens`` token ids that does not end in one of
        ``end_tokens`` counts as cut off (TRL).
    """

    __name__ = "verifier"

    def __init__(
        self,
        watch: Path | str,
        *,
        group_size: int,
        held_out_draws: int,
        verifier: str | None = None,
        stop: Sequence[str] = (),
        special: Sequence[str] = (),
        max_tokens: int | None = None,
        end_tokens: Collection[int] = (),
    ) -> None:
        folder = Path(watch)
        self._folders: dict[str, tuple[Path, int]] = {
            "train": (folder, group_size),
            "held_out": (folder.with_name(f"{folder.name}_held_out"), held_out_draws),
        }
        self._watches: dict[str, Watch] = {}
        self._verifiers: dict[str, Verifier] = {}
        self._override, self._stop, self._special = verifier, tuple(stop), tuple(special)
        longest_first = sorted(self._special, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first)))
        self._max_tokens, self._end_tokens = max_tokens, frozenset(end_tokens)
        self._raised = RaisedOnce()
        self._step: dict[str, int | None] = {}
        self._lock = threading.Lock()

    # -- the trainers' own forms

    def verl(
        self, solution_str: str, ground_truth: str, extra_info: Mapping[str, object] | None
    ) -> dict[str, float | str]:
        """One completion, in the form of verl's ``compute_score``.

        ``score`` and ``acc`` are 1.0 if it is correct, ``pred`` is the answer read ("" for none)
        and ``unscored`` 1.0 or 0.0: verl averages the numbers over validation and writes the texts
        to its dump.

        Raises MismatchError for a row that passgap did not export, or that has changed since.
        """
        row = {**(extra_info or {}), "reference": ground_truth}
        tokens, most = _whole(row.get("tokens")), _whole(row.get("max_tokens"))
        ended: FinishReason | None = None
        if tokens is not None:
            cut = most is not None and not row.get("ended", tokens < most)
            ended = "length" if cut else "stop"
        step = _whole(row.get("global_steps"))
        outcome = self._scored([row], [solution_str], [tokens], [ended], step)[0]
        return {
            "score": REWARDS[outcome.status],
            "acc": float(outcome.status == "correct"),
            "pred": outcome.extracted or "",
            "problem_id": str(row["problem_id"]),
            "status": outcome.status,
            "reason": outcome.reason,
            "unscored": float(outcome.status == "unscored"),
        }

    def openrlhf(
        self, queries: Sequence[str], prompts: Sequence[str], labels: Sequence[str]
    ) -> dict[str, object]:
        """Completions in the form of OpenRLHF's ``reward_func``, which passes one at a time.

        ``rewards`` and ``scores`` are a number for one completion, else a list.
        """
        marked = [self._openrlhf_one(*one) for one in zip(queries, prompts, labels, strict=True)]
        rewards = [REWARDS[outcome.status] for outcome in marked]
        unscored = sum(outcome.status == "unscored" for outcome in marked) / max(len(marked), 1)
        given = rewards[0] if len(rewards) == 1 else rewards
        return {"rewards": given, "scores": given, "extra_logs": {"unscored": unscored}}

    def trl(
        self,
        *,
        completions: Sequence[str | Messages],
        completion_ids: Sequence[Sequence[int]],
        split: Sequence[str],
        trainer_state: State,
        **columns: Sequence[str],
    ) -> list[float | None]:
        """Completions in TRL's form, with the columns of the exported rows.

        1.0 correct, 0.0 incorrect, None unscored (TRL then leaves it out of its group).
        """
        completion_ids, split = list(completion_ids), list(split)
        rows = zip(*(columns[name] for name in CARRIED), strict=True)
        problems = [problem_of(dict(zip(CARRIED, row, strict=True))) for row in rows]
        read = [
            self._read(_text(one), self._cut(ids))
            for one, ids in zip(completions, completion_ids, strict=True)
        ]
        outcomes = self._marked(
            [Item(p, text, end or "stop") for p, (text, end) in zip(problems, read, strict=True)]
        )
        rewards = [None if o.status == "unscored" else REWARDS[o.status] for o in outcomes]
        step = int(trainer_state.global_step)
        for part in dict.fromkeys(split):
            mine = [i for i, one in enumerate(split) if one == part]
            self._watch(part).record(
                step=step,
                problem_id=[problems[i].id for i in mine],
                status=[outcomes[i].status for i in mine],
                reward=[rewards[i] for i in mine],
                tokens=[len(completion_ids[i]) for i in mine],
                finish_reason=[read[i][1] for i in mine],
                reason=[outcomes[i].reason for i in mine],
            )
        return rewards

    __call__ = trl

    # -- for any trainer

    def one(
        self,
        row: Mapping[str, object],
        text: str,
        *,
        tokens: int | None = None,
        finish_reason: FinishReason | None = None,
        step: int | None = None,
    ) -> float:
        """The reward of one completion, 1.0 or 0.0; arguments as in `each`."""
        outcome = self._scored([row], [text], [tokens], [finish_reason], step)[0]
        return REWARDS[outcome.status]

    def each(
        self,
        rows: Sequence[Mapping[str, object]],
        texts: Sequence[str],
        *,
        finish_reasons: Sequence[FinishReason | None] | None = None,
        step: int | None = None,
    ) -> list[float]:
        """The reward of each completion, 1.0 or 0.0.

        Parameters
        ----------
        rows
            The exported row of each completion's problem.
        texts
            The completions.
        finish_reasons
            Why each ended, ``stop`` or ``length``, where the trainer says.
        step
            The optimizer steps of the policy, where the trainer says.

        Raises
        ------
        MismatchError
            For a row that passgap did not export, or that has changed since.
        """
        unknown = [None] * len(rows)
        outcomes = self._scored(rows, texts, unknown, finish_reasons or unknown, step)
        return [REWARDS[outcome.status] for outcome in outcomes]

    def flush(self) -> None:
        """Write the rows that wait in memory."""
        for watch in self._watches.values():
            watch.flush()

    # -- shared

    def _scored(
        self,
        rows: Sequence[Mapping[str, object]],
        texts: Sequence[str],
        tokens: Sequence[int | None],
        ended: Sequence[FinishReason | None],
        step: int | None,
    ) -> list[Outcome]:
        problems = [problem_of(row) for row in rows]
        read = [
            self._read(self._plain(text), None if end is None else end == "length")
            for text, end in zip(texts, ended, strict=True)
        ]
        items = [
            Item(p, text, end or "stop") for p, (text, end) in zip(problems, read, strict=True)
        ]
        outcomes = self._marked(items)
        for i, outcome in enumerate(outcomes):
            split = str(rows[i]["split"])
            at = self._told(split, step)
            self._record(split, problems[i], outcome, read[i][1], at, tokens[i])
        return outcomes

    def _openrlhf_one(self, query: str, prompt: str, label: str) -> Outcome:
        """The query is prompt and completion decoded together, special tokens included."""
        row = json.loads(label)
        problem = problem_of(row)
        text, finish = query.removeprefix(prompt), None
        if self._special:
            ended = text.endswith(self._special)
            text, finish = self._read(self._plain(text), not ended)
        if query.startswith(prompt):
            outcome = self._marked([Item(problem, text, finish or "stop")])[0]
        else:  # the decoded text lacks the prompt: where does the completion begin?
            outcome = Outcome("unscored", None, "prompt")
        self._record(row["split"], problem, outcome, finish)
        return outcome

    def _plain(self, text: str) -> str:
        return self._pattern.sub("", text) if self._special else text

    def _read(self, text: str, cut: bool | None) -> tuple[str, FinishReason | None]:
        """The text up to the first stop string, and how it ended; None if unknown."""
        shown = cut_at_stop(text, self._stop)
        if shown != text:
            return shown, "stop"
        return text, None if cut is None else "length" if cut else "stop"

    def _cut(self, ids: Sequence[int]) -> bool | None:
        if self._max_tokens is None:
            return None
        return len(ids) >= self._max_tokens and ids[-1] not in self._end_tokens

    def _marked(self, items: Sequence[Item]) -> list[Outcome]:
        found: dict[int, Outcome] = {}
        for spec in dict.fromkeys(item.problem.verifier for item in items):
            mine = [i for i, item in enumerate(items) if item.problem.verifier == spec]
            marker = self._verifier(items[mine[0]].problem)
            outcomes = marker.verify_all([items[i] for i in mine])
            self._raised.tell(marker)
            found |= dict(zip(mine, outcomes, strict=True))
        return [found[i] for i in range(len(items))]

    def _verifier(self, problem: Problem) -> Verifier:
        key = self._override or problem.verifier
        with self._lock:
            if key not in self._verifiers:
                self._verifiers[key] = for_problems([problem], self._override)
            return self._verifiers[key]

    def _watch(self, split: str) -> Watch:
        """Opened with the first row: importing the reward file writes nothing."""
        with self._lock:
            if split not in self._watches:
                folder, size = self._folders[split]
                self._watches[split] = Watch(folder, group_size=size)
            return self._watches[split]

    def _told(self, split: str, step: int | None) -> int | None:
        """The step as the trainer gives it; if the first row had none, later ones are ignored."""
        with self._lock:
            if split not in self._step or (self._step[split] is not None and step is not None):
                self._step[split] = step
            return self._step[split]

    def _record(
        self,
        split: str,
        problem: Problem,
        outcome: Outcome,
        finish: FinishReason | None,
        step: int | None = None,
        tokens: int | None = None,
    ) -> None:
        self._watch(split).record_one(
            step=step,
            problem_id=problem.id,
            status=outcome.status,
            reward=REWARDS[outcome.status],
            tokens=tokens,
            finish_reason=finish,
            reason=outcome.reason,
        )


def problem_of(row: Mapping[str, object]) -> Problem:
    """The problem of an exported row.

    Raises MismatchError when the row lacks what passgap exports, or its id does not follow from its
    problem.
    """
    missing = [name for name in CARRIED if row.get(name) is None]
    if missing:
        raise MismatchError(
            f"a row has no {missing[0]}; this reward needs rows written by passgap export"
        )
    found = _problem(*(str(row[name]) for name in CARRIED[1:]))
    if found.id != row["problem_id"]:
        raise MismatchError(
            f"the row of problem {row['problem_id']} was changed and would now be {found.id}; "
            "export the problems again"
        )
    return found


@lru_cache(maxsize=100_000)
def _problem(question: str, reference: str, verifier: str, metadata: str) -> Problem:
    return Problem(question, reference, verifier, json.loads(metadata))


def _whole(value: object) -> int | None:
    """A number as trainers pass it: Python's, NumPy's or a tensor."""
    return int(value) if isinstance(value, SupportsInt) else None


def _text(completion: str | Messages) -> str:
    """A completion's text: a string, or what the assistant says in messages."""
    if isinstance(completion, str):
        return completion
    return "".join(str(message["content"]) for message in completion)
