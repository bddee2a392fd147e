"""The groups of flags that several commands share, and the nouns that each group names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from passgap.cli import options
from passgap.errors import UsageError

if TYPE_CHECKING:
    from passgap.data.policies import Policy, PromptSettings
    from passgap.problems import Mapped
    from passgap.results.parts import Interval


class Flags:
    """What every group can tell."""

    def given(self) -> list[str]:
        """The names of the flags that are set."""
        return [name.replace("_", "-") for name, value in vars(self).items() if value]


@dataclass(frozen=True)
class PromptFlags(Flags):
    """Prompt"""

    template: options.Template = None
    system: options.System = None
    shots: options.Shots = None
    stop: options.Stop = None
    no_stop: options.NoStop = False

    def of(
        self, policy: str, *, revision: str | None = None, mapping: Mapped | None = None
    ) -> Policy:
        """A policy with this prompt."""
        from passgap.stages import resolving as resolve

        if self.stop and self.no_stop:
            raise UsageError(f"--stop {self.stop[0]!r} and --no-stop are given; allowed: one")
        return resolve.resolve_policy(
            policy,
            revision=revision,
            template=self.template,
            system=self.system,
            shots=self.shots,
            stop=options.stop_strings(self.stop),
            no_stop=self.no_stop,
            mapping=mapping,
        )

    def prompt(self) -> PromptSettings | None:
        """The prompt itself; None where no flag is set."""
        return self.of(".").prompt if self.given() else None


@dataclass(frozen=True)
class FieldFlags(Flags):
    """Problems"""

    question_field: options.QuestionField = None
    answer_field: options.AnswerField = None
    mapping: options.Mapping = None
    verifier: options.VerifierName = None

    def mapped(self) -> Mapped:
        """How a file's rows become problems."""
        from passgap.problems import Mapped

        return Mapped(self.question_field, self.answer_field, self.verifier or "math", self.mapping)


@dataclass(frozen=True)
class ProblemFlags(FieldFlags):
    """Problems"""

    keep_failing_golds: options.KeepFailing = False
    limit: options.Limit = None


@dataclass(frozen=True)
class EngineFlags:
    """Engine"""

    engine: options.Engine = "transformers"
    engine_arg: options.EngineArg = None


@dataclass(frozen=True)
class DecodingFlags:
    """Decoding"""

    max_tokens: options.MaxTokens = None
    temperature: options.Temperature = 1.0
    top_p: options.TopP = 1.0
    top_k: options.TopK = 0


@dataclass(frozen=True)
class VerdictFlags:
    """Verdict"""

    margin: options.Margin = 0.02
    k_small: options.KSmall = 2
    k_large: options.KLarge = None
    interval: options.Interval = "population"
    budget: options.GainBudget = 10_000
    intersect: options.Intersect = False
    allow_different_prompts: options.DifferentPrompts = False
    accept_trained_on: options.AcceptTrainedOn = False
    false_positive_rate: options.FalsePositives = None
    accept_luck: options.AcceptLuck = False
    accept_unscored: options.AcceptUnscored = False
    seed: options.Seed = 0

    def settings(self) -> dict[str, Any]:
        """The settings of a comparison by the names they have in Python."""
        check_interval(self.interval)
        return dict(vars(self))

    def accepted(self) -> set[str]:
        """The data checks between two runs that these flags accept."""
        from passgap.checks import accepted

        return accepted(
            intersect=self.intersect, allow_different_prompts=self.allow_different_prompts
        )


def check_interval(name: str) -> Interval:
    """An interval's kind.

    Raises
    ------
    UsageError
        For another name.
    """
    if name not in ("population", "fixed"):
        raise UsageError(f"--interval {name!r}; allowed: population, fixed")
    return cast("Interval", name)
