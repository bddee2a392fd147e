"""One door: every way to a verdict gives one label, or one refusal, on the same draws."""

import json
import re
from dataclasses import fields, replace

import numpy as np
import pytest
from typer.testing import CliRunner

import passgap
from passgap.analysis.compare import comparison
from passgap.analysis.compare.sharpening import sharpening
from passgap.cli import app
from passgap.errors import PassgapError, UsageError
from passgap.evidence import options
from passgap.evidence.evidence import Evidence
from passgap.results.labels import CompareLabel
from passgap.results.settings import (
    AdaptiveSettings,
    AuditSettings,
    BacktestSettings,
    CompareSettings,
    PlanSettings,
    ProbeSettings,
    ReachSettings,
    SelectSettings,
    WatchSettings,
)
from passgap.runs import WatchLog
from passgap.show import html
from passgap.show.page.gathering import page_data

pytestmark = pytest.mark.slow

P, N = 160, 128
FAILING = """
def mark(text, problem):
    if text.endswith("9") and text != problem.reference:
        raise ValueError("no ground truth")
    return text == problem.reference
"""


def of_sums(count=P, reference=lambda i: str(2 * i + 100)):
    return passgap.ProblemSet.of(
        "sums",
        [passgap.Problem(f"What is {i} and {i}?", reference(i), "exact") for i in range(count)],
    )


def policy_folder(folder, base, learnt, step):
    folder.mkdir(parents=True)
    about = {
        "schema": "passgap.policy/1",
        "algorithm": "grpo",
        "base": {"path": str(base)},
        "config": {},
        "step": step,
        "train_problem_ids": learnt,
        "versions": {},
    }
    (folder / "passgap_policy.json").write_text(json.dumps(about))
    return folder


def drawn(out, policy, problems, *, delta=0.0, seed=0, template="plain"):
    run = passgap.sample(
        passgap.Policy(str(policy), prompt=passgap.PromptSettings(template)),
        problems,
        n=N,
        out=out,
        sampling=passgap.SamplingParams(max_tokens=8),
        engine="fake",
        engine_args={"alpha": 1.2, "beta": 1.5, "delta": delta},
        seed=seed,
    )
    passgap.verify(run)
    return run


@pytest.fixture(scope="module", autouse=True)
def quick():
    """The tilt of the same draws is fitted once: doors are compared here, not statistics."""
    known = {}

    def once(base, trained, k):
        key = (base.c.tobytes(), trained.c.tobytes(), k)
        if key not in known:
            known[key] = sharpening(base, trained, k)
        return known[key]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(comparison, "sharpening", once)
        yield


@pytest.fixture(scope="module")
def situations(tmp_path_factory):
    """For each situation a base's run, and two training seeds' runs."""
    root = tmp_path_factory.mktemp("doors")
    problems = of_sums()
    learnt = [problem.id for problem in problems]
    lucky = of_sums(reference=lambda i: str(11 + i % 9) if i % 5 else "1")
    base = drawn(root / "base", root / "p" / "base", problems)
    luck_base = drawn(root / "luck-base", root / "p" / "base", lucky)

    def trained(name, on, which=problems, **how):
        policies = [
            policy_folder(root / "p" / f"{name}{seed}", root / "p" / "base", on, step=100 * seed)
            for seed in (1, 2)
        ]
        return [
            drawn(root / f"{name}{seed}", policy, which, delta=2.0, seed=seed, **how)
            for seed, policy in zip((1, 2), policies, strict=True)
        ]

    (root / "failing.py").write_text(FAILING)
    unscored_base = drawn(root / "unscored-base", root / "p" / "base", problems)
    unscored = trained("unscored", ["another"])
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(root)
        for run in (unscored_base, *unscored):
            passgap.verify(run, verifier="python:failing:mark")
    return {
        "plain": (base, trained("plain", ["another"])),
        "trained on": (base, trained("learnt", learnt)),
        "prompts differ": (base, trained("chat", ["another"], template="boxed")),
        "unscored": (unscored_base, unscored),
        "luck": (luck_base, trained("luck", ["another"], which=lucky)),
    }


def said(judge):
    """A label, or the first words of the refusal."""
    try:
        return str(judge())
    except PassgapError as error:
        return refusal(str(error))


def refusal(text):
    """Which refusal it is, whatever stands around it on a terminal or a page."""
    found = re.search(r"prompt differs|of the samples are unscored", " ".join(text.split()))
    return found[0] if found else text


