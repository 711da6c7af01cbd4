"""Columns of a table from which nothing is learnt, or that hold more than one kind of value."""

import re
from collections.abc import Iterator

import polars as pl

from ...reading.values.number_form import INFINITE, MISSING
from ...reading.values.prose import prose
from ..findings import Finding, finding
from ..subject import Subject

FEW = 20
"""Rows below which nothing is said of a column."""
NEARLY, LEAST = 0.995, 200
"""Share of rows with one value, and rows, from which a column is nearly constant."""
DISTINCT = 0.9
"""Share of different texts from which a column names its rows."""
DIGITS = 6
"""Digits of whole numbers that, all different and of one length, are numbers of rows rather than amounts."""
CALLED = re.compile(
    r"(?:^|[^a-z])(?:id|ids|no|nr|num|number|nummer|key|code|uuid|guid|index)(?:$|[^a-z])|[a-z]Id$", re.IGNORECASE
)
"""How columns are called that name a row: `customer_no`, `ID`, `orderId`."""
GAPS = 0.9
"""Share of missing values from which a column is mostly missing."""
MOST_ODD = 0.2
"""Share of values of another kind up to which they are faults."""
BARE = "no unit"
PRICE = r"^\s*[-+(]?\s*([$€£¥₹₽₩₺฿¢])\s*\d[\d.,' ]*\)?\s*$"
MEASURE = r"^\s*([-+]?\d[\d.,' ]*?)\s*([A-Za-z°%µ€$£]{1,12}\.?)\s*$"


def columns(subject: Subject) -> Iterator[Finding]:
    """Look at every column of a table that has no role of its own."""
    if not subject.roles.features:
        return
    for name in subject.others:
        values, written = subject.frame[name], subject.written[name]
        if isinstance(values.dtype, pl.List | pl.Struct | pl.Object):
            continue
        yield from useless(name, values, subject)
        if written.dtype == pl.String:
            yield from mixed(name, written, subject)
        yield from infinite(name, written, subject)
    if subject.roles.number and subject.written[subject.roles.number].dtype == pl.String:
        yield from mixed(subject.roles.number, subject.written[subject.roles.number], subject)
    yield from equal(subject)


def useless(name: str, values: pl.Series, subject: Subject) -> Iterator[Finding]:
    """Say that a column is empty, constant, mostly missing, or a name of its rows."""
    known, rows = values.drop_nulls(), len(values)
    if rows < FEW:
        return
    if known.is_empty():
        yield finding("empty-column", f"`{name}` has no value in any row", columns=[name], count=rows)
        return
    if len(known) <= (1 - GAPS) * rows:
        message = f"`{name}` has no value in {rows - len(known)} of {rows} rows"
        yield subject.where("mostly-missing-column", values.is_null(), message, columns=[name])
    different = known.n_unique()
    if different == 1:
        message = f"`{name}` has the same value in every row" + ("" if len(known) == rows else " that has one")
        yield finding("constant-column", message, columns=[name], count=rows)
        return
    usual = known.value_counts(sort=True).row(0)
    if rows >= LEAST and usual[1] >= NEARLY * rows:
        message = f"`{name}` has one value in {usual[1]} of {rows} rows: the others teach next to nothing"
        odd = (values != usual[0]).fill_null(True)
        yield subject.where("nearly-constant-column", odd, message, columns=[name], values=values)
    if reason := names_rows(name, known, different):
        yield finding("identifier", f"`{name}` names its rows: {reason}", columns=[name], count=rows)


def names_rows(name: str, known: pl.Series, different: int) -> str:
    """Say why a column's values are names of rows; empty when they are not.

    >>> names_rows("x", pl.Series(range(40)), 40), names_rows("x", pl.Series([1.5, 2.5] * 20), 2)
    ('they are numbered', '')
    """
    if len(known) < FEW:
        return ""
    if known.dtype == pl.String and different > DISTINCT * len(known) and not prose(known):
        return f"{different} different texts in {len(known)} rows"
    if not known.dtype.is_integer() or different < len(known):
        return ""
    low, high = (int(str(one)) for one in (known.min(), known.max()))
    if high - low + 1 == different:
        return "they are numbered"
    if CALLED.search(name) and len(known) >= 50:
        return "each has a number of its own, and the column is called so"
    if len(known) >= LEAST / 2 and low >= 10 ** (DIGITS - 1) and len(str(low)) == len(str(high)):
        return f"each has a number of {len(str(low))} digits of its own"
    return ""


