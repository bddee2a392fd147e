"""What each page shows of runs whose truth is known, and how it follows a run in progress."""

import json
import os
import re
import time
from pathlib import Path

import pytest
from known_runs import (
    VERIFIER,
    N,
    add_block,
    client_of,
    ids_of,
    settled,
    solved_by,
    sums,
    trained_from,
    write_run,
)

import passgap
import passgap.show.viewer
from passgap.errors import MissingExtraError
from passgap.runs import Run, WatchLog
from passgap.show.viewer.finding import find
from passgap.stages.counting import count
from passgap.stages.scoring import recorded_policy, scoring_digest


def count_of(text):
    return re.search(r'id="count">([^<]+)<', text).group(1)


def samples(text):
    return re.findall(r'<article class="draw[^>]*aria-label="sample (\d+)"', text)


def questions(text):
    return [int(i) for i in re.findall(r'class="row"[^>]*>What is \\\((\d+) \+ 1', text)]


def test_the_list_shows_every_run_and_training_folder(client, ids, folder):
    assert set(ids) == {"base", "deep/trained", "policy"}
    text = settled(client, "/").text
    assert "grpo" in text
    assert "5 of 10" in text
    assert "0.500" in text
    counts = count(Run(folder / "base"))
    assert f"{100 * (counts.c / counts.n).mean():.1f}% (" in text, "pass@1 with its interval"


def test_a_folder_that_is_a_run_is_viewed_as_one(folder):
    client, library = client_of(folder / "base")
    assert ">base</a>" in client.get("/").text
    library.stop()


def test_problems_are_filtered_by_band_field_text_and_change(client, ids):
    base, beside = f"/run/{ids['base']}", f"with={ids['deep/trained']}"
    settled(client, base)
    assert count_of(client.get(f"{base}?band=never").text) == "6 of 70 problems"
    assert count_of(client.get(f"{base}?meta.level=2").text) == "14 of 70 problems"
    assert count_of(client.get(f"{base}?q=What%20is%20%5C(6").text) == "11 of 70 problems"
    assert count_of(client.get(f"{base}?unscored=1").text) == "1 of 70 problems"
    assert questions(client.get(f"{base}?{beside}&change=lost").text) == [1]
    assert questions(client.get(f"{base}?{beside}&change=gained").text) == [0]
    for bad in ("band=all", "change=x", "sort=p", "page=0", "page=x", "page=9999999999999"):
        assert client.get(f"{base}?{bad}").status_code == 400


def test_problems_are_sorted_and_paged(client, ids):
    base = f"/run/{ids['base']}"
    settled(client, base)
    first, second = client.get(base).text, client.get(f"{base}?page=2").text
    assert questions(first) + questions(second) == list(range(70))
    hardest = questions(client.get(f"{base}?sort=solved&down=1").text)
    assert [i % 12 for i in hardest] == sorted((i % 12 for i in range(70)), reverse=True)[:50]
    assert "No problem fits these filters" in client.get(f"{base}?page=3").text


def problem_url(client, ids, number, query=""):
    text = settled(client, f"/run/{ids['base']}?q=What is \\({number} %2B").text
    return re.search(r'href="(/run/\w+/problem/\w+)', text).group(1) + query


def test_a_problem_shows_both_arms_with_verdict_answer_and_tokens(client, ids):
    text = client.get(problem_url(client, ids, 4, f"?with={ids['deep/trained']}")).text
    assert "4 correct, 20 incorrect, 0 unscored of 24" in text
    assert "8 correct, 16 incorrect, 0 unscored of 24" in text
    assert text.count("<article") == 20
    assert "3 tokens · ended on its own · log-probability -2.50" in text
    assert '<mrow class="box">' in text
    assert "no_answer" in text


def test_log_probabilities_under_the_other_policy_are_shown(tmp_path):
    problems, draws = sums(10), solved_by(lambda i: 3)
    base = write_run(tmp_path / "base", problems, draws)
    trained = write_run(tmp_path / "trained", problems, draws, policy="trained")
    under = scoring_digest(base, recorded_policy(trained))
    with base.writing():
        for name, block in base.blocks.items():
            keys = [(i, block.first_draw + j) for i in block.problem_ids for j in range(block.size)]
            base.add_logprobs(under, name, [(i, d, -7.25 - d) for i, d in keys])
    client, library = client_of(tmp_path)
    first, second = re.findall(r'class="row" href="/run/(\w+)"', client.get("/").text)
    text = client.get(f"/run/{first}/problem/{problems.problems[2].id}?with={second}").text
    assert text.count("log-probability -2.50 · under trained -") == 10
    assert "under trained -8.25" in text
    assert "under base" not in text
    library.stop()


