"""Everything a verdict is based on, read once: counts, lineage, answers, data checks.

In: the draws of a base and of trained policies (runs, counts files, counts, frames, matrices). Out:
`Evidence`, which every way to a verdict takes; nothing else joins counts with what is known about
the policies behind them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.results.findings import Checks
from passgap.results.parts import Both
from passgap.runs import Run, is_run
from passgap.runs.lineage import policy_folder, roles, step_of, trained_on
from passgap.stages.counting import Source, counts_of
from passgap.stages.fields import field_of
from passgap.stages.policies import step_named

if TYPE_CHECKING:
    from passgap.analysis.alone.sampling_alone import Arms
    from passgap.analysis.alone.voting import Answers
    from passgap.analysis.trajectories import Tries


@dataclass(frozen=True)
class Side:
    """One policy's draws: its counts, the run behind them if there is one, its name."""

    name: str
    counts: Counts
    run: Run | None
    step: int | None
    trained_on: bool | None

    @classmethod
    def read(cls, source: Source, cluster: str | None = None) -> Side:
        """Read a run, a counts file, counts, a frame or a matrix; ``cluster`` as in `Evidence`."""
        counts = counts_of(source)
        if cluster is not None:
            known = field_of(source, cluster)
            counts = counts.clustered([known[i] for i in counts.problem_id])
        if isinstance(source, Run):
            run: Run | None = source
        else:
            run = Run(source) if isinstance(source, str | Path) and is_run(source) else None
        if run is None:
            named = str(source) if isinstance(source, str | Path) else ""
            told = {"yes": True, "no": False}.get(counts.provenance.get("trained_on", ""))
            return cls(named or counts.provenance.get("policy", ""), counts, None, None, told)
        return cls(str(run.place), counts, run, step_of(policy_folder(run)), trained_on(run))

    def tries(self) -> Tries | None:
        """What its trajectories took; None where its samples are none, or are no run."""
        if self.run is None or not self.run.manifest.imported:
            return None
        from passgap.evidence.trajectories import tries_of

        return tries_of(self.run)


@dataclass(frozen=True)
class Evidence:
    """What a verdict is based on: the base's side, and those of the trained policies, in order."""

    base: Side
    trained: tuple[Side, ...] = ()
    sampling_alone: tuple[str, ...] = ()

    @classmethod
    def read(
        cls,
        base: Source,
        *trained: Source,
        sampling_alone: Sequence[str] = (),
        cluster: str | None = None,
    ) -> Evidence:
        """Read all sides.

        Parameters
        ----------
        base, trained
            Runs, counts files, counts, frames or matrices, on the same problems.
        sampling_alone
            Runs of the base at other settings, for what sampling alone gives.
        cluster
            A field of the problems, or a column of the counts, whose equal values make a cluster;
            None takes what problems and counts name themselves.

        Raises
        ------
        UsageError
            For a source without counts, or ``sampling_alone`` where one is not a run.
        """
        first = Side.read(base, cluster)
        if sampling_alone and first.run is None:
            raise UsageError(
                f"--sampling-alone with {first.name or 'counts'}, which is not a run folder; give "
                "the base's run folder"
            )
        evidence = cls(
            first, tuple(Side.read(one, cluster) for one in trained), tuple(sampling_alone)
        )
        evidence.refuse_reversed()
        return evidence

    def refuse_reversed(self) -> None:
        """Refuse a base that was trained from one of the others: the roles are swapped.

        Raises
        ------
        UsageError
            If a policy file says so.
        """
        for side in self.trained:
            if self.base.run and side.run and roles(self.base.run, side.run) == "reversed":
                raise UsageError(
                    f"the policy of {self.base.name} was trained from that of {side.name}: give "
                    f"the base first, as in passgap compare {side.name} {self.base.name}"
                )

    @cached_property
    def base_answers(self) -> tuple[Answers, ...]:
        """The answers of the base's run and of its runs at other settings."""
        if self.base.run is None:
            return ()
        from passgap.evidence.answers import base_answers  # counts alone need none of this

        return tuple(base_answers(str(self.base.run.place), self.sampling_alone))

    @cached_property
    def base_tries(self) -> Tries | None:
        """What the base's trajectories took; None where its samples are none, or are no run."""
        return self.base.tries()

    @cached_property
    def tries(self) -> Both[Tries] | None:
        """The same of base and trained policy; None where one of them has none."""
        if len(self.trained) != 1 or self.base_tries is None:
            return None
        after = self.trained[0].tries()
        return None if after is None else Both(self.base_tries, after)

    @cached_property
    def answers(self) -> Arms | None:
        """The answers of base and trained policy; None where one of them is not a run."""
        if len(self.trained) != 1 or self.trained[0].run is None or not self.base_answers:
            return None
        from passgap.analysis.alone.sampling_alone import Arms
        from passgap.evidence.answers import answers_of, training_of

        run = self.trained[0].run
        return Arms(self.base_answers, answers_of(run), training_of(run))

    @property
    def trained_on(self) -> bool | None:
        """Whether any policy was trained on these problems; None where it is not known for all."""
        known = [side.trained_on for side in self.trained]
        return True if True in known else None if None in known else False

    @property
    def runs(self) -> Mapping[str, Run]:
        """The runs behind the sides, by name."""
        return {side.name: side.run for side in (self.base, *self.trained) if side.run is not None}

    def steps(self, given: Sequence[int] = ()) -> tuple[list[int], tuple[str, ...]]:
        """The step of every checkpoint, and notes on how they are known.

        ``given`` lists them in order; without it the runs' policies give them, else their names
        (``step-100/counts.csv``), else all are numbered in the order given; a note says so.
        """
        names = [side.name for side in self.trained]
        return known_steps(names, [side.step for side in self.trained], given)

    def checks(
        self, *, intersect: bool = False, allow_different_prompts: bool = False
    ) -> tuple[Checks, ...]:
        """The data checks: base and trained policy as a pair, several policies one by one."""
        from passgap.checks import accepted, check  # brings the verifiers

        accept = accepted(intersect=intersect, allow_different_prompts=allow_different_prompts)
        runs = list(self.runs.values())
        if len(self.trained) > 1:
            return tuple(check(run) for run in runs)
        return (check(*runs, accept=accept),) if runs else ()


def known_steps(
    names: Sequence[str], recorded: Sequence[int | None], given: Sequence[int] = ()
) -> tuple[list[int], tuple[str, ...]]:
    """`Evidence.steps` of checkpoints with these names and recorded steps."""
    if given and len(given) != len(names):
        raise UsageError(
            f"{len(given)} steps for {len(names)} checkpoints; give one per checkpoint, in the "
            "same order"
        )
    known = [step for step in recorded if step is not None]
    if given or len(known) == len(names):
        return list(given) or known, ()
    named = [int(step[1]) for name in names if (step := step_named(Path(name)))]
    if len(set(named)) == len(names):
        listed = ", ".join(map(str, named))
        return named, (f"training steps as the checkpoints' names give them: {listed}",)
    note = (
        f"{len(names) - len(known)} of the {len(names)} checkpoints do not record their training "
        "step, so all are numbered in the order given (use --step to set the steps)"
    )
    return list(range(1, len(names) + 1)), (note,)
