"""The command: it says where, answers at once, and refuses what cannot be before anything heavy."""

import re
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.request

import pytest
from commands import run
from known_runs import solved_by, sums, write_run

from passgap.show.viewer.guard import Access
from passgap.show.viewer.jobs import Jobs
from passgap.show.viewer.server import url_of

pytestmark = pytest.mark.slow


def command(*arguments):
    return [sys.executable, "-m", "passgap", "view", *map(str, arguments)]


def test_the_url_is_printed_once_a_browser_may_connect(tmp_path):
    write_run(tmp_path / "one", sums(10), solved_by(lambda i: 1))
    with subprocess.Popen(
        command(tmp_path, "--port", 0), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            url = re.search(r"http://127\.0\.0\.1:\d+/", process.stdout.readline()).group()
            with urllib.request.urlopen(url, timeout=60) as answer:
                assert ">one</a>" in answer.read().decode()
                assert "server" not in answer.headers
        finally:
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, "")


def test_a_dropped_request_prints_nothing(tmp_path):
    problems = sums(300)
    write_run(tmp_path / "one", problems, solved_by(lambda i: 1), block=7200)
    with subprocess.Popen(
        command(tmp_path, "--port", 0), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            url = re.search(r"http://127\.0\.0\.1:(\d+)/", process.stdout.readline())
            with urllib.request.urlopen(url.group(), timeout=60) as answer:
                run_id = re.search(r'href="(/run/\w+)"', answer.read().decode()).group(1)
            port, host = int(url.group(1)), f"Host: 127.0.0.1:{url.group(1)}\r\n"
            mark = f"Origin: http://127.0.0.1:{port}\r\nSec-Fetch-Site: same-origin\r\n"
            form = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 500\r\n"
            for line in (
                "/", run_id, f"{run_id}/report", f"{run_id}/checks", "/static/charts.js",
                f"{run_id}/problem/{problems.problems[0].id}", "/nowhere",
            ):  # fmt: skip
                drop(port, f"GET {line} HTTP/1.1\r\n{host}\r\n", read=1)
                drop(port, f"GET {line} HTTP/1.1\r\n{host}\r\n", read=0)
                drop(port, f"GET {line} HTTP/1.1\r\n{host}", read=0)
            for text in ("", "problem=", "mark=right&"):
                drop(port, f"POST {run_id}/audit HTTP/1.1\r\n{host}{mark}{form}\r\n{text}", read=0)
            with urllib.request.urlopen(url.group(), timeout=60) as answer:
                assert answer.status == 200
        finally:
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, "")


def drop(port, request, *, read):
    """Send a request, read so many bytes of the answer, and reset the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.sendall(request.encode())
        time.sleep(0.05)
        if read:
            client.recv(read)


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (("nowhere",), ("nowhere is not a folder",)),
        ((".", "--port", "99999"), ("99999", "--port")),
        ((".", "--host", "192.0.2.1"), ("192.0.2.1", "cannot be bound")),
    ],
)
def test_what_cannot_be_served_is_one_line(tmp_path, arguments, parts):
    result = run("view", *arguments, cwd=tmp_path)
    assert result.returncode == 2
    assert len(result.stderr.strip().splitlines()) == 1
    for part in parts:
        assert part in result.stderr


def test_a_port_that_is_taken_is_named(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run("view", tmp_path, "--port", port)
    assert result.returncode == 2
    assert f"127.0.0.1:{port} cannot be bound" in result.stderr


@pytest.mark.parametrize("package", ["uvicorn", "starlette", "latex2mathml", "pygments"])
def test_a_missing_extra_is_named(tmp_path, package):
    code = (
        "import sys\n"
        f"class Absent:\n"
        f"    def find_spec(self, name, *_):\n"
        f"        if name.partition('.')[0] == {package!r}:\n"
        f"            raise ModuleNotFoundError(name, name={package!r})\n"
        "sys.meta_path.insert(0, Absent())\n"
        f"sys.argv = ['passgap', 'view', {str(tmp_path)!r}]\n"
        "from passgap.cli import main\n"
        "main()\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 2
    assert result.stderr.strip() == (
        f"passgap: {package} is not installed; it comes with: pip install 'passgap[view]' "
        "(in a clone: '.[view]')"
    )


def test_only_loopback_goes_without_a_token():
    for host in ("127.0.0.1", "localhost", "::1"):
        access = Access.of(host, 8177)
        assert access.token is None
        assert access.hosts is not None
        assert "?" not in url_of(host, access)
    for host in ("0.0.0.0", "::", "192.0.2.1", "127.0.0.2"):
        access = Access.of(host, 8177)
        assert len(access.token) >= 32
        assert url_of(host, access).endswith(f"?token={access.token}")
    assert url_of("::1", Access.of("::1", 1)) == "http://[::1]:1/"


def test_a_job_is_done_once_a_key_and_its_error_is_raised_where_it_is_asked_for():
    jobs, done = Jobs(kept=2), []
    assert jobs.ask("a", lambda: done.append(1), 10).done()
    assert jobs.ask("a", lambda: done.append(1), 10).done()
    assert done == [1]
    failed = jobs.ask("b", lambda: 1 / 0, 10)
    with pytest.raises(ZeroDivisionError):
        failed.result()
    for key in "cde":
        jobs.ask(key, lambda: None, 10)
    jobs.ask("a", lambda: done.append(2), 10)
    assert done == [1, 2], "the oldest are forgotten"
    jobs.stop()
