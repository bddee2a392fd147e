"""From the logs of two policies to a verdict: time and peak memory, beside the source's own reader.

    python bench/import.py [--problems 500] [--draws 128] [--inspect-python PYTHON]

Writes NeMo-Skills and inspect_ai logs of known outcomes into a temporary folder, then runs, each in
a process of its own: ``passgap import BASE --trained TRAINED`` (both runs written, the verdict
printed), and the reading alone with datasets and with json, or with inspect_ai's ``read_eval_log``
in the environment of ``--inspect-python`` (pip install inspect-ai).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np

WORDS = ["so", "we", "add", "the", "terms", "then", "divide", "by", "their", "number", "to", "get"]
SAMPLES = Path(__file__).parents[1] / "tests" / "importers" / "logs" / "inspect_zstd.eval"
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


def text(rng: np.random.Generator, answer: int) -> str:
    return " ".join(rng.choice(WORDS, 200)) + f" \\boxed{{{answer}}}"


def write_nemo(folder: Path, right: np.ndarray, seed: int) -> None:
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    for draw in range(right.shape[1]):
        with (folder / f"output-rs{draw}.jsonl").open("w") as file:
            for i in range(len(right)):
                ok = bool(right[i, draw])
                said = i if ok else i + 1
                row = {"problem": f"What is {i}?", "expected_answer": str(i)}
                row |= {"generation": text(rng, said), "predicted_answer": str(said)}
                file.write(json.dumps(row | {"symbolic_correct": ok}) + "\n")


def write_inspect(path: Path, right: np.ndarray, seed: int) -> None:
    """Members as inspect_ai wrote them, with other texts; deflate, as its older logs are."""
    from passgap.importers.archives import Archive

    rng = np.random.default_rng(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    with Archive(SAMPLES) as log:
        header = log.read("header.json")
        sample = json.loads(log.read("samples/p1_epoch_1.json"))
    summaries = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for i in range(len(right)):
            for draw in range(right.shape[1]):
                ok = bool(right[i, draw])
                said = text(rng, i if ok else i + 1)
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


PEAK = """
import atexit, sys
def tell():
    status = open("/proc/self/status").read().splitlines()
    print("peak", next(line for line in status if line.startswith("VmHWM")), file=sys.stderr)
atexit.register(tell)
"""
PASSGAP = "from passgap.cli import main\nmain()"


def measured(python: str, code: str, arguments: list[str]) -> tuple[float, float, float]:
    """Seconds, CPU seconds and peak megabytes of a program."""
    began = time.perf_counter()
    command = [python, "-c", PEAK + code, *arguments]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as child:
        told = (child.stderr.read() if child.stderr else b"").decode()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{arguments} failed:\n{told[-2000:]}")
    peak = float(told.rpartition("peak VmHWM:")[2].split()[0]) / 1024
    return time.perf_counter() - began, usage.ru_utime + usage.ru_stime, peak


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
    parser.add_argument("--inspect-python", help="python of an environment with inspect_ai")
    asked = parser.parse_args()
    arms = {
        role: outcomes(asked.problems, asked.draws, power, seed)
        for seed, (role, power) in enumerate({"base": 3.0, "trained": 1.5}.items())
    }
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        nemo = [folder / "nemo" / role for role in arms]
        logs = [folder / "inspect" / f"{role}.eval" for role in arms]
        for seed, right in enumerate(arms.values()):
            write_nemo(nemo[seed], right, seed)
            write_inspect(logs[seed], right, seed)
        size = f"{asked.problems} problems x {asked.draws} draws x 2 runs"
        print(f"{size}; load of the machine before: {os.getloadavg()[0]:.1f}\n")
        print("| log (MB of both) | command | seconds | CPU seconds | peak MB |")
        print("| --- | --- | --- | --- | --- |")
        for name, (base, trained) in {"nemo-skills": nemo, "inspect": logs}.items():
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
