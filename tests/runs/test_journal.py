"""Journals: one rule for a line that a kill cut short, in every reader, at every byte."""

import json
import shlex
import shutil
import subprocess

import pytest

import passgap
from passgap.data.journals import AuditMark, Call, HeldOutRow, TrainingRow
from passgap.data.policies import Policy, SamplingParams
from passgap.errors import RunError
from passgap.evidence.answers import training_of
from passgap.evidence.watching import watch_folder
from passgap.runs import Run, WatchLog
from passgap.runs.journal import append_row, drop_rows_after, read_journal
from passgap.show.page.gathering import page_data
from passgap.show.viewer.finding import find
from passgap.show.viewer.training import training_of as shown_training
from passgap.show.viewer.watched import Watches
from passgap.stages.sampling import sample
from passgap.training.folder import mark_whole, resumable

POINTS = [{"k": k, "value": 0.5, "low": 0.25, "high": 0.75} for k in (1, 2)]
WHOLE = 2  # rows before the one that is cut


def lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


TRAINING = lines({"step": s, "reward": 0.5, "completion_length": 8.0 * s} for s in (1, 2, 3))
HELD_OUT = lines({"step": s, "curve": POINTS, "entropy": None} for s in (0, 2, 3))


def cuts(data):
    """Every length that a kill can leave of the last line, from nothing to all but its newline."""
    return range(data.rindex(b"\n", 0, -1) + 1, len(data))


@pytest.fixture
def folder(tmp_path):
    """A training folder with a state at step 2 and one recorded step."""
    out = tmp_path / "policy"
    WatchLog(out / "watch", about={"group_size": 2}).append(
        0, {"problem_id": ["a", "a"], "status": ["correct", "incorrect"], "reward": [1.0, 0.0]}
    )
    about = {"algorithm": "grpo", "step": 3, "train_problem_ids": []}
    about |= {"config": {"prompts_per_step": 4, "group_size": 8}}
    (out / "passgap_policy.json").write_text(json.dumps(about))
    return out


@pytest.fixture
def run(folder, twenty, tmp_path):
    settings = {"sampling": SamplingParams(max_tokens=4), "engine": "fake"}
    run = sample(Policy(str(folder)), twenty, n=20, out=tmp_path / "run", **settings)
    passgap.verify(run)
    return run


@pytest.mark.parametrize(("data", "kind"), [(TRAINING, TrainingRow), (HELD_OUT, HeldOutRow)])
def test_a_line_counts_once_its_newline_is_there(tmp_path, data, kind):
    path = tmp_path / "journal.jsonl"
    for cut in cuts(data):
        path.write_bytes(data[:cut])
        assert len(read_journal(path, kind)) == WHOLE
    path.write_bytes(data)
    assert len(read_journal(path, kind)) == WHOLE + 1


def test_what_is_added_after_a_kill_stands_on_a_line_of_its_own(tmp_path):
    path = tmp_path / "journal.jsonl"
    for cut in cuts(TRAINING):
        path.write_bytes(TRAINING[:cut])
        append_row(path, TrainingRow(step=3, reward=float("nan")))
        assert [row.step for row in read_journal(path, TrainingRow)] == [1, 2, 3]
    assert json.loads(path.read_bytes().splitlines()[-1])["reward"] is None


def test_a_cut_line_longer_than_a_block_goes_too(tmp_path):
    path = tmp_path / "journal.jsonl"
    for torn in (b"x" * 200_000, b""):
        path.write_bytes(TRAINING + torn)
        append_row(path, TrainingRow(step=4))
        assert [row.step for row in read_journal(path, TrainingRow)] == [1, 2, 3, 4]
    path.write_bytes(b"x" * 200_000)
    append_row(path, TrainingRow(step=4))
    assert [row.step for row in read_journal(path, TrainingRow)] == [4]


