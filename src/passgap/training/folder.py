"""The folder of a training run (its files: ``runs.names``), from the request to the end.

In: the settings (the request). Out: a folder that is started, resumed, or finished. One whose
request differs is refused; a finished one is kept; an interrupted one continues from its last
complete state, and later steps are logged again. A state is ``trainer/checkpoint-N``, which TRL
writes; every process marks its part of it, and the mark records how many processes there are, so
that another number of them can continue from it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from passgap.data.images import refuse_images
from passgap.data.policies import BY_DEFAULT, Policy, PromptSettings
from passgap.data.problems import Problem, ProblemSet
from passgap.errors import MismatchError, RunError, UsageError
from passgap.plain import plural
from passgap.problems.overlap import same_questions
from passgap.runs import write_text
from passgap.runs.journal import drop_rows_after
from passgap.runs.locks import hold
from passgap.runs.manifest import differing_keys
from passgap.runs.names import (
    CHECKPOINT,
    HELD_OUT_FILE,
    LOCK_FILE,
    POLICY_FILE,
    REQUEST_FILE,
    TRAINER,
    TRAINING_FILE,
)
from passgap.runs.policy import (
    Request,
    SetName,
    Weights,
    carried_prompt,
    read_request,
    write_policy,
    write_request,
)
from passgap.runs.writing import refuse_links_out, remove
from passgap.training.config import TrainConfig

MARK = "whole-{rank}-of-{count}"
CARD = "README.md"  # the card that TRL writes with a state
PACKAGES = ("passgap", "torch", "transformers", "trl", "accelerate", "datasets")


def request(
    policy: Policy,
    problems: ProblemSet,
    config: TrainConfig,
    verifier_digest: str,
    held_out: ProblemSet | None = None,
    teacher: Policy | None = None,
) -> Request:
    """The settings: two equal requests are one training run."""
    return Request(
        algorithm=config.algorithm,
        base=Weights.of(policy),
        teacher=Weights.of(teacher) if teacher else None,
        prompt=policy.prompt,
        config=config.to_dict(),
        problem_set=SetName.of(problems),
        held_out=SetName.of(held_out) if held_out else None,
        verifier=verifier_digest,
    )


def check_problems(problems: ProblemSet, config: TrainConfig, held_out: ProblemSet | None) -> None:
    """Refuse too few problems, some with images, and held-out problems that are also trained on."""
    if config.method.trainer != "sft" and len(problems) < config.prompts_per_step:
        raise UsageError(
            f"prompts_per_step is {config.prompts_per_step}, but {problems.name} has only "
            f"{plural(len(problems), 'problem')}; allowed: at most as many prompts per step as "
            "problems"
        )
    images = [problem.images for problem in (*problems, *(held_out or ()))]
    refuse_images(images, "training with TRL", "leave them out, or train elsewhere and compare")
    refuse_shared(problems, held_out or ())


def refuse_shared(problems: Iterable[Problem], held_out: Iterable[Problem]) -> None:
    """Refuse held-out problems whose questions are also trained on."""
    training, held = ProblemSet.of("training", problems), ProblemSet.of("held-out", held_out)
    shared = same_questions(held, training)
    if shared:
        raise MismatchError(
            f"{len(shared)} of the {len(held)} held-out problems are also training problems, "
            f"e.g. {shared[0].problem}; hold out others, or leave them out of training "
            "(--leave-out-held-out)"
        )


def open_folder(out: Path, asked: Request) -> bool:
    """Prepare ``out`` for a run; True if it already holds this same run, finished.

    An unfinished run belongs to this process until it ends.

    Raises RunError if the folder holds anything else, naming it or the keys that differ, if another
    process trains in it, or if a link in it leads out of it. Raises WorkError when it cannot be
    written.
    """
    refuse_links_out(out)
    if _unused(out):
        _hold(out)
        write_request(out, asked)
        return False
    there = _requested(out)
    differing = differing_keys(_comparable(there), _comparable(asked))
    if differing:
        raise RunError(
            f"{out} has another training run ({'; '.join(differing)}); give another --out"
        )
    if (out / POLICY_FILE).is_file():
        return True
    _hold(out)
    return False


def as_requested(policy: Policy, out: Path) -> Policy:
    """The policy as in the training run in ``out``, which may have no default stop strings."""
    there = read_request(out) if policy.prompt.stop_by_default else None
    if there is None or there.prompt is None:
        return policy
    before = policy.prompt.without_default_stop()
    return replace(policy, prompt=before) if there.prompt.digest == before.digest else policy


def checkpoint(out: Path, step: int) -> Path:
    """The policy folder of one step."""
    return out / f"{CHECKPOINT}{step}"


def trained_policy(out: Path) -> Policy:
    """The policy in a finished folder, with the prompt it inherited."""
    return Policy(str(out), carried_prompt(out) or PromptSettings())


def write_policy_file(
    folder: Path, asked: Request, problems: Sequence[Problem], extra: Mapping[str, object]
) -> None:
    """Write the policy file: the settings, the result, and the package versions."""
    trained_on = [problem.id for problem in problems]
    packages = {name: version(name) for name in PACKAGES}
    write_policy(folder, asked, {**extra, "train_problem_ids": trained_on, "versions": packages})


def _unused(out: Path) -> bool:
    """Empty, or only what a run left that failed before its first row."""
    if not out.exists():
        return True
    names = {path.name for path in out.iterdir()} if out.is_dir() else {"a file"}
    left = (out / REQUEST_FILE, out / TRAINER / LOCK_FILE)
    return not names or (names == {TRAINER} and any(path.is_file() for path in left))


def _hold(out: Path) -> None:
    try:
        hold(out / TRAINER)
    except RunError as error:
        raise RunError(
            f"another process is training in {out}; wait until it ends, or choose another folder"
        ) from error


def _requested(out: Path) -> Request:
    there = read_request(out)
    if there is None:
        what = sorted(p.name for p in out.iterdir())[0] if out.is_dir() else "a file"
        raise RunError(f"{out} already contains something else ({what}); choose an empty folder")
    return there


def _comparable(asked: Request) -> dict[str, object]:
    """Without the paths: a digest identifies the weights, wherever they are.

    Also without the origin of the stop strings.
    """
    data = json.loads(json.dumps(asked.to_dict()))
    (data["prompt"] or {}).pop(BY_DEFAULT, None)
    for role in ("base", "teacher"):
        (data[role] or {}).pop("path", None)
    return dict(data)


def resumable(out: Path) -> Path | None:
    """The last state that every process has completely written, None if there is none.

    What was written after it is removed: rows of logs, checkpoints, incomplete states.
    """
    states = {_step(path): path for path in _states(out)}
    whole = [step for step, path in states.items() if _is_whole(path)]
    last = max(whole, default=0)
    for step, path in states.items():
        if step != last or not whole:
            remove(path)
    for name in (TRAINING_FILE, HELD_OUT_FILE):
        drop_rows_after(out / name, last if whole else -1)
    for path in _numbered(out):
        if _step(path) > last or not (path / POLICY_FILE).is_file():
            remove(path)
    return states[last] if whole else None


def step_of_state(state: Path | None) -> int:
    """The step a state was saved at; 0 where a run begins."""
    return _step(state) if state else 0


def mark_whole(state: Path, rank: int, count: int) -> None:
    """Note that this process, one of ``count``, has written all of its part of a state."""
    write_text("", state / MARK.format(rank=rank, count=count))


def drop_states(out: Path) -> None:
    """Remove all states: the run is finished, its policy file written."""
    (out / TRAINER / CARD).unlink(missing_ok=True)
    for state in _states(out):
        remove(state)


def _states(out: Path) -> list[Path]:
    return _numbered(out / TRAINER)


def _numbered(folder: Path) -> list[Path]:
    """What has a checkpoint's name; anything else there is not ours."""
    named = re.compile(rf"{CHECKPOINT}\d+", re.ASCII)
    return [path for path in folder.glob(f"{CHECKPOINT}*") if named.fullmatch(path.name)]


def _is_whole(state: Path) -> bool:
    marks = [path.name for path in state.glob(MARK.format(rank="*", count="*"))]
    return bool(marks) and len(marks) == int(marks[0].rpartition("-")[2])


def _step(path: Path) -> int:
    return int(path.name.rpartition("-")[2])
