"""What sampling alone reads from runs: answers as they were given, and training's tokens."""

import json

import pytest

import passgap
from passgap.data.policies import Policy, SamplingParams
from passgap.data.problems import Problem, ProblemSet
from passgap.engines.fake import FakeEngine
from passgap.errors import MismatchError, UsageError
from passgap.evidence.answers import answers_of, arms_of, base_answers, training_of
from passgap.runs import Run


@pytest.fixture
def halves():
    return ProblemSet.of("halves", [Problem(f"q{i}", f"{i}.5", "math") for i in range(6)])


def sampled(problems, out, policy="m", **settings):
    run = passgap.sample(
        Policy(str(policy)),
        problems,
        n=40,
        out=out,
        sampling=SamplingParams(max_tokens=8, **settings),
        engine="fake",
    )
    passgap.verify(run)
    return run


def test_the_answers_are_those_that_were_drawn(halves, tmp_path):
    run = sampled(halves, tmp_path / "r", temperature=0.5)
    found, counts = answers_of(run), passgap.count(run)
    assert found.temperature == 0.5
    assert found.problem_id == counts.problem_id
    assert found.n.tolist() == counts.n.tolist()
    assert found.right.tolist() == counts.c.tolist()
    said = run.scan_completions().collect()
    for i, problem in enumerate(halves):
        texts = said.filter(problem_id=problem.id)["text"]
        wrong = texts.filter(texts != problem.reference).value_counts()["count"]
        assert sorted(found.wrong[i]) == sorted(wrong)
        lengths = said.filter(problem_id=problem.id)["token_count"]
        assert found.tokens[i] == pytest.approx(lengths.mean())


def test_spellings_of_one_wrong_answer_are_one_answer(monkeypatch, halves, tmp_path):
    spellings = ("99.25", "397/4", "\\boxed{\\frac{397}{4}}", "")

    def complete(self, block, prompts):
        made = real(self, block, prompts)
        return [
            type(one)(one.problem_id, one.draw, spellings[one.draw % 4], (1,), "stop")
            for one in made
        ]

    real = FakeEngine.complete
    monkeypatch.setattr(FakeEngine, "complete", complete)
    found = answers_of(sampled(halves, tmp_path / "r"))
    assert found.wrong == ((30,),) * 6
    assert found.right.sum() == 0
    assert found.n.tolist() == [40] * 6, "ten draws of each problem say nothing and do not vote"


def trained_folder(path, *, algorithm="grpo", step=30, **config):
    settings = {"prompts_per_step": 4, "group_size": 8, "num_iterations": 1} | config
    path.mkdir(parents=True)
    about = {"algorithm": algorithm, "step": step, "config": settings, "train_problem_ids": []}
    (path / "passgap_policy.json").write_text(json.dumps(about))
    rows = [{"step": s, "completion_length": 10.0 if s <= 30 else 50.0} for s in range(1, 61)]
    for row in rows:
        if (row["step"] - 1) % settings["num_iterations"]:
            del row["completion_length"]  # such a step learns from what an earlier one drew
    lines = [json.dumps(row) + "\n" for row in rows]
    (path.parent / "training.jsonl").write_text("".join(lines) + lines[-1][:9])
    return path


def test_training_drew_its_steps_times_their_completions(halves, tmp_path):
    checkpoint = trained_folder(tmp_path / "policy" / "checkpoint-30")
    found = training_of(sampled(halves, tmp_path / "r", checkpoint))
    assert (found.completions, found.mean_tokens, found.tokens) == (960, 10.0, 9600.0)
    reused = trained_folder(tmp_path / "other" / "checkpoint-60", step=60, num_iterations=2)
    assert training_of(sampled(halves, tmp_path / "s", reused)).tokens == 60 * 16 * 30
    odd = trained_folder(tmp_path / "odd" / "checkpoint-5", step=5, num_iterations=2)
    assert training_of(sampled(halves, tmp_path / "v", odd)).completions == 3 * 32
    taught = trained_folder(tmp_path / "sft" / "checkpoint-30", algorithm="distill")
    assert training_of(sampled(halves, tmp_path / "t", taught)) is None
    assert training_of(sampled(halves, tmp_path / "u")) is None


def test_what_is_no_run_and_what_is_of_other_weights(halves, tmp_path):
    run, other = sampled(halves, tmp_path / "r"), sampled(halves, tmp_path / "o", "other")
    counts = tmp_path / "counts.csv"
    passgap.write_counts(passgap.count(run), counts)
    assert base_answers(str(counts)) == []
    assert arms_of(str(run.path), str(counts)) is None
    assert arms_of(str(run.path), str(other.path)).trained.name == "o"
    with pytest.raises(UsageError, match=r"counts\.csv, which is a counts file"):
        base_answers(str(counts), [str(run.path)])
    with pytest.raises(MismatchError, match="other weights"):
        base_answers(str(run.path), [str(other.path)])
    assert isinstance(run, Run)
