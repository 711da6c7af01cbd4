"""The answers' file: parts beside it, each written whole, which a later run of the same command finds again."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.base.failure import Failure
from pipeline.base.files import write_bytes
from pipeline.reading import disk
from pipeline.reporting import spreadsheets

SUFFIXES = (".csv", ".tsv", ".parquet", ".jsonl", ".ndjson")
KEY = "key.json"


@dataclass(frozen=True, kw_only=True)
class Output:
    """Where the answers go, and where their parts wait."""

    path: Path
    parts: Path

    def part(self, number: int) -> Path:
        """Return the place of a part."""
        return self.parts / f"{number:08d}.parquet"

    @property
    def files(self) -> Path:
        """Return the folder for answers that are files."""
        return self.path.with_name(f"{self.path.stem}.files")

    def write(self, number: int, frame: pl.DataFrame) -> None:
        """Write a part, whole or not at all."""
        waiting = self.parts / f".{number:08d}.part"
        with disk.writing(waiting):
            frame.write_parquet(waiting, compression="lz4")
        os.replace(waiting, self.part(number))

    def finish(self, count: int) -> None:
        """Put the parts together, in order, and put the file in its place."""
        listed = [self.part(number) for number in range(count)]
        waiting = self.path.with_name(f".{self.path.name}.part")
        rows = together(listed)
        kind = self.path.suffix.lower()
        with disk.writing(waiting):
            if kind == ".parquet":
                rows.sink_parquet(waiting)
            elif kind in (".csv", ".tsv"):
                spreadsheets.safe(rows).sink_csv(waiting, separator="\t" if kind == ".tsv" else ",")
            else:
                rows.sink_ndjson(waiting)
        os.replace(waiting, self.path)
        shutil.rmtree(self.parts)


def together(parts: list[Path]) -> pl.LazyFrame:
    """Put parts below one another; tables of a folder may differ in the columns that are kept."""
    schemas = {tuple(pl.read_parquet_schema(part).items()) for part in parts}
    if len(schemas) <= 1:
        return pl.scan_parquet(parts)
    whole = pl.concat([pl.scan_parquet(part) for part in parts], how="diagonal_relaxed")
    return whole.select(pl.exclude("problem"), "problem")


def check(path: Path, source: Path) -> None:
    """Raise Failure TS851 when the answers cannot be written there."""
    if path.suffix.lower() not in SUFFIXES:
        hint = f"end its name in one of {', '.join(SUFFIXES)}"
        raise Failure("TS851", f"`{path.name}` names no format of answers", hint=hint)
    if path.resolve() == source.resolve() or (source.is_dir() and source.resolve() in path.resolve().parents):
        raise Failure("TS851", f"the answers would lie among the data, in `{path}`", hint="give another place with -o")
    if path.is_dir() or not path.parent.is_dir():
        what = "is a folder" if path.is_dir() else "lies in no folder that is there"
        raise Failure("TS851", f"`{path}` {what}", hint="give the path of a file, in a folder that is there")


@contextmanager
def opened(path: Path, key: dict[str, object]) -> Iterator[Output]:
    """Hold the answers' file alone. Parts of other work are deleted; those of the same work stay for the next run.

    Raises Failure TS851 while another process writes there.
    """
    output = Output(path=path, parts=path.with_name(f".{path.name}.parts"))
    output.parts.mkdir(exist_ok=True)
    with (output.parts / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            hint = "wait for it, or give another file with -o"
            raise Failure("TS851", f"another process writes answers to `{path}`", hint=hint) from error
        about = output.parts / KEY
        text = json.dumps(key, indent=2, sort_keys=True, default=str)
        if not about.is_file() or about.read_text(encoding="utf-8") != text:
            for old in (*output.parts.glob("*.parquet"), *output.parts.glob(".*.part")):
                old.unlink()
            write_bytes(about, text.encode())
        yield output
