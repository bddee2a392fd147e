"""Near-equal questions. In: a run whose problems name no cluster. Out: suspected clusters.

Variants of one template (other numbers, other names) are solved or missed together; counted as
independent problems they make intervals too narrow. Two questions are near-equal where they agree
once numbers and names are replaced by a mark. Variants whose other words differ are not found.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from passgap.results.findings import Finding
from passgap.runs import Run

NUMBER = re.compile(r"\d[\d.,]*")
NAME = re.compile(r"\b[A-Z][a-z]+\b|\b(?:[Hh]e|[Ss]he|[Hh]is|[Hh]ers?|[Hh]im)\b")
WORD = re.compile(r"[a-z]{2,}")
MOST = 5_000  # most questions that are examined
MUCH = 0.2  # share of the problems with near-equal others
LEAST_GROUPS = 10  # fewer are the few wordings of one generator
OWN_WORDS = 6  # that are not in nearly all questions: otherwise there is one form, and no templates
NEARLY_ALL = 0.9
AGREES = 0.9


def check_near_equal(run: Run) -> Iterator[Finding]:
    """What suggests that problems are related without saying so."""
    # questions about different images may read alike
    problems = [problem for problem in run.problems() if not problem.images][:MOST]
    if any(problem.cluster is not None for problem in problems):
        return
    groups = near_equal([problem.question for problem in problems])
    inside = sum(map(len, groups))
    if len(groups) < LEAST_GROUPS or inside < MUCH * len(problems):
        return
    ids = [problem.id for problem in problems]
    columns = {name: run.problem_field(name)[:MOST] for name in run.problem_fields()}
    field = matching(groups, columns)
    yield Finding(
        "near_equal",
        "warning",
        f"{inside} of {len(problems)} questions differ from others only in numbers and names "
        f"({len(groups)} groups, e.g. {', '.join(ids[i] for i in groups[0][:3])}), and no problem "
        "names a cluster: intervals may be too narrow",
        f"use --cluster {field} with probe and compare: its values match the groups"
        if field
        else "name the clusters: give each template its own value in a field of the problems and "
        "use --cluster FIELD, or add a column `cluster` to the counts",
        tuple(ids[i] for group in groups for i in group),
    )


def near_equal(questions: Sequence[str]) -> list[list[int]]:
    """Groups of two or more questions that are equal except for numbers and names, largest first.

    Questions that share all their words but a few with nearly all others (a generator's one form)
    make no group. Linear in the length of the questions.

    Parameters
    ----------
    questions
        P texts.

    Returns
    -------
    list
        Indices into ``questions``, one list per group.
    """
    shapes = [NUMBER.sub("0", NAME.sub("N", question)) for question in questions]
    common = _in_nearly_all(shapes)
    groups: dict[str, list[int]] = {}
    for i, shape in enumerate(shapes):
        groups.setdefault(" ".join(shape.split()), []).append(i)
    found = [
        group
        for shape, group in groups.items()
        if len(group) > 1 and len({*WORD.findall(shape)} - common) >= OWN_WORDS
    ]
    return sorted(found, key=len, reverse=True)


def _in_nearly_all(shapes: Sequence[str]) -> set[str]:
    """The words in nearly all texts: instructions, and the form of the only template."""
    seen = Counter(word for shape in shapes for word in {*WORD.findall(shape)})
    return {word for word, times in seen.items() if times >= NEARLY_ALL * len(shapes)}


def matching(
    groups: Sequence[Sequence[int]], columns: Mapping[str, Sequence[str | None]]
) -> str | None:
    """The field whose values match the groups, where there is one."""
    scores = {name: _agreement(groups, column) for name, column in columns.items()}
    best = max(scores, key=lambda name: scores[name], default=None)
    return best if best is not None and scores[best] >= AGREES else None


def _agreement(groups: Sequence[Sequence[int]], column: Sequence[str | None]) -> float:
    """The share of grouped problems with their group's own most frequent value, one per group.

    A value that is most frequent in several groups counts for one of them; a problem without a
    value makes the field unfit.
    """
    if any(value is None for value in column):
        return 0.0
    held: dict[str | None, int] = {}
    for group in groups:
        ((value, times),) = _counted(column[i] for i in group)
        held[value] = max(held.get(value, 0), times)
    return sum(held.values()) / sum(map(len, groups))


def _counted(values: Iterable[str | None]) -> list[tuple[str | None, int]]:
    return Counter(values).most_common(1)
