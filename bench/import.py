"""From the logs of two policies to a verdict: time and peak memory, beside the source's own reader.

    python bench/import.py [--problems 500] [--draws 128] [--characters 1000] [--folder FOLDER]
                           [--only FORMAT] [--inspect-python PYTHON]

``--characters 80000`` makes NeMo-Skills logs of 5 GB each.

Writes NeMo-Skills and inspect_ai logs of known outcomes into a temporary folder, then runs, each in
a process of its own: ``passgap import BASE --trained TRAINED`` (both runs written, the verdict
printed), and the reading alone with datasets and with json, or with inspect_ai's ``read_eval_log``
in the environment of ``--inspect-python`` (pip install inspect-ai).
"""

from __future__ import annotations

import argparse
import compileall
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
import psutil

import passgap

WORDS = ["so", "we", "add", "the", "terms", "then", "divide", "by", "their", "number", "to", "get"]
SAMPLES = Path(__file__).parents[1] / "tests" / "logs" / "logs" / "inspect_zstd.eval"
WITH_DATASETS = """
import sys, datasets
for folder in sys.argv[1:]:
    cache = folder + "-cache"
    rows = datasets.load_dataset("json", data_dir=folder, split="train", cache_dir=cache)
    print(len(rows), sum(rows["symbolic_correct"]))
"""
WITH_JSON = """
import json, pathlib, sys
for folder in sys.argv[1:]:
    files = sorted(pathlib.Path(folder).glob("*.jsonl"))
    rows = [json.loads(line) for file in files for line in file.open()]
    print(len(rows), sum(row["symbolic_correct"] for row in rows))
"""
WITH_INSPECT = """
import sys
from inspect_ai.log import read_eval_log
for file in sys.argv[1:]:
    log = read_eval_log(file)
    print(len(log.samples), sum(s.scores["check"].value == "C" for s in log.samples))
"""
WITH_SUMMARIES = """
import sys
from inspect_ai.log import read_eval_log_sample_summaries
for file in sys.argv[1:]:
    rows = read_eval_log_sample_summaries(file)
    print(len(rows), sum(s.scores["check"].value == "C" for s in rows))
"""


def outcomes(problems: int, draws: int, power: float, seed: int) -> np.ndarray:
    """Shape (problems, draws): who is right, problem i with chance (i / problems) ** power."""
    chance = (np.arange(problems) / problems) ** power
    return np.random.default_rng(seed).random((problems, draws)) < chance[:, None]


