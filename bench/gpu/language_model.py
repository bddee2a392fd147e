"""One GPU: log-probabilities beside the CPU's, and a GRPO run read before, after and by reach.

    python bench/gpu/language_model.py MODEL --out runs/gpu --page docs/results/gpu.md

MODEL is a folder with safetensors weights (``make models`` makes SmolLM2's). Parts that are done
are kept. On a CPU the defaults are too large; ``--tokens 16 --steps 2 --prompts 2 --size 20
--draws 40`` tries the script out.
"""

from __future__ import annotations

import argparse
import time
from datetime import date
from importlib.metadata import version
from pathlib import Path

import numpy as np
import polars as pl
import torch

import passgap
from passgap.data.counts import Counts
from passgap.problems import load_problems
from passgap.stages.resolving import resolve_policy
from passgap.stages.scoring import policy_of, score

SUMS = "gym:chain_sum?size={size}&seed={seed}&max_terms=3&max_digits=2"
SHORT = passgap.SamplingParams(max_tokens=20)


def main() -> None:
    asked = _arguments()
    asked.out.mkdir(parents=True, exist_ok=True)
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    versions = {name: version(name) for name in ("torch", "transformers", "trl", "passgap")}
    lines = [
        f"# One GPU: {device}\n",
        f"{asked.model.name}, {date.today().isoformat()}, "
        + ", ".join(f"{name} {number}" for name, number in versions.items())
        + ". Made by `bench/gpu/language_model.py`.\n",
        "## Log-probabilities on this device and on the CPU\n",
    ]
    lines += _agreement(asked)
    print(lines[-1], flush=True)
    lines += ["", f"## GRPO, {asked.steps} steps on chain_sum, before and after\n"]
    lines += _before_and_after(asked)
    asked.page.parent.mkdir(parents=True, exist_ok=True)
    asked.page.write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


def _agreement(asked: argparse.Namespace) -> list[str]:
    """The same completions: as drawn on this device, and scored on the CPU."""
    policy = resolve_policy(str(asked.model), template="boxed")
    run = passgap.sample(
        policy,
        load_problems(SUMS.format(size=16, seed=7)),
        n=16,
        out=asked.out / "agreement",
        sampling=passgap.SamplingParams(max_tokens=asked.tokens),
        engine_args={"dtype": "float32"},
    )
    key = score(run, policy_of(run), engine_args={"device": "cpu", "dtype": "float32"})
    again = pl.concat(run.read_logprobs(key, name) for name in run.completion_names())
    both = run.scan_completions().collect().join(again, on=["problem_id", "draw"], suffix="_cpu")
    gaps = np.abs((both["logprob"] - both["logprob_cpu"]).to_numpy())
    return [
        f"{len(gaps)} completions of {both['token_count'].mean():.0f} tokens on average, float32: "
        f"largest gap {gaps.max():.2e} nats, median {np.median(gaps):.2e}."
    ]


def _before_and_after(asked: argparse.Namespace) -> list[str]:
    policy = resolve_policy(str(asked.model), shots=SUMS.format(size=3, seed=100_000), stop=("\n",))
    held_out = load_problems(SUMS.format(size=asked.size, seed=1))
    base, before = _measured(policy, held_out, asked, "base")
    start = time.monotonic()
    trained = passgap.train(
        policy,
        load_problems(SUMS.format(size=2000, seed=10_000)).without(held_out),
        asked.out / "policy",
        config=passgap.TrainConfig(
            max_tokens=20,
            steps=asked.steps,
            learning_rate=asked.learning_rate,
            group_size=16,
            prompts_per_step=asked.prompts,
        ),
        held_out=held_out,
    )
    seconds = time.monotonic() - start
    after_run, after = _measured(trained, held_out, asked, "trained")
    passgap.score_across(passgap.Run(base), passgap.Run(after_run))
    reached = passgap.reach_runs(passgap.Run(base), passgap.Run(after_run))
    probe, comparison = passgap.probe(before), passgap.compare(before, after)
    page = asked.page.with_suffix(".html")
    passgap.report(base, after_run, out=page, title=f"{asked.model.name}: GRPO on chain_sum")
    rows = [
        f"{len(held_out)} held-out problems x {asked.draws} draws; training: {seconds:.0f} s.\n",
        f"Before: `{probe.verdict.label}`. After: `{comparison.verdict.label}`. Reach: "
        f"`{reached.verdict.label}`.\n",
        *(f"- {r}" for one in (probe, comparison, reached) for r in one.verdict.reasons),
        f"- reach, calibration: {reached.calibration}",
    ]
    return rows


def _measured(
    policy: passgap.Policy, problems: passgap.ProblemSet, asked: argparse.Namespace, name: str
) -> tuple[Path, Counts]:
    run = passgap.sample(
        policy,
        problems,
        n=asked.draws,
        out=asked.out / name,
        sampling=SHORT,
        engine_args={"dtype": "float32"},
    )
    passgap.verify(run)
    return run.path, passgap.count(run)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--out", type=Path, default=Path("runs/gpu"))
    parser.add_argument("--page", type=Path, default=Path("docs/results/gpu.md"))
    parser.add_argument("--tokens", type=int, default=256)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--prompts", type=int, default=16, help="a GRPO step, 16 draws each")
    parser.add_argument("--learning-rate", type=float, default=1e-5)
    parser.add_argument("--size", type=int, default=300, help="held-out problems")
    parser.add_argument("--draws", type=int, default=128, help="a held-out problem")
    return parser.parse_args()


if __name__ == "__main__":
    main()
