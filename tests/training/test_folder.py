"""What is refused before a model is loaded, and what an out folder may already hold."""

import dataclasses
import json
import subprocess
import sys

import pytest

from passgap.data.policies import Policy, PromptSettings
from passgap.data.problems import ProblemSet
from passgap.errors import MismatchError, RunError, UsageError
from passgap.runs.names import HELD_OUT_FILE, POLICY_FILE, TRAINING_FILE
from passgap.runs.policy import Request, Weights, read_request
from passgap.training.config import TrainConfig
from passgap.training.folder import mark_whole, open_folder, resumable
from passgap.training.run import train

CONFIG = TrainConfig(max_tokens=4, group_size=2, prompts_per_step=2, steps=1, device="cpu")


@pytest.fixture(autouse=True)
def no_model(monkeypatch):
    def load(*args, **kwargs):
        raise AssertionError("a model was loaded")

    monkeypatch.setattr("passgap.training.runtime.load_model", load)


def test_held_out_problems_that_are_trained_on(base, train_set, tmp_path):
    overlap = ProblemSet.of("h", [*train_set.problems[:2]])
    with pytest.raises(MismatchError, match="2 of the 2 held-out") as error:
        train(base, train_set, tmp_path / "o", config=CONFIG, held_out=overlap)
    assert overlap.problems[0].id in str(error.value)
    assert not (tmp_path / "o").exists()


def test_fewer_problems_than_prompts_a_step(base, train_set, tmp_path):
    config = TrainConfig(max_tokens=4, prompts_per_step=5, group_size=2)
    with pytest.raises(UsageError, match=r"prompts_per_step is 5, but train has only 4 problems"):
        train(base, train_set, tmp_path / "o", config=config)


def test_a_teacher_goes_with_distill_only(base, train_set, tmp_path):
    with pytest.raises(
        UsageError, match="a teacher is required with distill and allowed only with it"
    ):
        train(base, train_set, tmp_path / "o", config=CONFIG, teacher=base)
    distill = TrainConfig(max_tokens=4, algorithm="distill")
    with pytest.raises(UsageError, match="the teacher is None"):
        train(base, train_set, tmp_path / "o", config=distill)


def test_a_policy_that_is_not_there(train_set, tmp_path):
    with pytest.raises(UsageError, match="not found"):
        train(Policy(str(tmp_path / "nowhere")), train_set, tmp_path / "o", config=CONFIG)


