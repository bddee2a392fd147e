"""Who may ask, and what an answer lets a browser do."""

import os
import re

import pytest
from known_runs import ORIGIN, client_of, settled, solved_by, sums, write_run

from passgap.data.journals import AuditMark
from passgap.errors import RunError, UsageError
from passgap.runs import Run
from passgap.show.viewer.finding import check_links, find, root_of
from passgap.show.viewer.guard import Access

pytestmark = pytest.mark.slow

HERE = {"origin": ORIGIN, "sec-fetch-site": "same-origin"}


def test_every_answer_has_a_strict_policy(client, ids):
    urls = ["/", f"/run/{ids['base']}", "/static/view.js", "/static/view.css", "/nope", "/live"]
    for url in urls:
        headers = client.get(url).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"


def test_pages_hold_no_inline_script_or_style_and_no_remote_address(client, ids):
    base = f"/run/{ids['base']}"
    text = settled(client, base).text
    one = re.search(r'href="(/run/\w+/problem/\w+)"', text).group(1)
    for url in ("/", base, one, settled(client, f"{base}/audit").url.path, f"{base}/checks"):
        page = client.get(url).text
        assert re.findall(r"<script(?! src=\"/static/)", page) == []
        assert not re.search(r"<style|\sstyle=|\son\w+=", page)
        assert not re.search(r"""(?:src|href|action)=["'](?!/|data:,)""", page)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8177",
        "127.0.0.1.evil.example:8177",
        "localhost.evil.example",
        "localhost@evil.example",
        "localhost:8177:80",
        "",
    ],
)
def test_another_host_name_is_refused(client, host):
    assert client.get("/", headers={"host": host}).status_code == 421


def test_names_of_this_machine_are_answered(client):
    for host in ("localhost:8177", "[::1]:8177", "localhost", "127.0.0.1:9000"):
        assert client.get("/", headers={"host": host}).status_code == 200


def test_elsewhere_a_token_is_needed_and_kept_as_a_strict_cookie(folder):
    access = Access.of("0.0.0.0", 8177)
    client, library = client_of(folder, access)
    assert client.get("/").status_code == 401
    assert client.get("/?token=guess").status_code == 401
    assert client.get("/", headers={"cookie": "passgap_view_8177=guess"}).status_code == 401
    assert client.get("/static/view.js").status_code == 401
    answer = client.get(f"{ORIGIN}//evil.example/?token={access.token}", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/evil.example"), "never to another host"
    answer = client.get(f"/?page=1&token={access.token}", follow_redirects=False)
    assert answer.headers["location"] == "/?page=1"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert client.get("/").status_code == 200, "the client kept the cookie"
    library.stop()


@pytest.fixture
def audited(tmp_path):
    """A run of its own to mark, the URL of its audit, and the form that its page holds."""
    run = write_run(tmp_path / "r", sums(12), solved_by(lambda i: i))
    client, library = client_of(tmp_path)
    key = re.search(r'href="/run/(\w+)"', client.get("/").text).group(1)
    text = settled(client, f"/run/{key}/audit").text
    form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', text))
    yield client, f"/run/{key}/audit", form, run
    library.stop()


def test_a_mark_is_kept_and_the_rate_follows(audited):
    client, url, form, run = audited
    before = client.get(url).text
    assert re.search(r'id="rate">– \(0.0 to 100.0%\)', before)
    answer = client.post(url, data=form | {"mark": "wrong"}, headers=HERE, follow_redirects=False)
    assert answer.status_code == 303
    marks = Run(run.path).audit_marks(run.verifier_digest())
    assert marks == [AuditMark(problem_id=form["problem_id"], draw=int(form["draw"]), mark="wrong")]
    after = client.get(answer.headers["location"]).text
    assert 'id="marked">1<' in after
    rate = re.search(r'id="rate">([^<]+)<', after).group(1)
    assert rate != re.search(r'id="rate">([^<]+)<', before).group(1)


def test_a_run_that_is_being_written_takes_no_mark(audited):
    client, url, form, run = audited
    with run.writing():
        answer = client.post(url, data=form | {"mark": "right"}, headers=HERE)
    assert answer.status_code == 400
    assert "is being written by another process" in answer.text
    assert Run(run.path).audit_marks(run.verifier_digest()) == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": ORIGIN, "sec-fetch-site": "cross-site"},
        {"origin": ORIGIN, "sec-fetch-site": "same-site"},
        {"origin": "http://127.0.0.1:9999", "sec-fetch-site": "same-origin"},
    ],
)
def test_a_mark_from_another_site_is_refused(audited, headers):
    client, url, form, run = audited
    assert client.post(url, data=form | {"mark": "right"}, headers=headers).status_code == 403
    assert Run(run.path).audit_marks(run.verifier_digest()) == []


