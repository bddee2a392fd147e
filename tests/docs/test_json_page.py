"""The page of JSON names says what the results hold: no name too few, no name too many."""

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import run

import passgap
from passgap.analysis.backtest import backtest, pair_of_counts
from passgap.analysis.reach import reach
from passgap.evidence.corpus import COLUMNS, cells_of
from passgap.results.pairs import TrainingPairs
from passgap.stages.marking import tried

pytestmark = pytest.mark.slow

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "json.md").read_text()
NAMES = re.compile(r"`([a-z_0-9]+)`")
SECTIONS = {
    part.partition("\n")[0].strip(): part.partition("\n")[2]
    for part in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]
}
IDS = [f"q{i}" for i in range(80)]
RULES = """
def even(text, problem):
    if int(text) % 2:
        raise ValueError("odd")
    return True
"""
RNG = np.random.default_rng(0)
FEW = ("SimpleRL-Zoo", "rs-grpo", "mathgpt", "rlvr-decomposed", "coderl")
P = RNG.beta(0.5, 1.5, len(IDS))


def counts(p: Any) -> passgap.Counts:
    return passgap.Counts(IDS, np.full(len(IDS), 128), RNG.binomial(128, p))


def results(folder: Path) -> Iterator[dict[str, Any]]:
    base, trained, later = counts(P), counts(P**0.5), counts(P**0.4)
    yield run_result(folder, "probe", "a", "--beyond", "128")
    yield from of_agents(folder)
    yield run_result(folder, "forecast", "a", "--gpu-hours", "8", "--price", "2")
    yield run_result(folder, "backtest", "--add", "new.csv")
    yield pairs_of_one_k()
    yield few_scores()
    yield run_result(folder, "compare", "a", "b", "--k-large", "20", "--allow-different-prompts")
    yield passgap.compare(base, trained).to_dict()
    kind = ["x", "y"] * (len(IDS) // 2)
    sliced = [one.clustered(kind) for one in (base, trained)]
    yield passgap.compare_by(*sliced, "cluster").to_dict()
    yield passgap.compare(base, trained, unpaired=True).to_dict()
    yield passgap.compare_seeds(base, [trained, later]).to_dict()
    yield passgap.compare_sweep(base, [(10, trained), (20, later)]).to_dict()
    arms = [base, trained, later]
    yield passgap.keep(lambda places, n: [arms[i] for i in places], [10, 20]).to_dict()
    yield passgap.plan(base, half_width=0.03).to_dict()
    yield passgap.select(base).to_dict()
    yield passgap.probe_starts({"base": base, "trained": trained}).to_dict()
    yield passgap.adaptive_probe(lambda more: RNG.binomial(more, P), IDS).to_dict()
    blind = passgap.Counts(IDS, base.n, np.where(np.arange(len(IDS)) < 20, 0, base.c))
    ratios = {i: np.full(int(c), -3.0) for i, c in zip(IDS, trained.c, strict=True)}
    yield reach(blind, trained, ratios).to_dict()
    pairs = [pair_of_counts("x", f"m{i % 4}", counts(P), counts(P**0.5)) for i in range(6)]
    yield backtest(pairs).to_dict()
    yield watched(folder / "watch")
    yield run_result(folder, "check", "a", "b")
    (mark,) = passgap.mark("18", ["The answer is 18 dollars."])
    yield tried("18", mark, "math").to_dict()
    verified = run_result(folder, "verify", "a", "--verifier", "regex?pattern=none of them")
    assert verified["agreement"]["examples"]
    yield {**verified, "agreement": None}
    yield verified["agreement"]
    (folder / "rules.py").write_text(RULES)
    failing = run_result(folder, "verify", "a", "--verifier", "python:rules:even")
    assert failing["unscored_reasons"][0]["error"].startswith("ValueError")
    yield {**failing, "agreement": None}
    run_result(folder, "verify", "a")
    yield run_result(folder, "audit", "a", "b", "--features")
    yield run_result(folder, "audit", "a", "--proxy", "regex?pattern=none of them")
    yield run_result(folder, "audit", "a")
    yield run_result(folder, "audit", "a", "--reward", "python:rules:even", "--size", "2")
    yield run_result(folder, "import", "table", "log.jsonl", "--out", "imported")
    yield run_result(folder, "import", "counts", "counts.csv", "--out", "counts.jsonl")


def of_agents(folder: Path) -> Iterator[dict[str, Any]]:
    """A probe and a comparison of trajectories."""
    log = Path(__file__).parents[1] / "logs" / "logs" / "tau2" / "json" / "results.json"
    run_result(folder, "import", "tau2", str(log), "--out", "agent")
    rule = "--k-large", "3", "--small", "0.05", "--large", "0.15"
    found = run_result(folder, "probe", "agent", "--accept-unscored", *rule)
    assert found["trajectories"]["budgets"]
    del found["checks"]  # which has a section of its own
    yield found
    ends = "--k-small", "1", "--k-large", "2"
    pair = run_result(folder, "compare", "agent", "agent", "--accept-unscored", *ends)
    assert pair["trajectories"]["each"]["trained"]["endings"]
    del pair["checks"]
    yield pair


def pairs_of_one_k() -> dict[str, Any]:
    """The published pairs, whose curves' names are their k."""
    found = passgap.pairs().to_dict()
    for row in found["pairs"]:
        row["base"] = row["trained"] = {}
    return found


def few_scores() -> dict[str, Any]:
    """The scores of the forecast on a table too small for the real ones."""
    kept = [one for one in passgap.pairs() if one.trained_by in FEW]
    return passgap.forecast_scores(TrainingPairs(tuple(kept)), tell=lambda _: None).to_dict()


def run_result(folder: Path, *arguments: str) -> dict[str, Any]:
    """A command's own JSON; the runs lie in the folder."""
    done = run(*arguments, "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def watched(folder: Path) -> dict[str, Any]:
    watch = passgap.Watch(folder, group_size=2)
    reward = watch.reward(
        lambda prompts, completions, **_: [float(c) for c in completions], correct=1
    )
    for step in range(6):
        said = ["1", "0", str(step % 2), "1"]
        reward(prompts=["x"] * 4, completions=said, problem_id=["q1", "q1", "q2", "q2"])
    return passgap.watch_folder(folder).to_dict()


def names(value: Any) -> Iterator[str]:
    """Every name in a result, at any depth."""
    for inner in (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    ):
        yield from names(inner)
    if isinstance(value, dict):
        yield from value


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("json")
    problems = passgap.ProblemSet.of(
        "few", [passgap.Problem(f"q{i}", str(i), "exact") for i in range(40)]
    )
    for seed, name in enumerate("ab"):
        run = passgap.sample(
            passgap.Policy(name),
            problems,
            n=64,
            out=folder / name,
            sampling=passgap.SamplingParams(max_tokens=8),
            engine="fake",
            seed=seed,
        )
        passgap.verify(run)
    line = {"question": "1+1?", "answer": "2", "completion": "2", "correct": True}
    (folder / "log.jsonl").write_text(json.dumps(line) + "\n")
    (folder / "counts.csv").write_text("problem_id,n,c\nx,4,1\n")
    with (folder / "new.csv").open("w", newline="", encoding="utf-8") as file:
        lines = csv.DictWriter(file, COLUMNS)
        lines.writeheader()
        lines.writerow(cells_of(passgap.pairs()[0]) | {"id": "new"})
    gathered: dict[str, list[dict[str, Any]]] = {}
    for result in results(folder):
        gathered.setdefault(result["schema"], []).append(result)
    return gathered


def test_every_schema_has_a_section(found):
    assert set(found) == set(SECTIONS) - {"Shared parts"}


def test_first_columns_are_the_results_own_names(found):
    for schema, several in found.items():
        rows = [line.split("|")[1] for line in SECTIONS[schema].splitlines() if line[:3] == "| `"]
        listed = {name for row in rows for name in NAMES.findall(row)}
        given = {name for result in several for name in result} - {"checks"}
        assert listed == given, schema


def test_every_deeper_name_is_said(found):
    shared = set(NAMES.findall(SECTIONS["Shared parts"]))
    before = set(NAMES.findall(SECTIONS["passgap.probe/2"] + SECTIONS["passgap.compare/1"]))
    for schema, several in found.items():
        said = set(NAMES.findall(SECTIONS[schema])) | shared
        said |= before if schema.startswith("passgap.compare") else set()
        assert {name for result in several for name in names(result)} - said == set(), schema
