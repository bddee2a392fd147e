"""The policy and its prompt: what is sampled, and the text put around each question."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from passgap.cli.command import argument, flag
from passgap.cli.flags import Flags
from passgap.errors import UsageError

if TYPE_CHECKING:
    from passgap.data.policies import Policy, PromptSettings
    from passgap.problems import Mapped

PolicyArgument = Annotated[str, argument("POLICY", "A folder, a hub id, lab:base or lab:teacher.")]


@dataclass(frozen=True, kw_only=True)
class PromptFlags(Flags):
    """Prompt"""

    template: Annotated[str | None, flag("plain, chat, boxed, or a Jinja file.", "NAME")] = None
    system: Annotated[str | None, flag("System text.", "TEXT")] = None
    shots: Annotated[str | None, flag("Worked examples to put first.", "PROBLEMS")] = None
    stop: Annotated[
        list[str] | None,
        flag(
            r"A string that ends a completion (\n is a line end); repeatable. Default: with "
            "--shots, what begins the next question.",
            "TEXT",
        ),
    ] = None
    no_stop: Annotated[bool, flag("No stop strings, not even those of --shots.")] = False

    def of(
        self, policy: str, *, revision: str | None = None, mapping: Mapped | None = None
    ) -> Policy:
        """A policy with this prompt."""
        from passgap.stages.resolving import resolve_policy

        if self.stop and self.no_stop:
            raise UsageError(f"--stop {self.stop[0]!r} and --no-stop are given; allowed: one")
        return resolve_policy(
            policy,
            revision=revision,
            template=self.template,
            system=self.system,
            shots=self.shots,
            stop=tuple(_as_meant(text) for text in self.stop or ()),
            no_stop=self.no_stop,
            mapping=mapping,
        )

    def prompt(self) -> PromptSettings | None:
        """The prompt itself; None where no flag is set."""
        return self.of(".").prompt if self.given() else None


def _as_meant(text: str) -> str:
    r"""A stop string as typed, with ``\n`` and ``\t`` for the characters they stand for."""
    return text.replace("\\n", "\n").replace("\\t", "\t")


def tell_stop(policy: Policy, out: str | None = None) -> None:
    """Say which stop strings came by default, or that a run in ``out`` goes on without them."""
    from passgap.stages.sampling import as_recorded

    if not policy.prompt.stop_by_default:
        return
    shown = ", ".join(map(json.dumps, policy.prompt.stop))
    if out is not None and as_recorded(policy, out) != policy:
        told = f"{out} was begun without stop strings and goes on without them; a new run has"
    else:
        told = "stop strings"
    print(
        f"{told} {shown}, which begins the next question in the format of the shots (--stop STRING "
        "sets others, --no-stop none)",
        file=sys.stderr,
    )
