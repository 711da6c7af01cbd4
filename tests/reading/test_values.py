"""What the texts of a column mean: numbers and dates as people write them."""

from datetime import datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainerspec.reading import kinds
from trainerspec.reading.values import dates, numerals
from trainerspec.reading.values.number_form import NumberForm


@pytest.mark.parametrize(
    ("texts", "wanted"),
    [
        (["1.250", "98.500", "980"], [1250.0, 98500.0, 980.0]),
        (["1.234", "0.512"], [1.234, 0.512]),
        (["$1,250.00", "$80"], [1250.0, 80.0]),
        (["45%", "12.5 %"], [45.0, 12.5]),
        (["1 200 km", "30 km"], [1200.0, 30.0]),
        (["<5", "7"], [5.0, 7.0]),
        (["75,5", "80", "1.206,5"], [75.5, 80.0, 1206.5]),
        (["1'200.50", "3'000"], [1200.5, 3000.0]),
        (["EUR 5", "EUR 1.200,50"], [5.0, 1200.5]),
        (["(3)", "-4", "\u22125"], [-3.0, -4.0, -5.0]),
        (["1,250", "2,50"], [1.25, 2.5]),
        (["7", "?", "N/A", " 8 "], [7.0, None, None, 8.0]),
        (["7", "#DIV/0!", "k.A.", "8"], [7.0, None, None, 8.0]),
        (["₹12,50,000", "₹ 1,00,19,000.50", "₹900"], [1250000.0, 10019000.5, 900.0]),
        (["$1.2M", "$850k", "$900"], [1200000.0, 850000.0, 900.0]),
        (["1,5 Mio. €", "800 Tsd. €"], [1500000.0, 800000.0]),
        (["3 k", "5 k"], [3.0, 5.0]),
        (["3 m", "5"], [3.0, 5.0]),
        (["1/2", "3", "1 5/16", "?"], [0.5, 3.0, 1.3125, None]),
        (["(1,200.50)", "310.00-", "45.10"], [-1200.5, -310.0, 45.1]),
        (["1:35", "12:05", "?"], [95.0, 725.0, None]),
        (["59:10", "1:02:03.5"], [3550.0, 3723.5]),
    ],
)
def test_numbers_as_people_write_them(texts: list[str], wanted: list[float | None]) -> None:
    values = pl.Series(texts)
    form = numerals.form(values)
    assert form is not None
    assert numerals.numbers(values, form).to_list() == wanted
    described = kinds.written(kinds.ColumnKind(kind="number", number=form))
    assert (
        kinds.parsed(values, kinds.read_back(described) if described else kinds.ColumnKind(kind="number")).to_list()
        == wanted
    )


@pytest.mark.parametrize(
    "texts",
    [
        ["A12", "B13"],
        ["10-20", "20-30"],
        ["16:9", "4:3"],
        ["5 €", "7 $"],
        ["1.2.3", "1.2.4"],
        ["5 5", "6 6"],
        ["15/3", "2/4"],
        ["120/80", "130/85"],
        ["45%", "0.45"],
    ],
)
def test_what_is_no_number_stays_a_text(texts: list[str]) -> None:
    assert numerals.form(pl.Series(texts)) is None


def test_words_among_numbers_are_named() -> None:
    form = numerals.form(pl.Series([*map(str, range(30)), "many"]))
    assert form is not None
    assert form.words == ("many",)


@given(
    st.floats(min_value=-1e9, max_value=1e9).map(lambda value: round(value, 3)),
    st.sampled_from(
        [
            NumberForm(),
            NumberForm(decimal=",", thousands="."),
            NumberForm(thousands=","),
            NumberForm(decimal=",", thousands=" "),
            NumberForm(before="$", thousands=","),
            NumberForm(after="%"),
            NumberForm(decimal=",", after="km"),
            NumberForm(clock=2),
            NumberForm(clock=3),
        ]
    ),
)
def test_a_number_that_is_written_is_read_back(value: float, form: NumberForm) -> None:
    assert form.number(form.text(value)) == pytest.approx(value, rel=1e-12, abs=1e-9)


