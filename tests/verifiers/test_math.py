"""The math verifier: golds pass, wrong answers do not, nothing raises."""

import gzip
import json
import threading

import pytest

from passgap.types import Problem
from passgap.verifiers import get_verifier


def mark(reference, text):
    return get_verifier("math").verify(Problem("q", reference, "math"), text, "stop")


@pytest.mark.parametrize(
    ("reference", "text"),
    [
        ("42", "so 42"),
        (r"\frac{1}{2}", r"\boxed{0.5}"),
        (r"\left( 3, \frac{\pi}{2} \right)", r"\boxed{(3, \frac{\pi}{2})}"),
        ("x+1", r"\boxed{1+x}"),
        (r"\sqrt{8}", r"\boxed{2\sqrt{2}}"),
        ("27.0", r"\boxed{27}"),
    ],
)
def test_equal_mathematics_passes(reference, text):
    assert mark(reference, text).status == "correct"


@pytest.mark.parametrize(
    ("reference", "text"),
    [
        ("42", "so 43"),
        (r"\left( 3, \frac{\pi}{2} \right)", r"\boxed{3}"),
        (r"\frac{1}{2}", r"\boxed{0.51}"),
        ("4", r"\boxed{" + "4" * 3000 + "}"),
    ],
)
def test_different_mathematics_fails(reference, text):
    assert mark(reference, text).status == "incorrect"


@pytest.mark.parametrize("text", [r"\boxed{" + "(" * 500 + "}", "\x00\x1b[31m 7", "\\boxed{\\"])
def test_nothing_raises_and_nothing_hostile_is_correct(text):
    assert mark("42", text).status in ("incorrect", "unscored")


def test_outside_the_main_thread_it_is_unscored_and_never_wrong_in_silence():
    seen = []
    thread = threading.Thread(target=lambda: seen.append(mark(r"\frac{3}{7}", r"\boxed{x+y}")))
    thread.start()
    thread.join()
    assert (seen[0].status, seen[0].reason) == ("unscored", "error")


def test_math500_golds_pass_their_own_verifier(shared_data):
    with gzip.open(shared_data / "problems" / "math500_limit_of_rlvr.jsonl.gz", "rt") as file:
        golds = [json.loads(line)["answer"] for line in file][::10]
    rejected = [g for g in golds if mark(g, f"\\boxed{{{g}}}").status != "correct"]
    assert rejected == []
