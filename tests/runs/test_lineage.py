"""Lineage: roles, what a policy was trained on, and its step, from policy files alone."""

import json
import os

import pytest

from passgap.data.policies import UNKNOWN_POLICY, Policy, SamplingParams
from passgap.errors import RunError
from passgap.runs import Run
from passgap.runs.lineage import roles, step_of, trained_on
from passgap.stages.sampling import sample


@pytest.fixture
def drawn(twenty, tmp_path):
    """Draws a run from a policy folder or a name, with the fake engine."""

    def draw(policy):
        out = tmp_path / "runs" / os.path.basename(os.path.dirname(f"{policy}/"))
        settings = {"sampling": SamplingParams(max_tokens=4), "engine": "fake"}
        return sample(Policy(str(policy)), twenty, n=1, out=out, **settings)

    return draw


def trained(folder, *, base, step=10, problems=("other",), **more):
    """A policy folder as passgap train leaves it; ``base`` is (path, digest)."""
    folder.mkdir(parents=True)
    weights = {"path": str(base[0]), "weights_digest": base[1]}
    about = {"step": step, "base": weights, "train_problem_ids": list(problems)} | more
    (folder / "passgap_policy.json").write_text(json.dumps(about))
    return folder


def weights(run):
    return run.manifest.policy["weights_digest"]


def told(run, **policy):
    """The run with another policy in its manifest."""
    file = run.path / "manifest.json"
    data = json.loads(file.read_text())
    file.write_text(json.dumps(data | {"policy": data["policy"] | policy}))
    return Run(run.path)


def test_roles_are_those_of_the_lineage_in_either_order(drawn, tmp_path):
    base = drawn("base")
    after = drawn(trained(tmp_path / "t", base=("elsewhere", weights(base))))
    assert roles(base, after) == "as given"
    assert roles(after, base) == "reversed"


def test_a_served_base_is_known_by_its_name(drawn, tmp_path):
    base, after = drawn("owner/name"), drawn(trained(tmp_path / "t", base=("owner/name", "aa")))
    assert roles(base, after) == "as given"


def test_two_of_one_training_go_by_their_steps(drawn, tmp_path):
    early = drawn(trained(tmp_path / "t" / "checkpoint-5", base=("b", "aa"), step=5))
    late = drawn(trained(tmp_path / "t" / "checkpoint-20", base=("b", "aa"), step=20))
    assert (roles(early, late), roles(late, early)) == ("as given", "reversed")


def test_a_base_is_found_over_several_trainings(drawn, tmp_path):
    base = drawn("base")
    first = trained(tmp_path / "one", base=("base", weights(base)))
    second = drawn(trained(tmp_path / "two", base=(first, "of one")))
    assert roles(base, second) == "as given"
    assert roles(second, base) == "reversed"


def test_what_no_file_says_is_unknown(drawn, tmp_path):
    base, other = drawn("base"), drawn("other")
    assert roles(base, other) == roles(base, base) == "unknown"
    seed = drawn(trained(tmp_path / "s0", base=("b", "aa"), config={"seed": 0}))
    another = drawn(trained(tmp_path / "s1", base=("b", "aa"), config={"seed": 1}, step=20))
    assert roles(seed, another) == "unknown", "two seeds of one recipe"


def test_runs_that_do_not_know_their_weights_are_not_one_policy(drawn, tmp_path):
    base = told(drawn("base"), path=UNKNOWN_POLICY, weights_digest="")
    assert roles(base, drawn(trained(tmp_path / "t", base=(UNKNOWN_POLICY, "")))) == "unknown"


def test_files_that_name_each_other_in_a_circle_end(drawn, tmp_path):
    one = drawn(trained(tmp_path / "one", base=(tmp_path / "two", "bb")))
    two = drawn(trained(tmp_path / "two", base=(tmp_path / "one", "aa")))
    assert roles(drawn("base"), one) == roles(one, two) == roles(two, one) == "unknown"


@pytest.mark.parametrize("path", ["a\0b", "x" * 5000, "/proc/self/mem", ""])
def test_a_path_that_cannot_be_is_no_policy_folder(drawn, path):
    run = told(drawn("base"), path=path)
    assert trained_on(run) is None
    assert roles(run, drawn("other")) == "unknown"


def test_whether_a_policy_was_trained_on_the_runs_problems(drawn, twenty, tmp_path):
    ids = [problem.id for problem in twenty]
    seen = drawn(trained(tmp_path / "seen", base=("b", "aa"), problems=ids[:1]))
    assert trained_on(seen) is True
    assert trained_on(seen.path) is True
    assert trained_on(drawn(trained(tmp_path / "unseen", base=("b", "aa")))) is False
    assert trained_on(drawn("base")) is None
    counts = tmp_path / "counts.csv"
    counts.write_text("problem_id,n,c\na,4,2\n")
    assert trained_on(counts) is None


def test_a_file_that_does_not_name_its_problems_leaves_it_unknown(drawn, tmp_path):
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "passgap_policy.json").write_text('{"step": 3, "of": "another tool"}')
    assert trained_on(drawn(tmp_path / "t")) is None
    assert step_of(tmp_path / "t") == 3


@pytest.mark.parametrize("text", ["", "{", "[]", '{"train_problem_ids": 3}', '{"step": "ten"}'])
def test_a_damaged_policy_file_is_named_with_what_to_do(drawn, tmp_path, text):
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "passgap_policy.json").write_text(text)
    run = drawn(tmp_path / "t")
    for ask in (lambda: trained_on(run), lambda: roles(run, run), lambda: step_of(tmp_path / "t")):
        with pytest.raises(RunError, match=r"passgap_policy\.json is damaged or was not.*move it"):
            ask()


def test_a_policy_file_of_a_later_version_is_refused(tmp_path):
    (tmp_path / "passgap_policy.json").write_text('{"schema": "passgap.policy/9", "step": 3}')
    with pytest.raises(
        RunError, match=r"has schema 'passgap.policy/9', but this version of passgap reads"
    ):
        step_of(tmp_path)