def test_a_gpu_that_is_not_there_leaves_no_folder(base, train_set, tmp_path, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    config = TrainConfig(max_tokens=4, group_size=2, prompts_per_step=2, device="cuda")
    with pytest.raises(UsageError, match="torch sees no GPU; allowed here: cpu, auto"):
        train(base, train_set, tmp_path / "o", config=config)
    assert not (tmp_path / "o").exists()


def test_processes_take_whole_groups(base, train_set, tmp_path, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "3")
    with pytest.raises(UsageError, match=r"prompts_per_step is 2; allowed: a multiple of the 3"):
        train(base, train_set, tmp_path / "o", config=CONFIG)
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("name", ["ACCELERATE_USE_FSDP", "ACCELERATE_USE_DEEPSPEED"])
def test_weights_in_pieces_are_refused(base, train_set, tmp_path, monkeypatch, name):
    monkeypatch.setenv(name, "true")
    with pytest.raises(
        UsageError, match=f"{name} is set, which shards the weights; allowed: whole weights"
    ):
        train(base, train_set, tmp_path / "o", config=CONFIG)


def test_a_tracker_that_is_not_installed(base, train_set, tmp_path):
    config = dataclasses.replace(CONFIG, report_to=("nonsense",))
    told = r"report_to is nonsense; allowed with the installed packages: .*tensorboard"
    with pytest.raises(UsageError, match=told):
        train(base, train_set, tmp_path / "o", config=config)
    assert not (tmp_path / "o").exists()


def test_vllm_needs_a_gpu(base, train_set, tmp_path):
    config = dataclasses.replace(CONFIG, generation="vllm")
    with pytest.raises(UsageError, match="generation is 'vllm', but the device is cpu"):
        train(base, train_set, tmp_path / "o", config=config)
    assert not (tmp_path / "o").exists()


def test_rloo_cannot_stop_at_strings(base, train_set, tmp_path):
    config = dataclasses.replace(CONFIG, algorithm="rloo")
    stopping = dataclasses.replace(base, prompt=PromptSettings(stop=("c",)))
    with pytest.raises(UsageError, match=r"stop is \['c'\]; allowed with rloo: none"):
        train(stopping, train_set, tmp_path / "o", config=config)


def test_a_folder_that_holds_something_else(base, train_set, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(RunError, match=r"already contains something else \(notes.txt\)"):
        train(base, train_set, tmp_path, config=CONFIG)
    assert (tmp_path / "notes.txt").read_text() == "mine"


ASKED = Request(base=Weights("b", weights_digest="1"), config={"steps": 5})
OTHER = Request(base=ASKED.base, config={"steps": 9})


def test_a_finished_run_is_kept(tmp_path):
    assert not open_folder(tmp_path, ASKED)
    (tmp_path / POLICY_FILE).write_text("{}")
    elsewhere = Request(base=Weights("moved", weights_digest="1"), config=ASKED.config)
    assert open_folder(tmp_path, elsewhere), "the same weights at another place"


def state(out, step, ranks=1, count=1):
    folder = out / "trainer" / f"checkpoint-{step}"
    folder.mkdir(parents=True)
    for rank in range(ranks):
        mark_whole(folder, rank, count)
    return folder


def log(out, name, steps, torn=""):
    (out / name).write_text("".join(f'{{"step": {step}}}\n' for step in steps) + torn)


def steps(out, name):
    return [json.loads(line)["step"] for line in (out / name).read_text().splitlines()]


def test_an_interrupted_run_goes_on_from_its_last_whole_state(tmp_path):
    assert not open_folder(tmp_path, ASKED)
    log(tmp_path, TRAINING_FILE, range(1, 8), torn='{"step": 8, "rew')
    log(tmp_path, HELD_OUT_FILE, [0, 4, 6])
    state(tmp_path, 2)
    state(tmp_path, 4)
    torn = state(tmp_path, 6, ranks=0)
    for step, whole in ((2, True), (4, False), (6, True)):
        (tmp_path / f"checkpoint-{step}").mkdir()
        if whole:
            (tmp_path / f"checkpoint-{step}" / POLICY_FILE).write_text("{}")
    assert not open_folder(tmp_path, ASKED)
    assert resumable(tmp_path) == tmp_path / "trainer" / "checkpoint-4"
    assert not torn.exists()
    assert steps(tmp_path, TRAINING_FILE) == [1, 2, 3, 4]
    assert steps(tmp_path, HELD_OUT_FILE) == [0, 4]
    assert [path.name for path in tmp_path.glob("checkpoint-*")] == ["checkpoint-2"]


def test_a_state_is_whole_when_every_process_says_so(tmp_path):
    open_folder(tmp_path, ASKED)
    state(tmp_path, 2, ranks=2, count=2)
    state(tmp_path, 4, ranks=1, count=2)
    assert resumable(tmp_path) == tmp_path / "trainer" / "checkpoint-2"


def test_another_number_of_processes_goes_on_from_the_same_state(tmp_path):
    open_folder(tmp_path, ASKED)
    there = state(tmp_path, 2, ranks=2, count=2)
    assert resumable(tmp_path) == there


HOLDER = """
import msgspec, sys
from pathlib import Path
from passgap.runs.policy import Request
from passgap.training.folder import open_folder
open_folder(Path(sys.argv[1]), msgspec.json.decode(sys.argv[2], type=Request))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("begun", [False, True])
def test_a_second_training_in_the_same_folder_changes_nothing(tmp_path, begun):
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "o"), json.dumps(ASKED.to_dict())]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"held\n"
        if begun:
            log(tmp_path / "o", TRAINING_FILE, [1])
        asked = ASKED if begun else OTHER
        with pytest.raises(RunError, match=r"another process is training in .*wait until it ends"):
            open_folder(tmp_path / "o", asked)
        assert read_request(tmp_path / "o") == ASKED
        other.stdin.close()
    assert not open_folder(tmp_path / "o", asked)


def test_without_a_state_an_interrupted_run_begins_again(tmp_path):
    open_folder(tmp_path, ASKED)
    log(tmp_path, TRAINING_FILE, [1])
    log(tmp_path, HELD_OUT_FILE, [0])
    assert resumable(tmp_path) is None
    assert steps(tmp_path, TRAINING_FILE) == steps(tmp_path, HELD_OUT_FILE) == []


def test_another_run_is_refused_with_what_differs(tmp_path):
    open_folder(tmp_path, ASKED)
    (tmp_path / TRAINING_FILE).write_text('{"step": 1}\n')
    with pytest.raises(RunError, match=r"config.steps: 5 there, 9 requested"):
        open_folder(tmp_path, OTHER)


def test_a_run_that_failed_before_its_first_step_does_not_bind(tmp_path):
    open_folder(tmp_path, ASKED)
    assert not open_folder(tmp_path, OTHER)
    assert read_request(tmp_path) == OTHER