def test_completions_are_filtered_and_paged(client, ids):
    url = problem_url(client, ids, 5)
    draws = [
        re.findall(
            r'<article class="draw[^>]*aria-label="sample (\d+)"',
            client.get(f"{url}?draws={page}").text,
        )
        for page in (1, 2, 3)
    ]
    assert [int(d) for page in draws for d in page] == list(range(N))
    correct = client.get(f"{url}?status=correct").text
    assert re.findall(r'<article class="draw[^>]*aria-label="sample (\d+)"', correct) == [
        "0",
        "1",
        "2",
        "3",
        "4",
    ]
    assert client.get(f"{url}?status=good").status_code == 400


def test_next_and_previous_follow_the_filters(client, ids):
    url = problem_url(client, ids, 4, "?meta.level=4")
    text = client.get(url).text
    assert "1 of 14" in text
    after = client.get(re.search(r'data-next="([^"]+)"', text).group(1).replace("&amp;", "&")).text
    assert "2 of 14" in after
    assert "9 + 1" in after or "<mn>9</mn>" in after


def test_raw_is_the_exact_text_and_the_file_is_too(client, ids):
    url = problem_url(client, ids, 4)
    assert r"First \(x_{0} = 4\)." in client.get(f"{url}?raw=1").text
    run, key = url.split("/problem/")
    answer = client.get(f"{run}/text/0/{key}")
    assert answer.text == solved_by(lambda i: 4)(4, 0)[0]
    assert answer.headers["content-type"].startswith("text/plain")
    assert "attachment" in answer.headers["content-disposition"]
    assert client.get(f"{run}/text/99/{key}").status_code == 404


def test_what_there_is_not_is_not_found(client, ids):
    for url in (
        "/run/nope",
        f"/run/{ids['policy']}",
        "/training/nope",
        "/nope",
        "/run/a/problem/b",
    ):
        assert client.get(url).status_code == 404
    assert client.get(f"/run/{ids['base']}/problem/nope").status_code == 404


def test_training_shows_its_steps_and_charts(client, ids):
    url = f"/training/{ids['policy']}"
    text = client.get(url).text
    assert "5 of 10" in text
    assert re.findall(r'data-chart="(\w+)"', text) == ["reward", "mixed_share"]
    charts = client.get(f"{url}/charts").json()
    assert charts["reward"]["title"] == "Mean reward"
    assert "training step" in json.dumps(charts["reward"]), "the axis has a title"
    assert "pass@k on held-out problems was not measured" in text
    assert "stopped or waiting" in text or "training" in text


def held_out(step, value):
    curve = [
        {"k": k, "value": v, "low": v - 0.1, "high": v + 0.1} for k, v in ((1, value), (4, 0.6))
    ]
    return json.dumps({"step": step, "problems": 8, "draws": 4, "curve": curve}) + "\n"


def test_pass_at_k_on_held_out_problems_is_charted_as_it_comes(tmp_path):
    folder = tmp_path / "policy"
    (folder / "trainer").mkdir(parents=True)
    (folder / "trainer" / "request.json").write_text('{"config": {"steps": 40}}')
    (folder / "training.jsonl").write_text('{"step": 1, "reward": 0.5}\n')
    file = folder / "held_out.jsonl"
    file.write_text(held_out(0, 0.2))
    client, library = client_of(tmp_path)
    url = f"/training/{ids_of(client.get('/').text)['policy']}"
    text = client.get(url).text
    assert "pass@1 20.0%" in text
    seen = re.search(r'data-seen="([^"]+)"', text).group(1)
    assert client.get(f"{url}/live?seen={seen}").status_code == 204
    with file.open("a") as more:
        more.write(held_out(20, 0.45))
    told = client.get(f"{url}/live?seen={seen}").json()["values"]
    assert "charts" in told
    assert "reload" not in told, "the same charts, drawn again"
    assert "pass@1 45.0%" in told["held_out"]
    chart = json.dumps(client.get(f"{url}/charts").json()["held_out"])
    assert '"step": 20, "series": "pass@1"' in chart
    library.stop()


def test_without_the_extra_for_charts_the_steps_are_there(client, ids, monkeypatch):
    def absent():
        raise MissingExtraError("altair", "charts")

    monkeypatch.setattr("passgap.show.charts.check_charts", absent)
    text = client.get(f"/training/{ids['policy']}").text
    assert "pip install &#39;passgap[charts]&#39;" in text
    assert "data-chart" not in text
    assert "The last 5 steps" in text


