"""``passgap keep``: which checkpoint to keep, from few samples of most of them."""

from __future__ import annotations

import shlex
from functools import partial
from pathlib import Path
from typing import Annotated

from passgap.cli import flags
from passgap.cli.command import argument, command, flag
from passgap.cli.drawing import resolve
from passgap.cli.flags import (
    DecodingFlags,
    EngineFlags,
    OutputFlags,
    ProblemFlags,
    PromptFlags,
    tell_stop,
)
from passgap.cli.printing import print_one
from passgap.cli.progress import bar, command_line, say
from passgap.errors import UsageError


@command(
    defaults="passgap.results.settings:KeepSettings passgap:sample passgap:SamplingParams",
    shown="out k first most step price full json engine engine-arg max-tokens temperature template "
    "verifier limit accept-trained-on",
)
def keep(
    policies: Annotated[
        list[str],
        argument(
            "BASE CHECKPOINT... PROBLEMS",
            "What training started from, two or more of its checkpoints (DIR/checkpoint-*), and "
            "problems they were not trained on: a file, a benchmark, gym:NAME or lab:NAME.",
        ),
    ],
    *,
    out: Annotated[str, flag("Folder for a run of each; the same command resumes.", "DIR")],
    k: Annotated[int, flag("Keep the checkpoint with the highest pass@k.", "K")],
    first: Annotated[int, flag("Samples per problem of every checkpoint in the first round.")],
    most: Annotated[int, flag("Samples per problem of those in the last round.")],
    step: Annotated[
        list[int] | None,
        flag("Training step of each checkpoint, in order; default: taken from its folder."),
    ] = None,
    accept_trained_on: Annotated[
        bool, flag("Choose on problems that the checkpoints were trained on.")
    ],
    accept_unscored: flags.AcceptUnscored,
    engine: EngineFlags,
    decoding: DecodingFlags,
    prompt: PromptFlags,
    fields: ProblemFlags,
    price: flags.Price = None,
    seed: flags.Seed,
    output: OutputFlags,
) -> None:
    """Find the checkpoint to keep: few samples of all, more where the best may be.

    In each round at most half of the checkpoints stay, and are sampled twice as often. The gain of
    the one to keep is corrected for the choice. It needs about half of the samples.

    Example: passgap keep lab:base policy/checkpoint-* "lab:rare?split=held_out" --out runs
    """
    from passgap.evidence.keeping import keep_checkpoint
    from passgap.results.settings import KeepSettings

    *given, problems = policies
    if len(given) < 3:
        raise UsageError(
            f"{' '.join(policies)} is given; needed: BASE, two or more checkpoints, PROBLEMS"
        )
    base, *checkpoints = resolve(given, problems, engine, decoding, prompt, fields, seed=seed)
    tell_stop(base.policy)
    result = keep_checkpoint(
        base.policy,
        [one.policy for one in checkpoints],
        base.problems,
        out=out,
        sampling=base.sampling,
        engine=base.engine,
        engine_args=base.engine_args,
        verifier=fields.verifier,
        seed=seed,
        steps=step or [],
        settings=KeepSettings(k, first, most, seed, accept_trained_on, accept_unscored),
        bar=partial(bar, price=price),
        command=command_line(),
    )
    print_one(result, output)
    if output.for_people:
        pair = (Path(out, name) for name in (base.policy.name, Path(result.policy).name))
        say(f"next: passgap compare {' '.join(map(shlex.quote, map(str, pair)))}")
