"""What early warnings set off: messages, once each, and a request to stop."""

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import msgspec
import pytest
from commands import run

import passgap
from passgap.analysis.watch.alarms import WARNINGS
from passgap.errors import RunError, UsageError, WorkError
from passgap.evidence import reacting
from passgap.evidence.reacting import Reactions, notify
from passgap.evidence.watching import watch_folder
from passgap.runs.stopping import STOP_FILE, Stop, should_stop, stopped_by


@pytest.fixture
def folder(tmp_path):
    """A training in which no group is mixed: ``no_signal``."""
    watch = passgap.Watch(tmp_path / "out" / "watch", group_size=4)
    for step in range(12):
        ids = [f"p{step}-{i}" for i in range(10) for _ in range(4)]
        watch.record(step=step, problem_id=ids, status=["incorrect"] * 40)
    return tmp_path / "out"


@pytest.fixture
def server():
    """What was posted to a server of our own, and its address."""
    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            size = int(self.headers["Content-Length"])
            got.append((self.headers["Content-Type"], json.loads(self.rfile.read(size))))
            self.send_response(500 if self.path.startswith("/broken") else 200)
            self.end_headers()

        def log_message(self, *_):
            pass

    serving = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=serving.serve_forever, daemon=True).start()
    yield got, f"http://127.0.0.1:{serving.server_port}"
    serving.shutdown()
    serving.server_close()


def keep(path):
    """A command that appends its standard input to a file, as a line."""
    code = "import sys; open(sys.argv[1], 'a').write(sys.stdin.read() + chr(10))"
    return f'{sys.executable} -c "{code}" {path}'


def test_a_command_is_told_each_warning_once(folder, tmp_path):
    told = []
    reactions = Reactions([], [keep(tmp_path / "told.jsonl")], tell=told.append)
    result = watch_folder(folder)
    for _ in range(3):
        assert reactions.react(result, folder / "watch") is None
    (line,) = (tmp_path / "told.jsonl").read_text().splitlines()
    found = json.loads(line)
    (finding,) = result.warnings
    assert found.pop("folder").endswith("out/watch")
    assert found == {
        "schema": "passgap.warning/1",
        "step": 11,
        "warning": "no_signal",
        "severity": "warning",
        "evidence": finding.evidence,
        "remedy": finding.remedy,
    }
    assert not told
    assert not should_stop(folder / "watch")


def test_an_address_gets_json(folder, server):
    got, address = server
    done = run("watch", folder, "--notify", address, "--json")
    assert done.returncode == 0, done.stderr
    ((kind, document),) = got
    assert kind == "application/json"
    assert document["warning"] == "no_signal"


def test_one_that_cannot_be_told_does_not_stop_the_others(folder, server, tmp_path):
    got, address = server
    told = []
    targets = [f"{address}/broken?key=sesame", "exit 3", keep(tmp_path / "told.jsonl")]
    Reactions([], targets, tell=told.append).react(watch_folder(folder), folder / "watch")
    assert "500" in told[0]
    assert "sesame" not in told[0]
    assert "'exit 3' ended with code 3" in told[1]
    assert len(got) == 1
    assert (tmp_path / "told.jsonl").read_text()


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/", "http://[", "https://no such host/"])
def test_an_address_that_is_not_there(address):
    with pytest.raises(WorkError, match="was not reached"):
        notify(address, {})


def test_a_command_that_hangs_is_ended(monkeypatch):
    monkeypatch.setattr(reacting, "SECONDS", 0.2)
    with pytest.raises(WorkError, match="took more than"):
        notify("sleep 20", {})


def test_a_message_never_comes_from_a_file(folder, tmp_path):
    config = tmp_path / "watch.toml"
    config.write_text('notify = ["touch here"]\n')
    for command in (["watch", folder], ["train", "lab:base", "lab:rare", "--out", "x"]):
        done = run(*command, "--config", config)
        assert done.returncode == 2
        assert "has notify; allowed:" in done.stderr


@pytest.mark.parametrize("name", ["no_signal", "any"])
def test_a_stop_is_asked_for(folder, name):
    done = run("watch", folder, "--stop-on", name)
    assert done.returncode == 1
    assert "no_signal: training is asked to stop" in done.stderr
    assert stopped_by(folder / "watch") == "no_signal"
    stop = msgspec.json.decode((folder / "watch" / STOP_FILE).read_bytes(), type=Stop)
    assert stop.step == 11
    assert passgap.Watch(folder / "watch", group_size=4).should_stop()


def test_another_warning_does_not_stop(folder):
    done = run("watch", folder, "--stop-on", "coverage_falling", "--stop-on", "truncation_rising")
    assert done.returncode == 0
    assert not should_stop(folder / "watch")


def test_following_ends_there(folder):
    done = run("watch", folder, "--follow", "--stop-on", "any", "--seconds", "0.01")
    assert done.returncode == 1
    assert should_stop(folder / "watch")


def test_a_name_that_is_no_warning(folder):
    done = run("watch", folder, "--stop-on", "boredom")
    assert done.returncode == 2
    assert f"'boredom'; allowed: {', '.join(WARNINGS)}, any" in done.stderr


def test_no_link_is_written_through(folder, tmp_path):
    (tmp_path / "mine").write_text("mine")
    (folder / "watch" / "stop.json").symlink_to(tmp_path / "mine")
    with pytest.raises(RunError, match="link"):
        Reactions(["any"], [], tell=print).react(watch_folder(folder), folder / "watch")
    assert (tmp_path / "mine").read_text() == "mine"


@pytest.mark.parametrize("algorithm", ["distill", "rft"])
def test_a_method_without_rewards_has_no_warnings(algorithm):
    asked = ["--algorithm", algorithm, "--stop-on", "any", "--out", "x"]
    done = run("train", "lab:base", "lab:rare?size=4", "--teacher", "lab:teacher", *asked)
    assert done.returncode == 2
    assert f"--stop-on with --algorithm {algorithm}" in done.stderr


def test_every_warning_has_a_name():
    with pytest.raises(UsageError):
        Reactions(["Any"], [], tell=print)
    Reactions([*WARNINGS, "any"], [], tell=print)


@pytest.mark.parametrize("flag", [("--stop-on", "any"), ("--to", "tensorboard")])
def test_what_is_written_is_written_in_a_local_folder(flag):
    done = run("watch", "s3://bucket/out", *flag)
    assert done.returncode == 2
    assert f"{flag[0]} with s3://bucket/out; allowed: a local folder" in done.stderr
