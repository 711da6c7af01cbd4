"""Requests for unusual rows: the task, how many alarms, and the column of known rows, which need not be there."""

from pathlib import Path
from typing import Any

import pytest

from trainerspec.catalog.load import tasks
from trainerspec.drafting.draft import draft
from trainerspec.ir.draft import Draft, Request

TASKS = tasks(Path("none"))
ROWS = "day,amount,shop,{name}\n" + "".join(
    f"2024-01-{1 + row % 28:02},{20 + row % 7},{'ab'[row % 2]},{{{row % 2}}}\n" for row in range(40)
)


def drafted(text: str, **more: Any) -> Draft:
    return draft(Request(text=text, **more), TASKS, known=frozenset(TASKS))


@pytest.mark.parametrize(
    "text",
    [
        "Find unusual payments in payments.csv",
        "Flag suspicious transactions in our card data",
        "Spot odd invoices before we pay them",
        "Anomaly detection on machine records, no labels",
        "Find outliers in our product table with an isolation forest",
        "Which of our customers' orders look odd? orders.parquet",
        "Finde auffällige Rechnungen in rechnungen.csv",
    ],
)
def test_unusual_rows_are_drafted(text: str) -> None:
    made = drafted(text)
    assert (made.outcome, made.task) == ("draft", "anomaly-detection"), made
    assert made.spec is not None
    assert "outputs" not in made.spec["task"], "nothing has to be predicted"
    assert not [one for one in made.questions if one.path == "/task/outputs/label"]


@pytest.mark.parametrize(
    ("text", "outcome", "task"),
    [
        ("alarm when the sensor stream of the compressor looks odd, no labels exist", "unsupported", "time-series"),
        ("Which sensors behave oddly? Flag unusual vibration patterns on our turbines", "unsupported", "time-series"),
        ("Predict which transactions are fraudulent", "draft", "tabular-classification"),
    ],
)
def test_what_is_meant_otherwise_stays(text: str, outcome: str, task: str) -> None:
    made = drafted(text)
    assert made.outcome == outcome
    assert str(made.task).startswith(task)


def test_how_many_alarms_are_written_down_or_asked_for() -> None:
    told = drafted("Find unusual payments in p.csv, at most 20 alarms a day of our 120k payments per week").spec
    assert told is not None
    assert told["task"]["options"] == {"alarms": {"most": 20, "rows": pytest.approx(120_000 / 7)}}  # type: ignore[index, call-overload]
    share = drafted("Spot odd invoices in p.csv; about 2% are suspicious").spec
    assert share is not None
    assert share["model"] == {"contamination": 0.02}
    (question,) = drafted("Find unusual payments in p.csv, no more than 5 alerts per shift").questions
    assert question.path == "/task/options/alarms"
    assert "5 alerts per shift" in question.question


@pytest.mark.parametrize(
    ("name", "values", "found"),
    [
        ("is_fraud", ("0", "1"), "is_fraud"),
        ("flagged", ("no", "yes"), "flagged"),
        ("label", ("legit", "fraud"), "label"),
        ("label", ("red", "blue"), ""),
        ("label", ("-1", "1"), ""),
        ("paid", ("no", "yes"), ""),
    ],
)
def test_known_rows_are_taken_from_the_data(tmp_path: Path, name: str, values: tuple[str, str], found: str) -> None:
    table = ROWS.replace("{name}", name).replace("{0}", values[0]).replace("{1}", values[1])
    (tmp_path / "p.csv").write_text(table)
    text = "Find unusual payments by amount, AUROC above 0.9"
    made = draft(Request(text=text, data="p.csv"), TASKS, known=frozenset(TASKS), folder=tmp_path)
    assert made.spec is not None
    assert made.task == "anomaly-detection"
    outputs = made.spec["task"].get("outputs")  # type: ignore[union-attr]
    assert outputs == ({"label": found} if found else None)
    asked = [one.path for one in made.questions]
    assert ("/task/outputs/label" in asked) == (not found), "AUROC needs known rows"
