"""A result's dict in; the three numbers that bear its verdict out, each a sentence."""

from __future__ import annotations

from passgap.show.data import Row, at_k, deciding_ks
from passgap.show.text import interval, known, number, p_value, percent, points
from passgap.show.words import tilt_reading


def comparison_evidence(comparison: Row) -> list[str]:
    """Both deciding k, and the sharpest of what the problems themselves say."""
    said = [_change(comparison, k) for k in deciding_ks(comparison)]
    said += [_certain(comparison), _misfit(comparison), _crossing(comparison), _solved(comparison)]
    return [line for line in said if line][:3]


def probe_evidence(probe: Row) -> list[str]:
    """The headroom, the groups that teach, and the problems never solved."""
    said = [_headroom(probe), _signal(probe), _never(probe)]
    return [line for line in said if line]


def _change(comparison: Row, k: int) -> str:
    delta = at_k(comparison["delta"], k)
    if not known(delta.get("value")):
        return ""
    base, trained = (at_k(comparison[role]["curve"], k) for role in ("base", "trained"))
    arms = f"{percent(base.get('value'))} before, {percent(trained.get('value'))} after"
    change = f"{points(delta['value'])} points ({interval(delta, points)})"
    return f"Within {k} tries: {change}; {arms}."


def _certain(comparison: Row) -> str:
    sure = (comparison.get("coverage") or {}).get("certain")
    if not sure or not (sure["better"] or sure["worse"]):
        return ""
    rate = percent(sure["false_discovery_rate"], 0)
    return (
        f"Problem by problem: {sure['better']} of {comparison['problems']} surely better, "
        f"{sure['worse']} surely worse (exact tests, {rate} false discoveries)."
    )


def _misfit(comparison: Row) -> str:
    tilt = comparison.get("tilt") or {}
    reading = tilt_reading(tilt)
    if not reading or not known(tilt.get("delta")):
        return ""
    return (
        f"{reading[0].upper()}{reading[1:]} "
        f"(δ = {number(tilt['delta'])}, {interval(tilt, number)}; "
        f"misfit {p_value(tilt['misfit_p'])})."
    )


def _crossing(comparison: Row) -> str:
    cross = comparison.get("crossover") or {}
    if cross.get("k") is None:
        return ""
    high = "beyond n" if cross.get("high") is None else number(cross["high"])
    return f"The base is ahead from k = {cross['k']} ({number(cross.get('low'))} to {high})."


def _solved(comparison: Row) -> str:
    found = comparison.get("coverage") or {}
    if not found:
        return ""
    line = f"{found['gained']} problems gained and {found['lost']} lost among {found['k']} draws"
    if not known(found.get("expected_lost")):
        return f"{line}."
    gained, lost = (number(found[f"expected_{way}"], 1) for way in ("gained", "lost"))
    return f"{line}, where chance alone moves {gained} and {lost}."


def _headroom(probe: Row) -> str:
    room = probe.get("headroom") or {}
    if not known(room.get("value")):
        return ""
    k, large = deciding_ks(probe)
    gap = f"{points(room['value'])} points ({interval(room, points)})"
    return f"From {k} to {large} tries the share of problems solved rises by {gap}."


def _signal(probe: Row) -> str:
    row = next((s for s in probe.get("signal") or [] if s["group_size"] == 8), None)
    if row is None or not known(row["value"]):
        return ""
    share = f"{percent(row['value'])} ({interval(row)})"
    return f"{share} of groups of 8 hold right and wrong completions, so GRPO can learn from them."


def _never(probe: Row) -> str:
    never = probe.get("never_solved") or {}
    if not never.get("problems"):
        return ""
    return (
        f"{never['problems']} of {probe['problems']} problems were never solved: each by at most "
        f"{percent(never['p_upper_each'], 2)} of draws (95 % upper bound)."
    )
