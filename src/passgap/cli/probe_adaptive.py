"""``passgap probe-adaptive``: samples in rounds until the verdict before training is certain."""

from __future__ import annotations

from typing import Annotated

from passgap.cli import flags
from passgap.cli.command import command, flag
from passgap.cli.drawing import resolve
from passgap.cli.flags import (
    DecodingFlags,
    EngineFlags,
    OutputFlags,
    PolicyArgument,
    ProblemFlags,
    ProblemsArgument,
    PromptFlags,
    tell_stop,
)
from passgap.cli.printing import check_fail_on
from passgap.cli.probe import RuleFlags, show_adaptive
from passgap.cli.progress import bar, command_line


@command(
    defaults="passgap.results.settings:AdaptiveSettings passgap:sample passgap:SamplingParams",
    shown="out first most price full json fail-on k-small k-large engine engine-arg max-tokens "
    "temperature template verifier limit",
)
def probe_adaptive(
    policy: PolicyArgument,
    problems: ProblemsArgument,
    *,
    out: flags.Out,
    rule: RuleFlags,
    engine: EngineFlags,
    decoding: DecodingFlags,
    prompt: PromptFlags,
    fields: ProblemFlags,
    first: Annotated[int, flag("Samples per problem in the first round.")],
    most: Annotated[int, flag("Largest number of samples for any problem.")],
    price: flags.Price = None,
    seed: flags.Seed,
    output: OutputFlags,
    fail_on: flags.FailOn = None,
    revision: flags.Revision = None,
) -> None:
    """Sample, verify and probe in one: in rounds, until the verdict is certain.

    If the verdict is clear, it needs about a quarter of the samples. The run can be used only by
    probe: n depends on the outcomes, which biases pass@k.

    Example: passgap probe-adaptive lab:base lab:rare --out runs/probe
    """
    from passgap.evidence.adaptive import probe_adaptively
    from passgap.results.labels import ProbeLabel
    from passgap.runs import Run

    check_fail_on(fail_on, ProbeLabel)
    (drawing,) = resolve(
        [policy], problems, engine, decoding, prompt, fields, seed=seed, revision=revision
    )
    tell_stop(drawing.policy, out)
    with bar(f"probing {drawing.policy.path}", price=price) as progress:
        result = probe_adaptively(
            out=out,
            verifier=fields.verifier,
            settings=rule.adaptive(first=first, most=most),
            progress=progress,
            command=command_line(),
            **vars(drawing),
        )
    show_adaptive(result, Run(out), price, output, fail_on)
