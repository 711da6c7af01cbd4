"""A trained model of table rows, trees, a network or a linear model: save it and load it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from pipeline.tables.column import Column
from pipeline.tabular_models import forest, linear, network
from pipeline.tabular_models.forest import Forest
from pipeline.tabular_models.linear import Linear
from pipeline.tabular_models.network import Network

Learnt: TypeAlias = Forest | Linear | Network


def save(model: Learnt, folder: Path) -> None:
    """Write weights.safetensors and model.json."""
    if isinstance(model, Forest):
        forest.save(model, folder)
    elif isinstance(model, Linear):
        linear.save(model, folder)
    else:
        network.save(model, folder)


def load(columns: Sequence[Column], folder: Path, engine: str) -> Learnt:
    """Read a trained model, ready to infer and to be exported for an engine, `onnx` or `tensorrt`."""
    kind = json.loads((folder / "model.json").read_text())["model"]
    if kind == "linear":
        return linear.load(columns, folder)
    if kind != "trees":
        return network.load(columns, folder)
    trees = forest.load(columns, folder)
    trees.operator = engine == "onnx"
    return trees
