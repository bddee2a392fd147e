"""What each page shows of runs whose truth is known, and how it follows a run in progress."""

import json
import os
import re
import time

from known_runs import VERIFIER, N, add_block, client_of, settled, solved_by, sums, write_run

import passgap
from passgap.runs import Run, WatchLog
from passgap.stages.counting import count
from passgap.stages.scoring import recorded_policy, scoring_digest


def count_of(text):
    return re.search(r'id="count">([^<]+)<', text).group(1)


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
    assert "No problem is left" in client.get(f"{base}?page=3").text


def problem_url(client, ids, number, query=""):
    text = settled(client, f"/run/{ids['base']}?q=What is \\({number} %2B").text
    return re.search(r'href="(/run/\w+/problem/\w+)', text).group(1) + query


def test_a_problem_shows_both_arms_with_verdict_answer_and_tokens(client, ids):
    text = client.get(problem_url(client, ids, 4, f"?with={ids['deep/trained']}")).text
    assert "4 correct, 20 incorrect, 0 unscored of 24" in text
    assert "8 correct, 16 incorrect, 0 unscored of 24" in text
    assert text.count("<article") == 20
    assert "3 tokens · ended itself · log-probability -2.50" in text
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
        re.findall(r'aria-label="draw (\d+)"', client.get(f"{url}?draws={page}").text)
        for page in (1, 2, 3)
    ]
    assert [int(d) for page in draws for d in page] == list(range(N))
    correct = client.get(f"{url}?status=correct").text
    assert re.findall(r'aria-label="draw (\d+)"', correct) == ["0", "1", "2", "3", "4"]
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
    answer = client.get(f"{run}/text/{key}/0")
    assert answer.text == solved_by(lambda i: 4)(4, 0)[0]
    assert answer.headers["content-type"].startswith("text/plain")
    assert "attachment" in answer.headers["content-disposition"]
    assert client.get(f"{run}/text/{key}/99").status_code == 404


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
    text = client.get(f"/training/{ids['policy']}").text
    assert "5 of 10" in text
    assert text.count("<polyline") == 2
    assert "stopped or waiting" in text or "training" in text


def test_a_comparison_is_made_on_the_fly_with_its_own_policy(client, ids):
    url = f"/compare?base={ids['base']}&trained={ids['deep/trained']}"
    answer = settled(client, url)
    assert "After training" in answer.text
    policy = answer.headers["content-security-policy"]
    assert "script-src 'sha256-" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
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
    assert "1 of 4 blocks drawn" in text
    seen, live = (re.search(rf'data-{name}="([^"]+)"', text).group(1) for name in ("seen", "live"))
    assert client.get(f"{live}?seen={seen}").status_code == 204, "nothing changed"
    place = {problem.id: i for i, problem in enumerate(problems)}
    with run.writing():
        add_block(run, names[2], place, draws)
    told = None
    while not told or "12.solved" not in told["values"]:
        answer = client.get(f"{live}?seen={seen}")
        told = answer.json() if answer.status_code == 200 else None
    assert told["values"]["progress"] == "2 of 4 blocks drawn"
    assert told["values"]["12.solved"] == "12 of 24"
    assert "2.solved" not in told["values"], "only what changed"
    os.utime(run.path / "completions", (0, 0))
    assert "stopped at 2 of 4 blocks" in client.get(f"/run/{key}").text
    library.stop()


def test_a_run_that_is_not_verified_says_so(tmp_path):
    write_run(tmp_path / "r", sums(10), solved_by(lambda i: 1), verified=False)
    client, library = client_of(tmp_path)
    key = re.search(r'href="/run/(\w+)"', client.get("/").text).group(1)
    text = settled(client, f"/run/{key}").text
    assert "not verified" in text
    assert "drawn; 0 of 1 blocks verified" in text
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
    assert "outcomes of torn cannot be read" in text
    assert re.search(r'href="/run/\w+">good<', text)
    library.stop()


def test_an_empty_folder_says_what_to_do(tmp_path):
    client, library = client_of(tmp_path)
    assert "No run lies below this folder yet" in client.get("/").text
    library.stop()


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
    assert "<polyline" in text
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
