"""An S3 server on this machine (moto), over HTTP, with a log of the requests it answered."""

import contextlib
import os
import re
import subprocess
import sys
import time
from pathlib import Path

ADDRESS = re.compile(r"Running on (http://\S+)")
REQUEST = re.compile(r'"([A-Z]+) (/\S*) HTTP/1.1\S* (\d+)')
KEY, SECRET = "AKIAPLANTEDKEYOFTHETEST", "planted/secret+of/the/test"
NAME = "models"


class Bucket:
    """The bucket ``models``; ``settings`` are the variables that lead any S3 client to it."""

    def __init__(self, address: str, log: Path) -> None:
        self.address, self._log = address, log
        self.settings = {
            "AWS_ENDPOINT_URL": address,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }
        self.url = f"s3://{NAME}"
        self.client.create_bucket(Bucket=NAME)

    @property
    def client(self):
        import boto3

        return boto3.client(
            "s3", endpoint_url=self.address, aws_access_key_id=KEY, aws_secret_access_key=SECRET
        )

    def upload(self, folder: Path, name: str) -> str:
        """The URL of a folder's copy."""
        client = self.client
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                key = f"{name}/{path.relative_to(folder)}"
                client.put_object(Bucket=NAME, Key=key, Body=path.read_bytes())
        return f"{self.url}/{name}"

    def remove(self, key: str) -> None:
        self.client.delete_object(Bucket=NAME, Key=key)

    def demand_permission(self, after: int) -> None:
        """Refuse every request after so many, since the keys are of no user."""
        import urllib.request

        address, data = f"{self.address}/moto-api/reset-auth", str(after).encode()
        plain = {"Content-Type": "text/plain"}
        urllib.request.urlopen(urllib.request.Request(address, data, plain)).close()

    @contextlib.contextmanager
    def watched(self):
        """The list of (method, path, status) of the requests answered within."""
        seen: list[tuple[str, str, int]] = []
        before = len(self._log.read_text())
        yield seen
        found = REQUEST.findall(self._log.read_text()[before:])
        seen += [(method, path, int(status)) for method, path, status in found]


@contextlib.contextmanager
def serving(folder: Path):
    """A `Bucket` whose server runs as long as the block."""
    log = folder / "requests.log"
    with (
        log.open("w") as file,
        subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"],
            stdout=file,
            stderr=file,
        ) as server,
    ):
        try:
            while not (found := ADDRESS.search(log.read_text())):
                if server.poll() is not None:
                    raise RuntimeError(log.read_text())
                time.sleep(0.1)
            yield Bucket(found[1], log)
        finally:
            server.terminate()
