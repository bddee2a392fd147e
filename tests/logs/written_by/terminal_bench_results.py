"""Writes logs/terminal_bench/ with the models of terminal-bench 0.2.18: a run and one trial.

Its harness needs Docker, so the trials are made here and written as its Harness._write_results and
_create_metadata do (terminal_bench/harness/harness.py). Run in an environment of its own, on Python
3.12 or later: pip install terminal-bench==0.2.18; python terminal_bench_results.py OUT
"""

import sys
from pathlib import Path

from terminal_bench.agents.failure_mode import FailureMode
from terminal_bench.harness.models import BenchmarkResults, RunMetadata, TrialResults
from terminal_bench.parsers.base_parser import UnitTestStatus

RAN = {
    "hello-world": [(True, "unset"), (False, "unset"), (True, "agent_timeout")],
    "fix-git": [(False, "agent_timeout"), (None, "test_timeout"), (None, "unknown_agent_error")],
}


def trial(task, attempt, resolved, mode):
    status = {True: UnitTestStatus.PASSED, False: UnitTestStatus.FAILED, None: None}[resolved]
    return TrialResults(
        trial_name=f"{task}.{attempt}-of-3.scripted",
        task_id=task,
        instruction=f"Please do {task}.",
        is_resolved=resolved,
        failure_mode=FailureMode(mode),
        parser_results=None if status is None else {"test_it": status},
        total_input_tokens=100,
        total_output_tokens=10,
    )


if __name__ == "__main__":
    out = Path(sys.argv[1])
    trials = [trial(t, i, *end) for t, ends in RAN.items() for i, end in enumerate(ends, 1)]
    out.mkdir(parents=True, exist_ok=True)
    results = BenchmarkResults(results=trials)
    (out / "results.json").write_text(results.model_dump_json(indent=4))
    about = RunMetadata(
        run_id="scripted",
        output_path="runs",
        agent_name="terminus",
        no_rebuild=False,
        cleanup=True,
        log_level=20,
        n_attempts=3,
        dataset_size=2,
        accuracy=results.accuracy,
        model_name="scripted/model",
        pass_at_k=results.pass_at_k,
    )
    (out / "run_metadata.json").write_text(about.model_dump_json(indent=4))
    one = out / "hello-world" / trials[0].trial_name  # a trial has its own file, too
    one.mkdir(parents=True, exist_ok=True)
    (one / "results.json").write_text(trials[0].model_dump_json(indent=4))