class Texts:
    """Completions of one length, each cut at a place of its own from words drawn once."""

    def __init__(self, seed: int, characters: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._size = characters
        self._words = " ".join(self._rng.choice(WORDS, 1_000_000))

    def __call__(self, answer: int) -> str:
        at = int(self._rng.integers(len(self._words) - self._size))
        return self._words[at : at + self._size] + f" \\boxed{{{answer}}}"


def write_nemo(folder: Path, right: np.ndarray, text: Texts) -> None:
    folder.mkdir(parents=True)
    for draw in range(right.shape[1]):
        with (folder / f"output-rs{draw}.jsonl").open("w") as file:
            for i in range(len(right)):
                ok = bool(right[i, draw])
                said = i if ok else i + 1
                row = {"problem": f"What is {i}?", "expected_answer": str(i)}
                row |= {"generation": text(said), "predicted_answer": str(said)}
                file.write(json.dumps(row | {"symbolic_correct": ok}) + "\n")


def write_inspect(path: Path, right: np.ndarray, text: Texts) -> None:
    """Members as inspect_ai wrote them, with other texts; deflate, as its older logs are."""
    from passgap.logs.archives import Archive

    path.parent.mkdir(parents=True, exist_ok=True)
    with Archive(SAMPLES) as log:
        header = log.read("header.json")
        sample = json.loads(log.read("samples/p1_epoch_1.json"))
    summaries = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        for i in range(len(right)):
            for draw in range(right.shape[1]):
                ok = bool(right[i, draw])
                said = text(i if ok else i + 1)
                sample |= {"id": f"p{i}", "epoch": draw + 1, "input": f"What is {i}?"}
                sample |= {"target": str(i), "uuid": f"{i}-{draw}"}
                sample["output"]["choices"][0]["message"]["content"] = said
                sample["output"]["completion"] = said
                sample["scores"]["check"] |= {"value": "C" if ok else "I", "answer": said[-9:]}
                file.writestr(f"samples/p{i}_epoch_{draw + 1}.json", json.dumps(sample))
                kept = ("id", "epoch", "input", "target", "scores")
                summaries.append({name: sample[name] for name in kept} | {"scores": {}})
                summaries[-1]["scores"] = {"check": dict(sample["scores"]["check"])}
        file.writestr("summaries.json", json.dumps(summaries))
        file.writestr("header.json", header)


PASSGAP = "from passgap.cli import main\nmain()"


def measured(python: str, code: str, arguments: list[str]) -> tuple[float, float, float]:
    """Seconds, CPU seconds, and peak megabytes of a program with the processes it starts."""
    began, peak = time.perf_counter(), 0
    with subprocess.Popen(
        [python, "-c", code, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as child:
        while True:
            done, status, usage = os.wait4(child.pid, os.WNOHANG)
            if done:
                break
            peak = max(peak, held(child.pid))
            time.sleep(0.25)
        child.returncode = os.waitstatus_to_exitcode(status)
        told = (child.stderr.read() if child.stderr else b"").decode()
    if child.returncode:
        sys.exit(f"{arguments} failed:\n{told[-2000:]}")
    return time.perf_counter() - began, usage.ru_utime + usage.ru_stime, peak / 1e6


def held(pid: int) -> int:
    """Bytes of memory of a process and all below it, what they share counted once."""
    total = 0
    with contextlib.suppress(psutil.Error):
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                total += process.memory_full_info().pss
    return total


def size_of(path: Path) -> float:
    files = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
    return sum(file.stat().st_size for file in files) / 1e6


def show(name: str, what: str, figures: tuple[float, float, float]) -> None:
    seconds, cpu, peak = figures
    print(f"| {name} | {what} | {seconds:.1f} | {cpu:.1f} | {peak:,.0f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--problems", type=int, default=500)
    parser.add_argument("--draws", type=int, default=128)
    parser.add_argument("--characters", type=int, default=1000, help="of each text")
    parser.add_argument("--only", choices=("nemo-skills", "inspect"), help="one format")
    parser.add_argument("--folder", help="where the logs are written for the time of the run")
    parser.add_argument("--inspect-python", help="python of an environment with inspect_ai")
    asked = parser.parse_args()
    compileall.compile_dir(str(Path(passgap.__file__).parent), quiet=1)  # as pip does
    arms = {
        role: outcomes(asked.problems, asked.draws, power, seed)
        for seed, (role, power) in enumerate({"base": 3.0, "trained": 1.5}.items())
    }
    with tempfile.TemporaryDirectory(dir=asked.folder) as temporary:
        folder = Path(temporary)
        logs = {
            "nemo-skills": (write_nemo, [folder / "nemo" / role for role in arms]),
            "inspect": (write_inspect, [folder / "inspect" / f"{role}.eval" for role in arms]),
        }
        if asked.only:
            logs = {asked.only: logs[asked.only]}
        for write, paths in logs.values():
            for seed, right in enumerate(arms.values()):
                write(paths[seed], right, Texts(seed, asked.characters))
        size = f"{asked.problems} problems x {asked.draws} draws x 2 runs"
        print(f"{size}; load of the machine before: {os.getloadavg()[0]:.1f}\n")
        print("| log (MB of both) | command | seconds | CPU seconds | peak MB |")
        print("| --- | --- | --- | --- | --- |")
        for name, (_, (base, trained)) in logs.items():
            both = f"{name} ({size_of(base) + size_of(trained):,.0f})"
            out = ["--out", str(folder / f"runs-{name}")]
            asks = ["import", name, str(base), "--trained", str(trained), *out]
            show(both, "passgap import, to the verdict", measured(sys.executable, PASSGAP, asks))
            if name == "nemo-skills":
                readers = {"json, reading alone": WITH_JSON}
                readers |= {"datasets, reading alone": WITH_DATASETS}
                python = sys.executable
            else:
                readers = {"read_eval_log": WITH_INSPECT, "its summaries": WITH_SUMMARIES}
                python = asked.inspect_python
            for what, code in readers.items() if python else ():
                show(both, what, measured(python, code, [str(base), str(trained)]))


if __name__ == "__main__":
    main()
