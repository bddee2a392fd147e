"""A verdict's label and its numbers, as a sentence for somebody who pays for the training."""

from __future__ import annotations

from passgap.show.data import Row, at_k, deciding_ks
from passgap.show.text import interval, known, number, percent, points, visible

PROBE = {
    "rlvr_can_pay": (
        "Reinforcement learning can pay here: with {K} tries the model solves {at_K} of the "
        "problems, with {k} only {at_k}. Training can turn part of that {gap}-point gap into "
        "answers found at the first tries."
    ),
    "modest_headroom": (
        "Expect a modest gain: {K} tries solve {at_K} of the problems and {k} tries {at_k}, "
        "so training has about {gap} points to work with."
    ),
    "little_headroom": (
        "Little to gain: the model either masters a problem or never solves it. {K} tries solve "
        "{at_K} of the problems, hardly more than {k} tries ({at_k})."
    ),
    "saturated": (
        "These problems are too easy to train on: {k} tries already solve {at_k} of them. "
        "Harder problems would teach more."
    ),
    "out_of_reach": (
        "Reinforcement learning has nothing to reinforce here: even {K} tries solve only {at_K} "
        "of the problems. Improve the base model first, by pretraining, fine-tuning or "
        "distillation."
    ),
    "undecided": (
        "Not decided: the gap between {k} and {K} tries is {gap} points ({gap_range}){open}."
    ),
}
OPEN = {
    (True, True): ", which leaves both a gain worth paying for and none possible",
    (True, False): (
        ", which excludes a large gain; whether there is one of {small} points or more is open"
    ),
    (False, True): (
        ", so there is something to gain; whether it is worth training for, above {large} points, "
        "is open"
    ),
    (False, False): ", and no verdict is given: {reason}",
}
COMPARE = {
    "sharpened": (
        "Training made the model find answers sooner, not find more of them: within {k} tries it "
        "solves {trained_k} of the problems (before: {base_k}), within {K} tries no more than "
        "before ({trained_K}, before {base_K})."
    ),
    "sharpened_up": (
        "Training made the model find answers sooner: within {k} tries it solves {trained_k} of "
        "the problems (before: {base_k}). Within {K} tries it also solves more ({trained_K}, "
        "before {base_K}), but no more than sharpening alone brings."
    ),
    "sharpened_narrowed": (
        "Training made the model find answers sooner and lose others: within {k} tries it solves "
        "{trained_k} of the problems (before: {base_k}), but within {K} tries fewer than before "
        "({trained_K}, before {base_K})."
    ),
    "expanded": (
        "Training reached further: within {K} tries the model solves {trained_K} of the "
        "problems, before {base_K}, more than sharpening alone explains. Within {k} tries it "
        "solves {trained_k}, before {base_k}."
    ),
    "narrowed": (
        "Training cost ability: within {k} tries nothing was gained ({trained_k}, before "
        "{base_k}), and within {K} tries the model solves fewer problems ({trained_K}, before "
        "{base_K})."
    ),
    "broadened": (
        "Training spread the model out: it is worse within {k} tries ({trained_k}, before "
        "{base_k}) and better within {K} ({trained_K}, before {base_K})."
    ),
    "degraded": (
        "Training made the model worse: within {k} tries it solves {trained_k} of the problems, "
        "before {base_k}; within {K} tries {trained_K}, before {base_K}."
    ),
    "unchanged": (
        "Training changed nothing that matters: {trained_k} of the problems within {k} tries "
        "(before {base_k}), {trained_K} within {K} (before {base_K})."
    ),
    "inconclusive": (
        "The numbers do not decide it yet: within {k} tries the difference is {delta_k}, within "
        "{K} tries {delta_K}."
    ),
    "inconclusive_though_known": (
        "No verdict is given: {reason}. Within {k} tries the trained policy is {at_k}: {delta_k}; "
        "within {K} tries {at_K}: {delta_K}."
    ),
    "inconclusive_at_small_k": (
        "Decided in part. Within {K} tries the trained policy is {at_K}: {delta_K}. Within {k} "
        "tries it is open: {delta_k}."
    ),
    "inconclusive_at_large_k": (
        "Decided in part. Within {k} tries the trained policy is {at_k}: {delta_k}. Within {K} "
        "tries it is open: {delta_K}."
    ),
}
REACH = {
    "nothing_gained": (
        "Nothing to explain: the base solved every problem that the trained policy solved, with "
        "its own draws."
    ),
    "within_reach": (
        "What only the trained policy solved, the base could have drawn: on {reachable} of "
        "{gained} such problems it is certified to succeed within {budget} draws."
    ),
    "beyond_reach": (
        "What only the trained policy solved is out of the base's reach: on {beyond_budget} of "
        "{gained} such problems it needs more than {budget} draws."
    ),
    "mixed": (
        "Of {gained} problems that only the trained policy solved, {reachable} are within the "
        "base's reach ({budget} draws) and {beyond_budget} are not."
    ),
    "undecided": (
        "Not decided: on {undecided} of {gained} problems that only the trained policy solved, "
        "the base may or may not succeed within {budget} draws."
    ),
}
READING = {
    "uneven": "uneven: not all problems moved alike",
    "more": "more at large k than one tilt gives",
}
AT_K = {
    "up": "better",
    "down": "worse",
    "equivalent": "the same, within the margin",
}


