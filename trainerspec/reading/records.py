"""JSON, JSON Lines, Parquet and workbooks: rows with types, and parts of parts named by their path (`doc.body`)."""

import codecs
import io
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from importlib import import_module, util
from pathlib import Path
from typing import Literal

import polars as pl

from .notes import Note, Unreadable, listed
from .separated.delimited import named, without_total

PACKAGE = "fastexcel"
DEPTH = 5
"""How deep objects within objects are taken apart."""
MANY = 4
"""Names that one object gives labels before they are rows."""
NAMED = "is an object of names and labels, which are the columns `name` and `label`"
LISTS = ("data", "records", "rows", "items", "examples", "results", "instances", "samples", "entries", "documents")
"""What the list of rows is called in an object around it."""


def lines(content: bytes, path: Path) -> tuple[pl.DataFrame, pl.Series, list[Note]]:
    """Read JSON Lines: an object a line, empty lines passed over; the physical line of each row comes second.

    Lines that are no object are left out, and told. Raises Unreadable (`format`) where they are half or more.
    """
    frame, where, notes, broken = objects(content, path)
    if not broken:
        return frame, where, notes
    told = _broken(broken, path)
    if len(broken) >= frame.height:
        raise Unreadable(told)
    return frame, where, [told, *notes]


def objects(content: bytes, path: Path) -> tuple[pl.DataFrame, pl.Series, list[Note], dict[int, str]]:
    """Read the objects of JSON Lines, with their lines; the lines that hold none, and why, come last."""
    numbered = [(at, line) for at, line in enumerate(content.split(b"\n"), 1) if line.strip()]
    where = pl.Series([at for at, _ in numbered], dtype=pl.UInt32)
    if not numbered:
        return pl.DataFrame(), where, [], {}
    try:
        codecs.utf_8_decode(content, "strict", True)
        frame = pl.read_ndjson(io.BytesIO(b"\n".join(line for _, line in numbered)), infer_schema_length=None)
        if frame.height == len(numbered) and not _unsure(frame):
            return *flat(frame, where, path), {}
    except (pl.exceptions.PolarsError, ValueError):
        pass
    found = {at: _object(line) for at, line in numbered}
    rows = {at: one for at, one in found.items() if isinstance(one, dict)}
    broken = {at: one for at, one in found.items() if isinstance(one, str)}
    return *flat(framed(list(rows.values())), pl.Series(list(rows), dtype=pl.UInt32), path), broken


def _unsure(frame: pl.DataFrame) -> bool:
    """Tell whether the fast reader may have changed values of mixed types: where it made texts or found only nulls."""
    return any(dtype == pl.Null for dtype in frame.dtypes)


def _object(line: bytes) -> dict[str, object] | str:
    """Return the object that a line holds, or why it holds none."""
    try:
        found = json.loads(line)
    except RecursionError:
        return "is nested too deeply"
    except json.JSONDecodeError as error:
        whole = line.rstrip().endswith(b"}")
        return f"is not JSON from character {error.pos + 1} on" if whole else "is cut off, or not JSON"
    except UnicodeDecodeError:
        return "is not UTF-8"
    if not isinstance(found, dict):
        return "is not an object"
    return {str(key): value for key, value in found.items()}


def _broken(broken: Mapping[int, str], path: Path) -> Note:
    """Tell the lines that are left out."""
    first, why = next(iter(broken.items()))
    message = f"line {first} of `{path.name}` {why}, and is left out"
    if len(broken) > 1:
        message = f"{len(broken)} lines of `{path.name}` are no JSON objects, left out: {listed(list(broken))}"
    hint = 'write an object a line: {"name": value, ...}'
    left = tuple(broken)
    return Note(kind="format", message=message, file=path.name, line=first, rows=len(left), lines=left, hint=hint)


def document(content: bytes, path: Path) -> tuple[pl.DataFrame, pl.Series, list[Note]]:
    """Read a JSON document in one of the usual shapes; rows count from 1.

    A list of objects; an object with such a list (`data`, `records`, ...); columns of lists or of objects by row
    (pandas' `columns`); `columns`, `index` and `data` (pandas' `split`); a list of lists under a list of names; an
    object of names and their labels.
    Raises Unreadable (`format`) for another shape, with the place of a mistake.
    """
    try:
        found = json.loads(content)
    except RecursionError as error:
        message = f"`{path.name}` is nested too deeply"
        raise Unreadable(Note(kind="format", message=message, file=path.name)) from error
    except ValueError as error:
        if isinstance(error, json.JSONDecodeError) and error.msg == "Extra data":
            return lines(content, path)
        line, column = getattr(error, "lineno", 1), getattr(error, "colno", 1)
        message = f"`{path.name}` is not JSON from line {line}, character {column} on"
        hint = "write it again; it may be cut off"
        raise Unreadable(Note(kind="format", message=message, file=path.name, line=line, hint=hint)) from error
    rows, notes = _rows(found, path)
    where = pl.int_range(1, len(rows) + 1, dtype=pl.UInt32, eager=True)
    frame, where, more = flat(framed(rows), where, path)
    return frame, where, [*notes, *more]


