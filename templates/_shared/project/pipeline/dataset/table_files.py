"""Read tables (CSV, TSV, JSON Lines, JSON, Parquet), one file or a folder, and say exactly what cannot be read."""

import codecs
import difflib
import hashlib
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from pipeline.base.failure import Failure

SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet")
PLACE = "__place"
"""Where a row comes from: a file's name, or `file:row`."""
KEY = "__key"
"""What an example is made of: rows with equal keys are duplicates."""
PROBLEM = "__problem"
"""A column that `data.read` may add: why a row cannot be used; null for the others."""
PARTLY = "__partly"
"""A column that `data.read` may add: what of a row could not be used and was left out, as a list of texts."""
LABELS = "__labels"
"""A column that `data.read` adds where many labels stand in one row: the list of them, one for each time."""
GROUP = "__group"
"""A column that `data.read` may add: rows of equal value belong together, and never stand in two splits."""


def files(source: Path, suffixes: Iterable[str]) -> list[Path]:
    """List the data files at `source`, sorted by relative path; a file is its own list.

    Raises Failure TS821 when nothing is there, TS822 when no file of these kinds is.
    """
    if not source.exists():
        hint = f"put the data at {source}, or correct `data.source` in trainer.yaml"
        raise Failure("TS821", f"the data `{source}` does not exist", hint=hint)
    found = [source] if source.is_file() else [path for path in source.rglob("*") if path.is_file()]
    wanted = sorted(path for path in found if path.suffix.lower() in suffixes and not path.name.startswith("."))
    if not wanted:
        kinds = " ".join(suffixes)
        raise Failure("TS822", f"`{source}` holds no data", hint=f"files that are read here: {kinds}")
    return wanted


def read(source: Path) -> pl.DataFrame:
    """Read all rows, with PLACE added; columns that only some files have are null in the others."""
    frames = []
    for path in files(source, SUFFIXES):
        frame = read_one(path)
        rows = pl.int_range(1, frame.height + 1, dtype=pl.Int64, eager=True)
        frames.append(frame.with_columns(pl.format("{}:{}", pl.lit(path.name), rows).alias(PLACE)))
    try:
        return pl.concat(frames, how="diagonal_relaxed")
    except pl.exceptions.PolarsError as error:
        reason = first_line(error)
        hint = "give a column the same type in every file"
        raise Failure("TS823", f"the tables in `{source}` do not fit together: {reason}", hint=hint) from error


def read_one(path: Path) -> pl.DataFrame:
    """Read one table; raises Failure TS823 or TS824, naming the file."""
    suffix = path.suffix.lower()
    try:
        if suffix == ".parquet":
            return pl.read_parquet(path)
        content = path.read_bytes()
        decode(content, path)
        if not content.strip():
            return pl.DataFrame()
        if suffix in (".csv", ".tsv"):
            return read_csv(content)
        if suffix == ".json" and content.lstrip()[:1] == b"[":
            return pl.read_json(content, infer_schema_length=None)
        return pl.read_ndjson(content, infer_schema_length=None)
    except OSError as error:
        raise unreadable(path, error) from error
    except (pl.exceptions.PolarsError, ValueError) as error:
        kind = suffix.lstrip(".")
        hint = "repair the file; a spreadsheet program or `head` shows the place"
        raise Failure("TS823", f"`{path}` is not a readable {kind} file: {first_line(error)}", hint=hint) from error


def read_csv(content: bytes) -> pl.DataFrame:
    """Read rows whose columns are separated by what the header has most of.

    Where that is no comma, a comma may stand in numbers: `14,23`.
    """
    header = content.split(b"\n", 1)[0].decode("utf-8")
    separator = max((",", "\t", ";", "|"), key=header.count)
    frame = pl.read_csv(content, separator=separator, infer_schema_length=None)
    texts = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    if separator == "," or not texts:
        return frame
    other = pl.read_csv(content, separator=separator, infer_schema_length=None, decimal_comma=True)
    return frame.with_columns(other[name] for name in texts if other.schema[name].is_float())


def read_text(path: Path) -> str:
    """Read a UTF-8 file; raises Failure TS823 or TS824, naming the file."""
    try:
        return decode(path.read_bytes(), path)
    except OSError as error:
        raise unreadable(path, error) from error


def decode(content: bytes, path: Path) -> str:
    """Decode UTF-8, with or without a byte-order mark; raises Failure TS824 with the place."""
    try:
        return content.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        byte = error.object[error.start]
        hint = f"convert it: `iconv -f WINDOWS-1252 -t UTF-8 {path.name} -o fixed{path.suffix}`"
        evidence = {"file": str(path), "line": line}
        message = f"`{path}` is not UTF-8: byte 0x{byte:02x} in line {line}"
        raise Failure("TS824", message, hint=hint, evidence=evidence) from error


def text_key(text: str | None) -> str:
    """Digest a text without regard to case and white space."""
    return hashlib.sha256(" ".join((text or "").casefold().split()).encode("utf-8", "replace")).hexdigest()[:32]


def unreadable(path: Path, error: OSError) -> Failure:
    """Say that a file cannot be opened."""
    reason = (error.strerror or str(error)).lower()
    evidence = {"file": str(path)}
    return Failure("TS823", f"cannot read `{path}`: {reason}", hint="check the permissions", evidence=evidence)


def missing(column: str, role: str, columns: Iterable[str], source: Path) -> Failure:
    """Say that a column is not there, and which one was probably meant."""
    known = [name for name in columns if not name.startswith("__")]
    near = difflib.get_close_matches(column, known, n=1)
    listed = ", ".join(f"`{name}`" for name in known[:12])
    hint = (f"did you mean `{near[0]}`? " if near else "") + f"the columns are {listed}"
    evidence = {"column": column, "columns": known}
    return Failure("TS825", f"`{source}` has no column `{column}` for `{role}`", hint=hint, evidence=evidence)


def first_line(error: Exception) -> str:
    """Return the first line of a library's message."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
