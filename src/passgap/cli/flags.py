"""Flags that several commands share: each has one name and one text, alone or in a group.

A group is a dataclass: its docstring is the title of its section in ``--help``, and its methods
turn the flags into what the Python function behind a command takes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, cast

from passgap.cli.command import argument, flag
from passgap.errors import UsageError
from passgap.plain import visible

if TYPE_CHECKING:
    from passgap.data.policies import Policy, PromptSettings, SamplingParams
    from passgap.data.problems import ProblemSet
    from passgap.evidence.options import CompareOptions
    from passgap.problems import Mapped


Out = Annotated[str, flag("Run folder; a run with the same settings is resumed.", "DIR")]
NewFolder = Annotated[str, flag("Folder to write; new or empty.", "DIR")]
Json = Annotated[bool, flag("Print the result as JSON.")]
FailOn = Annotated[
    list[str] | None, flag("Exit with code 1 if this is the verdict; repeatable.", "LABEL")
]
FailOnFinding = Annotated[
    str | None,
    flag(
        "Exit with code 1 at findings of this level or worse: error, warning or note.", "SEVERITY"
    ),
]
Seed = Annotated[int, flag("Seed of all random numbers.")]
Draws = Annotated[int, flag("Samples per problem.", typed=("-n", "--draws"))]
Price = Annotated[
    float | None, flag("Price per million sampled tokens, in any currency; shows the cost.")
]
Revision = Annotated[str | None, flag("Hub revision of the policy.")]
GroupSize = Annotated[int, flag("Completions per prompt in one step (GRPO's G).")]
SamplingAlone = Annotated[
    list[str] | None,
    flag(
        "Run of the base at another temperature, to show what majority votes give without "
        "training; repeatable.",
        "RUN",
    ),
]
OnRay = Annotated[
    str | None,
    flag(
        "Read and mark the shards on the CPUs of this Ray cluster; auto finds a running one, local "
        "starts one.",
        "ADDRESS",
        typed=("--ray",),
    ),
]
StopOn = Annotated[
    list[str] | None,
    flag(
        "Let training stop at this early warning (any: at every one): passgap train stops after "
        "its next step, another trainer where it asks Watch.should_stop; repeatable.",
        "WARNING",
    ),
]
Notify = Annotated[
    list[str] | None,
    flag(
        "Send each early warning, as JSON, to this web address (POST) or shell command (standard "
        "input); only typed, never from a file; repeatable.",
        "URL_OR_COMMAND",
    ),
]
LeaveOutHeldOut = Annotated[
    bool, flag("Leave the problems of --held-out, and near duplicates of them, out of training.")
]


@contextmanager
def on_ray(address: str | None) -> Iterator[None]:
    """Within the block, shards are read and marked on this cluster; None: in this process."""
    if address is None:
        yield
        return
    from passgap.engines.ray import mapper
    from passgap.runs.spreading import spreading

    with mapper(address) as spread, spreading(spread):
        yield


class Flags:
    """What every group of flags offers."""

    def given(self) -> list[str]:
        """The names of the flags that are set."""
        return [name.strip("_").replace("_", "-") for name, value in vars(self).items() if value]


@dataclass(frozen=True, kw_only=True)
class OutputFlags(Flags):
    """Output"""

    full: Annotated[bool, flag("Print all tables and notes, not just one screen.")] = False
    json_: Json = False
    markdown: Annotated[bool, flag("Print the result as Markdown.")] = False
    latex: Annotated[bool, flag("Print the tables as LaTeX (booktabs), for a paper.")] = False

    def __post_init__(self) -> None:
        given = self.given()
        if len(given) > 1:
            raise UsageError(f"--{given[0]} with --{given[1]}; allowed: only one of them")

    @property
    def for_people(self) -> bool:
        """Whether the result is printed for people rather than for a file or a program."""
        return not (self.json_ or self.markdown or self.latex)

    def text(self, result: object) -> str:
        """A result in the requested format; empty where it is printed for people."""
        from passgap.show import as_latex, as_markdown

        if self.latex:
            return as_latex(result)
        return as_markdown(result) if self.markdown else ""


SHOWN_FAULTS = 10

ProblemsArgument = Annotated[
    str,
    argument(
        "PROBLEMS", "A JSONL, CSV or Parquet file, a benchmark (gsm8k, ..), gym:NAME or lab:NAME."
    ),
]
VerifierName = Annotated[
    str | None,
    flag(
        "math, numeric, exact, choice, code, gym, regex?pattern=.., python:MODULE:FUNCTION, "
        "plugin:NAME; default: the one named in the problems.",
        "SPEC",
    ),
]
QuestionField = Annotated[str | None, flag("Field with the question.", "NAME")]
AnswerField = Annotated[str | None, flag("Field with the reference answer.", "NAME")]
Mapping = Annotated[
    str | None, flag("Read the rows of the file in this benchmark's format.", "BENCHMARK")
]


@dataclass(frozen=True, kw_only=True)
class FieldFlags(Flags):
    """Problems"""

    question_field: QuestionField = None
    answer_field: AnswerField = None
    mapping: Mapping = None
    verifier: VerifierName = None

    def mapped(self) -> Mapped:
        """How a file's rows become problems."""
        from passgap.problems import Mapped

        return Mapped(self.question_field, self.answer_field, self.verifier or "math", self.mapping)


