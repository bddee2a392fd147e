"""The command line: wrong input is one clear line, exit 2, before anything heavy is loaded."""

import dataclasses
import json
import subprocess
import sys

import numpy as np
import pytest
from commands import run

from passgap._version import __version__
from passgap.verifiers import for_problems


def run_apart(*arguments):
    """In a process of its own, as a shell does."""
    return subprocess.run(
        [sys.executable, "-m", "passgap", *map(str, arguments)], capture_output=True, text=True
    )


@pytest.fixture
def problems(tmp_path):
    path = tmp_path / "problems.jsonl"
    rows = [{"question": f"What is {i} + 1?", "answer": str(i + 1)} for i in range(80)]
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def fake(problems, out, *more):
    arguments = ["sample", "m", problems, "--out", out, "--engine", "fake", "-n", 24]
    arguments += ["--max-tokens", 8]
    return run(*arguments, *more)


def assert_one_line(result, *parts):
    assert result.returncode == 2, result.stderr
    assert "Traceback" not in result.stderr
    lines = [line for line in result.stderr.splitlines() if line.startswith("passgap: ")]
    assert len(lines) == 1, result.stderr
    for part in parts:
        assert part in lines[0]


def test_the_whole_way_with_known_p(problems, tmp_path):
    for name, delta in (("base", 0), ("trained", 1.5)):
        out = tmp_path / name
        drawn = fake(problems, out, "-n", 128, "--limit", 40, "--engine-arg", f"delta={delta}")
        assert drawn.returncode == 0, drawn.stderr
        assert run("verify", out).returncode == 0
    probed = run("probe", tmp_path / "base", "--json")
    assert probed.returncode == 0, probed.stderr
    assert json.loads(probed.stdout)["schema"] == "passgap.probe/2"
    compared = run("compare", tmp_path / "base", tmp_path / "trained", "--json")
    assert compared.returncode == 0, compared.stderr
    result = json.loads(compared.stdout)
    assert result["verdict"]["at_small_k"] == "up"
    page = tmp_path / "page.html"
    reported = run(
        "report", tmp_path / "base", tmp_path / "trained", "--out", page, "--k-large", 16
    )
    assert reported.returncode == 0, reported.stderr
    assert page.stat().st_size < 5e6
    assert "pass@16 changed by" in page.read_text(encoding="utf-8")
    table = run("probe", tmp_path / "base")
    assert result["verdict"]["label"] not in table.stderr
    label = json.loads(probed.stdout)["verdict"]["label"]
    assert run("probe", tmp_path / "base", "--fail-on", label).returncode == 1
    assert run("probe", tmp_path / "base", "--fail-on", "out_of_reach").returncode == 0
    assert_one_line(
        run("probe", tmp_path / "base", "--fail-on", "nothing"), "allowed: rlvr_can_pay"
    )


def test_the_version_needs_no_command():
    told = run("--version")
    assert (told.returncode, told.stdout) == (0, f"passgap {__version__}\n")


def test_a_missing_model_folder(problems, tmp_path):
    result = run_apart("sample", "./none", problems, "--out", tmp_path / "r", "--max-tokens", 8)
    assert_one_line(result, "'./none'", "allowed: a folder")
    assert not (tmp_path / "r").exists()


def test_a_missing_token_limit(problems, tmp_path):
    assert_one_line(run("sample", "./none", problems, "--out", tmp_path / "r"), "--max-tokens")


def test_an_empty_problem_file_and_a_problem_without_an_answer(tmp_path):
    empty = tmp_path / "empty.jsonl"
    empty.write_text("")
    assert_one_line(fake(empty, tmp_path / "r"), "has no problems")
    empty.write_text('{"question": "q", "answer": null}')
    assert_one_line(fake(empty, tmp_path / "r"), "problem 1 has no answer")


def test_too_few_draws_for_k(problems, tmp_path):
    fake(problems, tmp_path / "r", "-n", 1)
    run("verify", tmp_path / "r")
    assert_one_line(run("probe", tmp_path / "r"), "n=1", "20")


def test_runs_on_different_problems_or_prompts(problems, tmp_path):
    half = tmp_path / "half.jsonl"
    half.write_text("\n".join(problems.read_text().splitlines()[:40]))
    fake(problems, tmp_path / "a")
    fake(half, tmp_path / "b")
    fake(problems, tmp_path / "c", "--system", "Think.")
    for name in "abc":
        run("verify", tmp_path / name)
    assert_one_line(run("compare", tmp_path / "a", tmp_path / "b"), "40", "--intersect")
    assert_one_line(
        run("compare", tmp_path / "a", tmp_path / "c"), "prompt", "--allow-different-prompts"
    )


