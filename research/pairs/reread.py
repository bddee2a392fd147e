"""Reads published pairs again from a fetched repository, and prints what differs from the table.

    python research/pairs/reread.py FOLDER [--owner-name OWNER/NAME]

``FOLDER`` is the repository: a checkout, or its bare Git directory (then files are read from
``HEAD``). Which repository it is, is seen from the files in it; where this does not do, say it.

Counts of correct samples become pass@k by the unbiased estimator. Nothing of a source is copied
but its numbers, and no file of it is run.
"""

from __future__ import annotations

import argparse
import ast
import csv
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

TABLE = Path(__file__).parents[2] / "src" / "passgap" / "evidence" / "published.csv"
SHOWN = {1: "GSM8K", 2: "MATH"}  # the columns of a headline table
SOLVED = 0.99  # a graded score from here on counts as right
ROUNDING = 1.01e-4  # the table keeps four digits of a fraction

Curve = dict[int, float]
Row = dict[str, str]


@dataclass(frozen=True)
class Pair:
    """Two curves from a source; ``base`` or ``trained`` is empty where the files hold only one."""

    base: Curve = field(default_factory=dict)
    trained: Curve = field(default_factory=dict)


class Repository:
    """The files of a checkout, or of a Git directory without one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bare = not (folder / ".git").exists() and (folder / "HEAD").exists()

    def _git(self, *words: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(self.folder), *words], capture_output=True, text=True, check=True
        )
        return done.stdout

    def text(self, path: str) -> str:
        """The text of one file; raises where there is no such file."""
        if self.bare:
            return self._git("show", f"HEAD:{path}")
        return (self.folder / path).read_text(encoding="utf-8")

    def has(self, path: str) -> bool:
        """Whether there is such a file."""
        if self.bare:
            return bool(self._git("ls-tree", "--name-only", "HEAD", path).strip())
        return (self.folder / path).is_file()


def pass_at_k(correct: Iterable[int], n: int, k: int) -> float:
    """Unbiased pass@k, the mean over problems, from the counts of correct samples among n."""
    counts = np.asarray(list(correct), dtype=float)
    if counts.size == 0 or not 0 < k <= n or counts.min() < 0 or counts.max() > n:
        raise ValueError(f"no pass@{k} from {n} samples per problem ({counts.size} in all)")
    j = np.arange(k)
    factors = np.clip(n - counts[:, None] - j, 0, None) / (n - j)
    return float(np.mean(1 - np.prod(factors, axis=1)))


def curve_of_counts(correct: Iterable[int], n: int, ks: Iterable[int]) -> Curve:
    """Unbiased pass@k for every k that n samples allow."""
    counts = list(correct)
    return {k: pass_at_k(counts, n, k) for k in ks if k <= n}


def fixed(row: Row, name: str) -> float:
    """A number of the table; a missing one is an error here."""
    return float(row[name])


def curve_in_table(row: Row, which: str) -> Curve:
    """The base's or the trained policy's curve, as the table has it."""
    curve: Curve = {}
    for part in filter(None, row[f"{which}_other"].split(";")):
        k, value = part.split(":")
        curve[int(k)] = float(value)
    if which == "base":
        start = "base_pass_"
        curve |= {
            int(c[len(start) :]): float(v) for c, v in row.items() if c.startswith(start) and v
        }
        return curve
    curve[1] = fixed(row, "trained_pass_1")
    if row["trained_large_k"]:
        curve[int(row["trained_large_k"])] = fixed(row, "trained_pass_large")
    return curve


# ---- readers: each takes the repository and one row of the table, and gives the pair


def from_named_curves(text: str, *names: str) -> Curve:
    """A curve from JSON with keys such as ``eval/pass@8``, found below the given names."""
    inner = json.loads(text)
    for name in names:
        inner = inner[name]
    found = {re.fullmatch(r"(?:eval/)?pass@(\d+)", key): value for key, value in inner.items()}
    return {int(match[1]): float(value) for match, value in found.items() if match}


def paths_in(row: Row) -> list[str]:
    """The paths that the row's ``where`` names, in order: the base's first."""
    return re.findall(r"[\w./@-]+\.(?:jsonl?|csv|out)", row["where"])


def read_plc(repository: Repository, row: Row) -> Pair:
    """Counts per task of base and trained policy, in two files."""
    column = row["where"].rsplit(", ", 1)[1]
    curves = []
    for path in paths_in(row):
        tasks = json.loads(repository.text(path))["rows"]
        n = int(tasks[0]["n"])
        curves.append(curve_of_counts((int(t[column]) for t in tasks), n, (1, 2, 4, 8, 10)))
    return Pair(*curves)


def read_opd(repository: Repository, row: Row) -> Pair:
    """Curves by temperature, in two files."""
    temperature = row["where"].rsplit(" ", 1)[1]
    curves = [
        from_named_curves(repository.text(path), "metrics_by_temp", temperature)
        for path in paths_in(row)
    ]
    return Pair(*curves)


def read_spark(repository: Repository, row: Row) -> Pair:
    """Means of pass@k with intervals, by tier and model, in one file."""
    tiers = json.loads(repository.text("data/analysis/rigorous_results.json"))["pass_at_k_ci"]
    _, model, tier = row["id"].split("/")

    def curve(name: str) -> Curve:
        return {int(k): float(v["mean"]) for k, v in tiers[tier][name].items()}

    return Pair(curve("r1-distill"), curve(model))


def read_behavior_probe(repository: Repository, row: Row) -> Pair:
    """Counts of both policies per question, eight samples each."""
    rows = list(csv.DictReader(repository.text(row["where"]).splitlines()))
    base, trained = (
        curve_of_counts((int(r[column]) for r in rows), 8, (1, 2, 4, 8))
        for column in ("c_sft", "c_rl")
    )
    return Pair(base, trained)


def read_codegen(repository: Repository, row: Row) -> Pair:
    """Two lines of a log, each with a dictionary of pass@k."""
    text = repository.text(row["where"])

    def curve(name: str) -> Curve:
        match = re.search(rf"{name} pass@k: (\{{.*?\}})", text)
        if match is None:
            raise ValueError(f"{row['where']} has no line of {name} pass@k")
        return {int(k): float(v) for k, v in ast.literal_eval(match[1]).items()}

    return Pair(curve("Baseline"), curve("Post-training"))


def read_art(repository: Repository, row: Row) -> Pair:
    """Trials per task of base and trained policy, in two files."""
    curves = []
    for path in paths_in(row):
        tasks = json.loads(repository.text(path))["per_task"]
        counts = [round(sum(task["trials"])) for task in tasks]
        curves.append(curve_of_counts(counts, len(tasks[0]["trials"]), (1, 2, 4)))
    return Pair(*curves)


def markdown_rows(text: str) -> list[list[str]]:
    """The cells of every table row, without bold and signs of their own."""
    rows = [line.strip().strip("|").split("|") for line in text.splitlines() if "|" in line]
    return [[re.sub(r"[*`]", "", cell).strip() for cell in row] for row in rows]


def fractions(cells: Iterable[str]) -> list[float]:
    """The numbers that cells begin with, percentages as fractions; other cells are left out."""
    found = (re.match(r"(\d+(?:\.\d+)?)\s*(%?)", cell) for cell in cells)
    return [float(m[1]) / (100 if m[2] else 1) for m in found if m and (m[2] or "." in m[1])]


@dataclass(frozen=True)
class Lines:
    """Where a pair stands in Markdown: two lines of a table below a heading, and their k."""

    path: str
    heading: str
    base: str
    trained: str
    ks: tuple[int, ...]


NOTES = "NOTES.md"
CODE_RL = "tinker_cookbook/recipes/code_rl/README.md"
ESME = "docs/rlvr-countdown-heldout-transfer.md"
LINES = {
    "halflearned/10epochs/aime": Lines(
        NOTES, "### AIME Pass@k", "Base", "10epochs", (1, 2, 4, 16, 32)
    ),
    "halflearned/lr7e6/aime": Lines(NOTES, "### AIME Pass@k", "Base", "lr7e6", (1, 2, 4, 16, 32)),
    "halflearned/10epochs/beyondaime": Lines(
        NOTES, "### BeyondAIME Pass@k", "Base", "10epochs", (1, 2, 4, 16, 32)
    ),
    "halflearned/lr7e6/beyondaime": Lines(
        NOTES, "### BeyondAIME Pass@k", "Base", "lr7e6", (1, 2, 4, 16, 32)
    ),
    "tinker/code-rl-qwen3.5-4b": Lines(
        CODE_RL, "", "Qwen3.5-4B (before training)", "Qwen3.5-4B (after", (1, 8)
    ),
    "tinker/code-rl-qwen3-4b-2507": Lines(
        CODE_RL, "", "Qwen3-4B-Instruct-2507 (before training)", "2507 (after", (1, 8)
    ),
    "inference-scaling/gsm8k": Lines(
        "docs/reports/GSM8K_3090_ALIGNED_RESULTS.md", "pass@2", "[Base]", "[GRPO", (1, 2, 4, 8)
    ),
    "esme/run1": Lines(
        "docs/rlvr-countdown-lite-grpo.md", "## Results", "baseline", "GRPO", (1, 8, 32)
    ),
    "esme/run2": Lines(
        "run_cards/esme-214m-rl.md", "## Results", "before-eval", "GRPO", (1, 8, 32)
    ),
    "esme/run2-fresh": Lines(
        ESME, "", "Esme-214M-Chat|held-out fresh", "Esme-214M-RL|held-out fresh", (1, 8, 32)
    ),
    "esme/run2-shift": Lines(
        ESME, "", "Esme-214M-Chat|held-out shift", "Esme-214M-RL|held-out shift", (1, 8, 32)
    ),
}


def read_lines(repository: Repository, row: Row) -> Pair:
    """Two lines of a table in Markdown."""
    there = LINES[row["id"]]
    text = repository.text(there.path).split(there.heading or "\n", 1)[-1]
    curves = []
    for label in (there.base, there.trained):
        cells = next((c for c in markdown_rows(text) if label in "|".join(c)), None)
        values = fractions(cells[1:]) if cells else []
        if len(values) < len(there.ks):
            raise LookupError(f"no line {label!r} in {there.path}: another version held this pair")
        curves.append(dict(zip(there.ks, values, strict=False)))
    return Pair(*curves)


SMALL_LLM = {  # the lines of the table of methods
    "0.6b-base-sft": "SFT only|Qwen3-0.6B-Base",
    "0.6b-instruct-sft": "Instruct + SFT|Qwen3-0.6B-Instruct",
    "1.7b-instruct-sft": "1.7B Instruct + SFT|Qwen3-1.7B-Instruct",
    "0.6b-base-sft/grpo-n8": "SFT + GRPO|Qwen3-0.6B-Base",
    "0.6b-base-sft/grpo-n4": "SFT + GRPO (ablation, n=4)|",
    "0.6b-base-sft/grpo-n16": "SFT + GRPO (ablation, n=16)|",
    "0.6b-base-sft/ppo-kl0.01-4gpu": "SFT + PPO|Qwen3-0.6B-Base",
    "0.6b-base-sft/ppo-kl0.005": "SFT + PPO (ablation, KL=0.005)|",
    "0.6b-base-sft/ppo-kl0.01-2gpu": "SFT + PPO (ablation, KL=0.01, 2-GPU controlled)|",
    "0.6b-base-sft/ppo-kl0.02": "SFT + PPO (ablation, KL=0.02)|",
    "0.6b-instruct-sft/grpo": "Instruct + SFT + GRPO|Qwen3-0.6B-Instruct",
    "0.6b-instruct-sft/ppo": "Instruct + SFT + PPO|Qwen3-0.6B-Instruct",
    "1.7b-instruct-sft/grpo": "1.7B Instruct + SFT + GRPO|",
    "1.7b-instruct-sft/ppo": "1.7B Instruct + SFT + PPO|",
}


def read_small_llm(repository: Repository, row: Row) -> Pair:
    """pass@1 and pass@8 from the table of methods, pass@4 from the section with the same two."""
    _, start, arm, benchmark = row["id"].split("/")
    table = markdown_rows(repository.text("docs/experiments.md"))

    def curve(label: str) -> Curve:
        cells = next(c for c in table if "|".join(c).startswith(label))
        at = 2 if benchmark == "gsm8k" else 4
        one, eight = fractions(cells[at : at + 2])
        triples = [fractions(c)[:3] for c in table if benchmark.upper() in c[:2]]
        four = next((t[1] for t in triples if len(t) == 3 and (t[0], t[2]) == (one, eight)), None)
        return {1: one, 8: eight} | ({} if four is None else {4: four})

    trained = SMALL_LLM.get(f"{start}/{arm}")
    if trained is None:
        raise LookupError("the source says this only in words")
    return Pair(curve(SMALL_LLM[start]), curve(trained))


def read_nanoreasoner(repository: Repository, row: Row) -> Pair:
    """Two lines of JSON, base first."""
    lines = [json.loads(line) for line in repository.text(row["where"]).splitlines() if line]
    base, trained = ({1: v["pass@1"], int(v["k"]): v["pass@k_bestof"]} for v in lines)
    return Pair(base, trained)


def read_loop(repository: Repository, row: Row) -> Pair:
    """One pair in JSON, one in a table that stands on its side."""
    if row["where"].endswith(".json"):
        both = json.loads(repository.text(row["where"]))
        base, trained = (
            {k: both[name][f"pass_at_{k}"] for k in (1, 4, 8)} for name in ("base", "finetuned")
        )
        return Pair(base, trained)
    cells = {c[0]: fractions(c[1:3]) for c in markdown_rows(repository.text(row["where"]))}
    base, trained = ({k: cells[f"Pass@{k}"][side] for k in (1, 4, 8)} for side in (0, 1))
    return Pair(base, trained)


def read_mathgpt(repository: Repository, row: Row) -> Pair:
    """A run's table: one line per step, the first its start."""
    version = "v1" if "v1" in row["id"] else "v2"
    ks = (1, 4, 8, 16) if version == "v1" else (1, 2, 4, 8, 16)
    text = repository.text(f"reports/A800_TRAINING_REPORT_{version}.md")
    steps: dict[str, list[float]] = {}
    for cells in markdown_rows(text):
        values = fractions(cells[1:])
        match = re.match(r"\d+", cells[0])
        if match and len(values) == len(ks):
            steps.setdefault(match[0], values)
    return Pair(
        dict(zip(ks, steps["0"], strict=True)), dict(zip(ks, steps[row["steps"]], strict=True))
    )


