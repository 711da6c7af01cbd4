"""Labels of which an example carries none, one or several: a list in a cell, or a column of 0 and 1 for each."""

import ast
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from . import truths

SEPARATORS = (";", "|", ",", "\n", "\t")
"""Signs that separate labels; those before the comma hardly ever stand within one."""
OTHERS = ("/", "+", "&", "#", "~", "^", "\\", ":", " ")
"""Signs that may separate labels, and often stand within one: where they seem to, that is asked."""
RECUR = 0.6
"""Share of the parts of cells that stand in other cells too from which a sign separates labels."""
NONE = "none"
"""What is stated instead of a separator where each cell is one label."""
NOTHING = frozenset(("", "[]", "nan", "null", "n/a", "na"))
"""Cells, without regard to case, of examples with none of the labels."""
READERS = (json.loads, ast.literal_eval)
"""JSON, and lists as Python prints them."""
UNREAD = (ValueError, SyntaxError, RecursionError, MemoryError)


@dataclass(frozen=True, kw_only=True)
class Form:
    """How labels stand in a column."""

    written: Literal["list", "json", "separated", "single"]
    separator: str = ""
    asked: tuple[str, ...] = ()
    """Signs that may separate labels too; where there are any, somebody who knows the data must say it."""


def form(values: pl.Series, separator: str = "") -> Form:
    """Return how labels stand in a column: lists, JSON, or parts between the `separator`, which may be told.

    >>> form(pl.Series(["a;b", "a", "b;c", None])).separator, form(pl.Series(['["a"]', "[]"])).written
    (';', 'json')
    >>> form(pl.Series(["a, b; c", "a; b", "c, a", "b"])).asked, form(pl.Series(["x, y and z", "u"])).asked
    ((';', ','), (',',))
    >>> form(pl.Series(["a/b", "a", "b"])).asked, form(pl.Series(["on hold", "new"])).written
    (('/',), 'single')
    """
    if isinstance(values.dtype, pl.List):
        return Form(written="list")
    cells = filled(values)
    if cells and all(cell.startswith("[") and cell.endswith("]") for cell in cells):
        return Form(written="json")
    if separator == NONE:
        return Form(written="single")
    if separator:
        return Form(written="separated", separator=separator)
    there = [sign for sign in SEPARATORS if any(sign in cell for cell in cells)]
    firm = [sign for sign in there if sign != ","]
    comma = there[-1:] if "," in there else []
    if len(firm) == 1:
        within = [part for cell in cells for part in apart(cell, firm[0])]
        asked = (firm[0], ",") if comma and recurs(within, ",") else ()
        return Form(written="separated", separator=firm[0], asked=asked)
    if firm:
        return Form(written="separated", separator=firm[0], asked=tuple(there))
    if "," in there:
        return Form(written="separated", separator=",", asked=() if recurs(cells, ",") else (",",))
    odd = tuple(sign for sign in OTHERS if stands_alone(cells, sign))
    return Form(written="single", asked=odd)


def filled(values: pl.Series) -> list[str]:
    """Return the different cells that hold labels, sorted."""
    cells = values.drop_nulls().cast(pl.String).str.strip_chars(" \r").unique().sort().to_list()
    return [cell for cell in cells if cell.strip().lower() not in NOTHING]


def recurs(cells: Iterable[str], sign: str) -> bool:
    """Tell whether what stands between a sign are labels: most parts stand in other cells too.

    >>> recurs(["a,b", "b,c", "a"], ","), recurs(["food, drink", "toys, games"], ",")
    (True, False)
    """
    rows = [set(apart(cell, sign)) for cell in set(cells)]
    counts = Counter(part for row in rows for part in row)
    parts = {part for row in rows if len(row) > 1 for part in row}
    return bool(parts) and sum(counts[part] > 1 for part in parts) >= RECUR * len(parts)


def stands_alone(cells: Sequence[str], sign: str) -> bool:
    """Tell whether parts recur and some are cells of their own: of a blank, which is in many names, all of them.

    >>> stands_alone(["a/b", "b", "c/a"], "/"), stands_alone(["read/write", "24/7"], "/")
    (True, False)
    >>> stands_alone(["a b", "a"], " "), stands_alone(["a b", "a", "b"], " ")
    (False, True)
    """
    parts = {part for cell in cells if len(some := apart(cell, sign)) > 1 for part in some}
    alone = {cell.strip() for cell in cells}
    return parts <= alone and bool(parts) if sign == " " else recurs(cells, sign) and bool(parts & alone)


def apart(cell: str, sign: str) -> list[str]:
    """Return the parts of a cell, without blanks around them and empty ones."""
    return [part for part in (one.strip() for one in cell.split(sign)) if part]


def labels(values: pl.Series, how: Form) -> pl.Series:
    """Return the labels of each row, each once, in their order; null where a cell is no list.

    A row without any carries none of the labels.

    >>> labels(pl.Series(["b; a;b", None, ""]), Form(written="separated", separator=";")).to_list()
    [['b', 'a'], [], []]
    >>> labels(pl.Series(['["a", "b"]', "['a']", "[1]", "[a"]), Form(written="json")).to_list()
    [['a', 'b'], ['a'], ['1'], None]
    """
    read = {cell: parsed(cell, how) for cell in values.unique().to_list()} if values.dtype == pl.String else {}
    rows = [read[one] if values.dtype == pl.String else parsed(one, how) for one in values.to_list()]
    return pl.Series(values.name, rows, dtype=pl.List(pl.String))


def parsed(cell: object, how: Form) -> list[str] | None:
    """Return the labels of one cell; None where it is no list."""
    if isinstance(cell, list | tuple):
        return cleaned(cell)
    text = "" if cell is None else str(cell).strip()
    if text.lower() in NOTHING:
        return []
    if how.written != "json":
        return cleaned(apart(text, how.separator) if how.separator else [text])
    for reader in READERS:
        try:
            found = reader(text)
        except UNREAD:
            continue
        return cleaned(found) if isinstance(found, list | tuple) else None
    return None


def cleaned(parts: Iterable[object]) -> list[str] | None:
    """Return labels without blanks around them, each once; None where one is neither a string nor a number."""
    kept = [one for one in parts if one is not None]
    if not all(isinstance(one, str | int | float) for one in kept):
        return None
    return list(dict.fromkeys(text for one in kept if (text := str(one).strip())))


def marked(frame: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    """Return the labels of each row where each has a column of its own; null where one of them says neither yes nor no.

    >>> marked(pl.DataFrame({"a": [1, 0, None], "b": ["yes", "no", "?"]}), ["a", "b"]).to_list()
    [['a', 'b'], [], None]
    """
    said = {name: truths.marked(frame[name]).to_list() for name in columns}
    empty = {name: truths.plain(frame[name]).is_null().to_list() for name in columns}
    rows: list[list[str] | None] = []
    for row in range(frame.height):
        known = all(said[name][row] is not None or empty[name][row] for name in columns)
        rows.append([name for name in columns if said[name][row]] if known else None)
    return pl.Series("labels", rows, dtype=pl.List(pl.String))


def unclear(frame: pl.DataFrame, columns: Iterable[str]) -> dict[str, list[str]]:
    """Return the values that say neither yes nor no, of each column that has any."""
    found = {name: truths.unclear(frame[name]) for name in columns}
    return {name: values for name, values in found.items() if values}


def shown(sign: str) -> str:
    r"""Return a sign as people read it.

    >>> shown("\n"), shown(";")
    ('a line break', '`;`')
    """
    return {"\n": "a line break", "\t": "a tab", " ": "a blank"}.get(sign, f"`{sign}`")
