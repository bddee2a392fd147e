"""The temperature study: a base and a trained policy sampled over temperatures, each at its best.

In: two policies, problems, temperatures. Out: a folder with a verified run for each policy and
temperature (resumable) and the result; and, where asked for, a Markdown page with its figure.
Sampling is `sampling_arms`, what ``passgap sample`` does with several policies: all arms are
checked before the first model is loaded.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from passgap import Policy, ProblemSet, Run, SamplingParams, count, verify
from passgap.errors import UsageError
from passgap.runs import write_text
from passgap.runs.lineage import trained_on
from passgap.show.charts.figures import write_picture
from passgap.show.markdown import write_page
from passgap.stages.sampling_arms import Arm, Bar, sample_arms
from research.envelope import Envelope, envelope
from research.temperature_tables import About, envelope_picture
from research.temperature_tables import page as temperature_page

RESULT = "temperature.json"
TITLE = "Temperature: the base and the trained policy, each at its best"
MEMORY = "these problems were used in training: a gain on them may be memorization"


def study_temperature(
    base: Policy,
    trained: Policy,
    problems: ProblemSet,
    *,
    out: Path | str,
    temperatures: Sequence[float],
    n: int,
    sampling: SamplingParams,
    engine: str = "transformers",
    engine_args: Mapping[str, str] | None = None,
    verifier: str | None = None,
    ks: Sequence[int] | None = None,
    seed: int = 0,
    bar: Bar,
    command: str = "",
) -> Envelope:
    """Sample both policies at every temperature, verify, and compare the best of each.

    Parameters
    ----------
    base, trained, problems
        What is sampled, and on what; the two are given the same prompt.
    out
        ``out/base-T0.7`` and so on are the run folders; finished ones are kept.
    temperatures
        Two or more, distinct and positive.
    sampling
        Every other sampling parameter; its own temperature is replaced.
    n, engine, engine_args, seed, command
        As in `passgap.sample`; ``seed`` is that of the halves and of the bands too.
    verifier
        The spec of one verifier for all problems; None takes the one each problem names.
    ks
        The k to list.
    bar
        Makes a progress bar: called with a title, gives a context with a callback.

    Raises
    ------
    UsageError, RunError
        For anything that cannot be carried out, before a model is loaded.
    """
    _check(base, trained, temperatures, n, ks)
    arms = [
        Arm(f"{role}-T{t:g}", policy, dataclasses.replace(sampling, temperature=t))
        for role, policy in (("base", base), ("trained", trained))
        for t in temperatures
    ]
    runs = sample_arms(
        arms,
        problems,
        n=n,
        out=out,
        engine=engine,
        engine_args=engine_args,
        seed=seed,
        bar=bar,
        command=command,
    )
    for run in runs:
        with bar(f"verifying {run.name}") as progress:
            verify(run, verifier=verifier, progress=progress)
    found = envelope(
        *(
            {t: count(run) for t, run in zip(temperatures, part, strict=True)}
            for part in (runs[: len(temperatures)], runs[len(temperatures) :])
        ),
        ks=ks,
        seed=seed,
    )
    if trained_on(runs[-1].path):
        found = dataclasses.replace(found, notes=(*found.notes, MEMORY))
    write_text(json.dumps(found.to_dict(), indent=2) + "\n", Path(out) / RESULT)
    return found


def write_temperature(
    result: Envelope, page: Path | str, *, out: Path | str, command: str
) -> list[Path]:
    """The page (Markdown) and its figure, in a folder of the page's name beside it."""
    place = Path(page)
    picture = envelope_picture(result)
    figure = write_picture(picture.draw(), place.parent / place.stem / f"{picture.name}.png")
    about = _about(Run(Path(out) / f"base-T{result.temperatures[0]:g}"), command)
    places = {picture.name: f"{place.stem}/{figure.name}"}
    write_page(TITLE, temperature_page(result, about), place, **places)
    return [place, figure]


def _about(run: Run, command: str) -> About:
    manifest = run.manifest
    return About(
        command=command,
        date=date.today().isoformat(),
        versions=manifest.versions,
        problem_set=manifest.problem_set["name"],
        n=manifest.n,
    )


def _check(
    base: Policy,
    trained: Policy,
    temperatures: Sequence[float],
    n: int,
    ks: Sequence[int] | None,
) -> None:
    if len(set(temperatures)) < max(2, len(temperatures)) or min(temperatures) <= 0:
        shown = ", ".join(f"{t:g}" for t in temperatures)
        raise UsageError(f"temperatures {shown}; allowed: two or more, distinct, each > 0")
    bad = [k for k in ks or () if not 1 <= k <= n]
    if bad:
        raise UsageError(f"k={bad[0]} cannot be listed; allowed: 1 to n, {n}")
    if base.prompt.digest != trained.prompt.digest:
        raise UsageError(
            f"{base.path} and {trained.path} carry different prompts; give --template, --system, "
            "--shots, --stop or --no-stop for both"
        )
