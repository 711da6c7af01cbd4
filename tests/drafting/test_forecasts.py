"""Requests for forecasts: the step, how far ahead in steps, the columns; and what is asked."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from trainerspec.catalog.load import tasks
from trainerspec.drafting import draft
from trainerspec.ir.draft import Draft, Request

TASK = "time-series-forecasting"


def drafted(text: str, folder: Path | None = None) -> Draft:
    return draft(Request(text=text), tasks(), folder=folder)


@pytest.mark.parametrize(
    ("text", "frequency", "horizon"),
    [
        ("Forecast the daily sales of each shop for the next 14 days", "day", 14),
        ("Forecast hourly electricity load for tomorrow", "hour", 24),
        ("forecast passengers 12 months ahead", "month", 12),
        ("Weekly demand forecasting for the next two months", "week", 8),
        ("forecast a reading every 15 minutes for the next 6 hours", "15 minutes", 24),
        ("Sage die monatlichen Verkäufe der nächsten 12 Monate vorher", "month", 12),
        ("Pronóstico de ventas semanales para las próximas 8 semanas", "week", 8),
        ("Prévoir la demande des 14 prochains jours", "day", 14),
        ("Prevedere le vendite giornaliere dei prossimi 30 giorni", "day", 30),
        ("Prever a demanda mensal dos próximos 6 meses", "month", 6),
        ("Voorspel de dagelijkse verkoop voor de komende 14 dagen", "day", 14),
        ("预测未来7天的用电量", "day", 7),
        ("अगले 14 दिन की बिक्री का पूर्वानुमान", "day", 14),
        ("今後12か月の月次売上を予測", "month", 12),
    ],
)
def test_step_and_horizon_in_words(text: str, frequency: str, horizon: int) -> None:
    made = drafted(text)
    assert (made.outcome in ("draft", "held"), made.task) == (True, TASK)
    assert made.spec is not None
    data = made.spec["data"]
    assert isinstance(data, dict)
    assert (data["frequency"], data["horizon"]) == (frequency, horizon)
    told = {one.path: one for one in made.evidence}
    assert told["/data/horizon"].quote
    assert told["/data/horizon"].quote in text


def test_the_horizon_is_asked_for_where_nothing_says_it() -> None:
    made = drafted("We need a demand forecast for each store, from sales.csv")
    assert made.task == TASK
    assert "/data/horizon" in [one.path for one in made.questions]
    assert made.spec is not None
    assert "horizon" not in made.spec["data"]  # type: ignore[operator]


@pytest.mark.parametrize(
    ("step", "words", "horizon"),
    [(timedelta(hours=1), "the next 2 days", 48), (timedelta(days=1), "the next two weeks", 14)],
)
def test_the_data_tells_times_values_and_step(tmp_path: Path, step: timedelta, words: str, horizon: int) -> None:
    start = datetime.fromisoformat("2024-01-01")
    rows = [f"{(start + place * step).isoformat()},{site},{place + 0.5}" for site in "ab" for place in range(60)]
    (tmp_path / "load.csv").write_text("\n".join(["at,site,kilowatts", *rows]) + "\n")
    made = drafted(f"Forecast the load of each site for {words} from load.csv", tmp_path)
    assert made.spec is not None
    assert (made.spec["task"], made.spec["data"]["horizon"]) == (  # type: ignore[index,call-overload]
        {"type": TASK, "inputs": {"time": "at"}, "outputs": {"value": "kilowatts"}},
        horizon,
    )
    assert [one.path for one in made.questions] == []


def test_a_horizon_that_is_no_whole_number_of_steps_is_asked_about(tmp_path: Path) -> None:
    rows = [f"{year}-{month:02}-01,{year - 2000 + month}.5" for year in range(2020, 2024) for month in range(1, 13)]
    (tmp_path / "sales.csv").write_text("\n".join(["month,sales", *rows]) + "\n")
    made = drafted("Forecast sales for the next 14 days from sales.csv", tmp_path)
    (question,) = (one for one in made.questions if one.path == "/data/horizon")
    assert "no whole number of steps of one month" in question.question


def test_a_wide_table_is_told_to_be_made_long(tmp_path: Path) -> None:
    months = [f"{year}-{month:02}" for year in (2022, 2023) for month in range(1, 13)]
    rows = [",".join([name, *(str(n) for n in range(24))]) for name in ("Elbe", "Main", "Oder")]
    (tmp_path / "levels.csv").write_text("\n".join([",".join(["river", *months]), *rows]), "utf-8")
    made = draft(Request(text="Forecast the next 6 months for each river in levels.csv"), tasks(), folder=tmp_path)
    assert made.task == "time-series-forecasting"
    assert [one.path for one in made.questions] == ["/data/source"]
    assert "levels.csv is a wide table: its columns `2022-01`, `2022-02`, ... are times" in made.questions[0].question
    assert "unpivot(index=['river']" in made.questions[0].question
