"""``passgap export verl``: problems and a policy in, a job's folder for verl out."""

from __future__ import annotations

from typing import Annotated

from passgap.cli import flags
from passgap.cli.command import Fields, Given, command
from passgap.cli.export.job import CLUSTER, SHOWN, DataFlags, PolicyFlag, SourceArgument, export_job
from passgap.cli.flags.problems import ProblemFlags
from passgap.cli.flags.prompt import PromptFlags
from passgap.launch.settings import JobSettings


@command(shown=SHOWN + "nodes gpus rollout")
def verl(
    source: SourceArgument,
    out: flags.NewFolder,
    policy: PolicyFlag,
    data: DataFlags,
    asked: Annotated[Given[JobSettings], Fields("Training", sections=CLUSTER)],
    prompt: PromptFlags,
    fields: ProblemFlags,
) -> None:
    """GRPO on a Ray cluster: Parquet data, a watched reward file, verl's launch script.

    Example: passgap export verl teach --policy base --held-out test.jsonl --out job
    """
    export_job("verl", source, out, policy, data, asked, prompt, fields)
