"""Groups of rows by columns that the model does not read: what is measured of them, and what the report says."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

pytestmark = pytest.mark.usefixtures("pipeline")


def frame() -> tuple[pl.DataFrame, np.ndarray, dict[str, np.ndarray]]:
    """Return rows of two genders and two towns; the answers miss half of the class among the women alone."""
    chance, rows = np.random.default_rng(1), 800
    gender, town = np.array(["f", "m"])[np.arange(rows) % 2], chance.choice(["Bonn", "Ulm"], rows)
    truth = (chance.random(rows) < 0.4).astype(np.int64)
    said = np.where((gender == "f") & (chance.random(rows) < 0.5), 0, truth)
    ages = [None if row % 50 == 7 else float(20 + row % 60) for row in range(rows)]
    columns = {"id": [f"a.csv:{row}" for row in range(rows)], "audit.gender": gender, "audit.town": town}
    probabilities = np.stack([1 - said, said], axis=1).astype(np.float64)
    return pl.DataFrame({**columns, "audit.age": ages}), truth, {"probabilities": probabilities}


def test_rates_of_each_group_are_counted() -> None:
    from pipeline.evaluating import fairness

    rows, truth, answers = frame()
    told = fairness.table(rows, truth, answers, ("no", "yes"), "yes")
    assert told["column"].unique(maintain_order=True).to_list() == ["gender", "town", "age"]
    women = told.filter(pl.col("group") == "f").row(0, named=True)
    mask, said = (rows["audit.gender"] == "f").to_numpy(), answers["probabilities"].argmax(axis=1)
    assert (women["rows"], women["of the class"]) == (400, int(truth[mask].sum()))
    assert women["selected"] == pytest.approx(said[mask].mean())
    assert women["recall"] == pytest.approx((said & truth)[mask].sum() / truth[mask].sum())
    assert women["recall.low"] < women["recall"] < women["recall.high"]
    assert told.filter(pl.col("column") == "age")["group"].to_list()[-1] == "missing"
    each = fairness.table(rows.select("id", "audit.gender"), truth, answers, ("no", "yes"), None)
    assert each["class"].to_list() == ["no", "yes"] * 2, "without a positive class each is told"


def test_a_number_has_its_mean_difference() -> None:
    from pipeline.evaluating import fairness

    rows, truth, _ = frame()
    off = (rows["audit.gender"] == "f").to_numpy() * 2.0
    told = fairness.table(rows, truth.astype(np.float64) + off, {"value": truth.astype(np.float32)}, (), None)
    bias = dict(told.filter(pl.col("column") == "gender").select("group", "bias").iter_rows())
    assert bias == {"f": 2.0, "m": 0.0}
    assert fairness.table(rows.select("id"), truth, {"value": truth}, (), None).height == 0


def test_the_report_tells_differences_beyond_chance_alone(tmp_path: Path) -> None:
    from pipeline.evaluating import fairness
    from pipeline.reporting import evaluation_sections, spreadsheets

    rows, truth, answers = frame()
    path = tmp_path / "groups.csv"
    assert evaluation_sections.groups(path) == ""
    spreadsheets.write(fairness.table(rows, truth, answers, ("no", "yes"), "yes"), path)
    told = evaluation_sections.groups(path)
    assert "Recall (yes) differs by gender beyond chance" in told
    assert "differs by town" not in told
    assert "differs by age" not in told
    spreadsheets.write(fairness.table(rows.select("id", "audit.town"), truth, answers, ("no", "yes"), "yes"), path)
    assert "No rate differs between groups beyond chance." in evaluation_sections.groups(path)
