"""A problem's samples: in groups by answer, each at an address of its own, two of them compared."""

import html
import re
from urllib.parse import quote

import pytest
from hostile import EVERY, HOSTILE
from known_runs import N, client_of, ids_of, settled, sums, write_run

from passgap.data.problems import Problem, ProblemSet
from passgap.show.viewer.completions import group_key
from passgap.show.viewer.differing import MOST, difference
from passgap.show.viewer.links import diff_path, problem_path, sample_path, text_path


def problem_id(client, ids, number):
    text = settled(client, f"/run/{ids['base']}?q=What is \\({number} %2B").text
    return re.search(r'href="/run/\w+/problem/(\w+)', text).group(1)


def answers(text):
    """The rows of the table of answers: answer, mark, counts."""
    table = re.search(r'<table class="answers">.*?</table>', text, flags=re.DOTALL).group()
    rows = [re.sub(r"<[^>]+>", " ", row).split() for row in table.split("<tr")[2:]]
    return [" ".join(row[1:] if row[0].startswith(">") else row) for row in rows]


@pytest.fixture
def answered(tmp_path):
    """One problem of 24 samples each: 42 (correct), 7 and no answer; the trained run has no 7."""
    problems = sums(1)

    def told(share):
        def one(i, d):
            return "text", "correct" if d < share else "incorrect"

        return one

    base = write_run(tmp_path / "base", problems, told(12))
    trained = write_run(tmp_path / "trained", problems, told(20), policy="trained")
    for run, right in ((base, 12), (trained, 20)):
        rewrite(run, right)
    client, library = client_of(tmp_path)
    yield client, ids_of(client.get("/").text), problems.problems[0].id
    library.stop()


def rewrite(run, right):
    """Outcomes of few answers: the first are 42, then 7 in the base, the last have no answer."""
    from known_runs import VERIFIER

    from passgap.data.outcomes import Outcome

    def outcome(d):
        if d < right:
            return Outcome("correct", "42")
        return Outcome("incorrect", "7") if d < 20 else Outcome("incorrect", None, "no_answer")

    with run.writing():
        for name, block in run.blocks.items():
            draws = range(block.first_draw, block.first_draw + block.size)
            rows = [(i, d, outcome(d)) for i in block.problem_ids for d in draws]
            run.add_outcomes(VERIFIER, name, rows)


def test_answers_are_counted_side_by_side_and_open_to_their_samples(answered):
    client, ids, one = answered
    url = f"/run/{ids['base']}/problem/{one}?with={ids['trained']}"
    text = client.get(url).text
    assert answers(text) == [
        "42 correct 12 of 24 20 of 24",
        "7 incorrect 8 of 24 0 of 24",
        "no answer incorrect 4 of 24 4 of 24",
    ]
    opened = client.get(f"{url}&answer={group_key('7', 'incorrect')}").text
    assert re.findall(r'<article class="draw[^>]*aria-label="sample (\d+)"', opened) == [
        str(d) for d in range(12, 20)
    ]
    assert "No sample with this answer." in opened
    none = client.get(f"{url}&answer={group_key(None, 'incorrect')}").text
    assert re.findall(r'<article class="draw[^>]*aria-label="sample (\d+)"', none) == [
        *map(str, range(20, 24)),
        *map(str, range(20, 24)),
    ]
    href = html.unescape(re.search(r'href="([^"]+)#samples"><code>7<', text).group(1))
    assert client.get(href).text == opened


def test_one_sample_has_a_page_of_its_own(client, ids):
    one = problem_id(client, ids, 4)
    url = f"/run/{ids['base']}/sample/2/{one}"
    text = client.get(url).text
    assert "<strong>sample 2</strong>" in text
    assert "✓" not in text, "the mark's sign is the style sheet's"
    assert 'class="verdict correct"' in text
    assert f'data-copy="{url}"' in text
    assert re.search(r'data-next="([^"]+)"', text).group(1) == f"/run/{ids['base']}/sample/3/{one}"
    assert r"First \(x_{2} = 4\)." in client.get(f"{url}?raw=1").text
    assert client.get(f"/run/{ids['base']}/sample/{N}/{one}").status_code == 404
    assert client.get(f"/run/{ids['base']}/sample/0/nope").status_code == 404


def test_links_hold_after_a_restart(folder, client, ids):
    one = problem_id(client, ids, 4)
    links = [
        problem_path(ids["base"], one),
        sample_path(ids["base"], one, 3),
        text_path(ids["base"], one, 3),
        diff_path(one, ids["base"], 3, ids["deep/trained"], 5),
    ]
    again, library = client_of(folder)
    for link in links:
        first, second = client.get(link), again.get(link)
        assert first.status_code == 200
        assert first.text == second.text
    library.stop()


