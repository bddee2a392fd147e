"""The names of the files and folders of a run, of a training folder and of a watch folder.

A run ::

    manifest.json   problems.parquet   calls.jsonl   writer.lock
    images/<sha256>.<kind>      the images of the questions, each once
    completions/part-PPPPP-DDDDDD.parquet
    outcomes/<verifier digest>/part-PPPPP-DDDDDD.parquet
    outcomes/<verifier digest>/about.json   which verifier that is, and the references it rejects
    outcomes/latest             the digest of the verifier that marked it last
    outcomes/reasoning          the digest of the one that marked the reasoning last
    audits/<verifier digest>.jsonl          a person's marks
    logprobs/<policy digest>/part-PPPPP-DDDDDD.parquet

A training folder: an ordinary transformers folder and what passgap adds ::

    passgap_policy.json     what it was trained from and on, its prompt; written last
    training.jsonl          one row per step
    held_out.jsonl          one row per measurement on held-out problems
    watch/                  the record of each reward call (``runs.watch``)
    checkpoint-N/           with save_every: a policy folder each
    adapter/                with LoRA: the adapter that is merged into the weights
    trainer/request.json    the settings, written first
    trainer/trl_args.json   TRL's arguments as resolved
    trainer/writer.lock     held by the process that trains here: a second one is refused
    trainer/checkpoint-N/   during training: the state from which an interrupted run continues

``trainer/`` is a folder of its own because the digest of a policy's weights covers every JSON file
beside them.
"""

from __future__ import annotations

from passgap.data.policies import POLICY_FILE

__all__ = ["POLICY_FILE"]

MANIFEST_FILE = "manifest.json"
PROBLEMS_FILE = "problems.parquet"
CALLS_FILE = "calls.jsonl"
LOCK_FILE = "writer.lock"
ABOUT_FILE = "about.json"
COMPLETIONS, OUTCOMES, LOGPROBS, AUDITS = "completions", "outcomes", "logprobs", "audits"
IMAGES = "images"
LATEST, REASONING = "latest", "reasoning"

TRAINING_FILE = "training.jsonl"
HELD_OUT_FILE = "held_out.jsonl"
WATCH = "watch"
CHECKPOINT = "checkpoint-"
ADAPTER = "adapter"
TRAINER = "trainer"
REQUEST_FILE = f"{TRAINER}/request.json"
TRL_ARGS_FILE = f"{TRAINER}/trl_args.json"
