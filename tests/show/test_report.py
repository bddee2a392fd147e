"""The page of a run: what a reader elsewhere must not learn from it."""

import re
from pathlib import Path

import pytest
from commands import run

import passgap
from passgap.show.page.gathering import report_several

pytestmark = pytest.mark.slow


def test_the_home_folder_is_not_told(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    policy = passgap.Policy(str(tmp_path / "models" / "known"))
    problems = passgap.ProblemSet.of(
        "light", [passgap.Problem(f"q{i}", str(i), "exact") for i in range(80)]
    )
    run = passgap.sample(
        policy,
        problems,
        n=32,
        out=tmp_path / "run",
        sampling=passgap.SamplingParams(max_tokens=8),
        engine="fake",
        command=f"passgap sample {policy.path} light",
    )
    passgap.verify(run)
    page = passgap.report(run.path, out=tmp_path / "page.html").read_text(encoding="utf-8")
    assert "~/models/known" in page
    assert "passgap sample ~/models/known light" in page
    assert str(tmp_path / "models") not in page


def counts_file(path, solved):
    rows = [f"p{i},32,{solved(i)}" for i in range(90)]
    path.write_text("\n".join(["problem_id,n,c", *rows]) + "\n", encoding="utf-8")
    return path


def test_counts_files_have_a_page_too(tmp_path):
    base = counts_file(tmp_path / "base.csv", lambda i: i % 32)
    trained = counts_file(tmp_path / "rl.csv", lambda i: min(32, 2 * (i % 32)))
    page = passgap.report(base, trained, out=tmp_path / "page.html", figures=tmp_path / "figures")
    text = page.read_text(encoding="utf-8")
    assert "base.csv → rl.csv" in text
    assert "Counts contain no completions" in text
    assert ">p89<" in text
    assert (tmp_path / "figures" / "curves.pdf").is_file()
    alone = passgap.report(base, out=tmp_path / "alone.html").read_text(encoding="utf-8")
    assert "Before training" in alone


def test_benchmarks_have_a_ranked_table_whose_counts_lead_to_their_problems(tmp_path):
    for arm, more in (("base", 1), ("trained", 2)):
        (tmp_path / arm).mkdir()
        for name, size in (("aime24", 90), ("math<500>", 120)):
            rows = [f"p{i},64,{min(64, more * (i % 20))}" for i in range(size)]
            text = "\n".join(["problem_id,n,c", *rows])
            (tmp_path / arm / f"{name}.csv").write_text(text, encoding="utf-8")
    page = passgap.report(tmp_path / "base", tmp_path / "trained", out=tmp_path / "page.html")
    html = page.read_text(encoding="utf-8")
    table = html[html.index("By benchmark") :].split("</table>")[0]
    heads = re.findall(r'<th scope="col"[^>]*>([^<]*)</th>', table)
    assert (heads[:3], heads[-2:]) == (["benchmark", "rank", "problems"], ["verdict", "doubt"])
    groups = [one.split() for one in re.findall(r'data-groups="([^"]*)"', html)]
    linked = re.findall(r'href="#only-(part_\d)"[^>]*>([\d,]+)</a>', table)
    assert sorted(int(count) for _, count in linked) == [90, 120]
    assert all(sum(name in row for row in groups) == int(count) for name, count in linked)
    assert len(groups) == 210
    assert "math&lt;500&gt;" in table


def test_a_recipe_shows_which_problems_the_base_never_solved(tmp_path):
    base = counts_file(tmp_path / "base.csv", lambda i: i % 32)
    seeds = [
        counts_file(tmp_path / f"s{s}.csv", lambda i, s=s: min(32, (2 + s) * (i % 32)))
        for s in range(2)
    ]
    result = passgap.compare_seeds(base, seeds)
    html = report_several(result, base, seeds, out=tmp_path / "p.html").read_text(encoding="utf-8")
    assert re.search(r'href="#only-never"[^>]*>3</a>', html)


def test_a_run_beside_a_counts_file_shows_its_texts(tmp_path):
    problems = passgap.ProblemSet.of(
        "light", [passgap.Problem(f"q{i}", str(i), "exact") for i in range(80)]
    )
    run = passgap.sample(
        passgap.Policy("known"),
        problems,
        n=32,
        out=tmp_path / "run",
        sampling=passgap.SamplingParams(max_tokens=8),
        engine="fake",
    )
    passgap.verify(run)
    counts = passgap.write_counts(passgap.count(run), tmp_path / "trained.csv")
    settings = {"allow_different_prompts": True}
    text = passgap.report(run.path, counts, out=tmp_path / "page.html", **settings).read_text()
    assert "known → trained.csv on light" in text
    assert "completions as they were sampled" in text


def test_an_interval_that_is_typed_is_that_of_the_whole_page(tmp_path):
    rows = "".join(f"p{i},64,{i}\n" for i in range(30))
    for name in ("base.csv", "rl.csv"):
        (tmp_path / name).write_text("problem_id,n,c\n" + rows, encoding="utf-8")
    kinds = {}
    for typed in ((), ("--interval", "population"), ("--interval", "fixed")):
        done = run("report", "base.csv", "rl.csv", "--out", "page.html", *typed, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        figures = (tmp_path / "page.html").read_text(encoding="utf-8").partition("<script")[0]
        kinds[typed] = "over problems like these" in figures  # beside an interval of these alone
    assert list(kinds.values()) == [True, False, True]