@pytest.mark.parametrize(
    ("texts", "wanted", "ambiguous"),
    [
        (["31.12.2023", "1.2.2024"], [(2023, 12, 31), (2024, 2, 1)], False),
        (["03/16/2023", "04/01/2023"], [(2023, 3, 16), (2023, 4, 1)], False),
        (["31/12/2023", "01/02/2023"], [(2023, 12, 31), (2023, 2, 1)], False),
        (["2023-1-5", "2023-12-31"], [(2023, 1, 5), (2023, 12, 31)], False),
        (["5 March 2023", "Mar 6, 2023"], [(2023, 3, 5), (2023, 3, 6)], False),
        (["31-Dec-23", "01-Jan-24"], [(2023, 12, 31), (2024, 1, 1)], False),
        (["2023年5月6日"], [(2023, 5, 6)], False),
        (["Jan-24", "Sept 2024"], [(2024, 1, 1), (2024, 9, 1)], False),
        (["Jan-24", "Feb-24", "Mar-24"], [(2024, 1, 1), (2024, 2, 1), (2024, 3, 1)], False),
        (["maj-24", "augusti 2024", "dez'25"], [(2024, 5, 1), (2024, 8, 1), (2025, 12, 1)], False),
        (["01/2024", "12/2024"], [(2024, 1, 1), (2024, 12, 1)], False),
        (["2024-Q2", "Q4 2024", "2024-W05"], [(2024, 4, 1), (2024, 10, 1), (2024, 1, 29)], False),
        (["03/04/2023", "05/06/2023"], [(2023, 4, 3), (2023, 6, 5)], True),
    ],
)
def test_dates_as_people_write_them(texts: list[str], wanted: list[tuple[int, int, int]], ambiguous: bool) -> None:
    values = pl.Series(texts)
    form = dates.form(values)
    assert form is not None
    assert form.ambiguous == ambiguous
    assert dates.moments(values, form).to_list() == [datetime(*day) for day in wanted]


@pytest.mark.parametrize(
    "texts",
    [
        ["1.5", "2.5"],
        ["12:30"],
        ["may", "june"],
        ["1-2-3"],
        ["A1", "B2"],
        [f"mail-{number}" for number in range(60)],
        ["junk-12", "deck-13", "marker-24", "octet 2024"],
        ["set-12", "gen-07"],
        [f"set-{number:02}" for number in range(1, 13)],
        ["set-12", "gen-07", "mag-58"],
        ["set-12", "gen-07", "mag-09", "lot-10"],
    ],
)
def test_what_is_no_date_stays_a_text(texts: list[str]) -> None:
    assert dates.form(pl.Series(texts)) is None


@pytest.mark.parametrize("name", ["mese", "Month", "invoice_date", "createdAt"])
def test_a_month_with_two_digits_is_one_where_the_column_is_called_so(name: str) -> None:
    values = pl.Series(["set-12", "gen-07"])
    form = dates.form(values, name)
    assert form is not None
    assert dates.moments(values, form).to_list() == [datetime(2012, 9, 1), datetime(2007, 1, 1)]


def test_seconds_since_1970_need_a_name_that_speaks_of_time() -> None:
    values = pl.Series(["1700000000", "1700000500"])
    assert dates.form(values, "created_at") is not None
    assert dates.form(values, "customer_no") is None


def test_dates_in_several_ways_are_told_by_the_odd_one() -> None:
    values = pl.Series(
        "day", [*(f"2023-10-{day:02}" for day in range(1, 30)), *(f"{day}.01.2024" for day in range(10, 30))]
    )
    made, kind = kinds.column(values, None)
    assert made.null_count() == 0
    assert kinds.told("day", kind, kinds.example(values, kind)) == (
        "`day`: dates are written in several ways; `10.01.2024` is read as 2024-01-10"
    )


def test_days_of_spreadsheets_need_a_name_that_speaks_of_dates() -> None:
    values = pl.Series("order_date", ["45292", "45323"])
    made, kind = kinds.column(values, numerals.form(values))
    assert made.to_list() == [datetime(2024, 1, 1), datetime(2024, 2, 1)]
    assert kind.date is not None
    assert kind.date.order == "epoch_d"
    assert kinds.column(values.alias("price"), numerals.form(values))[1].kind == "integer"


def test_days_as_whole_numbers_need_a_name_that_speaks_of_time() -> None:
    values = pl.Series("order_date", ["20230131", "20230201"])
    made, kind = kinds.column(values, numerals.form(values))
    assert made.to_list() == [datetime(2023, 1, 31), datetime(2023, 2, 1)]
    assert kind.date is not None
    assert kinds.column(values.alias("article"), numerals.form(values))[1].kind == "integer"
