"""The folder a training run writes: an ordinary transformers folder and what passgap adds.

In: what was asked (the request). Out: on disk ::

    out/
      model.safetensors, config.json, tokenizer...   the trained policy
      passgap_policy.json     what it was trained from and on, its prompt; written last
      training.jsonl          one row a step
      held_out.jsonl          one row a measurement on held-out problems
      trainer/request.json    what was asked, written first
      trainer/trl_args.json   TRL's arguments as resolved
      trainer/writer.lock     held by the process that trains here: a second one is refused
      trainer/checkpoint-N/   while it runs: the state an interrupted run goes on from
      watch/                  what each reward call saw (``store.watch``)
      adapter/                with LoRA: the adapter that the weights have merged
      checkpoint-N/           with save_every: a policy folder each

``trainer/`` is a folder of its own because the digest of a policy's weights covers every JSON file
beside them. A folder whose request differs is refused; one that was finished is kept; one that was
interrupted goes on from its last whole state, and what was logged after it is logged again.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from passgap.data.policies import BY_DEFAULT, Policy, PromptSettings
from passgap.data.problems import Problem, ProblemSet
from passgap.errors import MismatchError, RunError, UsageError
from passgap.runs import write_text
from passgap.runs.manifest import differing_keys
from passgap.runs.parts import LOCK_FILE, hold
from passgap.training.config import TrainConfig

SCHEMA = "passgap.policy/1"
POLICY_FILE = "passgap_policy.json"
TRAINING_FILE = "training.jsonl"
HELD_OUT_FILE = "held_out.jsonl"
WATCH = "watch"
TRAINER = "trainer"
REQUEST_FILE = "request.json"
TRL_ARGS_FILE = "trl_args.json"
PACKAGES = ("passgap", "torch", "transformers", "trl", "accelerate", "datasets")


def request(
    policy: Policy,
    problems: ProblemSet,
    config: TrainConfig,
    verifier_digest: str,
    held_out: ProblemSet | None = None,
    teacher: Policy | None = None,
) -> dict[str, Any]:
    """What was asked, as JSON: two equal requests are one training run."""
    return {
        "schema": SCHEMA,
        "algorithm": config.algorithm,
        "base": _source(policy),
        "teacher": _source(teacher) if teacher else None,
        "prompt": policy.prompt.to_dict(),
        "config": config.to_dict(),
        "problem_set": _set(problems),
        "held_out": _set(held_out) if held_out else None,
        "verifier": verifier_digest,
    }


def check_problems(problems: ProblemSet, config: TrainConfig, held_out: ProblemSet | None) -> None:
    """Refuse too few problems, and held-out problems that are trained on."""
    if config.method.trainer != "sft" and len(problems) < config.prompts_per_step:
        raise UsageError(
            f"prompts_per_step is {config.prompts_per_step} and {problems.name} has "
            f"{len(problems)} problems; allowed: at most as many prompts a step as problems"
        )
    trained = {problem.id for problem in problems}
    shared = [problem for problem in held_out or () if problem.id in trained]
    if shared:
        raise MismatchError(
            f"{len(shared)} of the {len(held_out or ())} held-out problems are trained on, e.g. "
            f"{shared[0].id}; hold out others, or leave them out of training (--leave-out-held-out)"
        )


def open_folder(out: Path, asked: Mapping[str, Any]) -> bool:
    """Make ``out`` ready for a run; True when it already holds this very run, finished.

    A run that is not finished is this process' alone until it ends.

    Raises
    ------
    RunError
        When the folder holds anything else, naming it or the keys that differ, or when another
        process trains in it.
    WorkError
        When it cannot be written.
    """
    if _unused(out):
        _hold(out)
        write_json(out / TRAINER / REQUEST_FILE, asked)
        return False
    there = _requested(out)
    differing = differing_keys(_comparable(there), _comparable(asked))
    if differing:
        raise RunError(
            f"{out} holds another training run ({'; '.join(differing)}); give another --out"
        )
    if (out / POLICY_FILE).is_file():
        return True
    _hold(out)
    return False


def as_requested(policy: Policy, out: Path) -> Policy:
    """The policy as the training run in ``out`` has it, which may know no default stop strings."""
    if not policy.prompt.stop_by_default or not (out / TRAINER / REQUEST_FILE).is_file():
        return policy
    there = PromptSettings.from_dict(_requested(out)["prompt"])
    before = policy.prompt.without_default_stop()
    return replace(policy, prompt=before) if there.digest == before.digest else policy


def checkpoint(out: Path, step: int) -> Path:
    """The policy folder of one step."""
    return out / f"checkpoint-{step}"


def drop_rows_after(path: Path, step: int) -> None:
    """Keep the rows of a JSONL log up to a step; a row cut short by a kill goes too."""
    if not path.is_file():
        return
    kept = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            break
        if row["step"] <= step:
            kept.append(line + "\n")
    write_text("".join(kept), path)


def trained_policy(out: Path) -> Policy:
    """The policy a finished folder holds, with the prompt it inherited."""
    data = json.loads((out / POLICY_FILE).read_text(encoding="utf-8"))
    return Policy(str(out), PromptSettings.from_dict(data["prompt"]))


def write_policy_file(
    folder: Path,
    asked: Mapping[str, Any],
    problems: Sequence[Problem],
    extra: Mapping[str, Any],
) -> None:
    """Write ``passgap_policy.json``, whole or not at all; its existence says the run is done."""
    data = {
        **asked,
        **extra,
        "train_problem_ids": [problem.id for problem in problems],
        "versions": {name: version(name) for name in PACKAGES},
    }
    write_json(folder / POLICY_FILE, data)


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """Write JSON, whole or not at all."""
    write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", path)


def append_row(path: Path, row: Mapping[str, Any]) -> None:
    """Append one row to a JSONL file in one write; what is not finite becomes null."""
    line = json.dumps({key: _finite(value) for key, value in row.items()}, ensure_ascii=False)
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _unused(out: Path) -> bool:
    """Nothing there, or only what a run left that failed before its first row."""
    if not out.exists():
        return True
    names = {path.name for path in out.iterdir()} if out.is_dir() else {"a file"}
    left = (REQUEST_FILE, LOCK_FILE)
    return not names or (
        names == {TRAINER} and any((out / TRAINER / name).is_file() for name in left)
    )


def _hold(out: Path) -> None:
    try:
        hold(out / TRAINER)
    except RunError as error:
        raise RunError(
            f"another process trains in {out}; wait for it, or choose another folder"
        ) from error


def _requested(out: Path) -> dict[str, Any]:
    file = out / TRAINER / REQUEST_FILE
    if not file.is_file():
        what = sorted(p.name for p in out.iterdir())[0] if out.is_dir() else "a file"
        raise RunError(f"{out} already holds something else ({what}); choose an empty folder")
    there: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return there


def _comparable(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Without the paths: a digest says what the weights are, wherever they lie.

    Nor with how the stop strings came about: they are what they are.
    """
    data: dict[str, Any] = json.loads(json.dumps(asked))
    data.get("prompt", {}).pop(BY_DEFAULT, None)
    for role in ("base", "teacher"):
        (data[role] or {}).pop("path", None)
    return data


def _source(policy: Policy) -> dict[str, Any]:
    return {
        "path": policy.path,
        "revision": policy.revision,
        "weights_digest": policy.weights_digest,
    }


def _set(problems: ProblemSet) -> dict[str, Any]:
    return {"name": problems.name, "digest": problems.digest, "size": len(problems)}
