"""Watch: record the reward calls of any trainer, and change nothing.

In: reward calls, as the trainer makes them. Out: a watch folder (`passgap.runs.watch`) that
``passgap watch`` and ``passgap report`` read; the trainer gets its own rewards back.

Imports neither torch nor a trainer, so that it runs inside verl's and OpenRLHF's environments with
passgap's core dependencies.

If the disk fails, training continues: an error is logged (logger ``passgap.watch``), the rows wait
in memory, up to a bound, and are written with the next successful call (`training.patience`). Wrong
input (an unknown status, a missing column) does raise: it shows at the first reward call.
"""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Callable, Collection, Mapping, Sequence
from multiprocessing.util import Finalize
from pathlib import Path

from passgap.data.journals import TrainingRow
from passgap.errors import PassgapError, UsageError
from passgap.runs.about import write_about
from passgap.runs.journal import append_row, drop_rows_after
from passgap.runs.names import TRAINING_FILE
from passgap.runs.parts import first_free_rank
from passgap.runs.stopping import should_stop
from passgap.runs.watch import STATUSES
from passgap.training import calls
from passgap.training.calls import Call, F
from passgap.training.patience import PatientLog, log, rank_of

FORKED = 10_000  # ranks of forked processes begin here: no launcher counts so far


class Watch:
    """Records the reward calls of any trainer.

    Parameters
    ----------
    folder
        The watch folder; all processes of a training run share it.
    group_size
        Completions per problem in one step (GRPO's G). Needed if the trainer does not give the
        step: then the rows are numbered by visits of their problem.
    rank
        Which process this is. Default: the environment's RANK, or else the lowest rank that no
        other process writes (0 for a single process).
    about
        Anything else to keep in ``about.json`` (JSON values, equal in all processes).
    flush_rows, flush_seconds
        How many rows given one by one are written together, and how long one may wait.

    Raises
    ------
    UsageError
        For a group size under 2 or a flush setting that is not positive.
    RunError, WorkError
        If the folder cannot be used: here, or at the first reward call.

    Notes
    -----
    The step of a row is the number of optimizer steps of the policy when it sampled. If the trainer
    gives it, a step already recorded by an earlier process means a resumed run that draws it again:
    this rank's rows from that step on are dropped, with a warning. If not, ``about.json`` says
    ``"step": "visits"``, and `read_watch` numbers the rows of each problem over all ranks in order
    of time, ``group_size`` per visit. An asynchronous trainer that gives the step at which it
    requested the reward is some steps ahead of the policy that sampled.

    Reward calls may come from threads, from async code and from the workers of a process pool: a
    forked process writes under a free rank of its own, from 10,000 on.

    Examples
    --------
    In a script that trains with TRL, whose data set has a column ``problem_id``::

        watch = Watch("out/watch")
        GRPOTrainer(..., reward_funcs=watch.reward(my_reward, correct=0.5))

    ``passgap watch out`` shows it; `passgap.training.callbacks.PassgapCallback` adds held-out
    problems.
    """

    def __init__(
        self,
        folder: Path | str,
        *,
        group_size: int | None = None,
        rank: int | None = None,
        about: Mapping[str, object] | None = None,
        flush_rows: int = 256,
        flush_seconds: float = 5.0,
    ) -> None:
        _check(group_size, flush_rows, flush_seconds)
        self.folder, self.group_size = Path(folder), group_size
        self.rank = rank_of(self.folder, rank)
        self._about: dict[str, object] = dict(about or {})
        self._flush_rows, self._flush_seconds = flush_rows, flush_seconds
        self._lock = threading.RLock()
        self._log: PatientLog | None = PatientLog(self.folder, self.rank)
        self._mode = ""
        self._logged = -1
        self._buffer: list[tuple[int | None, dict[str, object]]] = []
        _WATCHES.add(self)

    @property
    def unwritten(self) -> int:
        """Rows that wait for the disk, or were lost because of it."""
        return self._log.unwritten if self._log else 0

    def record(
        self,
        *,
        step: int | None,
        problem_id: Sequence[str | int],
        status: Sequence[str],
        reward: Sequence[float | None] | None = None,
        tokens: Sequence[int | None] | None = None,
        finish_reason: Sequence[str | None] | None = None,
        reason: Sequence[str] | None = None,
    ) -> None:
        """Record one reward call; it is on disk when this returns, unless the disk failed.

        Parameters
        ----------
        step
            Optimizer steps of the policy when it sampled; None if the trainer does not say.
        problem_id, status
            One entry per completion; an id is a text or an integer, status is ``correct``,
            ``incorrect`` or ``unscored``.
        reward, tokens, finish_reason, reason
            What else is known, one entry per completion.

        Raises
        ------
        UsageError
            For columns of different lengths, another status, or a step that is given only in some
            calls.
        """
        columns: dict[str, Sequence[object] | None] = {
            "problem_id": problem_id,
            "status": status,
            "reward": reward,
            "tokens": tokens,
            "finish_reason": finish_reason,
            "reason": reason,
        }
        given = {
            name: list(map(calls.scalar, values))
            for name, values in columns.items()
            if values is not None
        }
        given["problem_id"] = list(map(calls.id_of, problem_id))
        self._record(step, given)

    def _record(self, step: int | None, columns: dict[str, list[object]]) -> None:
        with self._lock:
            if self._buffer:
                self.flush()
            self._begin(step)
            self._open().write(Call(step, columns))

    def record_one(
        self,
        *,
        step: int | None = None,
        problem_id: str | int,
        status: str,
        reward: float | None = None,
        tokens: int | None = None,
        finish_reason: str | None = None,
        reason: str = "",
    ) -> None:
        """Record one completion, for trainers that call the reward once per completion.

        Safe from several threads. Rows are written together: after ``flush_rows`` of them, when the
        oldest has waited ``flush_seconds``, and at exit; a killed process loses at most those.
        """
        row: dict[str, object] = {
            "problem_id": calls.id_of(problem_id),
            "status": status,
            "reward": calls.scalar(reward),
            "tokens": calls.scalar(tokens),
            "finish_reason": finish_reason,
            "reason": reason,
            "seconds": time.time(),
        }
        if status not in STATUSES:
            raise UsageError(f"status is {status!r}; allowed: {', '.join(STATUSES)}")
        with self._lock:
            self._begin(step)
            self._buffer.append((step, row))
            if len(self._buffer) >= self._flush_rows:
                self.flush()
            elif len(self._buffer) == 1:
                timer = threading.Timer(self._flush_seconds, self.flush)
                timer.daemon = True
                timer.start()

    def flush(self) -> None:
        """Write what waits in memory."""
        with self._lock:
            rows, self._buffer = self._buffer, []
            if rows:
                steps = [step for step, _ in rows if step is not None]
                columns = {name: [row[name] for _, row in rows] for name in rows[0][1]}
                self._open().write(Call(None, columns, steps))
            elif self._log:
                self._log.write()

    def reward(
        self,
        function: F,
        *,
        correct: Callable[[float], bool] | float,
        id_column: str = "problem_id",
        split: tuple[str, object] | None = None,
        max_tokens: int | None = None,
        end_tokens: Collection[int] = (),
        step: Callable[[], int] | None = None,
    ) -> F:
        """A reward function in TRL's form that records each call and returns the same rewards.

        Parameters
        ----------
        function
            ``f(prompts=, completions=, completion_ids=, <columns>=, ...) -> list[float | None]``,
            plain or async. An iterator or a generator of rewards is read once, and the trainer gets
            the list; so are columns that are iterators.
        correct
            What counts as a correct completion: a function of the reward, or a threshold t for
            "reward >= t". There is no default, since rewards may include format bonuses, -1 and
            partial credit. No reward (None or nan) is unscored.
        id_column
            The data set's column that names the problem.
        split
            A column and its value: only rows with it are recorded, e.g. ``("split", "train")``. TRL
            calls the same functions in evaluation without saying so.
        max_tokens, end_tokens
            If given, a completion of ``max_tokens`` tokens that does not end in one of
            ``end_tokens`` counts as cut off (finish reason ``length``). A data set's or a rollout's
            column ``finish_reason`` takes precedence.
        step
            Called with each reward call, returns the optimizer steps of the policy so far. Default:
            the step that TRL gives, else visits of each problem are counted.

        Returns
        -------
        callable
            With the function's ``__name__``, by which TRL logs its mean. It logs, through TRL's
            ``log_metric``, ``watch/solved_share``, ``watch/mixed_share``, ``watch/unscored_share``,
            ``watch/completion_length`` and ``watch/truncated_share`` of each process's rows.

        Raises
        ------
        UsageError
            At the first call, if the data set has no such column, or a column or the rewards have
            another length than the completions.
        """
        rule = calls.rule_of(correct)
        with self._lock:
            self._about.setdefault("correct", rule.text)

        name = getattr(function, "__name__", type(function).__name__)
        ends = frozenset(end_tokens)

        def seen(rewards: object, columns: Mapping[str, object]) -> object:
            given = calls.reread(rewards)
            told = calls.rewards_of(name, given, columns)
            at = calls.step_of(columns) if step is None else step()
            call = calls.call_of(told, columns, rule, id_column, split, max_tokens, ends, at)
            if len(call):
                self._see(call, columns.get("log_metric"))
            return given

        return calls.wrapped(function, seen)

    def log(
        self, step: int, *, entropy: float | None = None, logp_difference: float | None = None
    ) -> None:
        """Keep what the trainer knows of a step; call it in one process.

        Parameters
        ----------
        step
            Optimizer steps so far. Rows of this step or later, from before a restart, are dropped.
        entropy
            Of a sampled token, on average, in nats.
        logp_difference
            The log-probability of a sampled token by the sampler, minus that by the trainer:
            the mean of its absolute value. TRL calls it ``sampling/sampling_logp_difference/mean``,
            slime ``train/train_rollout_logprob_abs_diff``.
        """
        row = TrainingRow(step=step, entropy=entropy, logp_difference=logp_difference)
        try:
            with self._lock:
                self.folder.mkdir(parents=True, exist_ok=True)
                if step <= self._logged or self._logged < 0:
                    drop_rows_after(self.folder / TRAINING_FILE, step - 1)
                append_row(self.folder / TRAINING_FILE, row)
                self._logged = step
        except (PassgapError, OSError) as error:
            log.error("what was logged of step %d is lost, training continues: %s", step, error)

    def should_stop(self) -> bool:
        """Whether ``passgap watch --stop-on`` has asked this training to stop."""
        return should_stop(self.folder)

    def drop_after(self, step: int) -> int:
        """Remove this rank's rows with a later step, as for a run resumed from ``step + 1``."""
        with self._lock:
            return self._open().drop_after(step)

    def _see(self, call: Call, log_metric: object) -> None:
        with self._lock:
            self._record(call.step, call.columns)
            if callable(log_metric):
                for name, value in calls.call_metrics(call).items():
                    log_metric(f"watch/{name}", value)
                log_metric("watch/unwritten_rows", float(self.unwritten))

    def _open(self) -> PatientLog:
        """This process's log; a forked process gets its own, at a free rank, with its first row."""
        if self._log is None:
            self.rank = first_free_rank(self.folder, FORKED)
            self._log = PatientLog(self.folder, self.rank)
        return self._log

    def _forked(self) -> None:
        """In a forked process: nothing of the parent's is written again, or waited for."""
        self._lock, self._log, self._mode, self._buffer = threading.RLock(), None, "", []

    def _begin(self, step: int | None) -> None:
        """At the first row: record what a step is, and drop what a resumed run draws again."""
        # Only the first row shows whether the trainer knows its step, and at which step a resumed
        # run continues: so about.json and the dropping of rows wait for it.
        mode = "visits" if step is None else "trainer"
        if mode == self._mode:
            return
        if self._mode:
            raise UsageError(
                f"step is {step!r}, but other calls of this watch had "
                f"{'none' if step is not None else 'one'}; give it in every call or in none"
            )
        if step is None and self.group_size is None:
            raise UsageError(
                "the trainer gives no step and group_size is not set; pass group_size, the "
                "number of completions per problem in one step, to Watch"
            )
        opened = self._open()
        write_about(self.folder, {"step": mode, "group_size": self.group_size, **self._about})
        self._mode = mode
        # Called at exit, also in the workers of a process pool, where atexit is not. Weakly: a
        # handler that held the watch would keep every watch of a long process alive.
        Finalize(None, _at_exit, (weakref.ref(self),), exitpriority=0)
        dropped = opened.drop_after(step - 1) if step is not None else 0
        if dropped:
            log.warning(
                "%s: training resumes at step %d; %d rows of rank %d from that step on are "
                "dropped and will be recorded again", self.folder, step, dropped, self.rank,
            )  # fmt: skip


def _check(group_size: int | None, flush_rows: int, flush_seconds: float) -> None:
    rules = {
        "group_size": (group_size, group_size is None or group_size >= 2, "an integer >= 2"),
        "flush_rows": (flush_rows, flush_rows >= 1, "an integer >= 1"),
        "flush_seconds": (flush_seconds, flush_seconds > 0, "a number > 0"),
    }
    for name, (value, holds, allowed) in rules.items():
        if not holds:
            raise UsageError(f"{name} is {value!r}; allowed: {allowed}")


_WATCHES: weakref.WeakSet[Watch] = weakref.WeakSet()


def _after_fork() -> None:
    for watch in list(_WATCHES):
        watch._forked()


os.register_at_fork(after_in_child=_after_fork)


def _at_exit(reference: weakref.ref[Watch]) -> None:
    watch = reference()
    if watch is None:
        return
    watch.flush()
    if watch.unwritten:
        log.error("%s: %d rows could not be written and are lost", watch.folder, watch.unwritten)
