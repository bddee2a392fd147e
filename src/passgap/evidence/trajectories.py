"""What the analysis of trajectories needs from a run: how each sample ended, its turns, its cost.

In: a verified run folder. Out: `Tries`; None where the samples are single answers.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from passgap.analysis.trajectories import Tries
from passgap.runs import Run
from passgap.runs.batches import KEYS, batched, outcomes_of
from passgap.runs.frames import beside

AGENTS = ("import:harbor", "import:tau2", "import:terminal-bench")
TIMEOUT = "(?i)time_?out|max_steps|max_turns"


def tries_of(run: Run) -> Tries | None:
    """The samples of a run of trajectories: of a harness of agents, or of several turns each.

    A wrong sample ran out if its completion was cut, or its reason names a timeout or a limit.
    """
    of_agents = run.manifest.engine["name"] in AGENTS
    if not of_agents and not run.has_effort():
        return None
    chosen = run.verifier_digest()
    marked = run.outcome_names(chosen)
    names = [name for name in run.completion_names() if name in marked]
    columns = [*KEYS, "status", "reason"]
    parts = [
        beside(outcomes_of(run, chosen, part, columns), pl.concat(map(run.read_effort, part)))
        for part in batched(run, names)
    ]
    if not parts:
        return None
    ids = run.problem_ids
    places = pl.DataFrame({"problem_id": ids, "problem": np.arange(len(ids))})
    frame = pl.concat(parts).join(places, on="problem_id", how="left", maintain_order="left")
    cut = (pl.col("finish_reason") == "length") | pl.col("reason").str.contains(TIMEOUT)
    frame = frame.with_columns(ran_out=cut.fill_null(False))
    found = Tries(
        problem_id=tuple(ids),
        problem=frame["problem"].to_numpy(),
        scored=(frame["status"] != "unscored").to_numpy(),
        correct=(frame["status"] == "correct").to_numpy(),
        ran_out=frame["ran_out"].to_numpy(),
        turns=frame["turns"].cast(pl.Float64).fill_null(float("nan")).to_numpy(),
        cost=frame["cost"].fill_null(float("nan")).to_numpy(),
    )
    return found if of_agents or found.several_turns else None