@pytest.mark.slow
def test_every_reader_leaves_a_cut_line_out(folder, run):
    """Report, viewer, watch, and what the training drew: at every byte of the last line."""
    (found,) = [one for one in find(folder.parent).found if one.kind == "training"]
    watches = Watches()
    for data, name in ((TRAINING, "training.jsonl"), (HELD_OUT, "held_out.jsonl")):
        (folder / "training.jsonl").write_bytes(TRAINING)
        (folder / "held_out.jsonl").write_bytes(HELD_OUT)
        for cut in cuts(data):
            (folder / name).write_bytes(data[:cut])
            shown = shown_training(found, watches)
            kept = {
                "training.jsonl": len(shown.rows),
                "held_out.jsonl": len(shown.held_out),
            }
            assert kept[name] == WHOLE
            assert shown.state == "finished"
            drew = training_of(run).mean_tokens
            assert drew == (12.0 if name == "training.jsonl" else 16.0)
            assert watch_folder(folder).held_out
        page = page_data(run.path, run.path, title=None, command="")
        assert (len(page.training), len(page.held_out)) == (
            (WHOLE, WHOLE + 1) if name == "training.jsonl" else (WHOLE + 1, WHOLE)
        )
    watches.stop()


def test_a_resumed_training_logs_a_cut_line_again(tmp_path):
    whole = {2: True, 3: False}
    for step, is_whole in whole.items():
        state = tmp_path / "trainer" / f"checkpoint-{step}"
        state.mkdir(parents=True)
        if is_whole:
            mark_whole(state, 0, 1)
    for cut in cuts(TRAINING):
        (tmp_path / "training.jsonl").write_bytes(TRAINING[:cut])
        (tmp_path / "held_out.jsonl").write_bytes(HELD_OUT[: -(len(TRAINING) - cut) or None])
        assert resumable(tmp_path) == tmp_path / "trainer" / "checkpoint-2"
        steps = {
            name: [json.loads(line)["step"] for line in (tmp_path / name).read_text().splitlines()]
            for name in ("training.jsonl", "held_out.jsonl")
        }
        assert steps == {"training.jsonl": [1, 2], "held_out.jsonl": [0, 2]}


def test_keys_that_this_version_does_not_know_are_kept(tmp_path):
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b'{"step": 1, "mine": [1]}\n{"step": 2}\n')
    drop_rows_after(path, 1)
    assert path.read_bytes() == b'{"step": 1, "mine": [1]}\n'


@pytest.mark.parametrize("damage", [b"{", b"[]", b'{"step": "x"}', b"\xff", b'{"step": 2}{"st'])
def test_a_damaged_line_is_named_and_the_command_takes_it_out(tmp_path, damage):
    path = tmp_path / "my runs" / "training.jsonl"
    path.parent.mkdir()
    path.write_bytes(b'{"step": 1}\n' + damage + b'\n{"step": 3}\n')
    with pytest.raises(RunError, match=r"line 2 of .*training\.jsonl is damaged") as told:
        read_journal(path, TrainingRow)
    command = str(told.value).partition("remove it with: ")[2]
    subprocess.run(shlex.split(command), check=True)
    assert [row.step for row in read_journal(path, TrainingRow)] == [1, 3]


def test_a_report_names_the_damage_in_one_line(folder, run):
    (folder / "training.jsonl").write_bytes(b"{\n" + TRAINING)
    with pytest.raises(RunError, match=r"line 1 of .*training\.jsonl is damaged.*sed"):
        page_data(run.path, run.path, title=None, command="")


def test_a_runs_own_journals_follow_the_same_rule(run):
    digest = run.verifier_digest()
    run.set_audit_marks(digest, [AuditMark(problem_id=str(i), draw=i, mark="ok") for i in (1, 2)])
    run.log_call(Call(began="now"))
    assert len(run.calls()) == 2
    for name, rows in (("calls.jsonl", run.calls), (f"audits/{digest}.jsonl", None)):
        read = rows or (lambda: run.audit_marks(digest))
        data = (run.path / name).read_bytes()
        for cut in cuts(data):
            (run.path / name).write_bytes(data[:cut])
            assert len(read()) == 1
        (run.path / name).write_bytes(b"{\n" + data)
        with pytest.raises(RunError, match=f"line 1 of .*{name}"):
            read()


def test_a_journal_read_from_elsewhere_has_no_command_for_here(run, tmp_path):
    (run.path / "calls.jsonl").write_bytes(b"{\n")
    shutil.make_archive(str(tmp_path / "packed"), "zip", run.path)
    with pytest.raises(RunError, match="remove that line from the original file"):
        Run(f"zip://::{tmp_path / 'packed.zip'}").calls()
