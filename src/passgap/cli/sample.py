"""``passgap sample``: draws completions of policies on problems, one run folder per policy."""

from __future__ import annotations

from typing import Annotated

from passgap.cli import flags
from passgap.cli.command import argument, command, flag
from passgap.cli.drawing import Draws, drawn_in_words, resolve, sample_run, sample_runs
from passgap.cli.flags import DecodingFlags, EngineFlags, ProblemFlags, PromptFlags
from passgap.cli.progress import say
from passgap.errors import UsageError


@command(
    defaults="passgap:sample passgap:SamplingParams",
    shown="out draws seed top-up engine engine-arg max-tokens temperature template system shots "
    "question-field answer-field limit",
)
def sample(
    policies: Annotated[
        list[str],
        argument(
            "POLICY... PROBLEMS",
            "Policies: a folder, a hub id, or lab:NAME (base, teacher, novice); several share "
            "--out. Then the problems: a JSONL, CSV or Parquet file, a benchmark (gsm8k, ..), "
            "gym:NAME or lab:NAME.",
        ),
    ],
    *,
    out: flags.Out,
    engine: EngineFlags,
    decoding: DecodingFlags,
    prompt: PromptFlags,
    fields: ProblemFlags,
    n: flags.Draws = 128,
    seed: flags.Seed,
    top_up: Annotated[bool, flag("Add samples to a run in --out that has fewer than n.")],
    first_draw: Annotated[int, flag("Number of the first sample, for a range to be merged later.")],
    price: flags.Price = None,
    revision: flags.Revision = None,
) -> None:
    """Draw n completions per problem into a run folder; the same command again resumes it.

    Several policies (DIR/checkpoint-*) each get a run folder with their name in --out.

    Example: passgap sample lab:base lab:rare -n 16 --out runs/base
    """
    *given, problems = policies
    if not given:
        raise UsageError(f"only {problems!r} is given; needed: POLICY PROBLEMS")
    drawings = resolve(
        given, problems, engine, decoding, prompt, fields, seed=seed, revision=revision
    )
    draws = Draws(n, first_draw, top_up)
    if len(drawings) == 1:
        run = sample_run(drawings[0], draws, out, price)
        say(f"{out}: {drawn_in_words(run, price)}; next: passgap verify {out}")
        return
    runs = sample_runs(drawings, draws, out, price)
    for run in runs:
        say(f"{run.place}: {drawn_in_words(run, price)}")
    say(f"next: passgap verify {' '.join(str(run.place) for run in runs)}")
