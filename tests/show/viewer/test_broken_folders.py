"""Folders that anybody may have written: each fault is said, and everything else is shown."""

import json
import re

import polars as pl
import pyarrow.parquet as pq
import pytest
from known_runs import client_of, settled, solved_by, sums, write_run

from passgap.errors import RunError
from passgap.show.viewer.completions import draws, page_of

pytestmark = pytest.mark.slow

HERE = {"origin": "http://127.0.0.1:8177", "sec-fetch-site": "same-origin"}


@pytest.fixture
def two(tmp_path):
    """A sound run, and one to break."""
    write_run(tmp_path / "sound", sums(10), solved_by(lambda i: 3))
    run = write_run(tmp_path / "broken", sums(10), solved_by(lambda i: 3))
    return tmp_path, run


def opened(root):
    client, library = client_of(root)
    text = settled(client, "/").text
    runs = {name: key for key, name in re.findall(r'href="/run/(\w+)">([^<]+)<', text)}
    assert "sound" in runs, "the sound run is shown whatever the other holds"
    return client, library, text, runs


def change_manifest(run, **values):
    file = run.path / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


HUGE = {"first_draw": 0, "draws": 10**15, "block_problems": 1, "block_draws": 1, "problems": None}


@pytest.mark.parametrize(
    "values",
    [
        {"sampling": {}},
        {"sampling": {"temperature": "<b>", "top_p": 1, "top_k": 0, "max_tokens": 1}},
        {"policy": []},
        {"problem_set": {"name": "x"}},
        {"prompt": None},
        {"n": "many"},
        {"rounds": [HUGE]},
        {"rounds": [HUGE | {"draws": 4, "block_draws": 0}]},
        {"rounds": [{"draws": 3}]},
        {"more": 1},
    ],
)
def test_a_manifest_that_cannot_be(two, values):
    root, run = two
    change_manifest(run, **values)
    _, library, text, runs = opened(root)
    assert "broken" not in runs
    assert 'class="fault"' in text
    library.stop()


@pytest.mark.parametrize("name", ["latest", "reasoning"])
def test_outcomes_named_by_a_path_are_refused(two, name):
    root, run = two
    (run.path / "outcomes" / name).write_text("../../sound/outcomes")
    client, library, text, runs = opened(root)
    if name == "latest":
        assert "which is not a digest" in text
        return
    key = runs["broken"]
    for page in ("audit", "report", "checks"):
        answer = client.get(f"/run/{key}/{page}")
        assert answer.status_code == 400
        assert "which is not a digest" in answer.text
    library.stop()


def test_a_mark_cannot_be_written_elsewhere(two):
    root, run = two
    client, library, _, runs = opened(root)
    url = f"/run/{runs['broken']}/audit"
    form = dict(re.findall(r'name="(\w+)" value="([^"]*)"', settled(client, url).text))
    (run.path / "outcomes" / "latest").write_text("../../../marks")
    answer = client.post(url, data=form | {"mark": "right"}, headers=HERE)
    assert answer.status_code == 400
    assert not list(root.parent.glob("marks*"))
    assert not list(root.rglob("*marks*"))
    library.stop()


@pytest.mark.parametrize("metadata", ["[1, 2]", "null", "{", '"x"', '{"level": {"a": 1}}'])
def test_metadata_of_other_shapes(two, metadata):
    root, run = two
    file = run.path / "problems.parquet"
    pl.read_parquet(file).with_columns(metadata=pl.lit(metadata)).write_parquet(file)
    client, library, text, runs = opened(root)
    if metadata == "{":
        assert "metadata that is not JSON" in text
    else:
        assert client.get(f"/run/{runs['broken']}").status_code == 200
    library.stop()


@pytest.mark.parametrize(
    ("request_", "log"),
    [
        ("[]", ""),
        ("{", '{"step": 1}\n'),
        ('{"config": 3, "base": "x", "problem_set": []}', '{"step": 1, "reward": "high"}\n'),
        ('{"config": {"steps": "<b>"}}', '{"step": 1e999}\n{"step": 1' + "0" * 400 + "}\n"),
        ('{"algorithm": {"a": "<script>"}}', '[1]\n{"step": 1, "reward": 1e300}\n'),
        ("{}", '{"step": 2, "curve": [3, {"k": "x"}], "reward": NaN}\n{"step": 3}\n'),
    ],
)
def test_training_folders_of_other_shapes(tmp_path, request_, log):
    folder = tmp_path / "policy"
    (folder / "trainer").mkdir(parents=True)
    (folder / "trainer" / "request.json").write_text(request_)
    (folder / "training.jsonl").write_text(log)
    (folder / "held_out.jsonl").write_text(log)
    client, library = client_of(tmp_path)
    home = client.get("/")
    assert home.status_code == 200
    assert "<script>" not in home.text
    url = re.search(r'href="(/training/\w+)"', home.text).group(1)
    assert client.get(url).status_code == 200
    library.stop()


def test_a_fault_of_the_viewer_is_printed_without_what_steers(two, capsys, monkeypatch):
    root, _ = two
    client, library, _, runs = opened(root)

    def fail(*_):
        raise RuntimeError("\x1b[2Jgone\x07")

    monkeypatch.setattr("passgap.show.viewer.completions.draws", fail)
    page = client.get(f"/run/{runs['sound']}").text
    answer = client.get(re.search(r'href="(/run/\w+/problem/\w+)"', page).group(1))
    assert answer.status_code == 500
    assert "gone" not in answer.text
    said = capsys.readouterr().err
    assert "‹U+001B›[2Jgone‹U+0007›" in said
    assert "\x1b" not in said
    library.stop()


def change_shard(run, kind, **columns):
    """Another table with the claim of the shard it replaces."""
    for file in run.path.glob(f"{kind}/**/part-*.parquet"):
        table = pq.read_table(file)
        frame = pl.DataFrame(pl.from_arrow(table)).with_columns(**columns)
        claim = table.schema.metadata
        pq.write_table(frame.to_arrow().replace_schema_metadata(claim), file)


STRANGE = {
    "outcomes": [
        {"status": pl.lit("<b>")},
        {"status": pl.lit(None, pl.String)},
        {"draw": pl.lit(0)},
        {"draw": pl.lit([1])},
        {"problem_id": pl.lit("another")},
        {"extracted": pl.lit([1])},
    ],
    "completions": [
        {"text": pl.lit([1])},
        {"text": pl.lit(None, pl.String)},
        {"draw": pl.col("draw") + 24},
        {"draw": pl.lit(10**18)},
        {"token_count": pl.lit("many")},
        {"logprob": pl.lit([0.5])},
    ],
}


@pytest.mark.parametrize(
    ("kind", "columns"), [(kind, one) for kind, found in STRANGE.items() for one in found]
)
def test_shards_of_other_tables_are_refused_as_on_the_command_line(two, kind, columns, capsys):
    root, run = two
    problem_id = run.problem_ids[3]
    change_shard(run, kind, **columns)
    library = client_of(root)[1]
    shown = next(one for one in library.opened() if one.name == "broken")
    with pytest.raises(RunError, match=r"part-00000-000000\.parquet (has|is|does)"):
        (shown.counts(), page_of(shown, problem_id, draws(shown, problem_id), 1))
    client, library, _, runs = opened(root)
    for page in ("", f"/problem/{problem_id}", "/audit", "/checks", "/report"):
        answer = settled(client, f"/run/{runs['broken']}{page}") if "broken" in runs else None
        assert answer is None or answer.status_code in (200, 400, 404)
    assert "Traceback" not in capsys.readouterr().err
    library.stop()
