"""The page of a run: what a reader elsewhere must not learn from it."""

from pathlib import Path

import passgap


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
