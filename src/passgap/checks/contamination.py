"""Problems that are in another set too. In: the overlap of two sets. Out: findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from passgap.plain import plural
from passgap.results.findings import Finding
from passgap.results.overlap import Match, Overlap

MUCH = 0.02  # share of the problems from which exact duplicates decide a verdict
SHOWN = 2
EXCERPT = 60  # characters of a question


def check_overlap(found: Overlap) -> Iterator[Finding]:
    """What duplicates in another set mean for a verdict on these problems."""
    exact, near = found.of("exact"), found.of("near")
    if exact:
        yield Finding(
            "exact_duplicates",
            "error" if len(exact) > MUCH * found.problems else "warning",
            f"{share(exact, found)} also in {found.name} ({examples(exact)})",
            f"if {found.name} was trained on, leave these problems out of training (passgap train "
            "--held-out PROBLEMS --leave-out-held-out) or out of the verdict; --json lists them",
            _ids(exact),
        )
    if near:
        yield Finding(
            "near_duplicates",
            "warning",
            f"{share(near, found)} nearly equal to problems of {found.name} ({examples(near)})",
            "read some of them (--json has both questions), since one changed word can make "
            "another problem; duplicates are to be left out like exact ones",
            _ids(near),
        )
    if variants := found.of("other_numbers"):
        yield Finding(
            "other_numbers",
            "note",
            f"{share(variants, found)} equal to problems of {found.name} except for numbers "
            f"({examples(variants)})",
            "they are different problems, but variants of the same ones: a gain on them may not "
            "carry over to other problems",
            _ids(variants),
        )


def examples(matches: Sequence[Match]) -> str:
    """The first matches, most similar first, with their similarity unless it is 1."""
    most = sorted(matches, key=lambda match: -match.similarity)[:SHOWN]
    more = f" and {len(matches) - SHOWN:,} more" if len(matches) > SHOWN else ""
    return f"{'; '.join(map(_pair, most))}{more}"


def share(matches: Sequence[Match], found: Overlap, of: str = "problem") -> str:
    """How many problems have a match, as the beginning of a sentence; ``of`` names one."""
    is_ = "is" if len(matches) == 1 else "are"
    all_ = plural(found.problems, of)
    return f"{len(matches):,} of {all_} ({len(matches) / found.problems:.1%}) {is_}"


def _pair(match: Match) -> str:
    both = match.problem if match.problem == match.other else f"{match.problem} = {match.other}"
    alike = "" if match.similarity == 1 else f", similarity {match.similarity:.2f}"
    return f"{both}, {match.question[:EXCERPT]!r}{alike}"


def _ids(matches: Sequence[Match]) -> tuple[str, ...]:
    return tuple(match.problem for match in matches)
