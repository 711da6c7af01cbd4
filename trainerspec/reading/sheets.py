"""Excel workbooks and OpenDocument sheets, through fastexcel: every cell as the text that the sheet holds."""

from importlib import import_module, util
from pathlib import Path

import polars as pl

from .delimited import named
from .notes import Note, Unreadable

SUFFIXES = frozenset({".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"})
PACKAGE = "fastexcel"


def read(path: Path) -> tuple[pl.DataFrame, pl.Series, list[Note]]:
    """Read the first sheet that holds rows; the row's number in the sheet comes second.

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
        first = (str(error).strip().splitlines() or [""])[0]
        message = f"`{path.name}` is no readable workbook: {first}"
        raise Unreadable(Note(kind="format", message=message, file=path.name, hint="save it again")) from error
    filled = [(name, sheet) for name, sheet in zip(book.sheet_names, sheets, strict=True) if sheet.height > 1]
    if not filled:
        return pl.DataFrame(), pl.Series([], dtype=pl.UInt32), []
    notes = []
    name, sheet = filled[0]
    if len(filled) > 1:
        others = ", ".join(f"`{one}`" for one, _ in filled[1:])
        message = f"only the sheet `{name}` of `{path.name}` is read, not {others}"
        notes.append(Note(kind="files", message=message, file=path.name, hint="save each sheet as a file of its own"))
    rows = sheet.select(pl.sum_horizontal(pl.all().is_not_null())).to_series()
    top = int((rows * 2 > sheet.width).arg_max() or 0)
    where = pl.int_range(1, sheet.height + 1, dtype=pl.UInt32, eager=True)
    header = ["" if cell is None else str(cell) for cell in sheet.row(top)]
    kept = (rows > 0) & (where > top + 1)
    frame, more = named(sheet.filter(kept), header, path.name)
    return frame, where.filter(kept), [*notes, *more]
