"""Images of problems: where they are read from, what is refused, and what they change of an id."""

import base64
import json

import polars as pl
import pytest

from passgap.data.images import MOST_BYTES, Image
from passgap.data.policies import PromptSettings
from passgap.data.problems import Problem, ProblemSet
from passgap.errors import UsageError
from passgap.launch.rows import read_problems, rows_of, write_problems
from passgap.problems import load_problems, read_image, render
from passgap.problems.overlap import leave_out, overlap
from tests.pictures import GIF, JPEG, SVG, WEBP, png, shown, shown_set


def write(path, *rows):
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return str(path)


def test_without_images_ids_and_digests_are_those_of_before():
    plain = Problem("What is 1 + 1?", "2", "numeric")
    apart = Problem("q", "1", "math", {"told_apart_by": "7", "images": ["a.png"]})
    assert (plain.id, apart.id) == ("89b7033ff7ab3f57", "11647dbf791bb933")
    assert ProblemSet.of("s", [plain, apart]).digest == "7b713a9245dad800"


def test_the_bytes_and_their_order_are_part_of_the_id():
    one, two = png(1), png(2)
    ids = [
        shown(1, pictures).id for pictures in ([], [one], [two], [one, two], [two, one], [one, one])
    ]
    assert len(set(ids)) == len(ids)
    assert shown(1, [one]).id == shown(1, [bytes(one)], note="other metadata").id


def test_the_kind_is_what_the_bytes_say():
    kinds = [Image.of(data).mime for data in (png(1), JPEG, WEBP, GIF)]
    assert kinds == ["image/png", "image/jpeg", "image/webp", "image/gif"]
    for data in (SVG, b"", b"BM" + bytes(60), b"RIFF1234WAVE", b"<html>"):
        with pytest.raises(UsageError, match="allowed: PNG, JPEG, WebP or GIF"):
            Image.of(data)


def test_an_image_that_is_too_large_is_refused(tmp_path):
    Image.of(png(1).ljust(MOST_BYTES, b"\0"))
    (tmp_path / "large.png").write_bytes(png(1).ljust(MOST_BYTES + 1, b"\0"))
    with pytest.raises(UsageError, match=r"image 'large\.png': an image of more than 16 MiB"):
        read_image("large.png", tmp_path)


@pytest.mark.parametrize(
    "name", ["../x.png", "a.png", f"{'a' * 64}.svg", f"{'a' * 64}.png\n", f"/{'a' * 63}.png", ""]
)
def test_a_name_that_is_none_of_an_image_is_refused(name):
    with pytest.raises(ValueError, match="not the name of an image"):
        Image.named(name, bytes)


def test_every_way_to_give_an_image_gives_the_same(tmp_path):
    data = png(7)
    (tmp_path / "a.png").write_bytes(data)
    text = base64.b64encode(data).decode()
    ways = [
        data,
        "a.png",
        tmp_path / "a.png",
        str(tmp_path / "a.png"),
        f"data:image/png;base64,{text}",
        text,
        {"bytes": data, "path": "other.png"},
        {"bytes": None, "path": "a.png"},
        Image.of(data),
    ]
    assert {read_image(way, tmp_path) for way in ways} == {Image.of(data)}


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("gone.png", "cannot be read"),
        ("https://example.org/a.png", "is an address"),
        ("data:image/svg+xml,<svg/>", "is an address"),
        ("data:image/png;base64,!!", "is not base64"),
        ("note.txt", "are no image"),
        ("folder", "cannot be read"),
        (7, "an image is int"),
        ({"bytes": None, "path": None}, "an image is NoneType"),
    ],
)
def test_what_is_no_image_is_named(tmp_path, source, why):
    (tmp_path / "note.txt").write_text("secret")
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError, match=why):
        read_image(source, tmp_path)


def test_files_of_every_format_hold_images(tmp_path):
    (tmp_path / "pictures").mkdir()
    for number in (1, 2):
        (tmp_path / "pictures" / f"{number}.png").write_bytes(png(number))
    named = [{"question": "How many?", "answer": "1", "image": f"pictures/{n}.png"} for n in (1, 2)]
    sets = [load_problems(write(tmp_path / "p.jsonl", *named))]
    pl.DataFrame(named).write_csv(tmp_path / "p.csv")
    sets.append(load_problems(str(tmp_path / "p.csv")))
    rows = [
        {"question": "How many?", "answer": "1", "images": [{"bytes": png(n), "path": f"{n}.png"}]}
        for n in (1, 2)
    ]
    pl.DataFrame(rows).write_parquet(tmp_path / "p.parquet")
    sets.append(load_problems(str(tmp_path / "p.parquet")))
    assert len({s.digest for s in sets}) == 1
    assert [len(s) for s in sets] == [2, 2, 2]
    assert all("image" not in p.metadata and "images" not in p.metadata for s in sets for p in s)


def test_an_image_that_is_missing_names_file_and_problem(tmp_path):
    path = write(tmp_path / "p.jsonl", {"question": "q", "answer": "1", "image": "gone.png"})
    with pytest.raises(UsageError, match=r"p\.jsonl problem 1: image 'gone\.png' cannot be read"):
        load_problems(path)


def test_an_empty_field_is_no_image(tmp_path):
    path = write(tmp_path / "p.jsonl", {"question": "q", "answer": "1", "image": None})
    (problem,) = load_problems(path)
    assert (problem.images, problem.metadata) == ((), {"image": None})
    assert problem.id == Problem("q", "1").id


def test_an_exported_set_keeps_images_and_ids(tmp_path):
    problems = shown_set()
    write_problems(rows_of(problems, PromptSettings()), tmp_path / "p.jsonl")
    bare, _ = read_problems(tmp_path / "p.jsonl")
    assert [p.id for p in bare] == [p.id for p in problems]
    assert [p.images for p in bare] == [p.images for p in problems]


def test_equal_questions_about_other_images_are_no_duplicates():
    problems = shown_set()
    first = ProblemSet.of("first", problems.problems[:1])
    assert [match.other for match in overlap(problems, first).matches] == [first.problems[0].id]
    assert len(leave_out(problems, first)[0]) == 3


def test_the_prompt_has_the_images_before_its_last_text():
    images = (Image.of(GIF), Image.of(png(1)))
    problem = Problem("<image>How many? <image>", "2", images=images)
    prompt = render(problem, PromptSettings("chat", system="Look.", shots=(("1+1?", "2"),)))
    *before, last = prompt.chat()
    assert [one["content"] for one in before] == ["Look.", "1+1?", "2"]
    assert last["content"] == [
        {"type": "image_url", "image_url": {"url": images[0].data_url}},
        {"type": "image_url", "image_url": {"url": images[1].data_url}},
        {"type": "text", "text": "How many?"},
    ]
    assert images[0].data_url.startswith("data:image/gif;base64,R0lGODlh")
