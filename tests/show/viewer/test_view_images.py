"""The images of problems in the viewer: served with their own type, and nothing else is."""

import re

import polars as pl
import pytest
from known_runs import client_of, ids_of, settled, solved_by, write_run

from passgap.data.problems import ProblemSet
from tests.pictures import GIF, SVG, png, shown


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("pictured")
    problems = ProblemSet.of("squares", [shown(1), shown(2, [png(2), GIF]), shown(3, [])])
    write_run(root / "base", problems, solved_by(lambda i: 5 * i))
    return root


@pytest.fixture
def base(client):
    return f"/run/{ids_of(client.get('/').text)['base']}"


def pictures(text):
    return re.findall(r'<img class="picture" src="([^"]+)" alt="([^"]+)" loading="lazy"', text)


def test_a_problem_its_samples_and_an_audit_show_the_images(client, base):
    problem = shown(2, [png(2), GIF])
    images = [f"{base}/image/{image.name}" for image in problem.images]
    wanted = [(at, f"Image {i} of 2 of the question") for i, at in enumerate(images, 1)]
    for url in (f"{base}/problem/{problem.id}", f"{base}/sample/0/{problem.id}"):
        assert pictures(client.get(url).text) == wanted
    assert pictures(client.get(f"{base}/problem/{shown(3, []).id}").text) == []
    audit = settled(client, f"{base}/audit").text
    assert pictures(audit)


def test_an_image_has_its_own_type_and_may_not_be_taken_for_another(client, base):
    for data, kind in ((png(2), "png"), (GIF, "gif")):
        name = shown(1, [data]).images[0].name
        answer = client.get(f"{base}/image/{name}")
        assert answer.status_code == 200
        assert answer.content == data
        assert answer.headers["content-type"] == f"image/{kind}"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "name",
    [
        f"{'0' * 64}.svg",
        f"{'0' * 64}.png%0A",
        "..%2Fmanifest.json",
        "..%2F..%2Fbase%2Fmanifest.json",
        "manifest.json",
        "%2Fetc%2Fpasswd",
    ],
)
def test_no_other_file_is_served(client, base, name):
    answer = client.get(f"{base}/image/{name}")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")


def test_what_is_not_the_image_of_its_name_is_refused(client, base, folder):
    path = folder / "base" / "images" / shown(1).images[0].name
    for harm in (SVG, b"<html>", png(9)):
        before = path.read_bytes()
        path.write_bytes(harm)
        answer = client.get(f"{base}/image/{path.name}")
        path.write_bytes(before)
        assert answer.status_code == 400
        assert "is damaged" in answer.text


def test_a_run_that_names_no_image_says_so(tmp_path):
    problems = ProblemSet.of("squares", [shown(1)])
    run = write_run(tmp_path / "base", problems, solved_by(lambda i: 5))
    named = pl.lit(["../../secret.png"])
    run.problem_rows.with_columns(images=named).write_parquet(run.path / "problems.parquet")
    client, library = client_of(tmp_path)
    base = f"/run/{ids_of(client.get('/').text)['base']}"
    answer = client.get(f"{base}/problem/{problems.problems[0].id}")
    library.stop()
    assert answer.status_code == 400
    assert "is not the name of an image" in answer.text
