"""Dashboards get each step once, under the documented names, and it is there when read back."""

import json
import re
import struct
import time
from pathlib import Path
from typing import ClassVar

import pytest
from commands import run
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from wandb.proto.wandb_internal_pb2 import Record

import passgap
from passgap.data.journals import CurvePoint, HeldOutRow
from passgap.errors import MissingExtraError, RunError, UsageError
from passgap.evidence import watching
from passgap.evidence.watching import watch_folder
from passgap.show.dashboards import NAMES, TRACKERS, Sender, numbers, settled
from passgap.show.dashboards.sending import FILE
from passgap.show.dashboards.trackers import Tracker

DOCS = Path(passgap.__file__).parents[2] / "docs"
STEPS = 6


def record(folder, steps):
    watch = passgap.Watch(folder, group_size=4)
    for step in steps:
        ids = [f"p{i}" for i in range(5) for _ in range(4)]
        watch.record(
            step=step,
            problem_id=ids,
            status=["correct" if i % (9 - step) == 0 else "incorrect" for i in range(20)],
            tokens=[10 + i for i in range(20)],
            reward=[i / 20 for i in range(20)],
            finish_reason=["length" if i == 3 else "stop" for i in range(20)],
        )


@pytest.fixture
def folder(tmp_path):
    record(tmp_path / "out" / "watch", range(STEPS))
    return tmp_path / "out"


def by_step(folder):
    return watch_folder(folder, every=1)


class Kept(Tracker):
    package = "json"
    opened: ClassVar[list] = []
    logged: ClassVar[list] = []

    def __init__(self, folder, run, kept):
        self.run = run or kept or "new"
        self.opened.append((folder.name, run, kept))

    def log(self, step, numbers):
        self.logged.append(step)

    def close(self):
        self.logged.append("closed")


@pytest.fixture
def kept(monkeypatch):
    monkeypatch.setattr(Kept, "opened", [])
    monkeypatch.setattr(Kept, "logged", [])
    monkeypatch.setitem(TRACKERS, "kept", Kept)
    return Kept


def test_the_names_and_values(folder):
    result = by_step(folder)
    row = HeldOutRow(step=2, curve=(CurvePoint(k=4, value=0.5),), entropy=1.5)
    found = numbers(result, [row])
    assert list(found) == list(range(STEPS))
    span = result.steps[2]
    assert found[2]["passgap/solved"] == span.solved.value
    assert found[2]["passgap/groups_mixed"] == span.mixed.value
    assert found[2]["passgap/held_out/pass_at_4"] == 0.5
    assert found[2]["passgap/held_out/entropy"] == 1.5
    assert found[STEPS - 1]["passgap/warnings"] == len(result.warnings)
    some = numbers(result, [row], last=3)
    assert list(some) == [0, 1, 2, 3]
    assert some[3]["passgap/warnings"] == len(result.warnings)
    assert numbers(result, last=-1) == {}
    given = {re.sub(r"_at_\d+$", "_at_K", name.removeprefix("passgap/")) for name in found[2]}
    assert given <= set(NAMES)


def test_each_step_is_sent_once_and_the_last_one_when_it_is_complete(folder, kept):
    sender = Sender(["kept"])
    result = by_step(folder)
    sender.send(folder / "watch", numbers(result, last=settled(result)))
    assert kept.logged == list(range(STEPS - 1))
    record(folder / "watch", [STEPS])
    again = Sender(["kept"])  # as another process would
    again.send(folder / "watch", numbers(by_step(folder)))
    again.close()
    assert kept.logged[STEPS - 1 :] == [STEPS - 1, STEPS, "closed"]
    assert kept.opened == [("out", "", ""), ("out", "", "new")]


def test_nothing_is_opened_where_nothing_is_new(folder, kept):
    found = numbers(by_step(folder))
    Sender(["kept"]).send(folder / "watch", found)
    Sender(["kept"]).send(folder / "watch", found)
    assert len(kept.opened) == 1


