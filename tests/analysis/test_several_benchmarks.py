"""Several benchmarks in one call: each its own line and K, held to 5%, and two pooled lines."""

import json
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from commands import run
from rich.console import Console
from scipy.special import expit, logit

import passgap
from passgap import Counts
from passgap.analysis.compare.benchmarks import joined
from passgap.errors import MismatchError, UsageError
from passgap.show import print_result
from passgap.stats import paired_interval, pass_at_k

SIZES = {"aime24": (30, 256, 1.5), "math500": (200, 40, 1.5), "gsm8k": (160, 128, 0.0)}
Arms = tuple[dict[str, Counts], dict[str, Counts]]


def arms(seed: int = 0) -> Arms:
    """Three benchmarks under the same ids; two are sharpened, one stays as it was."""
    rng = np.random.default_rng(seed)
    sides: Arms = {}, {}
    for name, (size, n, tilt) in SIZES.items():
        p = np.clip(rng.beta(0.5, 1.2, size), 1e-3, 1 - 1e-3)
        for side, rate in zip(sides, (p, expit(logit(p) + tilt)), strict=True):
            ids = [f"p{i}" for i in range(size)]
            side[name] = Counts(ids, np.full(size, n), rng.binomial(n, rate))
    return sides


def written(folder: Path, seed: int = 0) -> Path:
    for side, name in zip(arms(seed), ("base", "trained"), strict=True):
        (folder / name).mkdir()
        for benchmark, counts in side.items():
            passgap.write_counts(counts, folder / name / f"{benchmark}.csv")
    return folder


@pytest.fixture(scope="module")
def found():
    return passgap.compare_benchmarks(*arms())


def test_each_benchmark_has_its_own_line_and_its_own_large_k(found):
    told = {one.name: (one.problems, one.large.k) for one in found.slices}
    assert told == {"aime24": (30, 128), "math500": (200, 20), "gsm8k": (160, 64)}
    labels = {one.name: str(one.verdict.label) for one in found.slices}
    assert labels["math500"] in ("sharpened", "up_at_small_k")
    assert "up" not in labels["gsm8k"]
    assert found.by == "benchmark"


def test_the_lines_hold_at_once(found):
    base, trained = (side["math500"] for side in arms())
    d = pass_at_k(trained.n, trained.c, 2) - pass_at_k(base.n, base.c, 2)
    own = paired_interval(d, confidence_level=1 - 0.05 / 3)
    (line,) = [one for one in found.slices if one.name == "math500"]
    assert (line.small.estimate.low, line.small.estimate.high) == (own.low, own.high)


def test_both_pooled_lines_go_by_the_fewest_draws(found):
    before, after = arms()
    assert found.by_problems.settings.k_large == found.by_slices.large.k == 20
    gains = {
        name: pass_at_k(after[name].n, after[name].c, 20)
        - pass_at_k(before[name].n, before[name].c, 20)
        for name in before
    }
    alike = np.mean([gain.mean() for gain in gains.values()])
    assert found.by_slices.large.estimate.value == pytest.approx(alike)
    whole = np.concatenate([*gains.values()]).mean()
    assert found.by_problems.delta.at(20).value == pytest.approx(whole)
    assert "the pooled lines are at k=20" in found.notes[0]


def test_one_benchmark_alone_is_a_comparison():
    before, after = arms()
    one = passgap.compare_benchmarks({"gsm8k": before["gsm8k"]}, {"gsm8k": after["gsm8k"]})
    (line,) = one.slices
    alone = passgap.compare(before["gsm8k"], after["gsm8k"])
    assert line.verdict.label == alone.verdict.label
    assert one.verdict.label == alone.verdict.label
    assert line.large.estimate.low == pytest.approx(alone.delta.at(64).low)


