"""The openai engine against a server that misbehaves: every draw exactly once, or a clear word."""

import json
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("openai", reason="needs passgap[openai]")

from passgap.data.policies import Policy, PromptSettings, SamplingParams
from passgap.engines import check_engine
from passgap.errors import PassgapError, RunError, UsageError, WorkError
from passgap.runs import Run
from passgap.stages.sampling import sample
from tests.pictures import shown_set

SERVER = Path(__file__).with_name("server.py")
CHAT = PromptSettings(template="chat", template_name="chat")


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    """A hundredth of what a busy server is given."""
    monkeypatch.setattr("passgap.servers.PAUSE", 0.005)
    monkeypatch.setattr("passgap.servers.LONGEST_PAUSE", 0.08)


@contextmanager
def serving(*faults):
    process = subprocess.Popen(
        [sys.executable, str(SERVER), *faults], stdout=subprocess.PIPE, text=True
    )
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}/v1"
    finally:
        process.kill()
        process.communicate(timeout=10)


def seen(url):
    with urllib.request.urlopen(url.replace("/v1", "/seen")) as answer:
        return json.load(answer)["requests"]


def draw(url, problems, out, *, n=12, prompt=CHAT, params=None, **arguments):
    given = {"base_url": url, "timeout": "0.5", "draws_per_request": "5"} | arguments
    return sample(
        Policy("m", prompt),
        problems,
        n=n,
        out=out,
        sampling=params or SamplingParams(16),
        engine="openai",
        engine_args=given,
        block_size=48,
    )


def pairs(run):
    return list(run.scan_completions().select("problem_id", "draw").collect().iter_rows())


@pytest.mark.parametrize(
    "faults",
    [(), ("429",), ("500",), ("hang",), ("drop",), ("fewer",), ("one",), ("garbage",),
     ("429", "500", "drop", "fewer", "garbage")],
    ids=" ".join,
)  # fmt: skip
def test_every_draw_exactly_once_whatever_the_server_does(faults, twenty, tmp_path):
    with serving(*faults) as url:
        run = draw(url, twenty, tmp_path / "run")
    assert sorted(pairs(run)) == sorted((p.id, d) for p in twenty for d in range(12))
    texts = run.scan_completions().select("text").collect()["text"]
    assert texts.n_unique() == len(texts)  # every draw has a seed of its own


@pytest.mark.parametrize("prompt", [CHAT, PromptSettings(template_name="plain")])
def test_what_is_sent_and_kept(prompt, twenty, tmp_path, monkeypatch):
    monkeypatch.setenv("MY_KEY", "sesame")
    with serving() as url:
        params = SamplingParams(16, stop=("\n\n",))
        run = draw(url, twenty, tmp_path / "run", prompt=prompt, params=params,
                   api_key_env="MY_KEY")  # fmt: skip
        sent = seen(url)
    assert {request["key"] for request in sent} == {"Bearer sesame"}
    first = sent[0]
    wanted = {"temperature": 1.0, "top_p": 1.0, "top_k": -1, "min_p": 0.0, "max_tokens": 16}
    wanted |= {"repetition_penalty": 1.0, "presence_penalty": 0.0, "stop": ["\n\n"]}
    assert {name: first[name] for name in wanted} == wanted
    assert ("messages" in first) == (prompt is CHAT)
    frame = run.scan_completions().collect()
    assert set(frame["logprob"]) == {-0.75}
    assert set(frame["token_count"]) == {2}
    stored = "".join(p.read_text() for p in run.path.rglob("*.json*"))
    assert "sesame" not in stored
    assert "MY_KEY" in stored


def test_log_probabilities_are_kept_where_they_mean_the_settings(twenty, tmp_path):
    with serving() as url:
        run = draw(url, twenty, tmp_path / "run", params=SamplingParams(16, temperature=0.6))
    assert run.scan_completions().collect()["logprob"].is_nan().all()


def test_topping_up_sends_seeds_that_were_never_used(twenty, tmp_path):
    with serving() as url:
        draw(url, twenty, tmp_path / "run", n=7)
        before = {(json.dumps(r["messages"]), r["seed"] + i) for r in seen(url)
                  for i in range(r["n"])}  # fmt: skip
        sample(
            Policy("m", CHAT), twenty, n=12, out=tmp_path / "run", sampling=SamplingParams(16),
            engine="openai", top_up=True, engine_args={"base_url": url, "timeout": "0.5",
            "draws_per_request": "5"})  # fmt: skip
        after = {(json.dumps(r["messages"]), r["seed"] + i) for r in seen(url)
                 for i in range(r["n"])}  # fmt: skip
    assert len(before) == 20 * 7
    assert len(after) == 20 * 12
    assert Run(tmp_path / "run").scan_completions().collect()["text"].n_unique() == 240


