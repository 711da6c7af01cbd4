"""Put an engine into the S3 storage: ENGINE_URI names the folder, STORAGE_ENDPOINT and STORAGE_REGION the server."""

import base64
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

LOCK = "engine.json"
"""Goes up last, so where it lies the engine is whole."""


class Refused(Exception):
    """The storage did not take a file."""


def client() -> Any:
    """Open the storage."""
    endpoint = os.environ.get("STORAGE_ENDPOINT") or None
    style = {"addressing_style": "path"} if endpoint else {}
    region = os.environ.get("STORAGE_REGION") or None
    return boto3.client("s3", endpoint_url=endpoint, region_name=region, config=Config(s3=style))


def place(uri: str) -> tuple[str, str]:
    """Return bucket and key."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def rows(path: Path) -> bool:
    """Fetch what ENGINE_ROWS names, and tell whether it is there. Raises Refused."""
    bucket, key = place(os.environ.get("ENGINE_ROWS", ""))
    try:
        path.write_bytes(client().get_object(Bucket=bucket, Key=key)["Body"].read())
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in ("NoSuchKey", "404"):
            return False
        raise Refused(str(error)) from error
    except BotoCoreError as error:
        raise Refused(str(error)) from error
    return True


def publish(folder: Path, verdict: Mapping[str, object]) -> None:
    """Put the plan's repository, unless the graph is to be served, then engine.json. Raises Refused."""
    bucket, prefix = place(os.environ["ENGINE_URI"])
    contents = {LOCK: (json.dumps(verdict, indent=2, sort_keys=True) + "\n").encode()}
    if verdict["serve"] == "tensorrt":
        found = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
        contents = {name: path.read_bytes() for name, path in found.items()} | contents
    opened = client()
    try:
        for name, content in contents.items():
            digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
            opened.put_object(Bucket=bucket, Key=f"{prefix}/{name}", Body=content, ChecksumSHA256=digest)
    except (BotoCoreError, ClientError) as error:
        raise Refused(str(error)) from error
