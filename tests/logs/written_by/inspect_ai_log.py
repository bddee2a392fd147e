"""Writes logs/inspect_zstd.eval with inspect_ai 0.3.285: 3 samples x 4 epochs, zstandard members.

One epoch fails, one is scored nan, one gets partial credit (P). Run in an environment of its own:
pip install inspect-ai==0.3.285; python inspect_ai_log.py OUT.
"""

import math
import shutil
import sys
from pathlib import Path

import inspect_ai
from inspect_ai import Task
from inspect_ai.dataset import Sample
from inspect_ai.model import ModelOutput
from inspect_ai.scorer import CORRECT, INCORRECT, PARTIAL, Score, accuracy, scorer
from inspect_ai.solver import solver

SAID = {"p1": ["2", "2", "3", "2"], "p2": ["9", "boom", "nan", "4"], "p3": ["half", "7", "6", "6"]}
ASKED = {"p1": ("1+1?", "2"), "p2": ("2+2?", "4"), "p3": ("3+3?", "6")}


@solver
def scripted():
    async def solve(state, generate):
        said = SAID[state.sample_id][state.epoch - 1]
        if said == "boom":
            raise ValueError("boom")
        state.output = ModelOutput.from_content("mockllm/model", said)
        state.messages.append(state.output.message)
        return state

    return solve


@scorer(metrics=[accuracy()])
def check():
    async def score(state, target):
        said = state.output.completion
        if said == "nan":
            return Score(value=math.nan)
        value = PARTIAL if said == "half" else CORRECT if said == target.text else INCORRECT
        return Score(value=value, answer=said)

    return score


task = Task(
    dataset=[Sample(id=i, input=q, target=a) for i, (q, a) in ASKED.items()],
    solver=[scripted()],
    scorer=check(),
    epochs=4,
    fail_on_error=False,
)
log = inspect_ai.eval(task, model="mockllm/model", temperature=0.7, log_dir="logs", display="none")[
    0
]
shutil.copy(log.location.removeprefix("file://"), Path(sys.argv[1]) / "inspect_zstd.eval")
