"""A folder that somebody else made: nothing is written through its links or out of it."""

import json
import os
import shlex
import shutil
import subprocess

import pytest

from passgap.data.journals import AuditMark, Call, TrainingRow
from passgap.data.outcomes import Outcome
from passgap.data.policies import Policy, SamplingParams
from passgap.errors import PassgapError, RunError
from passgap.runs import Run, WatchLog, merge, write_text
from passgap.runs.journal import append_row
from passgap.runs.outcomes import OutcomesAbout
from passgap.runs.policy import Request
from passgap.stages.sampling import sample
from passgap.stages.verifying import verify
from passgap.training.folder import open_folder

ROWS = {"problem_id": ["a"], "status": ["correct"]}


@pytest.fixture
def mine(tmp_path):
    """A folder of the user that no write may reach."""
    folder = tmp_path / "mine"
    (folder / "deep").mkdir(parents=True)
    (folder / "precious").write_text("mine")
    for name in ("part-00000-000000.parquet", "README.md", ".old.tmp"):
        (folder / "deep" / name).write_text("mine")
        (folder / name).write_text("mine")
    return folder


@pytest.fixture
def untouched(mine):
    """Compares the user's folder before and after."""
    before = {path: path.read_text() for path in mine.rglob("*") if path.is_file()}
    yield
    assert {path: path.read_text() for path in mine.rglob("*") if path.is_file()} == before


@pytest.fixture
def run(twenty, tmp_path):
    return draw(twenty, tmp_path / "run")


def draw(problems, out, **more):
    settings = {"sampling": SamplingParams(max_tokens=4), "engine": "fake", "block_size": 8}
    return sample(Policy("p"), problems, n=4, out=out, **settings | more)


def link(place, target):
    """Put a link in the place of whatever is there."""
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(target)


# -- runs


def test_a_lock_that_is_a_link_empties_no_file(run, mine, untouched):
    link(run.path / "writer.lock", mine / "precious")
    with pytest.raises(RunError, match=r"writer\.lock is a link"), run.writing():
        pass


def test_a_dangling_link_makes_no_file(run, mine, untouched):
    link(run.path / "writer.lock", mine / "new")
    with pytest.raises(RunError, match="is a link"):
        verify(run)


@pytest.mark.parametrize("name", ["manifest.json", "problems.parquet"])
def test_a_run_is_not_begun_through_links(twenty, tmp_path, mine, untouched, name):
    out = tmp_path / "run"
    link(out / name, mine / "new")
    with pytest.raises(PassgapError):
        draw(twenty, out)


WRITES = {
    "completions": lambda run, name: run.reject(name),
    "outcomes": lambda run, name: run.set_verifier_digest("ab" * 8),
    "outcomes/abababababababab": lambda run, name: run.set_outcomes_about(
        "ab" * 8, OutcomesAbout(faults={})
    ),
    "outcomes/abababababababab/about.json": lambda run, name: run.set_outcomes_about(
        "ab" * 8, OutcomesAbout(faults={})
    ),
    "outcomes/latest": lambda run, name: run.set_verifier_digest("ab" * 8),
    "audits": lambda run, name: run.set_audit_marks("ab" * 8, [mark()]),
    "audits/abababababababab.jsonl": lambda run, name: run.set_audit_marks("ab" * 8, [mark()]),
    "calls.jsonl": lambda run, name: run.log_call(Call()),
    "logprobs": lambda run, name: run.add_logprobs("cd" * 8, name, [("a", 0, -1.0)]),
    "logprobs/cdcdcdcdcdcdcdcd": lambda run, name: run.add_logprobs(
        "cd" * 8, name, [("a", 0, -1.0)]
    ),
    "outcomes/efefefefefefefef": lambda run, name: run.add_outcomes(
        "ef" * 8, name, [("a", 0, Outcome("correct"))]
    ),
}


def mark():
    return AuditMark(problem_id="a", draw=0, mark="right")


@pytest.mark.parametrize("place", WRITES)
def test_no_write_of_a_run_follows_a_link(run, mine, untouched, place):
    name = run.completion_names()[0]
    link(run.path / place, mine / "precious" if "." in place or "latest" in place else mine)
    with pytest.raises(RunError, match=r"is a link.*cp -rL"):
        WRITES[place](run, name)


