"""Answers that no server should give: a draw with a reason or one error, never a traceback."""

import asyncio
import gzip
import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import polars as pl
import pytest
from commands import run as passgap
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("openai", reason="needs passgap[openai]")

from passgap.data.policies import Policy, PromptSettings, SamplingParams
from passgap.data.problems import Problem, ProblemSet
from passgap.errors import PassgapError, UsageError, WorkError
from passgap.runs import Run
from passgap.servers import RefusedError, Said, Server, UnreadableError, choices
from passgap.stages.counting import count
from passgap.stages.sampling import sample
from passgap.stages.unscored import unscored
from passgap.stages.verifying import verify

CHAT = PromptSettings(template="chat", template_name="chat")
KEY = "sk-planted-0123456789"
BODY = {"model": "m", "messages": [{"role": "user", "content": "1+1?"}], "n": 1}


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr("passgap.servers.PAUSE", 0.0)


@contextmanager
def answering(answer):
    """A server on 127.0.0.1: ``answer(body)`` gives status, headers and bytes, or their parts."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

        def do_GET(self):
            self.tell(200, {}, json.dumps({"data": [{"id": "m", "owned_by": "vllm"}]}).encode())

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            seen.append(body)
            self.tell(*answer(body))

        def tell(self, status, headers, content):
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                for part in [content] if isinstance(content, bytes) else content:
                    self.wfile.write(part)
                    self.wfile.flush()
            except OSError:
                pass  # the client has hung up

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def as_json(data, status=200):
    return lambda body: (status, {}, json.dumps(data).encode())


def chat(*messages, **more):
    listed = [{"index": i, "message": m, "finish_reason": "stop"} for i, m in enumerate(messages)]
    return {"choices": listed, **more}


def asked(url, body=BODY, **options):
    """What one request gives, with no further attempt."""

    async def ask():
        server = Server(url, **{"retries": 0, "timeout": 5.0} | options)
        try:
            return await server.said(body)
        finally:
            await server.close()

    return asyncio.run(ask())


def draw(url, problems, out, *, n=4, prompt=CHAT, params=None, **arguments):
    given = {"base_url": url, "timeout": "5", "retries": "0", **arguments}
    return sample(
        Policy("m", prompt), problems, n=n, out=out, sampling=params or SamplingParams(16),
        engine="openai", engine_args=given,
    )  # fmt: skip


def some(size=3):
    return ProblemSet.of("some", [Problem(f"What is {i}?", str(i), "exact") for i in range(size)])


# -- how long and how much


def test_a_server_that_drips_is_left_at_the_deadline():
    drip = (b" " for _ in iter(lambda: time.sleep(0.05), 1))
    with answering(lambda body: (200, {}, drip)) as (url, _):
        began = time.monotonic()
        with pytest.raises(WorkError, match=r"no whole answer within 0\.5 s"):
            asked(url, timeout=0.5)
    assert time.monotonic() - began < 4


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize("packed", [False, True])
def test_an_endless_answer_is_cut(status, packed):
    part = b" " * 65536
    sent = [gzip.compress(part * 1000)] if packed else (part for _ in range(4000))
    headers = {"Content-Encoding": "gzip"} if packed else {}
    with (
        answering(lambda body: (status, headers, sent)) as (url, _),
        pytest.raises(WorkError, match="an answer of more than 1,000,000 bytes"),
    ):
        asked(url, most_bytes=1_000_000)


@pytest.mark.parametrize("encoding", ["zstd", "br", "gzip, gzip"])
def test_an_encoding_that_was_not_asked_for_is_not_unpacked(encoding):
    with (
        answering(lambda body: (200, {"Content-Encoding": encoding}, b"{}")) as (url, _),
        pytest.raises(WorkError, match="an encoding that was not asked for"),
    ):
        asked(url)


def test_a_redirect_is_not_followed():
    with (
        answering(lambda body: (307, {"Location": "http://127.0.0.1:9/v1"}, b"")) as (url, _),
        pytest.raises(UsageError, match=r"307: a redirect to 'http://127\.0\.0\.1:9/v1'"),
    ):
        asked(url)


# -- what is read


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"content": "7"}, "7"),
        ({"content": None}, ""),
        ({"content": None, "tool_calls": [{}]}, ""),
        ({"content": [{"type": "text", "text": "7"}, "8"]}, "78"),
        ({"content": [{"type": "thinking", "thinking": [{"text": "5?"}]}, {"text": "7"}]},
         "<think>5?</think>7"),
        ({"content": "7", "reasoning_content": "5?"}, "<think>5?</think>7"),
        ({"content": None, "reasoning": "5?"}, "<think>5?"),
        ({"content": "7", "reasoning_content": 5}, "7"),
        ({"content": "", "refusal": "I will not"}, "I will not"),
        ({"content": "a\ud800b"}, "a\ufffdb"),
        ({"content": "\U0001f600"}, "\U0001f600"),
    ],
)  # fmt: skip
def test_the_text_of_a_message(message, text):
    with answering(as_json(chat(message))) as (url, _):
        assert [said.whole for said in asked(url)] == [text]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ([], "JSON that is not an object"),
        ("x", "JSON that is not an object"),
        ({}, "choices that are null"),
        ({"choices": []}, r"choices that are \[\]"),
        ({"choices": {"0": {}}}, "choices that are"),
        ({"choices": [None]}, "a choice without a text: null"),
        ({"choices": [{"text": 7}]}, "a choice without a text"),
        ({"choices": [{"message": "x"}]}, "a choice without a text"),
        (chat({"content": {"a": 1}}), "a choice without a text"),
        (chat({"content": [{"image": 1}]}), "a choice without a text"),
        ({"error": {"message": "overloaded"}, "choices": None}, "an error: .*overloaded"),
    ],
)
def test_an_answer_without_a_completion_is_told(answer, why):
    with (
        answering(as_json(answer)) as (url, _),
        pytest.raises(WorkError, match=rf"answered 1 times without a completion, last with {why}"),
    ):
        asked(url)


@pytest.mark.parametrize("sent", [b"", b"<html>", b"[" * 100_000, b"1" * 5000, b"\xff\xfe{}"])
def test_what_is_not_json_is_told(sent):
    with (
        answering(lambda body: (200, {}, sent)) as (url, _),
        pytest.raises(WorkError, match="last with an answer that is not JSON"),
    ):
        asked(url)


def test_numbers_that_cannot_be_are_unknown():
    odd = {"token_logprobs": [-1.0, 10**400]}
    strange = [
        {"text": "a", "logprobs": odd, "finish_reason": 7},
        {"text": "b", "logprobs": {"content": [{"logprob": "x"}]}, "finish_reason": "length"},
        {"text": "c", "logprobs": {"token_logprobs": [-1.0, -0.5]}},
    ]
    usage = {"completion_tokens": 10**30}
    with answering(as_json({"choices": strange, "usage": usage})) as (url, _):
        assert asked(url) == [
            Said("a", ending="other"),
            Said("b", ending="length"),
            Said("c", steps=(-1.0, -0.5), tokens=2),
        ]


ANYTHING = (
    None, True, 0, -1, 10**30, 1e308, float("nan"), float("inf"), "", "x", "\ud800", "\x1b[2J\n",
    "x" * 500, [], {}, [[]], [None, "x"], {"text": 1}, {"content": []}, [{"text": "\udfff"}],
)  # fmt: skip
NAMES = ("choices", "message", "content", "text", "logprobs", "token_logprobs", "logprob", "usage",
         "completion_tokens", "finish_reason", "error", "reasoning_content", "index")  # fmt: skip
SOUND = chat(
    {"role": "assistant", "content": "7", "reasoning_content": "5?"},
    usage={"completion_tokens": 3},
    error=None,
)
SOUND["choices"][0]["logprobs"] = {"content": [{"token": "7", "logprob": -0.5}]}


def mutated(value, random):
    """A sound answer in which some values are replaced by anything, left out or repeated."""
    if random.random() < 0.1:
        return random.choice(ANYTHING)
    if isinstance(value, dict):
        found = {k: mutated(v, random) for k, v in value.items() if random.random() < 0.95}
        more = {random.choice(NAMES): random.choice(ANYTHING)} if random.random() < 0.1 else {}
        return found | more
    if isinstance(value, list):
        return [mutated(v, random) for v in value for _ in range(random.choice((0, 1, 1, 1, 2)))]
    return value


@settings(max_examples=500, database=None, derandomize=True, suppress_health_check=[*HealthCheck])
@given(st.randoms(use_true_random=False))
def test_no_answer_is_a_traceback(random):
    """Samples that fit a shard, or one line."""
    answer = mutated(SOUND, random)
    if not isinstance(answer, dict):
        return  # told before
    try:
        said = choices(json.loads(json.dumps(answer)))
    except UnreadableError as error:
        told = str(error)
        said = []
    else:
        told = "samples"
    assert told.splitlines() == [told]
    frame = pl.DataFrame({"t": [s.whole for s in said], "n": [s.tokens for s in said]})
    frame.with_columns(pl.col("n").cast(pl.Int32))
    assert all(sum(s.steps) <= 0 for s in said)


def test_text_that_no_file_can_hold_reaches_the_run(tmp_path):
    def answer(body):
        return as_json(chat(*[{"content": "\ud83d and \udc00"}] * body["n"]))(body)

    with answering(answer) as (url, _):
        run = draw(url, some(), tmp_path / "run")
    assert set(run.scan_completions().collect()["text"]) == {"\ufffd and \ufffd"}


# -- what is refused


REFUSALS = [
    "This model's maximum context length is 64 tokens. However, you requested 80 tokens",
    "The input (80 tokens) is longer than the model's context length (64 tokens).",
    "the request exceeds the available context size. try increasing the context size",
    "prompt is too long: 80 tokens > 64 maximum",
    "Please reduce the length of the messages or completion.",
]


@pytest.mark.parametrize("words", REFUSALS)
def test_a_prompt_that_is_too_long_costs_its_problem(words, tmp_path):
    def answer(body):
        if "What is 1?" in json.dumps(body):
            return 400, {}, json.dumps({"error": {"message": words, "code": 400}}).encode()
        return as_json(chat(*[{"content": "0"}] * body["n"]))(body)

    with answering(answer) as (url, _):
        run = draw(url, some(), tmp_path / "run")
    verify(run)
    counts = count(run)
    assert counts.n.tolist() == [4, 0, 4]
    assert counts.unscored.tolist() == [0, 4, 0]
    (why,) = unscored(run)
    assert (why.reason, why.draws) == ("prompt_too_long", 4)
    assert "the server refused the prompt as too long (4 samples" in str(why)
    told = passgap("verify", run.path)
    assert told.returncode == 0
    assert "unscored: the server refused the prompt as too long" in told.stdout


def test_a_filter_costs_its_samples(tmp_path):
    def answer(body):
        found = chat(*[{"content": "0"}] * body["n"])
        if "What is 2?" in json.dumps(body):
            found["choices"][0]["finish_reason"] = "content_filter"
        return as_json(found)(body)

    with answering(answer) as (url, _):
        run = draw(url, some(), tmp_path / "run")
    verify(run)
    assert count(run).unscored.tolist() == [0, 0, 1]
    assert [why.reason for why in unscored(run)] == ["filtered"]


def refusing(*names):
    """Refuses requests with one of these parameters, as hosted servers do."""

    def answer(body):
        for name in names:
            if name in body:
                said = f"Unsupported parameter: '{name}' is not supported with this model."
                return 400, {}, json.dumps({"error": {"message": said, "param": name}}).encode()
        return as_json(chat(*[{"content": "0"}] * body.get("n", 1)))(body)

    return answer


def test_a_refused_parameter_is_left_out_by_the_words_that_are_told(tmp_path):
    with answering(refusing("max_tokens", "temperature", "seed", "n", "min_p")) as (url, seen):
        left_out = {}
        for _ in range(6):
            try:
                run = draw(url, some(), tmp_path / "run", **left_out)
                break
            except UsageError as error:
                pair = str(error).rpartition("--engine-arg ")[2]
                left_out = dict([pair.split("=")])
    names = {"max_tokens", "min_p", "n", "seed", "temperature"}
    assert set(left_out["leave_out"].split(",")) == names
    assert seen[-1]["max_completion_tokens"] == 16
    assert sorted(run.calls()[-1].engine["left_out"]) == sorted(left_out["leave_out"].split(","))
    assert len(run.scan_completions().collect()) == 12


@pytest.mark.parametrize(
    ("leave_out", "params", "message"),
    [
        ("colour", {}, "leave_out has 'colour'; allowed for server=vllm: temperature, top_p"),
        ("temperature", {"temperature": 0.5}, "temperature is 0.5 and left out"),
        ("top_p", {"top_p": 0.5}, r"top_p is 0.5 and left out.*allowed: --top-p 1"),
        ("top_k", {"top_k": 5}, "top_k is 5, which"),
    ],
)
def test_what_was_asked_for_is_not_left_out(leave_out, params, message, tmp_path):
    with answering(refusing()) as (url, _), pytest.raises(UsageError, match=message):
        draw(
            url, some(), tmp_path / "run", params=SamplingParams(16, **params), leave_out=leave_out
        )


def test_stop_strings_that_are_not_sent_are_cut_here(tmp_path):
    with answering(as_json(chat({"content": "7\n\nQuestion: 8"}))) as (url, seen):
        run = draw(
            url, some(), tmp_path / "run", n=1, params=SamplingParams(16, stop=("\n\nQ",)),
            leave_out="stop",
        )  # fmt: skip
    assert "stop" not in seen[-1]
    assert set(run.scan_completions().collect()["text"]) == {"7"}


def test_a_template_without_a_system_role_is_told(tmp_path):
    said = {"error": {"message": "System role not supported"}}
    prompt = PromptSettings(template="chat", template_name="chat", system="Be brief.")
    with (
        answering(as_json(said, 400)) as (url, _),
        pytest.raises(UsageError, match=r"System role not supported; .* leave out --system"),
    ):
        draw(url, some(), tmp_path / "run", prompt=prompt)


@pytest.mark.parametrize(
    ("server", "sent"),
    [("vllm", {"prompt": "<s>What is 0?", "add_special_tokens": False}),
     ("llama.cpp", {"prompt": "What is 0?"})],
)  # fmt: skip
def test_a_template_that_writes_bos_is_not_given_a_second_one(server, sent, tmp_path):
    prompt = PromptSettings(template="<s>{{ question }}", template_name="own")
    with answering(as_json({"choices": [{"text": "0"}]})) as (url, seen):
        draw(url, some(1), tmp_path / "run", n=1, prompt=prompt, server=server)
    assert {k: seen[-1].get(k) for k in sent} == sent
    assert seen[-1].get("add_special_tokens") == sent.get("add_special_tokens")


# -- the key


@pytest.mark.parametrize("status", [200, 401, 500])
def test_a_server_that_gives_the_key_back_leaves_none_of_it(status, tmp_path, monkeypatch):
    monkeypatch.setenv("MY_KEY", KEY)

    def answer(body):
        if status != 200:
            return status, {}, json.dumps({"error": {"message": f"wrong key {KEY}"}}).encode()
        return as_json(chat(*[{"content": f"the key is {KEY}"}] * body["n"]))(body)

    with answering(answer) as (url, _):
        arguments = {"api_key_env": "MY_KEY"}
        if status == 200:
            run = draw(url, some(), tmp_path / "run", **arguments)
            assert set(run.scan_completions().collect()["text"]) == {"the key is [key]"}
        else:
            with pytest.raises(PassgapError) as told:
                draw(url, some(), tmp_path / "run", **arguments)
            assert KEY not in str(told.value)
            assert "[key]" in str(told.value)
    assert not [p for p in tmp_path.rglob("*") if p.is_file() and KEY.encode() in p.read_bytes()]
    assert Run(tmp_path / "run").manifest.engine["args"]["api_key_env"] == "MY_KEY"


@pytest.mark.parametrize("key", ["sk-a\nsk-b", "sk-\u00e9", "sk-\x1b[2J"])
def test_a_key_that_cannot_be_sent_is_told_without_it(key, monkeypatch):
    monkeypatch.setenv("MY_KEY", key)
    with pytest.raises(UsageError, match="MY_KEY holds characters that no key has") as told:
        asked("http://127.0.0.1:9/v1", api_key_env="MY_KEY")
    assert "sk-" not in str(told.value)


def test_a_refusal_says_of_what_kind_it_is():
    with (
        answering(as_json({"error": {"message": "no such model"}}, 404)) as (url, _),
        pytest.raises(RefusedError, match="404: no such model") as told,
    ):
        asked(url)
    assert (told.value.status, told.value.kind) == (404, "other")