def read_codechat(repository: Repository, row: Row) -> Pair:
    """Lines of a log inside a report."""
    text = repository.text(paths_in_report(row))

    def curve(step: str) -> Curve:
        match = re.search(rf"step +{step} \| pass@1 ([\d.]+) \| pass@16 ([\d.]+)", text)
        if match is None:
            raise ValueError(f"no line of step {step}")
        return {1: float(match[1]), 16: float(match[2])}

    return Pair(curve("1"), curve(row["steps"]))


def paths_in_report(row: Row) -> str:
    """The report that ``where`` names first."""
    return row["where"].split(",", 1)[0]


def read_qwen3_math(repository: Repository, row: Row) -> Pair:
    """pass@8 from the headline table, the share of correct samples from one sentence."""
    text = repository.text("docs/POC-RESULTS.md")
    match = re.search(r"base \**([\d.]+)%\** vs GRPO step-3000 \**([\d.]+)%", text)
    if match is None:
        raise ValueError("no sentence that compares base and step-3000")
    eights = [fractions(c[2:])[0] for c in markdown_rows(text) if len(c) == 4 and "/500)" in c[1]]
    return Pair({1: float(match[1]) / 100, 8: eights[0]}, {1: float(match[2]) / 100, 8: eights[1]})


def read_reasoning_gym(repository: Repository, row: Row) -> Pair:
    """Completions of every problem of one data set, in two files."""
    curves = []
    for path in paths_in(row):
        run = json.loads(repository.text(path))
        sets = [data for category in run["categories"] for data in category["datasets"]]
        named = row["where"].rsplit(", ", 1)[-1]
        problems = next((d for d in sets if d["name"] == named), sets[0])["results"]
        n = int(run["metadata"]["eval_repeats"])
        counts = [sum(float(c["score"]) >= SOLVED for c in p["completions"]) for p in problems]
        ks = (1, 2, 3) if n == 3 else (1, 2, 4, 8, 16, 20, 32)
        curves.append(curve_of_counts(counts, n, ks))
    return Pair(*curves)


