"""Golds, luck and agreement: what is looked at before a model is loaded and after it has drawn."""

import json

import numpy as np
import pytest

from passgap.checks import check
from passgap.data.completions import Completion
from passgap.data.policies import Policy, SamplingParams
from passgap.data.problems import Problem, ProblemSet
from passgap.engines.fake import FakeEngine
from passgap.evidence.doors import probe
from passgap.problems.tests import check_tests, code_problem
from passgap.stages.counting import count
from passgap.stages.golds import check_golds
from passgap.stages.guessing import answer_type, guess_rates
from passgap.stages.sampling import sample
from passgap.stages.verifying import agreement, verify

PROMPT = "def one():\n"
CHECK = "def check(candidate):\n    assert candidate() == 1\n"


def draw(tmp_path, problems, n=40):
    """A run of the fake engine, whose texts `write` decides."""
    return sample(
        Policy("m"), problems, n=n, out=tmp_path / "run", sampling=SamplingParams(8), engine="fake"
    )


@pytest.fixture
def write(monkeypatch):
    def install(texts):
        def complete(self, block, prompts):
            rng = np.random.default_rng(block.seed)
            return [
                Completion(i, block.first_draw + j, texts(rng, prompt.text), (j,), "stop", -1.0)
                for i, prompt in zip(block.problem_ids, prompts, strict=True)
                for j in range(block.size)
            ]

        monkeypatch.setattr(FakeEngine, "complete", complete)

    return install


def test_references_their_verifier_refuses_are_found_with_the_reason():
    problems = ProblemSet.of(
        "mixed",
        [
            Problem("a", "12", "math"),
            Problem("b", r"\frac{}{", "math"),
            Problem("c", "a few", "numeric"),
            Problem("d", "B", "choice"),
            Problem("e", "free text", "exact"),
            code_problem("f", check_tests(PROMPT, CHECK, "one"), solution="    return 1"),
            code_problem("g", check_tests(PROMPT, CHECK, "one"), solution="    return 2"),
        ],
    )
    found = check_golds(problems)
    assert [p.question for p in problems if p.id in found.faults] == ["b", "c", "g"]
    assert found.sound.name == "mixed less 3 refused"
    assert "incorrect" in found.faults[problems.problems[-1].id]
    assert check_golds(found.sound).faults == {}


def test_a_run_remembers_what_its_verifier_refused(tmp_path, write):
    write(lambda rng, question: "1")
    problems = ProblemSet.of("p", [Problem("a", "1", "numeric"), Problem("b", "a few", "numeric")])
    run = draw(tmp_path, problems)
    verify(run)
    about = run.outcomes_about(run.verifier_digest())
    assert set(about.faults) == {problems.problems[1].id}
    (finding,) = [f for f in check(run).findings if f.check == "golds"]
    assert finding.problems == (problems.problems[1].id,)


def test_two_verifiers_of_one_run_are_held_against_each_other(tmp_path, write):
    write(lambda rng, question: rng.choice(["0.5", "1/2", "3"]))
    problems = ProblemSet.of("p", [Problem(f"q{i}", "0.5", "exact") for i in range(10)])
    run = draw(tmp_path, problems)
    first = verify(run)
    second = verify(run, verifier="math")
    both = agreement(run, first, second)
    assert both.draws == 400
    assert both.table["correct", "correct"] + both.table["incorrect", "incorrect"] == both.agreed
    assert both.table["incorrect", "correct"] > 50  # 1/2 is written otherwise
    assert both.table["correct", "incorrect"] == 0
    assert 0 < both.kappa < 1
    assert {e.extracted_second for e in both.examples} == {"1/2"}
    data = json.loads(json.dumps(both.to_dict()))
    assert (data["agreed"], len(data["table"])) == (both.agreed, 9)


# -- luck