def probe_sentence(probe: Row) -> str:
    """The probe's verdict in one sentence with its numbers."""
    k, large = deciding_ks(probe)
    headroom = probe.get("headroom") or {}
    gap = headroom.get("value")
    settings = probe.get("settings") or {}
    sentence = PROBE[probe["verdict"]["label"]]
    if settings.get("interval") == "fixed":
        sentence = sentence.replace("of the problems", f"of these {probe['problems']} problems", 1)
    return sentence.format(
        open=_left_open(probe) if "{open}" in sentence else "",
        k=k,
        K=large,
        at_k=_whole(at_k(probe["curve"], k)),
        at_K=_whole(at_k(probe["curve"], large)),
        gap=number(None if gap is None else 100 * gap, 0),
        gap_range=interval(headroom, points),
    )


def _left_open(probe: Row) -> str:
    """What the gap's interval leaves open, by the thresholds that lie in it."""
    headroom, settings = probe["headroom"], probe["settings"]
    low, high = headroom.get("low"), headroom.get("high")

    def lies_in(threshold: float) -> bool:
        return low is not None and high is not None and low <= threshold <= high

    inside = lies_in(settings["small"]), lies_in(settings["large"])
    shown = {name: number(100 * settings[name], 0) for name in ("small", "large")}
    reasons = probe["verdict"].get("reasons") or [""]
    return OPEN[inside].format(**shown, reason=visible(reasons[-1]))


def comparison_sentence(comparison: Row) -> str:
    """The comparison's verdict in one sentence with its numbers."""
    verdict = comparison["verdict"]
    label = verdict["label"]
    if label == "sharpened" and verdict.get("at_large_k") == "up":
        label = "sharpened_up"
    at_small, at_large = verdict.get("at_small_k"), verdict.get("at_large_k")
    if label == "inconclusive" and at_small in AT_K and at_large == "unclear":
        label = "inconclusive_at_large_k"
    if label == "inconclusive" and at_large in AT_K and at_small == "unclear":
        label = "inconclusive_at_small_k"
    if label == "inconclusive" and at_small in AT_K and at_large in AT_K:
        label = "inconclusive_though_known"
    k, large = deciding_ks(comparison)
    numbers: dict[str, object] = {"k": k, "K": large}
    numbers["reason"] = visible((verdict.get("reasons") or [""])[-1])
    numbers |= {"at_k": AT_K.get(str(at_small)), "at_K": AT_K.get(str(at_large))}
    for name, at in {"k": k, "K": large}.items():
        delta = at_k(comparison["delta"], at)
        numbers |= {
            f"base_{name}": _whole(at_k(comparison["base"]["curve"], at)),
            f"trained_{name}": _whole(at_k(comparison["trained"]["curve"], at)),
            f"delta_{name}": _change(delta),
        }
    return COMPARE[label].format(**numbers)


def tilt_reading(tilt: Row) -> str:
    """What the fitted tilt says, in a few words; empty where none was fitted."""
    reading = tilt.get("reading")
    if reading == "tilt":
        low, high = tilt.get("low"), tilt.get("high")
        if low is not None and high is not None and low <= 0 <= high:
            return "no shift is shown"
        falls = high is not None and high < 0
        return f"one tilt explains it: just {'flattening' if falls else 'sharpening'}"
    return READING.get(str(reading), "")


def reach_sentence(reach: Row) -> str:
    """The reach verdict in one sentence with its numbers."""
    return REACH[reach["verdict"]["label"]].format(
        gained=reach["gained"], budget=number(reach["settings"]["budget"]), **reach["classes"]
    )


def _change(delta: Row) -> str:
    if not known(delta.get("value")):
        return "not known"
    return f"{points(delta['value'])} points ({interval(delta, points)})"


def _whole(row: Row) -> str:
    value = row.get("value")
    near_an_end = value is not None and (0 < value < 0.01 or 0.99 < value < 1)
    return percent(value, 1 if near_an_end else 0)
