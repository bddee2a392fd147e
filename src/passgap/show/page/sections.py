"""The page's content as plain values: what the template shows, section by section."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from passgap.show.alone import alone_rows, alone_sentence, alone_table, has_tokens
from passgap.show.audited import audit_sections
from passgap.show.data import PageData, Row, at_k, deciding_ks
from passgap.show.details import (
    bands_table,
    comparison_details,
    perplexity_table,
    probe_details,
    reach_details,
    reach_table,
)
from passgap.show.evidence import comparison_evidence, probe_evidence
from passgap.show.page.methods import methods
from passgap.show.page.problems import problems_section
from passgap.show.sweeping import several_section
from passgap.show.text import ABSENT, interval, known, number, percent, points
from passgap.show.watched import watch_section
from passgap.show.words import comparison_sentence, probe_sentence, reach_sentence

ROLES = ("base", "trained")
Table = dict[str, Any]


def sections(data: PageData) -> dict[str, Any]:
    """All values of the template but the charts, the style and the script."""
    seeds = data.several if data.several and "delta" in data.several else None
    main = data.comparison or seeds or data.probe or {}
    runs = _run_settings(data.runs)
    return {
        "title": data.title,
        "subtitle": _subtitle(data.runs),
        "verdicts": _verdicts(data),
        "key_figures": _key_figures(data),
        "several": several_section(data.several),
        "probe_figures": probe_figures(data.probe or {}),
        "curve_lead": _CURVES_AFTER if data.comparison or seeds else _CURVES_BEFORE,
        "curve_caption": _curve_caption(data),
        "curve_table": curve_table(main),
        "delta_caption": _delta_caption(data.comparison or seeds or {}),
        "histogram_caption": (
            "Each problem by the share of its draws that are correct. Problems with no correct "
            "draw, and with none wrong, stand in bins of their own; no correct draw is not the "
            "same as impossible."
        ),
        "scatter_caption": (
            "A dot is one problem, a larger one several with the same counts. Above the diagonal: "
            "more often correct after training. On the left edge: never solved before."
        ),
        "solved": _solved((data.comparison or {}).get("coverage") or {}),
        "further": comparison_details(data.comparison or {}),
        "bands": bands_table(data.comparison or {}),
        "probe_further": probe_details(data.probe or {}),
        "format_check": format_table(data.comparison or {}),
        "training_charts": bool(data.training or data.held_out or data.watching),
        "watched": watch_section(data.watching),
        "probe_section": bool(data.probe),
        "problems": problems_section(data),
        "audits": audit_sections(data.audits),
        "methods": methods(bool(data.comparison or data.several)),
        "reach": reach_section(data.reach),
        "alone": alone_section(data),
        "checks": checks_section(data.checks),
        "grave": grave_findings(data.checks),
        "notes": list(data.notes),
        "caveats": _caveats(data),
        "commands": _commands(data),
        "analysis_settings": _analysis_settings(data),
        "run_settings": runs,
        "differing": sum(row["differs"] for row in runs["rows"]) if runs else 0,
    }


# ------------------------------------------------------------------------- verdict and figures


def _verdicts(data: PageData) -> list[dict[str, Any]]:
    cards = []
    several = several_section(data.several)
    if data.several and several:
        cards.append(_card("compare", several["when"], data.several, several["sentence"]))
    if data.comparison:
        sentence = comparison_sentence(data.comparison)
        card = _card("compare", "After training", data.comparison, sentence)
        cards.append(card | {"evidence": comparison_evidence(data.comparison)})
    if data.probe:
        sentence = probe_sentence(data.probe)
        card = _card("probe", "Before training", data.probe, sentence)
        cards.append(card | {"evidence": probe_evidence(data.probe)})
    return cards


def _key_figures(data: PageData) -> list[Row]:
    if data.several:
        return []
    if data.comparison:
        return comparison_figures(data.comparison)
    return probe_figures(data.probe or {})


def _card(kind: str, when: str, result: Row, sentence: str) -> dict[str, Any]:
    verdict = result["verdict"]
    return {
        "kind": kind,
        "when": when,
        "label": verdict["label"],
        "sentence": sentence,
        "evidence": [],
        "reasons": verdict.get("reasons") or [],
        "needs": verdict.get("needs") or "",
    }


def comparison_figures(comparison: Row) -> list[Row]:
    """Key figures after training: both deciding k, gained and lost, crossover, size."""
    coverage = comparison.get("coverage") or {}
    tiles = [_arms_at(comparison, k) for k in deciding_ks(comparison)]
    if coverage:
        gained, lost = (points(count / 100, 0) for count in (coverage["gained"], -coverage["lost"]))
        solved = f"{gained} / {lost}"
        tiles.append(
            _tile("Problems gained / lost", solved, f"among {coverage.get('k')} draws each")
        )
    return [*tiles, _crossover_tile(comparison), _size_tile(comparison)]


def probe_figures(probe: Row) -> list[Row]:
    """Key figures before training: both deciding k, headroom, learning signal, size."""
    if not probe:
        return []
    rows = [(k, at_k(probe["curve"], k)) for k in deciding_ks(probe)]
    tiles = [
        _tile(f"Solved within {k} tries", percent(row.get("value")), interval(row))
        for k, row in rows
    ]
    headroom = probe.get("headroom") or {}
    gap = f"{points(headroom.get('value'))} points"
    tiles.append(_tile("Headroom", gap, interval(headroom, points)))
    signal = next((s for s in probe.get("signal") or [] if s["group_size"] == 8), None)
    if signal:
        note = f"of groups of 8\n({interval(signal)})"
        tiles.append(_tile("Groups that teach", percent(signal["value"]), note))
    return [*tiles, _size_tile(probe)]


def _tile(name: str, value: str, note: str, after: str = "") -> Row:
    return {"name": name, "value": value, "note": note, "after": after}


def _arms_at(comparison: Row, k: int) -> Row:
    base, trained = (at_k(comparison[role]["curve"], k).get("value") for role in ROLES)
    delta = at_k(comparison["delta"], k)
    note = f"{points(delta.get('value'))} points\n({interval(delta, points)})"
    return _tile(f"Solved within {k} tries", percent(base), note, percent(trained))


def _crossover_tile(comparison: Row) -> Row:
    crossover = comparison.get("crossover") or {}
    largest = max((row["k"] for row in comparison["delta"]), default=0)
    if crossover.get("k") is None:
        return _never_behind(comparison["delta"], f"for k up to {largest}")
    low, high = crossover.get("low"), crossover.get("high")
    note = f"{number(low)} to {number(high) if high is not None else f'beyond {largest}'}"
    return _tile("Falls behind", f"from k = {crossover['k']}", note)


def _never_behind(delta: Sequence[Row], where: str) -> Row:
    """Where the trained policy does not fall behind: always ahead, never, or from some k on."""
    ahead = [row["k"] for row in delta if known(row["value"]) and row["value"] > 0]
    behind = [row["k"] for row in delta if known(row["value"]) and row["value"] < 0]
    if not ahead:
        return _tile("Ahead", "at no k", where)
    if behind and behind[0] < ahead[0]:
        return _tile("Ahead", f"from k = {ahead[0]}", f"behind before, {where}")
    return _tile("Falls behind", "not seen", where)


def _size_tile(result: Row) -> Row:
    unscored = _by_role(result.get("unscored"))
    arms = " a policy" if isinstance(result.get("draws"), Mapping) else ""
    note = f"{_by_role(result.get('draws'))} draws{arms}\nunscored: {unscored}"
    return _tile("Problems", number(result.get("problems")), note)


def _by_role(value: Any) -> str:
    if not isinstance(value, Mapping):
        return number(value)
    numbers = [number(v) for v in value.values()]
    return numbers[0] if len(set(numbers)) == 1 else " / ".join(numbers)


# --------------------------------------------------------------------------------------- tables


def curve_table(result: Row) -> Table:
    """One row a k: the curve, or both curves and their difference, each with its interval."""
    if "delta" not in result:
        return {
            "head": ["k", "pass@k", "interval"],
            "rows": [[r["k"], percent(r["value"]), interval(r)] for r in result.get("curve", ())],
        }
    rows = []
    for row in result["delta"]:
        base, trained = (at_k(result[role]["curve"], row["k"]) for role in ROLES)
        band = {"low": row.get("band_low"), "high": row.get("band_high")}
        arms = [f"{percent(arm.get('value'))} ({interval(arm)})" for arm in (base, trained)]
        change = f"{points(row['value'])} ({interval(row, points)})"
        rows.append([row["k"], *arms, change, interval(band, points)])
    head = ["k", "base", "trained", "difference, points", "band over all k"]
    if not any(known(row.get("band_low")) for row in result["delta"]):
        head, rows = head[:-1], [row[:-1] for row in rows]
    return {"head": head, "rows": rows}


def _curve_caption(data: PageData) -> str:
    said = ["Shaded: interval at each k. Dotted: the two k that decide the verdict."]
    if data.fitted:
        said.append(
            "Dashed, orange: the base's curve after the one tilt that fits both runs best; where "
            "the trained curve follows it, all problems moved alike: sharpening, where δ is above "
            "0."
        )
    if (data.probe or {}).get("luck"):
        said.append("Dashed, grey: what guessing alone would solve.")
    return " ".join(said)


def _delta_caption(comparison: Row) -> str:
    margin = (comparison.get("settings") or {}).get("margin")
    dashed = (
        f" Dashed: the margin of {points(margin, 0)} and {points(-margin, 0)}." if margin else ""
    )
    banded = any(known(row.get("band_low")) for row in comparison.get("delta") or ())
    shaded = " Shaded: band that holds for all k at once." if banded else ""
    return f"Bars: interval at each k.{shaded}{dashed}"


def _solved(coverage: Row) -> dict[str, Any]:
    if not coverage:
        return {}
    notes = [f"“Solves” means at least one correct draw among {coverage.get('k')}."]
    if known(coverage.get("expected_lost")):
        lost, gained = (number(coverage[f"expected_{way}"], 1) for way in ("lost", "gained"))
        notes.append(f"Chance alone would lose {lost} and gain {gained} in a repetition.")
    return {**coverage, "notes": notes}


def format_table(comparison: Row) -> Table:
    """Draws without an answer, cut draws, and the difference among answered draws."""
    answered = comparison.get("answered")
    if not answered:
        return {}
    names = {
        "no_answer_share": "draws with no answer to read",
        "truncated_share": "wrong draws cut by max_tokens",
    }
    rows = [
        [title, *(percent(answered[role].get(name)) for role in ROLES), ""]
        for name, title in names.items()
    ]
    delta = answered.get("delta") or {}
    if known(delta.get("value")):
        change = f"{points(delta['value'])} ({interval(delta, points)})"
        rows.append([f"pass@{delta['k']} among answered draws", "", "", change])
    return {"head": ["", *ROLES, "difference, points"], "rows": rows}


def _analysis_settings(data: PageData) -> Table:
    results = {"probe": data.probe, "compare": data.comparison or data.several}
    return _side_by_side({k: v.get("settings") or {} for k, v in results.items() if v})


def _run_settings(runs: Mapping[str, Row]) -> Table:
    table = _side_by_side(runs)
    for row in table.get("rows", ()):
        row["differs"] = len(set(row["cells"][1:])) > 1
    return table


def _side_by_side(columns: Mapping[str, Row]) -> Table:
    """Nested settings as rows of dotted names, one column each."""
    flat = {name: _flat(values) for name, values in columns.items()}
    keys = dict.fromkeys(key for values in flat.values() for key in values)
    rows = [
        {"cells": [key, *(values.get(key, ABSENT) for values in flat.values())], "differs": False}
        for key in keys
    ]
    return {"head": ["setting", *flat], "rows": rows} if rows else {}


def _flat(value: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Nested settings as dotted names and short text."""
    lines: dict[str, str] = {}
    for key, item in value.items():
        if isinstance(item, Mapping):
            lines |= _flat(item, f"{prefix}{key}.")
        else:
            lines[f"{prefix}{key}"] = _listed(item)
    return lines


