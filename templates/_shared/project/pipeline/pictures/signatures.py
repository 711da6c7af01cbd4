"""Look at many pictures on all cores; what was seen is kept until all are, so that a run that was stopped goes on."""

import io
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import PIL
import polars as pl

from pipeline.base import files
from pipeline.base.progress import Progress
from pipeline.pictures import decoding

SLICE = 1000
"""Pictures after which what was seen is written to the disk."""
KEY = "key"
FOLDER = files.WORK / "pictures"


@dataclass(frozen=True, kw_only=True)
class Signature:
    """What is compared of a picture, or why it cannot be read."""

    digest: str = ""
    """Of its pixels."""
    small: bytes = b""
    """Grey, near_duplicates.SIDE x near_duplicates.SIDE."""
    turned: bool = False
    """Whether its EXIF data says that it is shown turned or mirrored."""
    problem: str | None = None


SCHEMA = {KEY: pl.String, "digest": pl.String, "small": pl.Binary, "turned": pl.Boolean, "problem": pl.String}


def signatures(paths: Sequence[str], look: Callable[[str], Signature], say: Progress) -> dict[str, Signature]:
    """Return what `look` finds for each path; a picture that an earlier, stopped run saw is not opened again."""
    different = list(dict.fromkeys(paths))
    name = files.key({"pillow": PIL.__version__}, [Path(__file__), Path(decoding.__file__)])
    with files.side_folder(FOLDER, name) as folder:
        known = kept(folder)
        found = {path: known[key] for path in different if (key := identity(path)) in known}
        waiting = [path for path in different if path not in found]
        if found:
            say.say(f"{len(found)} of {len(different)} pictures were seen before this run was stopped")
        pool = ThreadPoolExecutor(cores())
        try:
            for start in range(0, len(waiting), SLICE):
                some = waiting[start : start + SLICE]
                for path, one in zip(some, pool.map(look, some), strict=True):
                    found[path] = one
                    say(len(found), len(different), "pictures")
                save(folder, {identity(path): found[path] for path in some})
        finally:
            pool.shutdown(cancel_futures=True)
    return found


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def identity(path: str) -> str:
    """Name a file as it is now: a changed one is looked at again."""
    try:
        about = os.stat(path)
    except OSError:
        return f"{path}\0"
    return f"{path}\0{about.st_size}\0{about.st_mtime_ns}"


def kept(folder: Path) -> dict[str, Signature]:
    """Return what an earlier run saw."""
    found: dict[str, Signature] = {}
    for path in sorted(folder.glob("*.parquet")):
        for key, digest, small, turned, problem in pl.read_parquet(path).select(*SCHEMA).iter_rows():
            found[key] = Signature(digest=digest, small=small, turned=turned, problem=problem)
    return found


def save(folder: Path, seen: dict[str, Signature]) -> None:
    """Keep what was seen, in a file of its own."""
    rows = [{KEY: key, **asdict(one)} for key, one in seen.items()]
    content = io.BytesIO()
    pl.DataFrame(rows, schema=SCHEMA).write_parquet(content)
    files.write_bytes(folder / f"{len(list(folder.glob('*.parquet'))):06}.parquet", content.getvalue())
