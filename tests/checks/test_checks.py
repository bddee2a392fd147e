"""Data checks: what is planted is found, and nothing is found where nothing is wrong."""

import json

import numpy as np
import pytest

from passgap.checks import check
from passgap.data.completions import Completion
from passgap.data.policies import Policy, PromptSettings, SamplingParams
from passgap.data.problems import Problem, ProblemSet
from passgap.engines.fake import FakeEngine
from passgap.errors import UsageError
from passgap.logs import import_log
from passgap.runs import Run
from passgap.stages.sampling import sample
from passgap.stages.verifying import verify

PROBLEMS = ProblemSet.of("p", [Problem(f"q{i}", str(i), "exact") for i in range(40)])
PARAMS = SamplingParams(8)


def draw(out, problems=PROBLEMS, n=32, policy="m", params=PARAMS, **options):
    settings = {"engine": "fake", "block_size": 160, "engine_args": {"alpha": "1", "beta": "1"}}
    run = sample(Policy(policy), problems, n=n, out=out, sampling=params, **settings | options)
    verify(run)
    return run


@pytest.fixture
def engine(monkeypatch):
    """Lets a test rewrite what the fake engine draws: ``engine(change)``."""
    honest = FakeEngine.complete

    def install(change):
        monkeypatch.setattr(
            FakeEngine, "complete", lambda self, block, prompts: change(self, block, prompts)
        )

    install.honest = honest
    return install


def long_texts(logprobs=True):
    """Completions as a language model writes them: many words, hardly ever twice the same."""

    def change(self, block, prompts):
        rng = np.random.default_rng(block.seed)
        found = []
        for problem_id in block.problem_ids:
            for i in range(block.size):
                words = rng.integers(0, 30, size=rng.integers(1, 9))
                found.append(
                    Completion(
                        problem_id, block.first_draw + i, " ".join(map(str, words)),
                        tuple(map(int, words)), "stop",
                        -np.log(8) - len(words) * np.log(30) if logprobs else float("nan"),
                    )
                )  # fmt: skip
        return found

    return change


def found(run, name, *more):
    return [f for f in check(run, *more).findings if f.check == name]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("texts", ["short", "long", "long, no log-probabilities"])
def test_an_honest_run_has_no_finding(seed, texts, engine, tmp_path):
    if texts != "short":
        engine(long_texts("no log" not in texts))
    result = check(draw(tmp_path / "run", seed=seed))
    assert result.findings == ()
    assert result.draws == 40 * 32
    assert str(result).endswith("1,280 samples checked, nothing found")


