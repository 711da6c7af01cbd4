"""A filter keeps the rows that Python would keep, whatever the cells of a file say and whoever reads them."""

import math
from datetime import date

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from tests.property.test_language import QUICK
from trainerspec.ir.spec import Filter
from trainerspec.language.expression import UNKNOWN, evaluate, parse, to_sql, to_text
from trainerspec.reading import kinds, repairs
from trainerspec.reading.separated import delimited
from trainerspec.workspace.cleaned import unlike

MISSING = ("", "NA", "nan", "null", "?", "inf", "-inf")
numbers = st.integers(-300, 300).map(str) | st.decimals(-99, 99, places=2).map(lambda one: f"{one:f}")
rows = st.tuples(
    numbers | st.sampled_from(MISSING),
    st.sampled_from(("Rome", "Oslo", "5", "", "N/A")),
    st.sampled_from(("true", "False", "TRUE", "NA")),
    st.dates(date(2023, 1, 1), date(2024, 12, 31)),
)
bounds = st.integers(-300, 300).map(str) | st.sampled_from(("0.1", "5.5", "-0.25", "1e2", "99.99", "5.0"))
orders = st.sampled_from(("<", "<=", ">", ">=", "==", "!="))
conditions = st.one_of(
    st.tuples(orders, bounds).map(lambda t: f"size {t[0]} {t[1]}"),
    st.lists(bounds, min_size=1, max_size=3).map(lambda some: f"size in [{', '.join(some)}]"),
    st.lists(bounds, min_size=1, max_size=3).map(lambda some: f"size not in [{', '.join(some)}]"),
    st.tuples(bounds, bounds).map(lambda t: f"{t[0]} <= size < {t[1]}"),
    bounds.map(lambda one: f"abs(size) > {one}"),
    st.sampled_from(('town == "Rome"', 'town != "5"', 'town in ["Oslo", "5"]', "known(town)", "length(town) > 1")),
    st.sampled_from(("ok == true", "not ok", "known(size)", "ok and size > 2.5", "not known(size) or ok")),
    st.tuples(orders, st.dates(date(2023, 1, 1), date(2024, 12, 31))).map(lambda t: f'day {t[0]} "{t[1]}"'),
)


def python(row: tuple[str, str, str, date]) -> dict[str, object]:
    """Return a row as Python has it; what is missing is None."""
    size, town, ok, day = row
    number = None if size in MISSING else float(size)
    assert number is None or math.isfinite(number)
    return {
        "size": number,
        "town": None if town in ("", "N/A") else town,
        "ok": None if ok == "NA" else ok.lower() == "true",
        "day": day.isoformat(),
    }


@QUICK
@given(conditions, st.lists(rows, min_size=1, max_size=8), st.sampled_from(("%d.%m.%Y", "%Y-%m-%d")))
def test_a_filter_keeps_what_python_keeps(text: str, table: list[tuple[str, str, str, date]], written: str) -> None:
    sure = [("1.5", "Rome", "true", date(2023, 12, 31)), ("7", "Oslo", "False", date(2024, 1, 25))]
    table = [*table, *sure * 4]
    lines = ["size;town;ok;day", *(f"{a};{b};{c};{d.strftime(written)}" for a, b, c, d in table)]
    raw = delimited.read(("\n".join(lines) + "\n").encode(), "t.csv").frame
    frame = kinds.typed(raw).frame
    tree = parse(text).value
    assert tree is not None
    sql = to_sql(tree)
    view = repairs.comparable(frame)
    assert list(unlike(Filter(text=to_text(tree), sql=sql), view)) == []
    expected = [(value is not UNKNOWN) and bool(value) for value in (evaluate(tree, python(row)) for row in table)]  # type: ignore[arg-type]
    assert view.select(pl.sql_expr(sql).fill_null(False)).to_series().to_list() == expected
    held = frame.with_columns(  # as `prepare` holds the columns that a model reads
        pl.col("ok").cast(pl.String), pl.col("day").dt.strftime("%Y-%m-%dT%H:%M:%S"), pl.col("size").cast(pl.Float64)
    )
    again = repairs.comparable(held, {"ok": "boolean", "day": "time", "size": "number", "town": "text"})
    assert again.select(pl.sql_expr(sql).fill_null(False)).to_series().to_list() == expected


@QUICK
@given(
    st.sampled_from(("town > 5", "town == 5.5", 'size == "5"', 'size in ["a"]', "town in [1, 2]", "length(size) > 1"))
)
def test_a_text_is_not_compared_with_a_number(text: str) -> None:
    frame = pl.DataFrame({"size": [1.5, None], "town": ["5", "Rome"]})
    tree = parse(text).value
    assert tree is not None
    assert {one.code for one in unlike(Filter(text=text, sql=to_sql(tree)), frame)} == {"TS416"}
