"""``passgap export openrlhf``: problems and a policy in, a job's folder for OpenRLHF out."""

from __future__ import annotations

from typing import Annotated

from passgap.cli import flags
from passgap.cli.command import Fields, Given, command
from passgap.cli.export.job import CLUSTER, SHOWN, DataFlags, PolicyFlag, SourceArgument, export_job
from passgap.cli.flags.problems import ProblemFlags
from passgap.cli.flags.prompt import PromptFlags
from passgap.launch.settings import JobSettings


@command(shown=SHOWN + "nodes gpus")
def openrlhf(
    source: SourceArgument,
    out: flags.NewFolder,
    policy: PolicyFlag,
    data: DataFlags,
    asked: Annotated[Given[JobSettings], Fields("Training", "rollout", CLUSTER)],
    prompt: PromptFlags,
    fields: ProblemFlags,
) -> None:
    """GRPO with OpenRLHF: JSONL data, a watched reward file, its launch script.

    Example: passgap export openrlhf teach --policy base --held-out test.jsonl --out job
    """
    export_job("openrlhf", source, out, policy, data, asked, prompt, fields)
