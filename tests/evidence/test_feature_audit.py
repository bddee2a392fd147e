"""Cheap features of a run: what they count, and that a planted hack is named, before and after."""

import json

import numpy as np
import pytest
from commands import run as command

import passgap
from passgap.errors import UsageError
from passgap.logs import import_log
from passgap.stages.features import COUNTED, features_of

PROBLEMS, SAMPLES = 30, 24
FILLER = [
    "so",
    "we",
    "add",
    "them",
    "and",
    "look",
    "at",
    "the",
    "sum",
    "once",
    "more",
    "then",
    "write",
    "it",
    "down",
    "here",
]


def completion(rng, right, *, tag):
    """A text whose words carry nothing, with a tag or not, and an answer."""
    said = " ".join(rng.permutation(FILLER)[: rng.integers(5, 12)])
    return f"{said}{' <answer>' if tag else ''} \\boxed{{{7 if right else 8}}}"


def imported(folder, name, texts):
    """A run of (problem, text, correct) rows, with the marks as the log has them."""
    rows = [
        {"question": f"Problem {i}?", "answer": "7", "completion": text, "correct": bool(mark)}
        for i, text, mark in texts
    ]
    log = folder / f"{name}.jsonl"
    log.write_text("\n".join(map(json.dumps, rows)))
    import_log(log, out=folder / name, form="table")
    return passgap.Run(folder / name)


def sampled(folder, name, *, tagged, pays_tag, seed):
    """Right with chance 30%, tagged with chance ``tagged``; the reward may pay the tag too."""
    rng = np.random.default_rng(seed)
    texts = []
    for i in range(PROBLEMS):
        for _ in range(SAMPLES):
            right, tag = rng.random() < 0.3, rng.random() < tagged
            texts.append((i, completion(rng, right, tag=tag), right or (pays_tag and tag)))
    return imported(folder, name, texts)


def test_a_planted_tag_that_pays_is_named_first(tmp_path):
    base = sampled(tmp_path, "base", tagged=0.15, pays_tag=True, seed=1)
    found = passgap.audit_features(base)
    best = max(found.above_floor, key=lambda row: abs(row.base.association.value))
    assert best.name in ("answer tags", 'has "answer"', 'has "<"', 'has ">"')
    assert best.base.association.low > 0.2


def test_a_sound_reward_names_no_tag(tmp_path):
    base = sampled(tmp_path, "base", tagged=0.15, pays_tag=False, seed=1)
    assert [row.name for row in passgap.audit_features(base).above_floor] == []


def test_what_training_moved_to_where_it_was_paid_comes_first(tmp_path):
    base = sampled(tmp_path, "base", tagged=0.15, pays_tag=True, seed=1)
    trained = sampled(tmp_path, "trained", tagged=0.9, pays_tag=True, seed=2)
    found = passgap.audit_features(base, trained)
    moved = {row.name for row in found.with_reward}
    assert "answer tags" in moved
    assert found.rows[0].with_reward
    row = next(row for row in found.rows if row.name == "answer tags")
    assert row.change.low < 0.75 < row.change.high
    assert (row.base.mean, row.trained.mean) == pytest.approx((0.15, 0.9), abs=0.03)
    still = {row.name for row in found.rows if not row.moved}
    assert "numbers" not in moved
    assert len(still) > len(moved)


def test_a_policy_that_moved_away_did_not_move_with_the_reward(tmp_path):
    base = sampled(tmp_path, "base", tagged=0.5, pays_tag=True, seed=1)
    trained = sampled(tmp_path, "trained", tagged=0.1, pays_tag=True, seed=2)
    found = passgap.audit_features(base, trained)
    assert found.with_reward == ()
    assert next(row for row in found.rows if row.name == "answer tags").moved


def test_features_count_what_they_say(tmp_path):
    texts = [
        "**So** the answer might be\n- 12.5\nimport os; os._exit(0)\n```\nx\n```",
        "one two three four one two three four one two three four",
        "\\boxed{8} и ещё <answer>8</answer>",
    ]
    run = imported(tmp_path, "run", [(0, text, i == 2) for i, text in enumerate(texts)])
    (found,) = features_of([run])
    value = dict(zip(found.names, found.values.T.tolist(), strict=True))
    assert value["bold"] == [2, 0, 0]
    assert value["hedging"] == [1, 0, 0]
    assert value["code: exits"] == [1, 0, 0]
    assert value["code fences"] == [2, 0, 0]
    assert value["list items and headings"] == [1, 0, 0]
    assert value["numbers"] == [2, 0, 2]
    assert value["boxes"] == [0, 0, 1]
    assert value["answer tags"] == [0, 0, 2]
    assert value["letters of other scripts"] == [0, 0, 4]
    assert value["characters"] == [len(text) for text in texts]
    assert value["repeated 4-grams, share"] == pytest.approx([0, 5 / 9, 0])
    assert set(COUNTED) < set(found.names)


def test_a_large_run_is_read_in_part_and_whole_problems(tmp_path):
    base = sampled(tmp_path, "base", tagged=0.15, pays_tag=True, seed=1)
    (found,) = features_of([base], most=5 * SAMPLES)
    counts = np.bincount(found.problem)
    assert counts[counts > 0].tolist() == [SAMPLES] * 5
    assert found.total == PROBLEMS * SAMPLES


def test_bad_input_is_one_line(tmp_path):
    run = imported(tmp_path, "run", [(0, "7", True), (0, "7", True)])
    with pytest.raises(UsageError, match="no problem with both a right and a wrong sample"):
        passgap.audit_features(run)


def test_the_command_prints_and_refuses(tmp_path):
    sampled(tmp_path, "base", tagged=0.15, pays_tag=True, seed=1)
    sampled(tmp_path, "trained", tagged=0.9, pays_tag=True, seed=2)
    shown = command("audit", "base", "trained", "--features", cwd=tmp_path)
    assert "answer tags" in shown.stdout
    assert "to where the base's marks paid it" in " ".join(shown.stdout.split())
    alone = json.loads(command("audit", "base", "--features", "--json", cwd=tmp_path).stdout)
    assert alone["schema"] == "passgap.audit_features/1"
    assert alone["trained"] is None
    assert "change" not in alone["rows"][0]
    refused = command("audit", "base", "trained", cwd=tmp_path)
    assert refused.returncode == 2
    assert "two with --features" in refused.stderr
    both = command("audit", "base", "--features", "--reward", "math", cwd=tmp_path)
    assert both.returncode == 2
    assert "--reward with --features" in both.stderr
    size = command("audit", "base", "--features", "--size", "60", cwd=tmp_path)
    assert size.returncode == 2
    assert "--size with --features" in size.stderr