def test_a_training_page_leads_to_the_runs_of_its_policy(tmp_path):
    policy = trained_from(tmp_path / "policy", "base")
    write_run(tmp_path / "after", sums(10), solved_by(lambda i: 1), policy=str(policy))
    client, library = client_of(tmp_path)
    ids = ids_of(client.get("/").text)
    text = client.get(f"/training/{ids['policy']}").text
    assert f'Sampled from this policy: <a href="/run/{ids["after"]}">after</a>' in text
    assert "No step is logged yet" in text
    library.stop()


def test_a_comparison_is_made_on_the_fly_with_its_own_policy(client, ids):
    url = f"/compare?base={ids['base']}&trained={ids['deep/trained']}"
    answer = settled(client, url)
    assert "After training" in answer.text
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self' 'sha256-" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert f'href="/run/{ids["base"]}?with={ids["deep/trained"]}"' in answer.text
    assert answer.text.count('<script src="/static/compared.js" defer></script></body>') == 1
    start = time.perf_counter()
    again = client.get(f"/compare/{ids['base']}/{ids['deep/trained']}")
    assert again.text == answer.text
    assert time.perf_counter() - start < 1, "made once"


def test_checks_are_shown(client, ids):
    assert "1,680 samples" in settled(client, f"/run/{ids['base']}/checks").text


def test_a_run_in_progress_is_followed(tmp_path):
    problems, draws = sums(20), solved_by(lambda i: 12)
    run = write_run(tmp_path / "r", problems, draws, block=120)
    names = list(run.blocks)
    for name in names[1:]:
        for part in ("completions", f"outcomes/{VERIFIER}"):
            (run.path / part / name).unlink()
    client, library = client_of(tmp_path)
    key = re.search(r'href="/run/(\w+)"', client.get("/").text).group(1)
    text = settled(client, f"/run/{key}").text
    assert "sampling, 25% done" in text
    seen, live = (re.search(rf'data-{name}="([^"]+)"', text).group(1) for name in ("seen", "live"))
    assert client.get(f"{live}?seen={seen}").status_code == 204, "nothing changed"
    place = {problem.id: i for i, problem in enumerate(problems)}
    with run.writing():
        add_block(run, names[2], place, draws)
    told = None
    while not told or "12.solved" not in told["values"]:
        answer = client.get(f"{live}?seen={seen}")
        told = answer.json() if answer.status_code == 200 else None
    assert told["values"]["progress"] == "sampling, 50% done"
    assert told["values"]["12.solved"] == "12 of 24"
    assert "2.solved" not in told["values"], "only what changed"
    os.utime(run.path / "completions", (0, 0))
    assert "stopped, 50% sampled" in client.get(f"/run/{key}").text
    library.stop()


def test_a_run_that_is_not_verified_says_so(tmp_path):
    write_run(tmp_path / "r", sums(10), solved_by(lambda i: 1), verified=False)
    client, library = client_of(tmp_path)
    key = re.search(r'href="/run/(\w+)"', client.get("/").text).group(1)
    text = settled(client, f"/run/{key}").text
    assert "not verified" in text
    assert "sampled, 0% verified" in text
    one = re.search(r'href="(/run/\w+/problem/\w+)"', text).group(1)
    assert "not verified" in client.get(one).text
    library.stop()


def test_a_damaged_run_is_listed_with_its_fault_and_the_others_stay(tmp_path):
    write_run(tmp_path / "good", sums(10), solved_by(lambda i: 1))
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "manifest.json").write_text('{"schema": "other"}')
    torn = write_run(tmp_path / "torn", sums(10), solved_by(lambda i: 1))
    next((torn.path / "outcomes" / VERIFIER).glob("part-*")).write_bytes(b"PAR1torn")
    client, library = client_of(tmp_path)
    text = settled(client, "/").text
    assert "has schema &#39;other&#39;" in text
    assert "part-00000-000000.parquet is incomplete" in text
    assert re.search(r'href="/run/\w+">good<', text)
    library.stop()


def test_an_empty_folder_says_what_to_do(tmp_path):
    client, library = client_of(tmp_path)
    text = client.get("/").text
    assert "There is no run in this folder yet" in text
    for verb in ("sample MODEL PROBLEMS --out", "import LOG --out", "demo --out"):
        assert f"passgap {verb} {tmp_path}/" in text
    library.stop()


