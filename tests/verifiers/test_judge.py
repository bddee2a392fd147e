"""The judge: a served model marks the reasoning, beside the answers, never in their place."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from passgap.data.policies import Policy, SamplingParams
from passgap.data.problems import Problem, ProblemSet
from passgap.errors import UsageError, WorkError
from passgap.evidence.doors import probe
from passgap.stages.counting import count
from passgap.stages.sampling import sample
from passgap.stages.verifying import verify
from passgap.verifiers import get_verifier, judge

ASKED: list[dict] = []


class Handler(BaseHTTPRequestHandler):
    """Finds a solution sound when its problem's number is even; shrugs at 3."""

    def log_message(self, *arguments):
        pass

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        ASKED.append({**body, "key": self.headers.get("Authorization")})
        number = int(body["messages"][1]["content"].split("number ")[1].split("?")[0])
        said = "Fine. VERDICT: SOUND" if number % 2 == 0 else "Hm.\n**VERDICT: UNSOUND**"
        said = "I cannot say" if number == 3 else said
        choice = {"index": 0, "message": {"role": "assistant", "content": said}}
        answer = {"id": "1", "object": "chat.completion", "model": "m", "created": 0}
        data = json.dumps(answer | {"choices": [choice | {"finish_reason": "stop"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture
def url():
    ASKED.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def run(tmp_path):
    problems = ProblemSet.of(
        "p", [Problem(f"What is number {i}?", str(i), "exact") for i in range(24)]
    )
    made = sample(
        Policy("m"), problems, n=32, out=tmp_path / "r", sampling=SamplingParams(8), engine="fake",
        engine_args={"alpha": "1", "beta": "1"},
    )  # fmt: skip
    verify(made)
    return made


def test_only_correct_completions_are_judged_and_counts_hold_both(run, url, monkeypatch):
    monkeypatch.setenv("JUDGE_KEY", "secret")
    before = count(run)
    verify(run, verifier=f"judge?base_url={url}&model=m&api_key_env=JUDGE_KEY")
    counts = count(run)
    assert len(ASKED) == counts.c.sum()
    np.testing.assert_array_equal(counts.c, before.c)
    sound = np.arange(24) % 2 == 0
    np.testing.assert_array_equal(counts.c_reasoned, np.where(sound, counts.c, 0))
    assert {asked["key"] for asked in ASKED} == {"Bearer secret"}
    assert not any("secret" in p.read_text() for p in run.path.rglob("*.json"))
    reasoned = probe(counts).to_dict()["reasoned"]["curve"]
    assert reasoned[0]["value"] < counts.c.mean() / 32


def test_marking_the_answers_anew_makes_the_judge_owe_again(run, url):
    verify(run, verifier=f"judge?base_url={url}&model=m")
    verify(run, verifier="numeric")
    assert count(run).c_reasoned is None


def test_a_judge_that_is_not_there_loses_nothing(run, monkeypatch):
    monkeypatch.setattr(judge, "RETRIES", 0)
    with pytest.raises(WorkError, match="does not answer"):
        verify(run, verifier="judge?base_url=http://127.0.0.1:9/v1&model=m&timeout=0.2")
    assert count(run).c_reasoned is None


def test_a_key_in_the_url_is_refused():
    with pytest.raises(UsageError, match="contains a key"):
        get_verifier("judge?base_url=http://me:key@host/v1&model=m")
