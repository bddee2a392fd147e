"""Runs in which a file was changed, by a disk or by somebody: one line, and a command that repairs.

Each attack is: a whole run, one harm to one of its files, one command. It ends with 0, 1 or 2 and
at most one line on standard error, within seconds, and leaves no temporary file.
"""

import json
import os
import shlex
import shutil

import polars as pl
import pytest
from commands import run as passgap
from harms import HARMS, fewer_rows, flip, nulls, other_type, pipe, repeated_rows, truncate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from passgap.errors import RunError, UsageError
from passgap.runs import Run
from passgap.runs.manifest import Manifest, read_manifest
from passgap.stages.counting import count

pytestmark = pytest.mark.slow

N = 8


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A folder with problems and two verified runs of them."""
    root = tmp_path_factory.mktemp("whole")
    rows = [{"question": f"What is {i}?", "answer": str(i), "verifier": "exact"} for i in range(12)]
    (root / "p.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for name, first in (("run", 0), ("other", N)):
        assert passgap(*sampled(root / name, root), "--first-draw", first).returncode == 0
        assert passgap("verify", root / name).returncode == 0
    return root


def sampled(run, root, n=N):
    return ("sample", "fake", root / "p.jsonl", "-n", n, "--engine", "fake", "--out", run)


@pytest.fixture
def run(whole, tmp_path):
    shutil.copytree(whole / "run", tmp_path / "run")
    return tmp_path / "run"


def part(run, kind):
    (found,) = run.glob(f"{kind}/**/part-*.parquet")
    return found


FILES = ("manifest.json", "problems.parquet", "calls.jsonl", "writer.lock", "outcomes/latest",
         "completions", "outcomes", "about.json")  # fmt: skip
COMMANDS = {
    "sample": lambda run, root: sampled(run, root),
    "top up": lambda run, root: (*sampled(run, root, N + 2), "--top-up"),
    "verify": lambda run, root: ("verify", run),
    "probe": lambda run, root: ("probe", run, "--k-large", 4),
    "check": lambda run, root: ("check", run),
    "merge": lambda run, root: ("merge", run, root / "other", "--out", run.parent / "merged"),
    "dataset": lambda run, root: ("export", "dataset", run, "--out", run.parent / "dataset"),
}


def file_of(run, name):
    if name in ("completions", "outcomes"):
        return part(run, name)
    return next(run.glob("outcomes/*/about.json")) if name == "about.json" else run / name


FAST = {("outcomes", "verify")}


@pytest.mark.parametrize(
    ("name", "command"),
    [
        pytest.param(name, command, marks=[] if (name, command) in FAST else pytest.mark.slow)
        for name in FILES
        for command in COMMANDS
    ],
)
def test_any_harm_to_any_file_is_one_line(name, command, whole, tmp_path):
    for number, harm in enumerate(HARMS):
        run = tmp_path / str(number) / "run"
        shutil.copytree(whole / "run", run)
        harm(file_of(run, name))
        result = passgap(*COMMANDS[command](run, whole))
        assert result.returncode in (0, 1, 2)
        said = [x for x in result.stderr.splitlines() if x.strip() and "━" not in x]
        assert len(said) == (result.returncode != 0), (harm.__name__, said)
        assert "\x1b" not in result.stderr + result.stdout
        assert not list(run.parent.rglob("*.tmp"))


# -- the command that is named repairs


def rows(run):
    return Run(run).scan_completions().collect().sort("problem_id", "draw")


@pytest.mark.parametrize("harm", [flip, truncate, other_type, fewer_rows, repeated_rows, pipe])
def test_outcomes_are_scored_again_by_the_command_that_is_named(harm, run):
    before, counted = rows(run), count(Run(run))
    harm(part(run, "outcomes"))
    told = passgap("probe", run)
    assert told.returncode == 2
    assert f"run passgap verify {run} to score it again" in told.stderr
    assert passgap("verify", run).returncode == 0
    assert count(Run(run)).c.tolist() == counted.c.tolist()
    assert rows(run).equals(before)


@pytest.mark.parametrize("harm", [flip, truncate, other_type, fewer_rows, nulls, HARMS[-2]])
def test_problems_are_written_again_by_the_command_that_is_named(harm, run, whole):
    before, counted = rows(run), count(Run(run))
    harm(run / "problems.parquet")
    told = passgap("probe", run)
    assert told.returncode == 2
    assert "run the passgap sample command that made the run again" in told.stderr
    assert passgap(*sampled(run, whole)).returncode == 0
    assert count(Run(run)).c.tolist() == counted.c.tolist()
    assert rows(run).equals(before)


@pytest.mark.parametrize("harm", [flip, truncate, other_type, HARMS[-2]])
def test_a_manifest_is_written_again_where_the_samples_are_intact(harm, run, whole):
    before, counted = rows(run), count(Run(run))
    harm(run / "manifest.json")
    told = passgap("probe", run)
    assert told.returncode == 2
    assert passgap(*sampled(run, whole, N + 1)).returncode == 2, "other settings repair nothing"
    assert passgap(*sampled(run, whole)).returncode == 0
    assert count(Run(run)).c.tolist() == counted.c.tolist()
    assert rows(run).equals(before)


def test_another_verifiers_about_cannot_name_a_path(run):
    about = next(run.glob("outcomes/*/about.json"))
    about.write_text(json.dumps({"correct_by": "../../elsewhere"}))
    told = passgap("probe", run)
    assert (told.returncode, "not named by a digest" in told.stderr) == (2, True)
    repair = told.stderr.strip().rpartition("again: ")[2]
    remove, _, verify = repair.partition(" && ")
    os.remove(shlex.split(remove)[1])
    assert passgap(*shlex.split(verify)[1:]).returncode == 0
    assert passgap("probe", run, "--k-large", 4).returncode == 0


# -- manifests

ANYTHING = (None, True, 0, -1, 10**30, 1e308, float("nan"), "", "x", "\ud800", "\x1b[2J\n",
            "x" * 500, [], {}, [[]], [None, "x"], -(2**63), 2**63)  # fmt: skip


def mutated(value, random):
    if random.random() < 0.04:
        return random.choice(ANYTHING)
    if isinstance(value, dict):
        return {k: mutated(v, random) for k, v in value.items() if random.random() < 0.99}
    if isinstance(value, list):
        return [mutated(v, random) for v in value for _ in range(random.choice((0, 1, 1, 1, 2)))]
    return value


@settings(
    max_examples=500, database=None, derandomize=True, deadline=None,
    suppress_health_check=[*HealthCheck],
)  # fmt: skip
@given(random=st.randoms(use_true_random=False))
def test_no_manifest_is_a_traceback(random):
    """Of 500, each is a manifest whose every use works, or one error in one line."""
    data = json.dumps(mutated(MANIFEST, random)).encode()
    try:
        manifest = read_manifest("manifest.json", data)
        assert isinstance(manifest, Manifest)
        manifest.identity()
        manifest.provenance()
        _ = manifest.sampling_params
    except (RunError, UsageError) as error:
        told = str(error)
    else:
        told = "a manifest"
    assert told.splitlines() == [told]


MANIFEST = {
    "policy": {"path": "~/base", "revision": None, "weights_digest": "ab" * 8},
    "prompt": {"template": "plain", "template_name": "plain", "system": None, "shots": [["a", "b"]],
               "stop": ["x"]},
    "engine": {"name": "fake", "args": {"alpha": 1.0}},
    "sampling": {"max_tokens": 8, "temperature": 1.0, "top_p": 1.0, "top_k": 0, "stop": []},
    "problem_set": {"name": "p", "digest": "cd" * 8, "size": 12, "merged": 0},
    "n": 8, "seed": 0, "first_draw": 0, "design": "fixed",
    "rounds": [{"first_draw": 0, "draws": 8, "block_problems": 4, "block_draws": 8,
                "problems": None}],
    "created": "2026-01-01", "command": "passgap", "versions": {"python": "3"},
    "schema": "passgap.run/2",
}  # fmt: skip


# -- names

ESCAPES = "\x1b[2J\x07 \u202e"


@pytest.mark.parametrize("command", ["probe", "verify", "check", "sample", "report"])
def test_a_name_with_escapes_does_not_reach_a_terminal(command, whole, tmp_path):
    place = tmp_path / f"run{ESCAPES}"
    shutil.copytree(whole / "run", place)
    typed = {
        "sample": sampled(place, whole),
        "report": ("report", place, "--out", tmp_path / f"{ESCAPES}.html"),
    }.get(command, (command, place))
    for _ in range(2):
        result = passgap(*typed)
        said = result.stdout + result.stderr
        assert not [steering for steering in ("\x1b[2J", "\x07", "\u202e") if steering in said]
        part(place, "outcomes").write_bytes(b"")


LINKED = ("writer.lock", "manifest.json", "calls.jsonl", "problems.parquet", "completions",
          "outcomes", "outcomes/latest", "audits")  # fmt: skip
WRITERS = {
    "sample": lambda run, root: sampled(run, root),
    "top up": lambda run, root: (*sampled(run, root, N + 2), "--top-up"),
    "verify": lambda run, root: ("verify", run, "--verifier", "numeric"),
    "audit": lambda run, root: ("audit", run, "--marks", run.parent / "sheet.csv"),
    "merge": lambda run, root: ("merge", root / "run", root / "other", "--out", run),
    "import": lambda run, root: ("import", run.parent / "log.jsonl", "--out", run),
    "report": lambda run, root: ("report", run, "--out", run.parent / "out.html"),
    "counts": lambda run, root: ("export", "counts", run, "--out", run.parent / "out.csv"),
}


@pytest.mark.parametrize("command", WRITERS)
def test_no_command_writes_through_a_link(command, run, whole, tmp_path):
    precious, mine = tmp_path / "precious", tmp_path / "mine"
    mine.mkdir()
    assert passgap("audit", run, "--sheet", tmp_path / "sheet.csv").returncode == 0
    sheet = pl.read_csv(tmp_path / "sheet.csv", infer_schema=False)
    sheet.with_columns(mark=pl.lit("right")).write_csv(tmp_path / "sheet.csv")
    row = {"problem_id": "q", "question": "Which?", "answer": "1", "correct": 1, "completion": "1"}
    (tmp_path / "log.jsonl").write_text(json.dumps(row) + "\n")
    made = tmp_path / "made"
    if command in ("merge", "import"):
        assert passgap(*WRITERS[command](made, whole)).returncode == 0
    else:
        shutil.copytree(run, made)
    for name in LINKED:
        precious.write_text("mine")
        copy = tmp_path / "copies" / name.replace("/", "-") / "run"
        shutil.copytree(made, copy)
        for file in ("sheet.csv", "log.jsonl"):
            shutil.copy(tmp_path / file, copy.parent)
        for output in ("out.html", "out.csv"):
            (copy.parent / output).symlink_to(precious)
        place = copy / name
        is_folder = "." not in name and "latest" not in name
        shutil.rmtree(place) if place.is_dir() else place.unlink(missing_ok=True)
        place.parent.mkdir(exist_ok=True)
        place.symlink_to(mine if is_folder else precious)
        result = passgap(*WRITERS[command](copy, whole))
        assert result.returncode in (0, 1, 2)
        assert "Traceback" not in result.stderr
        assert precious.read_text() == "mine", name
        assert not any(mine.iterdir()), name


def test_a_link_is_not_locked_or_emptied_by_any_command(run, whole, tmp_path):
    precious = tmp_path / "precious"
    for name in ("writer.lock", "outcomes", "audits", "outcomes/latest"):
        precious.write_text("mine")
        copy = tmp_path / name.replace("/", "-")
        shutil.copytree(run, copy)
        place = copy / name
        shutil.rmtree(place) if place.is_dir() else place.unlink(missing_ok=True)
        place.symlink_to(precious if "." in name or "latest" in name else tmp_path / "mine")
        (tmp_path / "mine").mkdir(exist_ok=True)
        result = passgap("verify", copy, "--verifier", "numeric")
        assert precious.read_text() == "mine"
        assert not any((tmp_path / "mine").iterdir())
        assert result.returncode == (0 if name == "audits" else 2), name