def by_command(*arguments):
    ran = CliRunner().invoke(app, [*map(str, arguments), "--json"])
    if ran.exception is not None and not isinstance(ran.exception, SystemExit):
        return said(lambda: (_ for _ in ()).throw(ran.exception))
    return json.loads(ran.stdout)["verdict"]["label"]


def by_page(base, trained):
    return page_data(base, trained, title=None, command="").comparison.verdict.label


LABELS = "|".join(sorted(CompareLabel, key=len, reverse=True))


def table(run):
    counts = passgap.count(run)
    return counts, {
        "problem_id": list(counts.problem_id),
        "n": counts.n,
        "c": counts.c,
        "unscored": counts.unscored,
        "guess_rate": counts.guess_rate,
    }


# every way to judge one pair of runs; those that lose lineage or prompt are told what was lost
OF_A_PAIR = {
    "paths": lambda b, t: passgap.compare(str(b.path), str(t.path)).verdict.label,
    "runs": lambda b, t: passgap.compare(b, t).verdict.label,
    "counts": lambda b, t: passgap.compare(passgap.count(b), passgap.count(t)).verdict.label,
    "evidence": lambda b, t: passgap.compare(passgap.Evidence.read(b, t)).verdict.label,
    "command line": lambda b, t: by_command("compare", b.path, t.path),
    "report": by_page,
    "notebook": lambda b, t: re.search(r"sharpened\w*|inconclusive", html(passgap.compare(b, t)))[
        0
    ],
    "a checkpoint of a sweep": lambda b, t: (
        passgap.compare_sweep(b, [(1, t), (2, t)]).checkpoints[0].verdict.label
    ),
    "a seed of several": lambda b, t: passgap.compare_seeds(b, [t, t]).seeds[0].verdict.label,
}
EXPECTED = {
    "plain": "sharpened",
    "trained on": "inconclusive",
    "prompts differ": "prompt differs",
    "unscored": "of the samples are unscored",
    "luck": "inconclusive",
}


SLOW = {"luck", "trained on"}  # each makes the page of a pair


@pytest.mark.parametrize(
    "situation",
    [pytest.param(one, marks=[pytest.mark.slow] * (one in SLOW)) for one in EXPECTED],
)
def test_every_door_says_the_same_of_a_pair(situations, situation):
    base, (trained, _) = situations[situation]
    found = {name: said(lambda j=judge: j(base, trained)) for name, judge in OF_A_PAIR.items()}
    assert found == dict.fromkeys(OF_A_PAIR, EXPECTED[situation])


@pytest.mark.parametrize("situation", EXPECTED)
def test_every_door_says_the_same_of_training_seeds(situations, situation):
    base, trained = situations[situation]
    paths = [run.path for run in trained]
    found = {
        "Python": said(lambda: passgap.compare_seeds(base, trained).verdict.label),
        "counts": said(
            lambda: (
                passgap.compare_seeds(
                    passgap.count(base), [passgap.count(run) for run in trained]
                ).verdict.label
            )
        ),
        "command line": by_command("compare", base.path, *paths, "--seeds"),
    }
    # two training seeds leave it open, through every door
    want = "up_at_small_k" if situation == "plain" else EXPECTED[situation]
    assert found == dict.fromkeys(found, want)


@pytest.mark.parametrize("situation", EXPECTED)
def test_every_door_says_the_same_of_checkpoints(situations, situation):
    base, trained = situations[situation]
    paths = [run.path for run in trained]
    found = {
        "Python": said(lambda: passgap.compare_sweep(base, trained).verdict.label),
        "evidence": said(
            lambda: passgap.compare_sweep(passgap.Evidence.read(base, *trained)).verdict.label
        ),
        "command line": by_command("compare", base.path, *paths),
    }
    want = "coverage_holds" if situation == "plain" else EXPECTED[situation]
    assert found == dict.fromkeys(found, want)


def test_tables_and_matrices_say_what_counts_say(situations):
    base, (trained, _) = situations["plain"]
    polars, pandas = pytest.importorskip("polars"), pytest.importorskip("pandas")
    columns = [table(run)[1] for run in (base, trained)]
    want = passgap.compare(passgap.count(base), passgap.count(trained))
    for frame in (polars.DataFrame, pandas.DataFrame):
        got = passgap.compare(*map(frame, columns))
        assert replace(got.verdict, robust=want.verdict.robust) == want.verdict
    matrices = [passgap.outcome_matrix(passgap.count(run)) for run in (base, trained)]
    got = passgap.compare(*matrices)
    assert replace(got.verdict, robust=want.verdict.robust) == want.verdict
    assert passgap.probe(matrices[0]).verdict.label == passgap.probe(base).verdict.label


