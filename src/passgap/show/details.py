"""The second look: tables under the verdict, of a comparison and of a probe.

In: the results' dicts. Out: tables as plain values, for the page and the terminal alike.
"""

from __future__ import annotations

from typing import Any

from passgap.show.data import FEW, Row, at_k
from passgap.show.text import interval, known, number, p_value, percent, points
from passgap.show.words import tilt_reading

Table = dict[str, Any]
WORTH_SAYING = 0.0005
REACHES = {
    "reachable": "within reach",
    "beyond_budget": "beyond the budget",
    "undecided": "undecided",
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
        reading = tilt_reading(tilt)
        slope_p = (tilt.get("slope") or {}).get("p_value")
        by_slope = tilt.get("reading") == "uneven" and known(slope_p)
        misfit = (
            f"one slope for all: {p_value(slope_p)}"
            if by_slope
            else f"misfit {p_value(tilt.get('misfit_p'))}"
        )
        note = "; ".join(filter(None, [interval(tilt, number), misfit, reading]))
        rows.append(["tilt δ: how far every problem's log odds moved", number(tilt["delta"]), note])
    slope = tilt.get("slope") or {}
    if known(slope.get("value")):
        which = "easy" if slope["value"] > 1 else "hard"
        note = f"{interval(slope, number)}; not 1: the {which} problems moved up more"
        if known(slope.get("low")) and slope["low"] <= 1 <= slope["high"]:
            note = f"{interval(slope, number)}; 1 is one shift for all"
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
        at_once = at_k(comparison["delta"], 1).get("value")
        if known(at_once) and at_once < 0:
            value, note = "below 1", "one trained try solves less than one of the base"
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


def reach_table(reach: Row, most: int = 20) -> Table:
    """The gained problems, the surest first: what the base's success probability must be."""
    head = ["problem", "the base's p is", "at least", "at most", "trained, correct", "base draws"]
    rows = [
        [
            row["problem_id"],
            REACHES[row["class"]],
            _small(row["low"]),
            _small(row["high"]),
            f"{row['trained_c']} of {row['trained_n']}",
            f"0 of {row['base_n']}",
        ]
        for row in reach["rows"][:most]
    ]
    more = len(reach["rows"]) - most
    if more > 0:
        rows.append([f"and {more} more", "", "", "", "", ""])
    return {"head": head, "rows": rows} if rows else {}


def reach_details(reach: Row) -> Table:
    """How far the bounds can be trusted, and what training did to the base's own completions."""
    rows: list[list[Any]] = []
    known_ones = reach["calibration"]
    if known_ones["problems"]:
        share = number(known_ones["median_share_of_rate"])
        note = f"the bound is {share} of the base's own rate, in the middle of these problems"
        value = f"{known_ones['contradicted']} of {known_ones['problems']}"
        rows.append(["bounds contradicted where the base did solve it", value, note])
    gain = reach["amplification"]["mean_log_gain"]
    if known(gain["value"]):
        share = reach["amplification"]["amplified_share"]
        note = f"{interval(gain, number)}; {percent(share['value'])} of them became likelier"
        name = "the base's correct completions, log-probability gained, nats"
        rows.append([name, number(gain["value"]), note])
    mass = reach["rare_mass"]
    if known(mass["trained"]["value"]):
        name = f"the trained's draws that the base gives less than 1 in {number(mass['budget'])}"
        note = f"{interval(mass['trained'])}; of the base's own draws {_share(mass['base'])}"
        rows.append([name, percent(mass["trained"]["value"]), note])
    return {"head": ["", "value", "interval and note"], "rows": rows} if rows else {}


def perplexity_table(reach: Row) -> Table:
    """How likely each policy finds each one's completions: as arXiv 2504.13837 asks it."""
    rows: dict[str, dict[str, str]] = {}
    for row in reach["perplexity"]:
        quartiles = f"{number(row['quantile_25'])} to {number(row['quantile_75'])}"
        rows.setdefault(row["texts"], {})[row["under"]] = f"{number(row['median'])} ({quartiles})"
    head = ["perplexity a token, median and quartiles", "under the base", "under the trained"]
    return {"head": head, "rows": [[name, by["base"], by["trained"]] for name, by in rows.items()]}


def _share(row: Row) -> str:
    return f"{percent(row['value'])} ({interval(row)})"


def _small(value: float) -> str:
    """A probability that may be tiny."""
    return "0" if value == 0 else percent(value, 2) if value >= 1e-3 else f"1 in {1 / value:,.0f}"


def _forecast_row(probe: Row) -> list[list[Any]]:
    """What sharpening by each strength would make of the small k."""
    k = (probe.get("settings") or {}).get("k_small")
    fan = [
        (row["delta"], at_k(row["curve"], k).get("value")) for row in probe.get("forecast") or ()
    ]
    shown = [(delta, value) for delta, value in fan if known(value)]
    if not shown:
        return []
    strengths = ", ".join(number(delta, 0) for delta, _ in shown)
    values = ", ".join(percent(value, 0) for _, value in shown)
    return [[f"pass@{k} if sharpened", values, f"by a tilt δ of {strengths}: what RLVR may give"]]


def probe_details(probe: Row) -> Table:
    """What was never solved and may be, the second predictor, luck, extrapolations."""
    rows: list[list[Any]] = []
    never = probe.get("never_solved") or {}
    if never.get("problems"):
        note = (
            f"of any one of them at most {_small(never['p_upper_each'])} of the draws are correct, "
            f"of all of them at most {_small(never['p_upper_mean'])} (95 % upper bounds)"
        )
        rows.append(["problems never solved", f"{never['problems']} of {probe['problems']}", note])
    second = probe.get("second_predictor") or {}
    if known(second.get("value")):
        name = f"pass@{second['k_large']} - pass@{second['k_small']}, points"
        note = f"{interval(second, points)}; follows the gain in pass@1 more closely"
        rows.append([name, points(second["value"]), note])
    rows += _forecast_row(probe)
    luck = probe.get("luck") or {}
    if luck.get("at_k_large", 0.0) >= WORTH_SAYING:
        name = f"solved by guessing alone within {probe['headroom']['k_large']}"
        rows.append([name, percent(luck["at_k_large"], 2), luck["source"]])
    for row in probe.get("extrapolation") or []:
        beta, zeros = (percent(row[name]) for name in ("beta_binomial", "zero_inflated"))
        note = f"{interval(row)}; with a shape assumed: Beta {beta}, zero-inflated {zeros}"
        rows.append([f"pass@{row['k']}, extrapolated beyond n", percent(row["value"]), note])
    return {"head": ["", "value", "interval and note"], "rows": rows} if rows else {}