def read_gemma(repository: Repository, row: Row) -> Pair:
    """pass@1 and pass@K of the headline table, and pass@64 from two sentences."""
    text = repository.text("README.md")
    _, arm, benchmark = row["id"].split("/")
    at = 1 if benchmark == "gsm8k" else 2

    def curve(name: str) -> Curve:
        cells = next(c for c in markdown_rows(text) if c[0].startswith(name) and "K=" in c[1])
        match = re.match(r"K=(\d+): ([\d.]+) / ([\d.]+)", cells[at])
        if match is None:
            raise ValueError(f"no pass@1 / pass@K of {name}")
        return {1: float(match[2]) / 100, int(match[1]): float(match[3]) / 100}

    def at_64(side: int) -> Curve:
        line = next(line for line in text.splitlines() if "pass@64 =" in line and SHOWN[at] in line)
        numbers = re.search(r"pass@64 = ([\d.]+(?: / [\d.]+)+)%", line)
        if numbers is None:
            raise ValueError("no sentence with pass@64")
        return {64: float(numbers[1].split(" / ")[side]) / 100}

    trained = curve(arm.upper())
    if 64 in trained:  # the sentence has two digits, the table one
        trained |= at_64(1 if arm == "dapo" else 2)
    return Pair(curve("Base") | at_64(0), trained)


