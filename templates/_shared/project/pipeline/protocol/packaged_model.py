"""A package as MLflow loads it: `mlflow.pyfunc.load_model("models:/name@champion").predict(frame)`.

MLflow imports this file by its own name. The package brings its own `pipeline`: its modules are imported beside those
that may be loaded already, of a project or of another package, and stay apart from them.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Import `pipeline` from a folder, and put what was loaded under that name back."""

    def loaded() -> list[str]:
        return [name for name in sys.modules if name.partition(".")[0] == "pipeline"]

    others = {name: sys.modules.pop(name) for name in loaded()}
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in loaded():
            del sys.modules[name]
        sys.modules.update(others)


class PackagedModel:
    """Answers frames: a column for each input, and a row for each answer."""

    def __init__(self, folder: Path) -> None:
        """Open the package, with the code that lies in it."""
        with alone(folder):
            self.contract = import_module("pipeline.base.contract")
            self.columns = import_module("pipeline.protocol.answer_columns").columns
            self.bundle = import_module("pipeline.server.bundle").open_bundle(folder)
            self.labels = self.bundle.settings.texts("labels")

    def predict(self, frame: pd.DataFrame, params: dict[str, object] | None = None) -> pd.DataFrame:
        """Return the answers, under the rows' own index. Raises ValueError for what cannot be answered."""
        found, most = [], self.bundle.max_batch
        for start in range(0, len(frame), most):
            part = frame.iloc[start : start + most]
            raw = {port.name: self.values(part, port.name) for port in self.bundle.contract.raw}
            answer, made = self.bundle.answer(raw), dict[str, object]()
            for port in self.bundle.contract.answer:
                made |= self.columns(port, answer[port.name], self.labels)
            found.append(pd.DataFrame(made, index=part.index))
        return pd.concat(found) if found else pd.DataFrame()

    def values(self, frame: pd.DataFrame, name: str) -> list[object] | npt.NDArray[np.generic]:
        """Return an input's column as `encode` takes it. Raises ValueError where it is not there."""
        port = next(port for port in self.bundle.contract.raw if port.name == name)
        if name not in frame.columns:
            if port.optional:
                absent: list[object] = self.contract.missing(port, len(frame))
                return absent
            raise ValueError(f"the frame has no column `{name}`")
        column = frame[name]
        if port.datatype != "BYTES":
            kind = self.contract.DTYPES[port.datatype]
            if len(port.shape) > 1:
                nested: npt.NDArray[np.generic] = self.contract.stacked(port, column.to_list())
                return nested
            return np.asarray(column.to_numpy(np.float64)).astype(kind)
        if port.binary:
            return [bytes(value) for value in column]
        return ["" if missing else str(value) for value, missing in zip(column, column.isna(), strict=True)]


def _load_pyfunc(path: str) -> PackagedModel:
    return PackagedModel(Path(path))
