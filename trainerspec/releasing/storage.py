"""An S3 bucket that files are put into once: checked by sha256 on the way and where they lie, resumed after a kill."""

import base64
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
)

from trainerspec.diagnostics.model import Diagnostic, Stopped
from trainerspec.ir.target import Storage

PART = 16 * 2**20
"""Bytes of one part; larger files go up in parts, so that a kill costs one part at most. S3 wants at least 5 MiB."""
WHY = {
    "NoSuchBucket": "make the bucket, or mend `storage.uri` in the target",
    "AccessDenied": "the keys may not write there: ask for s3:PutObject, s3:GetObject and s3:ListBucket",
    "InvalidAccessKeyId": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, for this storage",
    "SignatureDoesNotMatch": "AWS_SECRET_ACCESS_KEY does not belong to AWS_ACCESS_KEY_ID",
}
Said = Callable[[int], None]
"""Called with the bytes that went up, after each part."""


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """A target's storage, opened with the keys of the environment."""

    storage: Storage
    part: int = PART

    @cached_property
    def client(self) -> Any:
        """Open the client: few retries, path-style addresses for servers that are not Amazon's."""
        style = {"addressing_style": "path"} if self.storage.endpoint else {}
        return boto3.session.Session().client(
            "s3",
            endpoint_url=self.storage.endpoint or None,
            region_name=self.storage.region,
            config=Config(s3=style, retries={"max_attempts": 4, "mode": "standard"}, connect_timeout=10),
        )

    def keys(self, prefix: str) -> Mapping[str, int]:
        """Return the keys below a prefix with their sizes."""
        found: dict[str, int] = {}
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.storage.bucket, Prefix=prefix)
        for page in pages:
            found |= {item["Key"]: item["Size"] for item in page.get("Contents", ())}
        return found

    def holds(self, key: str, path: Path) -> bool:
        """Tell whether an object has a file's bytes: by the server's sha256, else by reading it back."""
        about = self.client.head_object(Bucket=self.storage.bucket, Key=key, ChecksumMode="ENABLED")
        if about["ContentLength"] != path.stat().st_size:
            return False
        told = about.get("ChecksumSHA256")
        if told:
            return bool(told == checksum(path, self.part))
        body = self.client.get_object(Bucket=self.storage.bucket, Key=key)["Body"]
        digest = hashlib.sha256()
        for chunk in body.iter_chunks(2**20):
            digest.update(chunk)
        return digest.digest() == sha256(path)

    def read(self, key: str) -> bytes | None:
        """Return an object's bytes; None when it is not there."""
        try:
            content: bytes = self.client.get_object(Bucket=self.storage.bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in ("NoSuchKey", "404"):
                return None
            raise
        return content

    def get(self, key: str, path: Path) -> None:
        """Write an object's bytes to a new file, piece by piece."""
        body = self.client.get_object(Bucket=self.storage.bucket, Key=key)["Body"]
        with path.open("xb") as file:
            for chunk in body.iter_chunks(2**20):
                file.write(chunk)

    def put(self, key: str, path: Path, said: Said = lambda _: None) -> None:
        """Put a file, in parts when it is large; then check what lies there. Raises Stopped TS874 when it differs."""
        if path.stat().st_size <= self.part:
            content = path.read_bytes()
            self.client.put_object(
                Bucket=self.storage.bucket,
                Key=key,
                Body=content,
                ContentLength=len(content),
                ChecksumSHA256=encoded(hashlib.sha256(content).digest()),
            )
            said(len(content))
        else:
            self._put_parts(key, path, said)
        if not self.holds(key, path):
            hint = "push again; if it stays, the storage or what lies between changes bytes"
            message = f"`{key}` does not have the sha256 of `{path}` after it was put"
            raise Stopped((Diagnostic(code="TS874", message=message, hint=hint),))

    def _put_parts(self, key: str, path: Path, said: Said) -> None:
        """Send the parts that an upload begun earlier does not have yet, then put them together."""
        where = {"Bucket": self.storage.bucket, "Key": key}
        upload = (
            self._begun(key) or self.client.create_multipart_upload(**where, ChecksumAlgorithm="SHA256")["UploadId"]
        )
        there = self._parts(key, upload)
        done = []
        for number, content in enumerate(parts(path, self.part), start=1):
            digest = encoded(hashlib.sha256(content).digest())
            tag = there[number]["ETag"] if number in there and same(there[number], content, digest) else None
            if tag is None:
                sent = self.client.upload_part(
                    **where, UploadId=upload, PartNumber=number, Body=content, ChecksumSHA256=digest
                )
                tag = sent["ETag"]
                said(len(content))
            done.append({"PartNumber": number, "ETag": tag, "ChecksumSHA256": digest})
        self.client.complete_multipart_upload(**where, UploadId=upload, MultipartUpload={"Parts": done})

    def _begun(self, key: str) -> str | None:
        found = self.client.list_multipart_uploads(Bucket=self.storage.bucket, Prefix=key).get("Uploads", ())
        return next((str(one["UploadId"]) for one in found if one["Key"] == key), None)

    def _parts(self, key: str, upload: str) -> Mapping[int, Mapping[str, str]]:
        pages = self.client.get_paginator("list_parts").paginate(Bucket=self.storage.bucket, Key=key, UploadId=upload)
        return {part["PartNumber"]: part for page in pages for part in page.get("Parts", ())}


def same(part: Mapping[str, str], content: bytes, digest: str) -> bool:
    """Tell whether a part that lies there is this one: by its sha256, else by the MD5 that its ETag is."""
    if "ChecksumSHA256" in part:
        return part["ChecksumSHA256"] == digest
    return part["ETag"].strip('"') == hashlib.md5(content, usedforsecurity=False).hexdigest()


def parts(path: Path, size: int) -> Iterator[bytes]:
    """Read a file in parts."""
    with path.open("rb") as file:
        while content := file.read(size):
            yield content


def checksum(path: Path, size: int) -> str:
    """Return a file's checksum as S3 tells it: the sha256, or that of its parts' sha256 with their number."""
    if path.stat().st_size <= size:
        return encoded(sha256(path))
    digests = [hashlib.sha256(content).digest() for content in parts(path, size)]
    return f"{encoded(hashlib.sha256(b''.join(digests)).digest())}-{len(digests)}"


def sha256(path: Path) -> bytes:
    """Return a file's sha256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def encoded(digest: bytes) -> str:
    """Return a digest as S3's headers have it."""
    return base64.b64encode(digest).decode()


FAULTS = (BotoCoreError, ClientError)
"""What a storage raises when it refuses or does not answer."""


def refused(error: Exception, storage: Storage) -> Stopped:
    """Make TS872 of what the storage's client raised."""
    place = storage.endpoint or "Amazon S3"
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        message, hint = "there are no keys for the storage", WHY["InvalidAccessKeyId"]
    elif isinstance(error, EndpointConnectionError):
        message, hint = f"{place} does not answer", "mend `storage.endpoint` in the target, or your network"
    elif isinstance(error, ClientError):
        code = error.response.get("Error", {}).get("Code", "")
        code = "NoSuchBucket" if code == "404" and error.operation_name.startswith("List") else code
        message = f"{place} refused {error.operation_name} in `{storage.bucket}`: {code}"
        hint = WHY.get(code, "its own words: " + str(error.response.get("Error", {}).get("Message", ""))[:200])
    else:
        message, hint = f"{place}: {error}", "nothing but what was already there is lost; push again"
    return Stopped((Diagnostic(code="TS872", message=message, hint=hint),))
