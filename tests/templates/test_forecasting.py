"""Forecasts: windows that never look ahead, the simple forecast, what requests may hold, metrics, `predict`."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest

from tests import needs
from tests.templates import folders
from trainerspec.backends.params import document
from trainerspec.cli.place import workplace
from trainerspec.compiler import Planned, compile_plan
from trainerspec.diagnostics.model import Stopped
from trainerspec.ir.source import Source
from trainerspec.language.yaml import dump

needs.packages("torch")
TASK = "time-series-forecasting"
ROLES = ", inputs: {time: day}, outputs: {value: sales}"


@pytest.fixture(scope="module")
def _pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with folders.importable(folders.modules(tmp_path_factory.mktemp(TASK), TASK)):
        yield


def processor(**more: Any) -> Any:
    from pipeline.task.processing import Processor

    usual = {"horizon": 6, "context": 48, "season": 4, "frequency": "month", "series": ("a", "b")}
    return Processor(**{**usual, **more})


def rows(days: int, shops: tuple[str, ...] = ("a", "b")) -> list[str]:
    start = date(2024, 1, 1)
    return [
        f"{start + timedelta(days=day)},{shop},{100 + day + 20 * (day % 7 == 5) + len(shop)}"
        for shop in shops
        for day in range(days)
    ]


def write(folder: Path, lines: list[str]) -> None:
    (folder / "t.csv").write_text("\n".join(["day,shop,sales", *lines]) + "\n")


def planned(folder: Path, more: str) -> Planned:
    spec = Source(
        name="trainer.yaml",
        text=f"trainerspec: 1\nname: t\ntask: {{type: {TASK}{ROLES}}}\ndata: {{source: t.csv{more}}}\n",
    )
    with workplace(spec, folder) as place:
        return compile_plan(spec, place)


def told(folder: Path, more: str = "") -> list[tuple[str, str, str]]:
    """Return code, severity and message of what a plan says."""
    try:
        found = planned(folder, more).diagnostics
    except Stopped as stopped:
        found = stopped.diagnostics
    return [(one.code, one.severity, one.message) for one in found]


@pytest.mark.usefixtures("_pipeline")
def test_windows_roll_and_no_part_sees_what_comes_after() -> None:
    from pipeline.reading.values.steps import moment, steps
    from pipeline.series import windows
    from pipeline.series.grid import Series

    found = [Series(name="a", first=0, values=np.arange(100.0), last=moment("2024-04-09"))]
    where = windows.cut(found, 7, 0.15, 0.15)
    assert (where.validation, where.test, where.end) == (70, 85, 100)
    checked = list(windows.rolled(found, where.validation, where.test, 7, steps("day")))
    tested = list(windows.rolled(found, where.test, where.end, 7, steps("day")))
    past = Series(name="a", first=0, values=np.arange(70.0), last=moment("2024-03-10"))
    learnt = list(windows.trained([past], 7, 7, steps("day"), 1000))
    assert max(one.truth.max() for one in learnt) < 70 <= min(one.truth.min() for one in checked)
    assert max(one.truth.max() for one in checked) < 85 <= min(one.truth.min() for one in tested)
    assert tested[-1].truth.tolist() == list(range(93, 100))
    assert all(one.truth[0] == len(one.history) == one.history[-1] + 1 for one in [*learnt, *checked, *tested])
    assert tested[-1].time == "2024-04-02T00:00:00"
    assert windows.cut(found, 33, 0.15, 0.15) is None


@pytest.mark.usefixtures("_pipeline")
def test_the_simple_forecast_continues_trend_and_season_and_beats_repeating() -> None:
    from pipeline.series import theta

    chance, steps = np.random.default_rng(0), np.arange(132)
    values = (100 + steps) * (1 + 0.3 * np.sin(2 * np.pi * steps / 12)) + chance.normal(0, 1, len(steps))
    said = theta.forecast(values[:120], 12, 12)
    repeated = np.abs(values[108:120] - values[120:]).mean()
    assert np.abs(said.ahead - values[120:]).mean() < 0.6 * repeated
    flat = theta.forecast(np.full(30, 7.0), 12, 5)
    assert flat.ahead.tolist() == [7.0] * 5
    assert not theta.indices(chance.normal(size=60), 12).any(), "no season where none shows"


@pytest.mark.usefixtures("_pipeline")
def test_a_history_is_encoded_alone_as_among_others_and_gaps_are_filled() -> None:
    histories = [list(range(20)), [1.0, None, 3.0, 4.0, 5.0, 6.0], [5.0] * 9, [0.0] * 8]
    raw = {"history": histories, "time": ["2024-01-31", "", "2024", "2024-05"], "series": ["a", "b", "?", ""]}
    known = processor()
    together = known.encode(raw)
    assert {name: array.shape for name, array in together.items()} == {
        "features": (4, 6, 29), "center": (4, 6), "spread": (4, 1)
    }  # fmt: skip
    assert all(np.isfinite(array).all() for array in together.values())
    assert together["features"][:, 0, -1].tolist() == [2, 3, 1, 1], "codes: two that are known, two that are not"
    for row in range(4):
        alone = known.encode({name: values[row : row + 1] for name, values in raw.items()})
        assert all(np.array_equal(alone[name][0], together[name][row]) for name in alone)
    padded = np.full((1, 30), np.nan)
    padded[0, -20:] = histories[0]
    again = known.encode({"history": padded, "time": ["2024-01-31"], "series": ["a"]})
    assert np.array_equal(again["features"], together["features"][:1]), "leading gaps are no part of a history"
    quantiles = np.zeros((4, 6, 3), np.float32)
    times = known.decode({"quantiles": quantiles}, raw)["times"]
    assert times[0] == ["2024-02-29", "2024-03-31", "2024-04-30", "2024-05-31", "2024-06-30", "2024-07-31"]
    assert (times[1], times[3][0]) == ([], "2024-06-01")


@pytest.mark.usefixtures("_pipeline")
@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ({"history": [[1.0, 2.0]]}, "holds 2 values; at least 4"),
        ({"history": [[1.0, 2.0, 3.0, 4.0, None]]}, "ends in missing values"),
        ({"history": [[1.0, 2.0, 3.0, 4.0]], "time": ["soon"]}, "row 0 of input `time` is no time"),
        ({"history": []}, "no rows"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_a_reason(raw: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        processor().encode(raw)


@pytest.mark.usefixtures("_pipeline")
def test_quantiles_do_not_cross_whatever_the_trees_say() -> None:
    import torch
    from pipeline.task.model import Served

    class Wild(torch.nn.Module):
        def forward(self, values: Any, codes: Any) -> Any:
            return values[:, None, :3]

    features = torch.randn(50, 6, 29)
    found = Served(Wild(), 0.4)(features, torch.zeros(50, 6), torch.ones(50, 1))  # type: ignore[arg-type]
    wanted = features[..., :3].sort(dim=2).values + torch.tensor([-0.4, 0.0, 0.4])
    assert torch.equal(found, wanted), "sorted as training scores them, and widened on both sides"


@pytest.mark.usefixtures("_pipeline")
def test_intervals_grow_to_hold_their_share_and_are_never_narrowed() -> None:
    from pipeline.task import metrics

    truth = np.linspace(-1, 1, 101)
    narrow, wide = (np.tile([-reach, 0.0, reach], (101, 1)) for reach in (0.2, 3.0))
    grown = metrics.margin(truth, narrow)
    assert 0.8 <= np.mean(np.abs(truth) <= 0.2 + grown) < 0.83
    assert metrics.margin(truth, wide) == 0.0


@pytest.mark.usefixtures("_pipeline")
def test_metrics_by_hand() -> None:
    from pipeline.task import data, metrics
    from pipeline.task.model import QUANTILES

    frame = pl.DataFrame({"value": [[10.0, 20.0], [30.0, None]], "scale": [2.0, float("nan")]})
    truth = data.truth(frame, ())
    said = np.array([[[8, 11, 12], [18, 18, 19]], [[29, 33, 36], [0, 0, 0]]], np.float64)
    found = metrics.measure(truth, {"quantiles": said})
    assert found["mase"] == pytest.approx((1 + 2) / 2 / 2), "of the series that changes"
    assert found["mae"] == pytest.approx((1 + 2 + 3) / 3)
    assert found["smape"] == pytest.approx((1 / 10.5 + 2 / 19 + 3 / 31.5) / 3)
    assert found["coverage"] == pytest.approx(2 / 3)
    known = [(10.0, said[0, 0]), (20.0, said[0, 1]), (30.0, said[1, 0])]
    loss = sum(max(q * (y - s), (q - 1) * (y - s)) for y, row in known for q, s in zip(QUANTILES, row, strict=True))
    assert found["wql"] == pytest.approx(2 * loss / 3 / 60)


def windows(*rows: tuple[list[float], float]) -> Any:
    """Return the truth of windows: the values that came, and the scale of the history."""
    from pipeline.task import data

    return data.truth(pl.DataFrame({"value": [row[0] for row in rows], "scale": [row[1] for row in rows]}), ())


def answered(truth: Any, off: float) -> dict[str, Any]:
    return {"quantiles": np.repeat(truth["value"][:, :, None], 3, axis=2) + off}


@pytest.mark.usefixtures("_pipeline")
@pytest.mark.parametrize(
    ("rows", "undefined"),
    [
        ([([7.0, 7.0], np.nan), ([5.0, 5.0], np.nan)], {"mase"}),
        ([([0.0, 0.0], 1.0), ([0.0, 0.0], 2.0)], {"wql"}),
        ([([0.0, 0.0], np.nan)], {"mase", "wql"}),
        ([([7.0, 7.0], np.nan), ([5.0, 9.0], 2.0)], set()),
    ],
    ids=["constant", "zeros", "constant zeros", "partly constant"],
)
def test_what_no_window_defines_is_no_number_and_never_the_best_score(
    rows: list[tuple[list[float], float]], undefined: set[str]
) -> None:
    from pipeline.base.failure import Failure
    from pipeline.measuring import sound
    from pipeline.task import metrics

    truth = windows(*rows)
    for off in (0.0, 100.0):
        found = metrics.measure(truth, answered(truth, off))
        assert {name for name, value in found.items() if np.isnan(value)} == undefined
        kept, absent = sound.defined(found, metrics.UNDEFINED, "mae")
        assert ({*absent}, {*kept}) == (undefined, {*found} - undefined)
    places = [f"s{row}" for row in range(len(rows))]

    def alone(row: int) -> dict[str, float]:
        return metrics.measure(truth[[row]], answered(truth[[row]], 1.0))

    for name in undefined:
        with pytest.raises(Failure, match=f"`{name}` is not defined on the test split: .* .rows `s0`") as caught:
            sound.values({name: found[name]}, alone, places, "test", metrics.UNDEFINED)
        assert caught.value.evidence["rows"] == places
    if not undefined:
        assert found["mase"] == 50.0, "of the series that changes alone"
        assert metrics.partly(truth)["mase"].startswith("1 of 2 windows do not count")


@pytest.mark.usefixtures("_pipeline")
def test_training_does_not_begin_with_a_metric_that_cannot_choose() -> None:
    from pipeline import train
    from pipeline.base.failure import Failure

    held = SimpleNamespace(center=np.zeros((1, 2)), spread=np.ones((1, 1)))
    constant, zeros = windows(([7.0, 7.0], np.nan)), windows(([0.0, 0.0], 1.0))
    with pytest.raises(Failure, match="`mase` is not defined on the validation split: no series changes"):
        train.judged(constant, held, SimpleNamespace(metric="mase"))
    assert train.judged(zeros, held, SimpleNamespace(metric="mase"))(np.ones((2, 1, 3))) == (1.0, 1.0)


@pytest.mark.usefixtures("_pipeline")
@pytest.mark.parametrize("scales", [(np.nan, np.nan), (np.nan, 2.0)])
def test_tables_leave_out_what_is_not_defined_and_count_it(tmp_path: Path, scales: tuple[float, float]) -> None:
    from pipeline.measuring import sound
    from pipeline.task import figures, metrics

    truth = windows(*[([float(step + 3 * row) for step in range(2)], scale) for row, scale in enumerate(scales)])
    frame = pl.DataFrame({"id": ["1", "2"], "series": ["still", "moving"], "time": ["2024-01-01"] * 2})
    frame = frame.with_columns(history=pl.Series([[1.0] * 8] * 2), value=pl.Series(truth["value"].tolist()))
    answers = answered(truth, 1.0)
    values, _ = sound.defined(metrics.measure(truth, answers), metrics.UNDEFINED, "")
    bounds = {f"{name}.{side}": value for name, value in values.items() for side in ("low", "high")}
    for name in ("tables", "pictures"):
        (tmp_path / name).mkdir()
    figures.draw(
        frame, truth, answers, (), values, bounds, {"trivial": values}, tmp_path / "tables", tmp_path / "pictures"
    )
    series, steps = (pl.read_csv(tmp_path / "tables" / f"{name}.csv") for name in ("series", "steps"))
    assert dict(series.select("series", "counted in MASE").iter_rows()) == {
        "still": 0, "moving": int(np.isfinite(scales[1])),
    }  # fmt: skip
    assert steps["mase"].to_list() == ([0.5, 0.5] if np.isfinite(scales[1]) else [None, None])
    assert "NaN" not in (tmp_path / "tables/series.csv").read_text()


@pytest.mark.usefixtures("_pipeline")
def test_every_row_is_in_a_part_or_has_a_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from pipeline import prepare

    lines = rows(120)
    del lines[50:53]  # a gap
    lines += [lines[7], lines[9]]  # twice
    lines += ["2024-03-01,late,5", "2024-03-02,late,6"]  # too short
    lines += ["2024-03-01,,5", "2024-03-01,c,"]  # no series, no value
    write(tmp_path, lines[::-1])  # in no order
    found = planned(tmp_path, ", horizon: 7")
    facts = found.pinned.decided.observed.profile.facts
    wanted = {"columns": ["shop"], "count": 3, "frequency": "day", "season": 7, "longest": 120, "gaps": 3}
    assert {name: facts[f"series.{name}"].value for name in wanted} == wanted
    (tmp_path / "params.yaml").write_bytes(dump(document(found.plan, found.task), heading=""))
    prepare.main()
    report = json.loads((tmp_path / "build/data/report.json").read_text())
    assert report["rows"]["read"] == len(lines)
    assert report["rows"]["kept"] == 237
    reasons = {one["step"]: one["rows"] for one in report["dropped"] if one["rows"]}
    assert sum(reasons.values()) == len(lines) - 237
    assert reasons["1 series have fewer than 11 steps, 4 and a horizon"] == 2
    assert "3 steps of 1 series have no row" in capsys.readouterr().out
    parts = {name: pl.read_parquet(f"build/data/{name}.parquet") for name in ("train", "validation", "test")}
    assert parts["train"]["series"].to_list() == ["a", "b"]
    ends = [parts[name]["time"].max() for name in ("train", "validation", "test")]
    assert ends == sorted(ends), "the last windows are the test, those before them the validation"
    assert parts["test"]["value"][-1].to_list()[-1] == pytest.approx(100 + 119 + 1)


@pytest.mark.parametrize(
    ("lines", "more", "code", "said"),
    [
        (rows(60), ", horizon: 7, split: {by: random}", "TS423", "series are split by time"),
        ([line.replace(",b,", ",a,") for line in rows(60)], ", horizon: 7", "TS427", "no column tells series apart"),
        (rows(60), ", horizon: 7, series: [store]", "TS405", "no column `store`"),
        (rows(60), ", horizon: 30", "TS427", "30 ahead need 94"),
        ([rows(200, ("a",))[place * place] for place in range(14)], ", horizon: 2", "TS427", "not one step apart"),
        (rows(60), ", horizon: 7, frequency: month", "TS427", "rows are of a step that another row"),
    ],
)
def test_what_cannot_be_forecast_is_said_with_its_reason(
    tmp_path: Path, lines: list[str], more: str, code: str, said: str
) -> None:
    write(tmp_path, lines)
    found = [one for one in told(tmp_path, more) if one[1] == "error"]
    assert [one[0] for one in found] == [code], found
    assert said in found[0][2]


def test_what_is_odd_is_told_and_the_horizon_is_asked_for(tmp_path: Path) -> None:
    kept = [line for line in rows(60) if "-02-0" not in line]
    write(tmp_path, [f"{line[:10]}T00:00:00+02:00{line[10:]}" for line in kept])
    found = told(tmp_path)
    assert {(one[0], one[1]) for one in found} == {("TS429", "warning")}
    said = " ".join(one[2] for one in found)
    for part in ("18 steps of one day have no row, in 2 of 2 series", "+02:00 of UTC", "`data.horizon` is open"):
        assert part in said


@pytest.mark.usefixtures("_pipeline")
def test_predict_gathers_the_rows_of_a_series_and_spreads_its_forecast() -> None:
    from pipeline.predicting import gathering

    answers = pl.DataFrame(
        {
            "row": ["a", "b"],
            "times": ['["2024-05-01", "2024-05-02"]', None],
            **{f"forecast.{step}": [1.0 + step, None] for step in range(2)},
            **{f"interval.{place}": [10.0 + place, None] for place in range(4)},
            "problem": [None, "history: too short"],
        }
    )
    found = gathering.spread(answers)
    assert found.rows() == [
        ("a", 1, "2024-05-01", 1.0, 10.0, 11.0, None),
        ("a", 2, "2024-05-02", 2.0, 12.0, 13.0, None),
        ("b", None, None, None, None, None, "history: too short"),
    ]


@pytest.mark.slow
def test_from_data_to_a_forecast(tmp_path: Path) -> None:
    """Run the example's stages up to the scores; twice the same seed gives the same weights."""
    folder = folders.build(tmp_path / "project", TASK)
    folders.stages(folder, "prepare", "train", "export", "optimize")
    first = json.loads((folder / "build/training.json").read_text())["weights.sha256"]
    folders.stages(folder, "train", "evaluate --split test")
    assert json.loads((folder / "build/training.json").read_text())["weights.sha256"] == first
    scores = json.loads((folder / "build/evaluation/test.json").read_text())
    assert scores["mase"] < scores["baseline.trivial.mase"]
    assert 0.6 <= scores["coverage"] <= 0.95
    steps = pl.read_csv(folder / "build/evaluation/test/steps.csv")
    assert steps["step"].to_list() == list(range(1, 15))
    assert (folder / "build/plots/test/forecast-1.png").stat().st_size > 5000
