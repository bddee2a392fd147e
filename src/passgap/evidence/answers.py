"""What the analysis of sampling alone needs from runs: the answers, and training's tokens.

In: verified run folders. Out: how often each answer was given to each problem, and what the
training of a run's policy sampled.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import polars as pl

from passgap.analysis.alone.sampling_alone import Arms, Training
from passgap.analysis.alone.voting import Answers
from passgap.data.journals import TrainingRow
from passgap.errors import MismatchError, UsageError
from passgap.runs import Run, is_run
from passgap.runs.batches import marked_batches
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
    chosen, ids = run.verifier_digest(), run.problem_ids
    override = run.outcomes_about(chosen).verifier
    specs = [str(override or spec) for spec in run.problem_columns("verifier")["verifier"]]
    said: list[pl.DataFrame] = []
    tallies: list[pl.DataFrame] = []
    columns = ("status", "extracted")
    names = run.completion_names()
    for frame in marked_batches(run, chosen, names, columns, "token_count"):
        tallies.append(_tally(frame))
        wrong = frame.filter((pl.col("status") == "incorrect") & pl.col("extracted").is_not_null())
        said.append(_wrong_answers(wrong, dict(zip(ids, specs, strict=True))))
    table = pl.concat(tallies).group_by("problem_id").sum()
    order = pl.DataFrame({"problem_id": ids})
    table = order.join(table, on="problem_id", how="left", maintain_order="left").fill_null(0)
    keys = ["problem_id", "answer"]
    given = pl.concat(said).group_by(keys, maintain_order=True).agg(pl.col("len").sum())
    lists = dict(given.group_by("problem_id", maintain_order=True).agg("len").iter_rows())
    votable = not table["unnamed"].sum() and all(
        spec.partition("?")[0] != PROGRAMS for spec in set(specs)
    )
    mean = table["tokens"].to_numpy() / np.maximum(table["draws"].to_numpy(), 1)
    return Answers(
        name=run.name,
        temperature=run.manifest.sampling["temperature"],
        problem_id=tuple(ids),
        n=table["scored"].to_numpy(),
        right=table["right"].to_numpy(),
        wrong=tuple(tuple(lists.get(i, ())) for i in ids) if votable else None,
        tokens=np.where(mean > 0, mean, np.nan),
    )


def _tally(frame: pl.DataFrame) -> pl.DataFrame:
    """Scored and right draws of each problem, right ones without an answer, tokens, and draws."""
    right = pl.col("status") == "correct"
    found = frame.group_by("problem_id").agg(
        scored=(pl.col("status") != "unscored").sum(),
        right=right.sum(),
        unnamed=(right & pl.col("extracted").is_null()).sum(),
        tokens=pl.col("token_count").cast(pl.Int64).sum(),
        draws=pl.len(),
    )
    return found.with_columns(pl.exclude("problem_id").cast(pl.Int64))


def _wrong_answers(wrong: pl.DataFrame, specs: dict[str, str]) -> pl.DataFrame:
    """How often each problem got each answer, in the order they first occur."""
    spec = pl.col("problem_id").replace_strict(specs)
    told = (
        wrong.with_columns(spec=spec)
        if len(set(specs.values())) > 1
        else wrong.with_columns(spec=pl.lit(next(iter(specs.values()))))
    )
    texts = told.select("spec", "extracted").unique()
    forms = {one: answer_form(one) or str.strip for one in texts["spec"].unique()}
    answers = [forms[one](text) for one, text in texts.iter_rows()]
    named = texts.with_columns(answer=pl.Series(answers, dtype=pl.String))
    told = told.join(named, on=["spec", "extracted"], maintain_order="left")
    return told.group_by("problem_id", "answer", maintain_order=True).len()


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