def test_a_server_that_stays_broken_leaves_the_rest_owed(twenty, tmp_path):
    with (
        serving("always-500") as url,
        pytest.raises(WorkError, match="still answers 500 after all retries; finished samples are"),
    ):
        draw(url, twenty, tmp_path / "run", retries="1")
    run = Run(tmp_path / "run")
    assert len(run.owed()) == len(run.blocks) == 5
    assert run.calls()[-1].blocks == 0


def test_a_server_that_goes_away_leaves_the_rest_owed(twenty, tmp_path):
    with serving() as url:
        run = draw(url, twenty, tmp_path / "run")
    for name in run.completion_names()[2:]:
        (run.path / "completions" / name).unlink()
    with pytest.raises(PassgapError, match=r"no server answers at http://127"):
        draw(url, twenty, tmp_path / "run")
    assert len(run.owed()) == 3


def test_a_run_goes_on_at_another_pace(twenty, tmp_path):
    with serving() as url:
        run = draw(url, twenty, tmp_path / "run")
        (run.path / "completions" / run.completion_names()[0]).unlink()
        again = draw(url, twenty, tmp_path / "run", concurrency="2", timeout="7", retries="1")
        assert not again.owed()
        with pytest.raises(RunError, match=r"engine\.args\.server: null there, \"vllm\" requested"):
            draw(url, twenty, tmp_path / "run", server="vllm")


def test_a_refusal_is_told_at_once(twenty, tmp_path):
    with serving("refuse") as url, pytest.raises(UsageError, match=r"401: .*wrong key"):
        draw(url, twenty, tmp_path / "run")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "base_url is None"),
        ({"base_url": "localhost:8000"}, "allowed: a URL"),
        ({"base_url": "http://me:sesame@host/v1"}, "contains a key"),
        ({"base_url": "http://host/v1?api_key=sesame"}, "has a query or a fragment after http://h"),
        ({"base_url": "http://host/v1?"}, "has a query or a fragment"),
        ({"base_url": "http://host/v1#sesame"}, "has a query or a fragment"),
        ({"base_url": "http://[host/v1"}, "allowed: a URL"),
        ({"base_url": "http://host:99999/v1"}, "allowed: a URL"),
        ({"base_url": "http://host/v1", "api_key_env": "NOT_SET"}, "'NOT_SET', but no such env"),
        ({"base_url": "http://host/v1", "api_key_env": ""}, "no such environment variable"),
        ({"base_url": "http://host/v1", "timeout": "nan"}, "timeout is nan"),
        ({"base_url": "http://host/v1", "timeout": "0"}, "timeout is 0"),
        ({"base_url": "http://host/v1", "retries": "-1"}, "retries is -1"),
        ({"base_url": "http://host/v1", "concurrency": "0"}, "concurrency is 0"),
        ({"base_url": "http://host/v1", "server": "tgi"}, "allowed: auto, vllm"),
        ({"base_url": "http://host/v1", "nonsense": "1"}, "unknown to openai"),
    ],
)
def test_bad_arguments_are_told_before_anything_is_asked(arguments, message):
    with pytest.raises(UsageError, match=message):
        check_engine("openai", arguments)


def test_top_k_needs_a_server_that_knows_it(twenty, tmp_path):
    with serving() as url, pytest.raises(UsageError, match=r"top_k is 5.* does not support"):
        draw(url, twenty, tmp_path / "run", params=SamplingParams(16, top_k=5), server="hosted")


def test_images_are_sent_before_the_text_as_data_urls(tmp_path):
    problems = shown_set(3)
    with serving() as url:
        run = draw(url, problems, tmp_path / "run", n=4)
        bodies = seen(url)
    assert run.scan_completions().collect().height == 12
    sent = {json.dumps(body["messages"]) for body in bodies}
    assert sent == {
        json.dumps(
            [
                {
                    "role": "user",
                    "content": [
                        {"type": "image_url", "image_url": {"url": problem.images[0].data_url}},
                        {"type": "text", "text": problem.question},
                    ],
                }
            ]
        )
        for problem in problems
    }
    about = (run.path / "manifest.json").read_text() + (run.path / "calls.jsonl").read_text()
    assert "base64" not in about


def test_images_without_a_chat_are_refused_before_anything_is_sent(tmp_path):
    with serving() as url:
        with pytest.raises(UsageError, match="use --template chat or boxed"):
            draw(url, shown_set(), tmp_path / "run", prompt=PromptSettings())
        assert seen(url) == []


def test_a_server_that_refuses_images_is_quoted(tmp_path):
    with serving("refuse-images") as url, pytest.raises(UsageError) as refusal:
        draw(url, shown_set(1), tmp_path / "run")
    assert "At most 0 image(s) may be provided" in str(refusal.value)
    assert "serve a model that takes them" in str(refusal.value)
