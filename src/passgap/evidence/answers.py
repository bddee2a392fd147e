"""What the analysis of sampling alone needs from runs: the answers, and training's tokens.

In: verified run folders. Out: how often each answer was given to each problem, and what the
training of a run's policy sampled.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
import polars as pl

from passgap.analysis.alone.sampling_alone import Arms, Training
from passgap.analysis.alone.voting import Answers
from passgap.data.journals import TrainingRow
from passgap.errors import MismatchError, UsageError
from passgap.runs import Run, is_run
from passgap.runs.journal import read_journal
from passgap.runs.lineage import policy_folder, policy_of
from passgap.runs.names import TRAINING_FILE
from passgap.training.algorithms import ALGORITHMS
from passgap.verifiers import answer_form

PROGRAMS = "code"


def answers_of(run: Run) -> Answers:
    """How often each answer was given to each problem of a verified run.

    Wrong answers are distinguished by the normal form of the problem's verifier (``0.5`` is
    ``1/2``), or by their spelling where it has none. Unscored draws are left out.
    """
    chosen = run.verifier_digest()
    specs = {
        problem.id: str(run.outcomes_about(chosen).verifier or problem.verifier)
        for problem in run.problems()
    }
    forms = {spec: answer_form(spec) or str.strip for spec in set(specs.values())}
    votable = all(spec.partition("?")[0] != PROGRAMS for spec in forms)
    scored, right = dict.fromkeys(specs, 0), dict.fromkeys(specs, 0)
    wrong: dict[str, Counter[str]] = {problem_id: Counter() for problem_id in specs}
    tokens, draws = dict.fromkeys(specs, 0), dict.fromkeys(specs, 0)
    for name in run.completion_names():
        said = run.read_outcomes(chosen, name).filter(pl.col("status") != "unscored")
        groups = said.group_by("problem_id", "status", "extracted", maintain_order=True).len()
        for problem_id, status, extracted, count in groups.iter_rows():
            scored[problem_id] += count
            if status == "correct":
                right[problem_id] += count
                votable &= extracted is not None
            elif extracted is not None:
                wrong[problem_id][forms[specs[problem_id]](extracted)] += count
        drawn = run.read_completions(name, ["problem_id", "token_count"])
        sums = drawn.group_by("problem_id").agg(pl.col("token_count").sum(), pl.len())
        for problem_id, total, count in sums.iter_rows():
            tokens[problem_id] += total
            draws[problem_id] += count
    mean = np.array([tokens[i] / max(draws[i], 1) for i in specs])
    return Answers(
        name=run.name,
        temperature=run.manifest.sampling["temperature"],
        problem_id=tuple(specs),
        n=np.array(list(scored.values())),
        right=np.array(list(right.values())),
        wrong=tuple(tuple(wrong[i].values()) for i in specs) if votable else None,
        tokens=np.where(mean > 0, mean, np.nan),
    )


def arms_of(base: str, trained: str, others: Sequence[str] = ()) -> Arms | None:
    """What `alone_against` takes, as `base_answers` for the base; None where one is not a run."""
    answers = base_answers(base, others)
    if not answers or not is_run(trained):
        return None
    run = Run(trained)
    return Arms(tuple(answers), answers_of(run), training_of(run))


def base_answers(base: str, others: Sequence[str] = ()) -> list[Answers]:
    """The answers of a base's run and of its runs at other settings; none where it is not a run.

    Raises
    ------
    UsageError
        If ``others`` are given and one of all these is not a run.
    MismatchError
        If another run is of other weights.
    """
    if not is_run(base):
        if others:
            raise UsageError(
                f"--sampling-alone with {base}, which is a counts file; give a run folder"
            )
        return []
    first = Run(base)
    runs = [first, *(Run(path) for path in others)]
    for run in runs[1:]:
        if run.manifest.policy["weights_digest"] != first.manifest.policy["weights_digest"]:
            raise MismatchError(
                f"{run.place} was sampled from other weights than {first.place}; --sampling-alone "
                "takes runs of the base itself at other settings"
            )
    return [answers_of(run) for run in runs]


def training_of(run: Run) -> Training | None:
    """What the training of a run's policy sampled; None if it did not train on its own samples.

    Sampling steps (each ``num_iterations``-th) x completions per step x their mean length, up to
    the policy's step.
    """
    about, folder = policy_of(run), policy_folder(run)
    method = ALGORITHMS.get(about.algorithm or "") if about else None
    if about is None or about.step is None or method is None or method.trainer == "sft":
        return None
    places = (place / TRAINING_FILE for place in (folder, folder.parent))
    rows = next((rows for place in places if (rows := read_journal(place, TrainingRow))), [])
    lengths = [
        row.completion_length
        for row in rows
        if row.step <= about.step and row.completion_length is not None
    ]
    if not lengths:
        return None
    prompts, group = about.setting("prompts_per_step"), about.setting("group_size")
    if prompts is None or group is None:
        return None
    drew = math.ceil(about.step / (about.setting("num_iterations") or 1))
    return Training(drew * prompts * group, float(np.mean(lengths)))
