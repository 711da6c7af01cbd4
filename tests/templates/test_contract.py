"""The ports of a contract: missing values of columns, JSON documents, what is compared with golden answers."""

import json
import math

import numpy as np
import polars as pl
import pytest

COLUMNS = [
    {"name": "age", "kind": "column", "datatype": "FP64", "shape": [-1], "optional": True, "typical": 30.0},
    {
        "name": "plan",
        "kind": "column",
        "datatype": "BYTES",
        "shape": [-1],
        "optional": True,
        "values": ["basic", "pro"],
    },
    {"name": "visits", "kind": "column", "datatype": "INT64", "shape": [-1], "role": "column.visits"},
]
SPANS = {"name": "spans", "kind": "spans", "datatype": "BYTES", "shape": [-1], "media_type": "application/json"}


@pytest.mark.usefixtures("pipeline")
def test_a_column_may_hold_nothing_or_be_left_out() -> None:
    from pipeline.base import contract
    from pipeline.protocol import wire

    ports = contract.ports(COLUMNS)
    inputs = [
        {"name": "age", "datatype": "FP64", "shape": [2], "data": [31.5, None]},
        {"name": "visits", "datatype": "INT64", "shape": [2], "data": [1, 2]},
    ]
    agreed = contract.Contract(raw=ports, inputs=(), outputs=(), answer=())
    asked = wire.decode(json.dumps({"inputs": inputs}).encode(), None, agreed, 4)
    raw = contract.to_raw(ports, asked.arrays, 4)
    assert list(raw) == ["age", "plan", "visits"]
    assert raw["age"][0] == 31.5
    assert math.isnan(raw["age"][1])  # type: ignore[arg-type]
    assert raw["plan"] == ["", ""]
    with pytest.raises(contract.BadRequest, match="visits"):
        contract.to_raw(ports, {"age": np.zeros(1)}, 4)
    inputs[1]["data"] = [1, None]
    with pytest.raises(contract.BadRequest, match="not INT64"):
        wire.decode(json.dumps({"inputs": inputs}).encode(), None, agreed, 4)


@pytest.mark.usefixtures("pipeline")
def test_a_request_of_optional_columns_holds_one_of_them() -> None:
    from pipeline.base import contract

    with pytest.raises(contract.BadRequest, match="at least one of"):
        contract.to_raw(contract.ports(COLUMNS[:2]), {}, 4)


@pytest.mark.usefixtures("pipeline")
def test_prepared_rows_and_made_rows_as_requests_have_them() -> None:
    from pipeline.base import contract
    from pipeline.tables import request_columns

    ports = contract.ports(COLUMNS)
    raw = request_columns.raw(pl.DataFrame({"age": [1, None], "plan": ["pro", None], "column.visits": [3, 4]}), ports)
    assert raw["plan"] == ["pro", ""]
    assert raw["visits"] == [3, 4]
    assert math.isnan(raw["age"][1])  # type: ignore[arg-type]
    made = request_columns.examples(ports)
    assert {len(values) for values in made.values()} == {request_columns.ROWS}
    assert sum(math.isnan(value) for value in made["age"]) == 1  # type: ignore[arg-type]
    assert made["plan"].count("") == 1  # type: ignore[arg-type]
    assert "something else" in made["plan"]


@pytest.mark.usefixtures("pipeline")
def test_spans_go_out_as_json_and_their_scores_may_differ_a_little() -> None:
    from pipeline.base import contract
    from pipeline.server import golden

    (port,) = contract.ports([SPANS])
    assert not port.binary
    found = [{"start": 0, "end": 4, "label": "NAME", "score": np.float32(0.5)}]
    (sent,) = contract.to_array(port, [found])
    assert json.loads(sent) == [{"start": 0, "end": 4, "label": "NAME", "score": 0.5}]
    near, far = json.loads(sent), json.loads(sent)
    near[0]["score"], far[0]["end"] = 0.50001, 5
    assert 0 < golden.distance(port, near, sent) < 1e-4
    assert golden.distance(port, far, sent) == math.inf


@pytest.mark.usefixtures("pipeline")
def test_a_boolean_of_a_text_file_is_checked_by_its_words() -> None:
    from pathlib import Path

    from pipeline.base.failure import Failure
    from pipeline.dataset import checks
    from pipeline.dataset.table_files import PLACE

    frame = pl.DataFrame({"paid": ["true", None, "False"], PLACE: ["a:1", "a:2", "a:3"]})
    checks.columns(frame, {"paid": "paid"}, {"paid": "boolean"}, Path("a.csv"))
    frame = frame.with_columns(pl.Series("paid", ["true", "maybe", None]))
    with pytest.raises(Failure, match=r"1 values of the column `paid` of `a\.csv` are no boolean: `maybe`"):
        checks.columns(frame, {"paid": "paid"}, {"paid": "boolean"}, Path("a.csv"))