@pytest.mark.parametrize(
    "name", ["HumanEval/0", "a b?c=1#d", "é ü", "100%", "a/../b", "x&y", "\u202eabc", '"><b>']
)
def test_any_problem_id_has_its_pages(tmp_path, name):
    problem = Problem("What is 1 + 1?", "2", "math")
    object.__setattr__(problem, "id", name)
    write_run(tmp_path / "r", ProblemSet("odd", (problem,)), lambda i, d: (f"is {d}", "correct"))
    client, library = client_of(tmp_path)
    key = ids_of(client.get("/").text)["r"]
    text = settled(client, f"/run/{key}").text
    href = html.unescape(re.search(r'class="row" href="([^"]+)"', text).group(1))
    page = client.get(href)
    assert page.status_code == 200
    assert "24 correct, 0 incorrect" in page.text
    links = [html.unescape(link) for link in re.findall(r'href="(/run/[^"]+)"', page.text)]
    one = next(link for link in links if "/sample/5/" in link)
    assert "<strong>sample 5</strong>" in client.get(one).text
    assert client.get(next(link for link in links if "/text/5/" in link)).text == "is 5"
    assert client.get(diff_path(name, key, 1, key, 2)).status_code == 200
    library.stop()


def test_an_id_as_a_page_shows_it_is_found_too(tmp_path):
    problem = Problem("What is 1 + 1?", "2", "math")
    object.__setattr__(problem, "id", "a\u202eb")
    write_run(tmp_path / "r", ProblemSet("odd", (problem,)), lambda i, d: ("2", "correct"))
    client, library = client_of(tmp_path)
    key = ids_of(client.get("/").text)["r"]
    assert client.get(f"/run/{key}/problem/{quote('a‹U+202E›b')}").status_code == 200
    assert client.get(f"/run/{key}/problem/{quote('a‹U+202E›c')}").status_code == 404
    library.stop()


TEXTS = [
    ("", ""),
    ("a b c", "a b c"),
    ("a b c", ""),
    ("so x = 4 here", "so x = 5 here"),
    ("one two three\nfour", "one 2 3\nfour five"),
    ("a " * 3_000, "b " * 3_000),
    ("x y " * 4_000, "y x " * 4_000),
    *zip(list(EVERY.values())[:-1], list(EVERY.values())[1:], strict=True),
]


@pytest.mark.parametrize(("first", "second"), TEXTS)
def test_the_pieces_give_both_texts_again(first, second):
    found = difference(first, second)
    assert "".join(one.text for one in found.of("first")) == first[:MOST]
    assert "".join(one.text for one in found.of("second")) == second[:MOST]
    if first == second:
        assert (found.only_first, found.only_second) == (0, 0)


def test_what_differs_is_marked_and_nothing_else():
    found = difference("we can infer that", "we can deduce that")
    assert [(one.kind, one.text) for one in found.pieces] == [
        ("both", "we can "),
        ("first", "infer"),
        ("second", "deduce"),
        ("both", " that"),
    ]
    assert (found.same, found.only_first, found.only_second) == (3, 1, 1)


def test_a_slow_difference_is_given_up(monkeypatch):
    monkeypatch.setattr("passgap.show.viewer.differing.SECONDS", 0.0)
    found = difference("a b c", "a x c")
    assert not found.whole
    assert [one.text for one in found.pieces] == ["a b c", "a x c"]


def test_two_samples_are_compared_within_a_run_and_across(client, ids):
    one = problem_id(client, ids, 4)
    within = client.get(diff_path(one, ids["base"], 0, ids["base"], 5)).text
    assert "<del>0</del>" in within
    assert "<ins>5</ins>" in within
    assert "only in the first" in within
    same = client.get(diff_path(one, ids["base"], 3, ids["base"], 3)).text
    assert "The two texts are the same" in same
    across = client.get(diff_path(one, ids["base"], 5, ids["deep/trained"], 5)).text
    assert "<del>6</del>" in across, "the base's answer is wrong there"
    assert "<ins>5</ins>" in across
    for bad in ("x", "-1", "24", "9" * 30):
        answer = client.get(f"/diff?problem={one}&run={ids['base']}&sample={bad}&other=&against=0")
        assert answer.status_code == 400
        assert "allowed:" in answer.text


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_stays_text_in_a_difference(name):
    from passgap.show.viewer.sample import marked

    text = HOSTILE[name][:2_000]
    for kinds in (("first", "second"), ("first",), ("second",)):
        shown = marked(difference(text, f"{text[::2]} and more"), kinds)
        assert set(re.findall(r"</?(\w+)", shown)) <= {"ins", "del"}
        assert "<script" not in shown
