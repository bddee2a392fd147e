"""The shared flags: one name everywhere, one definition here."""

from __future__ import annotations

from typing import Annotated

import typer

PROBE_LARGE = 20  # the rule: pass@2 against pass@20


def stop_strings(given: list[str] | None) -> tuple[str, ...]:
    r"""Stop strings as typed, with ``\n`` and ``\t`` for the characters they stand for."""
    return tuple(text.replace("\\n", "\n").replace("\\t", "\t") for text in given or ())


Out = Annotated[str, typer.Option("--out", help="Folder to write; an equal run is resumed.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]
Seed = Annotated[int, typer.Option("--seed", help="Seed of all random numbers.")]
Draws = Annotated[int, typer.Option("-n", "--draws", help="Completions a problem.")]
Engine = Annotated[
    str,
    typer.Option(
        "--engine", help="transformers, vllm, openai (any server), fake (known p), or ray:NAME."
    ),
]
EngineArg = Annotated[
    list[str] | None,
    typer.Option("--engine-arg", metavar="KEY=VALUE", help="An engine argument; repeatable."),
]
FirstDraw = Annotated[
    int, typer.Option("--first-draw", help="Number of the first draw: a range to be merged.")
]
TopUp = Annotated[
    bool, typer.Option("--top-up", help="--out holds fewer draws: add the missing ones.")
]
Price = Annotated[
    float | None,
    typer.Option("--price", help="Of a million drawn tokens, in any currency: shows the cost."),
]
Template = Annotated[
    str | None, typer.Option("--template", help="plain, chat, boxed, or a Jinja file.")
]
System = Annotated[str | None, typer.Option("--system", help="System text.")]
Shots = Annotated[
    str | None, typer.Option("--shots", metavar="PROBLEMS", help="Worked examples to put first.")
]
Stop = Annotated[
    list[str] | None,
    typer.Option(
        "--stop",
        help=r"A string that ends a completion (\n is a line end); repeatable. Default: with "
        "--shots, what begins the next question.",
    ),
]
NoStop = Annotated[
    bool, typer.Option("--no-stop", help="No stop strings, also not those of the shots' format.")
]
MaxTokens = Annotated[
    int | None, typer.Option("--max-tokens", help="New tokens at most; required for a real model.")
]
Temperature = Annotated[float, typer.Option("--temperature", help="Sampling temperature.")]
TopP = Annotated[float, typer.Option("--top-p", help="Nucleus; 1 turns it off.")]
TopK = Annotated[int, typer.Option("--top-k", help="Most likely tokens kept; 0 turns it off.")]
Limit = Annotated[int | None, typer.Option("--limit", help="Only the first so many problems.")]
QuestionField = Annotated[
    str | None, typer.Option("--question-field", help="Field that holds the question.")
]
AnswerField = Annotated[
    str | None, typer.Option("--answer-field", help="Field that holds the reference answer.")
]
VerifierName = Annotated[
    str | None,
    typer.Option(
        "--verifier",
        metavar="SPEC",
        help="math, numeric, exact, choice, code, gym, regex?pattern=.., python:MODULE:FUNCTION, "
        "plugin:NAME; default: what problems name.",
    ),
]
Mapping = Annotated[
    str | None,
    typer.Option("--mapping", metavar="BENCHMARK", help="PROBLEMS is a file with its rows."),
]
KeepFailing = Annotated[
    bool,
    typer.Option(
        "--keep-failing-golds", help="Keep problems whose reference their verifier refuses."
    ),
]
Revision = Annotated[str | None, typer.Option("--revision", help="Hub revision of the policy.")]
KSmall = Annotated[int, typer.Option("--k-small", help="The small k.")]
KLarge = Annotated[
    int | None, typer.Option("--k-large", help="The large k; default: half the draws or less.")
]
Interval = Annotated[
    str,
    typer.Option(
        "--interval", help="population: the problems are a sample; fixed: these very problems."
    ),
]
AcceptUnscored = Annotated[
    bool, typer.Option("--accept-unscored", help="Give a verdict over 2 % unscored draws.")
]
FailOn = Annotated[
    list[str] | None,
    typer.Option("--fail-on", metavar="LABEL", help="Exit 1 when the verdict is this; repeatable."),
]

FalsePositives = Annotated[
    float | None,
    typer.Option(
        "--false-positive-rate",
        help="Chance that the verifier passes a wrong draw; default: as measured on the run.",
    ),
]
AcceptLuck = Annotated[
    bool, typer.Option("--accept-luck", help="Give a verdict where guessing explains most of it.")
]
Margin = Annotated[
    float, typer.Option("--margin", help="Differences inside +-margin count as none.")
]
Budget = Annotated[
    int, typer.Option("--budget", help="Draws a problem that would still count as reachable.")
]
GainBudget = Annotated[
    int,
    typer.Option(
        "--budget", help="Draws out of the base's reach: for gains where it solved next to nothing."
    ),
]
Intersect = Annotated[
    bool, typer.Option("--intersect", help="Compare only the problems both hold.")
]
DifferentPrompts = Annotated[
    bool, typer.Option("--allow-different-prompts", help="Compare across prompts or settings.")
]
SamplingAlone = Annotated[
    list[str] | None,
    typer.Option(
        "--sampling-alone",
        metavar="RUN",
        help="A run of the base at another temperature, to vote with; repeatable.",
    ),
]
AcceptTrainedOn = Annotated[
    bool, typer.Option("--accept-trained-on", help="Give a verdict on problems trained on.")
]
