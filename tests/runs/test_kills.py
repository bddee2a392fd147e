"""kill -9 in every command that writes, the same command again: what an undisturbed one makes.

A kill falls at a file event of the command's work (``tests/killing.py``), so that none comes after
its end. After each kill every file that has its final name is complete.
"""

import importlib.util
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import killing
import numpy as np
import polars as pl
import pytest

from passgap.runs import read_watch

pytestmark = pytest.mark.slow
N = 60
PROBLEMS = 40
SAMPLE = ("sample", "fake", "p.jsonl", "--engine", "fake")
VIEWER = ("starlette.testclient", "passgap.show.viewer.app")
CHARTS = ("altair", "vl_convert")
OF_TIME = ("created", "seconds", "resumed_from")
LM = ("passgap.engines.transformers",)


@dataclass(frozen=True)
class Case:
    """A command (or code), how often it is killed, the packages it takes long to import."""

    arguments: tuple
    kills: int = 0
    packages: tuple = ()
    code: str = killing.PASSGAP
    lab: bool = False


def job(trainer):
    return Case(("export", trainer, "teach", "--policy", "lab:base", "--held-out", "held.jsonl",
                 "--out", "job"), 2)  # fmt: skip


VIEWER_TESTS = str(Path(__file__).parents[1] / "show" / "viewer")
MARKS_ONE = (
    f"import sys; sys.path.append({VIEWER_TESTS!r})"
    + """
import re
from known_runs import client_of, settled
from passgap.evidence.auditing import cases
from passgap.runs import Run
client, library = client_of(".")
key = re.search(r'href="/run/(\\w+)">run<', settled(client, "/").text)[1]
text = settled(client, "/run/" + key + "/audit").text
form = dict(re.findall(r'type="hidden" name="(\\w+)" value="([^"]*)"', text))
case = cases(Run("run"))[0]
form.update(problem_id=case.problem_id, draw=str(case.draw), mark="wrong")
here = {"origin": "http://127.0.0.1:8177", "sec-fetch-site": "same-origin"}
answer = client.post("/run/" + key + "/audit", data=form, headers=here, follow_redirects=False)
library.stop()
assert answer.status_code == 303, answer.text
"""
)
SAMPLES_LAB = """
from passgap import SamplingParams, sample
from passgap.lab import lab_problems
from passgap.stages.resolving import resolve_policy
sample(resolve_policy("lab:base"), lab_problems("rare", size=16), n=16, out="new",
       sampling=SamplingParams(24), engine_args={"threads": "1"}, seed=3, block_size=32)
"""
CASES = {
    "sample": Case((*SAMPLE, "-n", 2 * N, "--out", "new"), 6),
    "top up": Case((*SAMPLE, "-n", 2 * N, "--top-up", "--out", "run"), 4),
    "probe adaptive": Case(("probe-adaptive", *SAMPLE[1:], "--first", 16, "--out", "new"), 4),
    "verify": Case(("verify", "run", "--verifier", "numeric"), 4),
    "import": Case(("import", "log.jsonl", "--out", "new"), 4),
    "import several": Case(("import", "logs", "--each", "--out", "new"), 3),
    "import policies": Case(("import", "steps.jsonl", "--each", "--out", "new"), 2),
    "import two": Case(
        ("import", "log.jsonl", "--trained", "logs/b.jsonl", "--out", "new"), 2
    ),
    "import counts": Case(("import", "counts", "c.csv", "--out", "new.csv"), 1),
    "merge": Case(("merge", "run", "other", "--out", "new"), 4),
    "select": Case(("select", "run", "--size", 16, "--out", "new"), 3),
    "verl": job("verl"),
    "openrlhf": job("openrlhf"),
    "trl": job("trl"),
    "dataset": Case(("export", "dataset", "run", "--out", "new"), 3),
    "counts": Case(("export", "counts", "run", "--out", "new.parquet"), 1),
    "passk-inference": Case(("export", "passk-inference", "run", "--out", "new.jsonl"), 1),
    "scorio": Case(("export", "scorio", "run", "--out", "new.npy"), 1),
    "sheet": Case(("audit", "run", "--sheet", "new.csv"), 1),
    "marks": Case(("audit", "run", "--marks", "marked.csv"), 2),
    "report": Case(("report", "c.csv", "--out", "new.html"), 2, CHARTS),
    "figure": Case(("compare", "c.csv", "d.csv", "--figure", "new.svg"), 1, CHARTS),
    "view": Case((), 2, VIEWER, MARKS_ONE),
    "sample the lab": Case((), 3, LM, SAMPLES_LAB, lab=True),
    "reach": Case(("reach", "base", "teacher"), 3, LM, lab=True),
    "demo": Case(
        ("demo", "--size", 6, "-n", 20, "--steps", 2, "--out", "new"),
        1, (*CHARTS, "passgap.training.online", "passgap.demo"), lab=True,
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Problems, runs of them, what is made of these, and logs."""
    root = tmp_path_factory.mktemp("whole")
    rows = [
        {"question": f"What is {i}?", "answer": str(i), "verifier": "exact"}
        for i in range(PROBLEMS)
    ]
    write(root / "p.jsonl", rows)
    write(root / "held.jsonl", [row | {"question": f"And {row['question']}"} for row in rows])
    log = [
        {"problem_id": f"q{i}", "question": f"Which is {i}?", "answer": str(i), "correct": d % 2,
         "completion": f"{d} " * 20}
        for i in range(PROBLEMS) for d in range(N)
    ]  # fmt: skip
    steps = [row | {"step": step, "correct": step} for step in (0, 1) for row in log]
    write(root / "steps.jsonl", steps)
    (root / "logs").mkdir()
    write(root / "log.jsonl", log)
    write(root / "logs" / "a.jsonl", log)
    write(root / "logs" / "b.jsonl", [row | {"correct": 1} for row in log])
    for name, first in (("run", 0), ("other", N)):
        ends(root, Case((*SAMPLE, "-n", N, "--first-draw", first, "--out", name)))
        ends(root, Case(("verify", name)))
    ends(root, Case(("select", "run", "--size", 16, "--out", "teach")))
    for name, out in (("run", "c.csv"), ("other", "d.csv")):
        ends(root, Case(("export", "counts", name, "--out", out)))
    ends(root, Case(("audit", "run", "--sheet", "sheet.csv")))
    sheet = pl.read_csv(root / "sheet.csv", infer_schema=False)
    sheet.with_columns(mark=pl.lit("right")).write_csv(root / "marked.csv")
    return root


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Two runs whose policies can be scored."""
    pytest.importorskip("trl", reason="needs passgap[lm]")
    root = tmp_path_factory.mktemp("lab")
    for name in ("base", "teacher"):
        sampled = ("sample", f"lab:{name}", "lab:rare?size=6", "-n", 16, "--out", name)
        ends(root, Case(sampled, packages=LM))
        ends(root, Case(("verify", name)))
    return root


@pytest.mark.parametrize("name", CASES)
def test_the_same_command_after_kills_makes_the_same(name, request, tmp_path):
    case = CASES[name]
    for package in case.packages:
        if importlib.util.find_spec(package.partition(".")[0]) is None:
            pytest.skip(f"{package} is not installed")
    begun = request.getfixturevalue("lab" if case.lab else "whole")
    place, kills = tmp_path / "work", 0  # one place for both: a policy's path is recorded
    shutil.copytree(begun, place)
    events = ends(place, case).events
    expected = contents(place)
    assert expected != contents(begun), "it writes nothing"
    again(begun, place)
    rng = np.random.default_rng(len(name))
    while kills < case.kills:
        moment = {"kill_at": int(rng.integers(1, events + 1)), "delay": rng.choice([0, 0.001])}
        if ends(place, case, **moment).killed:
            kills += 1
            contents(place)  # every file can be read
        else:
            assert contents(place) == expected
            again(begun, place)
    ends(place, case)
    assert contents(place) == expected


def again(begun, place):
    shutil.rmtree(place)
    shutil.copytree(begun, place)


def ends(place, case, **moment):
    """Run the command; a new folder that is there, and so complete, is refused."""
    asked = {"code": case.code, "packages": case.packages, **moment}
    ended = killing.run(place, *case.arguments, **asked)
    done = ended.killed or not ended.status or "is not empty" in ended.said
    assert done, ended.said
    return ended


def contents(folder):
    """What every file holds, by its path; without times, and without what a kill may leave."""
    found = {
        str(path.relative_to(folder)): content(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "calls.jsonl"  # a killed call is not logged
    }
    for watch in (path.parent for path in folder.rglob("watch/about.json")):
        below = f"{watch.relative_to(folder)}/rank-"  # a call that is done again is another part
        found = {name: value for name, value in found.items() if not name.startswith(below)}
        found[below] = repr(read_watch(watch).drop("call", "seconds").to_dicts())
    return found


def content(path):
    """A file's rows, values or bytes; an error if it is not complete."""
    if path.suffix == ".parquet":
        return repr(pl.read_parquet(path).to_dicts())
    data = path.read_bytes()
    if path.suffix == ".json":
        return timeless(data)
    if path.suffix == ".jsonl":
        return [timeless(line) for line in data.splitlines()]
    if path.name == "grpo-seed0.html":  # the demo's page, which says how long training took
        return data.rstrip().endswith(b"</html>")
    return data


def timeless(data):
    found = json.loads(data)
    of_object = isinstance(found, dict)
    return {name: found[name] for name in found if name not in OF_TIME} if of_object else found