def test_links_are_not_followed_and_the_list_says_so(tmp_path):
    outside = write_run(tmp_path / "outside", sums(10), solved_by(lambda i: 1)).path
    root = tmp_path / "root"
    write_run(root / "mine", sums(10), solved_by(lambda i: 1))
    (root / "away").symlink_to(outside)
    (root / "same").symlink_to(root / "mine")
    (root / "gone").symlink_to(tmp_path / "nothing")
    (root / "part").mkdir()
    (root / "part" / "manifest.json").symlink_to(outside / "manifest.json")
    (root / "notes.txt").symlink_to(outside / "manifest.json")
    client, library = client_of(root)
    text = client.get("/").text
    assert set(ids_of(text)) == {"mine"}
    told = re.sub(r"<[^>]+>", "", re.search(r'<ul class="left">.*?</ul>', text, re.DOTALL).group())
    assert told.strip().splitlines() == [
        f"away: a symbolic link to {outside}, which is outside of this folder. "
        f"To see it: passgap view {outside}",
        f"gone: a symbolic link to {tmp_path}/nothing, which is not there",
        f"part: its manifest.json is a symbolic link to {outside}/manifest.json. "
        f"To see it: cp -rL {root}/part {root}/part-copy",
        "same: a symbolic link to mine; its contents are listed as mine",
    ]
    library.stop()


def test_folders_that_are_too_deep_or_closed_are_listed(tmp_path, monkeypatch):
    monkeypatch.setattr("passgap.show.viewer.finding.MOST_DEPTH", 1)
    write_run(tmp_path / "a" / "b" / "c", sums(10), solved_by(lambda i: 1))
    write_run(tmp_path / "d", sums(10), solved_by(lambda i: 1))
    found = find(tmp_path)
    assert [one.name for one in found.found] == ["d"]
    assert [(one.name, one.why) for one in found.left_out] == [
        ("a", "more than 1 folders deep"),
    ]
    assert [one.name for one in find(tmp_path / "a" / "b").found] == ["c"]


def test_a_hundred_runs_are_listed_before_all_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr("passgap.show.viewer.home.PATIENCE", 0.0)
    problems = sums(4)
    for i in range(12):
        write_run(tmp_path / f"r{i:02d}", problems, solved_by(lambda i: 1), n=8)
    client, library = client_of(tmp_path)
    first = client.get("/").text
    assert len(ids_of(first)) == 12
    assert first.count(">reading<") == 12
    assert settled(client, "/").text.count(">complete<") == 12
    library.stop()


TEMPLATES = sorted(Path(passgap.show.viewer.__file__).parent.glob("templates/*.j2"))
WORDS = r"\bdraws?\b|\bdrawn\b|9\d %|\banew\b|\bblocks?\b"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_are_in_plain_words(template):
    text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}|<[^>]+>", " ", template.read_text())
    assert re.findall(WORDS, text) == []


def test_pages_are_in_plain_words(client, ids):
    base, beside = f"/run/{ids['base']}", f"with={ids['deep/trained']}"
    one = problem_url(client, ids, 4)
    problem = one.rpartition("/")[2]
    for url in (
        "/",
        base,
        f"{base}?{beside}",
        f"{one}?{beside}",
        f"{base}/sample/0/{problem}",
        f"/diff?problem={problem}&run={ids['base']}&sample=0&other={ids['base']}&against=1",
        f"{base}/checks",
        f"/training/{ids['policy']}",
        "/nothing",
    ):
        page = re.sub(r"<script.*?</script>", "", settled(client, url).text, flags=re.DOTALL)
        shown = re.sub(r"<[^>]+>", " ", page) + " ".join(re.findall(r'aria-label="([^"]*)"', page))
        assert re.findall(WORDS, shown) == [], url


def test_a_watch_of_another_trainer_is_read(tmp_path):
    log = WatchLog(tmp_path / "w", about={"group_size": 4})
    for step in range(3):
        status = ["correct"] * (step + 1) + ["incorrect"] * (3 - step)
        for i in range(6):
            rows = {"problem_id": [f"p{i}"] * 4, "status": status, "reward": [0.25] * 4}
            log.append(step, rows)
    client, library = client_of(tmp_path)
    key = re.search(r'href="/training/(\w+)"', client.get("/").text).group(1)
    end = time.monotonic() + 60
    while "completions, groups of 4" not in (text := client.get(f"/training/{key}").text):
        assert time.monotonic() < end
        time.sleep(0.05)
    assert "Step 2: 72 completions" in text
    assert "6 of 6 problems solved at least once" in text
    assert 'data-chart="watch_signal"' in text
    assert 'data-chart="watch_pass_at_k"' in text
    library.stop()


def test_an_imported_run_says_what_its_log_does_not_tell(tmp_path):
    rows = [
        {"question": f"What is {i} + 1?", "answer": str(i + 1), "completion": str(i + d), "ok": d}
        for i in range(4)
        for d in (0, 1)
    ]
    log = tmp_path / "log.jsonl"
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    passgap.import_log(
        [log], out=tmp_path / "runs" / "mine", form="table", text_field="completion", label="ok"
    )
    client, library = client_of(tmp_path / "runs")
    text = settled(client, "/").text
    library.stop()
    assert "temperature, top-p, top-k, max-tokens not in the log" in text
