"""A release as it lies in a storage: fetched whole, to be verified as any package, or compared where it lies."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from trainerspec.diagnostics.model import Diagnostic, Stopped
from trainerspec.ir.target import Storage
from trainerspec.releasing.contents import LISTING, SIGNATURE
from trainerspec.releasing.storage import FAULTS, Bucket, refused
from trainerspec.workspace.inside import fault

ADDRESS = re.compile(r"s3://([a-z0-9][a-z0-9.-]+)/((?:[^/]+/)*)(sha256-[0-9a-f]{64})(?:/model_repository)?/?")
"""Where a release lies: `s3://bucket/prefix/name/sha256-<digest>`; or what an overlay names of it."""
BESIDE = ("rows.npz", "engines/")
"""What `push` and the engine job put beside a release."""


def parts(address: str) -> tuple[str, str, str] | None:
    """Return bucket, prefix and digest of a release's address; None when it is none.

    >>> parts(f"s3://models/dev/news/sha256-{'0' * 64}/model_repository")[:2]
    ('models', 'dev/news/')
    """
    found = ADDRESS.fullmatch(address)
    return (found[1], found[2], found[3]) if found else None


def opened(address: str, storage: Storage | None) -> tuple[Bucket, str, str]:
    """Return the bucket of an address, the prefix of its release, and the release's digest.

    `storage` tells endpoint and region; without it the environment does (AWS_ENDPOINT_URL). Raises Stopped TS860.
    """
    found = parts(address)
    if found is None:
        hint = "as `push` tells it: s3://BUCKET/PREFIX/NAME/sha256-<64 digits>"
        raise Stopped((Diagnostic(code="TS860", message=f"`{address}` is no address of a release", hint=hint),))
    bucket, prefix, digest = found
    endpoint, region = (storage.endpoint, storage.region) if storage else ("", "us-east-1")
    return Bucket(storage=Storage(bucket=bucket, endpoint=endpoint, region=region)), f"{prefix}{digest}", digest


def fetch(bucket: Bucket, prefix: str, folder: Path, say: Callable[[str], None]) -> None:
    """Fetch all files of a release. Raises Stopped: TS860 when none lies there, TS871, TS872."""
    try:
        there = {key.removeprefix(f"{prefix}/"): size for key, size in bucket.keys(f"{prefix}/").items()}
        if LISTING not in there:
            message = f"no release lies at s3://{bucket.storage.bucket}/{prefix}"
            hint = "`trainerspec push` puts it there; or mend the address"
            raise Stopped((Diagnostic(code="TS860", message=message, hint=hint),))
        names, got = wanted(there), 0
        total = sum(there[name] for name in names)
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            bucket.get(f"{prefix}/{name}", folder / name)
            got += there[name]
            say(f"  {got / 1e6:.1f} of {total / 1e6:.1f} MB")
    except FAULTS as error:
        raise refused(error, bucket.storage) from error


def wanted(there: Mapping[str, int]) -> list[str]:
    """Return the files to fetch of what lies below a release's address, with its sizes.

    What marks a folder, as consoles of storages do, is none. Raises Stopped TS871 where a name cannot be a path.

    >>> wanted({"package.json": 2, "docs/": 0, "docs/a.md": 5, "rows.npz": 9})
    ['docs/a.md', 'package.json']
    """
    marks = {name for name, size in there.items() if not size and (not name or name.endswith("/"))}
    names = sorted(name for name in there.keys() - marks if not name.startswith(BESIDE))
    folders = {parent.as_posix() for name in names for parent in PurePosixPath(name).parents}
    if wrong := [name for name in names if fault(name, custom=True) or name in folders]:
        message = f"`{wrong[0]}` lies in the storage, and cannot be a path of a package"
        hint = "somebody else writes there: look who may, and push to another prefix"
        raise Stopped((Diagnostic(code="TS871", message=message, hint=hint),))
    return names


def unlike(bucket: Bucket, prefix: str, files: Mapping[str, Path]) -> list[str]:
    """Say of each file of a release that it is missing in the storage, or other there; and what lies there beside.

    Raises Stopped TS872.
    """
    try:
        return list(_unlike(bucket, prefix, files))
    except FAULTS as error:
        raise refused(error, bucket.storage) from error


def _unlike(bucket: Bucket, prefix: str, files: Mapping[str, Path]) -> Iterator[str]:
    there = wanted({key.removeprefix(f"{prefix}/"): size for key, size in bucket.keys(f"{prefix}/").items()})
    for name, path in files.items():
        if name not in there:
            yield f"`{name}` is missing"
        elif not bucket.holds(f"{prefix}/{name}", path):
            yield f"`{name}` was changed"
    yield from (f"`{name}` was added" for name in there if name not in files and name != SIGNATURE)