def test_the_command_that_is_told_makes_a_copy_that_works(run, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    shutil.move(run.path / "completions", elsewhere)
    link(run.path / "completions", elsewhere)
    with pytest.raises(RunError) as told:
        run.reject(run.completion_names()[0])
    subprocess.run(shlex.split(str(told.value).partition("(")[2].partition(")")[0]), check=True)
    copy = Run(f"{run.path}-copy")
    copy.reject(copy.completion_names()[0])
    assert len(list(elsewhere.iterdir())) == len(run.blocks)


def test_a_link_in_place_of_outcomes_loses_no_file(run, twenty, mine, untouched):
    verify(run)
    shard = run.path / "completions" / run.completion_names()[0]
    shard.unlink()
    assert (mine / "deep" / shard.name).is_file(), "what drawing again would remove"
    shutil.rmtree(run.path / "outcomes" / run.verifier_digest())
    link(run.path / "outcomes" / run.verifier_digest(), mine / "deep")
    with pytest.raises(RunError, match="is a link"):
        draw(twenty, run.path)


def test_what_a_kill_left_is_not_looked_for_behind_links(run, mine, untouched):
    link(run.path / "more", mine)
    (run.path / ".a-folder.tmp").mkdir()
    (run.path / ".torn.tmp").touch()
    with run.writing():
        assert not (run.path / ".torn.tmp").exists()


def test_a_temporary_file_laid_as_a_link_is_not_written_through(tmp_path, mine, untouched):
    laid = tmp_path / f".file.{os.getpid()}.tmp"
    laid.symlink_to(mine / "precious")
    write_text("new", tmp_path / "file")
    assert (tmp_path / "file").read_text() == "new"


@pytest.mark.parametrize("name", ["latest", "reasoning"])
@pytest.mark.parametrize("text", ["../../mine", "/etc", "", "a/b", "AB" * 8, "\x1b[2J"])
def test_outcomes_are_named_by_digests_only(run, name, text):
    (run.path / "outcomes").mkdir()
    (run.path / "outcomes" / name).write_text(text)
    with pytest.raises(RunError, match=r"not a digest.*: rm .*outcomes/\w+ && passgap verify"):
        run.verifier_digest() if name == "latest" else run.reasoning_digest()


def test_a_run_without_its_bad_name_is_verified_again(run):
    (run.path / "outcomes").mkdir()
    (run.path / "outcomes" / "latest").write_text("../../mine")
    with pytest.raises(RunError) as told:
        run.verifier_digest()
    remove = str(told.value).partition("again: ")[2].partition(" && ")[0]
    subprocess.run(shlex.split(remove), check=True)
    assert verify(run) == run.verifier_digest()


@pytest.mark.parametrize("digest", ["../../mine", "..", "", "/tmp", "a\0b"])
def test_a_name_that_leads_out_is_refused(run, digest, untouched):
    with pytest.raises(RunError, match="is not a valid file name"):
        run.set_outcomes_about(digest, OutcomesAbout())


def test_a_merge_does_not_write_through_links(twenty, tmp_path, mine, untouched):
    parts = [draw(twenty, tmp_path / f"m{i}", first_draw=4 * i) for i in range(2)]
    merged = merge(parts, tmp_path / "all")
    link(merged.path / "completions", mine)
    with pytest.raises(RunError, match="is a link"):
        merge(parts, tmp_path / "all")


HUGE = {"first_draw": 0, "draws": 10**15, "block_problems": 1, "block_draws": 1, "problems": None}


@pytest.mark.parametrize(
    "values",
    [
        {"rounds": [HUGE]},
        {"rounds": [HUGE | {"draws": 4, "block_draws": 0}]},
        {"rounds": [HUGE | {"draws": 4, "problems": [20]}]},
        {"rounds": [HUGE | {"draws": 4, "first_draw": "../../x"}]},
        {"rounds": 3},
        {"policy": {"path": 3}},
        {"sampling": {}},
        {"prompt": None},
        {"n": "many"},
        {"more": 1},
    ],
)
def test_a_manifest_that_cannot_be_is_refused_by_every_reader(run, values):
    file = run.path / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | values))
    with pytest.raises(RunError, match=r"manifest\.json .*written by another program"):
        Run(run.path)


def test_a_manifest_of_another_number_of_problems_is_told(run):
    file = run.path / "manifest.json"
    data = json.loads(file.read_text())
    data["problem_set"]["size"] = 7
    file.write_text(json.dumps(data))
    with pytest.raises(RunError, match=r"has 20 problems, but manifest\.json says 7"):
        _ = Run(run.path).blocks


# -- watch and training folders


@pytest.mark.parametrize("name", ["rank-00000", "rank-00000/writer.lock", "about.json"])
def test_a_watch_folder_is_not_written_through_links(tmp_path, mine, untouched, name):
    link(tmp_path / "w" / name, mine if name == "rank-00000" else mine / "new")
    with pytest.raises(RunError, match="is a link"):
        WatchLog(tmp_path / "w", about={"group_size": 2}).append(0, ROWS)


def test_a_journal_that_is_a_link_is_not_added_to(tmp_path, mine, untouched):
    link(tmp_path / "t" / "training.jsonl", mine / "precious")
    with pytest.raises(RunError, match="is a link"):
        append_row(tmp_path / "t" / "training.jsonl", TrainingRow(step=1))


@pytest.mark.parametrize("finished", [False, True])
@pytest.mark.parametrize("name", ["trainer", "model.safetensors", "watch", "checkpoint-1"])
def test_a_training_folder_with_a_link_out_is_refused(tmp_path, mine, untouched, name, finished):
    out = tmp_path / "out"
    open_folder(out, Request(config={"steps": 1}))
    (out / "training.jsonl").touch()
    if finished:
        write_text("{}", out / "passgap_policy.json")
    link(out / name, mine / "precious" if "." in name else mine)
    with pytest.raises(RunError, match=f"{name} is a link"):
        open_folder(out, Request(config={"steps": 1}))
