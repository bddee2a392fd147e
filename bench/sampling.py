"""Tokens/s of passgap's engines against plain generate, on one machine, in one run.

    python bench/sampling.py                               the lab policy and SmolLM2-135M
    python bench/sampling.py --vllm-python .venv-vllm/bin/python     with vllm beside them
    python bench/sampling.py --device cuda --dtype bfloat16          on a GPU

The peer is ``model.generate(num_return_sequences=n)``, prompt by prompt, at the best of several
batch sizes. Tokens are those of the completions, end tokens included and padding not. Needs
``python tools/fetch_models.py smollm2`` for the second policy.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
from transformers import ContinuousBatchingConfig, GenerationConfig

from passgap.data.completions import Block
from passgap.data.policies import Policy, Prompt, SamplingParams
from passgap.engines.transformers import TransformersEngine, load_model
from passgap.lab import lab_policy_path, lab_problems

QUESTIONS = (
    "What is 17 + 25?",
    "Name three colours.",
    "Write a haiku about rain.",
    "What is the capital of France?",
)
VLLM_ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "VLLM_LOGGING_LEVEL": "WARNING",
}
VLLM = """
import json, sys, time
from passgap.engines import load_engine
from passgap import Policy, ProblemSet, SamplingParams
from passgap.data.completions import Block
from passgap.data.policies import Prompt
job = json.load(sys.stdin)
engine = load_engine("vllm", Policy(job["policy"]), ProblemSet("p", ()),
                     SamplingParams(job["max_tokens"]), job["arguments"])
