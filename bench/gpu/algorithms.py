"""One GPU: several algorithms and seeds on a real model, before and after.

    python bench/gpu/algorithms.py MODEL --out runs/gpu --page docs/results/gpu-algorithms.md

MODEL is a folder with safetensors weights. Parts that are done are kept. On a CPU the defaults are
too large; ``--steps 2 --prompts 2 --size 8 --draws 8 --algorithms grpo rloo`` tries it out.
"""

from __future__ import annotations

import argparse
import json
import time
from datetime import date
from importlib.metadata import version
from pathlib import Path

import torch

import passgap
from passgap.data.counts import Counts
from passgap.problems import load_problems
from passgap.stages.resolving import resolve_policy

SUMS = "gym:chain_sum?size={size}&seed={seed}&max_terms=3&max_digits=2"
ALGORITHMS = ("grpo", "dr_grpo", "dapo", "gspo", "rloo")
MAX_TOKENS = 24


def main() -> None:
    asked = _arguments()
    # no stop strings, which TRL's RLOOTrainer cannot stop at: a chat model ends by itself
    policy = resolve_policy(str(asked.model), template="chat", system="Answer with a number only.")
    held_out = load_problems(SUMS.format(size=asked.size, seed=1))
    trained_on = load_problems(SUMS.format(size=2000, seed=10_000)).without(held_out)
    before = _counts(policy, held_out, asked, "base")
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    versions = ", ".join(f"{name} {version(name)}" for name in ("torch", "transformers", "trl"))
    lines = [
        f"# Algorithms on one GPU: {device}\n",
        f"{asked.model.name} on chain_sum, {asked.steps} steps of {asked.prompts} x 16 "
        f"completions, {len(held_out)} held-out problems x {asked.draws} draws; "
        f"{date.today().isoformat()}; "
        f"{versions}. Before: `{passgap.probe(before).verdict.label}`.\n",
        "| algorithm | seed | verdict | delta pass@2 | at large k | seconds | of it the record |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for algorithm in asked.algorithms:
        for seed in range(asked.seeds):
            lines.append(_row(algorithm, seed, policy, trained_on, held_out, before, asked))
            print(lines[-1], flush=True)
    asked.page.parent.mkdir(parents=True, exist_ok=True)
    asked.page.write_text("\n".join(lines) + "\n")


def _row(
    algorithm: str,
    seed: int,
    policy: passgap.Policy,
    trained_on: passgap.ProblemSet,
    held_out: passgap.ProblemSet,
    before: Counts,
    asked: argparse.Namespace,
) -> str:
    """Train, measure, compare; the record's share of the time as `Watch.record` took it."""
    spent = 0.0
    record = passgap.Watch.record

    def timed(self: passgap.Watch, **row: object) -> None:
        nonlocal spent
        start = time.perf_counter()
        record(self, **row)  # type: ignore[arg-type]
        spent += time.perf_counter() - start

    config = passgap.TrainConfig(
        max_tokens=MAX_TOKENS,
        algorithm=algorithm,
        steps=asked.steps,
        learning_rate=asked.learning_rate,
        group_size=16,
        prompts_per_step=asked.prompts,
        seed=seed,
        eval_every=50,
    )
    out = asked.out / f"{algorithm}-seed{seed}"
    passgap.Watch.record = timed  # type: ignore[method-assign]
    try:
        trained = passgap.train(policy, trained_on, out, config=config, held_out=held_out)
    finally:
        passgap.Watch.record = record  # type: ignore[method-assign]
    seconds = json.loads((out / "passgap_policy.json").read_text())["seconds"]
    found = passgap.compare(before, _counts(trained, held_out, asked, f"run-{out.name}"))
    small = found.delta.at(2)
    verdict = found.to_dict()["verdict"]
    return (
        f"| {algorithm} | {seed} | `{verdict['label']}` | {small.value:+.3f} ({small.low:+.3f} to "
        f"{small.high:+.3f}) | {verdict['at_large_k']} | {seconds:.0f} | {spent:.2f} s |"
    )


def _counts(
    policy: passgap.Policy, problems: passgap.ProblemSet, asked: argparse.Namespace, name: str
) -> Counts:
    run = passgap.sample(
        policy,
        problems,
        n=asked.draws,
        out=asked.out / name,
        sampling=passgap.SamplingParams(max_tokens=MAX_TOKENS),
    )
    passgap.verify(run)
    return passgap.count(run)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--out", type=Path, default=Path("runs/gpu-algorithms"))
    parser.add_argument("--page", type=Path, default=Path("docs/results/gpu-algorithms.md"))
    parser.add_argument("--algorithms", nargs="+", default=ALGORITHMS)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--prompts", type=int, default=16, help="a step, 16 draws each")
    parser.add_argument("--learning-rate", type=float, default=1e-5)
    parser.add_argument("--size", type=int, default=300, help="held-out problems")
    parser.add_argument("--draws", type=int, default=128, help="a held-out problem")
    return parser.parse_args()


if __name__ == "__main__":
    main()
