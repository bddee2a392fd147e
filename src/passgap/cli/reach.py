"""``passgap reach``: could the base have solved what only the trained policy did?"""

from __future__ import annotations

from typing import Annotated

from passgap.cli import flags
from passgap.cli.command import argument, command, flag
from passgap.cli.flags import EngineArg, OutputFlags, key_values
from passgap.cli.printing import check_fail_on, checked, show
from passgap.cli.progress import bar


@command(defaults="passgap:reach")
def reach(
    base: Annotated[str, argument("BASE", "The base's run folder.")],
    trained: Annotated[str, argument("TRAINED", "The trained policy's run folder.")],
    *,
    budget: Annotated[int, flag("Samples per problem that still count as within reach.")],
    reference: Annotated[
        str | None, flag("Another policy's run, to report its perplexity under both.", "RUN")
    ] = None,
    engine: Annotated[
        str, flag("Engine that computes probabilities: transformers or vllm.", "NAME")
    ],
    engine_arg: EngineArg = None,
    output: OutputFlags,
    fail_on: flags.FailOn = None,
) -> None:
    """Could the base have solved what only the trained policy solved? Certified bounds.

    Example: passgap reach runs/base runs/trained
    """
    from passgap.evidence.doors import reach as judge
    from passgap.results.labels import ReachLabel

    check_fail_on(fail_on, ReachLabel)
    result = judge(
        base,
        trained,
        reference=reference,
        engine=engine,
        engine_args=key_values(engine_arg),
        bar=bar,
        budget=budget,
    )
    show(result, output, fail_on, checked(base, trained))