def cloned(inner):
    """The second half of the draws repeats the first, as with one seed in two processes."""

    def change(self, block, prompts):
        import dataclasses

        half = dataclasses.replace(block, size=block.size // 2)
        first = inner(self, half, prompts)
        again = [dataclasses.replace(c, draw=c.draw + half.size) for c in first]
        return [*first, *again]

    return change


@pytest.mark.parametrize("texts", ["short", "long", "long, no log-probabilities"])
def test_cloned_seeds_are_found(texts, engine, tmp_path):
    inner = engine.honest if texts == "short" else long_texts("no log" not in texts)
    engine(cloned(inner))
    copies = found(draw(tmp_path / "run"), "copies")
    assert any("samples 16 apart are equal" in f.evidence for f in copies)
    assert all(f.severity == "error" for f in copies)
    if texts == "long":
        assert any("too improbable to occur twice" in f.evidence for f in copies)


def test_copies_in_no_order_are_found_by_their_probability(engine, tmp_path):
    def change(self, block, prompts):
        drawn = cloned(long_texts())(self, block, prompts)
        rng = np.random.default_rng(block.seed)
        import dataclasses

        mixed = []
        for start in range(0, len(drawn), block.size):
            one = sorted(
                (c for c in drawn if c.problem_id == block.problem_ids[start // block.size]),
                key=lambda c: c.draw,
            )
            mixed += [
                dataclasses.replace(c, draw=int(d))
                for c, d in zip(one, rng.permutation([c.draw for c in one]), strict=True)
            ]
        return mixed

    engine(change)
    (finding,) = found(draw(tmp_path / "run"), "copies")
    assert "too improbable" in finding.evidence
    assert len(finding.problems) >= 35


def test_a_server_that_draws_one_text_only_is_found(engine, tmp_path):
    def change(self, block, prompts):
        return [
            Completion(i, block.first_draw + j, f"same for {i}", (), "stop", token_count=3)
            for i in block.problem_ids
            for j in range(block.size)
        ]

    engine(change)
    (finding,) = found(draw(tmp_path / "run"), "copies")
    assert "all samples are equal in 40 of 40 problems" in finding.evidence
    assert "the server honours temperature" in finding.remedy


def test_copies_in_a_log_are_not_blamed_on_a_server(tmp_path):
    rows = [{"id": i, "question": f"{i}?", "answer": "1", "completion": "1", "correct": True}
            for i in range(40) for _ in range(3)]  # fmt: skip
    log = tmp_path / "a.jsonl"
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    (finding,) = found(import_log(log, out=tmp_path / "run").run, "copies")
    assert "the log contains the same samples several times" in finding.remedy


def changed(**fields):
    def change(self, block, prompts):
        import dataclasses

        drawn = FakeEngine.honest(self, block, prompts)
        return [dataclasses.replace(c, **fields) if c.draw % 4 == 0 else c for c in drawn]

    return change


@pytest.fixture
def honest(monkeypatch, engine):
    monkeypatch.setattr(FakeEngine, "honest", engine.honest, raising=False)
    return engine


def test_truncation_says_what_it_could_change(honest, tmp_path):
    honest(changed(finish_reason="length", text="and so on and"))
    (finding,) = found(draw(tmp_path / "run"), "truncated")
    assert finding.severity == "warning"
    assert finding.evidence.startswith("25.0% of the completions were cut by max_tokens; if all")
    assert "larger --max-tokens" in finding.remedy


def test_an_imported_limit_is_not_called_one_of_tokens(tmp_path):
    rows = [{"id": i, "question": f"{i}?", "answer": "1", "completion": f"{i} {j}",
             "correct": j > 0, "finish_reason": "stop" if j else "length"}
            for i in range(40) for j in range(3)]  # fmt: skip
    log = tmp_path / "a.jsonl"
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    (finding,) = found(import_log(log, out=tmp_path / "run").run, "truncated")
    assert finding.evidence.startswith("33.3% of the completions were ended by a limit")
    assert "max-tokens" not in finding.remedy


def test_empty_completions_are_found(honest, tmp_path):
    honest(changed(text="  \n"))
    (finding,) = found(draw(tmp_path / "run"), "empty")
    assert (finding.severity, finding.evidence) == ("warning", "25.0% of the completions are empty")


def test_golds_that_their_own_verifier_rejects_are_found(tmp_path):
    bad = ProblemSet.of(
        "bad", [Problem(f"q{i}", "no number" if i < 3 else str(i), "numeric") for i in range(30)]
    )
    (finding,) = found(draw(tmp_path / "run", bad), "golds")
    assert "3 of 30 references are rejected by their own verifier, e.g. 'no number'" in (
        finding.evidence
    )
    assert len(finding.problems) == 3


def test_unscored_completions_bound_pass_at_1(tmp_path, monkeypatch):
    from passgap.data.outcomes import Outcome
    from passgap.verifiers.exact import ExactVerifier

    verify_all = ExactVerifier.verify_all

    def failing(self, items):
        lost = Outcome("unscored", None, "timeout")
        marks = zip(items, verify_all(self, items), strict=True)
        return [lost if item.text.endswith("7") else mark for item, mark in marks]

    monkeypatch.setattr(ExactVerifier, "verify_all", failing)
    run = draw(tmp_path / "run")
    (finding,) = found(run, "unscored")
    assert finding.severity == "error"
    assert "pass@1 is between" in finding.evidence
    (uneven,) = found(run, "uneven")
    assert uneven.severity == "note"


def test_a_run_that_owes_blocks_or_holds_a_torn_one_is_told(tmp_path):
    run = draw(tmp_path / "run")
    (run.path / "completions" / run.completion_names()[0]).unlink()
    assert found(run, "unfinished")[0].severity == "warning"
    torn = run.path / "completions" / run.completion_names()[0]
    torn.write_bytes(torn.read_bytes()[:-30])
    (finding,) = found(run, "shards")
    assert finding.severity == "error"
    assert "is incomplete" in finding.evidence


def test_two_runs_that_are_alike_have_no_finding(tmp_path):
    base = draw(tmp_path / "base")
    trained = draw(tmp_path / "trained", policy="t", engine_args={"alpha": "2", "beta": "1"})
    assert check(base, trained).findings == ()


def test_prompts_and_settings_that_differ_are_found(tmp_path):
    base = draw(tmp_path / "base")
    prompt = PromptSettings(template_name="plain", system="Be brief.")
    other = sample(
        Policy("t", prompt), PROBLEMS, n=16, out=tmp_path / "t", engine="fake",
        sampling=SamplingParams(8, temperature=0.6),
    )  # fmt: skip
    result = check(base, other)
    assert [f.check for f in result.findings] == ["prompt", "sampling", "draws"]
    assert "system: None and 'Be brief.'" in result.findings[0].evidence
    assert "temperature: 1.0 and 0.6" in result.findings[1].evidence
    assert result.worst == "error"


def test_other_problems_are_found(tmp_path):
    base = draw(tmp_path / "base")
    fewer = ProblemSet("p", PROBLEMS.problems[:30])
    (finding,) = found(base, "problems", draw(tmp_path / "t", fewer))
    assert finding.evidence == "30 problems are in both runs, 10 only in base, 0 only in t"


def test_three_runs_are_too_many(tmp_path):
    run = draw(tmp_path / "run")
    with pytest.raises(UsageError, match="3 runs given; allowed: one run, or a base's and"):
        check(run, run, run)


def test_it_reads_a_run_that_is_not_verified(tmp_path):
    run = sample(Policy("m"), PROBLEMS, n=4, out=tmp_path / "r", sampling=PARAMS, engine="fake")
    assert check(Run(run.path)).findings == ()


def test_answers_that_a_verifier_does_not_find_are_told(tmp_path):
    log = tmp_path / "log.jsonl"
    rows = [
        {"question": f"is {i} odd?", "answer": "Yes" if i % 2 else "No", "completion": "Yes"}
        for i in range(40)
    ]
    log.write_text("".join(json.dumps({**row, "correct": True}) + "\n" for row in rows))
    run = import_log(log, out=tmp_path / "run").run
    verify(run, verifier="math")
    told = {finding.check: finding for finding in check(run).findings}
    assert told["no_answer"].severity == "error"
    assert "no answer in 100.0%" in told["no_answer"].evidence
    verify(run, verifier="exact")
    assert "no_answer" not in {finding.check for finding in check(run).findings}


def test_a_copy_of_the_base_is_no_trained_policy(tmp_path):
    rows = [
        {"question": f"q{i}", "answer": str(i), "completion": f"{i} and {j}", "correct": True}
        for i in range(10)
        for j in range(5)
    ]
    runs = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        log = tmp_path / name / "log.jsonl"
        log.write_text("".join(json.dumps(row) + "\n" for row in rows))
        runs.append(import_log(log, out=tmp_path / name / "run").run)
    told = next(f for f in check(*runs).findings if f.check == "same_texts")
    assert told.severity == "error"
    assert "(50 different texts)" in told.evidence
