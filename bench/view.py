"""The viewer on large runs: time to the first page, time of each page, the report's size and time.

    python bench/view.py --out runs/bench-view                 10^4, 10^5 and 10^6 completions
    python bench/view.py --inspect .peers-inspect/bin/inspect  beside `inspect view` on a log of
                                                               the same completions

Two runs of each size are made once with known p. Each viewer is started in a process of its own and
asked over HTTP (time until the whole answer is there, median and worst), then opened in chromium
(time until what a reader came for is on the screen).
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

from passgap.data.arrays import FloatArray
from passgap.data.completions import Completion
from passgap.data.identity import digest
from passgap.data.outcomes import Outcome
from passgap.data.policies import Policy, SamplingParams
from passgap.data.problems import Problem, ProblemSet
from passgap.runs import Manifest, Round, Run, is_run
from passgap.runs.outcomes import OutcomesAbout

SIZES = {10_000: (100, 100), 100_000: (1_000, 100), 1_000_000: (1_000, 1_000)}
ROLES = {"base": 0.0, "trained": 1.0}
TEXT = (
    "We are asked for the sum. First \\(a = {a}\\), then \\(b = {b}\\), so that\n\\[ a + b = "
    "\\frac{{2a + 2b}}{{2}} = {c}. \\]\n```python\nprint({a} + {b})\n```\n{filler}\n"
    "The answer is \\boxed{{{c}}}."
)
FILLER = "Let us check it once more by counting on from the larger number. " * 6
ASKED, OPENED = 12, 5
INSPECT_MOST = 10_000  # a log of ten times as many takes minutes and gigabytes to write


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("runs/bench-view"))
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--inspect", type=Path, help="the inspect command of its environment")
    args = parser.parse_args()
    rows = []
    for size in args.sizes:
        folder = args.out / str(size)
        for role, delta in ROLES.items():
            made(folder / role, size, role, delta)
        rows.append((f"passgap view, {size:,}", measured(folder)))
        if args.inspect and size <= INSPECT_MOST:
            rows.append((f"inspect view, {size:,}", measured_inspect(args.inspect, folder)))
    names = list(dict.fromkeys(name for _, row in rows for name in row))
    print("| " + " | ".join(["completions per run", *names]) + " |")
    print("| --- " * (len(names) + 1) + "|")
    for title, row in rows:
        print("| " + " | ".join([title, *(row.get(name, "–") for name in names)]) + " |")


# ---------------------------------------------------------------------------------- the runs


def made(path: Path, size: int, role: str, delta: float) -> Run:
    """A run of that many completions, written through the store; taken up where it is there."""
    count, n = SIZES[size]
    problems = ProblemSet.of(
        "sums",
        [
            Problem(f"What is \\({i} + {i + 1}\\)?", str(2 * i + 1), "math", {"level": i % 5})
            for i in range(count)
        ],
    )
    verifier = digest("bench")
    if is_run(path) and len(Run(path).outcome_names(verifier)) == len(Run(path).blocks):
        return Run(path)
    logits = np.random.default_rng(0).normal(-1, 2, count) + delta

    def said(place: int, right: bool) -> tuple[str, str]:
        answer = 2 * place + 1 + int(not right)
        return text_of(place, answer), str(answer)

    policy = Policy(role, weights_digest=digest(role))
    return written(path, policy, problems, n, logits, len(role), said)


def written(
    path: Path,
    policy: Policy,
    problems: ProblemSet,
    n: int,
    logits: FloatArray,
    seed: int,
    said: Callable[[int, bool], tuple[str, str]],
) -> Run:
    """A verified run, written through the store: problem i is solved with log odds ``logits[i]``.

    ``said(i, right)`` gives the text and the answer of a sample.
    """
    manifest = Manifest(
        policy={
            "path": policy.path,
            "revision": None,
            "weights_digest": policy.weights_digest,
        },
        prompt=policy.prompt.to_dict(),
        engine={"name": "fake", "args": {}},
        sampling=SamplingParams(256).to_dict(),
        problem_set={
            "name": problems.name,
            "digest": problems.digest,
            "size": len(problems),
            "merged": 0,
        },
        n=n,
        seed=0,
        rounds=(Round.of(0, n),),
        created="2026-01-01T00:00:00+00:00",
    )
    run, rng = Run.create(path, manifest, problems), np.random.default_rng(seed)
    p, verifier = 1 / (1 + np.exp(-logits)), digest("bench")
    place = {problem.id: i for i, problem in enumerate(problems)}
    with run.writing():
        for name, block in run.blocks.items():
            keys = [(i, block.first_draw + j) for i in block.problem_ids for j in range(block.size)]
            right = rng.random(len(keys)) < [p[place[i]] for i, _ in keys]
            texts = [said(place[i], bool(ok)) for (i, _), ok in zip(keys, right, strict=True)]
            run.add_completions(
                name,
                [
                    Completion(i, draw, text, (1, 0), "stop", -1.5)
                    for (i, draw), (text, _) in zip(keys, texts, strict=True)
                ],
            )
            outcomes = [
                (i, draw, Outcome("correct" if ok else "incorrect", answer))
                for (i, draw), (_, answer), ok in zip(keys, texts, right, strict=True)
            ]
            run.add_outcomes(verifier, name, outcomes)
        run.set_outcomes_about(verifier, OutcomesAbout(faults={}))
        run.set_verifier_digest(verifier)
    return run


def text_of(a: int, c: int) -> str:
    return TEXT.format(a=a, b=a + 1, c=c, filler=FILLER)


# ------------------------------------------------------------------------------- passgap view


def measured(folder: Path) -> dict[str, str]:
    command = [sys.executable, "-m", "passgap", "view", str(folder), "--port", "0"]
    start = time.perf_counter()
    with running(command) as process:
        line = process.stdout.readline() if process.stdout else ""
        root = re.findall(r"http://\S+", line)[0].rstrip("/")
        home = get(f"{root}/")
        row = {"first page, s": f"{time.perf_counter() - start:.2f}"}
        runs = dict(re.findall(r'href="/run/(\w+)">(\w+)<', home))
        base, trained = (next(i for i, name in runs.items() if name == r) for r in ROLES)
        counted = until(lambda: "counting" not in get(f"{root}/"))
        row["counted after, s"] = f"{counted - start:.2f}"
        for name, paths in pages(root, base, trained):
            seconds = [timed(f"{root}{path}") for path in paths]
            row[f"{name}, ms"] = f"{statistics.median(seconds):.0f} ({max(seconds):.0f})"
        one = re.findall(r'href="(/run/\w+/problem/\w+)', get(f"{root}/run/{base}"))[0]
        row |= drawn(
            {
                "list": (f"{root}/", "a.row"),
                "problems": (f"{root}/run/{base}", "tbody .row"),
                "problem": (f"{root}{one}", "text=The answer is"),
            }
        )
        row["report of both"] = report(root, base, trained)
        row["memory, MB"] = f"{resident(process.pid):.0f}"
        return row


def pages(root: str, base: str, trained: str) -> Iterator[tuple[str, list[str]]]:
    """Kinds of pages and some URLs of each, no two alike where there are so many."""
    table = get(f"{root}/run/{base}")
    ids = re.findall(r"/problem/(\w+)", table)
    yield "list of runs", ["/"] * ASKED
    yield "problems", [f"/run/{base}?page={1 + i % 2}&with={trained}" for i in range(ASKED)]
    yield "filtered", [f"/run/{base}?with={trained}&sort=change&q={i}" for i in range(ASKED)]
    some = ids[:ASKED]
    yield "problem", [f"/run/{base}/problem/{i}?with={trained}" for i in some]
    yield "incorrect, page 3", [f"/run/{base}/problem/{i}?status=incorrect&draws=3" for i in some]


def report(root: str, base: str, trained: str) -> str:
    start = time.perf_counter()
    until(lambda: "reloads automatically" not in get(f"{root}/compare/{base}/{trained}"))
    seconds = time.perf_counter() - start
    size = len(get(f"{root}/compare/{base}/{trained}").encode())
    return f"{seconds:.1f} s, {size / 1e6:.1f} MB"


# ------------------------------------------------------------------------------- inspect view


def measured_inspect(command: Path, folder: Path) -> dict[str, str]:
    """`inspect view` on a log of the base's completions."""
    logs = folder / "inspect"
    made_log(command, folder / "base", logs)
    port = free_port()
    start = time.perf_counter()
    with running([str(command), "view", "--log-dir", str(logs), "--port", str(port)]):
        root = f"http://127.0.0.1:{port}"
        until(lambda: answers(f"{root}/"))
        row = {"first page, s": f"{time.perf_counter() - start:.2f}"}
        rows = json.loads((logs / "rows.json").read_text())
        one = f"{root}/#/logs/draws.eval/samples/sample/{rows['first']}/1/"
        pages = {
            "list": (f"{root}/", "text=sums"),
            "problems": (f"{root}/#/logs/draws.eval", f"text={rows['rows']} rows"),
            "problem": (one, "text=The answer is"),
        }
        return row | drawn(pages)