@pytest.mark.parametrize("key", ["", "guess"])
def test_a_mark_without_the_form_key_is_refused(audited, key):
    client, url, form, run = audited
    answer = client.post(url, data=form | {"mark": "right", "form_key": key}, headers=HERE)
    assert answer.status_code == 403
    assert Run(run.path).audit_marks(run.verifier_digest()) == []


@pytest.mark.parametrize(
    "change",
    [
        {"mark": "maybe"},
        {"draw": "23"},
        {"draw": "-1"},
        {"draw": "x"},
        {"problem_id": "../../etc"},
        {"size": "0"},
        {"size": "100000"},
    ],
)
def test_a_mark_that_cannot_be_is_refused(audited, change):
    client, url, form, run = audited
    answer = client.post(url, data=form | {"mark": "right"} | change, headers=HERE)
    assert answer.status_code == 400
    assert Run(run.path).audit_marks(run.verifier_digest()) == []


def test_nothing_but_marks_can_be_posted(audited):
    client, url, form, _ = audited
    base = url.removesuffix("/audit")
    for method in ("put", "patch", "delete", "options"):
        assert getattr(client, method)(base, headers=HERE).status_code == 405
    for path in ("/", base, f"{base}/checks", "/compare"):
        assert client.post(path, data=form, headers=HERE).status_code == 405
    big = form | {"mark": "right", "filler": "x" * 20_000}
    assert client.post(url, data=big, headers=HERE).status_code == 413


def test_reading_writes_nothing(audited):
    client, url, _, run = audited
    base = url.removesuffix("/audit")

    def files():
        return sorted(
            (str(path), path.stat().st_mtime_ns) for path in run.path.rglob("*") if path.is_file()
        )

    before = files()
    for path in ("/", base, url, f"{base}/checks", f"{base}/live", f"{base}/report"):
        settled(client, path)
    assert files() == before


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/static/%2e%2e/app.py",
        "/run/..%2f..%2fetc%2fpasswd",
        "/run/{base}/problem/..%2f..%2fmanifest.json",
        "/run/{base}/text/0/..%2f..%2f",
        "/run/{base}/sample/0/..%2f..%2fmanifest.json",
        "/diff?problem=x&run=..%2f..&sample=0&other={base}&against=0",
        "/run/{base}%00",
        "/run/{base}/../../etc/passwd",
        "/training/..%2f..%2fetc",
        "/compare?base=../..&trained=/etc",
        "/run/{base}?with=../../etc",
        "//etc/passwd",
    ],
)
def test_no_path_leads_out(client, ids, path):
    assert client.get(path.format(base=ids["base"])).status_code == 404


def test_no_verifier_that_a_run_names_is_run(tmp_path):
    run = write_run(tmp_path / "r", sums(12), solved_by(lambda i: i))
    (run.path / "outcomes" / run.verifier_digest() / "about.json").unlink()
    client, library = client_of(tmp_path)
    home = settled(client, "/").text
    assert "cannot be checked" in home
    key = re.search(r'href="/run/(\w+)"', home).group(1)
    for page in ("checks", "report"):
        answer = client.get(f"/run/{key}/{page}")
        assert answer.status_code == 400
        assert "The viewer runs none" in answer.text
    library.stop()


def test_links_out_of_the_folder_are_not_followed(tmp_path):
    outside = tmp_path / "outside"
    run = write_run(outside / "secret", sums(10), solved_by(lambda i: 1))
    root = tmp_path / "root"
    root.mkdir()
    (root / "linked").symlink_to(outside)
    (root / "direct").mkdir()
    (root / "direct" / "manifest.json").symlink_to(run.path / "manifest.json")
    assert find(root_of(root)).found == []
    mine = write_run(root / "mine", sums(10), solved_by(lambda i: 1))
    part = next((mine.path / "completions").glob("part-*"))
    part.unlink()
    part.symlink_to(run.path / "completions" / part.name)
    with pytest.raises(RunError, match="outside the folder"):
        check_links(root_of(root), mine.path)
    client, library = client_of(root)
    text = client.get("/").text
    assert "points outside the folder that is viewed" in text
    assert "/run/" not in text
    library.stop()


def test_a_folder_that_may_not_be_listed_hides_nothing_else(tmp_path):
    write_run(tmp_path / "mine", sums(10), solved_by(lambda i: 1))
    closed = tmp_path / "closed"
    closed.mkdir()
    os.chmod(closed, 0)
    try:
        assert [one.name for one in find(root_of(tmp_path)).found] == ["mine"]
    finally:
        os.chmod(closed, 0o700)


def test_a_folder_is_needed(tmp_path):
    with pytest.raises(UsageError, match="is not a folder"):
        root_of(tmp_path / "none")
