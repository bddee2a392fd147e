"""Folders from anywhere that are no runs: trainings, selections, policies, audits, scores.

Each attack is: a whole folder, one harm to one of its files, one command. It ends within seconds
with 0, 1 or 2 and at most one line on standard error, and no file of the user is changed.
"""

import json
import os
import shlex
import shutil
import signal
import subprocess
from contextlib import contextmanager

import polars as pl
import pytest
from commands import run as passgap
from harms import HARMS, circle, dangling, folder, pipe

from passgap.data.journals import HeldOutRow, TrainingRow
from passgap.errors import PassgapError
from passgap.lab import lab_policy_path
from passgap.runs import Run, WatchLog
from passgap.runs.journal import append_row
from passgap.runs.names import HELD_OUT_FILE, REQUEST_FILE, TRAINING_FILE
from passgap.runs.policy import Request, write_policy, write_request
from passgap.training.folder import drop_states, mark_whole, open_folder, resumable

pytestmark = pytest.mark.slow

LONGEST = 60  # seconds: far more than a command takes
ASKED = Request(algorithm="grpo", config={"steps": 4})


@contextmanager
def ends():
    """A pipe that is waited for is an error, not a hang."""

    def late(*_):
        raise TimeoutError(f"did not end within {LONGEST} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(LONGEST)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A verified run with audit marks, a selection of it, a training, a policy."""
    root = tmp_path_factory.mktemp("whole")
    rows = [{"question": f"What is {i}?", "answer": str(i), "verifier": "exact"} for i in range(40)]
    write(root / "p.jsonl", rows)
    write(root / "held.jsonl", [{**row, "question": f"And {row['question']}"} for row in rows])
    sampled = ("sample", "fake", root / "p.jsonl", "-n", 12, "--engine", "fake")
    for typed in (
        (*sampled, "--out", root / "run"),
        (*sampled, "--first-draw", 12, "--out", root / "other"),
        ("verify", root / "run"),
        ("select", root / "run", "--size", 16, "--out", root / "teach"),
        ("audit", root / "run", "--sheet", root / "sheet.csv"),
    ):
        assert passgap(*typed).returncode == 0
    sheet = pl.read_csv(root / "sheet.csv", infer_schema=False)
    sheet.with_columns(mark=pl.lit("right")).write_csv(root / "sheet.csv")
    assert passgap("audit", root / "run", "--marks", root / "sheet.csv").returncode == 0
    train(root / "training", Run(root / "run").problem_ids[:4])
    shutil.copytree(lab_policy_path("base"), root / "policy")
    return root


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def train(out, ids):
    """What a training that is not finished leaves."""
    write_request(out, ASKED)
    for step in range(1, 5):
        append_row(out / TRAINING_FILE, TrainingRow(step=step, reward=0.5))
        append_row(out / HELD_OUT_FILE, HeldOutRow(step=step, draws=2, problems=4))
    log = WatchLog(out / "watch", about={"step": "trainer", "group_size": 2})
    for step in range(4):
        log.append(step, {"problem_id": ids * 2, "status": ["correct", "incorrect"] * len(ids)})
    for step in (2, 4):
        (out / "trainer" / f"checkpoint-{step}").mkdir()
        mark_whole(out / "trainer" / f"checkpoint-{step}", 0, 1)
        write_policy(out / f"checkpoint-{step}", ASKED, {"step": step})


def job(trainer):
    return lambda root: (
        "export", trainer, root / "teach", "--policy", root / "policy",
        "--held-out", root / "held.jsonl", "--out", root / "job",
    )  # fmt: skip


WATCH = ("watch", "training")
ATTACKS = {
    "verl": (job("verl"), ("teach/select.json", "teach/train.jsonl")),
    "trl": (job("trl"), ("teach/select.json", "teach/train.jsonl")),
    "openrlhf": (
        job("openrlhf"),
        ("teach/select.json", "policy/tokenizer.json", "policy/tokenizer_config.json"),
    ),
    "watch": (
        lambda root: ("watch", root / "training"),
        (f"training/{HELD_OUT_FILE}", f"training/{REQUEST_FILE}", "training/watch/about.json",
         "training/watch/rank-00000/part-0000000000-0000000000.parquet"),
    ),
    "audit": (lambda root: ("audit", root / "run"), ("run/audits/*.jsonl",)),
    "marks": (
        lambda root: ("audit", root / "run", "--marks", root / "sheet.csv"),
        ("run/audits/*.jsonl", "sheet.csv"),
    ),
    "select": (
        lambda root: ("select", root / "run", "--size", 16, "--out", root / "new"),
        ("run/completions/part-*", "run/outcomes/*/part-*", "run/problems.parquet"),
    ),
    "scorio": (
        lambda root: ("export", "scorio", root / "run", "--out", root / "new.npy"),
        ("run/outcomes/*/part-*",),
    ),
    "latex": (lambda root: ("probe", root / "run", "--latex"), ("run/audits/*.jsonl",)),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_any_harm_to_any_file_is_one_line(name, whole, tmp_path):
    typed, files = ATTACKS[name]
    for file in files:
        for number, harm in enumerate(HARMS):
            if file == "sheet.csv" and harm is pipe:
                continue  # what is typed may be one: --marks <(command)
            root = tmp_path / f"{files.index(file)}-{number}"
            shutil.copytree(whole, root)
            (place,) = root.glob(file)
            try:
                harm(place)
            except (ValueError, KeyError, pl.exceptions.PolarsError):
                continue  # a table without this column
            with ends():
                result = passgap(*typed(root))
            told = (file, harm.__name__, result.stderr)
            assert result.returncode in (0, 1, 2), told
            said = [x for x in result.stderr.splitlines() if x.startswith("passgap: ")]
            assert len(said) == (result.returncode != 0), told
            assert "Traceback" not in result.stderr, told
            assert not list(root.rglob("*.tmp")), told


def test_a_training_goes_on_beside_strange_names(whole, tmp_path):
    out, mine = tmp_path / "training", tmp_path / "training" / "mine"
    shutil.copytree(whole / "training", out)
    mine.mkdir()
    (mine / "precious").write_text("mine")
    for place in (out, out / "trainer"):
        (place / "checkpoint-best").mkdir()
        (place / "checkpoint-7").symlink_to(mine)
        os.mkfifo(place / "checkpoint-9")
    with ends():
        assert not open_folder(out, ASKED)
        assert resumable(out).name == "checkpoint-4"
        drop_states(out)
    assert (mine / "precious").read_text() == "mine"
    assert {path.name for path in out.glob("checkpoint-*")} == {
        "checkpoint-2",
        "checkpoint-4",
        "checkpoint-best",
    }


@pytest.mark.parametrize("name", [TRAINING_FILE, HELD_OUT_FILE])
@pytest.mark.parametrize("harm", [pipe, folder, dangling, circle])
def test_a_journal_that_is_no_file_is_told(name, harm, whole, tmp_path):
    shutil.copytree(whole / "training", tmp_path / "training")
    harm(tmp_path / "training" / name)
    with ends(), pytest.raises(PassgapError, match=name):
        append_row(tmp_path / "training" / name, TrainingRow(step=5))


OUTPUTS = {
    "report": lambda root, out: ("report", root / "run", "--out", out),
    "counts": lambda root, out: ("export", "counts", root / "run", "--out", f"{out}.csv"),
    "scorio": lambda root, out: ("export", "scorio", root / "run", "--out", f"{out}.npy"),
    "sheet": lambda root, out: ("audit", root / "run", "--sheet", out),
    "select": lambda root, out: ("select", root / "run", "--size", 16, "--out", out),
    "dataset": lambda root, out: ("export", "dataset", root / "run", "--out", out),
    "trl": lambda root, out: (*job("trl")(root)[:-1], out),
    "import": lambda root, out: ("import", root / "log.jsonl", "--out", out),
    "merge": lambda root, out: ("merge", root / "run", root / "other", "--out", out),
    "sample": lambda root, out: (
        "sample", "fake", root / "p.jsonl", "--engine", "fake", "-n", 2, "--out", out,
    ),
}  # fmt: skip
FILES = ("report", "counts", "scorio", "sheet")


@pytest.mark.parametrize("command", OUTPUTS)
def test_what_is_in_the_place_of_an_output_is_kept(command, whole, tmp_path):
    """A pipe, a folder with a file, links to them and to nothing: no hang, nothing emptied."""
    row = {"problem_id": "q", "question": "Which?", "answer": "1", "correct": 1, "completion": "1"}
    write(whole / "log.jsonl", [row])
    precious = tmp_path / "mine" / "precious"
    precious.parent.mkdir()
    precious.write_text("mine")
    os.mkfifo(tmp_path / "pipe")
    suffix = {"counts": ".csv", "scorio": ".npy"}.get(command, "")
    for target in (tmp_path / "pipe", precious.parent, precious, tmp_path / "nothing"):
        out = tmp_path / f"to-{target.name}"
        out.with_name(out.name + suffix).symlink_to(target)
        with ends():
            result = passgap(*OUTPUTS[command](whole, out))
        assert "Traceback" not in result.stderr, target
        assert precious.read_text() == "mine"
        assert {path.name for path in precious.parent.iterdir()} == {"precious"}
        assert not (tmp_path / "nothing").exists() or command not in FILES
        if target.name in ("pipe", "mine"):
            assert result.returncode in (1, 2), target
            assert str(out) in result.stderr


def test_what_has_the_name_of_an_imports_leftovers_is_removed_and_not_followed(whole, tmp_path):
    row = {"problem_id": "q", "question": "Which?", "answer": "1", "correct": 1, "completion": "1"}
    write(tmp_path / "log.jsonl", [row])
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "precious").write_text("mine")
    out = tmp_path / "run"
    out.mkdir()
    (out / "sorting-a.tmp").symlink_to(tmp_path / "mine")
    (out / "sorting-b.tmp").mkdir()
    os.mkfifo(out / "sorting-c.tmp")
    with ends():
        result = passgap("import", tmp_path / "log.jsonl", "--out", out)
    assert result.returncode == 0, result.stderr
    assert not list(out.glob("sorting-*"))
    assert (tmp_path / "mine" / "precious").read_text() == "mine"


def exact(result):
    """What was printed, without the numbers that the batches of a scoring round differently."""
    return json.loads(result.stdout, parse_float=lambda _: 0.0)


def test_scores_are_computed_again_by_the_command_that_is_named(tmp_path):
    pytest.importorskip("transformers", reason="needs passgap[lm]")
    for name in ("base", "teacher"):
        typed = ("sample", f"lab:{name}", "lab:rare?size=6", "-n", 16, "--out", tmp_path / name)
        assert passgap(*typed).returncode == 0
        assert passgap("verify", tmp_path / name).returncode == 0
    typed = ("reach", tmp_path / "base", tmp_path / "teacher", "--json")
    whole = passgap(*typed)
    assert whole.returncode == 0, whole.stderr
    for harm in HARMS:
        place = min((tmp_path / "teacher" / "logprobs").rglob("part-*"))
        harm(place)
        with ends():
            told = passgap(*typed)
        if told.returncode == 0:  # it was scored again at once
            assert exact(told) == exact(whole), harm
            continue
        assert told.returncode == 2, (harm, told.stderr)
        command = shlex.split(told.stderr.strip().rpartition("after: ")[2])
        assert command[:2] == ["rm", "-r"], (harm, told.stderr)
        subprocess.run(command, check=True)
        again = passgap(*typed)
        assert exact(again) == exact(whole), (harm, again.stderr)
