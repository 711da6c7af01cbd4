"""Read texts and tables, and say exactly what cannot be read."""

import codecs
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from trainerspec.diagnostics.model import Diagnostic, Outcome

SHOWN = 5
"""How many files with the same problem are named one by one."""


@dataclass(frozen=True, kw_only=True)
class Table:
    rows: int
    """Rows in the file, also when only some were read."""
    frame: pl.DataFrame = field(repr=False)


def locate(path: Path, name: str) -> Path:
    """Return the file `name` of a look at `path`, which may be that file itself."""
    return path if path.is_file() else path / name


def kind(dtype: pl.DataType) -> str:
    """Name a column's type as the data contract does."""
    if dtype == pl.String or isinstance(dtype, pl.Categorical | pl.Enum):
        return "text"
    if dtype == pl.Boolean:
        return "boolean"
    if dtype.is_integer():
        return "integer"
    return "number" if dtype.is_numeric() else "other"


def texts(path: Path, names: Sequence[str], most: int) -> tuple[list[str | None], list[Diagnostic]]:
    """Read UTF-8 files until `most` bytes are read; an empty file counts as missing (None)."""
    values: list[str | None] = []
    problems: list[Diagnostic] = []
    size = 0
    for name in names:
        one = locate(path, name)
        try:
            content = one.read_bytes()
            values.append(content.removeprefix(codecs.BOM_UTF8).decode("utf-8").strip() or None)
        except UnicodeDecodeError as error:
            problems.append(not_utf8(one, name, content, error.start))
        except OSError as error:
            problems.append(unreadable(one, name, error))
        size += len(content) if not problems else 0
        if size >= most:
            break
    return values, _shorten(problems)


def unreadable(path: Path, name: str, error: OSError) -> Diagnostic:
    """Say that the file cannot be opened."""
    message = f"cannot read `{name}`: {(error.strerror or str(error)).lower()}"
    return Diagnostic(code="TS403", message=message, hint="check the permissions", file=str(path))


def not_utf8(path: Path, name: str, content: bytes, start: int, *, before: int = 0, lines: int = 0) -> Diagnostic:
    """Say where the file stops being UTF-8: at `start` in `content`, which `before` bytes and `lines` precede."""
    line = lines + content.count(b"\n", 0, start) + 1
    message = f"`{name}` is not UTF-8: byte 0x{content[start]:02x} in line {line} (offset {before + start})"
    hint = f"convert it: `iconv -f WINDOWS-1252 -t UTF-8 {name} -o fixed{path.suffix}`"
    return Diagnostic(code="TS404", message=message, hint=hint, file=str(path))


def table(path: Path, *, step: int = 1) -> Outcome[Table]:
    """Read every `step`-th row of a CSV, TSV, JSON, JSON Lines or Parquet file."""
    try:
        if path.suffix.lower() != ".parquet" and (problem := _check_utf8(path)):
            return Outcome(diagnostics=(problem,))
        if path.stat().st_size == 0:
            return Outcome(value=Table(rows=0, frame=pl.DataFrame()))
        lazy = _scan(path)
        rows = int(lazy.select(pl.len()).collect().item())
        frame = (lazy.gather_every(step) if step > 1 else lazy).collect()
    except OSError as error:
        return Outcome(diagnostics=(unreadable(path, path.name, error),))
    except (pl.exceptions.PolarsError, ValueError) as error:
        first = str(error).strip().splitlines()[0]
        message = f"`{path.name}` is not a readable {path.suffix.lower().lstrip('.')} file: {first}"
        return Outcome(diagnostics=(Diagnostic(code="TS413", message=message, file=str(path)),))
    return Outcome(value=Table(rows=rows, frame=frame))


def _scan(path: Path) -> pl.LazyFrame:
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return pl.scan_parquet(path)
    if suffix in (".csv", ".tsv"):
        return _scan_csv(path)
    with path.open("rb") as file:
        array = file.read(64).lstrip()[:1] == b"["
    return (
        pl.read_json(path, infer_schema_length=None).lazy() if array else pl.scan_ndjson(path, infer_schema_length=None)
    )


def _scan_csv(path: Path) -> pl.LazyFrame:
    """Read numbers with a decimal comma too, where commas do not separate columns."""
    mark = separator(path)
    plain = pl.scan_csv(path, separator=mark, infer_schema_length=None)
    if mark == ",":
        return plain
    comma = pl.scan_csv(path, separator=mark, infer_schema_length=None, decimal_comma=True)
    types, others = plain.collect_schema(), comma.collect_schema()
    numbers = [name for name, dtype in types.items() if dtype == pl.String and others[name].is_float()]
    if not numbers:
        return plain
    return pl.concat([plain.drop(numbers), comma.select(numbers)], how="horizontal").select(types.names())


def separator(path: Path) -> str:
    """Tell the separator of a CSV file: the one that its first line has most of."""
    with path.open("rb") as file:
        first = file.readline(65536).decode("utf-8", errors="replace")
    return max((",", "\t", ";", "|"), key=first.count)


def _check_utf8(path: Path) -> Diagnostic | None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    size = lines = 0
    with path.open("rb") as file:
        while True:
            chunk = file.read(2**22)
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                left_over = len(error.object) - len(chunk)
                return not_utf8(path, path.name, error.object, error.start, before=size - left_over, lines=lines)
            if not chunk:
                return None
            size += len(chunk)
            lines += chunk.count(b"\n")


def _shorten(problems: list[Diagnostic]) -> list[Diagnostic]:
    if len(problems) <= SHOWN:
        return problems
    rest = len(problems) - SHOWN
    more = Diagnostic(code=problems[SHOWN].code, message=f"{rest} more files cannot be read", file=problems[SHOWN].file)
    return [*problems[:SHOWN], more]