def _listed(item: Any) -> str:
    if isinstance(item, Sequence) and not isinstance(item, str):
        return ", ".join(map(str, item)) or ABSENT
    return ABSENT if item is None or item == "" else str(item)


def _commands(data: PageData) -> list[str]:
    """What was typed: for each run, then for the page."""
    names = ("command", "marked_command")
    made = [str(run.get(name) or "") for run in data.runs.values() for name in names]
    return [line for line in dict.fromkeys([*made, data.command]) if line]


# --------------------------------------------------------------------------------- plain words


def _subtitle(runs: Mapping[str, Row]) -> str:
    parts = [
        f"{role}: {str(run.get('policy', {}).get('path', '')).rstrip('/').rsplit('/', 1)[-1]}"
        for role, run in runs.items()
    ]
    sets = {str(run.get("problem_set", {}).get("name", "")) for run in runs.values()} - {""}
    return " · ".join([*parts, *sorted(sets)])


def _caveats(data: PageData) -> list[Row]:
    made = [
        _temperature(data.runs),
        *(_AFTER if data.comparison or data.several else _BEFORE),
        *_ALWAYS,
    ]
    return [{"name": name, "text": text} for name, text in made]


def _temperature(runs: Mapping[str, Row]) -> tuple[str, str]:
    found = {run.get("sampling", {}).get("temperature") for run in runs.values()} - {None}
    at = f" These runs: temperature {', '.join(map(str, sorted(found)))}." if found else ""
    return (
        "It holds at this temperature and prompt.",
        "The curves describe weights and decoding together; at another temperature or with "
        f"another prompt they can lie, and cross, elsewhere.{at}",
    )


