"""What evaluation tells of parts of a split, of ranges of predictions, and of how scores rank."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests import needs

needs.packages("matplotlib")
pytestmark = pytest.mark.usefixtures("pipeline")


def ports(**kinds: str):
    from pipeline.base.contract import Port

    return [
        Port(name=name, role=name, kind="column", datatype=datatype, shape=(-1, 1), media_type="text/plain")
        for name, datatype in kinds.items()
    ]


def frame(rows: int = 400) -> pl.DataFrame:
    chance = np.random.default_rng(3)
    plans = ["basic" if one < 0.5 else "pro" for one in chance.random(rows)]
    return pl.DataFrame(
        {
            "id": [f"{'old' if row < rows // 2 else 'new'}.csv:{row + 2}" for row in range(rows)],
            "plan": plans,
            "age": chance.integers(18, 80, rows).astype(float),
            "since": [f"20{10 + row % 3}-0{1 + row % 9}-01T00:00:00" for row in range(rows)],
            "note": ["a sentence that says something of the row " * (1 + row % 5) for row in range(rows)],
        }
    ).with_columns(pl.when(pl.col("age") > 70).then(None).otherwise(pl.col("age")).alias("age"))


def test_a_split_is_cut_by_values_ranges_lengths_years_and_files() -> None:
    from pipeline.evaluating import slices

    rows = frame()
    found = list(slices.parts(rows, ports(plan="BYTES", age="FP64", since="BYTES", note="BYTES")))
    by = {name: [part.value for part in found if part.by == name] for name in dict.fromkeys(one.by for one in found)}
    assert sorted(by["plan"]) == ["basic", "pro"]
    assert len(by["age"]) == 5
    assert by["age"][-1] == "missing"
    assert sorted(by["since"]) == ["2010", "2011", "2012"]
    assert len(by["length of note"]) == 4
    assert sorted(by["file"]) == ["new.csv", "old.csv"]
    assert sum(len(part.rows) for part in found if part.by == "age") == rows.height, "no row is in two parts, none lost"


def test_the_part_that_is_worse_comes_first_and_chance_is_not_called_worse() -> None:
    from pipeline.evaluating import slices

    rows, chance = frame(), np.random.default_rng(5)
    wrong = np.where(rows["plan"].to_numpy() == "pro", 0.4, 0.05)
    right = chance.random(rows.height) >= wrong

    def measure(places):
        return {"accuracy": float(right[places].mean())}

    cut = list(slices.parts(rows, ports(plan="BYTES", age="FP64", since="BYTES")))
    told = slices.scored(cut, float(right.mean()), "accuracy", measure, right, higher=True)
    assert told.row(0)[:2] == ("plan", "pro")
    assert told["note"][0] == "worse"
    assert set(told.filter(pl.col("column") != "plan")["note"].to_list()) == {""}
    lower = slices.scored(
        cut, 1 - float(right.mean()), "loss", lambda places: {"loss": 1 - right[places].mean()}, right, higher=False
    )
    assert lower.row(0)[:2] == ("plan", "pro"), "of a loss less is better"


def test_a_part_of_one_class_has_no_area_under_the_curve() -> None:
    from pipeline.evaluating import slices

    rows = frame()
    truth = (rows["plan"] == "pro").to_numpy().astype(int)
    cut = list(slices.parts(rows, ports(plan="BYTES")))
    told = slices.scored(cut, 0.9, "auroc", lambda places: {"auroc": 0.5}, truth, higher=True)
    assert "plan" not in told["column"].to_list()


def test_deciles_show_where_predictions_lean_and_intervals_fail(tmp_path: Path) -> None:
    from pipeline.evaluating import deciles

    said = np.linspace(0, 1e5, 500)
    truth = said + np.where(said > 9e4, 5e3, 0.0)
    interval = np.stack([said - 1e3, said + 1e3], axis=1)
    deciles.draw(truth, said, interval, 0.9, tmp_path, tmp_path)
    told = pl.read_csv(tmp_path / "deciles.csv")
    assert told["rows"].to_list() == [50] * 10
    assert told["covered"].to_list() == [1.0] * 9 + [0.0]
    assert told["bias"].to_list() == [0.0] * 9 + [5e3]
    assert {path.name for path in tmp_path.glob("*.png")} == {"deciles.png", "coverage.png"}


def test_ranking_draws_the_positive_class_or_each(tmp_path: Path) -> None:
    from pipeline.evaluating import ranking

    chance = np.random.default_rng(7)
    truth = chance.integers(0, 3, 300)
    scores = chance.random((300, 3)) + 2 * np.eye(3)[truth]
    scores /= scores.sum(axis=1, keepdims=True)
    ranking.draw(truth, scores, ("a", "b", "c"), None, tmp_path, tmp_path)
    told = pl.read_csv(tmp_path / "lift.csv")
    assert told["class"].unique(maintain_order=True).to_list() == ["a", "b", "c"]
    assert {path.name for path in tmp_path.glob("*.png")} == {"roc.png", "precision_recall.png", "gains.png"}
    rows = told.filter(pl.col("class") == "a")
    assert rows["of the class"].sum() == pytest.approx((truth == 0).sum(), abs=0.01)
    assert rows["found so far"].to_list()[-1] == 1.0
    ranking.draw(truth % 2, scores[:, :2], ("no", "yes"), "yes", tmp_path, tmp_path)
    assert set(pl.read_csv(tmp_path / "lift.csv")["class"]) == {"yes"}


def test_the_report_shows_parts_and_tables_in_the_numbers_of_people(tmp_path: Path) -> None:
    from pipeline.base.params import Params
    from pipeline.reporting import evaluation_sections

    path = tmp_path / "slices.csv"
    path.write_text(
        "column,part,rows,mae,low,high,note\nplan,<b>,40,49330.12,48000.0,51000.0,worse\nage,1 to 2,30,10.0,9.0,11.0,\n"
    )
    shown = evaluation_sections.parts(Params({"monitor": {"metric": "mae"}, "metrics": {}}), path)
    assert "1 of 2 parts are worse" in shown
    assert "49,330" in shown
    assert "&lt;b&gt;" in shown
    table = tmp_path / "t.csv"
    table.write_text("class,rows,mean\n'=a,1200,0.25\n")
    assert "<td>=a</td><td class='number'>1200</td>" in evaluation_sections.listed(table).replace("1,200", "1200")
