"""What the report says beside the numbers: of simple models, and of more rows."""

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("pipeline")
SETTINGS = {"monitor": {"metric": "accuracy", "better": "higher"}, "metrics": {"accuracy": {"unit": "ratio"}}}
MEASURED = {"accuracy": 0.95, "accuracy.low": 0.93, "accuracy.high": 0.97}


@pytest.mark.parametrize(
    ("simple", "words"),
    [
        (0.94, "is as good: accuracy 94.00%, within this model's interval of 93.00% to 97.00%"),
        (0.98, "is better"),
        (0.9, ""),
    ],
)
def test_a_simple_model_is_called_as_good_within_the_interval(simple: float, words: str) -> None:
    from pipeline.base.params import Params
    from pipeline.reporting import report

    found = report.as_good({**MEASURED, "baseline.tfidf.accuracy": simple}, Params(SETTINGS))
    assert words in found
    assert bool(found) == bool(words)


def test_of_a_loss_less_is_better() -> None:
    from pipeline.base.params import Params
    from pipeline.reporting import report

    settings = Params({"monitor": {"metric": "rmse", "better": "lower"}, "metrics": {}})
    values = {"rmse": 2.0, "rmse.low": 1.8, "rmse.high": 2.3}
    assert "is as good" in report.as_good({**values, "baseline.linear.rmse": 2.2}, settings)
    assert "is better" in report.as_good({**values, "baseline.linear.rmse": 1.5}, settings)
    assert not report.as_good({**values, "baseline.linear.rmse": 2.5}, settings)


@pytest.mark.parametrize(
    ("last", "words"),
    [
        (0.9, "Twice the rows would give about 92.99%, beyond what chance moves it (89.50% to 90.50%)."),
        (0.83, "Twice the rows would give about 83.23%, within what chance moves it"),
        (0.7, "More rows of this kind would not help"),
    ],
)
def test_twice_the_rows_are_told_beside_chance(last: float, words: str) -> None:
    from pipeline.base.params import Params
    from pipeline.reporting import report

    Path("build/evaluation").mkdir(parents=True)
    Path("build/evaluation/validation.json").write_text(json.dumps({"accuracy.low": 0.895, "accuracy.high": 0.905}))
    points = [(100, 0.8), (200, 0.82), (400, min(0.865, last)), (800, last)]
    assert words in report.more_rows(Params(SETTINGS), points)
    assert not report.more_rows(Params(SETTINGS), points[1:])
