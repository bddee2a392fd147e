"""One GPU: the transformers engine's speed by batch, and a GRPO run read before and after.

    python bench/gpu/language_model.py MODEL --out runs/gpu --page docs/results/gpu.md

MODEL is a folder with safetensors weights (``make models`` makes SmolLM2's). Parts that are done
are kept. On a CPU the defaults are too large; ``--batches 8 --tokens 16 --steps 2 --prompts 2
--size 20 --draws 40 --dtype float32`` tries the script out.
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
from passgap.problems import load_problems
from passgap.types import Counts
from passgap.workflows.resolve import resolve_policy

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
        "## Transformers engine, tokens/s by batch\n",
        f"Chat prompts, {asked.tokens} new tokens at most, temperature 1, dtype {asked.dtype}.\n",
        "| batch | completions | tokens | seconds | tokens/s |",
        "| --- | --- | --- | --- | --- |",
    ]
    for batch in asked.batches:
        lines.append(_speed(asked, batch))
        print(lines[-1], flush=True)
    lines += ["", f"## GRPO, {asked.steps} steps on chain_sum, before and after\n"]
    lines += _before_and_after(asked)
    asked.page.parent.mkdir(parents=True, exist_ok=True)
    asked.page.write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


def _speed(asked: argparse.Namespace, batch: int) -> str:
    """A row of the table from 4 whole batches on 16 problems, the first of which warms up."""
    policy = resolve_policy(str(asked.model), template="boxed")
    problems = load_problems(SUMS.format(size=16, seed=7))
    note = asked.out / f"batch-{batch}.json"
    if not note.exists():
        marks: list[tuple[float, int, int]] = []

        def progress(done: int, total: int, tokens: int) -> None:
            marks.append((time.monotonic(), done, tokens))

        passgap.sample(
            policy,
            problems,
            n=max(batch // 4, 1),  # 16 problems: a block of `batch` is 4 problems
            out=asked.out / f"batch-{batch}",
            sampling=passgap.SamplingParams(max_tokens=asked.tokens),
            engine_args={"batch_size": str(batch), "dtype": asked.dtype},
            block_size=batch,
            progress=progress,
        )
        (start, done, tokens), (end, all_done, all_tokens) = marks[0], marks[-1]
        row = [all_done - done, all_tokens - tokens, end - start]
        note.write_text(json.dumps(row))
    drawn, tokens, seconds = json.loads(note.read_text())
    return f"| {batch} | {drawn} | {tokens:,} | {seconds:.1f} | {tokens / seconds:,.0f} |"


def _before_and_after(asked: argparse.Namespace) -> list[str]:
    policy = resolve_policy(str(asked.model), shots=SUMS.format(size=3, seed=100_000), stop=("\n",))
    held_out = load_problems(SUMS.format(size=asked.size, seed=1))
    base, before = _measured(asked, policy, held_out, "base")
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
    after_run, after = _measured(asked, trained, held_out, "trained")
    probe, comparison = passgap.probe(before), passgap.compare(before, after)
    page = asked.page.with_suffix(".html")
    passgap.report(base, after_run, out=page, title=f"{asked.model.name}: GRPO on chain_sum")
    rows = [
        f"{len(held_out)} held-out problems x {asked.draws} draws; training: {seconds:.0f} s.\n",
        f"Before: `{probe.verdict.label}`. After: `{comparison.verdict.label}`.\n",
        *(f"- {reason}" for reason in (*probe.verdict.reasons, *comparison.verdict.reasons)),
    ]
    return rows


def _measured(
    asked: argparse.Namespace, policy: passgap.Policy, problems: passgap.ProblemSet, name: str
) -> tuple[Path, Counts]:
    run = passgap.sample(
        policy,
        problems,
        n=asked.draws,
        out=asked.out / name,
        sampling=SHORT,
        engine_args={"batch_size": str(max(asked.batches)), "dtype": "float32"},
    )
    passgap.verify(run)
    return run.path, passgap.count(run)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--out", type=Path, default=Path("runs/gpu"))
    parser.add_argument("--page", type=Path, default=Path("docs/results/gpu.md"))
    parser.add_argument("--batches", type=int, nargs="+", default=[64, 128, 256, 512, 1024])
    parser.add_argument("--tokens", type=int, default=256)
    parser.add_argument("--dtype", default="bfloat16")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--prompts", type=int, default=16, help="a GRPO step, 16 draws each")
    parser.add_argument("--learning-rate", type=float, default=1e-5)
    parser.add_argument("--size", type=int, default=300, help="held-out problems")
    parser.add_argument("--draws", type=int, default=128, help="a held-out problem")
    return parser.parse_args()


if __name__ == "__main__":
    main()