def test_folders_and_mappings_give_the_same(found, tmp_path: Path):
    written(tmp_path)
    of_folders = passgap.compare_benchmarks(tmp_path / "base", tmp_path / "trained")
    given = {one.name: one.verdict.label for one in found.slices}
    assert {one.name: one.verdict.label for one in of_folders.slices} == given
    done = run("compare", "base", "trained", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["schema"] == "passgap.compare_by/1"
    assert {one["name"]: one["verdict"]["label"] for one in result["slices"]} == given
    done = run("compare", "base", "trained", "--fail-on", found.verdict.label, cwd=tmp_path)
    assert done.returncode == 1


def test_the_table_fits_eighty_columns(found):
    console = Console(width=80, record=True, file=StringIO())
    print_result(found, console)
    table = console.export_text().partition("By benchmark")[2].partition("Note")[0]
    lines = [line.rstrip() for line in table.splitlines() if line.strip()]
    assert len(lines) == 1 + 2 * (3 + 2), "no line is broken"
    assert lines[1].split()[:3] == ["math500", "200", "2"]  # ranked by the large k
    assert lines[-2].startswith("by problems, 95%")


def test_names_that_one_side_lacks_are_refused_or_left_out():
    before, after = arms()
    del after["gsm8k"]
    with pytest.raises(
        MismatchError, match=r"2 of them are in both folders \(only in the base's: gsm8k\)"
    ):
        passgap.compare_benchmarks(before, after)
    some = passgap.compare_benchmarks(before, after, intersect=True)
    assert [one.name for one in some.slices] == ["aime24", "math500"]
    assert "benchmarks that only one side has are left out: gsm8k" in some.notes
    with pytest.raises(MismatchError, match="0 of them are in both"):
        passgap.compare_benchmarks({"a": before["aime24"]}, {"b": before["aime24"]}, intersect=True)


def test_an_error_names_the_benchmark():
    before, after = arms()
    after["math500"] = Counts(["x"], [40], [3])
    with pytest.raises(MismatchError, match=r"^math500: the base's 200 and the trained policy's 1"):
        passgap.compare_benchmarks(before, after)


def test_a_benchmark_that_was_trained_on_is_open_and_so_is_the_whole():
    before, after = arms()
    known = after["math500"]
    after["math500"] = Counts(known.problem_id, known.n, known.c, provenance={"trained_on": "yes"})
    found = passgap.compare_benchmarks(before, after)
    labels = {one.name: str(one.verdict.label) for one in found.slices}
    assert labels["math500"] == "inconclusive"
    assert labels["aime24"] == "up_at_small_k"
    assert str(found.verdict.label) == str(found.by_slices.verdict.label) == "inconclusive"


def test_a_folder_is_told_from_a_run_and_from_checkpoints(tmp_path: Path):
    written(tmp_path)
    (tmp_path / "base" / "notes.txt").write_text("x")
    (tmp_path / "base" / ".hidden.csv").write_text("x")
    assert len(passgap.compare_benchmarks(tmp_path / "base", tmp_path / "trained").slices) == 3
    for trained, said in (
        (("base/gsm8k.csv",), "base/gsm8k.csv has no run and no counts file"),
        (("trained", "trained"), "a folder of benchmarks with 2 TRAINED; allowed: one"),
        (("trained", "--seeds"), "a folder of benchmarks with --seeds"),
        (("trained", "--by", "cluster"), "a folder of benchmarks with --by"),
        (("trained", "--unpaired"), "a folder of benchmarks with --unpaired"),
    ):
        done = run("compare", "base", *trained, cwd=tmp_path)
        assert done.returncode == 2
        assert said in done.stderr
    (tmp_path / "base" / "gsm8k.jsonl").write_text("{}\n")
    with pytest.raises(UsageError, match="has gsm8k twice"):
        passgap.compare_benchmarks(tmp_path / "base", tmp_path / "trained")


def test_joined_counts_keep_what_all_have():
    first = Counts(
        ["a", "b"], [4, 4], [1, 2], no_answer=[0, 1], c_any=[1, 2], provenance={"p": "1"}
    )
    second = Counts(["a"], [8], [8], no_answer=[0], cluster=["t"], provenance={"p": "1", "q": "2"})
    both = joined({"x": first, "y": second})
    assert both.problem_id == ("x/a", "x/b", "y/a")
    assert both.n.tolist() == [4, 4, 8]
    assert both.no_answer.tolist() == [0, 1, 0]
    assert both.c_any is None
    assert both.cluster == ("x/a", "x/b", "y/t")
    assert both.provenance == {"p": "1"}


def test_the_page_opens_with_the_table(tmp_path: Path):
    written(tmp_path)
    page = passgap.report(tmp_path / "base", tmp_path / "trained", out=tmp_path / "page.html")
    text = page.read_text()
    assert text.index("over all problems") < text.index("By benchmark")
    assert "equal weights, 95%" in text
    assert "Which problems changed" in text