def mixed(name: str, written: pl.Series, subject: Subject) -> Iterator[Finding]:
    """Say that a few cells are no numbers, or no dates, where all others are, or that there are several units."""
    texts = written.str.strip_chars()
    there = ~texts.str.to_lowercase().is_in(sorted(MISSING)) & texts.is_not_null() & (texts != "")
    count = int(there.sum())
    if count < FEW:
        return
    kinds = {"a number": texts.cast(pl.Float64, strict=False).is_not_null(), "a date": dates(texts)}
    for what, fits in kinds.items():
        odd = there & ~fits & ~texts.str.to_lowercase().is_in(sorted(INFINITE))
        strange = int(odd.sum())
        if 0 < strange <= MOST_ODD * count:
            message = f"{strange} of {count} values of `{name}` are not {what}"
            yield subject.where("mixed-types", odd, message, columns=[name], values=written)
            return
    yield from units(name, texts, subject, count)


def dates(texts: pl.Series) -> pl.Series:
    """Tell which texts begin with a day of the calendar, as ISO 8601 writes it."""
    return texts.str.extract(r"^(\d{4}-\d{1,2}-\d{1,2})", 1).str.to_date("%Y-%m-%d", strict=False).is_not_null()


def units(name: str, texts: pl.Series, subject: Subject, count: int) -> Iterator[Finding]:
    """Say that numbers stand with several units."""
    unit = (
        pl.select(pl.coalesce(texts.str.extract(MEASURE, 2), texts.str.extract(PRICE, 1)))
        .to_series()
        .str.to_lowercase()
        .str.strip_suffix(".")
    )
    if subject.frame[name].dtype == pl.String:  # some have none, which is why the column is not read as numbers
        unit = unit.set(unit.is_null() & texts.cast(pl.Float64, strict=False).is_not_null(), BARE)
    told = unit.drop_nulls()
    if len(told) < DISTINCT * count:
        return
    found = told.alias("unit").value_counts(sort=True)
    kept = found.filter(pl.col("count") >= 2)["unit"].to_list()
    if 2 <= len(kept) <= 4:
        others = kept[1:]
        shown = ", ".join(f"`{one}`" if one != BARE else one for one in sorted(kept, key=BARE.__eq__))
        message = f"`{name}` holds numbers in {shown}; they cannot be compared"
        yield subject.where("mixed-units", unit.is_in(others), message, columns=[name], values=texts)


def infinite(name: str, written: pl.Series, subject: Subject) -> Iterator[Finding]:
    """Say that a column holds infinite values."""
    if written.dtype == pl.String:
        odd = written.str.strip_chars().str.to_lowercase().is_in(sorted(INFINITE))
        numbers = written.cast(pl.Float64, strict=False).is_not_null().sum()
        if 2 * int(numbers) < len(written):
            return
    elif written.dtype.is_float():
        odd = written.is_infinite()
    else:
        return
    if bool(odd.any()):
        message = f"{int(odd.sum())} values of `{name}` are infinite, and count as missing"
        yield subject.where("infinite-value", odd, message, columns=[name], values=written)


def equal(subject: Subject) -> Iterator[Finding]:
    """Say which columns are equal in every row."""
    seen: dict[tuple[str, int, int, str], list[str]] = {}
    for name in subject.others:
        values = subject.frame[name]
        if isinstance(values.dtype, pl.List | pl.Struct | pl.Object) or len(values) < FEW:
            continue
        different = values.n_unique()
        if different <= 2:
            continue
        first = repr(values.head(FEW).to_list())  # of wide tables few columns are compared whole
        alike = seen.setdefault((str(values.dtype), different, values.null_count(), first), [])
        twin = next((one for one in alike if subject.frame[one].equals(values, check_names=False)), None)
        if twin is None:
            alike.append(name)
        else:
            message = f"`{name}` equals `{twin}` in every row"
            yield finding("duplicate-column", message, columns=[twin, name], count=len(values))
