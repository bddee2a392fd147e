"""Two policies of equal ability that write differently: no verdict of change, and a finding."""

import numpy as np
import pytest

import passgap
from passgap.checks import check
from passgap.data.completions import Completion
from passgap.data.policies import Policy, SamplingParams
from passgap.data.problems import Problem, ProblemSet
from passgap.engines.fake import FakeEngine
from passgap.stages.sampling import sample
from passgap.stages.verifying import verify

PROBLEMS, DRAWS = 160, 16
NUMBERS = [str(2 + 7 * i) for i in range(PROBLEMS)]
FRACTIONS = [rf"\frac{{{i % 97 + 1}}}{{{i % 89 + 101}}}" for i in range(PROBLEMS)]
STYLES = {
    "dollars": (NUMBERS, "So the answer is @ dollars."),
    "sentence": (FRACTIONS, "Thus the probability is $@$."),
    "box, then prose": (NUMBERS, r"\boxed{@} in \boxed as requested"),
    "thinking": (NUMBERS, "<think>It may be 7.</think>\n\n**@**"),
    "run-on": (NUMBERS, "The answer is @.\n\nQ: What is 3 + 4?\nA: The answer is 7."),
}


@pytest.mark.parametrize("style", STYLES)
def test_another_style_is_no_change(style):
    golds, form = STYLES[style]
    right = np.random.default_rng(5).random((PROBLEMS, DRAWS)) < 0.5

    def arm(styled):
        """The counts of a policy that writes in this style on a quarter of the problems."""
        texts, wanted = [], []
        for i, row in enumerate(right):
            for hit in row:
                said = golds[i] if hit else golds[(i + 1) % PROBLEMS]
                boxed = form if styled and i % 4 == 0 else r"We compute. \boxed{@}"
                texts.append(boxed.replace("@", said))
                wanted.append(golds[i])
        marks = [mark.status == "correct" for mark in passgap.mark(wanted, texts)]
        c = np.reshape(marks, right.shape).sum(axis=1)
        return passgap.Counts([str(i) for i in range(PROBLEMS)], np.full(PROBLEMS, DRAWS), c)

    base, trained = arm(styled=False), arm(styled=True)
    assert base.c.tolist() == trained.c.tolist() == right.sum(axis=1).tolist()
    assert passgap.compare(base, trained).verdict.label == "same_at_small_k"


def test_a_style_that_hides_answers_is_found(tmp_path, monkeypatch):
    """A grader that only the asked form satisfies would see a gain that is none."""
    problems = ProblemSet.of(
        "p", [Problem(rf"{i}+1? Put it in \boxed{{}}.", str(i + 1), "math") for i in range(40)]
    )

    def write(form):
        def complete(self, block, prompts):
            rng = np.random.default_rng(block.seed)
            gold = {p.id: p.reference for p in problems}
            return [
                Completion(
                    i,
                    block.first_draw + j,
                    form.replace("@", gold[i] if hit else "0"),
                    (j,),
                    "stop",
                )
                for i in block.problem_ids
                for j, hit in enumerate(rng.random(block.size) < 0.5)
            ]

        monkeypatch.setattr(FakeEngine, "complete", complete)

    runs = []
    for name, form in {"base": "It is @ apples.", "trained": r"\boxed{@}"}.items():
        write(form)
        sampling = SamplingParams(8)
        out = tmp_path / name
        runs.append(sample(Policy(name), problems, n=16, out=out, engine="fake", sampling=sampling))
        verify(runs[-1])
    found = {finding.check: finding for finding in check(*runs).findings}
    assert "100.0% of the samples" in found["styles_outside"].evidence
    assert found["styles_outside"].severity == "warning"
    assert "if only the requested form counts" in found["readings"].evidence
    assert {"style_outside", "style_asked"} <= set(found)
