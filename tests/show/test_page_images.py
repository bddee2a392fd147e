"""The images of problems in the page: each once, capped, as images, and described."""

import json
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

import passgap
from passgap.data.problems import ProblemSet
from passgap.show.contents import problems as contents
from passgap.show.contents.report import page as page_of
from passgap.show.page.gathering import page_data
from passgap.show.page.page import render
from tests.pictures import png, shown

AXE = Path(__file__).parents[2] / ".cache" / "axe.min.js"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    pictures = [[png(1, 80)], [png(1, 80), png(2, 80)], [png(3, 80)], []]
    problems = ProblemSet.of("squares", [shown(i, held) for i, held in enumerate(pictures, 1)])
    made = passgap.sample(
        passgap.Policy("p"),
        problems,
        n=8,
        out=tmp_path_factory.mktemp("runs") / "base",
        sampling=passgap.SamplingParams(max_tokens=8),
        engine="fake",
    )
    passgap.verify(made)
    return made


def data_of(run):
    return page_data(run.path, None, title=None, command="passgap report")


def held_in(html, name):
    script = re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', html)
    return json.loads(script[1])


def test_each_image_is_in_the_page_once(run):
    html = render(page_of(data_of(run)))
    images = held_in(html, "images")
    assert sorted(images) == sorted(path.name for path in (run.path / "images").iterdir())
    assert all(url.startswith("data:image/png;base64,") for url in images.values())
    assert [html.count(url) for url in images.values()] == [1, 1, 1]
    by_id = {one["id"]: one["images"] for one in held_in(html, "details")}
    assert by_id == {p.id: [image.name for image in p.images] for p in run.problems()}


def test_what_does_not_fit_or_cannot_be_read_is_said(run, tmp_path, monkeypatch):
    copy = tmp_path / "copy"
    shutil.copytree(run.path, copy)
    gone = run.problems().problems[2].images[0].name
    (copy / "images" / gone).unlink()
    opens = held_in(render(page_of(data_of(passgap.Run(copy)))), "details")
    assert [one["unseen"] for one in opens if not one["images"] and one["unseen"]] == [
        "1 image is not in this page."
    ]
    monkeypatch.setattr(contents, "IMAGE_CAP", 100)
    html = render(page_of(data_of(run)))
    assert held_in(html, "images") == {}
    said = sorted(one["unseen"] for one in held_in(html, "details"))
    one = "1 image is not in this page."
    assert said == ["", one, one, "2 images are not in this page."]


@pytest.mark.slow
@pytest.mark.parametrize("width", [1400, 420])
def test_a_row_opens_to_its_images(opened, run, width):
    page, said, asked = opened(data_of(run), width)
    rows = page.locator("#problems tbody tr:not(.opened)")
    expect(rows).to_have_count(4)
    seen = []
    for i in range(4):
        rows.nth(i).locator("button").click()
        pictures = page.locator(".opened img.picture")
        seen.append([one.get_attribute("alt") for one in pictures.all()])
        for one in pictures.all():
            one.scroll_into_view_if_needed()
            expect(one).to_have_js_property("naturalWidth", 80)
            assert one.get_attribute("loading") == "lazy"
            assert one.bounding_box()["width"] <= width
        if AXE.is_file():
            page.evaluate(AXE.read_text(encoding="utf-8"))
            found = page.evaluate("axe.run('.opened', {resultTypes: ['violations']})")
            assert [rule["id"] for rule in found["violations"]] == []
    one = "Image 1 of 1 of the question"
    two = ["Image 1 of 2 of the question", "Image 2 of 2 of the question"]
    assert sorted(seen) == sorted([[], [one], [one], two])
    assert (said, asked) == ([], [])
