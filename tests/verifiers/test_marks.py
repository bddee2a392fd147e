"""Marks hold: thousands of completions with a known mark, by kind, and the fault files."""

from collections import Counter, defaultdict

import pytest
from marks import PARTS, Case, cases
from marks.marking import as_expected, fault_cases, marked

SHOWN = 20
# (verifier, gold, text) of a fault file -> why its mark is another one
EXCEPTIONS: dict[tuple[str, str, str], str] = {}
KINDS = [(name, kind) for name in PARTS for kind in dict.fromkeys(c.kind for c in cases(name))]


def shown(case: Case, outcome) -> str:
    want = f"{case.expected}{f' ({case.reason})' if case.reason else ''}"
    got = f"{outcome.status}{f' ({outcome.reason})' if outcome.reason else ''}"
    text = case.text if len(case.text) < 300 else case.text[:150] + " .. " + case.text[-120:]
    return f"{want}, is {got}: {case.gold!r} <- {text!r} [{case.finish}]"


def offenders(found: list[Case]) -> dict[str, list[str]]:
    """Per kind, a line for each case that is not marked as expected."""
    lines = defaultdict(list)
    for case, outcome in zip(found, marked(found), strict=True):
        if not as_expected(case, outcome):
            lines[case.kind].append(shown(case, outcome))
    return lines


@pytest.fixture(scope="module")
def generated() -> dict[str, dict[str, list[str]]]:
    return {name: offenders(list(cases(name))) for name in PARTS}


@pytest.mark.parametrize(("name", "kind"), KINDS, ids=[f"{n}:{k}" for n, k in KINDS])
def test_every_case_is_marked_as_expected(generated, name, kind):
    lines = generated[name].get(kind, [])
    assert not lines, f"{len(lines)} of {kind}:\n" + "\n".join(lines[:SHOWN])


def test_the_fault_files_are_marked_right(shared_data):
    folder = shared_data / "faults"
    if not folder.is_dir():
        pytest.skip(f"no fault files at {folder}")
    found = [c for c in fault_cases(folder) if (c.verifier, c.gold, c.text) not in EXCEPTIONS]
    wrong = []
    for name in PARTS:
        for kind, lines in offenders([c for c in found if c.verifier == name]).items():
            wrong += [f"{len(lines)} of {kind}:", *lines[:SHOWN]]
    assert not wrong, "\n".join(wrong)


def test_there_are_many_cases_and_each_kind_has_both_outcomes():
    sizes = {name: Counter(case.kind for case in cases(name)) for name in PARTS}
    assert sizes["math"].total() >= 1500
    assert sizes["choice"].total() >= 300
    assert sizes["numeric"].total() >= 250
    for name in PARTS:
        outcomes = {(case.kind, case.expected) for case in cases(name)}
        assert len(outcomes) == 2 * len(sizes[name])


def test_no_text_is_both_right_and_wrong():
    for name, parts in PARTS.items():
        expected = {}
        for case in (case for part in parts for case in part.cases()):
            key = (case.gold, case.text, case.finish)
            assert expected.setdefault(key, case.expected) == case.expected, (name, case)
