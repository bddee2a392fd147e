"""The second look: tables under the verdict, of a comparison and of a probe.

In: the results' dicts. Out: tables as plain values, for the page and the terminal alike.
"""

from __future__ import annotations

from typing import Any

from passgap.reporting.data import Row
from passgap.reporting.text import interval, known, number, percent, points

Table = dict[str, Any]
FEW = 5
WORTH_SAYING = 0.0005
READING = {
    "tilt": "one tilt explains it: just sharpening",
    "uneven": "uneven: not all problems moved alike",
    "more": "more at large k than one tilt gives",
}
BANDS = {
    "never": "never solved before",
    "boundary": "boundary: up to 1 in 8",
    "mid": "in between",
    "saturated": "saturated: 9 in 10 or more",
}


def comparison_details(comparison: Row) -> Table:
    """How far the curve moved, whether one tilt explains it, which problems surely changed."""
    rows = [
        *_tilt_rows(comparison.get("tilt") or {}),
        *_shift_rows(comparison),
        *_problem_rows(comparison.get("coverage") or {}),
        *_luck_rows(comparison.get("luck") or {}),
    ]
    return {"head": ["", "value", "interval and note"], "rows": rows} if rows else {}


def _tilt_rows(tilt: Row) -> list[list[Any]]:
    rows = []
    if known(tilt.get("delta")):
        reading = READING.get(str(tilt.get("reading")), "")
        misfit = f"misfit p = {number(tilt.get('misfit_p'))}"
        note = "; ".join(filter(None, [interval(tilt, number), misfit, reading]))
        rows.append(["tilt δ: how far every problem's log odds moved", number(tilt["delta"]), note])
    slope = tilt.get("slope") or {}
    if known(slope.get("value")):
        note = f"{interval(slope, number)}; above 1 the easy problems gained more"
        rows.append(["tilt's slope over log odds", number(slope["value"]), note])
    return rows


def _shift_rows(comparison: Row) -> list[list[Any]]:
    rows = []
    first = next(iter(comparison.get("speedup") or []), None)
    if first:
        value = number(first["base_k"]) if known(first["base_k"]) else "beyond n"
        ends = [first["low"], first["high"]]
        low, high = (number(end) if known(end) else "beyond n" for end in ends)
        note = f"{low} to {high}"
        rows.append(["k*: base tries worth one trained try", value, note])
    area = comparison.get("area") or {}
    if known(area.get("value")):
        name = "difference averaged over log k, points"
        rows.append([name, points(area["value"]), interval(area, points)])
    gap = comparison.get("efficiency_gap") or {}
    if known(gap.get("value")):
        name = f"base pass@{gap.get('k', 'K')} minus trained pass@1, points"
        rows.append([name, points(gap["value"]), interval(gap, points)])
    if (comparison.get("sign_changes") or 0) > 1:
        note = "the curves cross more than once: read them before any single crossing"
        rows.append(["sign changes of the difference over k", comparison["sign_changes"], note])
    return rows


def _problem_rows(coverage: Row) -> list[list[Any]]:
    rows = []
    sure = coverage.get("certain")
    if sure:
        note = (
            f"exact tests, {percent(sure['false_discovery_rate'], 0)} false discoveries; "
            f"{sure['gained']} never solved before, {sure['lost']} never after"
        )
        rows.append(["problems surely better / worse", f"{sure['better']} / {sure['worse']}", note])
    support = coverage.get("support") or {}
    names = {"srr": "support retained (SRR)", "ndr": "newly discovered (NDR)"}
    for key, name in names.items():
        row = support.get(key) or {}
        if known(row.get("value")):
            rows.append([name, percent(row["value"]), interval(row)])
    return rows


def _luck_rows(luck: Row) -> list[list[Any]]:
    return [
        [f"solved by guessing alone, {arm}", percent(row["at_k_large"], 2), row["source"]]
        for arm, row in luck.items()
        if row and row.get("at_k_large", 0.0) >= WORTH_SAYING
    ]


def bands_table(comparison: Row) -> Table:
    """Gains by difficulty: the band from half of the base's draws, the gain from the rest."""
    bands = comparison.get("bands") or []
    if not bands:
        return {}
    head = ["the base, on half of its draws", "problems"]
    head += [f"pass@{row['k']}, points" for row in bands[0]["delta"]]
    rows = [
        [
            BANDS[band["band"]],
            band["problems"],
            *(_gain(row, band["problems"]) for row in band["delta"]),
        ]
        for band in bands
    ]
    return {"head": head, "rows": rows}


def _gain(row: Row, problems: int) -> str:
    if problems < FEW or not known(row["value"]):
        return "too few"
    return f"{points(row['value'])} ({interval(row, points)})"


def probe_details(probe: Row) -> Table:
    """What was never solved and may be, the second predictor, luck, extrapolations."""
    rows: list[list[Any]] = []
    never = probe.get("never_solved") or {}
    if never.get("problems"):
        note = (
            f"each solved by at most {percent(never['p_upper_each'], 2)} of draws, all together by "
            f"{percent(never['p_upper_mean'], 3)} (95 % upper bounds)"
        )
        rows.append(["problems never solved", f"{never['problems']} of {probe['problems']}", note])
    second = probe.get("second_predictor") or {}
    if known(second.get("value")):
        name = f"pass@{second['k_large']} - pass@{second['k_small']}, points"
        note = f"{interval(second, points)}; follows the gain in pass@1 more closely"
        rows.append([name, points(second["value"]), note])
    luck = probe.get("luck") or {}
    if luck.get("at_k_large", 0.0) >= WORTH_SAYING:
        name = f"solved by guessing alone within {probe['headroom']['k_large']}"
        rows.append([name, percent(luck["at_k_large"], 2), luck["source"]])
    for row in probe.get("extrapolation") or []:
        beta, zeros = (percent(row[name]) for name in ("beta_binomial", "zero_inflated"))
        note = f"{interval(row)}; with a shape assumed: Beta {beta}, zero-inflated {zeros}"
        rows.append([f"pass@{row['k']}, extrapolated beyond n", percent(row["value"]), note])
    return {"head": ["", "value", "interval and note"], "rows": rows} if rows else {}
