"""The old ``passgap probe POLICY PROBLEMS --out RUN``: sample, verify and probe with a fixed n.

It will be removed in the next version; `passgap.cli.renamed` leads here.
"""

from __future__ import annotations

from passgap.cli import flags
from passgap.cli.command import command
from passgap.cli.drawing import Draws, resolve, sample_run
from passgap.cli.flags import (
    DecodingFlags,
    EngineFlags,
    OutputFlags,
    PolicyArgument,
    ProblemFlags,
    ProblemsArgument,
    PromptFlags,
)
from passgap.cli.probe import ProbeFlags, judge_source
from passgap.cli.verify import verify_run


@command(defaults="passgap.results.settings:ProbeSettings passgap:sample passgap:SamplingParams")
def probe_policy(
    policy: PolicyArgument,
    problems: ProblemsArgument,
    out: flags.Out,
    verdict: ProbeFlags,
    engine: EngineFlags,
    decoding: DecodingFlags,
    prompt: PromptFlags,
    fields: ProblemFlags,
    output: OutputFlags,
    n: flags.Draws = 128,
    price: flags.Price = None,
    revision: flags.Revision = None,
    fail_on: flags.FailOn = None,
) -> None:
    """Old: passgap sample, passgap verify and passgap probe in one.

    Example: passgap sample lab:base lab:rare -n 64 --out runs/base
    """
    (drawing,) = resolve(
        [policy], problems, engine, decoding, prompt, fields, seed=verdict.seed, revision=revision
    )
    sample_run(drawing, Draws(n), out, price)
    verify_run(out, fields.verifier)
    judge_source(out, verdict, output, fail_on)
