"""A file, or all files below a prefix, in a bucket: s3, gs and az, through the file systems of Arrow.

Credentials and endpoints come from the environment, under the names that each cloud's own tools use.
"""

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

import pyarrow.fs as arrow

from ..wanted import DISK, Before, Found, Say, Trouble, Wanted, fault, hidden
from .parts import Meter, part

STEP = 2**22
SECONDS = 30.0
EVERY = 500
"""Files between two lines of progress."""
TRIES = 5
VARIABLES = {
    "s3": "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL or AWS_PROFILE",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS",
    "az": "AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT with AZURE_STORAGE_KEY",
}


def collect(wanted: Wanted, into: Path, parts: Path, before: Before, say: Say) -> Found:
    """Copy the file, or every file below the prefix. Raises Trouble TS433 and TS436."""
    scheme, place = address(wanted.value)
    hint = f"check the address, the network, and {VARIABLES[scheme]} in the environment"
    try:
        system = connect(scheme, place)
        files = listed(system, place, wanted)
        for number, (info, name) in enumerate(files, 1):
            _copy(system, info, into / name, parts, say if len(files) == 1 else _silent)
            if number % EVERY == 0:
                say(f"{number:,} of {len(files):,} files")
    except (OSError, ValueError) as error:
        if getattr(error, "errno", None) in DISK:
            raise
        reason = " ".join(str(error).split())[:300]
        raise Trouble("TS433", f"`{wanted.shown}` cannot be read: {reason}", hint=hint) from error
    return Found()


def address(uri: str) -> tuple[str, str]:
    """Return the scheme, and bucket and key, of an address.

    >>> address("s3://models/a b/c.csv")
    ('s3', 'models/a b/c.csv')
    """
    scheme, _, place = uri.partition("://")
    return scheme.lower(), place.rstrip("/")


def connect(scheme: str, place: str) -> arrow.FileSystem:
    """Open a file system with what the environment says. Raises OSError and ValueError."""
    if scheme == "s3":
        return _s3(place.partition("/")[0])
    if scheme == "gs":
        emulator = os.environ.get("STORAGE_EMULATOR_HOST", "")
        if not emulator:
            return arrow.GcsFileSystem()
        found = urlsplit(emulator if "://" in emulator else f"http://{emulator}")
        return arrow.GcsFileSystem(anonymous=True, scheme=found.scheme, endpoint_override=found.netloc)
    return _azure()


def _s3(bucket: str) -> arrow.FileSystem:
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if not region:
        region = "us-east-1" if endpoint else arrow.resolve_s3_region(bucket)
    found = urlsplit(endpoint)
    return arrow.S3FileSystem(
        region=region,
        scheme=found.scheme or "https",
        endpoint_override=found.netloc or None,
        connect_timeout=SECONDS,
        request_timeout=SECONDS,
        retry_strategy=arrow.AwsStandardS3RetryStrategy(max_attempts=TRIES),
    )


def _azure() -> arrow.FileSystem:
    told = dict(re.findall(r"(\w+)=([^;]+)", os.environ.get("AZURE_STORAGE_CONNECTION_STRING", "")))
    account = told.get("AccountName") or os.environ.get("AZURE_STORAGE_ACCOUNT", "")
    if not account:
        raise ValueError("no storage account is named in the environment")
    key = told.get("AccountKey") or os.environ.get("AZURE_STORAGE_KEY") or None
    token = None if key else os.environ.get("AZURE_STORAGE_SAS_TOKEN") or None
    endpoint = urlsplit(told.get("BlobEndpoint", ""))
    if not endpoint.netloc:
        return arrow.AzureFileSystem(account, account_key=key, sas_token=token)
    return arrow.AzureFileSystem(
        account,
        account_key=key,
        sas_token=token,
        blob_storage_authority=endpoint.netloc,
        blob_storage_scheme=endpoint.scheme,
        dfs_storage_authority=endpoint.netloc,
        dfs_storage_scheme=endpoint.scheme,
    )


def listed(system: arrow.FileSystem, place: str, wanted: Wanted) -> list[tuple[arrow.FileInfo, str]]:
    """List the files with the name that each gets below the snapshot. Raises OSError, and Trouble TS433 and TS434."""
    info = system.get_file_info(place)
    if info.type == arrow.FileType.NotFound:
        raise Trouble("TS433", f"`{wanted.shown}` is not there", hint="correct `data.source.uri` in trainer.yaml")
    if info.type == arrow.FileType.File:
        found = [(info, place.rpartition("/")[2])]
    else:
        below = system.get_file_info(arrow.FileSelector(place, recursive=True))
        files = sorted((one for one in below if one.type == arrow.FileType.File), key=lambda one: one.path)
        found = [(one, one.path[len(place) + 1 :]) for one in files]
    found = [(one, name) for one, name in found if not hidden(name)]
    for _, name in found:
        if why := fault(name):
            raise Trouble("TS434", f"`{wanted.shown}` names `{name[:200]}`: {why}", hint="rename it in the bucket")
    return found


def _copy(system: arrow.FileSystem, info: arrow.FileInfo, into: Path, parts: Path, say: Say) -> None:
    """Copy one file, going on where an earlier try ended. Raises OSError, and Trouble TS436."""
    about = {"modified": str(info.mtime_ns), "size": str(info.size)}
    transit = part(parts, info.path)
    done, meter = transit.held(about), Meter(info.size)
    with transit.open(about, done) as out, system.open_input_file(info.path) as file:
        file.seek(done)
        while chunk := file.read(STEP):
            out.write(chunk)
            done += len(chunk)
            if line := meter.line(done):
                say(line)
    now = system.get_file_info(info.path)
    if (now.size, now.mtime_ns) != (info.size, info.mtime_ns) or done != info.size:
        transit.drop()
        raise Trouble("TS436", f"`{info.path}` changed while it was read", hint="try again")
    transit.finish(into)


def _silent(line: str) -> None:
    """Say nothing: many small files are counted, not measured."""
