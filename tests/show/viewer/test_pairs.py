"""Roles come from policy files, wherever one opens; the list says each verdict."""

import re
import time

import pytest
from known_runs import client_of, ids_of, settled, solved_by, sums, trained_from, write_run

from passgap.evidence.doors import compare, probe
from passgap.results.labels import CompareLabel
from passgap.show.viewer.library import OpenRun
from passgap.show.viewer.pairs import Pairs

pytestmark = pytest.mark.slow


@pytest.fixture
def viewed(related):
    client, library = client_of(related)
    yield client, ids_of(client.get("/").text)
    library.stop()


def problem_of(client, key):
    return re.search(r'href="/run/\w+(/problem/\w+)', settled(client, f"/run/{key}").text).group(1)


@pytest.mark.parametrize("rest", ["", "/problem"])
def test_the_base_comes_first_from_wherever_one_opens(viewed, rest):
    client, ids = viewed
    base, trained = ids["z-base"], ids["a-trained"]
    rest = problem_of(client, base) if rest else ""
    ours, theirs = f"/run/{base}{rest}?with={trained}", f"/run/{trained}{rest}?with={base}"
    asked, end = settled(client, theirs), time.monotonic() + 60
    assert asked.url.path == f"/run/{base}{rest}"
    assert asked.url.params["with"] == trained
    while asked.text != client.get(ours).text:  # a formula may still be plain at the first look
        assert time.monotonic() < end
        asked = client.get(theirs)
    assert "Swap the roles" not in asked.text


def test_a_comparison_and_a_diff_are_turned_round_too(viewed):
    client, ids = viewed
    base, trained = ids["z-base"], ids["a-trained"]
    for url in (f"/compare/{trained}/{base}", f"/compare?base={trained}&trained={base}"):
        assert client.get(url).url.path == f"/compare/{base}/{trained}"
    problem = problem_of(client, base).rpartition("/")[2]
    asked = f"/diff?problem={problem}&run={trained}&sample=1&other={base}&against=2"
    answer = client.get(asked)
    assert dict(answer.url.params) | {"problem": ""} == {
        "problem": "",
        "run": base,
        "sample": "2",
        "other": trained,
        "against": "1",
    }
    heads = [re.sub("<[^>]+>", "", one) for one in re.findall("<h2>(.*?)</h2>", answer.text)]
    assert heads[:2] == ["sample 2 of z-base (base)", "sample 1 of a-trained (trained)"]


def test_a_run_by_itself_says_its_role_and_leads_to_its_base(viewed):
    client, ids = viewed
    base, trained = ids["z-base"], ids["a-trained"]
    text = client.get(f"/run/{trained}").text
    assert (
        '<span class="trained">a-<wbr>trained</span> <span class="muted">(trained)</span>' in text
    )
    assert f'href="/run/{base}?with={trained}"' in text
    assert f'href="/compare/{base}/{trained}"' in text
    assert 'class="bar trained"' in text
    assert 'class="bar base"' not in text
    assert "z-base (its base)" in text
    assert "a-trained (trained from it)" in client.get(f"/run/{base}").text
    one = f"/run/{trained}/sample/0{problem_of(client, base).removeprefix('/problem')}"
    assert '<span class="trained">a-<wbr>trained</span>' in client.get(one).text
    assert "(base)" in client.get(f"{one.replace(trained, base)}?with={trained}").text


def test_the_list_chooses_the_pair_to_compare(viewed):
    client, ids = viewed
    text = client.get("/").text
    chosen = re.findall(r'<option value="(\w+)" selected', text)
    assert chosen == [ids["z-base"], ids["a-trained"]]


def test_where_no_file_says_roles_they_are_the_readers(client, ids):
    base, other = ids["base"], ids["deep/trained"]
    text = client.get(f"/run/{base}?with={other}").text
    assert "No policy file says which of the two was trained from the other" in text
    turned = re.search(r'href="([^"]+)">Swap the roles', text).group(1)
    assert turned == f"/run/{other}?with={base}"
    assert 'class="base">deep/<wbr>trained' in client.get(turned).text
    assert f'value="base-{other}">deep/trained as the base' in text
    asked = client.get(f"/run/{base}?with=base-{other}")
    assert (asked.url.path, asked.url.params["with"]) == (f"/run/{other}", base)
    assert re.findall(r'<option value="(\w+)" selected', client.get("/").text) == []
    assert "choose a base run" in client.get("/compare?base=&trained=").text


def verdict_of(client, key, seconds=60):
    """What the list says of a run's verdict once it is there: tone, words, and of what."""
    found = ("wait", "", "")
    while found[0] == "wait":
        text = settled(client, "/", seconds).text
        found = re.search(
            rf'<a class="tag (\w+)"[^>]*data-value="{key}.verdict"[^>]*>([^<]*)</a>'
            rf'<span class="sub"[^>]*>(.*?)</span>',
            text,
        ).groups()
    return found


def test_the_list_says_the_verdict_of_every_door(viewed, related):
    client, ids = viewed
    label = compare(related / "z-base", related / "a-trained").verdict.label
    assert isinstance(label, CompareLabel)
    _, words, of = verdict_of(client, ids["a-trained"])
    assert (words, of) == (label.words, "beside z-<wbr>base")
    label = probe(related / "z-base").verdict.label
    _, words, of = verdict_of(client, ids["z-base"])
    assert (words, of) == (label.words.replace("rlvr", "RLVR"), "before training")


def test_what_cannot_be_told_leads_to_the_reason(tmp_path):
    write_run(tmp_path / "few", sums(12), solved_by(lambda i: i), n=1)
    client, library = client_of(tmp_path)
    key = ids_of(client.get("/").text)["few"]
    assert verdict_of(client, key)[:2] == ("none", "none: see why")
    assert settled(client, f"/run/{key}/report").status_code == 400
    library.stop()


def test_a_trained_run_without_its_base_says_so(tmp_path):
    policy = trained_from(tmp_path / "policy", "elsewhere")
    write_run(tmp_path / "alone", sums(12), solved_by(lambda i: i), policy=str(policy))
    client, library = client_of(tmp_path)
    text = settled(client, "/").text
    assert "its own base is not in this folder" in text
    library.stop()


def test_of_several_bases_the_nearest_counts(tmp_path):
    problems, draws = sums(12), solved_by(lambda i: i)
    policy = trained_from(tmp_path / "policy", "base")
    write_run(tmp_path / "a-other", problems, draws, policy="other")
    write_run(tmp_path / "b-few", problems, draws, policy="base", n=12)
    write_run(tmp_path / "c-many", problems, draws, policy="base")
    write_run(tmp_path / "d-elsewhere", sums(13), draws, policy="base")
    write_run(tmp_path / "trained", problems, draws, policy=str(policy))
    _, library = client_of(tmp_path)
    runs = {run.name: run for run in library.runs() if isinstance(run, OpenRun)}
    pairs = Pairs(library)
    assert pairs.base_of(runs["trained"]).name == "c-many"
    assert pairs.base_of(runs["c-many"]) is None
    library.stop()


def test_a_damaged_policy_file_says_nothing(tmp_path):
    problems, draws = sums(12), solved_by(lambda i: i)
    policy = trained_from(tmp_path / "policy", "base")
    (policy / "passgap_policy.json").write_text("{")
    write_run(tmp_path / "base", problems, draws)
    write_run(tmp_path / "trained", problems, draws, policy=str(policy))
    client, library = client_of(tmp_path)
    ids = ids_of(client.get("/").text)
    text = client.get(f"/run/{ids['trained']}?with={ids['base']}").text
    assert "No policy file says" in text
    library.stop()
