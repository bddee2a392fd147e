"""What the list says of each run: its verdict, computed in the background while the list is open.

In: a run. Out: the label that `passgap compare` gives a trained run with its base, or that
`passgap probe` gives any other. A few are started at each request, so that a closed list
costs nothing. Whatever would run a verifier is not asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Literal

from passgap.errors import PassgapError
from passgap.results.labels import Label, Tone
from passgap.show.viewer.library import OpenRun
from passgap.show.viewer.site import Site, check_inert

MOST_SAMPLES = 200_000
AT_ONCE = 4
Shade = Literal["good", "open", "bad", "none", "wait"]
TONES: dict[Tone, Shade] = {Tone.GOOD: "good", Tone.OPEN: "open", Tone.BAD: "bad"}


@dataclass(frozen=True)
class Said:
    """A verdict in words, how it is coloured, the page that says more, and what it is of."""

    words: str
    tone: Shade
    href: str
    of: str


def said(
    site: Site, run: OpenRun, runs: Sequence[OpenRun], *, ready: bool = True, begin: bool = True
) -> Said:
    """The verdict of a run on the list, as far as it is known.

    It is looked for where the run is ready to be read, and worked out if that may begin.
    """
    base = site.pairs.base_of(run, runs)
    if base is None:
        href, of = f"/run/{run.id}/report", "before training"
        if run.trained_from is not None:
            of = "as a base for more training; its own base is not in this folder"
    else:
        href, of = f"/compare/{base.id}/{run.id}", f"beside {base.name}"
    arms = [run] if base is None else [base, run]
    if not (ready and all(one.is_read for one in arms)):
        return Said("working", "wait", href, of)
    unready = next((one for one in arms if not one.progress().complete), None)
    if unready is not None:
        when = "once complete" if unready is run else "once its base is complete"
        return Said(when, "none", href, of)
    if sum(one.samples for one in arms) > MOST_SAMPLES:
        return Said("large: open it", "none", href, of)
    return _known(site, arms, href, of, begin)


def _known(site: Site, arms: list[OpenRun], href: str, of: str, begin: bool) -> Said:
    key = ("verdict", *(one.state() for one in arms))
    judging = site.library.judging
    job: Future[Label] | None = judging.known(key)
    if begin and job is None and judging.waiting() < AT_ONCE:
        job = judging.ask(key, lambda: _label(arms))
    if job is None or not job.done():
        return Said("working", "wait", href, of)
    try:
        label = job.result()
    except PassgapError:
        return Said("none: see why", "none", href, of)
    return Said(label.words, TONES[label.tone], href, of)


def _label(arms: list[OpenRun]) -> Label:
    from passgap.evidence.doors import compare, probe  # scipy, which a first page does without
    from passgap.evidence.evidence import Evidence

    for one in arms:
        check_inert(one)
    evidence = Evidence.read(*(one.run.path for one in arms))
    result = compare(evidence) if evidence.trained else probe(evidence)
    return result.verdict.label
