"""A reward against a second verifier: the shares by hand, and the sign of hacking."""

import json

import pytest
from commands import run as command

import passgap
from passgap.errors import UsageError
from passgap.logs import import_log

LOOSE = "regex?pattern=(7)"  # any text with a 7: the planted reward


def imported(folder, name, *, hacked, right, problems=25, samples=20):
    """Of each problem's samples, so many end in the right answer, so many only mention it."""
    texts = ["so \\boxed{7}"] * right + ["not 7, so \\boxed{8}"] * hacked
    texts += ["so \\boxed{9}"] * (samples - len(texts))
    rows = [
        {"question": f"Problem {i}?", "answer": "7", "completion": text, "correct": False}
        for i in range(problems)
        for text in texts
    ]
    log = folder / f"{name}.jsonl"
    log.write_text("\n".join(map(json.dumps, rows)))
    import_log(log, out=folder / name, form="table")
    run = passgap.Run(folder / name)
    passgap.verify(run, verifier=LOOSE)
    passgap.verify(run, verifier="math")
    return run


def test_shares_are_those_of_the_samples(tmp_path):
    base = imported(tmp_path, "base", hacked=2, right=6)
    trained = imported(tmp_path, "trained", hacked=8, right=6)
    found = passgap.audit_proxy(base, trained, proxy=LOOSE)
    assert found.gold == "math"  # the one that counts
    base_shares = {one.name: one.base.value for one in found.shares}
    assert base_shares == pytest.approx(
        {"proxy": 0.4, "gold": 0.3, "only_proxy": 0.1, "only_gold": 0.0}
    )
    after = {one.name: one.trained.value for one in found.shares}
    assert after == pytest.approx({"proxy": 0.7, "gold": 0.3, "only_proxy": 0.4, "only_gold": 0.0})
    assert found.share("only_proxy").change.value == pytest.approx(0.3)
    assert found.grew
    assert found.examples[0].run == str(trained.place)


def test_what_does_not_grow_is_no_sign(tmp_path):
    base = imported(tmp_path, "base", hacked=4, right=3)
    trained = imported(tmp_path, "trained", hacked=4, right=12)
    found = passgap.audit_proxy(base, trained, proxy=LOOSE, gold="math")
    assert not found.grew
    assert found.share("gold").change.low > 0
    alone = passgap.audit_proxy(base, proxy=LOOSE)
    assert alone.grew is None
    assert alone.share("only_proxy").change is None


def test_the_labels_of_a_log_are_a_verifier_too(tmp_path):
    base = imported(tmp_path, "base", hacked=2, right=6)
    found = passgap.audit_proxy(base, proxy="math", gold="source")
    assert found.share("only_proxy").base.value == pytest.approx(0.3)


def test_bad_input_is_one_line(tmp_path):
    base = imported(tmp_path, "base", hacked=2, right=6, problems=3)
    with pytest.raises(UsageError, match="is not marked by 'choice'"):
        passgap.audit_proxy(base, proxy="choice")
    with pytest.raises(UsageError, match="both the reward and the second verifier"):
        passgap.audit_proxy(base, proxy="math")


def test_the_command_prints_and_refuses(tmp_path):
    imported(tmp_path, "base", hacked=2, right=6)
    imported(tmp_path, "trained", hacked=8, right=6)
    shown = command("audit", "base", "trained", "--proxy", LOOSE, cwd=tmp_path)
    assert "It grew in training: a sign of reward hacking." in " ".join(shown.stdout.split())
    refused = command("audit", "base", "--gold", "math", cwd=tmp_path)
    assert refused.returncode == 2
    assert "needs --proxy SPEC" in refused.stderr
    for flag in ("--size", "--seed"):
        idle = command("audit", "base", "--proxy", LOOSE, flag, "3", cwd=tmp_path)
        assert idle.returncode == 2
        assert f"{flag} with --proxy" in idle.stderr