def test_a_yes_no_set_is_luck_and_gets_no_verdict(tmp_path, write):
    write(lambda rng, question: rng.choice(["yes", "no"]))
    problems = ProblemSet.of(
        "coin", [Problem(f"q{i}", ["yes", "no"][i % 2], "exact") for i in range(100)]
    )
    run = draw(tmp_path, problems)
    verify(run)
    counts = count(run)
    assert counts.guess_rate == pytest.approx(np.full(100, 0.5), abs=0.05)
    result = probe(counts)
    assert result.verdict.label == "undecided"
    assert "guessing alone solves" in " ".join(result.verdict.reasons)


def test_answers_are_compared_in_their_verifiers_form(tmp_path, write):
    """Wrong draws say 0.50 where another problem's gold is 1/2."""
    write(lambda rng, question: "\\boxed{0.50}" if question != "q0" else "\\boxed{7}")
    golds = ["\\frac{1}{2}", "3", "5/4"]
    problems = ProblemSet.of("p", [Problem(f"q{i}", g, "math") for i, g in enumerate(golds)])
    run = draw(tmp_path, problems, n=8)
    verify(run)
    luck = guess_rates(run)
    assert luck.rates.tolist() == [1 - 1e-9, 0.0, 0.0]  # q2's draws, the others of its type
    assert luck.wrong == 24


def test_a_rate_read_from_few_problems_is_moved_to_the_others(tmp_path, write):
    """Each wrong draw of 40 problems says one of ten golds: which ones hangs on the problem."""
    golds = [str(i % 10) for i in range(40)]
    own = np.random.default_rng(0).integers(0, 10, 40)
    write(lambda rng, question: f"#### {own[int(question)]}")
    problems = ProblemSet.of("p", [Problem(str(i), g, "numeric") for i, g in enumerate(golds)])
    run = draw(tmp_path, problems, n=8)
    verify(run)
    wrong = own != np.arange(40) % 10
    said = np.array([np.sum(wrong & (own == int(gold))) for gold in golds])
    raw = said / (wrong.sum() - wrong)
    found = guess_rates(run).rates
    assert found.mean() == pytest.approx(raw.mean())
    assert np.std(found) < 0.7 * np.std(raw)


def test_only_answers_of_the_same_type_count():
    names = ["B", "12", "-3/4", "0.5", "yes", "x + 1"]
    types = ["letter", "integer", "number", "number", "word", "text"]
    assert [answer_type(name) for name in names] == types


def test_where_golds_cannot_be_compared_luck_is_unknown(tmp_path, write):
    write(lambda rng, question: "    return 1")
    problems = ProblemSet.of("p", [code_problem(PROMPT, check_tests(PROMPT, CHECK, "one"))])
    run = draw(tmp_path, problems, n=4)
    verify(run)
    assert guess_rates(run) is None
    assert count(run).guess_rate is None


def test_gsm8k_luck_stays_near_nothing(tmp_path, write, shared_data, monkeypatch):
    """Wrong answers as models give them: another problem's number, or one near."""
    from passgap.problems import load_problems

    monkeypatch.setenv("PASSGAP_DATA", str(shared_data))
    gsm8k = ProblemSet.of("gsm8k", list(load_problems("gsm8k"))[:300])
    pool = [int(float(p.reference)) for p in load_problems("gsm8k")]
    write(lambda rng, question: f"#### {rng.choice(pool) * rng.integers(1, 4) + rng.integers(9)}")
    run = draw(tmp_path, gsm8k, n=24)
    verify(run)
    assert guess_rates(run).at(20) < 0.12


def test_marking_tells_how_many_completions_are_done(tmp_path, monkeypatch):
    monkeypatch.setattr("passgap.stages.verifying.AT_ONCE", 16)
    problems = ProblemSet.of("p", [Problem(f"q{i}", str(i), "exact") for i in range(5)])
    run, seen = draw(tmp_path, problems, n=20), []
    verify(run, progress=lambda done, total: seen.append((done, total)))
    assert (seen[0], seen[-1]) == ((16, 100), (100, 100))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
