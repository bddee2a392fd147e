"""The temperature study's result in; what is printed of it, and its page, out as blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from passgap.results.estimates import Curve
from passgap.show.blocks import Block, Commands, Notes, Picture, Section, Table, Text
from passgap.show.text import between, changed, estimated, points
from research.envelope import ROLES, Envelope, crossing

NAMED = {"base": "The base", "trained": "The trained policy"}
SAME = "Both at the same temperature: trained minus base, points"


@dataclass(frozen=True)
class About:
    """How the runs behind a study were made."""

    command: str
    date: str
    versions: Mapping[str, str]
    problem_set: str
    n: int


def blocks(study: Envelope) -> list[Block]:
    """What is printed: both at their best temperature, and at the same one."""
    return [
        Text(sentence(study), "strong"),
        envelope_picture(study),
        envelope_table(study),
        Section(SAME, [delta_table(study, shown_ks(study)[::2])]),
        Notes(study.notes),
    ]


def page(study: Envelope, about: About) -> list[Block]:
    """The page: how it was made, the envelopes, each temperature."""
    ks = shown_ks(study)
    versions = ", ".join(f"{name} {version}" for name, version in about.versions.items())
    each = [
        Section(f"{NAMED[role]} at each temperature", [temperature_table(study, role, ks)])
        for role in ROLES
    ]
    return [
        Text(
            f"{study.problems} problems of {about.problem_set}, n = {about.n} samples each at "
            f"every temperature; {about.date}; {versions}. Made by:"
        ),
        Commands([about.command]),
        Text(sentence(study), "strong"),
        envelope_picture(study),
        Section(
            "Each at its best temperature",
            [envelope_table(study), *(Text(f"{n[0].upper()}{n[1:]}.") for n in study.notes)],
        ),
        Section(SAME, [delta_table(study, ks)]),
        *each,
    ]


def envelope_picture(study: Envelope) -> Picture:
    """Both envelopes over k."""
    from research.temperature_charts import envelope_chart

    return Picture("envelope", lambda: envelope_chart(study), "pass@k of both envelopes")


def envelope_table(study: Envelope) -> Table:
    """A row per k: the envelope of each arm with the temperatures chosen, and the difference."""
    delta, rows = study.delta, []
    assert delta.band_low is not None
    assert delta.band_high is not None
    bands = zip(delta.band_low.tolist(), delta.band_high.tolist(), strict=True)
    for i, (k, band) in enumerate(zip(delta.k.tolist(), bands, strict=True)):
        cells = []
        for role in ROLES:
            chosen = " / ".join(f"{t:g}" for t in dict.fromkeys(study.chosen[role][i]))
            cells += [estimated(study.best[role].at(k)), chosen]
        rows.append([str(k), *cells, changed(delta.at(k)), between(*band, points)])
    head = ("k", "base", "its T", "trained", "its T", "difference, points", "band over all k")
    return Table(head, rows)


def temperature_table(study: Envelope, role: str, ks: Sequence[int]) -> Table:
    """One arm's pass@k at each temperature."""
    rows = [[estimated(curve.at(k)) for k in ks] for curve in study.curves[role]]
    return _by_temperature(study, ks, rows)


def delta_table(study: Envelope, ks: Sequence[int]) -> Table:
    """Trained minus base, in points, with both at the same temperature."""
    rows = [[changed(curve.at(k)) for k in ks] for curve in study.at_each]
    return _by_temperature(study, ks, rows)


def _by_temperature(study: Envelope, ks: Sequence[int], rows: Sequence[Sequence[str]]) -> Table:
    named = [f"{t:g}" for t in study.temperatures]
    cells = [[name, *row] for name, row in zip(named, rows, strict=True)]
    return Table(("temperature", *(f"pass@{k}" for k in ks)), cells)


def shown_ks(study: Envelope) -> list[int]:
    """At most five of the listed k, the first and the last among them."""
    ks = _ks(study.delta)
    if len(ks) <= 5:
        return ks
    return [ks[round(i * (len(ks) - 1) / 4)] for i in range(5)]


def sentence(study: Envelope) -> str:
    """Whether the best of the base overtakes the best of the trained policy, in words."""
    cross, last = crossing(study.delta), _ks(study.delta)[-1]
    if cross["shown"] is not None:
        return f"Each at its best temperature, the base is ahead from k = {cross['shown']} on."
    if cross["k"] is not None:
        return (
            f"Each at its best temperature, the base is above at k = {cross['k']}, by no more than "
            "chance can bring."
        )
    return f"Each at its best temperature, the base is not above for k up to {last}."


def _ks(curve: Curve) -> list[int]:
    found: list[int] = curve.k.tolist()
    return found
