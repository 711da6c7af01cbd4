"""Make a package a model that MLflow loads: frame in, frame out, with its signature and an example of the input.

What this needs lies in MLflow's copy of the package alone: MLmodel, the example, and packaged_model.py, which opens it.
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from mlflow.models import Model
from mlflow.models.signature import ModelSignature
from mlflow.pyfunc import add_to_model
from mlflow.types import ColSpec, DataType, Schema, TensorSpec
from mlflow.types.schema import AnyType

from pipeline.base import contract, params
from pipeline.base.contract import Contract, Port
from pipeline.protocol import answer_columns, packaged_model

LOADER, CODE, EXAMPLE = "packaged_model", "loader", "input_example.json"
"""The module that MLflow imports, from the folder CODE; and the example."""
ROWS = 4
INTEGERS = ("INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32")
ENVIRONMENT = "dependencies:\n- -r requirements.txt\n"


def write(package: Path, to: Path) -> Path:
    """Copy a package into a new folder, with what MLflow needs of it."""
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(package, to)
    settings, model = params.load(package / "params.yaml"), Model(artifact_path="package")
    agreed = contract.load(settings)
    inputs = Schema([ColSpec(given(port), port.name, required=not port.optional) for port in agreed.raw])
    model.signature = ModelSignature(inputs, Schema(answers(agreed, settings.texts("labels"))))
    shown = json.dumps(example(package, agreed), ensure_ascii=False)
    (to / EXAMPLE).write_text(shown + "\n", encoding="utf-8")
    model.saved_input_example_info = {"artifact_path": EXAMPLE, "type": "dataframe", "pandas_orient": "split"}
    (to / CODE).mkdir()
    shutil.copyfile(str(packaged_model.__file__), to / CODE / f"{LOADER}.py")
    (to / "python_env.yaml").write_text(ENVIRONMENT, encoding="utf-8")
    add_to_model(  # type: ignore[no-untyped-call]
        model, loader_module=LOADER, code=CODE, data=".", python_env="python_env.yaml"
    )
    model.save(str(to / "MLmodel"))
    return to


def given(port: Port) -> DataType | AnyType:
    """Return the type of an input's column; numbers may all be whole in a frame, which is another type for MLflow."""
    if port.datatype == "BYTES":
        return DataType.binary if port.binary else DataType.string
    if port.datatype in INTEGERS and len(port.shape) == 1:
        return DataType.long
    return AnyType()  # type: ignore[no-untyped-call]


def answers(agreed: Contract, labels: Sequence[str]) -> list[ColSpec | TensorSpec]:
    """Return the columns of the answers."""
    found = list[ColSpec | TensorSpec]()
    for port in agreed.answer:
        kind = DataType.binary if port.datatype == "BYTES" and port.binary else DataType.float
        if answer_columns.width(port) is None or (port.datatype == "BYTES" and not port.binary):
            kind = DataType.string
        found += [ColSpec(kind, name) for name in answer_columns.names(port, labels)]
    return found


def example(package: Path, agreed: Contract) -> Mapping[str, object]:
    """Return some golden inputs as a frame in pandas' `split` form; files as base64."""
    lines = (package / "golden.jsonl").read_text(encoding="utf-8").splitlines()[:ROWS]
    names = [port.name for port in agreed.raw]
    rows = [[encoded(json.loads(line)["raw"][name]) for name in names] for line in lines]
    return {"columns": names, "data": rows}


def encoded(value: object) -> object:
    """Return one value as pandas reads it: a file's base64 without what says so."""
    return value["base64"] if isinstance(value, dict) else value