_CURVES_BEFORE = (
    "Left to right the model is given more tries a problem. Where the curve climbs, the model "
    "has answers it seldom finds, which training can move to the left; where it is flat, not."
)
_CURVES_AFTER = (
    "Left to right the model is given more tries a problem. A gain on the left only is a model "
    "that answers sooner; a gain on the right is a model that can do more."
)
_AFTER = [
    (
        "One checkpoint is not a recipe.",
        "The intervals cover the choice of problems and the luck of the draws, not the luck of "
        "the training seed. To speak of a method, train several seeds.",
    ),
    (
        "Unclear is not equal.",
        "“Equivalent” is claimed only where the interval lies inside the margin; a wide interval "
        "proves nothing, and the verdict then says what it would take.",
    ),
    (
        "“Lost” and “gained” are partly luck.",
        "A problem solved once in many draws may be missed in the next; compare both numbers "
        "with what chance alone moves.",
    ),
]
_BEFORE = [
    (
        "A small gap means two things.",
        "Near the top the problems are mastered, near zero they are out of reach: the verdict "
        "keeps them apart, the gap alone does not.",
    ),
    (
        "Headroom is what could be gained, not what will be.",
        "Training also needs groups that hold right and wrong completions, and a recipe that "
        "works.",
    ),
]
_ALWAYS = [
    (
        "It is as good as its verifier.",
        "A right answer by wrong reasoning counts, a right answer in an unread form does not; "
        "at large k lucky guesses count as ability. Read some completions.",
    ),
    (
        "Population or these problems.",
        "An interval marked population treats the problems as a sample of those you care about; "
        "fixed means exactly these problems. The settings name which.",
    ),
]


