"""Runs in a bucket, read over HTTP by the same commands as local ones."""

import collections

import pytest
from bucket import KEY, NAME, SECRET, serving
from commands import run as passgap

from passgap.data.policies import Policy, SamplingParams
from passgap.errors import RunError
from passgap.runs import Run
from passgap.runs import remote as remote_files
from passgap.stages.counting import count
from passgap.stages.sampling import sample
from passgap.stages.verifying import verify

s3fs = pytest.importorskip("s3fs")
pytest.importorskip("moto")
pytestmark = pytest.mark.slow  # a server, and every command twice
NO_USER = "The AWS Access Key Id you provided does not exist"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("server")) as bucket:
        yield bucket


@pytest.fixture
def bucket(server, monkeypatch):
    """The server, found by its settings, with nothing of an earlier test kept in this process."""
    for name, value in server.settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(remote_files, "KEPT_FILES", remote_files.KeptFiles(remote_files.KEPT))
    s3fs.S3FileSystem.clear_instance_cache()
    yield server
    s3fs.S3FileSystem.clear_instance_cache()


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """Two verified runs of 20 problems, 5 shards each."""
    from passgap.data.problems import Problem, ProblemSet

    problems = ProblemSet.of(
        "twenty", [Problem(f"What is {i} + {i}?", str(2 * i), "numeric") for i in range(20)]
    )
    folder = tmp_path_factory.mktemp("runs")
    for name in ("base", "other"):
        drawn = sample(
            Policy(f"fake-{name}"),
            problems,
            n=8,
            out=folder / name,
            sampling=SamplingParams(max_tokens=8),
            engine="fake",
            block_size=32,
        )
        verify(drawn)
    return folder


@pytest.fixture
def urls(bucket, local):
    return [bucket.upload(local / name, name) for name in ("base", "other")]


COMMANDS = {
    "count": ("export", "counts", "{base}", "--out", "{out}/counts.csv"),
    "check": ("check", "{base}"),
    "probe": ("probe", "{base}", "--json"),
    "compare": ("compare", "{base}", "{other}", "--json"),
    "report": ("report", "{base}", "{other}", "--out", "{out}/report.html"),
}


def filled(words, base, other, out):
    return [word.format(base=base, other=other, out=out) for word in words]


def told(done):
    """What a command printed, which names no credential."""
    for secret in (KEY, SECRET):
        assert secret not in done.stdout + done.stderr
    return done.stdout, done.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_read_a_bucket_as_a_folder(name, bucket, local, urls, tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir(), there.mkdir()
    with bucket.watched() as seen:
        done = passgap(*filled(COMMANDS[name], *urls, there))
    printed, complained = told(done)
    assert done.returncode == 0, complained
    same = passgap(*filled(COMMANDS[name], local / "base", local / "other", here))
    assert printed.replace(bucket.url, str(local)).replace(str(there), str(here)) == same.stdout
    paths = collections.Counter(path for method, path, _ in seen if method == "GET")
    shards = {path: times for path, times in paths.items() if ".parquet" in path}
    assert shards
    assert set(shards.values()) == {1}, "a shard is read in one request, once a command"
    assert not [path for method, path, _ in seen if method == "HEAD" and ".parquet" in path]
    for file in there.iterdir():
        content = file.read_bytes().decode()
        assert KEY not in content
        assert SECRET not in content


def test_a_large_file_is_read_in_parts(bucket, urls, local, monkeypatch):
    monkeypatch.setattr(remote_files, "WHOLE", 100)
    with bucket.watched() as seen:
        counts = count(Run(urls[0]))
    assert counts.c.tolist() == count(Run(local / "base")).c.tolist()
    assert not [path for method, path, _ in seen if method == "HEAD" and ".parquet" in path]
    drawn = Run(urls[0]).scan_completions().collect()
    assert drawn.equals(Run(local / "base").scan_completions().collect())


def test_what_is_kept_has_a_limit():
    kept = remote_files.KeptFiles(10)
    for name in ("a", "b"):
        kept.put((name,), b"12345")
    assert kept.get(("a",))
    kept.put(("c",), b"12345")
    assert kept.get(("b",)) is None, "it was not asked for since"
    assert kept.get(("a",)) == kept.get(("c",)) == b"12345"


def test_a_new_reader_sees_what_has_changed(bucket, urls):
    assert not Run(urls[0]).owed()
    bucket.remove(f"base/completions/{Run(urls[0]).completion_names()[0]}")
    assert len(Run(urls[0]).owed()) == 1


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("s3://no-such-bucket/base", "no manifest.json"),
        (f"s3://{NAME}/nothing", "no manifest.json"),
        (f"s3://me:sesame@{NAME}/base", "s3://[key]@models/base cannot be read"),
    ],
)
@pytest.mark.parametrize("command", ["probe", "check"])
def test_a_wrong_address_is_one_line(command, url, message, bucket):
    done = passgap(command, url)
    assert done.returncode == 2
    assert message in one_line(done)
    assert "sesame" not in done.stderr


def one_line(done):
    _, complained = told(done)
    assert complained.strip().count("\n") == 0, complained
    return complained.strip()


@pytest.mark.parametrize("after", [0, 2, 6])
def test_missing_permission_is_one_line(after, bucket, urls):
    bucket.demand_permission(after)
    try:
        done = passgap("probe", urls[0])
    finally:
        bucket.demand_permission(10**9)
    assert done.returncode == 2
    complained = one_line(done)
    assert NO_USER in complained or "Forbidden" in complained
    assert "your credentials may list and read it (AWS_PROFILE, AWS_ENDPOINT_URL)" in complained


def test_no_credentials_are_one_line(bucket, urls, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    s3fs.S3FileSystem.clear_instance_cache()
    assert "Unable to locate credentials; check the address" in one_line(passgap("check", urls[0]))


@pytest.mark.parametrize("folder", ["completions", "outcomes"])
def test_a_shard_that_goes_meanwhile_is_one_line(folder, bucket, urls, local, monkeypatch):
    run = Run(urls[0])
    name = run.completion_names()[2]
    below = folder if folder == "completions" else f"outcomes/{run.verifier_digest()}"
    monkeypatch.setattr(remote_files, "KEPT_FILES", remote_files.KeptFiles(0))
    bucket.remove(f"base/{below}/{name}")
    with pytest.raises(RunError) as failed:
        count(run)
    assert name in str(failed.value)
    assert "is missing" in str(failed.value)
    assert f"copy {urls[0]} to a local folder" in str(failed.value)


def test_a_damaged_shard_names_the_way_to_repair_it(bucket, urls):
    name = Run(urls[0]).completion_names()[1]
    bucket.client.put_object(Bucket=NAME, Key=f"base/completions/{name}", Body=b"PAR1")
    complained = one_line(passgap("probe", urls[0]))
    assert f"shard {name} is incomplete" in complained
    assert f"copy {urls[0]} to a local folder" in complained


def test_what_writes_or_walks_refuses_a_url(bucket, urls):
    assert "can only be read; copy the run" in one_line(passgap("verify", urls[0]))
    assert "the viewer reads local folders" in one_line(passgap("view", urls[0]))
