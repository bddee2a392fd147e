"""``passgap export trl``: problems and a policy in, a job's folder for TRL out."""

from __future__ import annotations

from typing import Annotated

from passgap.cli import flags
from passgap.cli.command import Fields, Given, command
from passgap.cli.export.job import SHOWN, DataFlags, PolicyFlag, SourceArgument, export_job
from passgap.cli.flags.problems import ProblemFlags
from passgap.cli.flags.prompt import PromptFlags
from passgap.launch.settings import JobSettings


@command(shown=SHOWN)
def trl(
    source: SourceArgument,
    out: flags.NewFolder,
    policy: PolicyFlag,
    data: DataFlags,
    asked: Annotated[
        Given[JobSettings],
        Fields("Training", "nodes gpus rollout tensor_parallel max_prompt_tokens"),
    ],
    prompt: PromptFlags,
    fields: ProblemFlags,
) -> None:
    """GRPO with TRL as it is: data and a script to run and to change, with a watched reward.

    Example: passgap export trl teach --policy base --held-out test.jsonl --out job
    """
    export_job("trl", source, out, policy, data, asked, prompt, fields, gpus=1)
