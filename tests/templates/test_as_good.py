"""What the report says of simple models beside the one that was trained."""

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
