"""Peak memory of importing very large lines and documents, made by this script.

    python bench/large_lines.py [--megabytes 500] [--only NAME]

Each file is imported in a process of its own; its peak memory and processor time are read from the
kernel. A refusal is shown as it is printed.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

WORDS = ["so", "we", "add", "the", "terms", "then", "divide", "by", "their", "number", "π", "1"]
Rows = Iterator[dict[str, object]]
DRAWN = " ".join(random.Random(1).choices(WORDS, k=1 << 19))


def text(rng: random.Random, size: int) -> str:
    """So many characters of words, from a place of their own in those drawn once."""
    at = rng.randrange(len(DRAWN) - size)
    return DRAWN[at : at + size]


def one_text(file: TextIO, megabytes: int) -> None:
    """JSON lines, the second of which has one text that fills the file."""
    rng = random.Random(0)
    row = {"problem_id": "p0", "completion": "42", "correct": True}
    file.write(json.dumps(row) + "\n" + json.dumps(row)[:-1] + ', "note": "')
    for _ in range(megabytes):
        file.write(text(rng, 1 << 20))
    file.write('"}\n' + json.dumps(row) + "\n")


def one_row(file: TextIO, megabytes: int) -> None:
    """JSON lines, the first of which is a problem with so many samples that they fill the file."""
    rng, size = random.Random(0), megabytes * 256
    file.write('{"problem_id": "p0", "correct": [' + ", ".join(["true"] * size))
    file.write('], "completion": [')
    for i in range(size):
        file.write(f'{", " if i else ""}"{text(rng, 4096)}"')
    file.write("]}\n")


def array(rows: Callable[[int], Rows]) -> Callable[[TextIO, int], None]:
    """One JSON array on one line."""

    def write(file: TextIO, megabytes: int) -> None:
        for i, row in enumerate(rows(megabytes)):
            file.write(f"{', ' if i else '['}{json.dumps(row, ensure_ascii=False)}")
        file.write("]")

    return write


def samples(megabytes: int) -> Rows:
    rng = random.Random(0)
    for i in range(megabytes * 256):
        row = {"problem_id": f"p{i % 500}", "question": f"What is {i % 500}?", "answer": "1"}
        yield row | {"completion": text(rng, 4096), "correct": rng.random() < 0.5}


def under_a_key(file: TextIO, megabytes: int) -> None:
    """One object with the rows in a list."""
    file.write('{"model": "m", "rows": ')
    array(samples)(file, megabytes)
    file.write("}")


def livecodebench(megabytes: int) -> Rows:
    """Problems as its ``*_eval_all.json`` has them, with ten outputs each."""
    rng = random.Random(0)
    for i in range(megabytes * 1024 // 80):
        codes = [text(rng, 2048) for _ in range(10)]
        yield {
            "question_title": f"Title {i}",
            "question_content": text(rng, 2048),
            "platform": "leetcode",
            "question_id": f"q{i}",
            "contest_id": "c",
            "contest_date": "2024-01-01T00:00:00",
            "starter_code": "",
            "difficulty": "easy",
            "output_list": [f"{text(rng, 4096)}\n```python\n{code}\n```" for code in codes],
            "code_list": codes,
            "graded_list": [rng.random() < 0.5 for _ in codes],
            "pass@1": 0.5,
            "metadata": [json.dumps({"output": text(rng, 512)}) for _ in codes],
        }


def evalplus(file: TextIO, megabytes: int) -> None:
    """An ``*_eval_results.json``: solutions by task, with the inputs that failed."""
    rng = random.Random(0)
    file.write('{"date": "2026-11-30 12:00", "hash": "x", "eval": {')
    for i in range(megabytes * 2):
        rows = [
            {
                "task_id": f"HumanEval/{i}",
                "solution": text(rng, 2048),
                "base_status": "pass",
                "plus_status": rng.choice(["pass", "fail"]),
                "base_fail_tests": [],
                "plus_fail_tests": [[[rng.randrange(1000) for _ in range(200)]] for _ in range(40)],
            }
            for _ in range(10)
        ]
        file.write(f'{", " if i else ""}"HumanEval/{i}": {json.dumps(rows)}')
    file.write("}}")


LOGS: dict[str, tuple[str, Callable[[TextIO, int], None]]] = {
    "a line with one text": ("log.jsonl", one_text),
    "a line with one problem's samples": ("log.jsonl", one_row),
    "an array on one line": ("log.json", array(samples)),
    "the same, named .jsonl": ("log.jsonl", array(samples)),
    "rows under a key": ("log.json", under_a_key),
    "LiveCodeBench": ("m_10_0.2_eval_all.json", array(livecodebench)),
    "EvalPlus": ("m_eval_results.json", evalplus),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=500)
    parser.add_argument("--only", help="names of this text")
    args = parser.parse_args()
    print("| file | MB | as | seconds | CPU seconds | peak memory, GB | ends in |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, (file, write) in LOGS.items():
        if args.only and args.only not in name:
            continue
        with tempfile.TemporaryDirectory() as temporary:
            plain = Path(temporary) / file
            with plain.open("w") as opened:
                write(opened, args.megabytes)
            size = plain.stat().st_size / 1e6
            packed = plain.with_name(f"{file}.gz")
            for path in (plain, packed):
                if path == packed:
                    pack(plain, packed)
                seconds, busy, peak, told = imported(path)
                cells = f"{size:,.0f} | {path.suffix} | {seconds:.1f} | {busy:.1f} | {peak:.2f}"
                print(f"| {name} | {cells} | {told} |", flush=True)
    print(f"\nload {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


def pack(plain: Path, packed: Path) -> None:
    with plain.open("rb") as source, gzip.open(packed, "wb", compresslevel=1) as target:
        while chunk := source.read(1 << 20):
            target.write(chunk)
    plain.unlink()


def imported(path: Path) -> tuple[float, float, float, str]:
    """Seconds, processor seconds, peak gigabytes, and what the import printed last."""
    began = time.perf_counter()
    words = ["import", str(path), "--out", str(path.parent / f"run-{path.suffix[1:]}")]
    with subprocess.Popen(
        [sys.executable, "-m", "passgap", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as child:
        told = (child.stdout.read() if child.stdout else "").strip().splitlines() or [""]
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - began
    shown = "done" if not child.returncode else f"{child.returncode}: {told[-1][:300]}"
    shown = shown.replace(str(path.parent) + "/", "")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e6, shown


if __name__ == "__main__":
    main()