Reader = Callable[[Repository, Row], Pair]
READERS: dict[str, tuple[str, Reader]] = {  # repository: a file that only it has, and the reader
    "sbhetwal11/PLC_DUAL_ORACLE": ("results/exp1a/base_s0.json", read_plc),
    "ibusnowden/opd": ("results/exp1_passk_71158/init.json", read_opd),
    "yudduy/cs224n-spark": ("data/analysis/rigorous_results.json", read_spark),
    "UnitedSnakes/rlvr_behavior_probe_runpod": (
        "results_2048_batched/per_question.csv",
        read_behavior_probe,
    ),
    "arbenilazi/llm-codegen-rl": ("paper/grpo/mbpp/run_1/mbpp-grpo1-46646351.out", read_codegen),
    "Maxusmusti/agentic-rl": ("results/art_full/post_eval/metrics.json", read_art),
    "xlisp/MathGPT": ("reports/A800_TRAINING_REPORT_v2.md", read_mathgpt),
    "xlisp/CodeChat": ("reports/TRAINING_REPORT_8b_v6_unified.md", read_codechat),
    "thinking-machines-lab/tinker-cookbook": (
        "tinker_cookbook/recipes/code_rl/README.md",
        read_lines,
    ),
    "Linyuan30/small-llm-reasoning-posttraining": ("docs/experiments.md", read_small_llm),
    "adamthuvesen/esme-posttrain": ("run_cards/esme-214m-rl.md", read_lines),
    "xchang1121/inference_scaling": (
        "docs/reports/GSM8K_3090_ALIGNED_RESULTS.md",
        read_lines,
    ),
    "sachinnchaudhary/NanoReasoner-R1": (
        "outputs/metrics/ship_eval_metrics.jsonl",
        read_nanoreasoner,
    ),
    "pmukeshreddy/distributed-reasoning-loop": ("comparison_results.json", read_loop),
    "heyalexchoi/qwen3-1.7B-MATH-RLVR": ("docs/POC-RESULTS.md", read_qwen3_math),
    "open-thought/reasoning-gym-eval": (
        "reasoninggym-paper-experiments/inter-generalisation/README.md",
        read_reasoning_gym,
    ),
    "kingjameschan/gemma-math-sft-grpo": ("v3/E5_grpo/README.md", read_gemma),
    "halflearned/rlvr-experiments": ("NOTES.md", read_lines),
}