def _rows(found: object, path: Path) -> tuple[list[dict[str, object]], list[Note]]:
    notes: list[Note] = []
    if isinstance(found, dict):
        if isinstance(found.get("columns"), list) and isinstance(found.get("data"), list):
            names = [str(name) for name in found["columns"]]
            found = [dict(zip(names, row, strict=True)) for row in found["data"] if len(row) == len(names)]
        elif listed := [key for key in found if isinstance(found[key], list) and found[key] and _objects(found[key])]:
            key = next((one for one in LISTS if one in listed), listed[0])
            if len(listed) > 1 and key not in LISTS:
                names_ = ", ".join(f"`{one}`" for one in listed)
                message = f"`{path.name}` holds several lists of objects: {names_}"
                raise Unreadable(
                    Note(kind="format", message=message, file=path.name, hint="keep one of them in a file")
                )
            message = f"the rows of `{path.name}` are those of `{key}`"
            notes.append(Note(kind="nested", message=message, file=path.name, severity="info"))
            found = found[key]
        elif (
            found
            and all(isinstance(value, list) for value in found.values())
            and len({len(v) for v in found.values()}) == 1
        ):
            found = [dict(zip(found, row, strict=True)) for row in zip(*found.values(), strict=True)]
        elif found and all(isinstance(value, dict) for value in found.values()):
            found = _by_column(found)
        elif _labelled(found):
            notes.append(Note(kind="nested", message=f"`{path.name}` {NAMED}", file=path.name, severity="info"))
            found = [{"name": key, "label": value} for key, value in found.items()]
    elif isinstance(found, list) and len(found) > 1 and all(isinstance(row, list) for row in found):
        head, *rest = found
        if (
            all(isinstance(name, str) for name in head)
            and len(set(head)) == len(head)
            and all(len(row) == len(head) for row in rest)
        ):
            found = [dict(zip(head, row, strict=True)) for row in rest]
    if isinstance(found, list) and (not found or _objects(found)):
        return [{str(key): value for key, value in row.items()} for row in found], notes
    hint = 'write a list of objects: [{"text": "...", "label": "..."}, ...]'
    raise Unreadable(Note(kind="format", message=f"`{path.name}` holds no rows", file=path.name, hint=hint))


def _labelled(found: Mapping[str, object]) -> bool:
    """Tell an object that gives each of many names one of few labels."""
    labels = [value for value in found.values() if isinstance(value, str | int)]
    return len(labels) == len(found) and len(labels) >= MANY and 2 * len(set(map(str, labels))) <= len(labels)


def _objects(found: list[object]) -> bool:
    return all(isinstance(row, dict) for row in found)


def _by_column(found: Mapping[str, Mapping[str, object]]) -> list[dict[str, object]]:
    """Read pandas' `columns` (column, then row) or `index` (row, then column): the outer names are fewer than rows."""
    inner = list(next(iter(found.values())))
    outer = list(found)
    if all(list(value) == inner for value in found.values()) and all(key.lstrip("-").isdigit() for key in inner):
        return [{name: found[name][row] for name in outer} for row in inner]
    return [dict(value) for value in found.values()]


def framed(rows: list[dict[str, object]]) -> pl.DataFrame:
    """Make a frame; a column whose values have several types becomes text, each value as it is written in JSON."""
    names = dict.fromkeys(name for row in rows for name in row)
    columns = []
    for name in names:
        values = [row.get(name) for row in rows]
        types = {_type(value) for value in values if value is not None}
        if types == {"integer", "number"}:
            values = [None if value is None else float(str(value)) for value in values]
        elif len(types) > 1:
            values = [
                value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)
                for value in values
            ]
        columns.append(pl.Series(name, values, strict=False))
    return pl.DataFrame(columns)


