"""``passgap export NAME`` for each launcher that an installed package adds."""

from __future__ import annotations

from typing import Annotated

from passgap.cli import flags
from passgap.cli.command import Command, Fields, Given, command
from passgap.cli.export.job import (
    CLUSTER,
    SHOWN,
    DataFlags,
    PolicyFlag,
    SourceArgument,
    export_job,
)
from passgap.cli.flags.problems import ProblemFlags
from passgap.cli.flags.prompt import PromptFlags
from passgap.launch.settings import JobSettings


def added(trainer: str) -> Command:
    """The command of a launcher, which is loaded when it runs."""

    def export_added(
        source: SourceArgument,
        out: flags.NewFolder,
        policy: PolicyFlag,
        data: DataFlags,
        asked: Annotated[Given[JobSettings], Fields("Training", sections=dict(CLUSTER))],
        prompt: PromptFlags,
        fields: ProblemFlags,
    ) -> None:
        """A job for a trainer whose launcher an installed package adds."""
        export_job(trainer, source, out, policy, data, asked, prompt, fields)

    export_added.__name__ = trainer
    return command(shown=SHOWN)(export_added)
