"""The training split is reduced to rows that cover the others, class by class, and what that costs is measured."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

pytestmark = pytest.mark.usefixtures("pipeline")


def made(rows: int, seed: int) -> pl.DataFrame:
    """Return rows of two classes, a third as many of the second, in ten clumps."""
    chance = np.random.default_rng(seed)
    clump = chance.integers(0, 10, rows)
    x = clump * 10 + chance.normal(0, 0.1, rows)
    label = ["b" if number % 4 == 0 else "a" for number in clump]
    return pl.DataFrame({"x": x, "label": label, "y": x * 2, "__key": [f"{seed}:{n}" for n in range(rows)]})


def reduce(rows: int, by: str, target: str | None = "label") -> tuple[pl.DataFrame, dict[str, Any]]:
    from pipeline.base.progress import Progress
    from pipeline.dataset import reduction
    from pipeline.preparing import cheap_features

    parts = {"train": made(400, 1), "validation": made(100, 2), "test": made(100, 3)}
    budget = reduction.Budget(rows=rows, by=by, seed=7)
    return reduction.reduced(parts, budget, {"x": "x"}, target, cheap_features.points, Progress("prepare"))


def test_a_coreset_covers_what_chance_misses_and_the_cost_is_told() -> None:
    train, told = reduce(20, "coreset")
    assert train.height == told["rows"] == 20
    assert train.sort("__key").equals(reduce(20, "coreset")[0].sort("__key"))
    assert sorted({round(x / 10) for x in train["x"]}) == list(range(10)), "each clump has a row"
    assert told["farthest"] < told["farthest.random"]
    assert told["all"] == 1.0
    assert 0.5 < told["kept"] <= 1.0
    share = (made(400, 1)["label"] == "b").mean()
    assert abs((train["label"] == "b").mean() - share) < 0.06, "each class keeps its share"  # type: ignore[operator]


def test_rows_by_chance_follow_from_the_seed_alone() -> None:
    train, told = reduce(50, "random")
    assert train.equals(reduce(50, "random")[0])
    assert told["kept"] == told["random"]


def test_rows_that_nearly_repeat_an_earlier_one_go_first() -> None:
    from pipeline.base.progress import Progress
    from pipeline.dataset import reduction
    from pipeline.preparing import cheap_features

    train = made(400, 1)
    copies = train.head(100).with_columns(pl.col("x") + 1e-4, pl.format("copy {}", "__key").alias("__key"))
    parts = {"train": pl.concat([train, copies]), "validation": made(100, 2), "test": made(100, 3)}
    budget = reduction.Budget(rows=400, by="near_duplicates", seed=7)
    kept, told = reduction.reduced(parts, budget, {"x": "x"}, "label", cheap_features.points, Progress("prepare"))
    assert (kept.height, told["by"], told["before"]) == (400, "near_duplicates", 500)
    assert kept["__key"].str.starts_with("copy").sum() < 10


def test_without_a_way_it_is_the_one_that_costs_less() -> None:
    for rows in (10, 20, 50):
        cost = {by: reduce(rows, by)[1]["kept"] for by in ("coreset", "random")}
        told = reduce(rows, "")[1]
        assert told["kept"] == max(cost.values())
        assert told["by"] == ("random" if cost["random"] > cost["coreset"] else "coreset")
    assert reduce(50, "", None)[1]["by"] == "coreset", "nothing tells"


def test_numbers_are_measured_by_their_error_and_enough_rows_stay_as_they_are() -> None:
    told = reduce(50, "coreset", "y")[1]
    assert told["metric"] == "mean absolute error"
    assert told["all"] < told["random"] + 1
    whole, nothing = reduce(400, "coreset")
    assert (whole.height, nothing) == (400, {})
    assert "metric" not in reduce(50, "coreset", None)[1]


def test_near_texts_are_near_points() -> None:
    from pipeline.preparing import cheap_features

    texts = [
        "the pump in the cellar is broken",
        "The pump in the cellar is broken again",
        "an invoice for two chairs",
        None,
    ]
    found = cheap_features.points(pl.DataFrame({"text": texts, "n": [1.0, 1.0, 1.0, None]}))
    gaps = ((found[:, None] - found[None]) ** 2).sum(axis=2)
    assert gaps[0, 1] < gaps[0, 2]
    assert np.isfinite(found).all()


def test_prepare_reduces_the_training_split_alone_and_says_so(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.templates import assemble

    values = assemble.parameters("from-scratch")
    values["data"]["reduce"] = {"rows": 60, "by": "coreset"}
    assemble.write(project, values)
    monkeypatch.chdir(project)
    from pipeline import prepare
    from pipeline.base.files import read_json
    from pipeline.reporting import page

    prepare.main()
    report: Any = read_json(Path("build/data/report.json"))
    assert report["rows"] == {"read": 240, "kept": 108, "train": 60, "validation": 24, "test": 24}
    assert report["rows"]["read"] - report["rows"]["kept"] == sum(one["rows"] for one in report["dropped"])
    assert report["labels"]["train"] == {"cooking": 20, "gardening": 20, "sailing": 20}
    assert "from 192 to 60 rows that cover the others" in page.reduction(report)
    assert "132 rows left out: the training split is reduced to 60 rows" in capsys.readouterr().out
