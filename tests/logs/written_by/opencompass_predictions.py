"""Writes logs/predictions and logs/results with the ``opencompass`` command of OpenCompass 0.5.4.

3 questions, asked of a scripted server: twice over (``sums``: n = 2), once (``sums_once``) and
twice in parts of at most 2 predictions (``sums_parts``). The last two lie in logs/opencompass. Run
in an environment of its own: pip install opencompass==0.5.4 'pyarrow<22' (it does not run with
later ones); python opencompass_predictions.py OUT.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast

SAID = {"1+1?": ["2", "3"], "2+2?": ["9", "4"], "3+3?": ["6", "6"]}
CONFIG = """
from opencompass.datasets import CustomDataset, MATHEvaluator
from opencompass.models import OpenAI
from opencompass.openicl.icl_inferencer import GenInferencer
from opencompass.openicl.icl_prompt_template import PromptTemplate
from opencompass.openicl.icl_retriever import ZeroRetriever
from opencompass.partitioners import SizePartitioner
from opencompass.runners import LocalRunner
from opencompass.tasks import OpenICLInferTask

roles = [dict(role="HUMAN", api_role="HUMAN"), dict(role="BOT", api_role="BOT", generate=True)]
template = dict(round=[dict(role="HUMAN", prompt="{{question}}")])
models = [
    dict(
        abbr="scripted",
        type=OpenAI,
        path="scripted",
        key="none",
        openai_api_base="{url}/chat/completions",
        tokenizer_path="tokenizer",
        meta_template=dict(round=roles),
        query_per_second=100,
        max_out_len=8,
        max_seq_len=512,
        batch_size=1,
    )
]
datasets = [
    dict(
        abbr="{name}",
        type=CustomDataset,
        path="{folder}/rows.jsonl",
        n={n},
        k={n},
        reader_cfg=dict(input_columns=["question"], output_column="answer"),
        infer_cfg=dict(
            prompt_template=dict(type=PromptTemplate, template=template),
            retriever=dict(type=ZeroRetriever),
            inferencer=dict(type=GenInferencer),
        ),
        eval_cfg=dict(evaluator=dict(type=MATHEvaluator)),
    )
]
infer = dict(
    partitioner=dict(type=SizePartitioner, max_task_size={size}, gen_task_coef=1),
    runner=dict(type=LocalRunner, max_num_workers=1, task=dict(type=OpenICLInferTask)),
)
"""


def write(folder, name, n, size):
    with serve(SAID) as url:
        text = CONFIG.format(url=url, name=name, folder=folder, n=n, size=size)
        (folder / f"{name}.py").write_text(text)
        command = [str(Path(sys.executable).parent / "opencompass"), f"{name}.py", "--debug"]
        subprocess.run([*command, "-w", f"out_{name}"], cwd=folder, check=True)
    return next((folder / f"out_{name}").iterdir())


if __name__ == "__main__":
    from scripted_server import serve

    folder, out = Path(tempfile.mkdtemp()), Path(sys.argv[1])
    rows = [{"question": question, "answer": str(2 * int(question[0]))} for question in SAID]
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    letters = Tokenizer(models.WordLevel({"?": 0}, unk_token="?"))
    PreTrainedTokenizerFast(tokenizer_object=letters).save_pretrained(folder / "tokenizer")
    for name, n, size in (("sums", 2, 100), ("sums_once", 1, 100), ("sums_parts", 2, 2)):
        written = write(folder, name, n, size)
        place = out if name == "sums" else out / "opencompass"
        for kind in ("predictions", "results"):
            shutil.copytree(written / kind, place / kind, dirs_exist_ok=True)