def made_log(command: Path, path: Path, logs: Path) -> None:
    """An .eval log of the run's completions, one entry a problem and draw."""
    if (logs / "draws.eval").is_file():
        return
    logs.mkdir(parents=True, exist_ok=True)
    run, lines = Run(path), logs / "draws.jsonl"
    problems = {problem.id: problem for problem in run.problems()}
    marks = run.scan_outcomes(run.verifier_digest())
    frame = run.scan_completions().select("problem_id", "draw", "text")
    frame = frame.join(marks.drop("reason"), on=["problem_id", "draw"]).collect()
    with lines.open("w", encoding="utf-8") as file:
        for row in frame.iter_rows(named=True):
            problem = problems[row["problem_id"]]
            more = {"question": problem.question, "reference": problem.reference}
            file.write(json.dumps(row | more) + "\n")
    script = Path(__file__).with_name("view_inspect_log.py")
    python = command.parent / "python"
    subprocess.run([python, script, lines, logs / "draws.eval"], check=True)
    lines.unlink()
    first = frame["problem_id"][0]
    (logs / "rows.json").write_text(json.dumps({"rows": frame.height, "first": first}))


# ------------------------------------------------------------------------------- in a browser


def drawn(pages: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """Milliseconds until what a reader came for is on the screen, each time in a fresh browser."""
    found: dict[str, list[float]] = {name: [] for name in pages}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for name, (url, wanted) in [*pages.items()] * OPENED:
            context = browser.new_context()
            page = context.new_page()
            start = time.perf_counter()
            page.goto(url, timeout=120_000)
            page.locator(wanted).first.wait_for(timeout=120_000)
            found[name].append(1000 * (time.perf_counter() - start))
            context.close()
        browser.close()
    return {f"{name} on screen, ms": spread(values) for name, values in found.items()}


# ----------------------------------------------------------------------------------- helpers


@contextmanager
def running(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=60)


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=600) as answer:
        return str(answer.read().decode("utf-8", "replace"))


def timed(url: str) -> float:
    """Milliseconds until the whole answer is there."""
    start = time.perf_counter()
    get(url)
    return 1000 * (time.perf_counter() - start)


def spread(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.0f} ({max(seconds):.0f})"


def until(true: Callable[[], bool], seconds: float = 600) -> float:
    """The time at which it has become true."""
    end = time.perf_counter() + seconds
    while not true():
        if time.perf_counter() > end:
            sys.exit(f"waited {seconds:.0f} s in vain")
        time.sleep(0.1)
    return time.perf_counter()


def answers(url: str) -> bool:
    try:
        get(url)
    except OSError:
        return False
    return True


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def resident(pid: int) -> float:
    """Resident megabytes of a process, read from the kernel (Linux)."""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+)", text)[0]) / 1000


if __name__ == "__main__":
    main()
