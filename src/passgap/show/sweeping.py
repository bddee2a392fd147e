"""A sweep's dict, or that of several training seeds, in; its sentence and its table out."""

from __future__ import annotations

from typing import Any

from passgap.show.data import Row, at_k, deciding_ks
from passgap.show.text import interval, percent, points
from passgap.show.words import comparison_sentence


def sweep_sentence(sweep: Row) -> str:
    """Where coverage falls and what to keep, for somebody who has to choose a checkpoint."""
    return f"{_coverage(sweep)} {_keep(sweep)}"


def _coverage(sweep: Row) -> str:
    k, fall = deciding_ks(sweep)[1], sweep["fall"]
    if fall:
        since = "the base" if fall["since"] == 0 else f"step {fall['since']}"
        return f"Coverage, pass@{k}, begins to fall between {since} and step {fall['step']}."
    if sweep["verdict"]["label"] == "coverage_holds":
        return f"Coverage, pass@{k}, holds throughout."
    return f"A fall of coverage, pass@{k}, is neither shown nor excluded."


def _keep(sweep: Row) -> str:
    keep = sweep["keep"]
    if not keep:
        return "Keep the base: no checkpoint is shown to be better."
    small, more = keep["small"], ""
    if keep["alike"]:
        more = f", not told apart there from step {', '.join(map(str, keep['alike']))}"
    gain = f"pass@{small['k']} {points(small['value'])} points on the base{more}"
    return f"Keep step {keep['step']} ({gain})."


def sweep_table(sweep: Row) -> dict[str, Any]:
    """A row a step: pass@k at both deciding k, the differences to the base in points with their
    band over the sweep, the verdict."""
    ks, keep, fall = deciding_ks(sweep), sweep["keep"] or {}, sweep["fall"] or {}
    head = ["step", *(name for k in ks for name in (f"pass@{k}", "on the base"))]
    base = [text for k in ks for text in (_level(sweep["base"], k), "")]
    rows: list[list[Any]] = [[0, *base, "base", ""]]
    for one in sweep["checkpoints"]:
        cells = [text for k in ks for text in (_level(one, k), _change(one, k))]
        marks = {"keep": keep.get("step"), "falls from here on": fall.get("step")}
        said = ", ".join(name for name, step in marks.items() if step == one["step"])
        rows.append([one["step"], *cells, one["verdict"]["label"], said])
    return {"head": [*head, "verdict", "note"], "rows": rows}


def seeds_table(result: Row) -> dict[str, Any]:
    """A row a training seed: its verdict and its differences to the base in points."""
    ks = [change["k"] for change in result["seeds"][0]["delta"]]
    rows = [
        [
            row["policy"],
            row["verdict"]["label"],
            *(f"{points(d['value'])} ({interval(d, points)})" for d in row["delta"]),
        ]
        for row in result["seeds"]
    ]
    return {"head": ["training seed", "verdict", *(f"pass@{k}, points" for k in ks)], "rows": rows}


def several_section(result: Row | None) -> dict[str, Any] | None:
    """What a page says of several trained policies: of a sweep's checkpoints, or of seeds."""
    if result is None:
        return None
    if "checkpoints" in result:
        return {
            "title": "Checkpoint by checkpoint",
            "when": "Across checkpoints",
            "sentence": sweep_sentence(result),
            "table": sweep_table(result),
            "note": f"The rule: {result['rule']}",
        }
    return {
        "title": "Seed by seed",
        "when": f"Across {len(result['seeds'])} training seeds",
        "sentence": comparison_sentence(result),
        "table": seeds_table(result),
        "note": "The curves' intervals hold for the recipe: they cover the training seed.",
    }


def _level(arm: Row, k: int) -> str:
    return percent(at_k(arm["curve"], k)["value"])


def _change(arm: Row, k: int) -> str:
    row = at_k(arm["delta"], k)
    band = {"low": row["band_low"], "high": row["band_high"]}
    return f"{points(row['value'])} ({interval(band, points)})"
