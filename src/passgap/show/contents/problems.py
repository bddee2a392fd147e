"""Problem by problem: rows of problems and completions in, the table and what it opens to out.

The completions are embedded in the order given until the page has no room left; what is left out
is counted and named by where it is. All of it is hostile text, which the painters make visible and
escape.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from passgap.data import bands
from passgap.show import blocks as b
from passgap.show import text
from passgap.show.charts.problems import before_and_after, histogram
from passgap.show.data import CompletionRow, PageData, ProblemRow, share_in_words, share_of
from passgap.show.text import ABSENT, points

TEXT_CAP = 4_000
PAGE_CAP = 2_000_000
ROWS_CAP = 1_000
QUESTION_SHOWN = 140
CHANGES = {
    "lost": "base only",
    "gained": "trained only",
    "both": "both",
    "neither": "neither",
    "unscored": "not scored",
}
HISTOGRAM = (
    "Each problem by the share of its samples that are correct. Problems with no correct sample, "
    "and with none wrong, stand in bins of their own; no correct sample is not the same as "
    "impossible."
)
SCATTER = (
    "A dot is one problem, a larger one several with the same counts. Above the diagonal: more "
    "often correct after training. On the left edge: never solved before."
)
OPENS = (
    "A row opens to its completions, shown as sampled, never run; control characters are made "
    "visible."
)


def histogram_picture(problems: Sequence[ProblemRow]) -> b.Picture | None:
    """Problems by their share of correct samples; None where nothing was scored."""
    scored = any(arm and arm.n for one in problems for arm in (one.base, one.trained))
    return b.Picture("histogram", lambda: histogram(problems), HISTOGRAM) if scored else None


def scatter_picture(problems: Sequence[ProblemRow]) -> b.Picture | None:
    """Each problem before and after training; None where none was scored in both."""
    scored = any(problem.change != "unscored" for problem in problems)
    return b.Picture("scatter", lambda: before_and_after(problems), SCATTER) if scored else None


# ----------------------------------------------------------------------------------- table


def problem_by_problem(data: PageData) -> b.Section | None:
    """The table in its first order, and a sentence on what its rows open to."""
    if not data.problems:
        return None
    paired = any(problem.trained is not None for problem in data.problems)
    ordered = sorted(data.problems, key=_place if paired else _hardest_first)
    shown = ordered[:ROWS_CAP]
    draws = _embedded(shown, data.completions)
    lines = [_line(problem, draws.get(problem.problem_id, ()), paired) for problem in shown]
    said = _said(data, sum(map(len, draws.values())))
    if len(ordered) > len(shown):
        said += f" The table holds the first {len(shown):,} of {len(ordered):,} problems."
    pair_head = ("Trained", "Change, points", "Solved by") if paired else ()
    content = b.Problems(
        head=("Problem", "Base", *pair_head),
        problems=lines,
        changes=_choices([line.change for line in lines], CHANGES) if paired else (),
        bands=_choices([line.band for line in lines], text.BANDS),
        unscored=sum(line.unscored for line in lines),
    )
    blocks: list[b.Block] = [b.Text(said), content]
    return b.Section("Problem by problem", blocks)


def _place(problem: ProblemRow) -> tuple[int, float]:
    """Lost, gained, then by how far they moved."""
    rank = {"lost": 0, "gained": 1}
    return rank.get(problem.change, 2), -abs(problem.moved or 0.0)


def _hardest_first(problem: ProblemRow) -> tuple[int, float]:
    return 0, share_of(problem.base) or 0.0


def _line(problem: ProblemRow, draws: Sequence[b.Drawn], paired: bool) -> b.Problem:
    question = " ".join((problem.question or problem.problem_id).split())
    base = problem.base
    arms = {"base": base} | ({"trained": problem.trained} if paired else {})
    change = problem.change if paired else ""
    cells = [f"{arm.c} of {arm.n}" if arm and arm.n else ABSENT for arm in arms.values()]
    return b.Problem(
        problem_id=problem.problem_id,
        title=question[:QUESTION_SHOWN] + "…" * (len(question) > QUESTION_SHOWN),
        cells=[*cells, points(problem.moved), CHANGES[change]] if paired else cells,
        numbers=[*map(share_of, arms.values()), *([problem.moved] if paired else [])],
        change=change,
        band=bands.BANDS[int(bands.band_index(base.n, base.c))] if base and base.n else "",
        unscored=any(not arm or bool(arm.unscored) or not arm.n for arm in arms.values()),
        question=_cut(problem.question),
        reference=_cut(problem.reference),
        arms=[(role, share_in_words(arm)) for role, arm in arms.items()],
        draws=draws,
    )


def _choices(found: Sequence[str], titles: Mapping[str, str]) -> b.Choices:
    """The choices of a filter that have a line."""
    counts = {value: found.count(value) for value in titles}
    return [(value, titles[value], count) for value, count in counts.items() if count]


# ------------------------------------------------------------------------------- what opens


def _embedded(
    shown: Sequence[ProblemRow], completions: Iterable[CompletionRow]
) -> dict[str, list[b.Drawn]]:
    """The completions of the shown problems that the page has room for, by problem."""
    found: dict[str, list[b.Drawn]] = {problem.problem_id: [] for problem in shown}
    room = PAGE_CAP - sum(_size(one.question[:TEXT_CAP], one.reference[:TEXT_CAP]) for one in shown)
    for completion in completions:
        if completion.problem_id in found:
            one = _drawn(completion)
            room -= _size(one.mark, one.text)
            if room < 0:
                break
            found[completion.problem_id].append(one)
    return found


def _size(*texts: str) -> int:
    """What texts take in the page's JSON, with their names."""
    return sum(len(json.dumps(text)) for text in texts) + 100


def _drawn(row: CompletionRow) -> b.Drawn:
    reason = f" ({row.reason})" if row.reason else ""
    read = f", read as {_cut(row.extracted)}" if row.extracted else ""
    at = "" if row.draw is None else f"sample {row.draw}, "
    mark = f"{at}{row.status or 'not verified'}{reason}{read}"
    return b.Drawn(row.role if row.role in ("base", "trained") else "", mark, _cut(row.text))


def _cut(whole: str) -> str:
    more = len(whole) - TEXT_CAP
    return whole if more <= 0 else f"{whole[:TEXT_CAP]}\n… {more:,} more characters"


def _said(data: PageData, embedded: int) -> str:
    """What a row opens to, how many completions the page holds, and where the others are."""
    stored = data.stored.values()
    total = sum(one.completions for one in stored) or len(data.completions)
    if not total:
        return "Counts hold no completions: a row opens to its shares and their intervals."
    if embedded >= total:
        return f"{OPENS} All {total:,} completions are in this page."
    places = " and ".join(one.place for one in stored)
    rest = f"; the other {total - embedded:,} are in {places}" if places else ""
    return f"{OPENS} This page holds {embedded:,} of {total:,} completions{rest}."
