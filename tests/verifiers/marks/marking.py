"""Marks cases through passgap and reads the fault files; what the tests and the bench share."""

import json
from pathlib import Path

import passgap
from passgap.data.outcomes import Outcome
from passgap.data.problems import Problem
from passgap.verifiers import Item, get_verifier

from .cases import Case

FILES = ("math_cases.jsonl", "choice_numeric_cases.jsonl")


def marked(found: list[Case]) -> list[Outcome]:
    """The outcomes of cases of one verifier, in one batch."""
    name = found[0].verifier
    if hasattr(passgap, "mark"):
        golds, texts = [case.gold for case in found], [case.text for case in found]
        reasons = [case.finish for case in found]
        return list(passgap.mark(golds, texts, verifier=name, finish_reasons=reasons))
    verifier = get_verifier(name)
    try:
        items = [Item(Problem("q", c.gold, name), c.text, c.finish) for c in found]
        return list(verifier.verify_all(items))
    finally:
        verifier.close()


def as_expected(case: Case, outcome: Outcome) -> bool:
    return outcome.status == case.expected and case.reason in (None, outcome.reason)


def fault_cases(folder: Path) -> list[Case]:
    """The clear cases of the fault files."""
    found = []
    for name in FILES:
        for line in (folder / name).read_text().splitlines():
            row = json.loads(line)
            if row.get("clear", True):
                verifier = row.get("verifier", "math")
                kind, finish = row.get("kind", verifier), row.get("finish", "stop")
                found.append(
                    Case(kind, verifier, row["gold"], row["text"], finish, row["expected"])
                )
    return found
