"""The page on extending passgap: its package is installed, and every part of it used."""

import json
import re
import sys
import tomllib
from pathlib import Path

import polars as pl
import pytest
from commands import run

import passgap
from passgap.errors import UsageError
from passgap.logs import import_log
from passgap.runs import Run

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "extending.md").read_text()
MODULES = dict(re.findall(r'^```python title="(\S+)"\n(.*?)^```$', PAGE, re.DOTALL | re.MULTILINE))
PROJECT = tomllib.loads(re.search(r"^```toml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)[1])
POINTS = PROJECT["project"]["entry-points"]


@pytest.fixture
def lab(install):
    install({"passgap_lab/__init__.py": "", **MODULES}, POINTS, PROJECT["project"]["name"])


@pytest.fixture
def questions(tmp_path):
    path = tmp_path / "questions.jsonl"
    rows = [{"question": f"Is {i} even?", "answer": ["yes", "no"][i % 2]} for i in range(20)]
    path.write_text("\n".join(json.dumps(row | {"verifier": "exact"}) for row in rows))
    return path


def passgap_(*arguments):
    done = run(*arguments)
    assert done.returncode == 0, done.stderr
    return done


def test_the_page_has_one_example_of_each_kind():
    named = {point.partition(":")[0] for group in POINTS.values() for point in group.values()}
    assert {f"{name.replace('.', '/')}.py" for name in named} == set(MODULES)
    assert set(POINTS) == {
        f"passgap.{kind}" for kind in ("engines", "verifiers", "logs", "launchers")
    }


def test_its_engine_samples_and_its_verifier_marks(lab, questions, tmp_path):
    out = tmp_path / "base"
    passgap_("sample", "any", questions, "--engine", "parrot", "-n", 8,
             "--max-tokens", 4, "--out", out)  # fmt: skip
    passgap_("verify", out, "--verifier", "plugin:yesno")
    counts = passgap.read_counts(out)
    assert sorted(set(counts.c.tolist())) == [0, 8]
    assert counts.c.sum() == 80
    manifest = Run(out).manifest
    assert manifest.engine["name"] == "parrot"
    assert manifest.versions["passgap-lab"] == "1.0"


def test_its_verifier_is_a_function_too(lab):
    marks = passgap.mark(["yes", "yes", "yes"], ["yes", "no", "?"], verifier="plugin:yesno")
    assert [(one.status, one.reason) for one in marks] == [
        ("correct", ""),
        ("incorrect", ""),
        ("incorrect", "no_answer"),
    ]
    with pytest.raises(UsageError, match="has the option 'strict'; allowed: none"):
        passgap.mark("yes", "yes", verifier="plugin:yesno?strict=true")


@pytest.fixture
def quiz(tmp_path):
    rows = [
        {"asked": f"Is {i} even?", "said": "yes", "key": ["yes", "no"][i % 2], "right": i % 2 == 0}
        for i in range(10)
    ]
    (tmp_path / "monday.quiz").write_text("\n".join(json.dumps(row) for row in rows * 4))
    return tmp_path / "monday.quiz"


def test_its_log_is_imported(lab, quiz, tmp_path):
    passgap_("import", "quiz", quiz, "--out", tmp_path / "cli")
    import_log(quiz, form="quiz", out=tmp_path / "python")
    for place in ("cli", "python"):
        counts = passgap.read_counts(tmp_path / place)
        assert sorted(counts.c.tolist()) == [0] * 5 + [4] * 5


def test_its_launcher_exports(lab, questions, tmp_path):
    out = tmp_path / "job"
    done = passgap_("export", "loop", questions, "--policy", "org/model", "--max-tokens", 64,
                    "--group-size", 4, "--gpus", 1, "--out", out)  # fmt: skip
    assert "20 problems to train on" in done.stdout
    assert (
        out / "run.sh"
    ).read_text() == "our-trainer org/model train.jsonl --steps 100 --group 4\n"
    assert len((out / "train.jsonl").read_text().splitlines()) == 20
    assert json.loads((out / "settings.json").read_text())["trainer"] == "loop"
    assert "loop" in passgap_("export", "--help").stdout


# -- who may name a plugin

SPY = "raise SystemExit('a plugin was imported that nobody named')"


@pytest.fixture
def spy(install):
    groups = ("engines", "verifiers", "logs", "launchers")
    install({"spy.py": SPY}, {f"passgap.{group}": {"spy": "spy:it"} for group in groups})
    yield
    assert "spy" not in sys.modules


def test_a_problem_file_cannot_name_a_plugin(spy, questions, tmp_path):
    questions.write_text(questions.read_text().replace('"exact"', '"plugin:spy"'))
    for command in (
        ("sample", "any", questions, "--engine", "fake", "-n", 4, "--max-tokens", 4),
        ("export", "trl", questions, "--policy", "org/model", "--max-tokens", 8),
    ):
        done = run(*command, "--out", tmp_path / "out")
        assert done.returncode == 2
        assert "accepted only from the command line" in done.stderr.replace("\n", " ")


def test_a_run_folder_cannot_name_a_plugin(spy, questions, tmp_path):
    out = tmp_path / "run"
    passgap_("sample", "any", questions, "--engine", "fake", "-n", 8, "--max-tokens", 4,
             "--out", out)  # fmt: skip
    passgap_("verify", out)
    manifest = json.loads((out / "manifest.json").read_text())
    manifest["engine"]["name"] = "spy"
    (out / "manifest.json").write_text(json.dumps(manifest))
    for about in out.glob("outcomes/*/about.json"):
        about.write_text(json.dumps(json.loads(about.read_text()) | {"verifier": "plugin:spy"}))
    for command in (
        ("probe", out, "--k-small", 1, "--k-large", 4),
        ("check", out),
        ("compare", out, out, "--k-small", 1, "--k-large", 4, "--allow-different-prompts"),
    ):
        assert "Traceback" not in run(*command).stderr
    done = run("export", "trl", out, "--policy", "org/model", "--out", tmp_path / "job")
    assert done.returncode == 2
    assert "accepted only from the command line" in done.stderr
    problems = pl.read_parquet(out / "problems.parquet")
    problems.with_columns(verifier=pl.lit("plugin:spy")).write_parquet(out / "problems.parquet")
    assert run("verify", out).returncode == 2


def test_a_log_is_never_guessed_to_be_of_an_added_format(spy, quiz, tmp_path):
    done = run("import", quiz, "--out", tmp_path / "run")
    assert done.returncode == 2
    assert "is not recognized" in done.stderr
    assert "spy" in done.stderr
