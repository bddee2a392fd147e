"""What others may get holds no token and no home folder: every run, page and export is searched."""

import json

import pytest
from commands import run

from passgap.runs import Run
from passgap.runs.lineage import policy_folder

TOKENS = {"HF_TOKEN": "hf_planted0123456789", "OPENAI_API_KEY": "sk-planted0123456789"}


def passgap(*arguments):
    result = run(*arguments)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home folder with a policy, problems and a log in it."""
    home = tmp_path / "home" / "alice"
    (home / "models" / "base").mkdir(parents=True)
    (home / "models" / "base" / "config.json").write_text("{}")
    rows = [{"question": f"What is {i}?", "answer": str(i)} for i in range(24)]
    (home / "problems.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    log = [
        {"id": f"p{i}", "question": f"What is {i}?", "answer": str(i), "text": str(i + d % 2),
         "correct": d % 2 == 0}
        for i in range(24) for d in range(4)
    ]  # fmt: skip
    (home / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in log))
    monkeypatch.setenv("HOME", str(home))
    for name, value in TOKENS.items():
        monkeypatch.setenv(name, value)
    return home


def test_no_run_page_or_export_names_the_home_folder_or_a_token(home):
    out = home / "out"
    for first in (0, 20):
        passgap(
            "sample", home / "models" / "base", home / "problems.jsonl", "-n", 20, "--first-draw",
            first, "--engine", "fake", "--out", out / f"part{first}",
        )  # fmt: skip
    passgap("merge", out / "part0", out / "part20", "--out", out / "run")
    passgap("verify", out / "run")
    passgap(
        "import", "table", home / "log.jsonl", "--text-field", "text", "--label", "correct",
        "--out", out / "imported",
    )  # fmt: skip
    (out / "said").write_text(
        passgap("probe", out / "run", "--json").replace(str(out / "run"), "RUN")
    )
    passgap("report", out / "run", "--out", out / "page.html")
    passgap("export", "counts", out / "run", "--out", out / "counts.csv")
    passgap("export", "dataset", out / "run", "--out", out / "dataset")
    files = [path for path in out.rglob("*") if path.is_file()]
    assert len(files) > 15
    secret = [str(home).encode(), *(value.encode() for value in TOKENS.values())]
    assert [path for path in files if any(one in path.read_bytes() for one in secret)] == []
    assert "~/models/base" in (out / "run" / "manifest.json").read_text()
    assert policy_folder(Run(out / "run")) == home / "models" / "base"
