r"""How often marks are wrong, by kind, beside plain math-verify: completions with a known mark.

    PASSGAP_DATA=../shared/data python bench/marks.py

The clear cases of the fault files (``PASSGAP_DATA/faults``) and those of ``tests/verifiers/marks``.
Plain math-verify is what a user writes first, ``verify(parse("$" + gold + "$"), parse(text))``, its
timeouts off, given up after ten seconds; that and an exception count as wrong, as does an outcome
that is unscored. A false positive is an incorrect answer marked correct. math-verify has no part in
``choice`` and ``numeric``.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from math_verify import parse, verify

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "verifiers"))

from marks import PARTS, Case, cases
from marks.marking import fault_cases, marked

PATIENCE = 10  # seconds
DATA = Path(os.environ.get("PASSGAP_DATA", "../shared/data"))
HEADER = (
    "| kind | cases | wrong | math-verify wrong | false positives | math-verify false positives |"
)


def main() -> None:
    faults = DATA / "faults"
    if faults.is_dir():
        tables("Clear cases of the fault files", fault_cases(faults))
    else:
        print(f"No fault files at {faults}; set PASSGAP_DATA to a folder that has them.\n")
    tables("Cases of the tests", [case for name in PARTS for case in cases(name)])


def tables(title: str, found: list[Case]) -> None:
    """A row for each kind of each verifier, and one for each verifier in all."""
    print(f"## {title}\n\n{HEADER}\n| --- | --- | --- | --- | --- | --- |")
    for name in PARTS:
        mine = [case for case in found if case.verifier == name]
        ours = [outcome.status for outcome in marked(mine)]
        theirs = plain_marks(mine) if name == "math" else None
        for kind in dict.fromkeys(case.kind for case in mine):
            row(kind, mine, ours, theirs, [i for i, c in enumerate(mine) if c.kind == kind])
        row(f"**{name}**", mine, ours, theirs, range(len(mine)))
    print()


def plain_marks(found: list[Case]) -> list[str]:
    """What plain math-verify says, in a process of its own that is replaced when it gets stuck."""
    context, said = multiprocessing.get_context("spawn"), []
    pool = context.Pool(1)
    for case in found:
        try:
            said.append(pool.apply_async(plain, (case.gold, case.text)).get(PATIENCE))
        except multiprocessing.TimeoutError:
            said.append("stuck")
            pool.terminate()
            pool = context.Pool(1)
    pool.terminate()
    return said


def plain(gold: str, text: str) -> str:
    """One mark by math-verify with its defaults; a word of its own for an exception."""
    logging.getLogger("math_verify").setLevel(logging.CRITICAL)
    try:
        parsed = parse(f"${gold}$", parsing_timeout=None)
        answer = parse(text, parsing_timeout=None)
        return "correct" if verify(parsed, answer, timeout_seconds=None) else "incorrect"
    except Exception:
        return "raised"


def row(
    label: str, found: list[Case], ours: list[str], theirs: list[str] | None, rows: Iterable[int]
) -> None:
    rows = list(rows)
    mine, other = (tally(found, said, rows) if said else None for said in (ours, theirs))
    cells = [mine["wrong"], other and other["wrong"], mine["false"], other and other["false"]]
    print(
        f"| {label} | {len(rows):,} | {' | '.join('' if c is None else f'{c:,}' for c in cells)} |"
    )


def tally(found: list[Case], said: list[str], rows: list[int]) -> Counter[str]:
    """Marks that are wrong, and those of them that are false positives."""
    wrong = [i for i in rows if said[i] != found[i].expected]
    return Counter({"wrong": len(wrong), "false": sum(said[i] == "correct" for i in wrong)})


if __name__ == "__main__":
    main()
