"""Problem by problem: rows of problems and completions in, the table and what it opens to out.

The completions are embedded in the order given until the page has no room left; what is left out
is counted and named by where it is. All of it is hostile text, which the painters make visible and
escape.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import replace
from functools import partial

from passgap.data.bands import BANDS, band_index
from passgap.errors import PassgapError
from passgap.plain import plural
from passgap.show import blocks as b
from passgap.show import text
from passgap.show.charts.designs import CLASSES
from passgap.show.charts.problems import before_and_after, histogram
from passgap.show.contents import captions
from passgap.show.data import CompletionRow, PageData, ProblemRow, share_in_words, share_of
from passgap.show.text import ABSENT, points

TEXT_CAP = 4_000
PAGE_CAP = 2_000_000
ROWS_CAP = 1_000
IMAGE_CAP = 1_500_000  # characters of one image, in base64
IMAGES_CAP = 12_000_000
QUESTION_SHOWN = 140
CHANGES = {
    "lost": "base only",
    "gained": "trained only",
    "both": "both",
    "neither": "neither",
    "unscored": "not scored",
}
SOLVED = {
    "lost": "the base only",
    "gained": "the trained policy only",
    "both": "both",
    "neither": "neither",
    "unscored": "not scored in both runs",
}
CHANGED = {
    "more": "more often correct",
    "less": "less often correct",
    "same": "equally often correct",
    "better": "significantly better",
    "worse": "significantly worse",
    "new": "counted as new by the test",
    "gone": "counted as lost by the test",
}
SOME_UNSCORED = {"some_unscored": "some unscored"}
HISTOGRAM = (
    "Bins of the share of correct samples; “none” and “all” are separate bins. “None” does not "
    "mean that a problem is impossible."
)
SCATTER = (
    "A dot is one problem, a larger dot several problems with the same counts. On the left edge "
    "are problems that the base never solved."
)
OPENS = (
    "Open a row to see its completions as they were sampled. They are never run; control "
    "characters are made visible."
)


def histogram_picture(problems: Sequence[ProblemRow]) -> b.Picture | None:
    """Problems by their share of correct samples; None where nothing was scored."""
    scored = any(arm and arm.n for one in problems for arm in (one.base, one.trained))
    if not scored:
        return None
    caption = b.joined(captions.spread(problems, _band), HISTOGRAM)
    return b.Picture("histogram", lambda: histogram(problems), caption)


def scatter_picture(problems: Sequence[ProblemRow]) -> b.Picture | None:
    """Each problem before and after training; None where none was scored in both."""
    scored = any(problem.change != "unscored" for problem in problems)
    if not scored:
        return None
    caption = b.joined(captions.moved(problems), SCATTER)
    return b.Picture("scatter", lambda: before_and_after(problems), caption)


# ----------------------------------------------------------------------------------- table


def problem_by_problem(data: PageData) -> b.Section | None:
    """The table in its first order, and a sentence on what its rows open to."""
    if not data.problems:
        return None
    paired = any(problem.trained is not None for problem in data.problems)
    groups = _groups(data, paired)
    ordered = sorted(data.problems, key=partial(_place, groups) if paired else _hardest_first)
    shown = ordered[:ROWS_CAP]
    draws, images = _embedded(shown, data.completions), _pictures(shown)
    said = _said(data, sum(map(len, draws.values())))
    if len(ordered) > len(shown):
        said += f" The table shows the first {len(shown):,} of {len(ordered):,} problems."
    pair_head = ("Trained", "Change, points", "Solved by") if paired else ()
    content = b.Problems(
        head=("Problem", "Base", *pair_head),
        problems=[
            _pictured(_line(one, draws[one.problem_id], groups, paired), one, images)
            for one in shown
        ],
        filters=_filters(groups, data),
        total=len(ordered),
        images=images,
    )
    blocks: list[b.Block] = [b.Text(said), content]
    return b.Section("Problem by problem", blocks)


Groups = Mapping[str, Mapping[str, Set[str]]]  # name of a filter, name of a group, problem ids


def _groups(data: PageData, paired: bool) -> Groups:
    """Which problems belong to what the page counts, under the filter that shows them."""
    found: dict[str, Mapping[str, Set[str]]] = {"Base": _by(data.problems, BANDS, _band)}
    if paired:
        after = [replace(one, base=one.trained) for one in data.problems]
        trained = _by(after, BANDS, _band)
        changed = _by(data.problems, ("more", "less", "same"), _direction)
        found = {
            "Solved by": _by(data.problems, SOLVED, _change),
            "Change": {**changed, **data.significant, **_novel(data)},
            **found,
            "Trained": {f"trained_{name}": ids for name, ids in trained.items()},
        }
    if data.reach:
        labels = {row.problem_id: row.label for row in data.reach.rows}
        found["Within reach of the base"] = {
            name: {i for i, one in labels.items() if one == name} for name in CLASSES
        }
    unscored = {one.problem_id for one in data.problems if _some_unscored(one, paired)}
    parts = {part_name(i): ids for i, ids in enumerate(data.benchmarks.values(), start=1)}
    return {"Benchmark": parts} | found | {"Samples": {"some_unscored": unscored}}


def _by(
    problems: Sequence[ProblemRow], names: Iterable[str], name_of: Callable[[ProblemRow], str]
) -> dict[str, Set[str]]:
    named = [(name_of(one), one.problem_id) for one in problems]
    return {name: {i for found, i in named if found == name} for name in names}


def _change(problem: ProblemRow) -> str:
    return problem.change


def _direction(problem: ProblemRow) -> str:
    moved = problem.moved
    return "" if moved is None else "more" if moved > 0 else "less" if moved < 0 else "same"


def _band(problem: ProblemRow) -> str:
    base = problem.base
    return BANDS[int(band_index(base.n, base.c))] if base and base.n else ""


def _some_unscored(problem: ProblemRow, paired: bool) -> bool:
    arms = (problem.base, problem.trained) if paired else (problem.base,)
    return any(not arm or bool(arm.unscored) or not arm.n for arm in arms)


def _novel(data: PageData) -> dict[str, Set[str]]:
    """The problems that the tests of new and lost ones counted: those solved at the highest rate.

    Each test counts every problem that one policy never solved and the other solved at some rate or
    more, so its number says which.
    """
    result = data.comparison
    if result is None:
        return {}
    sides = (("new", result.new, "gained", "trained"), ("gone", result.lost, "lost", "base"))
    found: dict[str, Set[str]] = {}
    for name, test, change, solver in sides:
        rows = [one for one in data.problems if one.change == change]
        rates = sorted((-(share_of(getattr(one, solver)) or 0.0), one.problem_id) for one in rows)
        found[name] = {i for _, i in rates[: test.problems]} if test.shown else set()
    return found


TRAINED = {f"trained_{name}": words for name, words in text.BANDS.items()}
TITLES: dict[str, str] = {
    **SOLVED,
    **CHANGED,
    **{str(one): words for one, words in CLASSES.items()},
    **SOME_UNSCORED,
    **text.BANDS,
    **TRAINED,
}


def part_name(place: int) -> str:
    """The group of the problems of one benchmark, by its place among them, from 1."""
    return f"part_{place}"


def _filters(groups: Groups, data: PageData) -> list[tuple[str, list[b.Group]]]:
    """The filters that have something to choose."""
    titles = TITLES | {part_name(i): name for i, name in enumerate(data.benchmarks, start=1)}
    filters = [
        (words, [b.Group(name, titles[name], len(ids)) for name, ids in found.items() if ids])
        for words, found in groups.items()
    ]
    return [(words, found) for words, found in filters if found]


def _place(groups: Groups, problem: ProblemRow) -> tuple[int, float]:
    """Lost, gained, significantly worse, better, then the rest, each by how far they moved."""
    found = {**groups["Solved by"], **groups["Change"]}
    order = ("lost", "gained", "worse", "better")
    places = (i for i, name in enumerate(order) if problem.problem_id in found.get(name, ()))
    return next(places, len(order)), -abs(problem.moved or 0.0)


def _hardest_first(problem: ProblemRow) -> tuple[int, float]:
    return 0, share_of(problem.base) or 0.0


def _line(problem: ProblemRow, draws: Sequence[b.Drawn], groups: Groups, paired: bool) -> b.Problem:
    question = " ".join((problem.question or problem.problem_id).split())
    arms = {"base": problem.base} | ({"trained": problem.trained} if paired else {})
    cells = [f"{arm.c} of {arm.n}" if arm and arm.n else ABSENT for arm in arms.values()]
    pair = [points(problem.moved), CHANGES[problem.change]] if paired else []
    named = (one for found in groups.values() for one in found.items())
    return b.Problem(
        problem_id=problem.problem_id,
        title=question[:QUESTION_SHOWN] + "…" * (len(question) > QUESTION_SHOWN),
        cells=[*cells, *pair],
        numbers=[*map(share_of, arms.values()), *([problem.moved] if paired else [])],
        groups=[name for name, ids in named if problem.problem_id in ids],
        question=_cut(problem.question),
        reference=_cut(problem.reference),
        arms=[(role, share_in_words(arm)) for role, arm in arms.items()],
        draws=draws,
    )


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


def _pictures(shown: Sequence[ProblemRow]) -> dict[str, str]:
    """The images that the page has room for, each once: data URLs by name."""
    found: dict[str, str] = {}
    room = IMAGES_CAP
    for image in dict.fromkeys(image for one in shown for image in one.images):
        if room < IMAGE_CAP:
            break
        with suppress(PassgapError):  # the data checks name an image that cannot be read
            url = image.data_url
            if len(url) <= IMAGE_CAP:
                found[image.name] = url
                room -= len(url)
    return found


def _pictured(line: b.Problem, problem: ProblemRow, held: Mapping[str, str]) -> b.Problem:
    names = [image.name for image in problem.images if image.name in held]
    unseen = len(problem.images) - len(names)
    said = f"{plural(unseen, 'image is', 'images are')} not in this page." if unseen else ""
    return replace(line, images=names, unseen=said)


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
        return "Counts contain no completions: open a row to see its shares and their intervals."
    if embedded >= total:
        return f"{OPENS} All {total:,} completions are in this page."
    places = " and ".join(one.place for one in stored)
    rest = f"; the other {total - embedded:,} are in {places}" if places else ""
    return f"{OPENS} This page contains {embedded:,} of {total:,} completions{rest}."