def test_plan_and_select_take_what_probe_takes(situations):
    base, _ = situations["plain"]
    counts = passgap.count(base)
    frame = pytest.importorskip("polars").DataFrame(table(base)[1])
    held = [base.path, str(base.path), base, counts, frame, passgap.Evidence.read(base)]
    plans = [passgap.plan(one, half_width=0.05) for one in held]
    assert plans == [plans[0]] * len(held)
    selections = [passgap.select(one, size=9).to_dict() for one in held]
    assert selections == [selections[0]] * len(held)


def test_what_reach_cannot_score_is_refused(situations):
    base, (trained, _) = situations["plain"]
    with pytest.raises(UsageError, match="is not a run folder; reach computes probabilities"):
        passgap.reach(passgap.count(base), trained)
    with pytest.raises(UsageError, match="0 trained policies; allowed: one"):
        passgap.reach(base)
    with pytest.raises(UsageError, match="budget is 1"):
        passgap.reach(base, trained, budget=1)


def test_counts_files_say_what_counts_say(situations, tmp_path):
    base, (trained, _) = situations["plain"]
    files = [
        passgap.write_counts(passgap.count(run), tmp_path / f"{name}.csv")
        for name, run in (("base", base), ("trained", trained))
    ]
    assert by_command("compare", *files) == passgap.compare(*files).verdict.label == "sharpened"
    assert "it is not known whether these problems were trained on" in passgap.compare(*files).notes


@pytest.mark.parametrize(
    ("source", "named"),
    [
        (np.zeros((3, 2, 2)), "shape"),
        (np.full((3, 4), 0.5), "0 and 1"),
        ("nowhere.csv", "there is no such file"),
        (7, "allowed: Counts, a run, a path, a frame"),
    ],
)
def test_what_holds_no_counts_is_refused(source, named):
    with pytest.raises(UsageError, match=re.escape(named)):
        passgap.probe(source)


def test_a_base_that_was_trained_from_the_other_is_refused(situations):
    base, (trained, _) = situations["plain"]
    with pytest.raises(UsageError, match="give the base first, as in passgap compare"):
        passgap.compare(trained, base)


@pytest.mark.parametrize(
    ("keywords", "settings"),
    [
        (options.CompareOptions, CompareSettings),
        (options.ProbeOptions, ProbeSettings),
        (options.AdaptiveOptions, AdaptiveSettings),
        (options.PlanOptions, PlanSettings),
        (options.SelectOptions, SelectSettings),
        (options.ReachOptions, ReachSettings),
        (options.WatchOptions, WatchSettings),
        (options.AuditOptions, AuditSettings),
        (options.BacktestOptions, BacktestSettings),
    ],
)
def test_the_doors_take_the_fields_of_the_settings(keywords, settings):
    assert keywords.__annotations__.keys() == {field.name for field in fields(settings)}


def test_several_checkpoints_get_their_steps_from_those_given_or_are_numbered():
    one = passgap.Counts(["a"], [2], [1])
    evidence = passgap.Evidence.read(one, one, one)
    assert evidence.steps([7, 3]) == ([7, 3], ())
    steps, notes = evidence.steps()
    assert steps == [1, 2]
    assert "2 of the 2" in notes[0]
    with pytest.raises(UsageError, match="1 steps for 2 checkpoints"):
        evidence.steps([5])


def test_checkpoints_have_the_steps_that_their_names_give(tmp_path):
    for folder in ("base", "step-100", "step-300"):
        (tmp_path / folder).mkdir()
        rows = "".join(f"p{i},8,{(i + len(folder)) % 9}\n" for i in range(40))
        (tmp_path / folder / "counts.csv").write_text("problem_id,n,c\n" + rows)
    places = [str(tmp_path / folder / "counts.csv") for folder in ("base", "step-300", "step-100")]
    evidence = Evidence.read(*places)
    assert evidence.steps()[0] == [300, 100]
    assert "names give them: 300, 100" in evidence.steps()[1][0]
    assert evidence.steps([1, 2])[0] == [1, 2]
    twice = Evidence.read(places[0], places[1], places[1])
    assert twice.steps()[0] == [1, 2]


def test_a_record_of_reward_calls_is_sent_to_watch(tmp_path):
    log = WatchLog(tmp_path / "out" / "watch", about={"step": "trainer", "group_size": 2})
    log.append(0, {"problem_id": ["a", "a"], "status": ["correct", "incorrect"]})
    for place in (tmp_path / "out", tmp_path / "out" / "watch"):
        with pytest.raises(UsageError, match=rf"reward calls: passgap watch {place}$"):
            Evidence.read(str(place))
