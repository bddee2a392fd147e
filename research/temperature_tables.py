"""The temperature study's dict in; its tables and its Markdown page out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from passgap.show.data import at_k
from passgap.show.text import interval, percent, points
from research.pages import markdown_table

Row = Mapping[str, Any]

ROLES = ("base", "trained")


def envelope_table(study: Row) -> dict[str, Any]:
    """A row a k: the envelope of each arm with the temperatures chosen, and the difference."""
    rows = []
    for row in study["delta"]:
        cells = []
        for role in ROLES:
            best = at_k(study[role]["envelope"], row["k"])
            chosen = " / ".join(f"{t:g}" for t in dict.fromkeys(best["chosen"]))
            cells += [f"{percent(best['value'])} ({interval(best)})", chosen]
        band = {"low": row["band_low"], "high": row["band_high"]}
        change = f"{points(row['value'])} ({interval(row, points)})"
        rows.append([row["k"], *cells, change, interval(band, points)])
    head = ["k", "base", "its T", "trained", "its T", "difference, points", "band over all k"]
    return {"head": head, "rows": rows}


def temperature_table(study: Row, role: str, ks: Sequence[int]) -> dict[str, Any]:
    """One arm's pass@k at each temperature."""
    rows = []
    for arm in study[role]["curves"]:
        found = [at_k(arm["curve"], k) for k in ks]
        shares = [f"{percent(row['value'])} ({interval(row)})" for row in found]
        rows.append([f"{arm['temperature']:g}", *shares])
    return {"head": ["temperature", *(f"pass@{k}" for k in ks)], "rows": rows}


def delta_table(study: Row, ks: Sequence[int]) -> dict[str, Any]:
    """Trained minus base, in points, with both at the same temperature."""
    rows = []
    for arm in study["at_each"]:
        found = [at_k(arm["delta"], k) for k in ks]
        changes = [f"{points(row['value'])} ({interval(row, points)})" for row in found]
        rows.append([f"{arm['temperature']:g}", *changes])
    return {"head": ["temperature", *(f"pass@{k}" for k in ks)], "rows": rows}


def shown_ks(study: Row) -> list[int]:
    """At most five of the listed k, the first and the last among them."""
    ks = [row["k"] for row in study["delta"]]
    if len(ks) <= 5:
        return ks
    return [ks[round(i * (len(ks) - 1) / 4)] for i in range(5)]


def temperature_sentence(study: Row) -> str:
    """Whether the best of the base overtakes the best of the trained policy, in words."""
    cross, last = study["crossing"], study["delta"][-1]["k"]
    if cross["shown"] is not None:
        return f"Each at its best temperature, the base is ahead from k = {cross['shown']} on."
    if cross["k"] is not None:
        return (
            f"Each at its best temperature, the base is above at k = {cross['k']}, by no more than "
            "chance can bring."
        )
    return f"Each at its best temperature, the base is not above for k up to {last}."


def temperature_page(study: Row, about: Row, figure: str) -> list[str]:
    """The page's parts as Markdown: how it was made, the envelopes, each temperature."""
    ks = shown_ks(study)
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    parts = [
        "# Temperature: the base and the trained policy, each at its best\n",
        f"{study['problems']} problems of {about['problem_set']}, n = {about['n']} draws each at "
        f"every temperature; {about['date']}; {versions}. Made by `{about['command']}`.\n",
        f"{temperature_sentence(study)}\n",
        f"![pass@k of both envelopes]({figure})\n",
        "## Each at its best temperature\n",
        markdown_table(**envelope_table(study)),
        *(f"{note[0].upper()}{note[1:]}.\n" for note in study["notes"]),
        "## Both at the same temperature: trained minus base, points\n",
        markdown_table(**delta_table(study, ks)),
    ]
    for role in ROLES:
        parts += [f"## The {role} at each temperature\n"]
        parts += [markdown_table(**temperature_table(study, role, ks))]
    return parts