def recognise(repository: Repository) -> str:
    """The repository's name, from a file that only it has."""
    for name, (mark, _) in READERS.items():
        if repository.has(mark):
            return name
    raise SystemExit(
        "none of the repositories that can be read again; say --owner-name OWNER/NAME: "
        + ", ".join(READERS)
    )


def differences(row: Row, pair: Pair) -> list[str]:
    """The numbers that the table and the source do not share, one per line."""
    lines = []
    for which, new in (("base", pair.base), ("trained", pair.trained)):
        there = curve_in_table(row, which)
        for k in sorted(there.keys() | new.keys()):
            if k not in new:
                lines.append(f"{row['id']}: {which} pass@{k} {there[k]:g} is not in the source")
            elif k not in there:
                lines.append(f"{row['id']}: {which} pass@{k} {new[k]:.4f} is not in the table")
            elif abs(there[k] - new[k]) > ROUNDING:
                lines.append(f"{row['id']}: {which} pass@{k} {there[k]:g}, the source {new[k]:.4f}")
    return lines


def main(arguments: list[str] | None = None) -> int:
    """Prints the differences; the exit status is 1 where there are any."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("folder", type=Path, help="the repository's checkout or Git directory")
    parser.add_argument("--owner-name", choices=sorted(READERS), help="which repository it is")
    parser.add_argument("--table", type=Path, default=TABLE, help="the table (%(default)s)")
    options = parser.parse_args(arguments)
    repository = Repository(options.folder)
    name = options.owner_name or recognise(repository)
    with options.table.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["source"].split("@")[0] == name]
    differ, unread = 0, 0
    for row in rows:
        try:
            lines = differences(row, READERS[name][1](repository, row))
        except (LookupError, ValueError, OSError, subprocess.CalledProcessError) as error:
            unread += 1
            print(f"{row['id']}: not read: {error}")
            continue
        differ += bool(lines)
        print("\n".join(lines), end="\n" if lines else "")
    print(f"{name}: {len(rows)} rows, {differ} differ, {unread} not read")
    return 1 if differ or unread else 0


if __name__ == "__main__":
    sys.exit(main())
