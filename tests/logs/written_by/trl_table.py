"""Writes logs/completions_*.parquet with TRL 1.16.0: GRPO on a model of random weights.

Run with passgap's own environment (it has TRL): python trl_table.py OUT.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from datasets import Dataset
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from trl import GRPOConfig, GRPOTrainer

LETTERS = [*"0123456789+?", "<end>"]
tokenizer = Tokenizer(models.WordLevel({c: i for i, c in enumerate(LETTERS)}, unk_token="?"))
tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>", pad_token="<end>")
config = LlamaConfig(
    vocab_size=len(LETTERS),
    hidden_size=16,
    intermediate_size=16,
    num_hidden_layers=1,
    num_attention_heads=2,
)


def correct(prompts, completions, **_):
    pairs = zip(prompts, completions, strict=True)
    return [float(text[:1] == str(2 * int(prompt[0]))) for prompt, text in pairs]


folder = Path(tempfile.mkdtemp())
trainer = GRPOTrainer(
    model=LlamaForCausalLM(config),
    reward_funcs=[correct],
    args=GRPOConfig(
        output_dir=str(folder),
        per_device_train_batch_size=8,
        num_generations=8,
        max_completion_length=3,
        max_steps=4,
        logging_steps=2,
        log_completions=True,
        report_to=[],
        use_cpu=True,
        seed=0,
    ),
    train_dataset=Dataset.from_dict({"prompt": [f"{i}+{i}?" for i in (1, 2, 3)]}),
    processing_class=fast,
)
trainer.train()
for path in (folder / "completions").glob("*.parquet"):
    shutil.copy(path, sys.argv[1])