prompts = [Prompt(p["text"], tuple(map(tuple, p["messages"]))) for p in job["prompts"]]
block = Block(tuple(map(str, range(len(prompts)))), 0, job["n"], 1)
engine.complete(Block(block.problem_ids, 0, 2, 9), prompts)
start = time.perf_counter()
tokens = sum(c.token_count for c in engine.complete(block, prompts))
print("RESULT", json.dumps([tokens, time.perf_counter() - start]))
"""


@dataclass(frozen=True)
class Case:
    """A policy, prompts, draws and limits."""

    name: str
    path: str
    prompts: tuple[Prompt, ...]
    n: int
    max_tokens: int
    batch_sizes: tuple[int, ...]
    context: int


def cases(cache: Path) -> list[Case]:
    lab = lab_problems("rare", size=16).problems
    found = [
        Case(
            "lab:base",
            str(lab_policy_path("base")),
            tuple(Prompt(p.question) for p in lab),
            256,
            32,
            (128, 256),
            128,
        )
    ]
    smollm2 = cache / "models" / "SmolLM2-135M-Instruct-Q4"
    if smollm2.is_dir():
        prompts = tuple(Prompt(messages=(("user", q),)) for q in QUESTIONS)
        found.append(Case("SmolLM2-135M", str(smollm2), prompts, 32, 128, (16, 32), 1024))
    else:
        print(f"{smollm2} is missing: python tools/fetch_models.py smollm2", file=sys.stderr)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "passgap")
    parser.add_argument("--vllm-python", help="python of an environment that has vllm and passgap")
    parser.add_argument("--only", help="a part of the policy's name")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", default="float32")
    arguments = parser.parse_args()
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads")
    print("| policy | sampler | tokens | mean length | tokens/s | ratio |")
    print("| --- | --- | --- | --- | --- | --- |")
    for case in cases(arguments.cache):
        if not arguments.only or arguments.only in case.name:
            compare(case, arguments)


def compare(case: Case, arguments: argparse.Namespace) -> None:
    model, tokenizer = load_model(Policy(case.path), dtype=arguments.dtype, device=arguments.device)
    sampling = SamplingParams(case.max_tokens)
    engine = TransformersEngine(model, tokenizer, sampling)
    plain = max(
        (timed(partial(generate, model, engine, case, size)) for size in case.batch_sizes),
        key=lambda result: result[0] / result[1],
    )
    row(case, "generate, best batch", plain, plain)
    block = Block(tuple(map(str, range(len(case.prompts)))), 0, case.n, 1)
    ours = timed(lambda: sum(c.token_count for c in engine.complete(block, case.prompts)))
    row(case, "passgap transformers", ours, plain)
    few = replace(case, n=max(4, case.n // 4))  # slow on a CPU: its paged cache is made for GPUs
    row(few, "generate_batch", timed(lambda: generate_batch(model, engine, few)), plain)
    if arguments.vllm_python:
        drawn = vllm(case, arguments.vllm_python, arguments.dtype, arguments.device)
        if isinstance(drawn, str):
            print(f"| {case.name} | passgap vllm | does not run: {drawn} | | | |", flush=True)
        else:
            row(case, "passgap vllm", drawn, plain)


def timed(draw: Callable[[], int]) -> tuple[int, float]:
    start = time.perf_counter()
    tokens = draw()
    return tokens, time.perf_counter() - start


def row(case: Case, name: str, result: tuple[int, float], peer: tuple[int, float]) -> None:
    tokens, seconds = result
    speed, base = tokens / seconds, peer[0] / peer[1]
    length = tokens / (case.n * len(case.prompts))
    print(
        f"| {case.name} | {name} | {tokens:,} | {length:.1f} | {speed:,.0f} | {speed / base:.2f} |",
        flush=True,
    )


def settings(engine: TransformersEngine, case: Case, **options: object) -> GenerationConfig:
    ends = engine.describe()["end_token_ids"]
    return GenerationConfig(
        do_sample=True,
        temperature=1.0,
        top_p=1.0,
        top_k=0,
        max_new_tokens=case.max_tokens,
        eos_token_id=ends,
        pad_token_id=ends[0],
        **options,
    )


def lengths(rows: Sequence[Sequence[int]], ends: Sequence[int]) -> int:
    """Tokens of the completions: up to the first end token."""
    first = [next((i + 1 for i, t in enumerate(r) if t in ends), len(r)) for r in rows]
    return sum(first)


def generate(model: torch.nn.Module, engine: TransformersEngine, case: Case, size: int) -> int:
    """The way most scripts do it: one prompt after the other, n sequences at once."""
    tokens = 0
    size = min(size, case.n)
    config = settings(engine, case, num_return_sequences=size)
    for prompt in case.prompts:
        ids = torch.tensor([engine.encode(prompt)], device=model.device)
        for _ in range(0, case.n, size):
            drawn = model.generate(
                input_ids=ids, attention_mask=torch.ones_like(ids), generation_config=config
            )
            tokens += lengths(drawn[:, ids.shape[1] :].tolist(), config.eos_token_id)
    return tokens


def generate_batch(model: torch.nn.Module, engine: TransformersEngine, case: Case) -> int:
    """transformers' own continuous batching."""
    config = settings(engine, case, num_return_sequences=case.n)
    before = model.config._attn_implementation
    results = model.generate_batch(
        inputs=[engine.encode(prompt) for prompt in case.prompts],
        generation_config=config,
        continuous_batching_config=ContinuousBatchingConfig(),
        progress_bar=False,
    )
    model.set_attn_implementation(before)
    return sum(len(result.generated_tokens) for result in results.values())


def vllm(case: Case, python: str, dtype: str, device: str) -> tuple[int, float] | str:
    """passgap's vllm engine, in its own environment; the reason where it does not run."""
    job = {
        "policy": case.path,
        "n": case.n,
        "max_tokens": case.max_tokens,
        "prompts": [{"text": p.text, "messages": p.messages} for p in case.prompts],
        "arguments": {"dtype": dtype, "max_model_len": case.context, "max_num_seqs": 128}
        | ({"enforce_eager": True} if device == "cpu" else {}),
    }
    done = subprocess.run(
        [python, "-c", VLLM],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | VLLM_ENVIRONMENT,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT")]
    if not lines:
        said = [line for line in done.stderr.splitlines() if "Error" in line]
        return said[0].rpartition("] ")[2][:150] if said else "it said nothing"
    tokens, seconds = json.loads(lines[0].removeprefix("RESULT"))
    return tokens, seconds


if __name__ == "__main__":
    main()