def test_runs_that_are_named_are_apart(folder, kept):
    sender = Sender(["kept", "kept:mine"])
    sender.send(folder / "watch", numbers(by_step(folder)))
    assert kept.opened == [("out", "", ""), ("out", "mine", "")]
    assert set(json.loads((folder / "watch" / FILE).read_text())["sent"]) == {"kept", "kept:mine"}


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (["excel"], "--to 'excel'; allowed: wandb, mlflow, tensorboard, trackio, or NAME:RUN"),
        (["wandb", "wandb"], "--to wandb is given twice"),
    ],
)
def test_what_is_not_a_dashboard_is_refused(asked, told):
    with pytest.raises(UsageError, match=re.escape(told)):
        Sender(asked)


def test_a_library_that_is_missing_is_named(kept, monkeypatch):
    monkeypatch.setattr(Kept, "package", "no_such_library")
    with pytest.raises(MissingExtraError, match=r"pip install 'passgap\[dashboards\]'"):
        Sender(["kept"])


@pytest.mark.parametrize("name", [f"watch/{FILE}", "tensorboard"])
def test_no_link_of_the_folder_is_followed(folder, tmp_path, name):
    (tmp_path / "mine").mkdir()
    (folder / name).symlink_to(tmp_path / "mine")
    with pytest.raises(RunError, match="link"):
        Sender(["tensorboard"]).send(folder / "watch", numbers(by_step(folder)))
    assert not list((tmp_path / "mine").iterdir())


def test_tensorboard_reads_the_same_numbers(folder):
    done = run("watch", folder, "--to", "tensorboard")
    assert done.returncode == 0, done.stderr
    events = EventAccumulator(str(folder / "tensorboard"))
    events.Reload()
    expected = numbers(by_step(folder))
    assert set(events.Tags()["tensors"]) == set().union(*expected.values())
    for name in ("passgap/solved", "passgap/tokens"):
        read = {one.step: one.tensor_proto.float_val[0] for one in events.Tensors(name)}
        assert read == pytest.approx({step: values[name] for step, values in expected.items()})
    assert str(folder) not in (folder / "watch" / FILE).read_text()


@pytest.mark.slow
def test_wandb_reads_the_same_numbers(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_DIR", str(tmp_path))
    monkeypatch.setenv("WANDB_SILENT", "true")
    sender = Sender(["wandb"])
    expected = numbers(by_step(folder))
    sender.send(folder / "watch", expected)
    sender.close()
    (written,) = tmp_path.glob("wandb/offline-run-*/*.wandb")
    deadline = time.monotonic() + 60  # W&B's own process writes the file
    while len(rows := list(history(written))) < len(expected) and time.monotonic() < deadline:
        time.sleep(0.2)
    read = {row.pop("passgap/step"): row for row in rows}
    assert read == {step: dict(values) for step, values in expected.items()}


def history(path):
    """The rows that a W&B run of a file holds, without those of W&B itself."""
    for data in records(path.read_bytes()):
        record = Record()
        record.ParseFromString(data)
        if record.history.item:
            row = {"".join(i.nested_key) or i.key: i.value_json for i in record.history.item}
            yield {k: json.loads(v) for k, v in row.items() if k.startswith("passgap/")}


def records(data, block=1 << 15):
    """What a LevelDB log holds, after W&B's own header of 7 bytes: pieces of blocks, joined."""
    at, whole = 7, b""
    while at + 7 <= len(data):
        if block - at % block < 7:
            at += block - at % block
            continue
        _, length, kind = struct.unpack("<IHB", data[at : at + 7])
        whole += data[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):  # a whole record, or its last piece
            yield whole
            whole = b""


def test_what_follow_sees_is_sent_while_it_runs(folder, kept, monkeypatch):
    looks = []

    def follow(*_, **__):
        for step in range(STEPS, STEPS + 2):
            yield by_step(folder)
            looks.append(list(kept.logged))
            record(folder / "watch", [step])

    monkeypatch.setattr(watching, "follow", follow)
    done = run("watch", folder, "--follow", "--to", "kept")
    assert done.returncode == 0, done.stderr
    assert looks == [list(range(STEPS - 1)), list(range(STEPS))]
    assert kept.logged == [*range(STEPS + 2), "closed"]


def test_the_page_has_every_name():
    page = (DOCS / "trainers" / "dashboards.md").read_text()
    told = dict(re.findall(r"^\| `([\w/]+)` \| (.*) \|$", page, flags=re.M))
    assert {name: told.get(name) for name in NAMES} == dict(NAMES)
