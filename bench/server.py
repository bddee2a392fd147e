"""Does the openai engine keep a server busy? A local server, drawn from, its idle time measured.

    python bench/server.py --vllm-python .venv-vllm/bin/python
    python bench/server.py --llama-python PYTHON --gguf FILE      llama-cpp-python's server

The server computes with one thread, so its busiest process can use one core at most; what it left
unused while passgap was drawing is its idle time. Needs `python tools/fetch_models.py smollm2`.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from passgap.data.policies import Policy, PromptSettings, SamplingParams
from passgap.problems import load_problems
from passgap.stages.sampling import sample

MODEL = Path.home() / ".cache" / "passgap" / "models" / "SmolLM2-135M-Instruct-Q4"
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "HF_HUB_OFFLINE": "1",
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "VLLM_LOGGING_LEVEL": "WARNING",
}
START = 300


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vllm-python")
    parser.add_argument("--llama-python")
    parser.add_argument("--gguf", type=Path)
    parser.add_argument("--problems", type=int, default=16)
    parser.add_argument("-n", type=int, default=16)
    args = parser.parse_args()
    print("| server | completions | tokens | seconds | tokens/s | server idle |")
    print("| --- | --- | --- | --- | --- | --- |")
    if args.vllm_python:
        command = [args.vllm_python, "-m", "vllm.entrypoints.openai.api_server"]
        command += ["--model", str(MODEL), "--served-model-name", "smollm2", "--dtype", "float32"]
        command += ["--max-model-len", "512", "--max-num-seqs", "32", "--enforce-eager"]
        command += ["--no-enable-chunked-prefill"]
        measure("vllm", command, args.problems, args.n)
    if args.llama_python:
        command = [args.llama_python, "-m", "llama_cpp.server", "--model", str(args.gguf)]
        command += ["--model_alias", "smollm2", "--n_threads", "1", "--n_ctx", "512"]
        measure("llama.cpp", command, args.problems, args.n)


def measure(name: str, command: list[str], problems: int, n: int) -> None:
    with running(command) as (server, port), tempfile.TemporaryDirectory() as folder:
        policy = Policy("smollm2", PromptSettings(template="chat", template_name="chat"))
        questions = load_problems(f"gym:chain_sum?size={problems}&seed=1")
        before, start = busy(server), time.perf_counter()
        run = sample(
            policy,
            questions,
            n=n,
            out=Path(folder) / "run",
            sampling=SamplingParams(64),
            engine="openai",
            engine_args={"base_url": f"http://127.0.0.1:{port}/v1", "model": "smollm2"},
        )
        seconds = time.perf_counter() - start
        after = busy(server)
        used = max(after[pid] - before.get(pid, 0.0) for pid in after)
        tokens = sum(int(call["tokens"]) for call in run.calls())
    print(
        f"| {name} | {problems * n:,} | {tokens:,} | {seconds:.1f} | {tokens / seconds:,.0f} | "
        f"{max(0.0, 1 - used / seconds):.1%} |",
        flush=True,
    )


def busy(server: int) -> dict[int, float]:
    """Processor seconds so far of the server's processes."""
    top = psutil.Process(server)
    times = {p.pid: p.cpu_times() for p in (top, *top.children(recursive=True))}
    return {pid: t.user + t.system for pid, t in times.items()}


@contextmanager
def running(command: list[str]) -> Iterator[tuple[int, int]]:
    """Start a server on a free port, wait until it answers, end it and its children."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [*command, "--host", "127.0.0.1", "--port", str(port)]
    with tempfile.TemporaryFile("w+") as log:
        server = subprocess.Popen(
            command,
            env=os.environ | ONE_THREAD,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            until = time.monotonic() + START
            while not answers(port):
                if server.poll() is not None or time.monotonic() > until:
                    log.seek(0)
                    sys.exit(f"the server did not start:\n{log.read()[-3000:]}")
                time.sleep(1)
            yield server.pid, port
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(60)


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/models", timeout=5):
            return True
    except OSError:
        return False


if __name__ == "__main__":
    main()