@dataclass(frozen=True, kw_only=True)
class ProblemFlags(FieldFlags):
    """Problems"""

    limit: Annotated[int | None, flag("Use only the first N problems.")] = None
    keep_failing_golds: Annotated[
        bool, flag("Keep problems whose reference their own verifier rejects.")
    ] = False

    def sound(self, problems: ProblemSet, verifier: str | None) -> ProblemSet:
        """The problems whose reference their verifier accepts; the others are listed."""
        from passgap.stages.golds import check_golds

        if self.keep_failing_golds or not (found := check_golds(problems, verifier)).faults:
            return problems
        more = len(found.faults) - SHOWN_FAULTS
        print(
            f"{len(found.faults)} of {len(problems)} references are rejected by their own verifier "
            "and left out (--keep-failing-golds keeps them):",
            *(f"  {id_}  {visible(why)}" for id_, why in list(found.faults.items())[:SHOWN_FAULTS]),
            *([f"  and {more} more"] if more > 0 else []),
            sep="\n",
            file=sys.stderr,
        )
        if not len(found.sound):
            raise UsageError("no problem is left; fix the references or choose another --verifier")
        return found.sound


PolicyArgument = Annotated[
    str, argument("POLICY", "A folder, a hub id or lab:NAME (base, teacher, novice).")
]


@dataclass(frozen=True, kw_only=True)
class PromptFlags(Flags):
    """Prompt"""

    template: Annotated[str | None, flag("plain, chat, boxed, or a Jinja file.", "NAME")] = None
    system: Annotated[str | None, flag("System prompt.", "TEXT")] = None
    shots: Annotated[str | None, flag("Problems shown first as worked examples.", "PROBLEMS")] = (
        None
    )
    stop: Annotated[
        list[str] | None,
        flag(
            r"String that ends a completion (\n is a line feed); repeatable. Default: none; with "
            "--shots, what begins the next question.",
            "TEXT",
        ),
    ] = None
    no_stop: Annotated[bool, flag("Use no stop strings, not even those of --shots.")] = False

    def of(
        self, policy: str, *, revision: str | None = None, mapping: Mapped | None = None
    ) -> Policy:
        """A policy with this prompt."""
        from passgap.stages.resolving import resolve_policy

        if self.stop and self.no_stop:
            raise UsageError(
                f"--stop {self.stop[0]!r} and --no-stop are given; allowed: one of them"
            )
        return resolve_policy(
            policy,
            revision=revision,
            template=self.template,
            system=self.system,
            shots=self.shots,
            # as typed: \n and \t stand for the characters
            stop=tuple(one.replace("\\n", "\n").replace("\\t", "\t") for one in self.stop or ()),
            no_stop=self.no_stop,
            mapping=mapping,
        )

    def prompt(self) -> PromptSettings | None:
        """The prompt itself; None where no flag is set."""
        return self.of(".").prompt if self.given() else None


def tell_stop(policy: Policy, out: str | None = None) -> None:
    """Report stop strings set by default, or that a run in ``out`` continues without them."""
    from passgap.stages.sampling import as_recorded

    if not policy.prompt.stop_by_default:
        return
    shown = ", ".join(map(json.dumps, policy.prompt.stop))
    if out is not None and as_recorded(policy, out) != policy:
        told = (
            f"{out} was started without stop strings and continues without them; a new run would "
            "use"
        )
    else:
        told = "stop strings"
    print(
        f"{told} {shown}, which begins the next question after the examples (--stop STRING sets "
        "others, --no-stop none)",
        file=sys.stderr,
    )