def test_an_out_folder_with_another_configuration(problems, tmp_path):
    fake(problems, tmp_path / "r")
    result = fake(problems, tmp_path / "r", "--seed", 5)
    assert_one_line(result, "seed: 0 there, 5 requested", "--out")


def test_unverified_and_missing_runs(problems, tmp_path):
    fake(problems, tmp_path / "r")
    assert_one_line(run("probe", tmp_path / "r"), "passgap verify")
    assert_one_line(run("probe", tmp_path / "none"), "neither a run folder nor a counts file")
    assert_one_line(run("verify", tmp_path / "none"), "not a run folder")


@pytest.mark.parametrize(
    ("flags", "parts"),
    [
        (("--temperature", "0"), ("temperature is 0.0", "> 0")),
        (("--engine", "magic"), ("'magic'", "transformers, vllm, openai, fake")),
        (("--engine-arg", "delta"), ("KEY=VALUE",)),
        (("--engine-arg", "gamma=1"), ("'gamma'", "alpha, beta, delta")),
        (("-n", "0"), ("n is 0", ">= 1")),
        (("--verifier", "magic"), ("'magic'", "exact")),
        (("--limit", "0"), ("limit is 0",)),
    ],
)
def test_bad_flags(problems, tmp_path, flags, parts):
    assert_one_line(fake(problems, tmp_path / "r", *flags), *parts)
    assert not (tmp_path / "r").exists()


