"""Which number format ships: parity first, then the bounds that can be measured here."""

from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("pipeline")
SMALL = {"text": "model.size <= 30 MB", "sense": "constrain", "metric": "model.size", "op": "<=", "bound": 30e6}
FAST = {"text": "latency.p95 <= 20 ms", "sense": "constrain", "metric": "latency.p95", "op": "<=", "bound": 0.02}
ROWS = [{"device": None, **row} for row in (SMALL, FAST)]
FULL = {"size": 90e6, "latency.p95": 0.015}
HALF = {"size": 45e6, "latency.p95": 0.015, "golden.difference": 0.001, "drop": 0.0}
QUARTER = {"size": 24e6, "latency.p95": 0.008, "golden.difference": 0.1, "drop": 0.01}


def weighed(rows: Any = ROWS, device: str = "cpu", **formats: Any) -> Any:
    from pipeline.graph import precision_choice

    return [precision_choice.weigh(name, values, rows, device, "macro_f1") for name, values in formats.items()]


def shipped(rows: Any = ROWS, device: str = "cpu", **formats: Any) -> str:
    from pipeline.graph import precision_choice

    return str(precision_choice.choose(weighed(rows, device, **formats)).precision)


def test_the_first_that_keeps_parity_and_every_bound_ships() -> None:
    assert shipped(int8=QUARTER, fp16=HALF, fp32=FULL) == "int8"
    assert weighed(int8=QUARTER)[0].because == "keeps parity and `model.size <= 30 MB` and `latency.p95 <= 20 ms`"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"drop": 0.021}, "loses 0.0210 of macro_f1 on the validation split, more than 0.02"),
        ({"drop": float("nan")}, "loses nan of macro_f1"),
        ({"golden.difference": 0.31}, "moves the golden answers by 0.31, more than 0.3"),
        ({"golden.difference": float("inf")}, "moves the golden answers by inf"),
        (
            {"alone.difference": 0.2, "alone.changed": 0.03},
            "depend on what else is in its batch: it moves by 0.2, more than 0.05, and changes 3.0% of the answers",
        ),
        ({"alone.difference": float("nan")}, "depend on what else is in its batch"),
        ({"hidden.largest": 4e4}, "has values inside of up to 4e+04, and half precision ends at 65504"),
    ],
)
def test_without_parity_the_next_one_ships(change: dict[str, float], told: str) -> None:
    tried = weighed([], int8=QUARTER | change, fp16=HALF)
    assert (tried[0].verdict, tried[1].verdict) == ("lost", "kept")
    assert told in tried[0].because
    assert shipped([], int8=QUARTER | change, fp16=HALF) == "fp16"


def test_what_parity_costs_is_told() -> None:
    calm = {"alone.difference": 0.003, "alone.changed": 1 / 64, "alone.rows": 64.0}
    because = weighed([], int8=QUARTER | calm)[0].because
    assert because == "keeps parity (alone or in a batch, an answer moves by up to 0.003, and 1 of 64 change)"


def test_answers_that_change_are_counted_by_row() -> None:
    import numpy as np
    from pipeline.measuring.parity import changed

    assert changed(np.array([[1, 2], [3, 4]]), np.array([[1, 2], [3, 5]])).tolist() == [False, True]
    assert changed(np.array([[0.2, 0.8]]), np.array([[0.9, 0.1]])).tolist() == [True]
    assert changed(np.array([0.2]), np.array([0.9])).tolist() == [False], "a number moves, it does not change"


def test_a_missed_bound_gives_way_to_a_format_that_keeps_it() -> None:
    slow = FULL | {"size": 20e6, "latency.p95": 0.05}
    (tried,) = weighed(fp32=slow)
    assert (tried.verdict, tried.because) == ("missed", "keeps parity, but misses `latency.p95 <= 20 ms` (50 ms)")
    assert shipped(fp32=slow, int8=QUARTER) == "int8"


def test_when_none_keeps_the_bounds_the_first_with_parity_ships() -> None:
    from pipeline.graph import precision_choice

    tried = weighed(int8=QUARTER | {"drop": 0.5}, fp16=HALF, fp32=FULL)
    assert [one.verdict for one in tried] == ["lost", "missed", "missed"]
    about = precision_choice.record(tried, ("int8", "fp16", "fp32"))
    assert (about["precision"], about["preferred"], about["tolerance"]) == ("fp16", "int8", 2e-2)
    assert about["because"] == "keeps parity, but misses `model.size <= 30 MB` (45.0 MB); no other format keeps both"
    rows: Any = about["candidates"]
    assert [(row["precision"], row["ships"]) for row in rows] == [("int8", False), ("fp16", True), ("fp32", False)]
    assert (about["size"], rows[0]["drop"]) == (45e6, 0.5)


def test_what_was_not_made_is_told() -> None:
    from pipeline.graph import precision_choice

    rows: Any = precision_choice.record(weighed(fp32=FULL | {"size": 9e6}), ("fp32", "int8"))["candidates"]
    assert rows[1] == {"precision": "int8", "verdict": "spare", "because": "fp32 is enough", "ships": False}


def test_when_none_has_parity_the_stage_fails_with_what_was_measured() -> None:
    from pipeline.base.failure import Failure
    from pipeline.graph import precision_choice

    tried = weighed(int8=QUARTER | {"drop": 0.5}, fp16=HALF | {"golden.difference": 1.0})
    with pytest.raises(Failure) as raised:
        precision_choice.record(tried, ("int8", "fp16"))
    failure: Any = raised.value
    assert failure.code == "TS835"
    assert "the int8 graph loses 0.5000 of macro_f1" in failure.message
    assert "the fp16 graph moves the golden answers by 1, more than 0.02" in failure.message
    assert (failure.evidence["precision"], failure.evidence["drop"]) == ("int8", 0.5)
    assert [row["golden.difference"] for row in failure.evidence["candidates"]] == [0.1, 1.0]


def test_bounds_of_other_devices_and_of_what_was_not_measured_are_left_to_the_gate() -> None:
    there = [{**FAST, "bound": 0.001, "device": "nvidia-t4"}]
    assert weighed(there, fp32=FULL)[0].verdict == "kept"
    assert weighed([{**FAST, "device": "cpu"}], fp32={"size": 9e6})[0].because == "keeps parity"


def test_of_many_values_some_may_tip_over() -> None:
    import numpy as np
    from pipeline.graph import precision_choice

    tipped = np.zeros(1000, dtype=np.float32)
    tipped[:9] = 1
    assert precision_choice.moved(np.zeros(1000), tipped) == 0
    tipped[:20] = 1
    assert precision_choice.moved(np.zeros(1000), tipped) == 1
