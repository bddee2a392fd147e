"""Writes logs/traces.jsonl with vf-eval of verifiers 0.4.0.

2 questions x 3 rollouts of the null harness against a scripted server, one of them lost by a server
error. Run in an environment of its own: pip install verifiers==0.4.0 uv; python verifiers_traces.py
OUT. The harness runs a program of its own by uv, which fetches that program's packages. The home
folder, which vf-eval writes down, is scrubbed.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import verifiers.v1 as vf

SAID = {"1+1?": ["2", "3", "2"], "2+2?": ["4", None, None, None, "5"]}  # the harness asks thrice


class SumsData(vf.TaskData):
    answer: str


class SumsTask(vf.Task[SumsData]):
    @vf.reward
    async def correct(self, trace: vf.Trace) -> float:
        return float(trace.last_reply == self.data.answer)


class SumsTaskset(vf.Taskset[SumsTask, vf.TasksetConfig]):
    def load(self):
        for question in SAID:
            data = SumsData(prompt=question, answer=str(2 * int(question[0])))
            yield SumsTask(data, self.config.task)


__all__ = ["SumsTaskset"]

if __name__ == "__main__":
    from scripted_server import serve

    folder, tools = Path(tempfile.mkdtemp()), Path(sys.executable).parent
    shutil.copy(__file__, folder / "sums.py")
    with serve(SAID) as url:
        command = [
            *(str(tools / "vf-eval"), "sums", "--model", "scripted"),
            *("--client.base-url", url, "--client.api-key-var", "NO_KEY"),
            *("--env.agent.harness.id", "null", "--env.agent.runtime.type", "subprocess"),
            *("--num-rollouts", "3", "--max-concurrent", "1"),
            *("--sampling.temperature", "0.7", "--sampling.max-tokens", "8"),
            *("--output-dir", "out", "--push", "False"),
        ]
        env = {**os.environ, "NO_KEY": "none", "PYTHONPATH": str(folder)}
        env["PATH"] = f"{tools}{os.pathsep}{env['PATH']}"
        subprocess.run(command, cwd=folder, env=env, check=True)
    text = next(folder.rglob("traces.jsonl")).read_text()
    (Path(sys.argv[1]) / "traces.jsonl").write_text(text.replace(str(Path.home()), "~"))