EngineArg = Annotated[list[str] | None, flag("An engine argument; repeatable.", "KEY=VALUE")]
MaxTokens = Annotated[
    int | None, flag("Largest number of new tokens per completion; required for a real model.")
]
Temperature = Annotated[float, flag("Sampling temperature.")]
TopP = Annotated[float, flag("Nucleus sampling; 1 turns it off.")]
TopK = Annotated[int, flag("Number of most likely tokens kept; 0 turns it off.")]


@dataclass(frozen=True, kw_only=True)
class EngineFlags:
    """Engine"""

    engine: Annotated[
        str, flag("transformers, vllm, openai (any server), fake (known p), or ray:NAME.", "NAME")
    ]
    engine_arg: EngineArg = None


@dataclass(frozen=True, kw_only=True)
class DecodingFlags:
    """Decoding"""

    max_tokens: MaxTokens = None
    temperature: Temperature
    top_p: TopP
    top_k: TopK

    def sampling(self, problems: str, engine: str) -> SamplingParams:
        """The sampling parameters; the lab's problems set their token limit."""
        from passgap.data.policies import SamplingParams
        from passgap.stages.resolving import max_tokens

        limit = max_tokens(self.max_tokens, problems, engine)
        return SamplingParams(limit, self.temperature, self.top_p, self.top_k)


def key_values(pairs: list[str] | None) -> dict[str, str]:
    """``KEY=VALUE`` strings as a dict."""
    split = {}
    for pair in pairs or []:
        key, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"--engine-arg {pair!r}; allowed: KEY=VALUE")
        split[key] = value
    return split


KSmall = Annotated[int, flag("The small k of the verdict.", "K")]
KLarge = Annotated[int, flag("The large k of the verdict.", "K")]
INTERVAL = "population: conclusions about problems like these; fixed: about exactly these problems;"
FalsePositives = Annotated[
    float | None,
    flag("Chance that the verifier accepts a wrong completion; default: from the run's audit."),
]
Cluster = Annotated[
    str | None,
    flag(
        "Field of the problems, or column of the counts, that groups related problems (variants "
        "of a template).",
        "FIELD",
    ),
]
AcceptLuck = Annotated[bool, flag("Give a verdict even if guessing explains most of it.")]
AcceptUnscored = Annotated[bool, flag("Give a verdict even with more than 2% unscored samples.")]
DropShort = Annotated[
    bool, flag("Leave out problems with fewer scored samples than the large k, and name them.")
]


@dataclass(frozen=True, kw_only=True)
class VerdictFlags:
    """Verdict"""

    k_small: KSmall
    k_large: Annotated[
        int | None,
        flag("The large k of the verdict; default: up to half the samples per problem.", "K"),
    ]
    margin: Annotated[float, flag("Equivalence margin: a smaller difference counts as none.")]
    interval: Annotated[str | None, flag(f"{INTERVAL} default: population.", "KIND")] = None
    max_odds: Annotated[
        float,
        flag(
            "Sharpening may multiply a problem's odds by up to this; gains that need more are new."
        ),
    ]
    intersect: Annotated[bool, flag("Compare only the problems that both runs have.")]
    allow_different_prompts: Annotated[
        bool, flag("Compare even if prompts or sampling settings differ.")
    ]
    accept_trained_on: Annotated[bool, flag("Give a verdict even on problems used in training.")]
    accept_luck: AcceptLuck
    accept_unscored: AcceptUnscored
    drop_short: DropShort
    false_positive_rate: FalsePositives
    seed: Annotated[int, flag("Seed of the resampled intervals.")]

    def settings(self) -> CompareOptions:
        """The settings of a comparison: the flags have the names that they have in Python.

        An interval that was not typed is not given: a probe beside it then chooses its own.
        """
        given = dict(vars(self))
        if self.interval is None:
            del given["interval"]
        return cast("CompareOptions", given)

    def accepted(self, *, unpaired: bool = False) -> set[str]:
        """The data checks between two runs that these flags accept."""
        from passgap.checks import accepted

        return accepted(
            intersect=self.intersect or unpaired,
            allow_different_prompts=self.allow_different_prompts,
        )
