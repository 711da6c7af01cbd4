"""The step of series, what tells them apart, and what is missing or there twice."""

from datetime import datetime, timedelta

import polars as pl
import pytest

from trainerspec.reading.values import series
from trainerspec.reading.values.steps import Steps, moment, steps

START = datetime.fromisoformat("2024-01-01")


def spaced(text: str, count: int = 30) -> list[datetime | int]:
    return [steps(text).ahead(START, place) for place in range(count)]


@pytest.mark.parametrize(
    "text", ["15 minutes", "hour", "6 hours", "day", "weekday", "week", "2 weeks", "month", "quarter", "year"]
)
def test_the_step_is_found_in_times_that_are_so_far_apart(text: str) -> None:
    times = spaced(text)
    kept = times[:11] + times[13:]  # with a gap
    assert str(series.step(pl.Series([""] * len(kept)), pl.Series(kept))) == text
    numbers = [steps(text).place(one) for one in times]
    assert numbers == list(range(numbers[0], numbers[0] + len(times)))


def test_whole_numbers_are_years_or_steps() -> None:
    keys = pl.Series([""] * 40)
    assert series.step(keys, pl.Series(range(1960, 2000))) == Steps(unit="year")
    assert series.step(keys, pl.Series(range(0, 400, 10))) == Steps(unit="step", count=10)


def test_irregular_times_have_no_step() -> None:
    times = [START + timedelta(hours=place * place) for place in range(30)]
    assert series.step(pl.Series([""] * 30), pl.Series(times)) is None


def test_columns_that_tell_series_apart() -> None:
    days = [one for one in spaced("day", 20) for _ in range(4)]
    frame = pl.DataFrame(
        {"shop": ["a", "a", "b", "b"] * 20, "item": [1, 2] * 40, "weather": ["dry", "wet", "dry", "dry"] * 20}
    )
    at = pl.Series("at", days)
    assert series.apart(frame, at, ["weather", "item", "shop"]) == ("item", "shop")
    assert series.apart(frame[::4], at[::4], ["shop"]) == ()
    assert series.apart(frame, at, ["weather"]) is None


def test_gaps_and_rows_of_one_step_are_counted() -> None:
    days = spaced("day", 10)
    at = pl.Series([days[0], days[1], days[1] + timedelta(hours=3), days[4], days[0], days[1]])  # type: ignore[operator]
    found = series.counts(pl.Series(["a", "a", "a", "a", "b", "b"]), at, steps("day"))
    assert (found.names, found.lengths, found.gaps, found.gapped, found.repeated) == (("a", "b"), (5, 2), 2, 1, 1)


def test_moments_with_zones_are_in_utc_and_zones_are_named() -> None:
    assert moment("2024-03-31T00:30+02:00") == datetime.fromisoformat("2024-03-30T22:30")
    texts = pl.Series(["2024-03-31T00:30+02:00", "2024-03-31 01:30:00Z", "2024-03-31"])
    assert list(series.zones(texts)) == ["+02:00", "Z"]


@pytest.mark.parametrize("text", ["fortnight", "0 days", "day 2", ""])
def test_what_is_no_step(text: str) -> None:
    with pytest.raises(ValueError, match="is no step"):
        steps(text)