def test_a_counts_file_is_as_good_as_a_run(tmp_path):
    rows = "\n".join(f"p{i},64,{i % 65}" for i in range(200))
    (tmp_path / "counts.csv").write_text("problem_id,n,c\n" + rows)
    result = run("probe", tmp_path / "counts.csv", "--json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["problems"] == 200


@pytest.mark.slow
def test_a_plan_a_recipe_and_a_backtest_from_files(tmp_path):
    rng = np.random.default_rng(0)
    p = rng.beta(0.5, 2, 150)
    for name, q in {"base": p, "t0": p**0.5, "t1": p**0.5}.items():
        rows = "\n".join(f"p{i},128,{c}" for i, c in enumerate(rng.binomial(128, q)))
        (tmp_path / f"{name}.csv").write_text("problem_id,n,c\n" + rows)
    base, t0, t1 = (tmp_path / f"{name}.csv" for name in ("base", "t0", "t1"))
    planned = run("plan", base, "--half-width", 0.05, "--tokens", 100, "--price", 1, "--json")
    assert json.loads(planned.stdout)["cheapest"]["price"] > 0, planned.stderr
    assert "Cheapest: " in run("plan", base, "--half-width", 0.05).stdout
    assert_one_line(run("plan", base), "half_width is missing", "such as 0.03")
    of_seeds = ("plan", base, "--goal", "difference", "--delta", 2, "--seeds", 4, "--seeds", 8)
    assert_one_line(run(*of_seeds), "seeds is [4, 8]", "such as 0.02 (--seed-spread)")
    seeded = json.loads(run(*of_seeds, "--seed-spread", 0.02, "--json").stdout)
    assert [row["seeds"] for row in seeded["designs"]] == [4, 8]
    recipe = run("compare", base, "--seeds", t0, t1, "--json")
    assert json.loads(recipe.stdout)["schema"] == "passgap.compare_seeds/1", recipe.stderr
    assert "training seed" in run("compare", base, "--seeds", t0, t1).stdout
    assert_one_line(run("compare", base, "--seeds", t0), "1 trained policy")
    assert_one_line(run("backtest", base), "needed: benchmark, pair, policy")
    further = run("probe", base, "--beyond", 512, "--json")
    assert json.loads(further.stdout)["extrapolation"][0]["k"] == 512
    assert_one_line(run("probe", base, "--beyond", 100_000), "allowed: 129 to 12800")


def test_held_out_problems_are_left_out_of_training_only_when_asked(problems, tmp_path):
    train = ("train", "lab:base", problems, "--out", tmp_path / "policy", "--max-tokens", 8)
    shared = run(*train, "--held-out", problems)
    assert_one_line(shared, "80 of the 80 held-out", "--leave-out-held-out")
    assert_one_line(run(*train, "--leave-out-held-out"), "needs --held-out")
    nothing_left = run(*train, "--held-out", problems, "--leave-out-held-out")
    assert_one_line(nothing_left, "every problem of", "train on other problems")
    assert not (tmp_path / "policy").exists()


def test_near_duplicates_of_held_out_problems_are_told_or_left_out_before_training(tmp_path):
    text = "Tom has 3 red cars and buys 4 blue cars for his friends, how many cars has {} now?"
    other = "A farmer counts 12 sheep in the morning and 9 sheep in the evening, how many ran off?"
    for name, rows in {
        "train": [text.format("he"), other, "What is 2 + 2?", "What is 2 + 3?"],
        "held": [text.format("Tom"), "What is 7 + 8?"],
        "same": ["WHAT IS  2 + 2?"],
    }.items():
        lines = (json.dumps({"question": one, "answer": "7", "verifier": "exact"}) for one in rows)
        (tmp_path / f"{name}.jsonl").write_text("\n".join(lines))
    command = ("train", "lab:base", tmp_path / "train.jsonl", "--out", tmp_path / "policy")
    command += ("--max-tokens", 8, "--prompts-per-step", 4)
    held = ("--held-out", tmp_path / "held.jsonl")
    left = run(*command, *held, "--leave-out-held-out")
    assert "1 of 4 problems are held out and not trained on, 1 of them nearly (" in left.stdout
    assert_one_line(left, "has only 3 problems")
    told = run(*command, *held, "--algorithm", "distill")
    assert "1 of 2 held-out problems (50.0%) is nearly equal to training problems" in told.stderr
    assert "(50.0%) is equal to training problems except for numbers" in told.stderr
    assert "a teacher is required" in told.stderr
    equal = run(*command, "--held-out", tmp_path / "same.jsonl")
    assert_one_line(equal, "1 of the 1 held-out problems are also training problems")
    assert not (tmp_path / "policy").exists()


def drawn(path):
    return sum(c["drawn"] for c in map(json.loads, (path / "calls.jsonl").read_text().splitlines()))


def test_top_up_first_draw_and_merge(problems, tmp_path):
    assert fake(problems, tmp_path / "a").returncode == 0
    again = fake(problems, tmp_path / "a", "-n", 32)
    assert_one_line(again, "--top-up")
    more = fake(problems, tmp_path / "a", "-n", 32, "--top-up", "--price", 2)
    assert more.returncode == 0, more.stderr
    assert "2,560 completions, " in more.stdout
    assert " at 2 per million" in more.stdout
    assert fake(problems, tmp_path / "b", "--first-draw", 32).returncode == 0
    merged = run("merge", tmp_path / "a", tmp_path / "b", "--out", tmp_path / "all")
    assert merged.returncode == 0, merged.stderr
    assert "n=56 from 2 runs" in merged.stdout
    verified = run("verify", tmp_path / "all", "--json")
    assert json.loads(verified.stdout)["draws"] == 80 * 56
    overlapping = run("merge", tmp_path / "a", tmp_path / "all", "--out", tmp_path / "none")
    assert_one_line(overlapping, "--first-draw")
    assert not (tmp_path / "none").exists()


def test_checks_are_shown_and_can_fail_the_command(problems, tmp_path):
    for name, more in (("a", ()), ("b", ("--system", "Think."))):
        fake(problems, tmp_path / name, *more)
        run("verify", tmp_path / name)
    clean = run("check", tmp_path / "a", "--fail-on", "note")
    assert clean.returncode == 0, clean.stderr
    assert "nothing found" in clean.stdout
    pair = ("check", tmp_path / "a", tmp_path / "b")
    found = json.loads(run(*pair, "--json").stdout)["findings"]
    assert {one["check"]: one["severity"] for one in found} == {
        "prompt": "error",
        "same_texts": "error",  # the fake engine does not read the prompt
    }
    assert any("system" in one["evidence"] for one in found)
    assert run(*pair, "--fail-on", "error").returncode == 1
    assert_one_line(run(*pair, "--fail-on", "grave"), "'grave'", "error, warning, note")
    assert_one_line(run("check", tmp_path / "none"), "not a run folder")


def test_an_adaptive_probe_stops_and_is_read_again(problems, tmp_path):
    flags = ("--engine", "fake", "--max-tokens", 8, "--first", 16, "--most", 32)
    flags += ("--engine-arg", "alpha=9", "--engine-arg", "beta=1", "--k-large", 8)
    flags += ("--small", 0.05, "--large", 0.15)
    result = run("probe-adaptive", "m", problems, "--out", tmp_path / "r", *flags, "--json")
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["verdict"]["label"] == "saturated"
    again = json.loads(run("probe", tmp_path / "r", *flags[-6:], "--json").stdout)
    assert again["verdict"] == found["verdict"]
    refused = run("compare", tmp_path / "r", tmp_path / "r")
    assert_one_line(refused, "adaptive")


def test_reach_needs_token_ids_and_an_engine_that_scores(problems, tmp_path):
    fake(problems, tmp_path / "a")
    run("verify", tmp_path / "a")
    assert_one_line(run("reach", tmp_path / "a", tmp_path / "a"), "not found")
    assert_one_line(run("reach", tmp_path / "a", tmp_path / "none"), "not a run folder")
    assert_one_line(
        run("reach", tmp_path / "a", tmp_path / "a", "--engine", "openai"), "cannot score"
    )
    assert_one_line(run("reach", tmp_path / "a", tmp_path / "a", "--budget", 1), "budget is 1")


def test_references_that_are_refused_are_listed_and_left_out(tmp_path):
    file = tmp_path / "p.jsonl"
    file.write_text('{"question": "a", "answer": "1"}\n{"question": "b", "answer": "a few"}\n')
    flags = ["--engine", "fake", "-n", 4, "--verifier", "numeric"]
    done = run("sample", "m", file, *flags, "--out", tmp_path / "a")
    assert "1 of 2 references are rejected" in done.stderr
    assert "4 completions, " in done.stdout
    kept = run("sample", "m", file, *flags, "--keep-failing-golds", "--out", tmp_path / "b")
    assert "8 completions, " in kept.stdout


def test_verifying_anew_shows_how_the_two_agree(tmp_path):
    flags = ["--engine", "fake", "-n", 8, "--out", tmp_path / "r"]
    run("sample", "m", "lab:rare?size=5", *flags)
    run("verify", tmp_path / "r")
    again = run("verify", tmp_path / "r", "--verifier", "math")
    assert "The two verifiers agree on" in again.stdout
    data = json.loads(run("verify", tmp_path / "r", "--verifier", "exact", "--json").stdout)
    assert data["agreement"]["schema"] == "passgap.agreement/1"
    assert_one_line(run("verify", tmp_path / "r", "--verifier", "magic"), "allowed: exact")


def test_a_run_cannot_name_a_function_to_be_called(tmp_path):
    flags = ["--engine", "fake", "-n", 2, "--out", tmp_path / "r"]
    run("sample", "m", "lab:rare?size=2", *flags, "--verifier", "python:os:getcwd")
    file = tmp_path / "p.jsonl"
    file.write_text('{"question": "a", "answer": "1", "verifier": "python:os:getcwd"}\n')
    refused = run("sample", "m", file, "--engine", "fake", "-n", 2, "--out", tmp_path / "s")
    assert_one_line(refused, "only from the command line")


def test_an_interruption_says_how_to_go_on(monkeypatch, tmp_path):
    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("passgap.training.run.train", interrupted)
    done = run("train", "lab:base", "lab:rare?split=train&size=20", "--out", tmp_path / "o")
    assert done.returncode == 130
    assert "interrupted; the same command resumes where it stopped" in done.stderr


def test_held_out_problems_are_marked_by_the_verifier_they_name(monkeypatch, tmp_path):
    seen = {}

    def taken(policy, problems, out, *, held_out, verifier, **_):
        seen.update(problems=problems, held_out=held_out, verifier=verifier)
        return dataclasses.replace(policy, path=str(out))

    monkeypatch.setattr("passgap.training.run.train", taken)
    monkeypatch.chdir(tmp_path)
    rows = [{"question": f"{i} + 1 = ?", "answer": str(i + 1)} for i in range(20)]
    (tmp_path / "own.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    command = ("train", "lab:base", "own.jsonl", "--max-tokens", 8, "--out", tmp_path / "o")
    done = run(*command, "--held-out", "lab:rare?size=5")
    assert done.returncode == 0, done.stderr
    names = {problem.verifier for problem in (*seen["problems"], *seen["held_out"])}
    assert len(names) == 2
    asked = for_problems([*seen["problems"], *seen["held_out"]])
    assert seen["verifier"].digest == asked.digest
