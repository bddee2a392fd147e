"""The algorithms study on a handful of problems: one table a study, each training done once."""

import dataclasses
import json

import pytest

pytest.importorskip("trl", reason="needs passgap[lm]")

from passgap.errors import UsageError
from research import algorithms
from research.algorithms import STUDIES, Size, Study, arm, slug, table, write_algorithms
from research.plain_loop import METHODS

pytestmark = pytest.mark.slow


SIZE = Size(seeds=2, train=4, held_out=5, other=3, n=8)


class Bar:
    """A progress bar that remembers its titles."""

    def __init__(self):
        self.titles = []

    def __call__(self, title):
        self.titles.append(title)
        return self

    def __enter__(self):
        return lambda *_: None

    def __exit__(self, *_):
        pass


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """(the page's text, its folder, the folder of runs, the titles shown)"""
    place = tmp_path_factory.mktemp("study")
    bar = Bar()
    with pytest.MonkeyPatch.context() as patch:
        plain = dataclasses.replace(
            algorithms.PLAIN, steps=4, group_size=8, prompts_per_step=2, resume_every=0
        )
        short = {f"{step}": {"steps": 4, "save_every": 2} for step in (2, 4)}
        patch.setattr(
            algorithms,
            "STUDIES",
            {
                "algorithms": Study(
                    {"GRPO": {}, "RLOO": {"algorithm": "rloo"}, "PPO": {"plain": "ppo"}},
                    plain=plain,
                ),
                "steps where training narrows": Study(short, "ambiguous", plain),
                "KL weight": Study({"0": {"beta": 0.0}}, plain=plain),
            },
        )
        page = place / "algorithms.md"
        page.write_text("# An older page\n\n## What agrees\n\nText of its own.\n")
        write_algorithms(
            place / "runs",
            page,
            progress=bar,
            size=SIZE,
            studies=tuple(algorithms.STUDIES),
            command="the command",
        )
    return page.read_text(), place, place / "runs", bar.titles


def test_the_table_has_the_papers_columns(written):
    page = written[0]
    for heading in ("trained on: pass@1", "held out: pass@1", "other family: pass@1"):
        assert heading in page
    for row in ("| base |", "| GRPO |", "| RLOO |", "| PPO |"):
        assert row in page
    assert "the command" in page
    rows = [
        line for line in page.splitlines() if line.startswith(("| GRPO |", "| RLOO |", "| PPO |"))
    ]
    assert len(rows) == 3
    assert all(line.count(" to ") == 9 for line in rows), "an interval in each cell"


def test_each_training_is_done_once(written):
    trained = [title for title in written[3] if title.startswith("training")]
    policies = {str(path.parent) for path in written[2].rglob("passgap_policy.json")}
    ended = {path for path in policies if "checkpoint" not in path}
    assert len(trained) == 12, "each row and seed is asked for"
    assert len(ended) == 6, "GRPO (which the KL weight 0 is), RLOO and steps, two seeds each"


def test_the_steps_are_checkpoints_of_one_training(written):
    runs = written[2] / "steps-where-training-narrows"
    asked = [
        json.loads((runs / step / "seed0-held_out" / "manifest.json").read_text())["policy"]
        for step in ("2", "4")
    ]
    assert asked[0]["path"].endswith("seed0-policy/checkpoint-2")
    assert asked[1]["path"].endswith("seed0-policy")
    assert asked[0]["weights_digest"] != asked[1]["weights_digest"]


def test_a_world_of_its_own_has_a_base_and_a_text_of_its_own(written):
    page, _, runs, _ = written
    narrows = page[page.index("## Steps where training narrows") :]
    assert "*ambiguous*" in narrows
    assert '"group_size": 8' in narrows
    assert '"steps"' not in narrows, "each row has its own"
    named = json.loads((runs / "ambiguous" / "base-held_out" / "manifest.json").read_text())
    assert "ambiguous" in json.dumps(named["problem_set"])


def test_what_others_wrote_on_the_page_stays(written):
    assert "## What agrees\n\nText of its own." in written[0]


def test_a_figure_a_study(written):
    for name in ("algorithms", "steps-where-training-narrows", "kl-weight"):
        picture = written[1] / "algorithms" / f"{name}.png"
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert f"(algorithms/{name}.png)" in written[0]


def test_wrong_settings_are_told_before_anything_is_drawn(tmp_path):
    with pytest.raises(UsageError, match="study 'speed'; allowed: algorithms, steps"):
        write_algorithms(tmp_path, tmp_path / "p.md", progress=Bar(), studies=("speed",))
    with pytest.raises(UsageError, match="seeds is 1; allowed: an integer >= 2"):
        write_algorithms(tmp_path, tmp_path / "p.md", progress=Bar(), size=Size(seeds=1))
    assert not list(tmp_path.iterdir())


def test_the_papers_six_algorithms_are_all_there():
    """Table of arXiv 2504.13837: none is left to others."""
    names = {name.lower().replace("++", "_plus_plus") for name in STUDIES["algorithms"].rows}
    assert {"ppo", "grpo", "reinforce_plus_plus", "rloo", "remax"} <= names
    assert any(name.startswith("dapo") for name in names)


def test_every_row_is_a_config_and_has_a_folder_of_its_own(tmp_path):
    for name, study in STUDIES.items():
        folders = {arm(tmp_path, name, row, changes) for row, changes in study.rows.items()}
        assert len(folders) == len(study.rows)
        for changes in study.rows.values():
            method, _ = algorithms.config_of(changes, plain=study.plain)
            assert method is None or method in METHODS
    assert slug("DAPO (loss, clip-higher)") == "dapo-loss-clip-higher"
    assert "| base |" in table("steps", [row("base")], ("held_out",))


def row(name):
    cell = {"value": 0.5, "low": 0.4, "high": 0.6}
    return {"row": name, "held_out": {"one": cell, "all": cell, "gap": cell, "label": ""}}