def reach_section(reach: Row | None) -> Row | None:
    """Could the base have solved what only the trained policy did?"""
    if reach is None:
        return None
    card = _card("reach", "Reach", reach, reach_sentence(reach))
    return {"card": card, "gained": reach_table(reach), "further": reach_details(reach),
            "perplexity": perplexity_table(reach), "notes": list(reach["notes"])}  # fmt: skip


def alone_section(data: PageData) -> Row | None:
    """What the base gives without training: against the trained policy, and by k."""
    alone = (data.comparison or data.probe or {}).get("sampling_alone")
    if not alone or not has_tokens(alone):
        return None
    return {
        "lead": alone_sentence(alone) if alone["trained"] else "",
        "against": alone_table(alone),
        "rows": alone_rows(alone),
        "notes": list(alone["notes"]),
    }


def grave_findings(checks: Row | None) -> list[str]:
    """What makes a verdict worthless, to be said above it."""
    found = (checks or {}).get("findings") or []
    return [one["evidence"] for one in found if one["severity"] == "error"]


def checks_section(checks: Row | None) -> Row | None:
    """What the data checks found, with a sentence that sums them up."""
    if checks is None:
        return None
    found, draws = checks["findings"], f"{checks['draws']:,} completions were looked at"
    if not found:
        return {"lead": f"{draws}: repeated draws, truncation, empty and unscored completions, "
                "references their verifier rejects, settings that differ. Nothing was found.",
                "findings": []}  # fmt: skip
    grave = sum(one["severity"] == "error" for one in found)
    verdict = "The verdict is not to be trusted before this is fixed." if grave else ""
    return {"lead": f"{draws}. {verdict}".strip(), "findings": found}