def _type(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer" if -(2**63) <= value < 2**63 else "number"
    return {float: "number", str: "text", list: "list", dict: "object"}[type(value)]


def parquet(path: Path) -> tuple[pl.DataFrame, pl.Series, list[Note]]:
    """Read a Parquet file; rows count from 1. Raises Unreadable (`format`)."""
    try:
        frame = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        message = f"`{path.name}` is not a readable Parquet file: damaged, cut off, or of another kind"
        raise Unreadable(Note(kind="format", message=message, file=path.name, hint="write or copy it again")) from error
    return flat(frame, pl.int_range(1, frame.height + 1, dtype=pl.UInt32, eager=True), path)


def _apart(dtype: pl.DataType) -> bool:
    """Tell an object that holds more than lists; those that hold lists alone are one value, such as spans."""
    return isinstance(dtype, pl.Struct) and not all(isinstance(one.dtype, pl.List) for one in dtype.fields)


def flat(frame: pl.DataFrame, where: pl.Series, path: Path) -> tuple[pl.DataFrame, pl.Series, list[Note]]:
    """Take objects within rows apart: their parts become columns named by their path."""
    nested = [name for name, dtype in frame.schema.items() if _apart(dtype)]
    for _ in range(DEPTH):
        if not any(_apart(dtype) for dtype in frame.schema.values()):
            break
        parts: list[pl.Expr] = []
        for name, dtype in frame.schema.items():
            if isinstance(dtype, pl.Struct) and _apart(dtype):
                parts += [pl.col(name).struct.field(one.name).alias(f"{name}.{one.name}") for one in dtype.fields]
            else:
                parts.append(pl.col(name))
        frame = frame.select(parts)
    if not nested:
        return frame, where, []
    shown = ", ".join(f"`{name}`" for name in nested[:5])
    example = next(name for name in frame.columns if name.startswith(f"{nested[0]}."))
    message = f"objects in `{path.name}` are taken apart, {shown}: their parts are columns such as `{example}`"
    return frame, where, [Note(kind="nested", message=message, file=path.name, severity="info")]


def workbook(path: Path, needed: Collection[str] = ()) -> tuple[pl.DataFrame, pl.Series, list[Note]]:
    """Read the sheet that has the `needed` columns, else the largest; the row's number in the sheet comes second.

    Raises Unreadable: `package` without fastexcel, `format`, `names` for columns that share a name.
    """
    if util.find_spec(PACKAGE) is None:
        message = f"`{path.name}` is a workbook, which needs the package `{PACKAGE}`"
        hint = f"`pip install {PACKAGE}`, or save the sheet as CSV"
        raise Unreadable(Note(kind="package", message=message, file=path.name, hint=hint))
    fastexcel = import_module(PACKAGE)
    try:
        book = fastexcel.read_excel(path)
        sheets = [book.load_sheet(name, header_row=None, dtypes="string").to_polars() for name in book.sheet_names]
    except (fastexcel.FastExcelError, OSError, ValueError) as error:
        message = f"`{path.name}` is not a readable workbook: damaged, protected by a password, or of another kind"
        raise Unreadable(Note(kind="format", message=message, file=path.name, hint="save it again")) from error
    all_sheets = zip(book.sheet_names, sheets, strict=True)
    found = [(name, sheet, _top(sheet)) for name, sheet in all_sheets if sheet.height > 1]
    if not found:
        return pl.DataFrame(), pl.Series([], dtype=pl.UInt32), []
    wanted = {one.casefold() for one in needed}

    def rank(one: tuple[str, pl.DataFrame, int]) -> tuple[bool, int]:
        header = {str(cell).strip().casefold() for cell in one[1].row(one[2])}
        return wanted <= header, _cells(one[1], one[2])

    name, sheet, top = max(found, key=rank)
    notes = list(_others(name, [(one, _cells(other, at)) for one, other, at in found if one != name], path))
    filled = sheet.select(pl.sum_horizontal(pl.all().is_not_null())).to_series()
    where = pl.int_range(1, sheet.height + 1, dtype=pl.UInt32, eager=True)
    header = ["" if cell is None else str(cell) for cell in sheet.row(top)]
    kept = (filled > 0) & (where > top + 1)
    frame, more = named(sheet.filter(kept), header, path.name)
    frame, where, total = without_total(frame, where.filter(kept), path.name)
    return frame, where, [*notes, *more, *total]


def _top(sheet: pl.DataFrame) -> int:
    """Return the place of the header: the first row of which more than half of the cells are filled."""
    filled = sheet.select(pl.sum_horizontal(pl.all().is_not_null())).to_series()
    return int((filled * 2 > sheet.width).arg_max() or 0)


def _cells(sheet: pl.DataFrame, top: int) -> int:
    """Count the cells below a header of several names; a cover has none."""
    names = sum(cell is not None for cell in sheet.row(top))
    filled = sheet[top + 1 :].select(pl.sum_horizontal(pl.all().is_not_null())).to_series()
    return names * int((filled > 1).sum()) if names > 1 else 0


def _others(name: str, others: Sequence[tuple[str, int]], path: Path) -> Iterator[Note]:
    """Tell the sheets that are not read: tables as a warning, covers and notes as a remark."""
    for tables in (True, False):
        if left := [f"`{one}`" for one, cells in others if (cells > 0) == tables]:
            message = f"only the sheet `{name}` of `{path.name}` is read, not {', '.join(left)}"
            hint = "save each sheet as a file of its own" if tables else ""
            severity: Literal["info", "warning"] = "warning" if tables else "info"
            yield Note(kind="files", message=message, file=path.name, hint=hint, severity=severity)
