"""``passgap forecast``: what RLVR will probably make of a base, with an interval for a new run."""

from __future__ import annotations

from typing import Annotated

from passgap.cli import flags
from passgap.cli.command import argument, command, flag
from passgap.cli.flags import OutputFlags
from passgap.cli.printing import print_one
from passgap.errors import UsageError

DOMAINS = {"in": False, "off": True}


@command(
    defaults="passgap.results.settings:ForecastSettings",
    shown="start domain recipe pairs worth gpu-hours price k-large cluster full json markdown "
    "latex",
)
def forecast(
    source: Annotated[str, argument("RUN_OR_COUNTS", "A verified run, or a counts file.")],
    *,
    start: Annotated[
        str | None,
        flag("What the model is now: base, instruct, sft or distilled; default: averaged over."),
    ],
    domain: Annotated[
        str | None,
        flag(
            "in: problems of the kind to be trained on; off: of another kind; default: averaged "
            "over.",
            "in|off",
        ),
    ] = None,
    pairs: Annotated[
        list[str] | None, flag("Table of your own past runs to fit as well; repeatable.", "FILE")
    ] = None,
    recipe: Annotated[
        str | None, flag("A recipe in --pairs: the forecast is of its next run.", "NAME")
    ],
    worth: Annotated[
        float, flag("Gain in pass@1, in points, above which training is worth it.")
    ] = 5.0,
    gpu_hours: Annotated[float | None, flag("GPU-hours of the training.")],
    price: Annotated[float | None, flag("Price of one GPU-hour, in any currency.")],
    k_large: Annotated[int, flag("The k of pass@k after training.", "K")],
    cluster: flags.Cluster = None,
    output: OutputFlags,
) -> None:
    """What will RLVR make of this base? pass@1 and pass@k after training, with intervals.

    The forecast is fitted to published pairs of a base and a trained model. The page
    docs/results/forecast.md says how good it is and where it fails. It needs at least 3 samples per
    problem.

    Example: passgap forecast runs/base --start base --domain in --worth 5
    """
    from passgap.evidence.doors import forecast as foretell

    if domain is not None and domain not in DOMAINS:
        raise UsageError(f"--domain {domain!r}; allowed: {', '.join(DOMAINS)}")
    if not 0 <= worth < 100:
        raise UsageError(f"--worth {worth:g}; allowed: points of pass@1, from 0 to below 100")
    print_one(
        foretell(
            source,
            pairs=pairs or (),
            cluster=cluster,
            start=start,
            off_domain=None if domain is None else DOMAINS[domain],
            recipe=recipe,
            worth=worth / 100,
            gpu_hours=gpu_hours,
            price=price,
            k_large=k_large,
        ),
        output,
    )
