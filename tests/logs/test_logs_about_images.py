"""Logs about images: VLMEvalKit's own image column, and problems whose questions read alike."""

import base64
import json

import pytest

from passgap.errors import UsageError
from passgap.logs import import_log
from passgap.problems import load_problems
from passgap.stages.counting import count
from passgap.stages.verifying import verify
from tests.pictures import SVG, png


def rows(hits, **more):
    """A result of VLMEvalKit: one question about two images."""
    return [
        {"index": i, "question": "How many dogs are there?", "A": "one", "B": "two", "C": None,
         "answer": "AB"[i], "prediction": f"The answer is {'AB'[i] if hit else 'BA'[i]}.",
         "hit": hit} | {name: values[i] for name, values in more.items()}
        for i, hit in enumerate(hits)
    ]  # fmt: skip


def written(folder, several, **more):
    paths = []
    for turn, hits in enumerate(several):
        path = folder / f"T{turn}" / "model" / "model_Dogs_result.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(rows(hits, **more)))
        paths.append(path)
    return paths


BASE64 = [base64.b64encode(png(number)).decode() for number in (1, 2)]
DRAWS = [(1, 0), (1, 1), (0, 1)]


def test_vlmevalkits_images_are_part_of_the_problems(tmp_path):
    paths = written(tmp_path, DRAWS, image=BASE64)
    run = import_log(paths, form="vlmevalkit", out=tmp_path / "run", verifier="choice").run
    problems = list(run.problems())
    assert [p.question for p in problems] == ["How many dogs are there?\nA. one\nB. two"] * 2
    assert sorted(p.images[0].read() for p in problems) == sorted([png(1), png(2)])
    by_image = {p.images[0].read(): p.id for p in problems}
    found = count(run)
    counted = dict(zip(found.problem_id, found.c.tolist(), strict=True))
    assert counted == {by_image[png(1)]: 2, by_image[png(2)]: 2}
    verify(run)
    assert count(run).c.tolist() == found.c.tolist()


def test_an_image_that_is_none_is_named_by_its_line(tmp_path):
    svg = base64.b64encode(SVG).decode()
    paths = written(tmp_path, DRAWS[:1], image=[BASE64[0], f"data:image/svg+xml;base64,{svg}"])
    with pytest.raises(UsageError, match=r"model_Dogs_result\.json.*are no image"):
        import_log(paths, form="vlmevalkit", out=tmp_path / "run")


def problem_file(tmp_path):
    """The data set's own TSV."""
    lines = ["index\timage\tquestion\tA\tB\tanswer"]
    for i, image in enumerate(BASE64):
        lines.append(f"{i}\t{image}\tHow many dogs are there?\tone\ttwo\t{'AB'[i]}")
    path = tmp_path / "Dogs.tsv"
    path.write_text("\n".join(lines))
    return load_problems(str(path))


def test_the_data_sets_tsv_adds_the_images_by_index(tmp_path):
    problems = problem_file(tmp_path)
    assert [p.images[0].read() for p in problems] == [png(1), png(2)]
    paths = written(tmp_path, DRAWS)
    run = import_log(paths, form="vlmevalkit", out=tmp_path / "run", problems=problems).run
    assert [p.id for p in run.problems()] == [p.id for p in problems]
    assert count(run).c.tolist() == [2, 2]


def test_lmms_evals_documents_find_their_images_by_place(tmp_path):
    problems = problem_file(tmp_path)
    path = tmp_path / "20261130_000000_samples_dogs.jsonl"
    lines = [
        {"doc_id": i, "target": "AB"[i], "filtered_resps": "AA"[i], "doc_hash": f"hash{i}",
         "exact_match": float(i == 0), "input": "<image>How many dogs are there?\nAnswer."}
        for i in (0, 1)
    ]  # fmt: skip
    path.write_text("\n".join(map(json.dumps, lines)))
    run = import_log(path, form="lmms-eval", out=tmp_path / "run", problems=problems).run
    assert [p.images[0].read() for p in run.problems()] == [png(1), png(2)]
    assert count(run).c.tolist() == [1, 0]


def test_a_question_of_several_images_without_an_id_matches_none(tmp_path):
    problems = problem_file(tmp_path)
    path = tmp_path / "20261130_000000_samples_dogs.jsonl"
    line = {"doc_id": 7, "target": "A", "filtered_resps": "A", "doc_hash": "hash",
            "exact_match": 1.0, "input": "How many dogs are there?"}  # fmt: skip
    path.write_text(json.dumps(line))
    with pytest.raises(UsageError, match="1 question of the log is not in --problems"):
        import_log(path, form="lmms-eval", out=tmp_path / "run", problems=problems)
