"""Writes logs/verifiers_0.1.5/results.jsonl and metadata.json with vf-eval of verifiers 0.1.5.

2 questions x 3 rollouts of a SingleTurnEnv against a scripted server; a server error would end the
whole evaluation. Run in an environment of its own: pip install verifiers==0.1.5 httpx (imported,
not asked for); python verifiers_results_early.py OUT. It copies
itself as the environment ``sums``, away from any repository: vf-eval writes down the
commit of the one that an environment lies in.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SAID = {"1+1?": ["2", "3", "2"], "2+2?": ["4", "5", "5"]}


def load_environment():
    import verifiers as vf
    from datasets import Dataset

    def correct(completion, answer):
        return float(completion[-1]["content"] == answer)

    rows = [{"question": question, "answer": str(2 * int(question[0]))} for question in SAID]
    return vf.SingleTurnEnv(dataset=Dataset.from_list(rows), rubric=vf.Rubric(funcs=[correct]))


if __name__ == "__main__":
    from scripted_server import serve

    folder = Path(tempfile.mkdtemp())
    shutil.copy(__file__, folder / "sums.py")
    with serve(SAID) as url:
        command = [
            *(str(Path(sys.executable).parent / "vf-eval"), "sums"),
            *("--model", "scripted", "--api-base-url", url, "--api-key-var", "NO_KEY"),
            *("--num-examples", "2", "--rollouts-per-example", "3", "--max-concurrent", "1"),
            *("--temperature", "0.7", "--max-tokens", "8", "--save-dataset"),
        ]
        env = {**os.environ, "NO_KEY": "none", "PYTHONPATH": str(folder)}
        subprocess.run(command, cwd=folder, env=env, check=True)
    for name in ("results.jsonl", "metadata.json"):
        shutil.copy(next(folder.rglob(name)), sys.argv[1])
